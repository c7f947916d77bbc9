"""The ladder of a scalable stream (SVC): one SSRC carries several sizes and frame rates, each rung is a lane of it.

A rung leaves out what its size and frame rate do not need. Who changes rung does so where the codec allows it without
a gap for the decoder: VP9 by its descriptor (RFC 9628), AV1 by decode targets and chains (AV1 RTP specification,
appendix A); elsewhere the change waits for a keyframe. `streams.py` offers the rungs like simulcast layers.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from meetings.media import rtp
from meetings.media.codecs import av1, vp9
from meetings.media.codecs.reading import Av1Reader, Vp9Reader
from meetings.media.lanes import Lane

if TYPE_CHECKING:
    from meetings.media.slots import Slot
    from meetings.media.streams import Layer

_MAX_KINDS = 256


class Target(NamedTuple):
    """What a rung shows: layers up to these; `number` is AV1's decode target."""

    spatial: int
    temporal: int
    number: int = 0


class Rules(Protocol):
    """One codec's answers about the packet its reader read last (`late`: about any other one)."""

    def targets(self) -> list[Target]:
        """What is sent now, empty where there is nothing to choose."""

    def height(self, spatial: int) -> int: ...

    def is_produced(self, target: Target, now: float) -> bool: ...

    def note(self, header: rtp.Header, now: float) -> None:
        """The reader read the newest packet."""

    def kind(self) -> Hashable | None:
        """Packets of one kind are kept or left out alike; None when it is unreadable."""

    def keeps(self, kind: Hashable, target: Target) -> bool: ...

    def late_kind(self, packet: bytes, header: rtp.Header) -> Hashable | None: ...

    def closes(self, target: Target) -> bool:
        """Whether the picture of this target ends with the packet."""

    def enters(self, current: Rung | None, wanted: Rung) -> bool:
        """Whether who is on `current` (None: receives everything) can go on with `wanted` from this packet."""

    def reaches(self, current: Rung, wanted: Rung) -> bool:
        """Whether that will come without a keyframe."""


class Rung(Lane):
    """The lane of one target."""

    def __init__(self, parent: Layer, target: Target, rules: Rules, top: int) -> None:
        super().__init__(parent, f"/S{target.spatial}T{target.temporal}", parent.wire)
        self.target_layers = target
        self.spatial = target.spatial
        self.reduced = target.temporal < top
        self.rules = rules
        self.chains = Chains()
        self._kept: dict[Hashable, bool] = {}

    def change(self, target: Target) -> None:
        """A new structure numbers the targets anew."""
        self.target_layers = target
        self._kept.clear()

    def lowest(self) -> Layer | None:
        rungs = self.parent.choices()
        return next((rung for rung in rungs if not rung.spatial and not rung.reduced), None)

    def needs_keyframe(self, current: Layer | None) -> bool:
        siblings = isinstance(current, Rung) and current.parent is self.parent
        return not (siblings and isinstance(current, Rung) and self.rules.reaches(current, self))

    def is_active(self, now: float) -> bool:
        return self.parent.is_active(now) and self.rules.is_produced(self.target_layers, now)

    def keeps(self, kind: Hashable) -> bool:
        kept = self._kept.get(kind)
        if kept is None:
            if len(self._kept) > _MAX_KINDS:
                self._kept.clear()
            kept = self._kept[kind] = self.rules.keeps(kind, self.target_layers)
        return kept

    def shape(self, packet: bytes, header: rtp.Header, late: bool) -> bytes | None:
        kind = self.rules.late_kind(packet, header) if late else self.rules.kind()
        kept = kind is not None and self.keeps(kind)
        if not late:
            self.chains.follow(self.rules, kept)
        if not kept:
            return None
        if not late and not header.marker and self.rules.closes(self.target_layers):
            # the last packet of a picture is marked (RFC 9628 4.1): here it ends earlier
            return packet[:1] + bytes([0x80 | packet[1]]) + packet[2:]
        return packet

    def welcomes(self, slot: Slot, keyframe: bool) -> bool:
        if keyframe:
            return True
        kind = self.rules.kind()
        if kind is None or not self.keeps(kind):
            return False
        current = slot.layer
        if isinstance(current, Rung) and current.parent is self.parent:
            allowed = self.rules.enters(current, self)
            if allowed and not self.slots:
                self.chains.take_over(current.chains)
            return allowed
        return current is self.parent and self.rules.enters(None, self)


class Chains:
    """Which of AV1's chains are whole for those who receive one rung (AV1 RTP specification A.4)."""

    def __init__(self) -> None:
        self._kept = bytearray(256)
        self._whole: list[bool] = []

    def take_over(self, other: Chains) -> None:
        """Who comes from another rung has received what that one kept."""
        self._kept, self._whole = bytearray(other._kept), list(other._whole)

    def is_whole(self, chain: int) -> bool:
        return chain < len(self._whole) and self._whole[chain]

    def has(self, number: int) -> bool:
        """Whether the rung kept this frame, one of the last 255."""
        return bool(self._kept[number & 0xFF])

    def follow(self, rules: Rules, kept: bool) -> None:
        """The newest packet of the stream, and whether the rung keeps it."""
        frame = rules.reader.last if isinstance(rules, Av1Rules) else None
        if frame is None or not frame.begins:
            return
        if len(self._whole) != len(frame.chains):
            self._whole = [False] * len(frame.chains)
        for chain, back in enumerate(frame.chains):
            if back == 0:
                self._whole[chain] = True
            elif not self.has(frame.number - back):
                self._whole[chain] = False
        self._kept[frame.number & 0xFF] = kept


class Vp9Rules:
    """RFC 9628: spatial and temporal ids, the switching point flag, and K-SVC by its frames that nobody needs."""

    def __init__(self, reader: Vp9Reader) -> None:
        self.reader = reader
        self._temporals = 1
        self._timestamp = -1
        self._new_picture = False
        self._spare_below = -1
        self._key_only = False
        self._seen: dict[int, float] = {}

    def targets(self) -> list[Target]:
        top, layers = self._temporals - 1, self.reader.layers
        if layers == 1 and not top:
            return []
        return [*(Target(0, temporal) for temporal in range(top)), *(Target(layer, top) for layer in range(layers))]

    def height(self, spatial: int) -> int:
        return self.reader.heights[spatial] if spatial < len(self.reader.heights) else 0

    def is_produced(self, target: Target, now: float) -> bool:
        newest = max(self._seen.values(), default=0.0)  # a still screen is sent seldom, in all its layers
        return newest - self._seen.get(target.spatial, -1.0e9) < 0.5

    def note(self, header: rtp.Header, now: float) -> None:
        packet = self.reader.last
        if packet is None:
            return
        self._seen[packet.spatial] = now
        self._temporals = max(self._temporals, packet.temporal + 1)
        self._new_picture = header.timestamp != self._timestamp
        if self._new_picture:
            self._timestamp, self._spare_below = header.timestamp, -1
        if packet.numbers.keyframe:
            self._key_only = False
        elif packet.spatial > self._spare_below >= 0:
            self._key_only = True  # a lower frame of this picture was of no use to this one: K-SVC
        if packet.spare:
            self._spare_below = packet.spatial

    def kind(self) -> Hashable | None:
        return self._kind(self.reader.last)

    def late_kind(self, packet: bytes, header: rtp.Header) -> Hashable | None:
        return self._kind(vp9.parse(packet, header.payload, header.end))

    @staticmethod
    def _kind(packet: vp9.Descriptor | None) -> Hashable | None:
        return (packet.spatial, packet.temporal, packet.spare) if packet is not None else None

    def keeps(self, kind: Hashable, target: Target) -> bool:
        if not isinstance(kind, tuple):
            return False
        spatial, temporal, spare = kind
        needed = spatial == target.spatial or (spatial < target.spatial and not spare)
        return bool(needed and temporal <= target.temporal)

    def closes(self, target: Target) -> bool:
        packet = self.reader.last
        return packet is not None and packet.ends and packet.spatial == target.spatial

    def enters(self, current: Rung | None, wanted: Rung) -> bool:
        packet = self.reader.last
        if packet is None or not packet.begins:
            return False
        to = wanted.target_layers
        now = current.target_layers if current is not None else Target(self.reader.layers - 1, self._temporals - 1)
        if current is not None and not self.reaches(current, wanted):
            return False
        if not (packet.spatial == to.spatial if self._key_only else self._new_picture):
            return False
        if to.temporal > now.temporal:
            return packet.switching and packet.temporal <= now.temporal
        return True

    def reaches(self, current: Rung, wanted: Rung) -> bool:
        to, now = wanted.target_layers.spatial, current.target_layers.spatial
        return to == now or (to < now and not self._key_only)


class Av1Rules:
    """The dependency descriptor: what each frame is to each decode target, and the chains that protect them."""

    def __init__(self, reader: Av1Reader) -> None:
        self.reader = reader

    def targets(self) -> list[Target]:
        structure = self.reader.structure
        if structure is None or structure.targets < 2:
            return []
        found = {layers: Target(*layers, index) for index, layers in enumerate(structure.layers())}
        top = max(temporal for _, temporal in found)
        return [found[layers] for layers in sorted(found) if layers[0] == 0 or layers[1] == top]

    def height(self, spatial: int) -> int:
        heights = self.reader.structure.heights if self.reader.structure is not None else ()
        return heights[spatial] if spatial < len(heights) else 0

    def is_produced(self, target: Target, now: float) -> bool:
        return bool(self.reader.active >> target.number & 1)

    def note(self, header: rtp.Header, now: float) -> None:
        """The reader keeps all there is to keep."""

    def kind(self) -> Hashable | None:
        return self.reader.last.indications if self.reader.last is not None else None

    def late_kind(self, packet: bytes, header: rtp.Header) -> Hashable | None:
        described = self.reader.describe(packet, header)
        return described.indications if described is not None else None

    def keeps(self, kind: Hashable, target: Target) -> bool:
        return isinstance(kind, tuple) and target.number < len(kind) and kind[target.number] != av1.ABSENT

    def closes(self, target: Target) -> bool:
        frame = self.reader.last
        return frame is not None and frame.ends and frame.spatial == target.spatial

    def enters(self, current: Rung | None, wanted: Rung) -> bool:
        frame, structure, index = self.reader.last, self.reader.structure, wanted.target_layers.number
        if frame is None or structure is None or not frame.begins or index >= len(structure.protected_by):
            return False
        if frame.indications[index] != av1.SWITCH:
            return False
        chain = structure.protected_by[index]
        if current is None:
            return True
        # the frame may continue a chain whose last link the rung left out
        back = frame.chains[chain]
        return current.chains.is_whole(chain) and (back == 0 or current.chains.has(frame.number - back))

    def reaches(self, current: Rung, wanted: Rung) -> bool:
        protected_by = self.reader.structure.protected_by if self.reader.structure is not None else ()
        index = wanted.target_layers.number
        return index < len(protected_by) and current.chains.is_whole(protected_by[index])


class Ladder:
    """The rungs of one stream, kept in line with what it says of itself."""

    def __init__(self, layer: Layer, rules: Rules) -> None:
        self.rungs: tuple[Rung, ...] = ()
        self._layer = layer
        self._rules = rules
        self._targets: list[tuple[Target, int]] = []
        self._octets: dict[Hashable, int] = {}
        self._measured = (0.0, dict[Hashable, int]())

    def note(self, header: rtp.Header, size: int, now: float) -> None:
        """The reader read the newest packet, of `size` bytes."""
        self._rules.note(header, now)
        kind = self._rules.kind()
        if kind is not None and (kind in self._octets or len(self._octets) < _MAX_KINDS):
            self._octets[kind] = self._octets.get(kind, 0) + size
        targets = [(target, self._rules.height(target.spatial)) for target in self._rules.targets()]
        if targets != self._targets:
            self._build(targets)

    def _build(self, targets: list[tuple[Target, int]]) -> None:
        lanes = self._layer.lanes
        top = max((target.temporal for target, _ in targets), default=0)
        rungs = []
        for target, height in targets:
            name = f"/S{target.spatial}T{target.temporal}"
            rung = lanes.get(name)
            if not isinstance(rung, Rung):
                rung = lanes[name] = Rung(self._layer, target, self._rules, top)
            rung.change(target)
            rung.reduced = target.temporal < top
            rung.height = height
            rungs.append(rung)
        self.rungs, self._targets = tuple(rungs), targets

    def measure(self, now: float) -> None:
        """Bits per second of each rung since the last call, whether anybody receives it or not."""
        at, before = self._measured
        if at and now > at:
            for rung in self.rungs:
                octets = sum(n - before.get(kind, 0) for kind, n in self._octets.items() if rung.keeps(kind))
                rate = 8 * octets / (now - at)
                rung.bitrate = round((rung.bitrate + rate) / 2 if rung.bitrate else rate)
        self._measured = (now, dict(self._octets))


def ladder_for(layer: Layer) -> Ladder | None:
    """The ladder of a stream whose codec may be scalable."""
    reader = layer.reader
    if isinstance(reader, Vp9Reader):
        return Ladder(layer, Vp9Rules(reader))
    if isinstance(reader, Av1Reader) and reader.extension:
        return Ladder(layer, Av1Rules(reader))
    return None
