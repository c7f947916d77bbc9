"""Who may do what, at every door: the permission matrix as data.

Each endpoint of the route table has one row here: a rule, and what a valid request needs. tests/http/test_matrix.py
sends every request as every kind of actor; `python -m tests.http.matrix` writes docs/permissions.md, and with `check`
fails when that file is not what it would write. An endpoint without a row, or a row without its endpoint, fails both.
"""

import sys
from pathlib import Path

from tests.http.matrix_council import COUNCIL
from tests.http.matrix_pages import PAGES
from tests.http.matrix_rules import (
    ACTORS,
    ADMIN,
    ARCHIVE,
    COMMENT,
    CONVOCATION,
    EDIT,
    FINISH,
    HISTORY,
    HOST,
    JOIN,
    LATER,
    LEAVE,
    LOCKINFO,
    MANAGE,
    MEDIA,
    MINE,
    OWN_COMMENT,
    OWN_MANAGE,
    OWN_WRITE,
    PASSWORDS,
    PROGRAM_EDIT,
    PROGRAM_READ,
    PROPPATCH,
    PUBLIC,
    READ,
    REV,
    REVOKE,
    SEATS,
    SEE_EDITED,
    SEE_OWNED,
    SESSION,
    SHARE,
    SIGNED_IN,
    TUS,
    TUS_PART,
    UPLOAD,
    WITH_LINK,
    Row,
)
from web.app import all_endpoints
from web.http import Endpoint

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/permissions.md"

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
    "POST /api/v1/markdown": Row(SIGNED_IN, {"text": "**Gras**"}),
    "GET /api/v1/boards/{board}/people": Row(READ),
    "GET /api/v1/boards/{board}/sharing": Row(READ),
    "PUT /api/v1/boards/{board}/sharing": Row(MANAGE, {"opening": "read"}),
    "PUT /api/v1/boards/{board}/members": Row(
        MANAGE, {"principal_kind": "person", "principal_id": "$person", "role": "own"}
    ),
    "DELETE /api/v1/boards/{board}/members/{principal}": Row(LEAVE),
    "GET /api/v1/cards/{card}/destinations": Row(EDIT),
    "GET /api/v1/cards/{card}/relocation": Row(EDIT, query={"column": "$other_column"}),
    "POST /api/v1/cards/{card}/relocation": Row(EDIT, {"column": "$other_column", "told": "$told"}),
    "GET /api/v1/cards/{card}/full": Row(READ),
    "GET /api/v1/cards/{card}/history": Row(READ),
    "GET /api/v1/boards/{board}/archive": Row(READ),
    "POST /api/v1/cards/{card}/archive": Row(EDIT),
    "POST /api/v1/columns/{column}/archive": Row(EDIT),
    "POST /api/v1/boards/{board}/labels": Row(EDIT, {"name": "$new", "colour": "blue"}),
    "PATCH /api/v1/labels/{label}": Row(EDIT, {"name": "$new"}),
    "DELETE /api/v1/labels/{label}": Row(EDIT),
    "POST /api/v1/boards/{board}/fields": Row(EDIT, {"title": "$new", "kind": "number"}),
    "PATCH /api/v1/board-fields/{board_field}": Row(EDIT, {"title": "$new"}),
    "GET /api/v1/boards/{board}/card-templates": Row(READ),
    "POST /api/v1/boards/{board}/card-templates": Row(EDIT, {"name": "$new", "card": "$card"}),
    "PATCH /api/v1/card-templates/{card_template}": Row(EDIT, {"name": "$new"}),
    "DELETE /api/v1/card-templates/{card_template}": Row(EDIT),
    "GET /api/v1/board-templates": Row(SIGNED_IN),
    "GET /api/v1/spaces/{space}/board-templates": Row(READ),
    "POST /api/v1/boards/{board}/templates": Row(EDIT, {"title": "Modèle"}),
    "DELETE /api/v1/board-templates/{board_template}": Row(EDIT),
    "POST /api/v1/boards/{board}/copy": Row(EDIT, {"title": "Copie"}),
    "POST /api/v1/cards/{card}/checklists": Row(EDIT, {"title": "Pièces"}),
    "PATCH /api/v1/checklists/{checklist}": Row(EDIT, {"title": "Autre"}),
    "DELETE /api/v1/checklists/{checklist}": Row(EDIT),
    "POST /api/v1/checklists/{checklist}/tasks": Row(EDIT, {"title": "Devis"}),
    "PATCH /api/v1/tasks/{task}": Row(EDIT, {"done": True}),
    "DELETE /api/v1/tasks/{task}": Row(EDIT),
    "POST /api/v1/cards/{card}/comments": Row(COMMENT, {"text": "Vu"}),
    "PATCH /api/v1/card-comments/{card_comment}": Row(OWN_COMMENT, {"text": "Revu"}, headers=REV),
    "DELETE /api/v1/card-comments/{card_comment}": Row(OWN_COMMENT),
    "PUT /api/v1/card-comments/{card_comment}/reactions/{sign}": Row(COMMENT),
    "DELETE /api/v1/card-comments/{card_comment}/reactions/{sign}": Row(COMMENT),
    "PUT /api/v1/cards/{card}/blockers/{blocker}": Row(EDIT),
    "DELETE /api/v1/cards/{card}/blockers/{blocker}": Row(EDIT),
    "GET /api/v1/boards/{board}/views": Row(READ),
    "POST /api/v1/boards/{board}/views": Row(COMMENT, {"title": "À moi", "query": "person=me", "shared": False}),
    "DELETE /api/v1/board-views/{board_view}": Row(OWN_COMMENT),
    "POST /api/v1/spaces/{space}/imports": Row(EDIT, "Titre;Colonne\nToiture;A faire"),
    "GET /api/v1/imports/{board_import}": Row(UPLOAD),
    "PATCH /api/v1/imports/{board_import}": Row(UPLOAD, {"title": "Autre"}),
    "POST /api/v1/imports/{board_import}/start": Row(UPLOAD),
    "DELETE /api/v1/imports/{board_import}": Row(UPLOAD),
    "GET /api/v1/boards/{board}/export": Row(READ),
    "PUT /api/v1/cards/{card}/files/{file}": Row(EDIT),
    "DELETE /api/v1/cards/{card}/files/{file}": Row(EDIT),
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
    "GET /api/v1/spaces/{space}/thumbs": Row(READ, query={"item": "$file"}),
    "GET /api/v1/shared/{secret}/{node}/preview": Row(WITH_LINK),
    "GET /api/v1/shared/{secret}/{node}/preview/{part}": Row(WITH_LINK),
    "GET /api/v1/shared/{secret}/{node}/thumbs": Row(WITH_LINK, query={"item": "$node"}),
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
    "GET /api/v1/meetings/{meeting}/attendance": Row(READ),
    "GET /api/v1/meetings/{meeting}/recordings": Row(READ),
    "POST /api/v1/broadcasts/{broadcast}/tokens": Row(WITH_LINK),
    "GET /api/v1/meetings/{meeting}/polls": Row(READ),
    "POST /api/v1/meetings/{meeting}/polls": Row(HOST, {"question": "Jeudi ?", "options": ["Oui", "Non"]}),
    "PUT /api/v1/meetings/{meeting}/polls/{poll}/vote": Row(JOIN, {"choices": [0]}),
    "PUT /api/v1/meetings/{meeting}/polls/{poll}/closing": Row(HOST),
    "GET /api/v1/meetings/{meeting}/guest-links": Row(EDIT),
    "POST /api/v1/meetings/{meeting}/guest-links": Row(EDIT, {"name": "Candidate"}),
    "DELETE /api/v1/meetings/{meeting}/guest-links/{guest_link}": Row(EDIT),
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
    **PAGES,
    **COUNCIL,
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
