"""The properties of files and folders as WebDAV tells them: live ones computed here, dead ones as they were noted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from time import gmtime
from uuid import UUID
from xml.sax.saxutils import escape

from collab.files.entries import Entry
from collab.files.locks import FileLock
from collab.files.quotas import Usage
from collab.files.rules import media_type
from web.dav.answers import element, response
from web.dav.xml import local

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SUPPORTED = (
    "<D:lockentry><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>"
    "<D:lockentry><D:lockscope><D:shared/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockentry>"
)


@dataclass(slots=True)  # not frozen, which makes a thousand of them dear
class Thing:
    """What properties are asked of. `entry`: None for the root and the tops of spaces; `usage`: where it was asked."""

    href: str
    name: str
    entry: Entry | None = None
    usage: Usage | None = None
    locks: Sequence[FileLock] = ()
    roots: Mapping[UUID, str] = field(default_factory=dict)
    now: datetime | None = None
    dead: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_folder(self) -> bool:
        return self.entry is None or self.entry.is_folder


@lru_cache(maxsize=4096)
def _http_date(second: int) -> str:
    at = gmtime(second)
    day, month = _DAYS[at.tm_wday], _MONTHS[at.tm_mon - 1]
    return f"{day}, {at.tm_mday:02} {month} {at.tm_year} {at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} GMT"


def tag_of(sha256: str) -> str:
    """The entity tag of a content at this door: half of its hash, for programs have little room in their If headers."""
    return f'"{sha256[:32]}"'


def _file(thing: Thing, tell: Callable[[Entry], str]) -> str | None:
    return tell(thing.entry) if thing.entry is not None and not thing.entry.is_folder else None


def _node(thing: Thing, tell: Callable[[Entry], str]) -> str | None:
    return tell(thing.entry) if thing.entry is not None else None


def _quota(thing: Thing, tell: Callable[[Usage], int | None]) -> str | None:
    value = tell(thing.usage) if thing.usage is not None and thing.is_folder else None
    return None if value is None else str(value)


# What each tells as XML; None: the thing has no such property.
LIVE: dict[str, Callable[[Thing], str | None]] = {
    "resourcetype": lambda thing: "<D:collection/>" if thing.is_folder else "",
    "displayname": lambda thing: escape(thing.name),
    "getcontentlength": lambda thing: _file(thing, lambda entry: str(entry.size)),
    "getcontenttype": lambda thing: _file(thing, lambda entry: media_type(entry.name)),
    "getetag": lambda thing: _file(thing, lambda entry: tag_of(entry.sha256)),
    "getlastmodified": lambda thing: _node(thing, lambda entry: _http_date(int(entry.changed_at.timestamp()))),
    "creationdate": lambda thing: _node(
        thing, lambda entry: f"{entry.created_at.replace(tzinfo=None):%Y-%m-%dT%H:%M:%SZ}"
    ),
    "supportedlock": lambda thing: SUPPORTED if thing.entry is not None else "",
    "lockdiscovery": lambda thing: "".join(active_lock(lock, thing) for lock in thing.locks),
}
QUOTA: dict[str, Callable[[Thing], str | None]] = {
    "quota-used-bytes": lambda thing: _quota(thing, lambda usage: usage.used),
    "quota-available-bytes": lambda thing: _quota(thing, lambda usage: usage.free),
}
KNOWN = LIVE | QUOTA
# Whoever asks for all gets what is short; RFC 4331 leaves quotas out.
USUAL = tuple(f"{{DAV:}}{name}" for name in LIVE)
ASKED_FOR_QUOTA = frozenset(f"{{DAV:}}{name}" for name in QUOTA)


def active_lock(lock: FileLock, thing: Thing) -> str:
    """A lock as lockdiscovery tells it (RFC 4918, section 14.1); `thing` knows its root and what time it is."""
    left = max(int((lock.expires_at - (thing.now or lock.made_at)).total_seconds()), 0)
    scope = "shared" if lock.shared else "exclusive"
    depth = "infinity" if lock.deep else "0"
    return (
        f"<D:activelock><D:locktype><D:write/></D:locktype><D:lockscope><D:{scope}/></D:lockscope>"
        f"<D:depth>{depth}</D:depth>{lock.owner}<D:timeout>Second-{left}</D:timeout>"
        f"<D:locktoken><D:href>{token_of(lock)}</D:href></D:locktoken>"
        f"<D:lockroot><D:href>{thing.roots.get(lock.node_id, thing.href)}</D:href></D:lockroot></D:activelock>"
    )


def token_of(lock: FileLock) -> str:
    """The state token of a lock."""
    return f"opaquelocktoken:{lock.id}"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which properties a PROPFIND asks for: `names` of them (`{namespace}name`), and every dead one if `everything`.

    `only_names`: which there are, not what they say.
    """

    names: Sequence[str]
    everything: bool = False
    only_names: bool = False

    @property
    def quota(self) -> bool:
        return not ASKED_FOR_QUOTA.isdisjoint(self.names)


@lru_cache(maxsize=64)
def _plan(names: tuple[str, ...]) -> Sequence[tuple[str, str, str, Callable[[Thing], str | None] | None]]:
    """Each name taken apart, and what tells it: the same for a thousand things."""
    taken = [(name, *local(name)) for name in names]
    return [(name, space, bare, KNOWN.get(bare) if space == "DAV:" else None) for name, space, bare in taken]


def tell(thing: Thing, wanted: Wanted) -> str:
    """The response about one thing."""
    found: list[str] = []
    missing: list[str] = []
    for name, namespace, bare, teller in _plan(tuple(wanted.names)):
        value = teller(thing) if teller is not None else None
        if value is not None:
            found.append(f"<D:{bare}>{value}</D:{bare}>" if value and not wanted.only_names else f"<D:{bare}/>")
        elif name in thing.dead:
            found.append(thing.dead[name])
        elif not wanted.everything:
            missing.append(element(namespace, bare))
    if wanted.everything:
        asked = set(wanted.names)
        for name, value in thing.dead.items():
            if name not in asked:
                found.append(element(*local(name)) if wanted.only_names else value)
    parts = [(200, "".join(found))] if found or not missing else []
    return response(thing.href, parts + ([(404, "".join(missing))] if missing else []))
