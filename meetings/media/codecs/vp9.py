"""VP9 on the wire (RFC 9628): the payload descriptor, with which layers of a scalable picture are told apart.

Pure functions over decrypted packets, called by the router for each packet; hostile input gives None.
"""

from __future__ import annotations

from struct import Struct
from typing import NamedTuple

from meetings.media import rtp

_SIZE = Struct("!HH")


class Descriptor(NamedTuple):
    """What a packet says of itself (RFC 9628 4.2)."""

    numbers: rtp.Vp8
    """Its running numbers; `keyframe` is set on the first packet of a picture that stands for itself."""
    spatial: int
    temporal: int
    switching: bool
    """U: higher temporal layers that follow need nothing of theirs before this picture."""
    begins: bool
    """B and E: first and last packet of one layer's frame."""
    ends: bool
    inter_picture: bool
    """P: predicted from an earlier picture."""
    spare: bool
    """Z: no higher spatial layer needs this frame."""
    layers: int
    """Spatial layers of the stream, from its scalability structure; 0 where the packet has none."""
    heights: tuple[int, ...]
    """Of the spatial layers in pixels, where the structure says them."""


def parse(data: bytes, start: int, end: int) -> Descriptor | None:
    """Read the descriptor of the payload data[start:end]; None when it is cut short."""
    try:
        return _parse(data[: min(end, len(data))], start)
    except IndexError:
        return None


def _parse(data: bytes, start: int) -> Descriptor:
    flags = data[start]
    at = start + 1
    picture_at = picture_bits = picture = 0
    if flags & 0x80:
        picture_at, picture_bits, picture = at, 7, data[at] & 0x7F
        if data[at] & 0x80:
            picture_bits, picture = 15, (data[at] & 0x7F) << 8 | data[at + 1]
            at += 1
        at += 1
    temporal = spatial = tl0_at = tl0 = 0
    switching = False
    if flags & 0x20:
        byte = data[at]
        at += 1
        temporal, switching, spatial = byte >> 5, bool(byte & 0x10), byte >> 1 & 0x07
        if not flags & 0x10:  # non-flexible mode
            tl0_at, tl0 = at, data[at]
            at += 1
    if flags & 0x50 == 0x50:  # flexible mode names what it is predicted from: at most three
        for _ in range(3):
            at += 1
            if not data[at - 1] & 0x01:
                break
    layers, heights = 0, tuple[int, ...]()
    if flags & 0x02:
        layers, heights, at = _structure(data, at)
    if at >= len(data):
        raise IndexError
    keyframe = not flags & 0x40 and bool(flags & 0x08) and spatial == 0
    height = heights[-1] if keyframe and heights else 0
    return Descriptor(
        numbers=rtp.Vp8(picture_at, picture_bits, picture, tl0_at, tl0, keyframe, height),
        spatial=spatial,
        temporal=temporal,
        switching=switching,
        begins=bool(flags & 0x08),
        ends=bool(flags & 0x04),
        inter_picture=bool(flags & 0x40),
        spare=bool(flags & 0x01),
        layers=layers,
        heights=heights,
    )


def _structure(data: bytes, at: int) -> tuple[int, tuple[int, ...], int]:
    """The scalability structure: number of spatial layers, their heights, where it ends (RFC 9628 4.2.1)."""
    head = data[at]
    at += 1
    layers, heights = (head >> 5) + 1, []
    if head & 0x10:
        for _ in range(layers):
            if at + 4 > len(data):
                raise IndexError
            heights.append(_SIZE.unpack_from(data, at)[1])
            at += 4
    if head & 0x08:
        count = data[at]
        at += 1
        for _ in range(count):
            at += 1 + (data[at] >> 2 & 0x03)
    return layers, tuple(heights), at
