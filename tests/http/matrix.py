"""Who may do what, at every door: the permission matrix as data.

Each endpoint of the route table has one row here: a rule, and what a valid request needs. tests/http/test_matrix.py
sends every request as every kind of actor; `python -m tests.http.matrix` writes docs/permissions.md, and with `check`
fails when that file is not what it would write. An endpoint without a row, or a row without its endpoint, fails both.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from web.app import all_endpoints
from web.http import Endpoint

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/permissions.md"

ACTORS = {
    "public": "nobody signed in",
    "disabled": "the session of somebody who was disabled",
    "stranger": "signed in, in none of the spaces",
    "administrator": "administers the platform, in none of the spaces",
    "reader": "reads in the space, through their unit",
    "editor": "edits in the space, through a group",
    "owner": "owns the space",
    "read token": "an API token of the owner that may read",
    "write token": "an API token of the owner that may read and write",
    "manage token": "an API token of the owner that may read, write and manage",
    "link": "came through a link of the space, with its password; no account",
}

YES, SIGN_IN, NO, HIDDEN = "yes", "sign in", "no", "hidden"
LETTERS = {"y": YES, "s": SIGN_IN, "n": NO, "h": HIDDEN}


@dataclass(frozen=True)
class Rule:
    """What one right means. `cells`: one letter an actor, in the order of ACTORS; a link opens what is public."""

    words: str
    cells: str

    @property
    def expected(self) -> dict[str, str]:
        return {actor: LETTERS[letter] for actor, letter in zip(ACTORS, self.cells + self.cells[0], strict=True)}


PUBLIC = Rule("anybody", "yyyyyyyyyy")
SIGN_OUT = Rule("anybody, in a browser", "yyyyyyynnn")
FINISH = Rule("who signs in or is signed in, by a browser", "ssyyyyynnn")
READ = Rule("members of the space", "sshhyyyyyy")
JOIN = Rule("members of the space, and those invited", "sshhyyynyy")
COMMENT = Rule("members of the space; a token that may write", "sshhyyynyy")
OWN_COMMENT = Rule("who wrote it; owners of the space take it back", "sshhnnynyy")
EDIT = Rule("editors and owners of the space", "sshhnyynyy")
MANAGE = Rule("owners of the space", "sshhnnynny")
HOST = Rule("who organises the meeting: its organiser, owners of the space", "sshhnnynyy")
LEAVE = Rule("owners of the space; everybody for themselves", "sshhnnynny")
SIGNED_IN = Rule("who is signed in", "ssyyyyyyyy")
OWN_WRITE = Rule("each for themselves; a token that may write", "ssyyyyynyy")
OWN_MANAGE = Rule("each for themselves; a token that may manage", "ssyyyyynny")
SESSION = Rule("each for themselves, in a browser: no token makes another", "ssyyyyynnn")
MINE = Rule("the one whose it is, in a browser", "sshhhhynnn")
UPLOAD = Rule("the one whose upload it is; a token that may write", "sshhhhynyy")
SHARE = Rule("editors and owners, as the space decides; a token that may manage", "sshhnyynny")
REVOKE = Rule("the one who made it, and owners of the space", "sshhnnynyy")
WITH_LINK = Rule("whoever has the link", "yyyyyyyyyy")
MEDIA = Rule("who shows a media token of the meeting (docs/protocol.md)", "ssssssssss")
HISTORY = Rule("owners of the space, and editors unless its data are personal or financial", "sshhnyyyyy")
SEE_EDITED = Rule("editors and owners of the space, to read", "sshhnyyyyy")
SEE_OWNED = Rule("owners of the space, to read", "sshhnnyyyy")
ARCHIVE = Rule("archivists, whom an administrator names", "sshhhhhhhh")
ADMIN = Rule("administrators of the platform", "sshyhhhhhh")
PROGRAM_READ = Rule("members of the space, by a password or token of a program", "sssssssyyy")
PROGRAM_EDIT = Rule("editors and owners of the space, by a password or token of a program", "sssssssnyy")


@dataclass(frozen=True)
class Row:
    """A rule, and what a valid request needs. In `body`, `form` and `query`, `$name` stands for a thing's id."""

    rule: Rule
    body: Any = None
    form: dict[str, str] | None = None
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    tail: str = ""  # what stands for `{tail}`


REV = {"If-Match": '"1"'}
LOCKINFO = '<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>'
PROPPATCH = '<propertyupdate xmlns="DAV:"><set><prop><x xmlns="urn:x">1</x></prop></set></propertyupdate>'
TUS = {"Tus-Resumable": "1.0.0"}
TUS_PART = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
LATER = "2031-05-04T10:00:00+02:00"
MEETING_FORM = {"title": "Point de chantier", "date": "2031-05-04", "time": "10:00", "duration": "60"}
CONVOCATION = {"assembly": "commune", "population": "2000", "sent": "2026-11-23", "meeting": "2026-11-27"}
SEATS = {"method": "highest_remainder", "seats": 3, "lists": [{"name": "A", "votes": 15}, {"name": "B", "votes": 8}]}
NEW_PERSON = {"login": "$login", "display_name": "Nouvelle Personne"}
PASSWORDS = {"old": "correct horse battery", "new": "correct horse battery"}

ROWS: dict[str, Row] = {
    "GET /health": Row(PUBLIC),
    "GET /metrics": Row(PUBLIC),
    "GET /api/openapi.json": Row(PUBLIC),
    # Sign-in and one's own account
    "POST /api/v1/sessions": Row(PUBLIC, {"login": "stranger", "password": PASSWORDS["old"]}),
    "DELETE /api/v1/sessions/current": Row(FINISH),
    "POST /api/v1/sessions/current/second-factor": Row(FINISH, {"code": "123456"}),
    "POST /api/v1/me/second-factor": Row(FINISH),
    "POST /api/v1/me/second-factor/confirmation": Row(FINISH, {"code": "123456"}),
    "POST /api/v1/me/second-factor/recovery-codes": Row(SESSION, {"code": "123456"}),
    "POST /api/v1/me/second-factor/removal": Row(SESSION, {"code": "123456"}),
    "GET /api/v1/me": Row(SIGNED_IN),
    "PATCH /api/v1/me": Row(OWN_MANAGE, {"theme": "dark"}),
    "POST /api/v1/me/password": Row(SESSION, PASSWORDS),
    "GET /api/v1/me/sessions": Row(SESSION),
    "DELETE /api/v1/me/sessions": Row(SESSION),
    "DELETE /api/v1/me/sessions/{session}": Row(MINE),
    "GET /api/v1/me/tokens": Row(SESSION),
    "POST /api/v1/me/tokens": Row(SESSION, {"name": "Essai", "scopes": ["read"]}),
    "DELETE /api/v1/me/tokens/{token}": Row(MINE),
    "GET /api/v1/me/application-passwords": Row(SESSION),
    "POST /api/v1/me/application-passwords": Row(SESSION, {"name": "Essai"}),
    "DELETE /api/v1/me/application-passwords/{password}": Row(MINE),
    "GET /api/v1/me/notifications": Row(SIGNED_IN),
    "POST /api/v1/me/notifications/read": Row(OWN_WRITE, {"ids": None}),
    "PUT /api/v1/me/notifications/choices": Row(OWN_MANAGE, {"kind": "account", "delivery": "digest"}),
    # Administration
    "POST /api/v1/admin/people/{person}/reset-link": Row(ADMIN),
    "DELETE /api/v1/admin/people/{person}/second-factor": Row(ADMIN),
    "GET /api/v1/admin/orphan-spaces": Row(ADMIN),
    "PUT /api/v1/admin/spaces/{orphan}/owner": Row(ADMIN, {"person_id": "$person"}),
    "PATCH /api/v1/admin/people/{person}": Row(ADMIN, {"title": "Chef"}, headers=REV),
    "POST /api/v1/admin/units": Row(ADMIN, {"name": "Voirie"}),
    "PATCH /api/v1/admin/units/{unit}": Row(ADMIN, {"name": "Voirie"}, headers=REV),
    "DELETE /api/v1/admin/units/{unit}": Row(ADMIN),
    "POST /api/v1/admin/groups": Row(ADMIN, {"name": "Astreinte"}),
    "PATCH /api/v1/admin/groups/{group}": Row(ADMIN, {"name": "Astreinte"}, headers=REV),
    "PUT /api/v1/admin/groups/{group}/members": Row(ADMIN, {"people": ["$person"]}),
    "DELETE /api/v1/admin/groups/{group}": Row(ADMIN),
    # Spaces
    "GET /api/v1/spaces": Row(SIGNED_IN),
    "POST /api/v1/spaces": Row(OWN_MANAGE, {"title": "Budget"}),
    "GET /api/v1/spaces/{space}": Row(READ),
    "PATCH /api/v1/spaces/{space}": Row(MANAGE, {"title": "Autre"}, headers={"If-Match": '"$space_rev"'}),
    "GET /api/v1/spaces/{space}/members": Row(READ),
    "PUT /api/v1/spaces/{space}/members": Row(
        MANAGE, {"principal_kind": "person", "principal_id": "$person", "role": "reader"}
    ),
    "DELETE /api/v1/spaces/{space}/members/{principal}": Row(LEAVE),
    "GET /api/v1/spaces/{space}/people": Row(READ),
    # Directory
    "GET /api/v1/directory/people": Row(SIGNED_IN),
    "GET /api/v1/directory/people/{person}": Row(SIGNED_IN),
    "GET /api/v1/directory/units": Row(SIGNED_IN),
    "GET /api/v1/directory/groups": Row(SIGNED_IN),
    # Boards
    "GET /api/v1/spaces/{space}/boards": Row(READ),
    "POST /api/v1/spaces/{space}/boards": Row(EDIT, {"title": "Chantier"}),
    "GET /api/v1/boards/{board}": Row(READ),
    "PATCH /api/v1/boards/{board}": Row(EDIT, {"title": "Autre"}),
    "DELETE /api/v1/boards/{board}": Row(MANAGE),
    "POST /api/v1/boards/{board}/restore": Row(MANAGE),
    "POST /api/v1/boards/{board}/columns": Row(EDIT, {"title": "En cours"}),
    "PATCH /api/v1/columns/{column}": Row(EDIT, {"title": "Autre"}),
    "DELETE /api/v1/columns/{column}": Row(EDIT),
    "POST /api/v1/columns/{column}/restore": Row(EDIT),
    "POST /api/v1/boards/{board}/cards": Row(EDIT, {"column": "$column", "title": "Toiture"}),
    "GET /api/v1/cards/{card}": Row(READ),
    "PATCH /api/v1/cards/{card}": Row(EDIT, {"title": "Autre"}, headers=REV),
    "DELETE /api/v1/cards/{card}": Row(EDIT),
    "POST /api/v1/cards/{card}/restore": Row(EDIT),
    # Files
    "GET /api/v1/me/files": Row(SIGNED_IN),
    "GET /api/v1/spaces/{space}/files": Row(READ),
    "POST /api/v1/spaces/{space}/files": Row(EDIT, "octets", query={"name": "a.txt", "conflict": "rename"}),
    "GET /api/v1/spaces/{space}/folders": Row(READ),
    "POST /api/v1/spaces/{space}/folders": Row(EDIT, {"name": "$new"}),
    "GET /api/v1/files/{file}": Row(READ),
    "PATCH /api/v1/files/{file}": Row(EDIT, {"name": "$new"}, headers={"If-Match": '"$file_rev"'}),
    "DELETE /api/v1/files/{file}": Row(EDIT),
    "POST /api/v1/files/{file}/restore": Row(EDIT),
    "POST /api/v1/files/{file}/copy": Row(EDIT, {"space": "$space", "conflict": "rename"}),
    "POST /api/v1/files/{file}/move": Row(EDIT, {"space": "$space", "name": "$new"}),
    "PUT /api/v1/files/{file}/lock": Row(EDIT, {"minutes": 10}),
    "DELETE /api/v1/files/{file}/lock": Row(EDIT, headers={"X-Lock": "$dav_lock"}),
    "GET /api/v1/spaces/{space}/usage": Row(READ),
    "GET /api/v1/spaces/{space}/zip": Row(READ),
    "PUT /api/v1/admin/spaces/{any_space}/quota": Row(ADMIN, {"allowed": 10**12}),
    "GET /api/v1/files/{file}/content": Row(READ),
    "PUT /api/v1/files/{file}/content": Row(EDIT, "octets"),
    "GET /api/v1/files/{file}/versions": Row(READ),
    "GET /api/v1/files/{file}/versions/{number}/content": Row(READ),
    "PATCH /api/v1/files/{file}/versions/{number}": Row(EDIT, {"comment": "Relu"}),
    "POST /api/v1/files/{file}/versions/{number}/restore": Row(EDIT),
    "GET /api/v1/me/favourites": Row(SIGNED_IN),
    "PUT /api/v1/files/{file}/favourite": Row(COMMENT),
    "DELETE /api/v1/files/{file}/favourite": Row(COMMENT),
    "GET /api/v1/spaces/{space}/file-tags": Row(READ),
    "POST /api/v1/spaces/{space}/file-tags": Row(EDIT, {"name": "$new"}),
    "PATCH /api/v1/file-tags/{tag}": Row(EDIT, {"colour": "blue"}),
    "DELETE /api/v1/file-tags/{tag}": Row(EDIT),
    "PUT /api/v1/files/{file}/tags/{tag}": Row(EDIT),
    "DELETE /api/v1/files/{file}/tags/{tag}": Row(EDIT),
    "GET /api/v1/files/{file}/comments": Row(READ),
    "POST /api/v1/files/{file}/comments": Row(COMMENT, {"text": "Relu."}),
    "PATCH /api/v1/file-comments/{comment}": Row(OWN_COMMENT, {"text": "Relu."}, headers=REV),
    "DELETE /api/v1/file-comments/{comment}": Row(OWN_COMMENT),
    "GET /api/v1/files/{file}/activity": Row(READ),
    "GET /api/v1/spaces/{space}/file-activity": Row(READ),
    "DELETE /api/v1/files/{file}/versions/{number}": Row(MANAGE),
    "GET /api/v1/files/{file}/preview": Row(READ),
    "GET /api/v1/files/{file}/preview/{part}": Row(READ),
    "GET /api/v1/files/{file}/versions/{number}/preview": Row(READ),
    "GET /api/v1/files/{file}/versions/{number}/preview/{part}": Row(READ),
    "GET /api/v1/spaces/{space}/trash": Row(EDIT),
    "DELETE /api/v1/spaces/{space}/trash": Row(MANAGE),
    "DELETE /api/v1/trash/{file}": Row(MANAGE),
    # WebDAV
    "OPTIONS /dav/{tail}": Row(PUBLIC, tail="$dav_file"),
    "GET /dav/{tail}": Row(PROGRAM_READ, tail="$dav_file"),
    "PROPFIND /dav/{tail}": Row(PROGRAM_READ, headers={"Depth": "1"}, tail="$dav_file"),
    "PUT /dav/{tail}": Row(PROGRAM_EDIT, "octets", tail="$dav_new"),
    "MKCOL /dav/{tail}": Row(PROGRAM_EDIT, tail="$dav_new"),
    "DELETE /dav/{tail}": Row(PROGRAM_EDIT, tail="$dav_file"),
    "COPY /dav/{tail}": Row(PROGRAM_EDIT, headers={"Destination": "/dav/$dav_new"}, tail="$dav_file"),
    "MOVE /dav/{tail}": Row(PROGRAM_EDIT, headers={"Destination": "/dav/$dav_new"}, tail="$dav_file"),
    "PROPPATCH /dav/{tail}": Row(PROGRAM_EDIT, PROPPATCH, tail="$dav_file"),
    "LOCK /dav/{tail}": Row(PROGRAM_EDIT, LOCKINFO, tail="$dav_file"),
    "UNLOCK /dav/{tail}": Row(PROGRAM_EDIT, headers={"Lock-Token": "<opaquelocktoken:$dav_lock>"}, tail="$dav_file"),
    # Resumable uploads: tus
    "OPTIONS /api/v1/uploads": Row(PUBLIC),
    "GET /api/v1/uploads": Row(SIGNED_IN),
    "POST /api/v1/uploads": Row(
        EDIT, query={"space": "$space", "name": "a.bin", "conflict": "rename"}, headers={**TUS, "Upload-Length": "3"}
    ),
    "GET /api/v1/uploads/{upload}": Row(UPLOAD),
    "PATCH /api/v1/uploads/{upload}": Row(UPLOAD, "oct", headers=TUS_PART),
    "POST /api/v1/uploads/{upload}": Row(UPLOAD, "oct", headers={**TUS_PART, "X-HTTP-Method-Override": "PATCH"}),
    "DELETE /api/v1/uploads/{upload}": Row(UPLOAD, headers=TUS),
    "POST /api/v1/uploads/{upload}/end": Row(UPLOAD, {"conflict": "rename"}),
    # Links and deposit boxes
    "GET /api/v1/files/{file}/links": Row(EDIT),
    "POST /api/v1/files/{file}/links": Row(SHARE, {"label": "Presse"}),
    "POST /api/v1/files/{folder}/boxes": Row(SHARE, {"label": "Candidatures"}),
    "GET /api/v1/links": Row(SIGNED_IN),
    "GET /api/v1/spaces/{space}/links": Row(EDIT),
    "DELETE /api/v1/links/{link}": Row(REVOKE),
    "GET /api/v1/links/{link}/deposits": Row(EDIT),
    "GET /api/v1/spaces/{space}/sharing": Row(EDIT),
    "PUT /api/v1/spaces/{space}/sharing": Row(MANAGE, {"sharing": "editors"}),
    "POST /api/v1/deposits/{secret}": Row(
        WITH_LINK, headers={**TUS, "Upload-Length": "3", "Upload-Metadata": "filename YS5iaW4="}
    ),
    "GET /api/v1/deposits/{secret}/{upload}": Row(WITH_LINK),
    "PATCH /api/v1/deposits/{secret}/{upload}": Row(WITH_LINK, "oct", headers=TUS_PART),
    "DELETE /api/v1/deposits/{secret}/{upload}": Row(WITH_LINK, headers=TUS),
    # Records
    "GET /api/v1/record-types": Row(SIGNED_IN),
    "GET /api/v1/files/{file}/record": Row(READ),
    "PUT /api/v1/files/{file}/record": Row(EDIT, {"type": "$record_type"}),
    "DELETE /api/v1/files/{file}/record": Row(EDIT),
    "POST /api/v1/files/{file}/transfer": Row(MANAGE),
    "GET /api/v1/spaces/{space}/records": Row(SEE_EDITED),
    "GET /api/v1/spaces/{space}/holds": Row(SEE_EDITED),
    "POST /api/v1/spaces/{space}/holds": Row(MANAGE, {"reason": "Contentieux"}),
    "POST /api/v1/files/{file}/holds": Row(MANAGE, {"reason": "Contentieux"}),
    "DELETE /api/v1/holds/{hold}": Row(MANAGE),
    "GET /api/v1/spaces/{space}/eliminations": Row(SEE_OWNED),
    "POST /api/v1/spaces/{space}/eliminations": Row(MANAGE, {"units": ["$unit_due"]}),
    "GET /api/v1/eliminations/{elimination}": Row(SEE_OWNED),
    "GET /api/v1/eliminations/{elimination}/lines": Row(SEE_OWNED),
    "POST /api/v1/eliminations/{elimination}/answer": Row(ARCHIVE, {"visa": True}, headers=REV),
    "GET /api/v1/files/{file}/history": Row(HISTORY),
    "POST /api/v1/spaces/{space}/export": Row(MANAGE),
    "GET /api/v1/search": Row(SIGNED_IN, query={"q": "budget"}),
    # Meetings
    "GET /api/v1/meetings": Row(SIGNED_IN),
    "GET /api/v1/spaces/{space}/meetings": Row(READ),
    "POST /api/v1/spaces/{space}/meetings": Row(EDIT, {"title": "Point", "starts_at": LATER}),
    "GET /api/v1/meetings/{meeting}": Row(READ),
    "PATCH /api/v1/meetings/{meeting}": Row(EDIT, {"title": "Autre"}, headers=REV),
    "DELETE /api/v1/meetings/{meeting}": Row(EDIT),
    "POST /api/v1/meetings/{meeting}/invitees": Row(EDIT, {"person_id": "$person"}),
    "DELETE /api/v1/meetings/{meeting}/invitees/{person}": Row(EDIT),
    "PUT /api/v1/meetings/{meeting}/answer": Row(JOIN, {"answer": "accepted"}),
    "GET /api/v1/meetings/{meeting}/messages": Row(READ),
    "POST /api/v1/meetings/{meeting}/messages": Row(JOIN, {"text": "Bonjour"}),
    "GET /api/v1/meetings/{meeting}/tokens": Row(JOIN),
    "POST /api/v1/meetings/{meeting}/tokens": Row(JOIN, {"kind": "publish"}),
    "DELETE /api/v1/meetings/{meeting}/tokens/{media_token}": Row(EDIT),
    "GET /api/v1/meetings/{meeting}/bans": Row(HOST),
    "DELETE /api/v1/meetings/{meeting}/bans/{banned}": Row(HOST),
    # Calculators of council law
    "GET /api/v1/council/calculators/convocation": Row(SIGNED_IN, query=CONVOCATION),
    "GET /api/v1/council/calculators/quorum": Row(SIGNED_IN, query={"assembly": "commune", "in_exercise": "15"}),
    "GET /api/v1/council/calculators/holidays": Row(SIGNED_IN, query={"year": "2026"}),
    "POST /api/v1/council/calculators/ballot": Row(SIGNED_IN, {"assembly": "commune", "for": 12, "against": 9}),
    "POST /api/v1/council/calculators/seats": Row(SIGNED_IN, SEATS),
    # Media: programs with a media token; the rest is in tests/http/test_whip.py
    "POST /whip/{meeting}": Row(MEDIA, "v=0"),
    "POST /whep/{meeting}": Row(MEDIA, "v=0"),
    "PATCH /whip/{meeting}/{media_session}": Row(MEDIA, "a=ice-lite"),
    "PATCH /whep/{meeting}/{media_session}": Row(MEDIA, "a=ice-lite"),
    "DELETE /whip/{meeting}/{media_session}": Row(MEDIA),
    "DELETE /whep/{meeting}/{media_session}": Row(MEDIA),
    "OPTIONS /whip/{meeting}": Row(PUBLIC),
    "OPTIONS /whep/{meeting}": Row(PUBLIC),
    "OPTIONS /whip/{meeting}/{media_session}": Row(PUBLIC),
    "OPTIONS /whep/{meeting}/{media_session}": Row(PUBLIC),
    # Pages: the door
    "GET /": Row(PUBLIC),
    "POST /": Row(PUBLIC, form={"login": "stranger", "password": PASSWORDS["old"]}),
    "POST /second-factor": Row(PUBLIC, form={"code": "123456"}),
    "POST /sign-out": Row(SIGN_OUT),
    "GET /reset/{token}": Row(PUBLIC),
    "POST /reset/{token}": Row(PUBLIC, form={"new": PASSWORDS["new"], "again": PASSWORDS["new"]}),
    # Pages: one's own settings
    "GET /settings": Row(SIGNED_IN),
    "POST /settings": Row(OWN_MANAGE, form={"theme": "dark", "language": "fr"}),
    "GET /settings/password": Row(SIGNED_IN),
    "POST /settings/password": Row(SESSION, form={**PASSWORDS, "again": PASSWORDS["new"]}),
    "GET /settings/second-factor": Row(SIGNED_IN),
    "GET /settings/second-factor/enrol": Row(SESSION),
    "POST /settings/second-factor/enrol": Row(SESSION, form={"code": "123456"}),
    "POST /settings/second-factor/codes": Row(SESSION, form={"code": "123456"}),
    "POST /settings/second-factor/remove": Row(SESSION, form={"code": "123456"}),
    "GET /settings/sessions": Row(SESSION),
    "POST /settings/sessions/revoke-others": Row(SESSION),
    "POST /settings/sessions/{session}/revoke": Row(MINE),
    "GET /settings/tokens": Row(SESSION),
    "POST /settings/tokens": Row(SESSION, form={"name": "Essai", "scope_read": "on"}),
    "POST /settings/tokens/{token}/revoke": Row(MINE),
    "GET /settings/application-passwords": Row(SESSION),
    "POST /settings/application-passwords": Row(SESSION, form={"name": "Essai"}),
    "POST /settings/application-passwords/{password}/revoke": Row(MINE),
    "GET /settings/notifications": Row(SIGNED_IN),
    "POST /settings/notifications": Row(OWN_MANAGE, form={"account": "digest"}),
    "GET /notifications": Row(SIGNED_IN),
    "POST /notifications/read": Row(OWN_WRITE),
    # Pages: spaces and the directory
    "GET /spaces": Row(SIGNED_IN),
    "GET /spaces/new": Row(SIGNED_IN),
    "POST /spaces/new": Row(OWN_MANAGE, form={"title": "Budget", "data_class": "ordinary"}),
    "GET /spaces/{space}": Row(READ),
    "GET /spaces/{space}/members": Row(READ),
    "POST /spaces/{space}/members": Row(
        MANAGE, form={"principal_kind": "person", "principal_id": "$person", "role": "reader"}
    ),
    "POST /spaces/{space}/members/{principal}/remove": Row(LEAVE),
    "GET /spaces/{space}/settings": Row(MANAGE),
    "POST /spaces/{space}/settings": Row(
        MANAGE, form={"title": "Autre", "data_class": "ordinary", "rev": "$space_rev"}
    ),
    "GET /search": Row(SIGNED_IN, query={"q": "budget"}),
    "GET /directory": Row(SIGNED_IN),
    "GET /directory/people/{person}": Row(SIGNED_IN),
    "GET /directory/people/{person}/photo": Row(SIGNED_IN),
    # Pages: administration
    "GET /admin": Row(ADMIN),
    "GET /admin/people": Row(ADMIN),
    "GET /admin/people/new": Row(ADMIN),
    "POST /admin/people/new": Row(ADMIN, form=NEW_PERSON),
    "GET /admin/people/{person}": Row(ADMIN),
    "POST /admin/people/{person}/disable": Row(ADMIN),
    "POST /admin/people/{person}/enable": Row(ADMIN),
    "POST /admin/people/{person}/admin": Row(ADMIN, form={"is_admin": "true"}),
    "POST /admin/people/{person}/reset": Row(ADMIN),
    "POST /admin/people/{person}/factor": Row(ADMIN),
    "GET /admin/people/{person}/edit": Row(ADMIN),
    "POST /admin/people/{person}/edit": Row(ADMIN, form={"display_name": "Autre Nom", "rev": "1"}),
    "GET /admin/units": Row(ADMIN),
    "GET /admin/units/new": Row(ADMIN),
    "POST /admin/units/new": Row(ADMIN, form={"name": "Voirie"}),
    "GET /admin/units/{unit}": Row(ADMIN),
    "POST /admin/units/{unit}": Row(ADMIN, form={"name": "Voirie", "rev": "1"}),
    "POST /admin/units/{unit}/remove": Row(ADMIN),
    "GET /admin/groups": Row(ADMIN),
    "GET /admin/groups/new": Row(ADMIN),
    "POST /admin/groups/new": Row(ADMIN, form={"name": "Astreinte"}),
    "GET /admin/groups/{group}": Row(ADMIN),
    "POST /admin/groups/{group}": Row(ADMIN, form={"name": "Astreinte", "rev": "1"}),
    "POST /admin/groups/{group}/members": Row(ADMIN, form={"person_id": "$person"}),
    "POST /admin/groups/{group}/members/{person}/remove": Row(ADMIN),
    "POST /admin/groups/{group}/remove": Row(ADMIN),
    "GET /admin/spaces": Row(ADMIN),
    "GET /admin/spaces/{orphan}": Row(ADMIN),
    "POST /admin/spaces/{orphan}": Row(ADMIN, form={"person_id": "$person"}),
    "GET /admin/files": Row(ADMIN),
    "GET /admin/records": Row(ADMIN),
    "GET /admin/records/new": Row(ADMIN),
    "POST /admin/records/new": Row(ADMIN, form={"title": "$new", "months": "12", "start": "created", "fate": "keep"}),
    "GET /admin/records/{record_type}": Row(ADMIN),
    "POST /admin/records/{record_type}": Row(
        ADMIN, form={"title": "$new", "months": "12", "start": "created", "fate": "keep", "rev": "1"}
    ),
    "POST /admin/records/archivists": Row(ADMIN, form={"person_id": "$person"}),
    "POST /admin/records/archivists/{person}/dismiss": Row(ADMIN),
    "GET /admin/storage": Row(ADMIN),
    "POST /admin/storage/{any_space}": Row(ADMIN, form={"megabytes": "1000000"}),
    "GET /admin/directory": Row(ADMIN),
    "POST /admin/directory/compare": Row(ADMIN),
    "POST /admin/directory/sync": Row(ADMIN),
    "GET /admin/jobs": Row(ADMIN),
    "POST /admin/jobs/{job}/retry": Row(ADMIN),
    "GET /admin/health": Row(ADMIN),
    # Pages: meetings
    "GET /meetings": Row(SIGNED_IN),
    "GET /meetings/new": Row(SIGNED_IN),
    "POST /meetings/new": Row(EDIT, form={**MEETING_FORM, "space": "$space"}),
    "GET /meetings/{meeting}": Row(READ),
    "GET /meetings/{meeting}/edit": Row(EDIT),
    "POST /meetings/{meeting}/edit": Row(EDIT, form={**MEETING_FORM, "rev": "1"}),
    "POST /meetings/{meeting}/cancel": Row(EDIT),
    "POST /meetings/{meeting}/invitees": Row(EDIT, form={"person_id": "$person"}),
    "POST /meetings/{meeting}/invitees/{person}/remove": Row(EDIT),
    "POST /meetings/{meeting}/answer": Row(JOIN, form={"answer": "accepted"}),
    "POST /meetings/{meeting}/bans/{banned}/lift": Row(HOST),
    "GET /meetings/{meeting}/room": Row(JOIN),
    "GET /meetings/{meeting}/programs": Row(JOIN),
    "POST /meetings/{meeting}/programs": Row(JOIN, form={"kind": "publish", "name": ""}),
    "POST /meetings/{meeting}/programs/{media_token}/revoke": Row(EDIT),
    # Pages: council
    "GET /council": Row(SIGNED_IN),
    "GET /council/calculators/convocation": Row(SIGNED_IN, query=CONVOCATION),
    "GET /council/calculators/quorum": Row(SIGNED_IN, query={"assembly": "commune", "in_exercise": "15"}),
    "GET /council/calculators/ballot": Row(SIGNED_IN),
    "POST /council/calculators/ballot": Row(SIGNED_IN, form={"assembly": "commune", "for": "12", "against": "9"}),
    "GET /council/calculators/seats": Row(SIGNED_IN),
    "POST /council/calculators/seats": Row(SIGNED_IN, form={"seats": "3", "name": "A", "votes": "15"}),
    "GET /council/calculators/holidays": Row(SIGNED_IN, query={"year": "2026"}),
    # Pages: boards
    "GET /projects": Row(SIGNED_IN),
    "POST /projects": Row(EDIT, form={"title": "Chantier", "space": "$space"}),
    "GET /boards/{board}": Row(READ),
    "POST /boards/{board}": Row(EDIT, form={"title": "Toiture", "column": "$column"}),
    "POST /boards/{board}/restore": Row(MANAGE),
    "GET /cards/{card}": Row(READ),
    "POST /cards/{card}": Row(EDIT, form={"title": "Autre", "description": "", "due": "", "rev": "1"}),
    "POST /cards/{card}/remove": Row(EDIT),
    # Pages: files
    "GET /files": Row(SIGNED_IN),
    "GET /files/mine": Row(SIGNED_IN),
    "GET /files/favourites": Row(SIGNED_IN),
    "GET /files/{space}/activity": Row(READ),
    "GET /files/{space}/tags": Row(READ),
    "POST /files/{space}/tags": Row(EDIT, form={"name": "$new", "colour": "blue"}),
    "POST /files/{space}/tags/{tag}": Row(EDIT, form={"name": "$new", "colour": "blue"}),
    "POST /files/{space}/tags/{tag}/remove": Row(EDIT),
    "POST /files/{space}/items/{file}/favourite": Row(COMMENT, form={"on": "true"}),
    "POST /files/{space}/items/{file}/tags": Row(EDIT, form={"name": "$new", "colour": "blue"}),
    "POST /files/{space}/items/{file}/comments": Row(COMMENT, form={"text": "Relu."}),
    "POST /files/{space}/items/{file}/comments/{comment}": Row(OWN_COMMENT, form={"text": "Relu.", "rev": "1"}),
    "POST /files/{space}/items/{file}/comments/{comment}/remove": Row(OWN_COMMENT),
    "POST /files/{space}/items/{file}/versions/{number}/comment": Row(EDIT, form={"comment": "Relu"}),
    "POST /files/{space}/items/{file}/versions/{number}/restore": Row(EDIT),
    "GET /links": Row(SIGNED_IN),
    "GET /files/{space}/links": Row(EDIT),
    "POST /files/{space}/links": Row(MANAGE, form={"sharing": "editors"}),
    "GET /files/{space}/items/{file}/links": Row(EDIT),
    "POST /files/{space}/items/{file}/links": Row(SHARE, form={"label": "Presse"}),
    "POST /files/{space}/items/{file}/boxes": Row(SHARE, form={"label": "Candidatures"}),
    "GET /links/{link}/deposits": Row(EDIT),
    "POST /links/{link}/revoke": Row(REVOKE),
    "GET /l/{secret}": Row(WITH_LINK),
    "POST /l/{secret}": Row(WITH_LINK, form={"password": "inutile"}),
    "GET /l/{secret}/{node}": Row(WITH_LINK),
    "GET /l/{secret}/{node}/content": Row(WITH_LINK),
    "GET /l/{secret}/{node}/view": Row(WITH_LINK),
    "GET /d/{secret}": Row(WITH_LINK),
    "POST /d/{secret}": Row(WITH_LINK, form={"password": "inutile"}),
    "POST /d/{secret}/files": Row(WITH_LINK, form={"file": "multipart"}),
    "GET /files/{space}": Row(READ),
    "GET /files/{space}/trash": Row(EDIT),
    "GET /files/{space}/{folder}": Row(READ),
    "GET /files/{space}/items/{file}/preview": Row(READ),
    "GET /files/{space}/items/{file}": Row(READ),
    "POST /files/{space}/upload": Row(EDIT, form={"file": "multipart"}),
    "POST /files/{space}/folders": Row(EDIT, form={"name": "$new"}),
    "POST /files/{space}/items/{file}": Row(EDIT, form={"name": "$new", "folder": "top", "rev": "$file_rev"}),
    "POST /files/{space}/items/{file}/trash": Row(EDIT),
    "POST /files/{space}/items/{file}/restore": Row(EDIT),
    "POST /files/{space}/items/{file}/lock": Row(EDIT),
    "POST /files/{space}/items/{file}/unlock": Row(EDIT, headers={"X-Lock": "$dav_lock"}),
    "POST /files/{space}/items/{file}/purge": Row(MANAGE),
    "POST /files/{space}/trash": Row(MANAGE),
    "POST /files/{space}/items/{file}/versions/{number}/destroy": Row(MANAGE),
    # Pages: records
    "GET /files/{space}/records": Row(SEE_EDITED),
    "POST /files/{space}/records/eliminations": Row(MANAGE, form={"unit": "$unit_due"}),
    "POST /files/{space}/holds": Row(MANAGE, form={"reason": "Contentieux"}),
    "POST /holds/{hold}/release": Row(MANAGE),
    "POST /files/{space}/export": Row(MANAGE),
    "POST /files/{space}/items/{file}/record": Row(EDIT, form={"type": "$record_type"}),
    "POST /files/{space}/items/{file}/transfer": Row(MANAGE),
    "GET /files/{space}/items/{file}/history": Row(HISTORY),
    "GET /files/{space}/items/{file}/history.csv": Row(HISTORY),
    "GET /records": Row(ARCHIVE),
    "GET /eliminations/{elimination}": Row(SEE_OWNED),
    "GET /eliminations/{elimination}/list.csv": Row(SEE_OWNED),
    "POST /eliminations/{elimination}": Row(ARCHIVE, form={"visa": "true", "rev": "1"}),
}


def key_of(endpoint: Endpoint) -> str:
    """The endpoint's name in ROWS."""
    return f"{endpoint.method} {endpoint.path}"


def differences() -> list[str]:
    """Endpoints without a row, and rows without an endpoint."""
    known = {key_of(endpoint) for endpoint in all_endpoints()}
    return [f"no row for {key}" for key in sorted(known - ROWS.keys())] + [
        f"no endpoint for {key}" for key in sorted(ROWS.keys() - known)
    ]


def document() -> str:
    """docs/permissions.md."""
    lines = [
        "# Who may do what",
        "",
        "Generated by `python -m tests.http.matrix` from the table that tests/http/test_matrix.py sends as real",
        "requests. Do not edit.",
        "",
        "*yes*: the door opens. *sign in*: 401, pages lead to the sign-in. *no*: 403, for those who may know that the",
        "thing exists. *hidden*: 404, for those who may not.",
        "",
        "| Actor | |",
        "|---|---|",
        *(f"| {actor} | {words} |" for actor, words in ACTORS.items()),
    ]
    rules = list(dict.fromkeys(row.rule for row in ROWS.values()))
    lines += ["", "## Rights", "", f"| Right | {' | '.join(ACTORS)} |", f"|---|{'---|' * len(ACTORS)}"]
    lines += [f"| {rule.words} | {' | '.join(rule.expected.values())} |" for rule in rules]
    for title, pages in (("The API", False), ("Pages", True)):
        lines += ["", f"## {title}", "", "| Door | What it does | Right |", "|---|---|---|"]
        for endpoint in all_endpoints():
            if endpoint.page is pages:
                lines.append(f"| `{key_of(endpoint)}` | {endpoint.summary} | {ROWS[key_of(endpoint)].rule.words} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Write the file, or compare with it."""
    if faults := differences():
        print("\n".join(faults))
        return 1
    if arguments == ["check"]:
        if not DOCUMENT.exists() or DOCUMENT.read_text("utf-8") != document():
            print("docs/permissions.md is stale: run `python -m tests.http.matrix`")
            return 1
        return 0
    DOCUMENT.write_text(document(), "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
