"""Lanes: one incoming stream in another form, with a numbering of its own.

A receiver that does not know redundant audio gets a lane of plain packets; whoever looks at a small tile gets a lane
without the upper layers of a scalable picture (`ladder.py`). Each lane is a `Layer` that is fed by another one, so that
slots, repetitions and reports treat it like any stream, and a packet is reshaped once for all who share the lane.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from meetings.media import rtp, sdp
from meetings.media.codecs import red
from meetings.media.fanout import Plane
from meetings.media.forwarding import REACH, RENEW_AFTER, Position
from meetings.media.negotiation import Accepted, Format, matching
from meetings.media.streams import Layer

if TYPE_CHECKING:
    from meetings.media.slots import Slot

Shape = Callable[[bytes, rtp.Header], bytes | None]
"""Gives the packet as the lane carries it, or None to leave it out."""
KEPT = 2.0
"""Seconds for which a lane that everybody left can still repeat packets."""

PATIENCE = 1.0
"""Seconds to wait for a place where the codec allows a change, before a keyframe is asked for."""


class Closing:
    """Sequence numbers that close up where packets are left out."""

    def __init__(self) -> None:
        self._steps: deque[tuple[int, int]] = deque(maxlen=512)

    def keep(self, seq: int) -> int:
        """The number of the newest packet, which is kept."""
        if not self._steps:
            self._steps.append((seq, 0))
        elif (seq - self._steps[-1][0]) & rtp.SEQ >= RENEW_AFTER:
            self._steps.append(((seq - REACH) & rtp.SEQ, self._steps[-1][1]))
        return (seq - self._steps[-1][1]) & rtp.SEQ

    def drop(self, seq: int) -> None:
        """The newest packet is left out."""
        self.keep(seq)
        self._steps.append(((seq + 1) & rtp.SEQ, self._steps[-1][1] + 1))

    def late(self, seq: int) -> int | None:
        """The number kept free for a packet out of order; None when it is too old."""
        for first, left_out in reversed(self._steps):
            if (seq - first) & rtp.SEQ < 0x8000:
                return (seq - left_out) & rtp.SEQ
        return None


class Lane(Layer, ABC):
    """A form of `parent`, whose requests for keyframes it shares."""

    def __init__(self, parent: Layer, name: str, wire: Format) -> None:
        super().__init__(parent.track, f"{parent.rid}{name}", parent.ssrc, wire)
        self.parent = parent
        self.keyframes = parent.keyframes
        self.clock = parent.clock
        self.idle = True
        self._numbers = Closing()
        self._used = 0.0
        self._patience = 0.0

    @property
    def stream(self) -> Layer:
        return self.parent

    def disarm(self) -> None:
        self.parent.disarm()

    @abstractmethod
    def shape(self, packet: bytes, header: rtp.Header, late: bool) -> bytes | None:
        """The packet as it goes on here, None to leave it out."""

    @abstractmethod
    def welcomes(self, slot: Slot, keyframe: bool) -> bool:
        """Whether this slot may begin with the parent's newest packet."""

    def admit(self, position: Position, keyframe: bool, plane: Plane) -> None:
        """Before the parent's newest packet goes out: those who wait and may begin with it do."""
        if not self.waiting:
            self._patience = 0.0
            return
        for slot in list(self.waiting):
            if self.welcomes(slot, keyframe):
                slot.attach(self, position._replace(seq=self._numbers.keep(position.seq)), plane)
        self._patience = self._patience or position.at + PATIENCE
        if self.waiting and position.at > self._patience:
            self.keyframes.want()

    def follow(
        self, packet: bytes, header: rtp.Header, numbers: rtp.Vp8 | None, position: Position, plane: Plane
    ) -> None:
        """The parent's newest packet."""
        if self.slots or self.waiting:
            self._used = position.at
            self.idle = False
        elif self.idle or position.at - self._used > KEPT:
            self.idle = True
            return
        shaped = self.shape(packet, header, False)
        if shaped is None:
            self._numbers.drop(header.seq)
            return
        seq = self._numbers.keep(header.seq)
        packet = renumbered(shaped, seq)
        again = rtp.parse(packet)
        if again is None:
            return
        self.ring.put(seq, packet)
        self.reception.count(seq, header.timestamp, len(packet), position.at)
        self.last = position._replace(seq=seq)
        if self.outputs:
            plane.push(packet, again, numbers, self.outputs)

    def follow_late(self, packet: bytes, header: rtp.Header, numbers: rtp.Vp8 | None, plane: Plane) -> None:
        """A packet of the parent that comes out of order, into the place kept for it.

        One that does not belong here leaves padding in that place, so that nobody asks for it."""
        seq = None if self.idle else self._numbers.late(header.seq)
        if seq is None:
            return
        shaped = self.shape(packet, header, True)
        packet = renumbered(shaped if shaped is not None else _padding(packet, header), seq)
        again = rtp.parse(packet)
        if again is None or not self.ring.put(seq, packet):
            return
        for slot in self.slots:
            slot.send_late(self, packet, again, numbers if shaped is not None else None, plane)


class FormLane(Lane):
    """All packets, each in another form."""

    def __init__(self, parent: Layer, name: str, wire: Format, form: Shape) -> None:
        super().__init__(parent, name, wire)
        self._form = form

    def shape(self, packet: bytes, header: rtp.Header, late: bool) -> bytes | None:
        return self._form(packet, header)

    def welcomes(self, slot: Slot, keyframe: bool) -> bool:
        return keyframe


def origin(layer: Layer | None) -> Layer | None:
    """The layer itself, of which another form may be sent."""
    return layer.parent if isinstance(layer, FormLane) else layer


def renumbered(packet: bytes, seq: int) -> bytes:
    """The same packet under another sequence number."""
    return packet[:2] + seq.to_bytes(2, "big") + packet[4:]


def _padding(packet: bytes, header: rtp.Header) -> bytes:
    """A packet that carries nothing, at the same time as this one (RFC 3550 5.1: the last byte counts the padding)."""
    return b"\xa0" + bytes([header.payload_type]) + packet[2:12] + b"\x01"


def fitting(layer: Layer, accepted: Accepted | None) -> Layer | None:
    """`layer`, or the lane of it that this receiver understands; None when there is none."""
    if accepted is None:
        return None
    wire = layer.wire
    theirs = matching(accepted.formats, wire.key)
    if wire.inner is None:
        if theirs is not None and layer.spatial and wire.key.startswith("av1"):
            return layer if sdp.DEPENDENCY in accepted.extensions else layer.lowest()
        return layer if theirs is not None else None
    if theirs is not None and theirs.inner is not None:
        if theirs.inner == wire.inner:
            return layer
        inner = theirs.inner
        named = replace(wire, inner=inner)
        return _form(layer, f"+{inner}", named, lambda data, header: red.renumber(data, header, inner))
    if matching(accepted.formats, "opus") is None:
        return None
    plain = replace(wire, key="opus", payload_type=wire.inner, inner=None)
    return _form(layer, "+plain", plain, lambda data, header: red.primary(data, header, plain.payload_type))


def _form(layer: Layer, name: str, wire: Format, form: Shape) -> Layer:
    known = layer.lanes.get(name)
    if known is None:
        known = layer.lanes[name] = FormLane(layer, name, wire, form)
        layer.disarm()
    return known
