"""AV1 on the wire (AV1 RTP specification 1.0): the dependency descriptor and the aggregation header.

Pure functions over decrypted packets. A descriptor is read against the `Structure` that came with the last keyframe;
hostile input gives None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from meetings.media import rtp
from meetings.media.codecs.bits import Bits

ABSENT, DISCARDABLE, SWITCH, REQUIRED = range(4)
"""What a frame is to a decode target (A.8.3.2)."""
_MAX_TEMPLATES = 64
_MAX_DEPENDENCIES = 16


class Template(NamedTuple):
    """What frames have in common; a descriptor names its template and says how it differs."""

    spatial: int
    temporal: int
    indications: tuple[int, ...]
    """To each decode target."""
    differences: tuple[int, ...]
    """How many frames back those lie that it needs."""
    chains: tuple[int, ...]
    """How many frames back each chain was last continued; 0: it begins here."""


@dataclass(frozen=True, slots=True)
class Structure:
    """The layers of a stream until the next structure comes (A.8.3.1)."""

    offset: int
    targets: int
    templates: tuple[Template, ...]
    protected_by: tuple[int, ...]
    """The chain of each decode target; empty without chains."""
    chains: int
    heights: tuple[int, ...]
    """Of the spatial layers in pixels, empty when not said."""

    def layers(self) -> tuple[tuple[int, int], ...]:
        """Of each decode target: its highest spatial and temporal layer."""
        found = []
        for target in range(self.targets):
            using = [item for item in self.templates if item.indications[target] != ABSENT]
            spatial = max((item.spatial for item in using), default=0)
            found.append((spatial, max((item.temporal for item in using), default=0)))
        return tuple(found)


class Descriptor(NamedTuple):
    """One frame's dependency descriptor."""

    begins: bool
    ends: bool
    number: int
    """16 bits, counts the frames of all layers."""
    spatial: int
    temporal: int
    indications: tuple[int, ...]
    chains: tuple[int, ...]
    structure: Structure | None
    """A new one: only keyframes bring it."""
    active: int | None
    """A bit per decode target that is being produced, where the packet says so."""


class _Bits(Bits):
    def below(self, limit: int) -> int:
        """A number below `limit` in as few bits as possible: ns(n) (A.8.2)."""
        width = limit.bit_length()
        short = (1 << width) - limit
        value = self.take(width - 1)
        if value < short:
            return value
        return (value << 1) - short + self.take(1)


def frame_number(data: bytes, start: int, end: int) -> int | None:
    """The number in the descriptor data[start:end], which stands in its second and third byte."""
    return data[start + 1] << 8 | data[start + 2] if end - start >= 3 else None


def parse(data: bytes, start: int, end: int, known: Structure | None) -> Descriptor | None:
    """Read a descriptor; None when it is broken or means a structure that did not come."""
    if end - start < 3:
        return None
    try:
        return _parse(data[start:end], known)
    except (IndexError, ValueError):
        return None


def _parse(data: bytes, known: Structure | None) -> Descriptor:
    first = data[0]
    structure, active = None, None
    dtis = fdiffs = chain_fdiffs = False
    bits = _Bits(data[3:])
    if len(data) > 3:
        has_structure, has_active, dtis, fdiffs, chain_fdiffs = (bool(bits.take(1)) for _ in range(5))
        if has_structure:
            known = structure = _structure(bits)
            active = (1 << structure.targets) - 1
        if has_active and known is not None:
            active = bits.take(known.targets)
    if known is None:
        raise ValueError
    index = ((first & 0x3F) - known.offset) % 64
    template = known.templates[index]
    indications, chains = template.indications, template.chains
    if dtis:
        indications = tuple(bits.take(2) for _ in range(known.targets))
    if fdiffs:
        while size := bits.take(2):
            bits.take(4 * size)
    if chain_fdiffs:
        chains = tuple(bits.take(8) for _ in range(known.chains))
    return Descriptor(
        bool(first & 0x80),
        bool(first & 0x40),
        data[1] << 8 | data[2],
        template.spatial,
        template.temporal,
        indications,
        chains,
        structure,
        active,
    )


def _structure(bits: _Bits) -> Structure:
    offset = bits.take(6)
    targets = bits.take(5) + 1
    places = []
    spatial = temporal = 0
    while True:
        places.append((spatial, temporal))
        step = bits.take(2)
        if step == 3 or len(places) > _MAX_TEMPLATES:
            break
        if step == 1:
            temporal += 1
        elif step == 2:
            spatial, temporal = spatial + 1, 0
    indications = [tuple(bits.take(2) for _ in range(targets)) for _ in places]
    differences = []
    for _ in places:
        back = []
        while bits.take(1):
            back.append(bits.take(4) + 1)
            if len(back) > _MAX_DEPENDENCIES:
                raise ValueError
        differences.append(tuple(back))
    chains = bits.below(targets + 1)
    protected_by: tuple[int, ...] = ()
    links: list[tuple[int, ...]] = [() for _ in places]
    if chains:
        protected_by = tuple(bits.below(chains) for _ in range(targets))
        links = [tuple(bits.take(4) for _ in range(chains)) for _ in places]
    heights: tuple[int, ...] = ()
    if bits.take(1):
        heights = tuple((bits.take(16), bits.take(16) + 1)[1] for _ in range(spatial + 1))
    templates = tuple(
        Template(*place, *rest) for place, *rest in zip(places, indications, differences, links, strict=True)
    )
    return Structure(offset, targets, templates, protected_by, chains, heights)


def begins_sequence(data: bytes, header: rtp.Header) -> bool:
    """Whether the packet begins a coded video sequence: bit N of the aggregation header (4.4), and not a fragment."""
    return header.payload < header.end and data[header.payload] & 0x88 == 0x08
