"""An LDAP server that says what a test tells it to, in clear: for what OpenLDAP never does.

Active Directory's ranges, references and bind messages, a page without its control, an answer that is no LDAP. The
protocol of the answers is ldap3's own ASN.1 (RFC 4511); the rest is a list of rules from a request to its answers.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from ldap3.protocol.rfc2696 import Cookie, RealSearchControlValue, Size
from ldap3.protocol.rfc4511 import LDAPMessage
from pyasn1.codec.ber import encoder

from tests.support.ports import LOOPBACK

PAGED = "1.2.840.113556.1.4.319"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: `bindRequest`, `searchRequest`, `extendedReq`, …; `base`, `attributes` and `cookie` of a search."""

    kind: str
    base: str = ""
    attributes: tuple[str, ...] = ()
    cookie: bytes | None = None
    name: str = ""


@dataclass(slots=True)
class Answer:
    """Entries as (dn, attributes), references, and the result. `cookie` None: no control for paged results."""

    entries: Sequence[tuple[str, dict[str, list[bytes]]]] = ()
    references: Sequence[str] = ()
    code: int = 0
    message: str = ""
    cookie: bytes | None = b""
    controls: Sequence[tuple[str, bytes]] = ()
    raw: bytes | None = None


@dataclass(slots=True)
class Scripted:
    """The running server: its port, and what it was asked."""

    port: int
    asked: list[Asked] = field(default_factory=list)


@asynccontextmanager
async def scripted_ldap(rule: Callable[[Asked], Answer | None]) -> AsyncIterator[Scripted]:
    """Serves until left. `rule` gives the answer to a request; None: say nothing, ever."""
    tasks: set[asyncio.Task[None]] = set()
    state = Scripted(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                number, asked = await _read(reader)
                state.asked.append(asked)
                if asked.kind == "unbindRequest":
                    return
                answer = rule(asked)
                if answer is not None:
                    writer.write(_encode(number, asked, answer))
                    await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.transport.abort()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, LOOPBACK, 0)
    state.port = int(server.sockets[0].getsockname()[1])
    try:
        yield state
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


KINDS = {0x60: "bindRequest", 0x42: "unbindRequest", 0x63: "searchRequest", 0x77: "extendedReq"}


async def _read(reader: asyncio.StreamReader) -> tuple[int, Asked]:
    """The number of the next message and what it asks."""
    head = await reader.readexactly(2)
    length = head[1]
    if length & 0x80:
        more = await reader.readexactly(length & 0x7F)
        length = int.from_bytes(more, "big")
    (_, number), (tag, operation), *controls = _parts(await reader.readexactly(length))
    return int.from_bytes(number, "big"), _understand(KINDS[tag], operation, controls)


def _understand(kind: str, operation: bytes, controls: list[tuple[int, bytes]]) -> Asked:
    if kind == "bindRequest":
        return Asked(kind, name=_parts(operation)[1][1].decode())
    if kind != "searchRequest":
        return Asked(kind)
    cookie = None
    for _, sequence in _parts(controls[0][1]) if controls else ():
        (_, name), *_, (_, value) = _parts(sequence)
        if name.decode() == PAGED:
            cookie = _parts(_parts(value)[0][1])[1][1]
    parts = _parts(operation)
    attributes = tuple(value.decode() for _, value in _parts(parts[7][1]))
    return Asked(kind, parts[0][1].decode(), attributes, cookie)


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    """The elements of a BER sequence: their tags and contents."""
    parts: list[tuple[int, bytes]] = []
    position = 0
    while position < len(data):
        tag, length = data[position], data[position + 1]
        position += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(data[position : position + size], "big")
            position += size
        parts.append((tag, data[position : position + length]))
        position += length
    return parts


def _encode(number: int, asked: Asked, answer: Answer) -> bytes:
    if answer.raw is not None:
        return answer.raw
    out: bytes = b""
    for dn, attributes in answer.entries:
        message = _message(number, "searchResEntry")
        entry = message["protocolOp"]["searchResEntry"]
        entry["object"] = dn
        for index, (name, values) in enumerate(attributes.items()):
            entry["attributes"][index]["type"] = name
            for place, value in enumerate(values):
                entry["attributes"][index]["vals"][place] = value
            if not values:
                entry["attributes"][index]["vals"].clear()
        out += encoder.encode(message)
    for uri in answer.references:
        message = _message(number, "searchResRef")
        message["protocolOp"]["searchResRef"][0] = uri
        out += encoder.encode(message)
    done = {"bindRequest": "bindResponse", "searchRequest": "searchResDone", "extendedReq": "extendedResp"}[asked.kind]
    message = _message(number, done)
    result = message["protocolOp"][done]
    result["resultCode"], result["matchedDN"], result["diagnosticMessage"] = answer.code, "", answer.message
    controls = list(answer.controls)
    if asked.cookie is not None and answer.cookie is not None:
        page = RealSearchControlValue()
        page["size"], page["cookie"] = Size(0), Cookie(answer.cookie)
        controls.append((PAGED, encoder.encode(page)))
    for index, (name, value) in enumerate(controls):
        message["controls"][index]["controlType"] = name
        message["controls"][index]["controlValue"] = value
    out += encoder.encode(message)
    return out


def _message(number: int, kind: str) -> Any:
    message = LDAPMessage()
    message["messageID"] = number
    message["protocolOp"][kind]  # choose it
    return message
