"""Frames out of RTP packets: Opus (RFC 7587), VP8 (RFC 7741), H264 (RFC 6184). Pure; hostile input gives no frame.

A picture that lost a packet is left out, and all after it up to the next keyframe: what builds on it would be garbage.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Protocol

from meetings.media import rtp

_START = b"\x00\x00\x00\x01"
_IDR, _STAP_A, _FU_A = 5, 24, 28


class Assembler(Protocol):
    """Packets of one stream in, frames out."""

    codec: str

    def take(self, packet: bytes, header: rtp.Header) -> Iterator[tuple[bytes, bool]]:
        """The frames that this packet completes, each with whether it stands for itself."""

    def break_off(self) -> None:
        """Something is missing here."""


class Sound:
    """Every packet is a frame."""

    codec = "opus"

    def take(self, packet: bytes, header: rtp.Header) -> Iterator[tuple[bytes, bool]]:
        yield packet[header.payload : header.end], True

    def break_off(self) -> None:
        """Nothing builds on what came before."""


class Pictures(ABC):
    """What pictures of all codecs have in common."""

    codec = ""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._next: int | None = None
        self._stamp: int | None = None
        self._whole = False
        self._usable = False

    def break_off(self) -> None:
        self._next, self._usable = None, False
        self._parts.clear()

    def take(self, packet: bytes, header: rtp.Header) -> Iterator[tuple[bytes, bool]]:
        if self._next is not None and header.seq != self._next:
            self.break_off()
        self._next = (header.seq + 1) & rtp.SEQ
        if header.timestamp != self._stamp:
            self._stamp = header.timestamp
            self._parts.clear()
            self._whole = self.begins(packet, header)
        elif not self._parts and not self._whole:
            return
        self._parts += self.payload(packet, header)
        if header.marker and self._whole and self._parts:
            frame = b"".join(self._parts)
            self._parts.clear()
            key = self.stands_alone(frame)
            self._usable = self._usable or key
            if self._usable:
                yield frame, key

    def begins(self, packet: bytes, header: rtp.Header) -> bool:
        """Whether a frame can begin with this packet."""
        return True

    @abstractmethod
    def payload(self, packet: bytes, header: rtp.Header) -> list[bytes]:
        """What this packet adds to its frame."""

    @abstractmethod
    def stands_alone(self, frame: bytes) -> bool:
        """Whether the frame is a keyframe."""


class Vp8(Pictures):
    codec = "vp8"

    def begins(self, packet: bytes, header: rtp.Header) -> bool:
        first = packet[header.payload]
        return bool(first & 0x10) and not first & 0x07

    def payload(self, packet: bytes, header: rtp.Header) -> list[bytes]:
        at = header.payload
        more = bool(packet[at] & 0x80)
        at += 1
        if more and at < header.end:
            flags = packet[at]
            at += 1
            if flags & 0x80 and at < header.end:
                at += 2 if packet[at] & 0x80 else 1
            at += bool(flags & 0x40)
            at += bool(flags & 0x30)
        return [packet[at : header.end]] if at < header.end else []

    def stands_alone(self, frame: bytes) -> bool:
        return not frame[0] & 0x01


class H264(Pictures):
    """Frames are given as a byte stream with start codes (ITU-T H.264 annex B)."""

    codec = "h264"

    def payload(self, packet: bytes, header: rtp.Header) -> list[bytes]:
        at, end = header.payload, header.end
        kind = packet[at] & 0x1F
        if kind == _STAP_A:
            units = []
            at += 1
            while at + 2 < end:
                size = packet[at] << 8 | packet[at + 1]
                units += [_START, packet[at + 2 : min(end, at + 2 + size)]]
                at += 2 + size
            return units
        if kind == _FU_A:
            if at + 2 >= end:
                return []
            head = bytes([packet[at] & 0xE0 | packet[at + 1] & 0x1F])
            return [_START, head, packet[at + 2 : end]] if packet[at + 1] & 0x80 else [packet[at + 2 : end]]
        return [_START, packet[at:end]]

    def stands_alone(self, frame: bytes) -> bool:
        return any(unit[:1] and unit[0] & 0x1F == _IDR for unit in frame.split(_START))


def assembler_for(format_key: str) -> Assembler | None:
    """For a stream of this format (`negotiation.Format.key`); None for a codec of which nothing can be made here."""
    name = format_key.partition("-")[0]
    if name in ("opus", "red"):
        return Sound()
    if name == "vp8":
        return Vp8()
    return H264() if name == "h264" else None
