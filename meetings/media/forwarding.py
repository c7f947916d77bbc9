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
    """256 bytes: their extension id → ours, 0 leaves the element out; see `extension_table`."""


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


RENEW_AFTER = 0x2000
"""A segment so many packets long begins anew: well before half a turn of sequence numbers, at any rate of packets."""
REACH = 1024
"""It begins so far behind the newest packet: nobody asks for older ones."""


class OutMap:
    """The outgoing numbering of one slot. `clock`: RTP units per second."""

    def __init__(self, ssrc: int, first_seq: int, first_timestamp: int, clock: int) -> None:
        # SRTP's roll-over counter starts at 0 on both sides: start in the lower half (RFC 3711 3.3.1)
        self._next = Position(first_seq & 0x7FFF, first_timestamp & rtp.TS, 0, 0, 0.0)
        self._ssrc = ssrc
        self._clock = clock
        self._started = False
        self._segments: deque[Segment] = deque(maxlen=64)

    def enter(
        self, source: Hashable, first: Position, payload_type: int, table: bytes, *, same_clock: bool = False
    ) -> Rewrite:
        """Continue with `source`, whose first packet to forward is `first`; `leave` came before.

        The outgoing clock went on while nothing was sent: the new timestamp follows the last one by the time that
        passed between their capture (`at`, or their arrival while that is not known), and by 1 at least. With
        `same_clock` the source is another form of the last one: sequence numbers go on, timestamps and pictures are
        counted as before."""
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
        if same_clock and self._segments:
            last = self._segments[-1].rewrite
            rewrite = rewrite._replace(timestamp=last.timestamp, picture=last.picture, tl0=last.tl0)
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

    def renew(self, newest: int) -> None:
        """Tell the newest packet of the current source, every second or so.

        Numbers are told apart by half a turn: a segment that began longer ago begins again nearer."""
        if not self._segments:
            return
        source, first, _, rewrite = self._segments[-1]
        if (newest - first) & rtp.SEQ >= RENEW_AFTER:
            first = (newest - REACH) & rtp.SEQ
            self._segments.append(Segment(source, first, (first + rewrite.seq) & rtp.SEQ, rewrite))

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


def extension_table(theirs: dict[str, int], ours: dict[str, int], transport: int = 0) -> bytes:
    """Map the sender's extension ids to the receiver's by URI; what the receiver does not know is left out.

    No element has id 0, so its place holds `transport`: the id under which the receiver gets our transport-wide
    numbers, 0 when it did not ask for them."""
    table = bytearray(256)
    for uri, number in theirs.items():
        table[number] = ours.get(uri, 0)
    table[0] = transport
    return bytes(table)


class Shaped(NamedTuple):
    """A packet with its header as the receivers of one table get it, and where running numbers lie (0: absent)."""

    data: bytearray
    payload: int
    transport_at: int
    picture_at: int
    tl0_at: int


def shape(packet: bytes, header: rtp.Header, vp8: rtp.Vp8 | None, table: bytes) -> Shaped:
    """Copy a packet with the header extensions that `table` maps, and room for the transport-wide number.

    The elements are written anew, those of two bytes' heads only where an id or a length needs it (RFC 8285 4.1.2)."""
    picture_at = vp8.picture_at if vp8 is not None else 0
    tl0_at = vp8.tl0_at if vp8 is not None else 0
    elements = [
        (table[item[0]], item[2], item[3]) for item in rtp.extensions(packet, header) if item[0] and table[item[0]]
    ]
    transport = table[0]
    start = 12 + 4 * (packet[0] & 0x0F)
    data = bytearray(packet[:start])
    transport_at = inside = 0
    if elements or transport:
        short = transport <= 14 and all(number <= 14 and 1 <= end - at <= 16 for number, at, end in elements)
        data += b"\xbe\xde\0\0" if short else b"\x10\0\0\0"
        for number, at, end in elements:
            data += bytes((number << 4 | end - at - 1,)) if short else bytes((number, end - at))
            if at <= picture_at < end:  # of AV1 it lies in an extension
                inside = len(data) + picture_at - at
            data += packet[at:end]
        if transport:
            data += bytes((transport << 4 | 1,)) if short else bytes((transport, 2))
            transport_at = len(data)
            data += b"\0\0"
        data += bytes(-len(data) & 3)
        _U16.pack_into(data, start + 2, (len(data) - start - 4) >> 2)
        data[0] |= 0x10
    else:
        data[0] &= 0xEF
    payload = len(data)
    data += packet[header.payload :]
    moved = payload - header.payload
    if picture_at:
        picture_at = picture_at + moved if picture_at >= header.payload else inside
    return Shaped(data, payload, transport_at, picture_at, tl0_at + moved if tl0_at else 0)


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


def write_picture(shaped: Shaped, vp8: rtp.Vp8, rewrite: Rewrite) -> None:
    """Shift picture id and TL0PICIDX in place; their widths stay (RFC 7741 4.2).

    VP9 has the same two (RFC 9628 4.2), AV1 a frame number of 16 bits in its dependency descriptor."""
    buffer, at = shaped.data, shaped.picture_at
    if at and vp8.picture_bits == 15:
        _U16.pack_into(buffer, at, 0x8000 | ((vp8.picture + rewrite.picture) & 0x7FFF))
    elif at and vp8.picture_bits == 16:
        _U16.pack_into(buffer, at, (vp8.picture + rewrite.picture) & 0xFFFF)
    elif at:
        buffer[at] = (vp8.picture + rewrite.picture) & 0x7F
    if shaped.tl0_at:
        buffer[shaped.tl0_at] = (vp8.tl0 + rewrite.tl0) & 0xFF


def finished(packet: bytes, header: rtp.Header, vp8: rtp.Vp8 | None, rewrite: Rewrite) -> Shaped:
    """One packet as the receiver shall see it, all but the transport-wide number; `packet` is untouched."""
    shaped = shape(packet, header, vp8, rewrite.table)
    write_header(shaped.data, header, rewrite)
    if vp8 is not None:
        write_picture(shaped, vp8, rewrite)
    return shaped


def rewritten(packet: bytes, header: rtp.Header, vp8: rtp.Vp8 | None, rewrite: Rewrite) -> bytes:
    """The same as bytes, the transport-wide number zero."""
    return bytes(finished(packet, header, vp8, rewrite).data)


def padding(ssrc: int, payload_type: int, seq: int, timestamp: int, size: int, transport: int) -> tuple[bytearray, int]:
    """A packet of nothing but `size` (1-255) bytes of padding, to probe a line → (packet, place of its number)."""
    data = bytearray(12)
    data[0], data[1] = 0xA0, payload_type
    _TAIL.pack_into(data, 2, seq, timestamp, ssrc)
    header = rtp.Header(False, payload_type, seq, timestamp, ssrc, 0, True, 12, 12)
    shaped = shape(bytes(data), header, None, extension_table({}, {}, transport))
    shaped.data.extend(bytes(size - 1))
    shaped.data.append(size)
    return shaped.data, shaped.transport_at
