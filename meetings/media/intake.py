"""What comes in, as the data plane sees it: one connection's session and streams, and how far each stream has come.

The counterpart of `fanout.Path`. Most packets need no decision: the next one of a known stream, for the outputs that
are known. The router says of which streams that holds (`Plane.arm`); whatever else comes is left to it, and whoever
changes something that decides about a stream disarms it first. All memory here can be read and written by C.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from pylibsrtp import Session

from meetings.media import rtp
from meetings.media.nack import Ring
from meetings.media.reception import Arrivals, Progress

MAX_STREAMS = 64
"""Of one connection: `fanout_intake` of `_fanout.h` has room for so many."""


class Watched(NamedTuple):
    """What the data plane is told of a stream when it is armed."""

    progress: Progress
    ssrc: int
    payload_type: int
    clock: int
    pictures: bool
    """VP8; else sound, or whatever has nothing to rewrite and may begin anywhere."""
    ring: Ring
    loudness: array[float] | None
    """(score, heard at) of `speakers.Loudness`."""
    outputs: Sequence[int]


class Intake:
    """What one sending connection brings: set up when DTLS is done, `close` cuts it at once.

    `wire` is what a data plane made of it; it is told through `follow` when it closes."""

    __slots__ = ("arrivals", "follow", "level_id", "session", "streams", "totals", "transport_id", "wire")

    def __init__(self) -> None:
        self.session: Session | None = None
        self.totals = array("Q", [0])
        """Bytes of decrypted RTP packets."""
        self.arrivals = Arrivals()
        self.transport_id = 0
        """The sender's extension id of transport-wide numbers, 0 where it has none."""
        self.level_id = 0
        """The same of sound levels."""
        self.streams: dict[int, Watched] = {}
        """What was armed once, by SSRC: their packets come decrypted."""
        self.wire: Any = None
        self.follow: Callable[[Intake], None] | None = None

    def note(self, packet: bytes, header: rtp.Header, now: float) -> int | None:
        """The packet's arrival, by its transport-wide number; gives its sound level (0: the loudest) or None."""
        level = None
        for number, _, value, end in rtp.extensions(packet, header):
            if not number:
                continue
            if number == self.transport_id and end - value >= 2:
                self.arrivals.came(packet[value] << 8 | packet[value + 1], now)
            elif number == self.level_id and end > value:
                level = packet[value] & 0x7F
        return level

    def close(self) -> None:
        self.session = None
        self.streams.clear()
        if self.follow is not None:
            self.follow(self)
