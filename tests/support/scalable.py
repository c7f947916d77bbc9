"""Packets of scalable pictures (SVC) as Chromium 156 sends them, for tests of the media engine.

VP9 by its payload descriptor in flexible mode (with a pattern that allows fewer changes), AV1 by its dependency
descriptor; AV1's structures are written bit by bit as the specification has them (AV1 RTP 1.0, A.8).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

DEPENDENCY_ID = 12
PATTERN = ((0, 4, True), (2, 1, True), (1, 2, False), (2, 2, False))
"""Of successive pictures: the temporal layer, how many pictures back it refers, and whether higher temporal layers may
be taken up there: the last one refers to the second, so that they may not at the third."""


class Piece(NamedTuple):
    """One packet of a picture: its payload, its dependency descriptor (empty without), its marker."""

    payload: bytes
    descriptor: bytes
    marker: bool


class Vp9Camera:
    """`layers` sizes and three frame rates; `by_key`: the sizes depend on each other in keyframes alone (K-SVC)."""

    def __init__(self, layers: int = 3, *, by_key: bool = True, packets: int = 2, start: int = 0x7FFA) -> None:
        self.layers = layers
        self.by_key = by_key
        self.packets = packets
        self._number = start
        self._since = 0

    def picture(self, keyframe: bool) -> list[Piece]:
        self._number += 1
        self._since = 0 if keyframe else self._since + 1
        return [self._piece(layer, place, keyframe) for layer in range(self.layers) for place in range(self.packets)]

    def _piece(self, layer: int, place: int, keyframe: bool) -> Piece:
        temporal, back, switching = PATTERN[self._since % 4]
        top, last = layer == self.layers - 1, place == self.packets - 1
        spare = top or (self.by_key and not keyframe)
        structure = keyframe and layer == 0 and place == 0
        flags = 0xB0 | (0 if keyframe else 0x40) | (0x08 if place == 0 else 0) | (0x04 if last else 0)
        flags |= (0x02 if structure else 0) | (0x01 if spare else 0)
        depends = layer > 0 and (keyframe or not self.by_key)
        payload = bytes([flags]) + (0x8000 | self._number & 0x7FFF).to_bytes(2, "big")
        payload += bytes([temporal << 5 | switching << 4 | layer << 1 | depends])
        payload += b"" if keyframe else bytes([back << 1])
        if structure:
            payload += bytes([(self.layers - 1) << 5 | 0x10])
            for size in range(self.layers):
                payload += (320 << size).to_bytes(2, "big") + (180 << size).to_bytes(2, "big")
        return Piece(payload + bytes(20 << layer), b"", top and last)


class Bits:
    """Writes numbers of any width."""

    def __init__(self) -> None:
        self._bits = ""

    def put(self, value: int, width: int) -> None:
        self._bits += f"{value:0{width}b}" if width else ""

    def below(self, value: int, limit: int) -> None:
        """ns(n) (A.8.2)."""
        width = limit.bit_length()
        short = (1 << width) - limit
        if value < short:
            self.put(value, width - 1)
        else:
            self.put(value + short >> 1, width - 1)
            self.put(value + short & 1, 1)

    def data(self) -> bytes:
        padded = self._bits + "0" * (-len(self._bits) % 8)
        return bytes(int(padded[at : at + 8], 2) for at in range(0, len(padded), 8))


@dataclass(frozen=True)
class Form:
    """One template: layer, what it is to each decode target, frames back it needs, and back to each chain."""

    spatial: int
    temporal: int
    indications: str
    """A letter per target: - absent, D discardable, S switch, R required."""
    needs: tuple[int, ...]
    chains: tuple[int, ...]


L2T2 = (
    # what Chromium 156 (libaom) sends as L2T2; targets are S0T0, S0T1, S1T0, S1T1
    Form(0, 0, "SSSS", (), (0, 0)),
    Form(0, 0, "SSRR", (4,), (4, 3)),
    Form(0, 1, "-D-R", (2,), (2, 1)),
    Form(1, 0, "--SS", (1,), (1, 1)),
    Form(1, 0, "--SS", (4, 1), (1, 1)),
    Form(1, 1, "---D", (2, 1), (3, 2)),
)
L2T2_CHAINS = (0, 0, 1, 1)
_LETTERS = "-DSR"


def av1_structure(forms: Sequence[Form], protected_by: Sequence[int], heights: Sequence[int], offset: int = 0) -> Bits:
    """`template_dependency_structure` (A.8.3.1) after its flags."""
    bits = Bits()
    targets, chains = len(forms[0].indications), len(forms[0].chains)
    bits.put(offset, 6)
    bits.put(targets - 1, 5)
    for here, following in zip(forms, [*forms[1:], None], strict=True):
        if following is None:
            bits.put(3, 2)
        elif following.spatial > here.spatial:
            bits.put(2, 2)
        else:
            bits.put(int(following.temporal > here.temporal), 2)
    for form in forms:
        for letter in form.indications:
            bits.put(_LETTERS.index(letter), 2)
    for form in forms:
        for back in form.needs:
            bits.put(1, 1)
            bits.put(back - 1, 4)
        bits.put(0, 1)
    bits.below(chains, targets + 1)
    if chains:
        for chain in protected_by:
            bits.below(chain, chains)
        for form in forms:
            for back in form.chains:
                bits.put(back, 4)
    bits.put(int(bool(heights)), 1)
    for height in heights:
        bits.put(2 * height - 1, 16)
        bits.put(height - 1, 16)
    return bits


def av1_descriptor(
    template: int, number: int, *, first: bool = True, last: bool = True, structure: Bits | None = None
) -> bytes:
    """A dependency descriptor without custom fields."""
    data = bytes([first << 7 | last << 6 | template & 0x3F]) + (number & 0xFFFF).to_bytes(2, "big")
    if structure is None:
        return data
    flags = Bits()
    flags.put(0b10000, 5)
    flags._bits += structure._bits
    return data + flags.data()


class Av1Camera:
    """Two sizes and two frame rates, each size dependent on the smaller one, as Chromium's L2T2."""

    layers = 2

    def __init__(self, packets: int = 2, start: int = 0xFFF0) -> None:
        self.packets = packets
        self._number = start
        self._since = 0
        self._offset = 0

    def picture(self, keyframe: bool) -> list[Piece]:
        self._since = 0 if keyframe else self._since + 1
        if keyframe:
            self._offset = (self._offset + 7) % 64
        found = []
        for layer in range(2):
            self._number += 1
            odd = self._since % 2
            template = (2 if odd else int(not keyframe)) if layer == 0 else (5 if odd else 3 + (not keyframe))
            for place in range(self.packets):
                first, last = place == 0, place == self.packets - 1
                structure = None
                if keyframe and layer == 0 and first:
                    structure = av1_structure(L2T2, L2T2_CHAINS, (360, 720), self._offset)
                descriptor = av1_descriptor(
                    template + self._offset, self._number, first=first, last=last, structure=structure
                )
                found.append(Piece(b"\x10" + bytes(20 << layer), descriptor, layer == 1 and last))
        return found
