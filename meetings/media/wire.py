"""What passes between the web process and a media worker: frames of JSON, each behind its length.

`remote.py` speaks it on the one side, `process.py` on the other. The calls are those of `MediaPort`, read off its
signatures: a method or an argument that is added there needs nothing here.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from meetings.media.port import (
    BadOffer,
    CannotRecord,
    Counters,
    MediaError,
    MediaPort,
    NotAdmitted,
    NotRunning,
    RoomEvent,
)

MAX_FRAME = 16 * 1024 * 1024
_LENGTH = struct.Struct("!I")
_OWN = ("start", "stop")  # the process's life is not a call
ERRORS: Mapping[str, type[MediaError]] = {
    kind.code: kind for kind in (BadOffer, CannotRecord, NotAdmitted, NotRunning, MediaError)
}


class Garbled(Exception):
    """The other side does not speak this."""


async def read_frame(reader: asyncio.StreamReader) -> dict[str, Any] | None:
    """The next message, None when the other side is gone. Raises Garbled."""
    try:
        (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
        if length > MAX_FRAME:
            raise Garbled(f"a frame of {length} bytes")
        message = json.loads(await reader.readexactly(length))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    except ValueError as error:
        raise Garbled(str(error)) from None
    if not isinstance(message, dict):
        raise Garbled("a message that is no object")
    return message


def frame(message: Mapping[str, Any]) -> bytes:
    """The bytes of one message."""
    body = json.dumps(message, separators=(",", ":")).encode()
    return _LENGTH.pack(len(body)) + body


@dataclass(frozen=True, slots=True)
class Method:
    """One method of the port: how its arguments and its result are written."""

    arguments: Mapping[str, TypeAdapter[Any]]
    result: TypeAdapter[Any]

    def write(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self.arguments[name].dump_python(value, mode="json") for name, value in arguments.items()}

    def read(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Raises Garbled."""
        try:
            return {name: self.arguments[name].validate_python(value) for name, value in arguments.items()}
        except (KeyError, ValidationError) as error:
            raise Garbled(str(error)) from None


def _methods() -> dict[str, Method]:
    found = {}
    for name, function in inspect.getmembers(MediaPort, inspect.iscoroutinefunction):
        if name not in _OWN:
            hints = get_type_hints(function)
            result = hints.pop("return")
            found[name] = Method({key: TypeAdapter(hint) for key, hint in hints.items()}, TypeAdapter(result))
    return found


METHODS = _methods()
COUNTERS: TypeAdapter[Counters] = TypeAdapter(Counters)
_EVENTS: Mapping[str, TypeAdapter[Any]] = {kind.__name__: TypeAdapter(kind) for kind in get_args(RoomEvent)}


def write_event(event: RoomEvent) -> dict[str, Any]:
    name = type(event).__name__
    return {"event": name, "data": _EVENTS[name].dump_python(event, mode="json")}


def read_event(message: Mapping[str, Any]) -> RoomEvent:
    """Raises Garbled."""
    try:
        event: RoomEvent = _EVENTS[message["event"]].validate_python(message["data"])
    except (KeyError, ValidationError) as error:
        raise Garbled(str(error)) from None
    return event
