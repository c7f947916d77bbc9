"""An LDAP server that says what a test tells it to, in clear: for what OpenLDAP never does.

Active Directory's ranges, references and bind messages, a page without its control, an answer that is no LDAP. The
protocol is ldap3's own ASN.1 (RFC 4511); the rest is a list of rules from a request to its answers.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from ldap3.protocol.rfc2696 import Cookie, RealSearchControlValue, Size
from ldap3.protocol.rfc4511 import LDAPMessage
from pyasn1.codec.ber import decoder, encoder

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

    entries: Sequence[tuple[str, dict[str, Iterable[bytes]]]] = ()
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
                message = await _read(reader)
                asked = _understand(message)
                state.asked.append(asked)
                if asked.kind == "unbindRequest":
                    return
                answer = rule(asked)
                if answer is not None:
                    writer.write(_encode(int(message["messageID"]), asked, answer))
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


async def _read(reader: asyncio.StreamReader) -> Any:
    head = await reader.readexactly(2)
    length = head[1]
    if length & 0x80:
        more = await reader.readexactly(length & 0x7F)
        head, length = head + more, int.from_bytes(more, "big")
    message, _ = decoder.decode(head + await reader.readexactly(length), asn1Spec=LDAPMessage())
    return message


def _understand(message: Any) -> Asked:
    kind = message["protocolOp"].getName()
    operation = message["protocolOp"].getComponent()
    if kind == "bindRequest":
        return Asked(kind, name=str(operation["name"]))
    if kind != "searchRequest":
        return Asked(kind)
    cookie = None
    for control in message["controls"] if message["controls"].hasValue() else ():
        if str(control["controlType"]) == PAGED:
            value, _ = decoder.decode(bytes(control["controlValue"]), asn1Spec=RealSearchControlValue())
            cookie = bytes(value["cookie"])
    attributes = tuple(str(name) for name in operation["attributes"])
    return Asked(kind, str(operation["baseObject"]), attributes, cookie)


def _encode(number: int, asked: Asked, answer: Answer) -> bytes:
    if answer.raw is not None:
        return answer.raw
    out = b""
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
    return out + encoder.encode(message)


def _message(number: int, kind: str) -> Any:
    message = LDAPMessage()
    message["messageID"] = number
    message["protocolOp"][kind]  # choose it
    return message
