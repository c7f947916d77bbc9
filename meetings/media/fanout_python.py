"""The data plane in Python: packets are written, encrypted and queued in one place, without an object per packet.

It needs nothing but wheels. Per output there is one copy, a few fields packed in place, one call of libsrtp, and a
share of one `sendmmsg`. `_fanout.c` does the same; the two are tested against each other byte for byte.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from struct import Struct
from typing import Any

from pylibsrtp._binding import lib

from meetings.media import rtp, srtp
from meetings.media.batches import Batch, HandOver, can_batch, pointer, session_pointer
from meetings.media.fanout import Path
from meetings.media.forwarding import Rewrite, Shaped, shape
from meetings.media.inbox import PythonInbox
from meetings.media.intake import MAX_STREAMS, Intake, Watched
from meetings.media.reception import Progress
from meetings.media.sent import MASK, RECORD, SentHistory

_FIELDS = Struct("!BHII").pack_into
_U16 = Struct("!H").pack_into
_RECORD = RECORD.pack_into
_RECORD_SIZE = RECORD.size

Wire = tuple[Batch | HandOver, Any, Any, SentHistory, "array[int]"]
"""Of a path: its queue, its session, its address (both as pointers), and what is counted."""


class PythonPlane:
    name = "python"

    def __init__(self) -> None:
        self.dropped = 0
        self.sent = 0
        self.taken = self.forged = 0
        self.generation = 0
        """How often an output ended: what was armed before asks again."""
        self.now = 0.0
        self._outputs: dict[int, tuple[Path, Rewrite | None]] = {}
        self._last = 0
        self._batches: dict[int, Batch] = {}
        self._filled: list[Batch | HandOver] = []

    def inbox(self, descriptor: array[int]) -> PythonInbox:
        return PythonInbox(self, descriptor)

    def progress(self) -> Progress:
        return Progress()

    def arm(self, intake: Intake, watched: Watched) -> None:
        if intake.session is None or (watched.ssrc not in intake.streams and len(intake.streams) == MAX_STREAMS):
            return
        intake.streams[watched.ssrc] = watched._replace(outputs=tuple(watched.outputs))
        watched.progress.armed = 1
        watched.progress.generation = self.generation

    def add(self, path: Path) -> int:
        self._last += 1
        self._outputs[self._last] = (path, None)
        self._wire(path)
        return self._last

    def set(self, output: int, rewrite: Rewrite) -> None:
        self._outputs[output] = (self._outputs[output][0], rewrite)

    def remove(self, output: int) -> None:
        del self._outputs[output]
        self.generation += 1

    def push(self, packet: bytes, header: rtp.Header, vp8: rtp.Vp8 | None, outputs: Sequence[int]) -> None:
        known, protect, now = self._outputs, lib.srtp_protect, self.now
        first_seq, first_timestamp = header.seq, header.timestamp
        marker = 0x80 if header.marker else 0
        shaped: Shaped | None = None
        table, data = b"", bytearray()
        size = transport_at = picture_at = tl0_at = 0
        for output in outputs:
            path, rewrite = known[output]
            wire: Wire | None = path.wire
            if rewrite is None or wire is None:
                continue
            ssrc, payload_type, seq, timestamp, picture, tl0, wanted = rewrite
            # receivers of the same browser share their table: the packet is shaped once for all of them
            if shaped is None or (wanted is not table and wanted != table):
                table = wanted
                shaped = shape(packet, header, vp8, table)
                data, _, transport_at, picture_at, tl0_at = shaped
                size = len(data)
            if size > srtp.MAX_PACKET:
                self.dropped += 1
                continue
            queue, session, name, sent, totals = wire
            place = queue.count
            view, start, length, message = queue.slots[place]
            view[:size] = data
            _FIELDS(
                view, 1, payload_type | marker, (first_seq + seq) & 0xFFFF, (first_timestamp + timestamp) & rtp.TS, ssrc
            )
            if vp8 is not None:
                if picture_at:
                    _write_picture(view, picture_at, vp8, picture)
                if tl0_at:
                    view[tl0_at] = (vp8.tl0 + tl0) & 0xFF
            if transport_at:
                _U16(view, transport_at, sent.counter[0])
            length[0] = size
            if protect(session, start, length):
                self.dropped += 1
                continue
            if transport_at:
                number = sent.counter[0]
                _RECORD(sent.records, (number & MASK) * _RECORD_SIZE, now, number, length[0], 1)
                sent.counter[0] = (number + 1) & 0xFFFF
            totals[0] += 1
            totals[1] += size
            message.msg_name = name
            queue.held[place] = name
            self.sent += 1
            self._queued(queue)

    def send(self, path: Path, packet: bytes | bytearray, transport_at: int = 0) -> None:
        wire: Wire | None = path.wire or self._wire(path)
        if wire is None:
            return
        sent = wire[3]
        number = sent.counter[0]
        size = self._write(wire, packet, lib.srtp_protect, transport_at, number)
        if not size:
            return
        if transport_at:
            sent.add(number, size, self.now)
        totals = wire[4]
        totals[0] += 1
        totals[1] += len(packet)
        self.sent += 1
        self._queued(wire[0])

    def send_rtcp(self, path: Path, packet: bytes) -> None:
        wire: Wire | None = path.wire or self._wire(path)
        if wire is not None and self._write(wire, packet, lib.srtp_protect_rtcp, 0, 0):
            self._queued(wire[0])

    def _write(self, wire: Wire, packet: bytes | bytearray, protect: Any, transport_at: int, number: int) -> int:
        """Encrypt into the queue's next place → bytes of the datagram, 0 when libsrtp refuses it."""
        queue, session, name, _, _ = wire
        size = len(packet)
        if size <= srtp.MAX_PACKET:
            place = queue.count
            view, start, length, message = queue.slots[place]
            view[:size] = packet
            if transport_at:
                _U16(view, transport_at, number)
            length[0] = size
            if not protect(session, start, length):
                message.msg_name = name
                queue.held[place] = name
                return int(length[0])
        self.dropped += 1
        return 0

    def _queued(self, queue: Batch | HandOver) -> None:
        """The datagram in the queue's next place stays there until it is sent."""
        if not queue.count:
            self._filled.append(queue)
        queue.count += 1
        if queue.count == len(queue.slots):
            self._filled.remove(queue)
            self._empty(queue)

    def _empty(self, queue: Batch | HandOver) -> None:
        self.dropped += queue.flush()

    def flush(self) -> None:
        filled, self._filled = self._filled, []
        for queue in filled:
            self._empty(queue)

    def _wire(self, path: Path) -> Wire | None:
        """What a packet needs of a path, made again whenever the path changes."""
        if path.follow is None:
            path.follow = self._follow
        if path.session is None:
            path.wire = None
            return None
        descriptor = path.send.descriptor
        queue: Batch | HandOver
        if descriptor is None or descriptor[0] < 0 or not can_batch():
            queue = HandOver(path.send)
        else:
            known = self._batches.get(descriptor[0])
            if known is None or known.descriptor is not descriptor:
                known = self._batches[descriptor[0]] = Batch(descriptor, len(path.send.sockaddr))
            queue = known
        wire = (queue, session_pointer(path.session), pointer(path.send.sockaddr), path.sent, path.totals)
        path.wire = wire
        return wire

    def _follow(self, path: Path) -> None:
        self.flush()  # nothing leaves after a path is closed, nor by a way it has left
        self._wire(path)


def _write_picture(view: memoryview, at: int, vp8: rtp.Vp8, shift: int) -> None:
    if vp8.picture_bits == 15:
        _U16(view, at, 0x8000 | ((vp8.picture + shift) & 0x7FFF))
    elif vp8.picture_bits == 16:
        _U16(view, at, (vp8.picture + shift) & 0xFFFF)
    else:
        view[at] = (vp8.picture + shift) & 0x7F
