"""The rules of the permission matrix: who may, and what a row of it says."""

from dataclasses import dataclass, field
from typing import Any

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
    "guest": "came through a link for guests of a meeting of the space; no account",
}

YES, SIGN_IN, NO, HIDDEN = "yes", "sign in", "no", "hidden"
LETTERS = {"y": YES, "s": SIGN_IN, "n": NO, "h": HIDDEN}


@dataclass(frozen=True)
class Rule:
    """What one right means. `cells`: one letter an actor, in the order of ACTORS; links open what is public."""

    words: str
    cells: str

    @property
    def expected(self) -> dict[str, str]:
        return {actor: LETTERS[letter] for actor, letter in zip(ACTORS, self.cells + 2 * self.cells[0], strict=True)}


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
SEE_HOSTED = Rule("who organises the meeting: its organiser, owners of the space, to read", "sshhnnyyyy")
RUN = Rule("clerks of the assembly, and owners of its space", "sshhnnynyy")
SIT = Rule("members of the assembly, each for themselves", "sshhnnynyy")
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
