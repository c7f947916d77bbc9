"""The headers that WebDAV adds to HTTP: If (RFC 4918, section 10.4), Depth, Timeout, Overwrite. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from collab.core.i18n import msg
from web.http import BadRequest

MAX_HEADER = 8000
USUAL = timedelta(minutes=30)
INFINITE = timedelta(days=1)

_PIECE = re.compile(
    r"""\s*(?: (?P<open>\() | (?P<close>\)) | (?P<negated>Not\b) | <(?P<uri>[^<>\s]*)>
            | \[\s*(?P<etag>(?:W/)?"[^"]*")\s*\] )\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_TOKEN = re.compile(r"(?:opaquelocktoken|urn:uuid):([0-9a-f-]{36})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a list: a state token or an entity tag, perhaps negated."""

    negated: bool
    token: str | None = None
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class ConditionList:
    """Conditions that all have to hold, of the resource at `tag` (None: of the one that the request is about)."""

    tag: str | None
    conditions: Sequence[Condition]


def parse_if(header: str) -> list[ConditionList]:
    """The lists of an If header, of which one has to hold. Raises BadRequest."""
    lists: list[ConditionList] = []
    tag: str | None = None
    inside: list[Condition] | None = None
    negated = False
    for piece in _pieces(header):
        kind, text = piece.lastgroup, piece[0]
        if kind == "open" and inside is None:
            inside = []
        elif kind == "close" and inside and not negated:
            lists.append(ConditionList(tag, inside))
            inside = None
        elif kind == "uri" and inside is None:
            tag = piece["uri"]
        elif kind == "negated" and inside is not None and not negated:
            negated = True
        elif kind in ("uri", "etag") and inside is not None:
            inside.append(Condition(negated, token=piece["uri"], etag=piece["etag"]))
            negated = False
        else:
            raise _bad(text)
    if inside is not None or not lists:
        raise _bad(header)
    return lists


def _pieces(header: str) -> Iterator[re.Match[str]]:
    position = 0
    if len(header) > MAX_HEADER:
        raise _bad("")
    while position < len(header):
        piece = _PIECE.match(header, position)
        if piece is None:
            raise _bad(header[position : position + 20])
        yield piece
        position = piece.end()


def _bad(_text: str) -> BadRequest:
    return BadRequest("dav.bad_if", msg("The If header cannot be understood."))


def tokens_in(lists: Sequence[ConditionList]) -> frozenset[UUID]:
    """The lock tokens that were shown: those of all lists that are not negated."""
    found = {lock_token(one.token) for group in lists for one in group.conditions if one.token and not one.negated}
    return frozenset(token for token in found if token is not None)


def lock_token(text: str) -> UUID | None:
    """The lock that a state token names; None when it can be none of ours."""
    match = _TOKEN.fullmatch(text.strip().strip("<>"))
    try:
        return UUID(match[1]) if match else None
    except ValueError:
        return None


def depth_of(header: str | None, usual: str) -> str:
    """`0`, `1` or `infinity`. Raises BadRequest."""
    depth = (header or usual).strip().lower()
    if depth not in ("0", "1", "infinity"):
        raise BadRequest("dav.bad_depth", msg("Depth is 0, 1 or infinity."))
    return depth


def timeout_of(header: str | None) -> timedelta:
    """How long a lock is wanted for: the first wish that is one."""
    for wish in (header or "").split(","):
        wish = wish.strip().lower()
        if wish == "infinite":
            return INFINITE
        if match := re.fullmatch(r"second-([0-9]{1,10})", wish):
            return timedelta(seconds=min(int(match[1]), int(INFINITE.total_seconds())))
    return USUAL


def overwrites(header: str | None) -> bool:
    """Whether what is at the destination may be replaced. Raises BadRequest."""
    value = (header or "T").strip().upper()
    if value not in ("T", "F"):
        raise BadRequest("dav.bad_overwrite", msg("Overwrite is T or F."))
    return value == "T"
