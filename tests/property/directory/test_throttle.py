"""Whatever the rhythm of the guesses, an account hears few of them, and patience is always enough to be heard."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from directory.sessions.rules import ACCOUNT, FACTOR, Throttle, level_at, wait_for

START = datetime(2026, 11, 23, tzinfo=UTC)
throttles = st.sampled_from([ACCOUNT, FACTOR])
pauses = st.lists(st.integers(0, 4_000), min_size=1, max_size=60)


def heard(throttle: Throttle, gaps: list[int]) -> list[datetime]:
    """When guesses that come with these gaps (in seconds) are heard, all of them wrong."""
    level, at, now = 0.0, START, START
    times = []
    for gap in gaps:
        now += timedelta(seconds=gap)
        if not wait_for(throttle, level, at, now):
            level, at = level_at(throttle, level, at, now) + 1, now
            times.append(now)
    return times


@given(throttles, pauses)
def test_guesses_heard_in_any_stretch_are_bounded(throttle: Throttle, gaps: list[int]) -> None:
    times = heard(throttle, gaps)
    doublings = 6  # from the first wait to the cap
    for first in range(len(times)):
        for last in range(first, len(times)):
            allowed = throttle.free + doublings + (times[last] - times[first]) / min(throttle.drain, throttle.cap)
            assert last - first <= allowed + 1


@given(throttles, st.floats(0, 1_000), st.integers(0, 10_000))
def test_patience_is_enough(throttle: Throttle, level: float, later: int) -> None:
    now = START + timedelta(seconds=later)
    wait = wait_for(throttle, level, START, now)
    assert timedelta() <= wait <= throttle.cap
    assert not wait_for(throttle, level, START, now + wait)


@given(throttles, st.floats(0, 1_000), st.integers(0, 100_000), st.integers(0, 100_000))
def test_a_bucket_only_drains(throttle: Throttle, level: float, one: int, more: int) -> None:
    sooner = level_at(throttle, level, START, START + timedelta(seconds=one))
    later = level_at(throttle, level, START, START + timedelta(seconds=one + more))
    assert 0 <= later <= sooner <= level
