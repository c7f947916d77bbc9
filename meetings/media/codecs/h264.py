"""H264 on the wire (RFC 6184): where a picture begins that stands for itself, and how high it is.

Pure functions over decrypted packets in packetization mode 1; hostile input gives "no keyframe".
"""

from __future__ import annotations

from struct import Struct

from meetings.media.codecs.bits import Bits

_U16 = Struct("!H")
_IDR, _SPS, _STAP_A, _FU_A = 5, 7, 24, 28
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128})
_MAX_UNITS = 32


def keyframe(data: bytes, start: int, end: int) -> tuple[bool, int]:
    """Whether a keyframe begins with this payload, and its height in pixels where a parameter set says it.

    A keyframe begins with its sequence parameter set or, where that came before, with the first slice of an IDR
    picture; later slices of the same picture do not count."""
    if start >= end:
        return False, 0
    kind = data[start] & 0x1F
    if kind == _FU_A:
        begins = start + 2 < end and data[start + 1] & 0x9F == 0x80 | _IDR
        return begins and bool(data[start + 2] & 0x80), 0
    if kind != _STAP_A:
        return _unit(data, start, end)
    at, found, height = start + 1, False, 0
    for _ in range(_MAX_UNITS):
        if at + 3 > end:
            break
        size = _U16.unpack_from(data, at)[0]
        begins, pixels = _unit(data, at + 2, min(end, at + 2 + size))
        found, height = found or begins, height or pixels
        at += 2 + size
    return found, height


def _unit(data: bytes, start: int, end: int) -> tuple[bool, int]:
    if start + 2 > end:
        return False, 0
    kind = data[start] & 0x1F
    if kind == _SPS:
        return True, _height(data[start + 1 : end])
    # first_mb_in_slice = 0 is written as a single 1 bit (ITU-T H.264 7.3.3)
    return kind == _IDR and bool(data[start + 1] & 0x80), 0


class _Bits(Bits):
    """The fields of a NAL unit."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data.replace(b"\x00\x00\x03", b"\x00\x00"))  # emulation prevention (7.4.1)

    def golomb(self) -> int:
        """ue(v) (9.1); se(v) has the same length."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 31:
                raise IndexError
        return (1 << zeros) - 1 + self.take(zeros)


def _height(sps: bytes) -> int:
    """Of a sequence parameter set (7.3.2.1.1) after cropping; 0 when it cannot be read."""
    try:
        return _read_height(_Bits(sps[:128]))
    except IndexError:
        return 0


def _read_height(bits: _Bits) -> int:
    profile = bits.take(8)
    bits.take(16)
    bits.golomb()
    chroma = 1
    if profile in _HIGH_PROFILES:
        chroma = bits.golomb()
        if chroma == 3:
            bits.take(1)
        bits.golomb()
        bits.golomb()
        bits.take(1)
        if bits.take(1):  # scaling matrices: browsers write none
            return 0
    bits.golomb()
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.take(1)
        bits.golomb()
        bits.golomb()
        for _ in range(min(bits.golomb(), 255)):
            bits.golomb()
    bits.golomb()
    bits.take(1)
    bits.golomb()
    rows = bits.golomb() + 1
    frames_only = bits.take(1)
    if not frames_only:
        bits.take(1)
    bits.take(1)
    height = rows * 16 * (2 - frames_only)
    if bits.take(1):
        bits.golomb()
        bits.golomb()
        unit = (2 if chroma == 1 else 1) * (2 - frames_only)
        height -= unit * (bits.golomb() + bits.golomb())
    return height if 0 < height <= 16384 else 0
