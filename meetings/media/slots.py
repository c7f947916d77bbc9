"""What goes out: one receiver's slots, each an outgoing stream whose source the engine switches.

Sans-I/O state of `router.py`. A slot belongs to one m-line; its SSRCs and its numbering stay the same whatever it
carries, so that nobody renegotiates when someone joins or the picture changes.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from struct import pack

from meetings.media import rtp, sdp
from meetings.media.bandwidth import Estimator, Rate
from meetings.media.clocks import to_ntp
from meetings.media.fanout import Path, Plane
from meetings.media.forwarding import OutMap, Position, extension_table, finished, padding
from meetings.media.lanes import fitting
from meetings.media.negotiation import FORWARDED, Accepted, Format, matching
from meetings.media.streams import Layer, Published

_CLOCK = {"audio": 48_000, "video": 90_000}
_PADDING = 255
_REPEATS, _PACKET = 0.35, 9600
"""Share of a line that repetitions may take, and what one takes (bits)."""
_SOUNDS, _SOUNDS_AT_ONCE, _STALE = 40.0, 20.0, 25
"""Repetitions of sound a second, and what is played already: packets behind the newest."""

_STEP = 0.03
"""Seconds of padding sent at once, at most: a probe is no burst."""


class Slot:
    """One outgoing stream. `owner`: the receiving participant."""

    def __init__(self, owner: str, mid: str, kind: str) -> None:
        self.owner = owner
        self.mid = mid
        self.kind = kind
        self.ssrc = secrets.randbelow(0xFFFFFFFE) + 1
        self.repair_ssrc = secrets.randbelow(0xFFFFFFFE) + 1
        self.accepted: Accepted | None = None
        self.source: Published | None = None
        """What it shows or will show."""
        self.layer: Layer | None = None
        """What it is fed from now."""
        self.target: Layer | None = None
        """What it will be fed from at the next keyframe."""
        self.paused = False
        """Whether the line is too narrow for any layer of it."""
        self.path: Path | None = None
        self.output: int | None = None
        self.lost = 0.0
        self.round_trip: float | None = None
        self._map = OutMap(self.ssrc, secrets.randbelow(0x4000), secrets.randbits(32), _CLOCK[kind])
        self._repair_seq = secrets.randbelow(0x4000)
        self._packets = 0
        self._octets = 0
        self._base = (0, 0)
        self._reports: dict[int, float] = {}

    def format_for(self, layer: Layer) -> Format | None:
        """The receiver's payload type for what this layer carries."""
        return matching(self.accepted.formats if self.accepted is not None else (), layer.wire.key)

    # Switching -------------------------------------------------------------------------------------------------

    def show(self, source: Published | None) -> None:
        """Change the source; the old one stops now, the new one starts with its next keyframe (or packet)."""
        if source is self.source:
            return
        self.detach()
        self.source = source

    def await_layer(self, layer: Layer | None) -> None:
        """Let `layer` take over at its next keyframe; the current one goes on until then."""
        if layer is not None and layer is self.layer and self.target is None:
            return
        if layer is not None:
            layer = fitting(layer, self.accepted)
        if layer is self.target:
            return
        if self.target is not None:
            self.target.waiting.remove(self)
            self.target.disarm()
        self.target = None
        if layer is not None and layer is not self.layer:
            self.target = layer
            layer.waiting.append(self)
            layer.disarm()
            if layer.needs_keyframe(self.layer):
                layer.keyframes.want()

    def attach(self, layer: Layer, first: Position, plane: Plane) -> None:
        """Feed from `layer` beginning with its packet `first`."""
        wire = self.format_for(layer)
        if wire is None or self.output is None or self.accepted is None:
            return
        same = self.layer is not None and self.layer.track is layer.track and self.layer.ssrc == layer.ssrc
        self._leave()
        self.await_layer(None)
        theirs = {uri: number for uri, number in layer.track.extensions.items() if uri in FORWARDED}
        if not layer.wire.key.startswith("av1"):  # the others say it in their payload, where it is rewritten
            theirs.pop(sdp.DEPENDENCY, None)
        ours = self.accepted.extensions
        table = extension_table(theirs, ours, ours.get(sdp.TRANSPORT_CC, 0))
        plane.set(self.output, self._map.enter(layer, layer.captured(first), wire.payload_type, table, same_clock=same))
        self.layer = layer
        layer.slots.append(self)
        layer.outputs.append(self.output)
        layer.disarm()
        self._base = (layer.reception.received - 1, layer.reception.octets)

    def _leave(self) -> None:
        layer = self.layer
        if layer is None:
            return
        index = layer.slots.index(self)
        del layer.slots[index], layer.outputs[index]
        layer.disarm()
        self._map.leave(layer.captured(layer.last))
        self._packets += layer.reception.received - self._base[0]
        self._octets += layer.reception.octets - self._base[1]
        self.layer = None

    def detach(self) -> None:
        """Stop feeding; the numbering waits for what comes next."""
        self.rest()
        self.source = None
        self.paused = False

    def rest(self) -> None:
        """Send nothing for now; the source stays."""
        self._leave()
        self.await_layer(None)

    def skip(self, seq: int, plane: Plane) -> None:
        """The newest packet of the current layer is not forwarded."""
        if self.output is not None:
            plane.set(self.output, self._map.skip(seq))

    def renew(self) -> None:
        """Every second: the numbering stays near what is sent now."""
        if self.layer is not None:
            self._map.renew(self.layer.progress.seq)

    # Packets out of order, repetitions, reports --------------------------------------------------------------------

    def send_late(self, layer: Layer, packet: bytes, header: rtp.Header, vp8: rtp.Vp8 | None, plane: Plane) -> None:
        """A packet out of order goes out in the place it would have had, unless that is gone."""
        rewrite = self._map.late(layer, header.seq)
        if rewrite is not None and self.path is not None:
            shaped = finished(packet, header, vp8, rewrite)
            plane.send(self.path, shaped.data, shaped.transport_at)

    def is_fresh(self, out_seq: int) -> bool:
        """Whether a voice's packet may still be in time to be heard."""
        found, layer = self._map.original(out_seq), self.layer
        return found is not None and layer is not None and (layer.last.seq - found[1]) & rtp.SEQ < _STALE

    def repeat(self, out_seq: int, plane: Plane) -> bool:
        """Send again what went out as `out_seq`, by RTX where the receiver knows it; False when it is no use."""
        found = self._map.original(out_seq)
        if found is None or self.path is None:
            return False
        layer, seq, rewrite = found
        if not isinstance(layer, Layer):
            return False
        # what came before a switch is no use any more: it was a keyframe, save among the forms of one stream
        if self.kind == "video" and (self.layer is None or layer.stream is not self.layer.stream):
            return False
        packet = layer.ring.get(seq)
        header = rtp.parse(packet) if packet is not None else None
        wire = self.format_for(layer)
        # what is muted or revoked since is not sent again
        if packet is None or header is None or wire is None or not layer.track.live:
            return False
        vp8 = layer.reader.numbers(packet, header)
        shaped = finished(packet, header, vp8, rewrite)
        again = bytes(shaped.data)
        # under its own number only what is the same to the last byte: a key stream serves one packet (RFC 3711 9.1)
        if wire.repair is None and shaped.transport_at:
            return False
        if wire.repair is not None:
            self._repair_seq = (self._repair_seq + 1) & rtp.SEQ
            end = header.end + shaped.payload - header.payload
            sent = header._replace(seq=out_seq, payload=shaped.payload, end=end)
            again = rtp.wrap_rtx(again, sent, self.repair_ssrc, wire.repair, self._repair_seq)
        plane.send(self.path, again, shaped.transport_at)
        return True

    def pad(self, plane: Plane) -> int:
        """Send one packet of padding under the number of repetitions → its bytes, 0 when that is not agreed."""
        formats = self.accepted.formats if self.accepted is not None else ()
        repair = next((item.repair for item in formats if item.repair is not None), None)
        if self.path is None or repair is None or not self.path.transport_id:
            return 0
        self._repair_seq = (self._repair_seq + 1) & rtp.SEQ
        packet, place = padding(self.repair_ssrc, repair, self._repair_seq, 0, _PADDING, self.path.transport_id)
        plane.send(self.path, packet, place)
        return len(packet)

    def sender_report(self, timestamp: int, now: float) -> bytes | None:
        """The publisher's report as it applies to this stream (RFC 3550 6.4.1), so that lips stay in sync.

        It is told on our clock: whoever fills the slot, time goes on without a jump."""
        layer = self.layer
        captured = layer.clock.captured(timestamp) if layer is not None else None
        if layer is None or captured is None:
            return None
        ntp = to_ntp(captured)
        packets = self._packets + layer.reception.received - self._base[0]
        octets = self._octets + layer.reception.octets - self._base[1]
        shifted = self._map.timestamp(timestamp)
        if len(self._reports) > 8:
            self._reports.clear()
        self._reports[(ntp >> 16) & 0xFFFFFFFF] = now
        return pack(
            "!BBHIQIII", 0x80, 200, 6, self.ssrc, ntp, shifted, packets & 0xFFFFFFFF, max(0, octets) & 0xFFFFFFFF
        )

    def reported(self, fraction_lost: int, lsr: int, dlsr: int, now: float) -> None:
        """A receiver report about this stream."""
        self.lost = fraction_lost / 256
        sent = self._reports.get(lsr)
        if sent is not None:
            self.round_trip = max(0.0, now - sent - dlsr / 65536)


class Downlink:
    """A participant's receiving connection."""

    def __init__(self, ssrc: int) -> None:
        self.ssrc = ssrc
        self.path: Path | None = None
        self.slots: dict[str, Slot] = {}
        self.by_ssrc: dict[int, Slot] = {}
        self.shown: dict[str, str | None] = {}
        """What was last announced."""
        self.automatic = False
        """Whether the engine chooses what the slots carry, pictures too."""
        self.estimator = Estimator(0.0, feeds=False)
        self.allotted = 0.0
        """The estimate (bits per second) that the layers were chosen by."""
        self.wanted = 0.0
        """The estimate with which better ones would be; 0: nobody could use any."""
        self.rests_until = 0.0
        """Pictures wait until then for a full line to empty: a keyframe in the middle of it would be lost."""
        self.sending = Rate()
        self.reported = -1
        """The newest transport-wide number of which the receiver told."""
        self.reported_at = 0.0
        """When that went out."""
        self._padding = 0.0
        self._repeats = 0.0
        self._sounds = _SOUNDS_AT_ONCE
        self._repeated_at = 0.0

    def estimate(self, now: float) -> None:
        """After negotiation: a receiver that agreed to feed back is not taken for a wide line."""
        if not self.estimator.fed and any(
            sdp.TRANSPORT_CC in slot.accepted.extensions for slot in self.slots.values() if slot.accepted is not None
        ):
            self.estimator = Estimator(now, feeds=True)

    def repeat(self, slot: Slot, lost: Sequence[int], now: float, plane: Plane) -> None:
        """Send again what was lost, as far as repetitions do not fill a line that is full already."""
        rate = _REPEATS * self.estimator.limit(now) / _PACKET
        elapsed, self._repeated_at = now - self._repeated_at, now
        self._repeats = min(max(20.0, rate / 2), self._repeats + rate * elapsed)
        self._sounds = min(_SOUNDS_AT_ONCE, self._sounds + _SOUNDS * elapsed)
        for seq in lost:
            if slot.kind == "audio":  # first, but a full line must not be filled with what is too late
                if self._sounds >= 1 and slot.is_fresh(seq & rtp.SEQ) and slot.repeat(seq & rtp.SEQ, plane):
                    self._sounds -= 1
            elif self._repeats < 1:
                return
            elif slot.repeat(seq & rtp.SEQ, plane):
                self._repeats -= 1

    @property
    def sound(self) -> int:
        """Bits per second of the voices it is sent."""
        return sum(
            slot.layer.bitrate for slot in self.slots.values() if slot.kind == "audio" and slot.layer is not None
        )

    def untold(self, now: float) -> float:
        """For how many seconds it has not told of the packet after those that it told of; 0 where there is none."""
        if self.path is None or self.reported < 0:
            return 0.0
        sent = self.path.sent.get((self.reported + 1) & rtp.SEQ)
        return now - sent[0] if sent is not None and sent[0] >= self.reported_at else 0.0

    def probe(self, now: float, plane: Plane) -> None:
        """Each tick of a probe, and now and then: send the padding that the estimator asks for."""
        if self.path is None:
            return
        elapsed = self.sending.measure(self.path.octets, now)
        self.estimator.sent(self.path.sent.next, now)
        if not self.estimator.probing and (not self.estimator.fed or self.wanted <= self.estimator.available):
            self._padding = 0.0
            return
        # sound carries no numbers: its share of what is sent shows in no feedback
        rate = self.estimator.padding(self.wanted, max(0.0, self.sending.rate - self.sound), now)
        self._padding = self._padding + rate * min(elapsed, _STEP) / 8 if rate else 0.0
        slot = next((slot for slot in self.slots.values() if slot.kind == "video"), None)
        while slot is not None and self._padding > _PADDING and (size := slot.pad(plane)):
            self._padding -= size

    def slot(self, owner: str, mid: str, kind: str) -> Slot:
        """The slot of this m-line, made when it is new."""
        slot = self.slots.get(mid)
        if slot is None:
            slot = self.slots[mid] = Slot(owner, mid, kind)
            self.by_ssrc[slot.ssrc] = slot
        return slot

    def drop(self, mid: str, plane: Plane) -> None:
        slot = self.slots.pop(mid)
        del self.by_ssrc[slot.ssrc]
        slot.detach()
        if slot.output is not None:
            plane.remove(slot.output)
            slot.output = None

    def ready(self, path: Path, plane: Plane) -> None:
        """DTLS is done: the slots may send."""
        self.path = path
        self.open_outputs(plane)

    def open_outputs(self, plane: Plane) -> None:
        if self.path is None:
            return
        for slot in self.slots.values():
            if slot.accepted is not None:  # all m-lines of a bundle share it
                self.path.transport_id = slot.accepted.extensions.get(sdp.TRANSPORT_CC, self.path.transport_id)
            if slot.output is None:
                slot.path = self.path
                slot.output = plane.add(self.path)

    def close(self, plane: Plane) -> None:
        for mid in list(self.slots):
            self.drop(mid, plane)
        self.path = None
