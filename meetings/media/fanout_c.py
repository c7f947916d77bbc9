"""The data plane in C: `_fanout.c` driven from Python, where the package was built with a compiler.

It borrows from pylibsrtp the functions and the sessions, by address; `load` refuses a pylibsrtp that is made otherwise
and a module built of other sources. Sessions, addresses and counters belong to the `Path`, which every output keeps.
"""

from __future__ import annotations

import importlib
from array import array
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple
from weakref import WeakValueDictionary

from pylibsrtp import Session
from pylibsrtp._binding import ffi as srtp_ffi
from pylibsrtp._binding import lib as srtp_lib

from meetings.media import rtp
from meetings.media._fanout_build import MODULE, digest
from meetings.media.fanout import Came, Path, Sender
from meetings.media.forwarding import Rewrite
from meetings.media.intake import MAX_STREAMS, Intake, Watched
from meetings.media.port import NoSuchPlane
from meetings.media.reception import NOTED

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
    for name in ("srtp_protect", "srtp_protect_rtcp", "srtp_unprotect"):
        if srtp_ffi.typeof(getattr(srtp_lib, name)).cname != _SHAPE:
            raise NoSuchPlane("pylibsrtp is not what it was")
    return module


class Wire(NamedTuple):
    """A path as C sees it, its sender, and what must live as long."""

    place: Any
    send: Sender
    memory: tuple[Any, Any, Any]
    kept: tuple[Any, ...]


class Entrance(NamedTuple):
    """An intake as C sees it, its session, and what must live as long: by stream, and of the whole."""

    place: Any
    session: Session | None
    kept: dict[int, tuple[Any, list[Any]]]
    memory: tuple[Any, ...]


class CPlane:
    """Raises NoSuchPlane."""

    name = "c"

    def __init__(self, module: Any = None) -> None:
        module = module if module is not None else load()
        self.now = 0.0
        self.ffi, self.lib = module.ffi, module.lib
        _receive_gifts(module)
        self._owner = self.ffi.new_handle(self)
        plane = self.lib.fanout_new(
            self._borrow("srtp_protect"),
            self._borrow("srtp_protect_rtcp"),
            self._borrow("srtp_unprotect"),
            self.lib.fanout_give_to_python,
            self._owner,
        )
        if plane == self.ffi.NULL:
            raise MemoryError
        self.handle = self.ffi.gc(plane, self.lib.fanout_free)
        self._outputs: dict[int, Path] = {}
        self._paths: WeakValueDictionary[int, Path] = WeakValueDictionary()
        self._ids = count(1)

    def _borrow(self, name: str) -> Any:
        pointer = srtp_ffi.addressof(srtp_lib, name)
        return self.ffi.cast("fanout_protect", int(srtp_ffi.cast("uintptr_t", pointer)))

    @property
    def sent(self) -> int:
        return int(self.lib.fanout_sent(self.handle))

    @property
    def dropped(self) -> int:
        return int(self.lib.fanout_dropped(self.handle))

    @property
    def taken(self) -> int:
        return int(self.lib.fanout_taken(self.handle))

    @property
    def forged(self) -> int:
        return int(self.lib.fanout_forged(self.handle))

    def inbox(self, descriptor: array[int]) -> CInbox:
        return CInbox(self, descriptor)

    def progress(self) -> Any:
        stream = self.lib.fanout_stream_new()
        if stream == self.ffi.NULL:
            raise MemoryError
        return self.ffi.gc(stream, self.lib.fanout_stream_free)

    def arm(self, intake: Intake, watched: Watched) -> None:
        place = self.place(intake)
        if intake.session is None or (watched.ssrc not in intake.streams and len(intake.streams) == MAX_STREAMS):
            return
        intake.streams[watched.ssrc] = watched
        place.transport_id, place.level_id = intake.transport_id, intake.level_id
        stream: Any = watched.progress
        stream.ssrc, stream.clock = watched.ssrc, watched.clock
        stream.payload_type, stream.pictures = watched.payload_type, watched.pictures
        buffer, ring = self.ffi.from_buffer, watched.ring
        memory = [buffer(part, require_writable=True) for part in (ring.records, ring.data, ring.written)]
        stream.kept = self.ffi.cast("struct fanout_kept *", memory[0])
        stream.kept_mask = ring.size - 1
        stream.bytes, stream.capacity = self.ffi.cast("uint8_t *", memory[1]), ring.capacity
        stream.written = self.ffi.cast("uint64_t *", memory[2])
        if watched.loudness is not None:
            memory.append(buffer(watched.loudness, require_writable=True))
            stream.loudness = self.ffi.cast("double *", memory[3])
        outputs = array("I", watched.outputs)
        numbers = buffer("uint32_t[]", outputs)
        self.lib.fanout_arm(self.handle, place, stream, numbers, len(outputs))
        # what C points to lives as long as it does; now it points no more to a stream that this one replaces
        intake.wire.kept[watched.ssrc] = (stream, memory)

    def place(self, intake: Intake) -> Any:
        """The intake as C has it."""
        if intake.wire is None:
            buffer, arrivals = self.ffi.from_buffer, intake.arrivals
            place = self.ffi.new("struct fanout_intake *")
            place.octets = octets = buffer("uint64_t[]", intake.totals, require_writable=True)
            records = buffer(arrivals.records, require_writable=True)
            place.arrivals = self.ffi.cast("struct fanout_arrival *", records)
            place.noted = noted = buffer("uint32_t[]", arrivals.noted, require_writable=True)
            place.room = NOTED
            if intake.session is not None:
                place.session = self.ffi.cast("void *", int(srtp_ffi.cast("uintptr_t", intake.session._srtp[0])))
            intake.wire = Entrance(place, intake.session, {}, (octets, records, noted))
            intake.follow = self._leave
        return intake.wire.place

    def _leave(self, intake: Intake) -> None:
        intake.wire.place.session = self.ffi.NULL
        intake.wire.place.count = 0

    def add(self, path: Path) -> int:
        wire = path.wire or self._wire(path)
        output: int = self.lib.fanout_add(self.handle, wire.place)
        if output < 0:
            raise MemoryError
        self._outputs[output] = path
        return output

    def set(self, output: int, rewrite: Rewrite) -> None:
        ssrc, payload_type, seq, timestamp, picture, tl0, table = rewrite
        self.lib.fanout_set(self.handle, output, ssrc, payload_type, seq, timestamp, picture, tl0, table)

    def remove(self, output: int) -> None:
        self.lib.fanout_remove(self.handle, output)
        del self._outputs[output]

    def push(self, packet: bytes, header: rtp.Header, vp8: rtp.Vp8 | None, outputs: Sequence[int]) -> None:
        numbers = outputs if isinstance(outputs, array) else array("I", outputs)
        places = (vp8.picture_at, vp8.picture_bits, vp8.tl0_at) if vp8 is not None else (0, 0, 0)
        targets = self.ffi.from_buffer("uint32_t[]", numbers)
        self.lib.fanout_push(self.handle, self.now, packet, len(packet), *places, targets, len(numbers))

    def send(self, path: Path, packet: bytes | bytearray, transport_at: int = 0) -> None:
        wire = path.wire or self._wire(path)
        self.lib.fanout_send(self.handle, self.now, wire.place, bytes(packet), len(packet), transport_at)

    def send_rtcp(self, path: Path, packet: bytes) -> None:
        wire = path.wire or self._wire(path)
        self.lib.fanout_send_rtcp(self.handle, wire.place, packet, len(packet))

    def flush(self) -> None:
        self.lib.fanout_flush(self.handle)

    def give(self, number: int, datagram: bytes) -> bool:
        """Send what C has encrypted for a path without a datagram socket."""
        path = self._paths.get(number)
        return path is not None and path.wire.send(datagram)

    def _wire(self, path: Path) -> Wire:
        buffer = self.ffi.from_buffer
        place = self.ffi.new("struct fanout_path *")
        place.id = next(self._ids)
        place.counter = counter = buffer("uint16_t[]", path.sent.counter, require_writable=True)
        place.totals = totals = buffer("uint64_t[]", path.totals, require_writable=True)
        records = buffer(path.sent.records, require_writable=True)
        place.records = self.ffi.cast("struct fanout_record *", records)
        path.follow = self._follow
        self._paths[place.id] = path
        return self._connect(path, place, (counter, totals, records))

    def _connect(self, path: Path, place: Any, memory: tuple[Any, Any, Any]) -> Wire:
        """Write into the path's memory where it leads."""
        null = self.ffi.NULL
        session, send = path.session, path.send
        place.session = self.ffi.cast("void *", int(srtp_ffi.cast("uintptr_t", session._srtp[0]))) if session else null
        descriptor, name = send.descriptor, send.sockaddr
        place.descriptor = shared = self.ffi.from_buffer("int[]", descriptor) if descriptor is not None else null
        self.ffi.memmove(place.name, name, len(name))
        place.name_size = len(name)
        path.wire = wire = Wire(place, send, memory, (session, shared))
        return wire

    def _follow(self, path: Path) -> None:
        self.flush()  # nothing leaves after a path is closed, nor by a way it has left
        self._connect(path, path.wire.place, path.wire.memory)


class CInbox:
    """`fanout.Inbox` in C."""

    def __init__(self, plane: CPlane, descriptor: array[int]) -> None:
        self._plane = plane
        self._ffi, self._lib = plane.ffi, plane.lib
        self._descriptor = self._ffi.from_buffer("int[]", descriptor)
        inbox = self._lib.fanout_inbox_new(self._descriptor)
        if inbox == self._ffi.NULL:
            raise MemoryError
        self._inbox = self._ffi.gc(inbox, self._lib.fanout_inbox_free)
        self._came = self._ffi.new("struct fanout_came *")
        self._routes: dict[bytes, Intake] = {}
        """What must live as long as C knows of it."""

    def receive(self, now: float) -> Iterator[Came]:
        drain, plane, inbox, came = self._lib.fanout_drain, self._plane.handle, self._inbox, self._came
        buffer = self._ffi.buffer
        fresh = 1
        while drain(plane, inbox, now, fresh, came):
            fresh = 0
            yield buffer(came.data, came.size)[:], buffer(came.name, came.name_size)[:], bool(came.plain)

    def route(self, sockaddr: bytes, intake: Intake) -> None:
        if self._lib.fanout_route(self._inbox, sockaddr, len(sockaddr), self._plane.place(intake)):
            self._routes[sockaddr] = intake

    def forget(self, sockaddr: bytes) -> None:
        self._lib.fanout_forget(self._inbox, sockaddr, len(sockaddr))
        self._routes.pop(sockaddr, None)


def _receive_gifts(module: Any) -> None:
    """Let C call `CPlane.give`; the function belongs to the module, whoever its owner is."""
    ffi = module.ffi

    @ffi.def_extern(error=0)  # type: ignore[untyped-decorator]
    def fanout_give_to_python(owner: Any, path: int, datagram: Any, size: int) -> int:
        plane: CPlane = ffi.from_handle(owner)
        return int(plane.give(path, ffi.buffer(datagram, size)[:]))
