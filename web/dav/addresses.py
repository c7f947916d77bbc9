"""Addresses under `/dav/`: from the path of a request to names, and back. Pure.

Names travel percent-encoded in UTF-8, so that every name the tree knows survives: `personal/` first, then a folder for
each space, whose name is its title without what file systems cannot hold.
"""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes, urlsplit
from uuid import UUID

from collab.core.errors import NotFound
from collab.core.i18n import msg
from collab.files.rules import name_key
from web.http import BadRequest

ROOT = "/dav/"
PERSONAL = "personal"
# Windows holds none of these in a name; a title may have them.
_UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
MAX_TITLE = 100


def names_of(raw_path: str) -> tuple[str, ...]:
    """The names in the path of a request or of a Destination, from the top. Raises NotFound for what no name can be."""
    if not (raw_path + "/").startswith(ROOT):
        raise NotFound()
    parts = raw_path[len(ROOT) :].strip("/").split("/")
    return tuple(_name_of(part) for part in parts) if parts != [""] else ()


def _name_of(part: str) -> str:
    try:
        name = unquote_to_bytes(part).decode("utf-8")
    except UnicodeDecodeError:
        raise BadRequest("not_utf8", msg("The request is not UTF-8 text.")) from None
    if name in ("", ".", "..") or "/" in name or "\0" in name:
        raise NotFound()
    return name


def destination_of(header: str, hosts: frozenset[str]) -> str | None:
    """The raw path of a Destination header: an address of this server, or a path; None for another server's."""
    address = urlsplit(header.strip())
    if address.netloc and address.netloc.lower() not in hosts:
        return None
    if not address.path.startswith("/"):
        raise BadRequest("dav.bad_destination", msg("Say where to: send a Destination."))
    return address.path


@lru_cache(maxsize=4096)
def escaped(name: str) -> str:
    """One name in an address; what XML would want escaped is percent-encoded too."""
    return quote(name, safe="!$()*+,-.:=@_~")


def href(names: Sequence[str], *, folder: bool) -> str:
    """The path of what has these names, as answers tell it."""
    path = ROOT + "/".join(escaped(name) for name in names)
    return path if path.endswith("/") or not folder else path + "/"


def space_names(titles: Mapping[UUID, str]) -> dict[UUID, str]:
    """A folder name for each space: its title where that is free and can be held, else told apart by its id.

    Of two with one name, the older keeps it (ids are in the order of their making).
    """
    taken = {name_key(PERSONAL)}
    names: dict[UUID, str] = {}
    for space in sorted(titles):
        bare = _UNSAFE.sub("-", titles[space])[:MAX_TITLE].strip(" .") or "-"
        name = bare if name_key(bare) not in taken else f"{bare} ({space.hex[-6:]})"
        taken.add(name_key(name))
        names[space] = name
    return names
