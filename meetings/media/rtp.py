"""RTP on the wire: header fields, header extensions (RFC 8285), the VP8 payload descriptor (RFC 7741).

Pure functions over decrypted packets. Everything here meets hostile input: a packet that lies about a
length gives None or a shorter answer, never an exception.
"""

from __future__ import annotations

from collections.abc import Iterator
from struct import Struct
from typing import NamedTuple

HEADER = Struct("!BBHII")
_U16 = Struct("!H")
_U32 = Struct("!I")

SEQ = 0xFFFF
TS = 0xFFFFFFFF


def newer(a: int, b: int) -> bool:
    """Whether sequence number a comes after b, across the wrap at 65536 (RFC 3550 A.1)."""
    return 0 < ((a - b) & SEQ) < 0x8000


class Header(NamedTuple):
    """Fixed fields and where things lie in the packet, in bytes from its start."""

    marker: bool
    payload_type: int
    seq: int
    timestamp: int
    ssrc: int
    extensions: int
    """Start of the first extension element, 0 without extensions."""
    one_byte: bool
    payload: int
    end: int
    """Where the payload ends and padding begins."""


def parse(data: bytes) -> Header | None:
    """Read an RTP header; None when it is not a whole RTP packet."""
    size = len(data)
    if size < 12:
        return None
    first, second, seq, timestamp, ssrc = HEADER.unpack_from(data)
    if first >> 6 != 2:
        return None
    payload = 12 + 4 * (first & 0x0F)
    extensions = 0
    one_byte = True
    if first & 0x10:
        if size < payload + 4:
            return None
        profile = _U16.unpack_from(data, payload)[0]
        length = 4 * _U16.unpack_from(data, payload + 2)[0]
        one_byte = profile == 0xBEDE
        extensions = payload + 4 if one_byte or profile & 0xFFF0 == 0x1000 else 0
        payload += 4 + length
    end = size
    if first & 0x20:
        end -= data[-1]
        if data[-1] == 0:
            return None
    if payload > end:
        return None
    return Header(bool(second & 0x80), second & 0x7F, seq, timestamp, ssrc, extensions, one_byte, payload, end)


def extensions(data: bytes, header: Header) -> Iterator[tuple[int, int, int, int]]:
    """Each header extension as (id, start of the element, start of the value, end of the value)."""
    position, limit = header.extensions, header.payload
    if not position:
        return
    if header.one_byte:
        while position < limit:
            byte = data[position]
            if byte == 0:
                position += 1
                continue
            number = byte >> 4
            end = position + 2 + (byte & 0x0F)
            if number == 15 or end > limit:
                return
            yield number, position, position + 1, end
            position = end
        return
    while position < limit:
        number = data[position]
        if number == 0:
            position += 1
            continue
        if position + 2 > limit:
            return
        end = position + 2 + data[position + 1]
        if end > limit:
            return
        yield number, position, position + 2, end
        position = end


class Vp8(NamedTuple):
    """A payload's running numbers, where they lie in the packet (0: absent), and what the packet begins.

    Named after VP8's descriptor; VP9's and AV1's numbers are given in the same form."""

    picture_at: int
    picture_bits: int
    """7 or 15 (VP8, VP9), or 16 (AV1's frame number)."""
    picture: int
    tl0_at: int
    tl0: int
    keyframe: bool
    """First packet of a keyframe."""
    height: int
    """Of the keyframe, 0 otherwise."""


def parse_vp8(data: bytes, start: int, end: int) -> Vp8 | None:
    """Read the descriptor of the payload data[start:end]; None when it is cut short."""
    at = start
    if at >= end:
        return None
    first = data[at]
    at += 1
    picture_at = picture_bits = picture = tl0_at = tl0 = 0
    if first & 0x80:
        if at >= end:
            return None
        flags = data[at]
        at += 1
        if flags & 0x80:
            if at >= end:
                return None
            picture_at, picture_bits, picture = at, 7, data[at] & 0x7F
            if data[at] & 0x80:
                if at + 2 > end:
                    return None
                picture_bits = 15
                picture = _U16.unpack_from(data, at)[0] & 0x7FFF
                at += 1
            at += 1
        if flags & 0x40:
            if at >= end:
                return None
            tl0_at, tl0 = at, data[at]
            at += 1
        if flags & 0x30:
            at += 1
    if at >= end:
        return None
    keyframe = bool(first & 0x10) and not first & 0x07 and not data[at] & 0x01
    height = 0
    if keyframe:
        # RFC 6386 9.1: 3 bytes frame tag, start code 9d 01 2a, 14 bits width, 14 bits height, little endian
        if at + 10 > end or data[at + 3 : at + 6] != b"\x9d\x01\x2a":
            keyframe = False
        else:
            height = (data[at + 8] | data[at + 9] << 8) & 0x3FFF
    return Vp8(picture_at, picture_bits, picture, tl0_at, tl0, keyframe, height)


def unwrap_rtx(data: bytes, header: Header, ssrc: int, payload_type: int) -> bytes | None:
    """The packet that an RTX packet repeats (RFC 4588); None for a probe of padding alone."""
    if header.end - header.payload < 2:
        return None
    original = _U16.unpack_from(data, header.payload)[0]
    head = bytearray(data[: header.payload])
    head[0] &= 0xDF
    head[1] = (0x80 if header.marker else 0) | payload_type
    _U16.pack_into(head, 2, original)
    _U32.pack_into(head, 8, ssrc)
    return bytes(head) + data[header.payload + 2 : header.end]


def wrap_rtx(data: bytes, header: Header, ssrc: int, payload_type: int, seq: int) -> bytes:
    """Repeat an outgoing packet as RTX (RFC 4588) under its own SSRC, payload type and sequence."""
    head = bytearray(data[: header.payload])
    head[0] &= 0xDF
    head[1] = (0x80 if header.marker else 0) | payload_type
    _U16.pack_into(head, 2, seq)
    _U32.pack_into(head, 8, ssrc)
    return bytes(head) + _U16.pack(header.seq) + data[header.payload : header.end]
