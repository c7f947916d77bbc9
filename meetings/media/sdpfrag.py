"""ICE fragments of session descriptions (RFC 8840, RFC 9725 4.3): read one, put one into an offer, make one.

Pure. `meetings/rooms/programs.py` uses it for the PATCH of WHIP and WHEP. The engine is ICE-lite and learns addresses
from checks, so that candidates are read for their form alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from meetings.media.port import BadOffer

MAX_BYTES = 64 * 1024
_CREDENTIALS = {"ice-ufrag": re.compile(r"[A-Za-z0-9+/]{4,256}"), "ice-pwd": re.compile(r"[A-Za-z0-9+/]{22,256}")}
_CANDIDATE = re.compile(
    r"[A-Za-z0-9+/]{1,32} [0-9]{1,3} [A-Za-z]{1,8} [0-9]{1,10} [!-~]{1,255} [0-9]{1,5} typ [a-z]+.*"
)
_KEPT = ("a=ice-lite", "a=ice-ufrag:", "a=ice-pwd:", "a=mid:", "a=candidate:", "a=end-of-candidates")


@dataclass(frozen=True, slots=True)
class Fragment:
    """What a fragment says: whose generation of ICE it is, and how many candidates it brings."""

    ufrag: str
    password: str
    candidates: int


def read_fragment(text: str) -> Fragment:
    """Read a fragment. Raises BadOffer where it has no credentials, two different ones, or lines that are none."""
    if len(text) > MAX_BYTES:
        raise BadOffer("too long")
    found: dict[str, str] = {}
    candidates = 0
    for line in _lines(text):
        kind, equals, value = line.partition("=")
        if not equals or len(kind) != 1:
            raise BadOffer("a line without '='")
        name, _, value = value.partition(":")
        if kind != "a":
            continue
        if name in _CREDENTIALS:
            if not _CREDENTIALS[name].fullmatch(value) or found.setdefault(name, value) != value:
                raise BadOffer("bad ICE credentials")
        elif name == "candidate":
            if not _CANDIDATE.fullmatch(value):
                raise BadOffer("bad candidate")
            candidates += 1
    if len(found) != len(_CREDENTIALS):
        raise BadOffer("no ICE credentials")
    return Fragment(found["ice-ufrag"], found["ice-pwd"], candidates)


def credentials_of(description: str) -> tuple[str, str]:
    """(ufrag, password) of an offer or answer in which they are the same everywhere. Raises BadOffer."""
    found: dict[str, str] = {}
    for line in _lines(description):
        name, _, value = line.removeprefix("a=").partition(":")
        if name in _CREDENTIALS:
            found.setdefault(name, value)
    if len(found) != len(_CREDENTIALS):
        raise BadOffer("no ICE credentials")
    return found["ice-ufrag"], found["ice-pwd"]


def with_credentials(offer: str, fragment: Fragment) -> str:
    """The offer as it would read after an ICE restart with the fragment's credentials; its old candidates go."""
    values = {"ice-ufrag": fragment.ufrag, "ice-pwd": fragment.password}
    lines = []
    for line in _lines(offer):
        name = line.removeprefix("a=").partition(":")[0]
        if line.startswith("a=") and name in values:
            lines.append(f"a={name}:{values[name]}")
        elif not line.startswith(("a=candidate:", "a=end-of-candidates")):
            lines.append(line)
    return "\r\n".join(lines) + "\r\n"


def fragment_of(answer: str) -> str:
    """What of an answer concerns ICE: the body of the response to a restart (RFC 9725 4.3.3), its first m-line."""
    lines: list[str] = []
    sections = 0
    for line in _lines(answer):
        if line.startswith("m="):
            sections += 1
            if sections > 1:
                break
        if line.startswith(("m=", *_KEPT)):
            lines.append(line)
    return "\r\n".join(lines) + "\r\n"


def _lines(text: str) -> list[str]:
    return [line.rstrip("\r") for line in text.split("\n") if line.strip()]
