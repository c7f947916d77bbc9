"""Redundant audio (RFC 2198): each packet repeats the frames before its own, so that a lost one is heard all the same.

Pure functions over decrypted packets, called by `lanes.py` and `router.py`. Blocks name payload types of whoever
negotiated them, so these are renumbered from one peer to another. A packet that lies gives None.
"""

from __future__ import annotations

from meetings.media import rtp

_MORE = 0x80


def _heads(data: bytes, header: rtp.Header) -> tuple[list[int], int] | None:
    """Where each block's header begins, and where the primary block's bytes begin."""
    at, redundant = header.payload, 0
    heads = []
    while True:
        if at >= header.end:
            return None
        heads.append(at)
        if not data[at] & _MORE:
            break
        if at + 4 > header.end:
            return None
        redundant += (data[at + 2] & 0x03) << 8 | data[at + 3]
        at += 4
    primary = at + 1 + redundant
    return (heads, primary) if primary <= header.end else None


def primary(data: bytes, header: rtp.Header, payload_type: int) -> bytes | None:
    """The packet's own frame alone, as a plain packet of `payload_type`; None when it holds none."""
    found = _heads(data, header)
    if found is None or found[1] == header.end:
        return None
    head = bytearray(data[: header.payload])
    head[0] &= 0xDF
    head[1] = (0x80 if header.marker else 0) | payload_type
    return bytes(head) + data[found[1] : header.end]


def renumber(data: bytes, header: rtp.Header, payload_type: int) -> bytes | None:
    """The same packet, its blocks named `payload_type`."""
    found = _heads(data, header)
    if found is None:
        return None
    copy = bytearray(data)
    for at in found[0]:
        copy[at] = (copy[at] & _MORE) | payload_type
    return bytes(copy)


def wrap(data: bytes, header: rtp.Header, payload_type: int) -> bytes:
    """A plain packet as a redundant one of `payload_type` without redundancy: browsers mix the two in one stream."""
    head = bytearray(data[: header.payload])
    head[0] &= 0xDF
    head[1] = (0x80 if header.marker else 0) | payload_type
    return bytes(head) + bytes([header.payload_type]) + data[header.payload : header.end]
