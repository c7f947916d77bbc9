"""The data plane in Python: packets are written, encrypted and queued in one place, without an object per packet.

It needs nothing but wheels. Per output there is one copy, a few fields packed in place, one call of libsrtp, and a
share of one `sendmmsg`. `_fanout.c` does the same; the two are tested against each other byte for byte.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from functools import cache
from struct import Struct
from typing import Any

from pylibsrtp._binding import lib

from meetings.media import rtp, srtp
from meetings.media.batches import SEGMENT, Batch, HandOver, can_batch, pointer, session_pointer
from meetings.media.fanout import Path
from meetings.media.forwarding import Rewrite, shape
from meetings.media.inbox import PythonInbox
from meetings.media.intake import MAX_STREAMS, Intake, Watched
from meetings.media.reception import Progress
from meetings.media.sent import MASK, RECORD, SentHistory

_U16 = Struct("!H").pack_into
_RECORD = RECORD.pack_into
_RECORD_SIZE = RECORD.size

Piece = tuple[bytes, rtp.Header, rtp.Vp8 | None]
"""One packet to be sent on."""
Written = tuple[Callable[..., None], int, bytes, int, int, int, int, rtp.Vp8 | None, int, int, int]
"""Of a packet as one table's receivers get it: what writes it, its first byte, what follows the fixed header, its size,
the marker's bit, sequence number, timestamp, running numbers, and where the transport-wide and these lie."""
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
        self.push_all([(packet, header, vp8)], outputs)

    def push_all(self, pieces: Sequence[Piece], outputs: Sequence[int]) -> None:
        """Packets of one stream to each output; all of them to one after the other, so that they leave together."""
        known, protect, now, number = self._outputs, lib.srtp_protect, self.now, len(pieces)
        written: list[Written] = []
        table: bytes | None = None
        pushed = dropped = 0
        for output in outputs:
            path, rewrite = known[output]
            wire: Wire | None = path.wire
            if rewrite is None or wire is None:
                continue
            ssrc, payload_type, seq, timestamp, picture, tl0, wanted = rewrite
            # receivers of the same browser share their table: the packets are shaped once for all of them
            if wanted is not table and wanted != table:
                table = wanted
                written = _write(pieces, wanted)
            dropped += number - len(written)
            queue, session, name, sent, totals = wire
            slots, begin = queue.slots, self._room(queue, number)
            first = place = begin
            segment = last = octets = 0
            for into, head, tail, size, kind, seq_in, timestamp_in, vp8, transport_at, picture_at, tl0_at in written:
                view, start, length = slots[place]
                seq_out, timestamp_out = (seq_in + seq) & 0xFFFF, (timestamp_in + timestamp) & 0xFFFFFFFF
                into(view, 0, head, payload_type | kind, seq_out, timestamp_out, ssrc, tail)
                if vp8 is not None:
                    if picture_at:
                        _write_picture(view, picture_at, vp8, picture)
                    if tl0_at:
                        view[tl0_at] = (vp8.tl0 + tl0) & 0xFF
                if transport_at:
                    counter = sent.counter[0]
                    _U16(view, transport_at, counter)
                length[0] = size
                if protect(session, start, length):
                    dropped += 1
                    continue
                encrypted: int = length[0]
                if transport_at:
                    _RECORD(sent.records, (counter & MASK) * _RECORD_SIZE, now, counter, encrypted, 1)
                    sent.counter[0] = (counter + 1) & 0xFFFF
                if place == first:
                    segment = encrypted
                elif encrypted > segment or last < segment or segment > SEGMENT or queue.whole:
                    queue.close(name, first, place, segment)
                    first, segment = place, encrypted
                last = encrypted
                octets += size
                place += 1
            if place > begin:
                queue.close(name, first, place, segment)
                if not begin:
                    self._filled.append(queue)
                pushed += place - begin
                totals[0] += place - begin
                totals[1] += octets
        self.sent += pushed
        self.dropped += dropped

    def send(self, path: Path, packet: bytes | bytearray, transport_at: int = 0) -> None:
        wire: Wire | None = path.wire or self._wire(path)
        if wire is None:
            return
        sent = wire[3]
        number = sent.counter[0]
        size = self._encrypt(wire, packet, lib.srtp_protect, transport_at, number)
        if not size:
            return
        if transport_at:
            sent.add(number, size, self.now)
        totals = wire[4]
        totals[0] += 1
        totals[1] += len(packet)
        self.sent += 1

    def send_rtcp(self, path: Path, packet: bytes) -> None:
        wire: Wire | None = path.wire or self._wire(path)
        if wire is not None:
            self._encrypt(wire, packet, lib.srtp_protect_rtcp, 0, 0)

    def _encrypt(self, wire: Wire, packet: bytes | bytearray, protect: Any, transport_at: int, number: int) -> int:
        """Queue one packet encrypted → bytes of the datagram, 0 when libsrtp refuses it."""
        queue, session, name, _, _ = wire
        size = len(packet)
        if size <= srtp.MAX_PACKET:
            place = self._room(queue, 1)
            view, start, length = queue.slots[place]
            view[:size] = packet
            if transport_at:
                _U16(view, transport_at, number)
            length[0] = size
            if not protect(session, start, length):
                encrypted = int(length[0])
                queue.close(name, place, place + 1, encrypted)
                if not place:
                    self._filled.append(queue)
                return encrypted
        self.dropped += 1
        return 0

    def _room(self, queue: Batch | HandOver, number: int) -> int:
        """The first of so many free places."""
        if queue.count + number > len(queue.slots):
            self._filled.remove(queue)
            self._empty(queue)
        return queue.count

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


def _write(pieces: Sequence[Piece], table: bytes) -> list[Written]:
    """The packets as the receivers of one table get them, without those that become too large."""
    written = []
    for packet, header, vp8 in pieces:
        data, _, transport_at, picture_at, tl0_at = shape(packet, header, vp8, table)
        if len(data) <= srtp.MAX_PACKET:
            kind, tail = 0x80 if header.marker else 0, bytes(data[12:])
            numbers = (header.seq, header.timestamp, vp8)
            places = (transport_at, picture_at, tl0_at)
            written.append((_writer(len(tail)), data[0], tail, len(data), kind, *numbers, *places))
    return written


@cache
def _writer(tail: int) -> Callable[..., None]:
    """Writes a packet in one go, the fixed header and what comes after it."""
    return Struct(f"!BBHII{tail}s").pack_into


def _write_picture(view: memoryview, at: int, vp8: rtp.Vp8, shift: int) -> None:
    if vp8.picture_bits == 15:
        _U16(view, at, 0x8000 | ((vp8.picture + shift) & 0x7FFF))
    elif vp8.picture_bits == 16:
        _U16(view, at, (vp8.picture + shift) & 0xFFFF)
    else:
        view[at] = (vp8.picture + shift) & 0x7F
