"""XML from outside, parsed safely: no document type and so no entities, bounded in depth; bounded in size by the door.

Elements are named `{namespace}name`, as ElementTree has it. The parser is Python's expat.
"""

import asyncio
from typing import Any, NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from collab.core.i18n import msg
from web.http import BadRequest

DAV = "{DAV:}"
MAX_DEPTH = 32
MAX_ELEMENTS = 20_000
# Beyond that parsing would hold the event loop.
IN_LOOP = 32 << 10


class _Refused(Exception):
    pass


async def parse_body(body: bytes) -> Element | None:
    """The root element of a request's body; None without one. Raises BadRequest."""
    if not body.strip():
        return None
    try:
        return _parse(body) if len(body) < IN_LOOP else await asyncio.to_thread(_parse, body)
    except (expat.ExpatError, _Refused, LookupError, ValueError):
        raise BadRequest("dav.bad_xml", msg("The request is not XML that can be accepted here.")) from None


def _parse(body: bytes) -> Element:
    builder = TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    count = depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count, depth
        count, depth = count + 1, depth + 1
        if depth > MAX_DEPTH or count > MAX_ELEMENTS:
            raise _Refused
        builder.start(_named(name), {_named(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_named(name))

    def refuse(*_arguments: Any) -> NoReturn:
        raise _Refused

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.Parse(body, True)
    return builder.close()


def _named(name: str) -> str:
    return "{" + name if "}" in name else name


def local(name: str) -> tuple[str, str]:
    """The namespace and the local name of `{namespace}name`."""
    if name.startswith("{"):
        namespace, _, bare = name[1:].partition("}")
        return namespace, bare
    return "", name
