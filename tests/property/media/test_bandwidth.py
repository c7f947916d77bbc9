"""The estimate of a line: it converges, backs off when the line narrows, recovers, and survives hostile feedback."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from meetings.media import bandwidth
from meetings.media.bandwidth import Estimator, Packet
from meetings.media.feedback import MAX_STATUSES, parse_feedback
from meetings.media.reception import Arrivals
from tests.support.netlab import Direction, Way


class Line:
    """A sender that sends what it may, up to `demand`, over a link; feedback each 50 ms, late by the delay."""

    def __init__(self, way: Way, demand: float, steps: tuple[float, ...] = (), seed: int = 1) -> None:
        self.link = Direction(seed)
        self.link.way = way
        self.estimator = Estimator(0.0, feeds=True)
        self.demand = demand
        self.steps = steps
        """Bit rates of the layers there are; none: any rate will do."""
        self.now = 0.0
        self.log: list[tuple[float, float]] = []
        self.queued: list[tuple[float, float]] = []
        """(sent, spent on the way)."""
        self._sent: list[tuple[float, int]] = []
        self._arrived: dict[int, float] = {}
        self._reported = 0
        self._credit = self._padding = 0.0
        self._octets: list[tuple[float, int]] = []

    def spend(self) -> float:
        limit = min(self.demand, self.estimator.limit(self.now))
        if not self.steps:
            return limit
        return max((step for step in self.steps if step <= limit), default=min(self.steps))

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        tick = 0
        while self.now < end:
            self.now += 0.005
            tick += 1
            self._credit += self.spend() * 0.005 / 8
            if tick % 6 == 0:  # a frame
                while self._credit >= 1000:
                    self._credit -= 1000
                    self._send(1000)
            if tick % 4 == 0:
                self._octets = [(at, size) for at, size in self._octets if at > self.now - 0.3]
                sending = 8 * sum(size for _, size in self._octets) / 0.3
                self._padding += self.estimator.padding(self.demand, sending, self.now) * 0.02 / 8
                while self._padding >= 270:
                    self._padding -= 270
                    self._send(270)
            while (at := self.link.next_at()) is not None and at <= self.now:
                for packet in self.link.leave(at):
                    number = int.from_bytes(packet[:4], "big")
                    self._arrived[number] = at + 4.0  # its clock is another
                    self.queued.append((self._sent[number][0], at - self._sent[number][0]))
            if tick % 10 == 0:
                self._report()
            self.log.append((self.now, self.estimator.available))

    def _send(self, size: int) -> None:
        number = len(self._sent)
        self._sent.append((self.now, size))
        self._octets.append((self.now, size))
        self.link.take(number.to_bytes(4, "big") + bytes(size - 4), self.now)

    def _report(self) -> None:
        last = max(self._arrived, default=-1)
        if last < self._reported:
            return
        packets = [Packet(*self._sent[index], self._arrived.get(index)) for index in range(self._reported, last + 1)]
        self._reported = last + 1
        self.estimator.feedback(packets, self.now)

    def reached(self, below: float, since: float) -> float:
        """Seconds after `since` until the estimate fell under `below`."""
        return min((at - since for at, rate in self.log if at > since and rate < below), default=math.inf)


@pytest.mark.parametrize("kbit", [400, 800, 2000, 5000])
def test_it_finds_out_what_a_narrow_line_carries(kbit: int) -> None:
    line = Line(Way(rate_kbit=kbit, delay_ms=20), demand=20e6)
    line.run(30)
    rates = [rate for at, rate in line.log if at > 15]
    assert 0.6 * kbit * 1000 < sum(rates) / len(rates) < 1.1 * kbit * 1000


def test_it_backs_off_within_a_second_and_recovers() -> None:
    line = Line(Way(rate_kbit=5000, delay_ms=10), demand=2e6, steps=(150e3, 1.5e6))
    line.run(10)
    assert line.estimator.available > 1.5e6
    line.link.way = Way(rate_kbit=400, delay_ms=10)
    line.run(15)
    assert line.reached(450e3, since=10) < 1.0
    assert all(rate < 600e3 for at, rate in line.log if at > 11.5)
    waits = [wait for sent, wait in line.queued if sent > 12]
    assert sum(wait > 0.15 for wait in waits) < 0.1 * len(waits)
    line.link.way = Way(rate_kbit=5000, delay_ms=10)
    line.run(15)
    assert line.estimator.available > 1.5e6


@pytest.mark.parametrize("seed", range(5))
def test_jitter_is_no_narrow_line(seed: int) -> None:
    line = Line(Way(delay_ms=50, jitter_ms=30), demand=1.7e6, steps=(150e3, 1.5e6), seed=seed)
    line.run(40)
    good = [rate > 1.5e6 for at, rate in line.log if at > 8]
    assert sum(good) > 0.9 * len(good)


@pytest.mark.parametrize("loss", [5, 10])
@pytest.mark.parametrize("burst", [1, 3])
def test_random_loss_is_repaired_and_not_fled(loss: int, burst: int) -> None:
    line = Line(Way(delay_ms=10, loss_pct=loss, burst=burst), demand=1.7e6, steps=(150e3, 1.5e6))
    line.run(30)
    good = [rate > 1.5e6 for at, rate in line.log if at > 5]
    assert sum(good) > 0.85 * len(good)


def test_an_idle_line_is_not_forgotten_after_an_outage() -> None:
    line = Line(Way(rate_kbit=5000, delay_ms=10), demand=1.5e6)
    line.run(10)
    before = line.estimator.available
    line.link.way = Way(down=True)
    line.run(5)
    line.link.way = Way(rate_kbit=5000, delay_ms=10)
    line.run(2)
    assert line.estimator.available > 0.8 * before


def test_without_feedback_loss_reports_and_remb_decide() -> None:
    estimator = Estimator(0.0, feeds=False)
    assert estimator.limit(0.0) == bandwidth.CEILING
    estimator.loss_report(0.4, 2e6, 1.0)
    assert estimator.limit(1.0) == pytest.approx(1.6e6)
    for step in range(20):
        estimator.loss_report(0.0, 1e6, 2.0 + step)
    assert estimator.limit(22.0) > 2e6
    estimator.remb(300e3, 23.0)
    assert estimator.limit(23.0) == 300e3
    assert estimator.limit(40.0) > 2e6


@given(st.dictionaries(st.integers(0, 300), st.floats(0, 3), min_size=1), st.integers(0, 65535))
def test_what_we_write_we_read(arrived: dict[int, float], base: int) -> None:
    arrivals = Arrivals()
    for offset, at in arrived.items():
        arrivals.came((base + offset) & 0xFFFF, 100 + at)
    (data,) = arrivals.feedback(1, 2)
    assert data is not None
    report = parse_feedback(data)
    assert report is not None
    for place, told in enumerate(report.arrivals):
        number = (report.base + place - base) & 0xFFFF
        assert (told is None) == (number not in arrived)
        if told is not None:
            assert abs(report.reference + told - 100 - arrived[number]) < 0.00026


@given(st.binary(max_size=200))
@settings(max_examples=300)
def test_garbage_is_refused_or_read(body: bytes) -> None:
    report = parse_feedback(b"\x8f\xcd\x00\x00" + body)
    assert report is None or len(report.arrivals) <= MAX_STATUSES


def test_a_short_report_cannot_ask_for_much() -> None:
    runs = b"\x8f\xcd\x00\x06" + bytes(8) + b"\x00\x00\xff\xff" + bytes(4) + b"\x1f\xff" * 4
    assert parse_feedback(runs) is None
