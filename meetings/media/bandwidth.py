"""How much one receiver's line carries: Google congestion control (draft-ietf-rmcat-gcc-02) from its feedback.

Pure; times in seconds and rates in bits per second. `control.py` feeds one `Estimator` per receiving connection with
what was sent and what the receiver says came when; `layers.py` spends what it answers. A receiver without
transport-wide feedback is held back by its REMB and its loss reports alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

FLOOR, CEILING = 60_000.0, 50_000_000.0
START = 1_000_000.0
QUIET = 0.7
"""Seconds without feedback after which a line counts as interrupted."""
LATE, STEADY = 0.16, 0.3
"""Seconds by which feedback is later than usual where a line may be full both ways, and in time until that is over."""
_REFERENCE_WRAP = (1 << 24) * 0.064


class Packet(NamedTuple):
    """One packet of ours and its fate; `arrived` is None when it was lost."""

    sent: float
    size: int
    arrived: float | None


class Trend:
    """Does the queue on the way grow? Slope of the one-way delay over the last 20 bursts of packets."""

    WINDOW = 20
    SMOOTHING = 0.9
    GAIN = 4.0
    BURST = 0.005
    OVERUSE_FOR = 0.01
    K_UP, K_DOWN = 0.0087, 0.039
    QUEUE = 20.0
    """A queue shorter than this (ms) is the line's own jitter."""
    MEMORY = 10.0

    def __init__(self) -> None:
        self.state = "normal"
        """`normal`, `overusing` or `underusing`."""
        self.queue = 0.0
        """Milliseconds that the newest packets waited longer than others did."""
        self._threshold = 12.5
        self._points: deque[tuple[float, float]] = deque(maxlen=self.WINDOW)
        self._count = 0
        self._delay = 0.0
        self._smoothed = 0.0
        self._first = 0.0
        self._group: tuple[float, float, float] | None = None
        """Of the burst that is being gathered: first sent, last sent, last arrived."""
        self._before: tuple[float, float] | None = None
        self._over = -1.0
        self._slope = 0.0
        self._at: float | None = None
        self._lowest = [0.0, 0.0]
        """Of the smoothed delay, in this stretch of MEMORY seconds and in the one before."""
        self._lowest_since = 0.0

    def came(self, sent: float, arrived: float) -> None:
        group = self._group
        if group is None:
            self._group = (sent, sent, arrived)
        elif sent - group[0] <= self.BURST:
            self._group = (group[0], max(sent, group[1]), max(arrived, group[2]))
        else:
            if self._before is not None:
                self._burst(group[1] - self._before[0], group[2] - self._before[1], group[2])
            self._before = (group[1], group[2])
            self._group = (sent, sent, arrived)

    def _burst(self, sent_apart: float, came_apart: float, now: float) -> None:
        if not self._points:
            self._first = self._lowest_since = now
        self._count += 1
        self._delay += 1000 * (came_apart - sent_apart)
        self._smoothed = self.SMOOTHING * self._smoothed + (1 - self.SMOOTHING) * self._delay
        self._points.append((1000 * (now - self._first), self._smoothed))
        if now - self._lowest_since > self.MEMORY:
            self._lowest, self._lowest_since = [self._smoothed, self._lowest[0]], now
        self._lowest[0] = min(self._lowest[0], self._smoothed)
        self.queue = max(0.0, self._delay - min(self._lowest))
        slope = self._fit() if len(self._points) == self.WINDOW else self._slope
        self._judge(slope, sent_apart, now)

    def _fit(self) -> float:
        mean_x = sum(x for x, _ in self._points) / self.WINDOW
        mean_y = sum(y for _, y in self._points) / self.WINDOW
        spread = sum((x - mean_x) ** 2 for x, _ in self._points)
        return sum((x - mean_x) * (y - mean_y) for x, y in self._points) / spread if spread else 0.0

    def _judge(self, slope: float, apart: float, now: float) -> None:
        weighed = min(self._count, 60) * slope * self.GAIN
        if weighed > self._threshold:
            self._over = apart / 2 if self._over < 0 else self._over + apart
            queue = self._smoothed - min(self._lowest)
            if self._over > self.OVERUSE_FOR and slope >= self._slope and queue > self.QUEUE:
                self._over = 0.0
                self.state = "overusing"
        else:
            self._over = -1.0
            self.state = "underusing" if weighed < -self._threshold else "normal"
        self._slope = slope
        excess = abs(weighed) - self._threshold
        if self._at is not None and excess <= 15:  # a spike (a change of route) does not move the threshold
            gain = self.K_DOWN if excess < 0 else self.K_UP
            self._threshold += gain * excess * min(1000 * (now - self._at), 100)
            self._threshold = min(max(self._threshold, 6.0), 600.0)
        self._at = now


class Probe:
    """A short stretch in which padding raises what is sent to `rate`, to see whether that much arrives."""

    SECONDS = 0.15
    LEAST_BITS = 30_000
    """So much padding at least, or there is nothing to measure."""

    def __init__(self, rate: float, padding: float, now: float) -> None:
        self.rate = rate
        self.padding = padding
        self.began = now
        self.ends = now + max(self.SECONDS, self.LEAST_BITS / max(padding, 1.0))
        self._sent: list[Packet] = []

    def took(self, packet: Packet) -> None:
        if self.began <= packet.sent <= self.ends + 0.02:
            self._sent.append(packet)

    def result(self) -> float | None:
        """The rate at which it arrived, None while too little did."""
        sent = self._sent
        arrivals = [packet.arrived for packet in sent if packet.arrived is not None]
        if len(arrivals) < 8 or len(arrivals) < 0.7 * len(sent):
            return None
        departed, came = sent[-1].sent - sent[0].sent, max(arrivals) - min(arrivals)
        if departed < 0.02:
            return None
        # what leaves within one burst is not an interval: both ends count half; a few losses are the line's habit
        size = 8.0 * (sum(packet.size for packet in sent) - (sent[0].size + sent[-1].size) / 2)
        return min(size / departed, size / max(came, 0.02))


class Rate:
    """Bits per second of what a counter of octets counts, over the last so many seconds."""

    def __init__(self, seconds: float = 0.3) -> None:
        self.rate = 0.0
        self._seconds = seconds
        self._points: deque[tuple[float, int]] = deque()

    def measure(self, octets: int, now: float) -> float:
        """Take a reading → seconds since the one before."""
        elapsed = now - self._points[-1][0] if self._points else 0.0
        self._points.append((now, octets))
        while len(self._points) > 2 and self._points[1][0] <= now - self._seconds:
            self._points.popleft()
        first, count = self._points[0]
        self.rate = 8 * (octets - count) / (now - first) if now > first else 0.0
        return elapsed


class Estimator:
    """Bits per second that may be sent to one receiver now: `available`."""

    SLOWER, LONG = 0.8, 120.0
    """Arriving at less than this share of the pace of leaving, or waiting for so long (ms), is congestion."""
    LOSSY = 0.2
    """Above this share of losses the line is taken to be too narrow; below, they are repaired."""
    FLOOD, FLOOD_WINDOW, FLOOD_LEAST = 0.5, 0.25, 30
    """Of so many packets within so many seconds this share is lost only where far too much is sent."""
    HELD = 0.25
    """Share of what arrived before that a line is given which does not say any more whether it does."""
    EASY = 250_000.0
    """So much harms no line that carries a voice, for a moment."""

    def __init__(self, now: float, feeds: bool) -> None:
        self.available = START
        self.loss = 0.0
        """Share of packets lost in the last second or so."""
        self.fed = feeds
        """Whether the receiver sends transport-wide feedback (or has agreed to)."""
        self.backed_off_at = -1.0e9
        self._trend = Trend()
        self._arrived: deque[tuple[float, int, float]] = deque()
        """Arrival, size, departure."""
        self._departed: deque[tuple[float, int]] = deque()
        self._capacity: float | None = None
        """Smoothed throughput at the moments when the line was full."""
        self._raised_at = now
        self._feedback_at = now
        self._heard = False
        self._sent_at: float | None = None
        self._offset: float | None = None
        self._unwrapped = 0.0
        self._lost = self._counted = 0
        self._loss_since = now
        self._probe: Probe | None = None
        self._probe_after = now
        self._probe_wait = 1.0
        self._recent: deque[Packet] = deque()
        """What was told of the last packets."""
        self._usual = 0.2
        """Seconds until a packet is told of, as a rule, and the interval of reports."""
        self._late = 0
        """How many reports came late, one after the other."""
        self._held = CEILING
        self._held_until = self._held_since = -1.0e9
        self._remb = CEILING
        self._remb_at = now
        self._reported = CEILING
        self._reported_at = now

    # With transport-wide feedback ---------------------------------------------------------------------------------

    def arrival_clock(self, reference: float) -> float:
        """The report's reference time without its wraps."""
        if self._offset is not None and reference < self._offset - _REFERENCE_WRAP / 2:
            self._unwrapped += _REFERENCE_WRAP
        self._offset = reference
        return reference + self._unwrapped

    def quiet(self, now: float) -> bool:
        """Whether the receiver has told nothing for a while, although it did before."""
        return self._heard and now - self._feedback_at > QUIET

    def feedback(self, packets: Sequence[Packet], now: float) -> None:
        """What became of these packets, in the order they were sent."""
        came = [packet for packet in packets if packet.arrived is not None]
        silent = self.quiet(now)
        self._feedback_at = now
        self.fed = self._heard = True
        if silent:  # the line was gone and came back: what was lost meanwhile says nothing of its width
            self._trend = Trend()
            self._arrived.clear()
            self._lost = self._counted = 0
            self._loss_since = now
            packets = came
            self._recent.clear()
        self._departed.extend((packet.sent, packet.size) for packet in packets)
        while self._departed and self._departed[0][0] < self._departed[-1][0] - 0.5:
            self._departed.popleft()
        overused = False
        for packet in came:
            assert packet.arrived is not None
            self._arrived.append((packet.arrived, packet.size, packet.sent))
            self._trend.came(packet.sent, packet.arrived)
            overused = overused or (self._trend.state == "overusing" and self._is_full())
        self._count_losses(packets, now)
        rate = self.throughput()
        passes = self._flooded(packets)
        if passes is not None:
            self._back_off(0.85, min(rate, passes), now)
        elif overused:
            self._back_off(0.85, rate, now)
        elif self._trend.state == "normal":
            self._raise(rate, now)
        self._judge_probe(packets, now)

    def _flooded(self, packets: Sequence[Packet]) -> float | None:
        """The rate that passes (bits per second) where most of the newest packets are lost, sooner and later ones."""
        recent = self._recent
        recent.extend(packets)
        while recent and recent[0].sent < recent[-1].sent - self.FLOOD_WINDOW:
            recent.popleft()
        if len(recent) < self.FLOOD_LEAST:
            return None
        half = len(recent) // 2
        lost = [packet.arrived is None for packet in recent]
        if min(sum(lost[:half]) / half, sum(lost[half:]) / (len(lost) - half)) < self.FLOOD:
            return None
        passed = sum(packet.size for packet in recent if packet.arrived is not None)
        return 8.0 * passed / max(recent[-1].sent - recent[0].sent, 0.05)

    def watch(self, waited: float, now: float) -> None:
        """Every 50 ms: the packet that was longest not told of went out `waited` seconds ago. Where a line is full both
        ways its reports come late or not at all: until they come in time it is given little, for a second at most
        (then it is gone, not full)."""
        if not self._heard or waited < self._usual + LATE:
            return
        if now > self._held_until and self._held_since < self._feedback_at:
            self._held_since = now
            self._held = max(self.EASY, self.HELD * self.throughput())
        if now - self._held_since < 1.0:
            self._held_until = now + STEADY

    def is_held(self, now: float) -> bool:
        """Whether reports are late, or were until just now."""
        return now < self._held_until

    def told(self, waited: float, now: float) -> None:
        """Feedback comes; the packet that was longest not told of went out `waited` seconds ago."""
        late = waited > self._usual + LATE
        self._late = self._late + 1 if late and self.is_held(now) and not self.quiet(now) else 0
        if self._late > 1:  # one may be a viewer's busy machine; then the line was not gone, but full
            self.available, self.backed_off_at = min(self.available, self._held), now
        self._usual += (min(waited, self._usual + LATE) - self._usual) / 16

    def sent(self, number: int, now: float) -> None:
        """Each tick: `number` packets went out. Who agreed to feed back and does not is judged by other reports."""
        if self._heard or not self.fed or number < 100:
            return
        if self._sent_at is None:
            self._sent_at = now
        elif now - self._sent_at > 2.0:
            self.fed = False

    @property
    def backlog(self) -> float:
        """Seconds after which what waits on the way is through, if nothing is added."""
        return min(self._trend.queue / 1000, 0.5)

    def throughput(self) -> float:
        """Bits per second that arrived over the last half second."""
        if not self._arrived:
            return 0.0
        end = self._arrived[-1][0]
        while self._arrived and self._arrived[0][0] < end - 0.5:
            self._arrived.popleft()
        return 8.0 * sum(size for _, size, _ in self._arrived) / 0.5

    def _is_full(self) -> bool:
        """Whether a growing delay is a queue: things arrive slower than they leave, or already wait for long.

        A line that only jitters, or that got longer, delivers as fast as it is given."""
        if self._trend.queue > self.LONG:
            return True
        end = self._arrived[-1][0]
        recent = [(arrived, sent) for arrived, _, sent in self._arrived if arrived > end - 0.4]
        took = end - min(arrived for arrived, _ in recent)
        left = max(sent for _, sent in recent) - min(sent for _, sent in recent)
        return left < self.SLOWER * took

    def _count_losses(self, packets: Sequence[Packet], now: float) -> None:
        self._counted += len(packets)
        self._lost += sum(packet.arrived is None for packet in packets)
        if self._counted < 40 or now - self._loss_since < 0.7:
            return
        before, self.loss = self.loss, self._lost / self._counted
        self._lost = self._counted = 0
        self._loss_since = now
        # one bad second may be chance
        if min(before, self.loss) > self.LOSSY or self.loss > 2 * self.LOSSY:
            self._back_off(0.95, self.throughput(), now)

    def _back_off(self, share: float, rate: float, now: float) -> None:
        if now - self.backed_off_at < 0.2 or rate <= 0:
            return
        self._capacity = rate if self._capacity is None else 0.95 * self._capacity + 0.05 * rate
        if abs(rate - self._capacity) > 0.4 * self._capacity:
            self._capacity = rate
        # where little was sent, little arrived: that says less of the line, and so costs less
        given = 8.0 * sum(size for _, size in self._departed) / 0.5
        least = 0.7 * self.available if given < 0.5 * self.available else 0.0
        self.available = max(FLOOR, least, min(self.available, share * rate))
        self.backed_off_at = self._raised_at = now
        self._probe = None
        self._probe_after = now + self._probe_wait

    def _raise(self, rate: float, now: float) -> None:
        elapsed = min(now - self._raised_at, 0.5)
        self._raised_at = now
        if now - self.backed_off_at > 1.0 and self.loss < self.LOSSY:  # what arrived well is proof
            self.available = max(self.available, min(rate, CEILING))
        known = self._capacity
        if known is not None and rate < 1.3 * known:
            # close to where it was full before: about a packet per round trip and response time
            grown = self.available + 24_000 * elapsed
        else:
            grown = self.available * 1.08**elapsed
        if grown > 1.5 * rate + 10_000:  # nothing says that more than that would pass
            return
        self.available = min(CEILING, max(self.available, grown))

    # Probing --------------------------------------------------------------------------------------------------------

    @property
    def probing(self) -> bool:
        """Whether a probe is on its way or awaits its judgement."""
        return self._probe is not None

    def padding(self, wanted: float, sending: float, now: float) -> float:
        """Bits per second of padding to send now: `wanted` is what the next better picture needs."""
        probe = self._probe
        if probe is not None:
            if now > probe.ends + 1.0:  # nothing was told of it, and nothing may be sent that would be
                self._judge_probe((), now)
            return probe.padding if now < probe.ends else 0.0
        # without packets there is no trend: what was seen last says nothing of a line that has been idle since
        busy = self._trend.state != "normal" and now - self._feedback_at < 1.0
        if not self.fed or wanted <= self.available or now < self._probe_after or busy:
            return 0.0
        factor = 2.0 if now - self.backed_off_at > 10 else 1.5
        rate = min(max(wanted * 1.1, 1.2 * self.available), max(factor * self.available, self.EASY))
        self._probe = Probe(rate, max(0.0, rate - sending), now)
        return self._probe.padding

    def _judge_probe(self, packets: Sequence[Packet], now: float) -> None:
        probe = self._probe
        if probe is None:
            return
        for packet in packets:
            probe.took(packet)
        if now < probe.ends + 0.15 or (packets and packets[-1].sent < probe.ends and now < probe.ends + 1.0):
            return
        self._probe = None
        result = probe.result()
        if result is not None and result > self.available * 1.1:
            # what a full line let through is all it has; else it may have more
            full = result < 0.8 * probe.rate
            self.available = min(CEILING, 0.9 * result if full else probe.rate)
            self._capacity = None
            self._raised_at = now
            self._probe_wait = 3.0
            self._probe_after = now + (3.0 if full else 0.0)
        else:
            self._probe_after = now + self._probe_wait
            self._probe_wait = min(15.0, 1.5 * self._probe_wait)

    # Without --------------------------------------------------------------------------------------------------------

    def remb(self, rate: float, now: float) -> None:
        """The receiver's own estimate (draft-alvestrand-rmcat-remb-03)."""
        self._remb, self._remb_at = rate, now

    def loss_report(self, share: float, sending: float, now: float) -> None:
        """A receiver report's share of losses while `sending` bits per second went out."""
        if self.fed:
            return
        if share > 0.1 and now - self._reported_at > 0.3:
            self._reported = max(FLOOR, min(self._reported, sending) * (1 - share / 2))
            self._reported_at = now
        elif share < 0.02:
            self._reported = min(CEILING, self._reported * 1.08)

    def limit(self, now: float) -> float:
        """What to spend: the estimate where there is feedback, else what REMB and losses leave of everything."""
        if self.fed:
            return min(self.available, self._held) if self.is_held(now) else self.available
        return min(self._remb if now - self._remb_at < 10 else CEILING, self._reported)
