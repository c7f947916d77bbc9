"""Is a publisher's line full? Floods are found, what looks like them is not, and what the publisher is told follows."""

from dataclasses import dataclass, field

import pytest

from meetings.media.feedback import parse_feedback
from meetings.media.reception import Arrivals
from meetings.media.strain import Queue, Strain
from tests.support.netlab import Direction, Way

PACKET = 1100


@dataclass
class Publisher:
    """Pictures of `rate` bits per second and a voice into a line; `seen` is when it was found full."""

    way: Way
    rate: float = 1_700_000
    now: float = 50.0
    strain: Strain = field(default_factory=Strain)
    arrivals: Arrivals = field(default_factory=Arrivals)
    seen: list[float] = field(default_factory=list)
    told: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.link = Direction(7)
        self._credit = 0.0
        self._number = 0
        self._came = 0.0
        self._voice: tuple[float, float] | None = None

    def run(self, seconds: float) -> None:
        self.link.way = self.way
        for _ in range(round(seconds / 0.005)):
            self.now += 0.005
            self._credit += self.rate * 0.005 / 8
            while self._credit > PACKET:
                self._credit -= PACKET
                self._number += 1
                self.link.take(self._number.to_bytes(4, "big") + bytes(PACKET - 4), self.now)
            if round(self.now * 200) % 4 == 0:
                self.link.take(round(self.now * 1000).to_bytes(8, "big") + bytes(120), self.now)
            while (at := self.link.next_at()) is not None and at <= self.now:
                for packet in self.link.leave(at):
                    self._take(packet, at)
            if round(self.now * 200) % 10 == 0:
                self._report()

    def _take(self, packet: bytes, at: float) -> None:
        if len(packet) == PACKET:
            self.arrivals.came(int.from_bytes(packet[:4], "big") & 0xFFFF, at)
            self._came += PACKET
        else:
            self._voice = (int.from_bytes(packet[:8], "big") / 1000, at)

    def _report(self) -> None:
        if self._voice is not None:
            self.strain.queue.came(*self._voice)
        self.told += self.arrivals.feedback(1, 2, lambda came, lost: self.strain.forgives(came, lost, self.now))
        self.strain.look(8 * self._came / 0.05, self.now)
        self._came = 0.0
        if self.strain.is_full(self.now):
            self.seen.append(self.now)


@pytest.mark.parametrize("queue", [0, 100, 300, 600])
def test_a_line_that_narrows_is_found_full_soon_and_its_sender_is_told_what_passes(queue: float) -> None:
    publisher = Publisher(Way(delay_ms=5))
    publisher.run(8)
    assert publisher.seen == []
    publisher.way = Way(delay_ms=5, rate_kbit=400, queue_ms=queue)
    publisher.run(0.5)
    assert publisher.seen
    assert publisher.seen[0] - 58 < 0.4
    assert publisher.strain.limit is not None
    assert publisher.strain.limit < 500_000
    publisher.rate = 150_000
    publisher.run(2)
    assert publisher.now - publisher.seen[-1] > 0.5, "it has recovered"
    assert 100_000 < (publisher.strain.limit or 0) < 600_000, "and may not send what it did before"
    publisher.way = Way(delay_ms=5)
    publisher.run(30)
    assert publisher.strain.limit is None


@pytest.mark.parametrize(
    "way",
    [
        Way(delay_ms=50, jitter_ms=30),
        Way(delay_ms=10, loss_pct=5),
        Way(delay_ms=10, loss_pct=5, burst=3),
        Way(delay_ms=10, loss_pct=10),
        Way(delay_ms=10, loss_pct=10, burst=3),
        Way(delay_ms=300),
    ],
)
def test_jitter_losses_and_a_longer_way_are_no_flood(way: Way) -> None:
    publisher = Publisher(Way(delay_ms=5))
    publisher.run(5)
    publisher.way = way
    publisher.run(60)
    assert len(publisher.seen) <= 2


def test_a_camera_that_is_turned_off_is_no_flood() -> None:
    publisher = Publisher(Way(delay_ms=5))
    publisher.run(5)
    publisher.rate = 0
    publisher.run(5)
    assert publisher.seen == []


def lost_in(reports: list[bytes]) -> int:
    parsed = [parse_feedback(report) for report in reports]
    return sum(one.arrivals.count(None) for one in parsed if one is not None)


def test_the_losses_of_a_flood_are_not_told_at_first_but_what_came_is() -> None:
    publisher = Publisher(Way(delay_ms=5))
    publisher.run(3)
    publisher.told.clear()
    publisher.way = Way(delay_ms=5, rate_kbit=400)
    publisher.run(1.4)
    sent, before = 1.4 * 1_700_000 / 8 / PACKET, lost_in(publisher.told)
    assert before < 0.15 * sent
    parsed = [parse_feedback(report) for report in publisher.told]
    assert sum(len(one.arrivals) - one.arrivals.count(None) for one in parsed if one is not None) > 30
    publisher.told.clear()
    publisher.run(1.4)
    assert lost_in(publisher.told) > 0.4 * sent, "a line that goes on losing"


def test_another_clock_is_no_queue() -> None:
    queue = Queue()
    for step in range(100):
        queue.came(1000 + step / 20, step / 20)
    queue.came(7.0, 5.0)
    assert queue.wait == 0
    for step in range(300):
        queue.came(7.05 + step / 20, 5.35 + step / 20)
    assert queue.wait < 0.01, "a longer way is forgotten after a while"
