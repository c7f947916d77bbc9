"""Lanes: one incoming stream in another form, with a numbering of its own.

A receiver that does not know redundant audio gets a lane of plain packets; whoever looks at a small tile gets a lane
without the upper layers of a scalable picture. Each lane is a `Layer` that is fed by another one, so that slots,
repetitions and reports treat it like any stream, and a packet is reshaped once for all who share the lane.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from meetings.media import rtp
from meetings.media.codecs import red
from meetings.media.fanout import Plane
from meetings.media.forwarding import Position
from meetings.media.negotiation import Accepted, Format
from meetings.media.streams import Layer

Shape = Callable[[bytes, rtp.Header], bytes | None]
"""Gives the packet as the lane carries it, or None to leave it out."""


KEPT = 2.0
"""Seconds for which a lane that everybody left can still repeat packets."""


class Closing:
    """Sequence numbers that close up where packets are left out."""

    def __init__(self) -> None:
        self._steps: deque[tuple[int, int]] = deque([(0, 0)], maxlen=256)
        self._started = False

    def keep(self, seq: int) -> int:
        """The number of the newest packet, which is kept."""
        if not self._started:
            self._started = True
            self._steps[0] = (seq, 0)
        return (seq - self._steps[-1][1]) & rtp.SEQ

    def drop(self, seq: int) -> None:
        """The newest packet is left out."""
        self.keep(seq)
        left_out = self._steps[-1][1] + 1
        self._steps.append(((seq + 1) & rtp.SEQ, left_out))

    def late(self, seq: int) -> int | None:
        """The number kept free for a packet out of order; None when it is too old."""
        for first, left_out in reversed(self._steps):
            if (seq - first) & rtp.SEQ < 0x8000:
                return (seq - left_out) & rtp.SEQ
        return None


class Lane(Layer):
    """A form of `parent`, whose requests for keyframes it shares."""

    def __init__(self, parent: Layer, name: str, wire: Format, shape: Shape) -> None:
        super().__init__(parent.track, f"{parent.rid}{name}", parent.ssrc, wire)
        self.parent = parent
        self.keyframes = parent.keyframes
        self._shape = shape
        self._numbers = Closing()
        self._used = 0.0

    def follow(self, packet: bytes, header: rtp.Header, position: Position, plane: Plane) -> None:
        """The parent's newest packet; every packet is a good one to begin with."""
        if self.slots or self.waiting:
            self._used = position.at
        elif position.at - self._used > KEPT:
            return
        shaped = self._shape(packet, header)
        if shaped is None:
            self._numbers.drop(header.seq)
            return
        self._send(shaped, header.timestamp, self._numbers.keep(header.seq), position, plane)

    def _send(self, packet: bytes, timestamp: int, seq: int, position: Position, plane: Plane) -> None:
        packet = renumbered(packet, seq)
        header = rtp.parse(packet)
        if header is None:
            return
        self.ring.put(seq, packet)
        self.reception.count(seq, timestamp, len(packet), position.at)
        position = position._replace(seq=seq)
        for slot in list(self.waiting):
            slot.attach(self, position, plane)
        self.last = position
        if self.outputs:
            plane.push(packet, header, None, self.outputs)

    def follow_late(self, packet: bytes, header: rtp.Header, plane: Plane) -> None:
        """A packet of the parent that comes out of order."""
        seq = self._numbers.late(header.seq)
        shaped = self._shape(packet, header)
        if seq is None or shaped is None:
            return
        shaped = renumbered(shaped, seq)
        again = rtp.parse(shaped)
        if again is None or not self.ring.put(seq, shaped):
            return
        for slot in self.slots:
            slot.send_late(self, shaped, again, None, plane)


def origin(layer: Layer | None) -> Layer | None:
    """The stream as its publisher sends it."""
    return layer.parent if isinstance(layer, Lane) else layer


def renumbered(packet: bytes, seq: int) -> bytes:
    """The same packet under another sequence number."""
    return packet[:2] + seq.to_bytes(2, "big") + packet[4:]


def fitting(layer: Layer, accepted: Accepted | None) -> Layer | None:
    """`layer`, or the lane of it that this receiver understands; None when there is none."""
    formats = {item.key: item for item in accepted.formats} if accepted is not None else {}
    wire = layer.wire
    theirs = formats.get(wire.key)
    if wire.inner is None:
        return layer if theirs is not None else None
    if theirs is not None and theirs.inner is not None:
        if theirs.inner == wire.inner:
            return layer
        inner = theirs.inner
        named = replace(wire, inner=inner)
        return _lane(layer, f"+{inner}", named, lambda data, header: red.renumber(data, header, inner))
    if "opus" not in formats:
        return None
    plain = replace(wire, key="opus", payload_type=wire.inner, inner=None)
    return _lane(layer, "+plain", plain, lambda data, header: red.primary(data, header, plain.payload_type))


def _lane(layer: Layer, name: str, wire: Format, shape: Shape) -> Layer:
    known = layer.lanes.get(name)
    if known is None:
        known = layer.lanes[name] = Lane(layer, name, wire, shape)
    return known
