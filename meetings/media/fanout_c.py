"""The data plane in C: `_fanout.c` driven from Python, where the package was built with a compiler.

It borrows from pylibsrtp the functions and the sessions, by address; `load` refuses a pylibsrtp that is made otherwise
and a module built of other sources. Sessions, addresses and counters belong to the `Path`, which every output keeps.
"""

from __future__ import annotations

import importlib
from array import array
from collections.abc import Sequence
from itertools import count
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

from meetings.media import rtp
from meetings.media._fanout_build import MODULE, digest
from meetings.media.fanout import Path, Sender
from meetings.media.forwarding import Rewrite
from meetings.media.port import NoSuchPlane

_SHAPE = "srtp_err_status_t(*)(struct srtp_ctx_t_ *, void *, int *)"


def load() -> Any:
    """The extension module. Raises NoSuchPlane."""
    try:
        module = importlib.import_module(MODULE)
    except ImportError as error:
        raise NoSuchPlane("not built: no compiler or no headers when the package was installed") from error
    try:
        sources = digest()
    except OSError as error:
        raise NoSuchPlane("its sources are not there to compare") from error
    if module.ffi.string(module.lib.fanout_sources()).decode() != sources:
        raise NoSuchPlane("built of other sources than those here: install the package again")
    for name in ("srtp_protect", "srtp_protect_rtcp"):
        if srtp_ffi.typeof(getattr(srtp_lib, name)).cname != _SHAPE:
            raise NoSuchPlane("pylibsrtp is not what it was")
    return module


class Wire(NamedTuple):
    """A path as C sees it, its sender, and what must live as long."""

    place: Any
    send: Sender
    memory: tuple[Any, Any, Any]
    kept: tuple[Any, ...]


class CPlane:
    """Raises NoSuchPlane."""

    name = "c"

    def __init__(self, module: Any = None) -> None:
        module = module if module is not None else load()
        self.now = 0.0
        self._ffi, self._lib = module.ffi, module.lib
        _receive_gifts(module)
        self._handle = self._ffi.new_handle(self)
        plane = self._lib.fanout_new(
            self._borrow("srtp_protect"),
            self._borrow("srtp_protect_rtcp"),
            self._lib.fanout_give_to_python,
            self._handle,
        )
        if plane == self._ffi.NULL:
            raise MemoryError
        self._plane = self._ffi.gc(plane, self._lib.fanout_free)
        self._outputs: dict[int, Path] = {}
        self._paths: WeakValueDictionary[int, Path] = WeakValueDictionary()
        self._ids = count(1)

    def _borrow(self, name: str) -> Any:
        pointer = srtp_ffi.addressof(srtp_lib, name)
        return self._ffi.cast("fanout_protect", int(srtp_ffi.cast("uintptr_t", pointer)))

    @property
    def sent(self) -> int:
        return int(self._lib.fanout_sent(self._plane))

    @property
    def dropped(self) -> int:
        return int(self._lib.fanout_dropped(self._plane))

    def add(self, path: Path) -> int:
        wire = path.wire or self._wire(path)
        output: int = self._lib.fanout_add(self._plane, wire.place)
        if output < 0:
            raise MemoryError
        self._outputs[output] = path
        return output

    def set(self, output: int, rewrite: Rewrite) -> None:
        ssrc, payload_type, seq, timestamp, picture, tl0, table = rewrite
        self._lib.fanout_set(self._plane, output, ssrc, payload_type, seq, timestamp, picture, tl0, table)

    def remove(self, output: int) -> None:
        self._lib.fanout_remove(self._plane, output)
        del self._outputs[output]

    def push(self, packet: bytes, header: rtp.Header, vp8: rtp.Vp8 | None, outputs: Sequence[int]) -> None:
        numbers = outputs if isinstance(outputs, array) else array("I", outputs)
        places = (vp8.picture_at, vp8.picture_bits, vp8.tl0_at) if vp8 is not None else (0, 0, 0)
        targets = self._ffi.from_buffer("uint32_t[]", numbers)
        self._lib.fanout_push(self._plane, self.now, packet, len(packet), *places, targets, len(numbers))

    def send(self, path: Path, packet: bytes | bytearray, transport_at: int = 0) -> None:
        wire = path.wire or self._wire(path)
        self._lib.fanout_send(self._plane, self.now, wire.place, bytes(packet), len(packet), transport_at)

    def send_rtcp(self, path: Path, packet: bytes) -> None:
        wire = path.wire or self._wire(path)
        self._lib.fanout_send_rtcp(self._plane, wire.place, packet, len(packet))

    def flush(self) -> None:
        self._lib.fanout_flush(self._plane)

    def give(self, number: int, datagram: bytes) -> bool:
        """Send what C has encrypted for a path without a datagram socket."""
        path = self._paths.get(number)
        return path is not None and path.wire.send(datagram)

    def _wire(self, path: Path) -> Wire:
        buffer = self._ffi.from_buffer
        place = self._ffi.new("struct fanout_path *")
        place.id = next(self._ids)
        place.counter = counter = buffer("uint16_t[]", path.sent.counter, require_writable=True)
        place.totals = totals = buffer("uint64_t[]", path.totals, require_writable=True)
        records = buffer(path.sent.records, require_writable=True)
        place.records = self._ffi.cast("struct fanout_record *", records)
        path.follow = self._follow
        self._paths[place.id] = path
        return self._connect(path, place, (counter, totals, records))

    def _connect(self, path: Path, place: Any, memory: tuple[Any, Any, Any]) -> Wire:
        """Write into the path's memory where it leads."""
        null = self._ffi.NULL
        session, send = path.session, path.send
        place.session = self._ffi.cast("void *", int(srtp_ffi.cast("uintptr_t", session._srtp[0]))) if session else null
        descriptor, name = send.descriptor, send.sockaddr
        place.descriptor = shared = self._ffi.from_buffer("int[]", descriptor) if descriptor is not None else null
        self._ffi.memmove(place.name, name, len(name))
        place.name_size = len(name)
        path.wire = wire = Wire(place, send, memory, (session, shared))
        return wire

    def _follow(self, path: Path) -> None:
        self.flush()  # nothing leaves after a path is closed, nor by a way it has left
        self._connect(path, path.wire.place, path.wire.memory)


def _receive_gifts(module: Any) -> None:
    """Let C call `CPlane.give`; the function belongs to the module, whoever its owner is."""
    ffi = module.ffi

    @ffi.def_extern(error=0)  # type: ignore[untyped-decorator]
    def fanout_give_to_python(owner: Any, path: int, datagram: Any, size: int) -> int:
        plane: CPlane = ffi.from_handle(owner)
        return int(plane.give(path, ffi.buffer(datagram, size)[:]))
