"""When a packet's content was captured, on our clock: sender reports of several publishers on one line of time.

Pure; times in seconds are arguments. A publisher's own clock may be years off; all its streams share a `SenderClock`,
so that its sound and picture stay together whatever that is. `slots.py` lines up sources by it, `control.py` brings the
reports.
"""

from __future__ import annotations

from meetings.media import rtp

_FRACTION = 1 << 32
_UNIX = 2_208_988_800
"""Where our reports begin to count (1970 in NTP's era): all that matters is that it is the same for all."""


def seconds(ntp: int) -> float:
    """An NTP timestamp of 64 bits (RFC 3550 4)."""
    return ntp / _FRACTION


def to_ntp(now: float) -> int:
    """Our clock as reports write it."""
    return round((now + _UNIX) * _FRACTION) & 0xFFFFFFFFFFFFFFFF


class SenderClock:
    """How far a publisher's clock is from ours: by its quickest report, for the others waited on the way."""

    STEP = 1.0
    """A report that is so far from what is known means that the clock was set."""
    DRIFT = 200e-6
    """Seconds by which two clocks may part each second."""

    def __init__(self) -> None:
        self._offset: float | None = None
        self._at = 0.0

    def report(self, ntp: float, now: float) -> None:
        sample = now - ntp
        if self._offset is None or abs(sample - self._offset) > self.STEP:
            self._offset = sample
        else:
            slack = self.DRIFT * max(0.0, now - self._at)
            self._offset = min(sample, self._offset + slack)
        self._at = now

    def ours(self, ntp: float) -> float | None:
        """When that was on our clock; None before the first report."""
        return ntp + self._offset if self._offset is not None else None


class StreamClock:
    """One stream's timestamps by its last report. `rate`: their units per second."""

    STALE = 60
    """Seconds of media after which a report says nothing about a timestamp any more."""

    def __init__(self, rate: int) -> None:
        self.sender = SenderClock()
        self._rate = rate
        self._reference: tuple[int, float] | None = None

    def report(self, ntp: int, timestamp: int, now: float) -> None:
        """A sender report (RFC 3550 6.4.1) came."""
        self.sender.report(seconds(ntp), now)
        self._reference = (timestamp, seconds(ntp))

    def captured(self, timestamp: int) -> float | None:
        """When this was captured, on our clock; None while nothing is known."""
        if self._reference is None:
            return None
        reference, ntp = self._reference
        passed = ((timestamp - reference + 0x80000000) & rtp.TS) - 0x80000000
        if abs(passed) > self.STALE * self._rate:
            return None
        return self.sender.ours(ntp + passed / self._rate)
