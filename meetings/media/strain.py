"""Is a publisher's line too narrow for what it sends? What the server then does, beside the browser's own controller.

Pure; times in seconds, rates in bits per second. `control.py` feeds one `Strain` per sending connection every 50 ms.
While the line is full nothing is asked for again on it but the small picture: repetitions would take what the voice
needs. The browser is told at once what arrives (REMB), which it would find out a second later. And it is not told of
these losses: Chromium weighs them for five seconds, in which it sends a tenth of what the line carries. What arrives
late is told, and that is what its estimate should follow.
"""

from __future__ import annotations

from collections import deque


class Queue:
    """How long the newest packet of a stream waited on the way, beyond what packets wait at least."""

    MEMORY = 5.0

    def __init__(self) -> None:
        self.wait = 0.0
        self._transit: float | None = None
        self._least = [0.0, 0.0]
        """Of this stretch of MEMORY seconds, and of the one before."""
        self._since = 0.0

    def came(self, captured: float, at: float) -> None:
        """`captured`: seconds on the sender's clock, from anywhere."""
        transit = at - captured
        if self._transit is None or abs(transit - self._transit) > 2.0:  # another stream, another clock
            self._least, self._since = [transit, transit], at
        elif at - self._since > self.MEMORY:
            self._least, self._since = [transit, self._least[0]], at
        self._transit = transit
        self._least[0] = min(self._least[0], transit)
        self.wait = transit - min(self._least)


class Strain:
    """What the newest packets of one sending connection tell of its line."""

    WINDOW = 0.2
    SHARE, LEAST = 0.45, 12
    """So much is lost only where far too much is sent; both halves of the window must show it: no outage, a flood."""
    WAIT, PASSES, LONGEST = 0.1, 0.65, 2.0
    """Waiting for so long while less than this share of the usual comes is a flood too, which losses show later; for so
    many seconds at most, for a line may have become longer and what it is given less."""
    FEW, MERCY, PENANCE = 5, 1.5, 10.0
    """Fewer losses in a report are told; others are not for so many seconds, and not again before so many."""
    CALM = 0.06
    """Seconds without such signs after which the line has recovered."""
    ROOM, OBEYED, LITTLE = 0.85, 0.3, 150_000.0
    """Of what arrives, so much may be sent; the seconds after which what comes is what was told; nobody is told less: a
    browser that waits for its reports sends nothing for a moment."""
    SOON, GROWTH, WIDE = 1.0, 1.3, 20_000_000.0
    """Seconds after which it may be more, how much more each second, and where nothing needs to be said any more: what
    came back at once would fill the line again."""

    def __init__(self) -> None:
        self.limit: float | None = None
        """What the publisher is told to send at most; None when there is nothing to tell."""
        self.queue = Queue()
        self._reports: deque[tuple[float, int, int]] = deque()
        """When, how many came, how many were lost."""
        self._usual = 0.0
        self._full_since = self._full_until = self._forgiven_since = self._raised_at = -1.0e9
        self._was_full = False

    def look(self, arrived: float, now: float) -> None:
        """Every 50 ms; `arrived`: bits per second of pictures, of the last moment."""
        few = arrived < self.PASSES * self._usual
        waits = self.queue.wait > self.WAIT
        if not self.is_full(now):
            self._full_since = now
            if not waits:
                self._usual += (arrived - self._usual) / 10
        if self._floods() or (waits and few and now - self._full_since < self.LONGEST):
            self._full_until = now + self.CALM
            # once its sender has obeyed, little comes because little is sent
            if self.limit is None or arrived > self.limit or now - self._full_since < self.OBEYED:
                self.limit = max(self.LITTLE, self.ROOM * arrived)
            self._raised_at = now + self.SOON
        elif self.limit is not None and now > self._raised_at:
            self._raised_at = now + 1.0
            self.limit = None if self.limit > self.WIDE else self.GROWTH * self.limit

    def forgives(self, came: int, lost: int, now: float) -> bool:
        """Take what one report says → whether not to tell of its losses.

        A line that goes on losing has no queue that would show: who sends into it is told the truth soon."""
        reports = self._reports
        reports.append((now, came, lost))
        while reports[0][0] < now - self.WINDOW:
            reports.popleft()
        if lost < self.FEW or not self._lossy([reports[-1]]):
            return False
        if now - self._forgiven_since > self.PENANCE:
            self._forgiven_since = now
        return now - self._forgiven_since < self.MERCY

    def _floods(self) -> bool:
        reports = list(self._reports)
        half = len(reports) // 2
        lost = sum(lost for _, _, lost in reports)
        return lost >= self.LEAST and self._lossy(reports[:half]) and self._lossy(reports[half:])

    def _lossy(self, reports: list[tuple[float, int, int]]) -> bool:
        lost = sum(lost for _, _, lost in reports)
        return lost > self.SHARE * (lost + sum(came for _, came, _ in reports))

    def is_full(self, now: float) -> bool:
        return now < self._full_until

    def begins(self, now: float) -> bool:
        """Whether the line is full, and was not when this was asked last."""
        full = self.is_full(now)
        self._was_full, before = full, self._was_full
        return full and not before
