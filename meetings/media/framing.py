"""Datagrams on a byte stream (RFC 4571): each is preceded by its length in two bytes. `tcp.py` reads and writes so.

Sans-I/O. A peer that announces a frame longer than any packet of ours is cut, so that a connection never holds more
than one frame.
"""

from __future__ import annotations

MAX_FRAME = 2048
"""Bytes; the same as a datagram on the UDP port may have."""


class BadFrame(ValueError):
    """The stream announces a frame that is too long to be one of ours."""


def frame(datagram: bytes | bytearray) -> bytes:
    """The datagram with its length before it. ValueError beyond 65,535 bytes."""
    if len(datagram) > 0xFFFF:
        raise ValueError("too long for a frame")
    return len(datagram).to_bytes(2, "big") + datagram


class Deframer:
    """Cuts a stream into datagrams; holds at most one that has not come whole."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = bytearray()

    @property
    def held(self) -> int:
        """Bytes that wait for the rest of their frame."""
        return len(self._held)

    def feed(self, data: bytes) -> list[bytes]:
        """The datagrams that are whole now, in order; empty ones (RFC 4571 2) are left out. Raises BadFrame."""
        held = self._held
        held += data
        frames = []
        at = 0
        while len(held) - at >= 2:
            size = held[at] << 8 | held[at + 1]
            if size > MAX_FRAME:
                raise BadFrame(f"a frame of {size} bytes")
            end = at + 2 + size
            if end > len(held):
                break
            if size:
                frames.append(bytes(held[at + 2 : end]))
            at = end
        del held[:at]
        return frames
