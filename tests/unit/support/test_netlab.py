"""The bad network's link: what it loses, how late and how fast it lets through."""

import itertools

from tests.support.netlab import Direction, Way


def through(way: Way, count: int, every: float = 0.01, size: int = 1000) -> list[tuple[int, float]]:
    """Send `count` packets, one each `every` seconds; what came out: (number, when)."""
    direction = Direction(seed=7)
    direction.way = way
    for index in range(count):
        direction.take(index.to_bytes(4, "big") + bytes(size - 4), index * every)
    came = []
    while (at := direction.next_at()) is not None:
        came += [(int.from_bytes(packet[:4], "big"), at) for packet in direction.leave(at)]
    return came


def test_a_clean_link_passes_all_at_once() -> None:
    assert through(Way(), 50) == [(index, index * 0.01) for index in range(50)]


def test_losses_have_the_share_and_the_bursts_that_were_asked_for() -> None:
    for burst in (1, 3):
        numbers = [number for number, _ in through(Way(loss_pct=5, burst=burst), 40_000, 0.001)]
        gaps = [after - before - 1 for before, after in itertools.pairwise(numbers) if after - before > 1]
        assert 0.04 < 1 - len(numbers) / 40_000 < 0.06
        assert burst - 0.3 < sum(gaps) / len(gaps) < burst + 0.5


def test_jitter_keeps_the_order() -> None:
    came = through(Way(delay_ms=50, jitter_ms=30), 500)
    assert [number for number, _ in came] == list(range(500))
    waits = [at - number * 0.01 for number, at in came]
    assert min(waits) > 0.02
    assert max(waits) < 0.13


def test_a_narrow_link_lets_its_rate_through_and_drops_what_does_not_fit_its_queue() -> None:
    came = through(Way(rate_kbit=400, queue_ms=300), 1000)
    assert 48 <= len([at for _, at in came if at < 1.0]) <= 52
    assert max(at - number * 0.01 for number, at in came) <= 0.33


def test_a_broken_link_passes_nothing() -> None:
    assert through(Way(down=True), 5) == []
