"""Packet maps: how one source's packets become one outgoing stream that never shows a seam.

Pure. An `OutMap` belongs to one slot of one receiver; its `Rewrite` stays constant until the source changes or
a packet is left out, so that the data plane needs no decision per packet. Sources know their own running
numbers (`Position`); the map computes differences when it leaves one source and enters another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from struct import Struct
from typing import NamedTuple

from meetings.media import rtp

_U16 = Struct("!H")
_TAIL = Struct("!HII")


class Rewrite(NamedTuple):
    """What to write into each packet: fields to set, differences to add, and the table of extension ids."""

    ssrc: int
    payload_type: int
    seq: int
    timestamp: int
    picture: int
    tl0: int
    table: bytes
    """256 bytes: their extension id → ours, 0 blanks the element."""


class Position(NamedTuple):
    """Where a source stands: its newest packet and when it came (seconds)."""

    seq: int
    timestamp: int
    picture: int
    tl0: int
    at: float


class Segment(NamedTuple):
    source: Hashable
    first: int
    """First incoming sequence number, and the outgoing one it became."""
    first_out: int
    rewrite: Rewrite


class OutMap:
    """The outgoing numbering of one slot. `clock`: RTP units per second."""

    def __init__(self, ssrc: int, first_seq: int, first_timestamp: int, clock: int) -> None:
        # SRTP's roll-over counter starts at 0 on both sides: start in the lower half (RFC 3711 3.3.1)
        self._next = Position(first_seq & 0x7FFF, first_timestamp & rtp.TS, 0, 0, 0.0)
        self._ssrc = ssrc
        self._clock = clock
        self._started = False
        self._segments: deque[Segment] = deque(maxlen=64)

    def enter(self, source: Hashable, first: Position, payload_type: int, table: bytes) -> Rewrite:
        """Continue with `source`, whose first packet to forward is `first`; `leave` came before.

        The outgoing clock went on while nothing was sent: the new timestamp follows the last one by the time
        that passed, and by one frame at least."""
        after = self._next
        elapsed = max(1, round((first.at - after.at) * self._clock)) if self._started else 0
        rewrite = Rewrite(
            self._ssrc,
            payload_type,
            (after.seq - first.seq) & rtp.SEQ,
            (after.timestamp + elapsed - first.timestamp) & rtp.TS,
            (after.picture - first.picture) & 0xFFFF,
            (after.tl0 - first.tl0) & 0xFF,
            table,
        )
        self._started = True
        self._segments.append(Segment(source, first.seq, after.seq, rewrite))
        return rewrite

    def leave(self, last: Position) -> None:
        """The current source ends with its packet `last`."""
        rewrite = self._segments[-1].rewrite
        self._next = Position(
            (last.seq + rewrite.seq + 1) & rtp.SEQ,
            (last.timestamp + rewrite.timestamp) & rtp.TS,
            (last.picture + rewrite.picture + 1) & 0xFFFF,
            (last.tl0 + rewrite.tl0 + 1) & 0xFF,
            last.at,
        )

    def skip(self, seq: int) -> Rewrite:
        """Leave out the newest packet of the current source: those after it close up."""
        source, _, _, rewrite = self._segments[-1]
        closer = rewrite._replace(seq=(rewrite.seq - 1) & rtp.SEQ)
        first = (seq + 1) & rtp.SEQ
        self._segments.append(Segment(source, first, (first + closer.seq) & rtp.SEQ, closer))
        return closer

    def late(self, source: Hashable, seq: int) -> Rewrite | None:
        """How to rewrite a packet of `source` that comes out of order; None: it has no place any more."""
        for segment in reversed(self._segments):
            if segment.source != source:
                return None
            if (seq - segment.first) & rtp.SEQ < 0x8000:
                return segment.rewrite
        return None

    def timestamp(self, incoming: int) -> int:
        """The current source's timestamp in the outgoing clock (for sender reports)."""
        return (incoming + self._segments[-1].rewrite.timestamp) & rtp.TS

    def original(self, out_seq: int) -> tuple[Hashable, int, Rewrite] | None:
        """Which packet went out as `out_seq`: (source, its sequence number, how it was rewritten)."""
        for segment in reversed(self._segments):
            if (out_seq - segment.first_out) & rtp.SEQ < 0x8000:
                return segment.source, (out_seq - segment.rewrite.seq) & rtp.SEQ, segment.rewrite
        return None


NO_EXTENSIONS = bytes(256)


def extension_table(theirs: dict[str, int], ours: dict[str, int]) -> bytes:
    """Map the sender's extension ids to the receiver's by URI; what the receiver does not know is blanked."""
    table = bytearray(256)
    for uri, number in theirs.items():
        table[number] = ours.get(uri, 0)
    return bytes(table)


def map_extensions(data: bytearray, header: rtp.Header, table: bytes) -> None:
    """Renumber or blank extension elements in place; zero bytes are padding (RFC 8285 4.1.2)."""
    packet = bytes(data[: header.payload])
    for number, start, _value, end in rtp.extensions(packet, header):
        ours = table[number]
        if ours == 0 or (header.one_byte and ours > 14):
            data[start:end] = bytes(end - start)
        elif header.one_byte:
            data[start] = (ours << 4) | (packet[start] & 0x0F)
        else:
            data[start] = ours


def write_header(buffer: bytearray, header: rtp.Header, rewrite: Rewrite) -> None:
    """Write the fixed header's changing fields in place."""
    buffer[1] = rewrite.payload_type | 0x80 if header.marker else rewrite.payload_type
    _TAIL.pack_into(
        buffer,
        2,
        (header.seq + rewrite.seq) & rtp.SEQ,
        (header.timestamp + rewrite.timestamp) & rtp.TS,
        rewrite.ssrc,
    )


def write_vp8(buffer: bytearray, vp8: rtp.Vp8, rewrite: Rewrite) -> None:
    """Shift picture id and TL0PICIDX in place; their widths stay (RFC 7741 4.2).

    VP9 has the same two (RFC 9628 4.2), AV1 a frame number of 16 bits in its dependency descriptor."""
    if vp8.picture_at and vp8.picture_bits == 15:
        _U16.pack_into(buffer, vp8.picture_at, 0x8000 | ((vp8.picture + rewrite.picture) & 0x7FFF))
    elif vp8.picture_at and vp8.picture_bits == 16:
        _U16.pack_into(buffer, vp8.picture_at, (vp8.picture + rewrite.picture) & 0xFFFF)
    elif vp8.picture_at:
        buffer[vp8.picture_at] = (vp8.picture + rewrite.picture) & 0x7F
    if vp8.tl0_at:
        buffer[vp8.tl0_at] = (vp8.tl0 + rewrite.tl0) & 0xFF


def rewritten(data: bytes, header: rtp.Header, vp8: rtp.Vp8 | None, rewrite: Rewrite) -> bytes:
    """One packet as the receiver shall see it; `data` is untouched."""
    buffer = bytearray(data)
    if header.extensions:
        map_extensions(buffer, header, rewrite.table)
    write_header(buffer, header, rewrite)
    if vp8 is not None:
        write_vp8(buffer, vp8, rewrite)
    return bytes(buffer)
