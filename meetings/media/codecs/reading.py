"""What the router reads of a packet, whatever its codec: running numbers to rewrite, and whether a keyframe begins.

One `Reader` per incoming stream and format, made by `reader_for`. `read` is for the newest packet and may keep what
a stream says of itself; `numbers` is for packets out of order and repetitions, and keeps nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from meetings.media import rtp, sdp
from meetings.media.codecs import av1, h264, vp9
from meetings.media.negotiation import Format

_KEYFRAME = rtp.Vp8(0, 0, 0, 0, 0, True, 0)


class Reader:
    """Sound: nothing to rewrite, and every packet is a good one to begin with."""

    def read(self, packet: bytes, header: rtp.Header) -> rtp.Vp8 | None:
        return _KEYFRAME

    def numbers(self, packet: bytes, header: rtp.Header) -> rtp.Vp8 | None:
        return None


class Vp8Reader(Reader):
    def read(self, packet: bytes, header: rtp.Header) -> rtp.Vp8 | None:
        return rtp.parse_vp8(packet, header.payload, header.end)

    numbers = read


class H264Reader(Reader):
    def read(self, packet: bytes, header: rtp.Header) -> rtp.Vp8 | None:
        begins, height = h264.keyframe(packet, header.payload, header.end)
        return rtp.Vp8(0, 0, 0, 0, 0, True, height) if begins else None


class Vp9Reader(Reader):
    """Keeps the last scalability structure; `last` is the descriptor just read."""

    def __init__(self) -> None:
        self.last: vp9.Descriptor | None = None
        self.layers = 1
        self.heights: tuple[int, ...] = ()

    def read(self, packet: bytes, header: rtp.Header) -> rtp.Vp8 | None:
        self.last = vp9.parse(packet, header.payload, header.end)
        if self.last is None:
            return None
        if self.last.layers:
            self.layers, self.heights = self.last.layers, self.last.heights
        return self.last.numbers

    def numbers(self, packet: bytes, header: rtp.Header) -> rtp.Vp8 | None:
        descriptor = vp9.parse(packet, header.payload, header.end)
        return descriptor.numbers if descriptor is not None else None


class Av1Reader(Reader):
    """Keeps the structure and which decode targets are produced; `last` is the descriptor just read.

    `extension`: the id of the dependency descriptor, 0 where the sender has none."""

    def __init__(self, extension: int) -> None:
        self.extension = extension
        self.last: av1.Descriptor | None = None
        self.structure: av1.Structure | None = None
        self.active = 0

    def read(self, packet: bytes, header: rtp.Header) -> rtp.Vp8 | None:
        self.last = None
        for number, _, value, end in rtp.extensions(packet, header):
            if number == self.extension:
                return self._described(packet, value, end)
        return _KEYFRAME if av1.begins_sequence(packet, header) else None

    def _described(self, packet: bytes, value: int, end: int) -> rtp.Vp8 | None:
        descriptor = self.last = av1.parse(packet, value, end, self.structure)
        if descriptor is None:
            return None
        height = 0
        if descriptor.structure is not None:
            self.structure = descriptor.structure
            height = max(descriptor.structure.heights, default=0)
        if descriptor.active is not None:
            self.active = descriptor.active
        return rtp.Vp8(value + 1, 16, descriptor.number, 0, 0, descriptor.structure is not None, height)

    def describe(self, packet: bytes, header: rtp.Header) -> av1.Descriptor | None:
        """The descriptor of any packet; nothing is kept."""
        for number, _, value, end in rtp.extensions(packet, header):
            if number == self.extension:
                return av1.parse(packet, value, end, self.structure)
        return None

    def numbers(self, packet: bytes, header: rtp.Header) -> rtp.Vp8 | None:
        for number, _, value, end in rtp.extensions(packet, header):
            if number == self.extension:
                frame = av1.frame_number(packet, value, end)
                return rtp.Vp8(value + 1, 16, frame, 0, 0, False, 0) if frame is not None else None
        return None


def reader_for(wire: Format, extensions: Mapping[str, int]) -> Reader:
    """The reader of a stream in this format from a sender with these extension ids."""
    name = wire.key.partition("-")[0]
    if name == "vp8":
        return Vp8Reader()
    if name == "vp9":
        return Vp9Reader()
    if name == "av1":
        return Av1Reader(extensions.get(sdp.DEPENDENCY, 0))
    if name == "h264":
        return H264Reader()
    return Reader()
