"""Visits become stays: whatever their order and however many windows, no moment is lost or counted twice."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from meetings.rooms.attendance import BREATH, Stay, stays_of, time_in

START = datetime(2026, 11, 26, 18, 30, tzinfo=UTC)
NOW = START + timedelta(hours=10)
seconds = st.integers(0, 5 * 3600)
visits = st.lists(st.tuples(seconds, seconds | st.none()), max_size=12)


def at(second: int) -> datetime:
    return START + timedelta(seconds=second)


def stay(entered: int, length: int | None) -> Stay:
    return Stay(at(entered), None if length is None else at(entered + length))


@given(visits, st.randoms())
def test_stays_cover_every_visit_and_do_not_touch(raw: list[tuple[int, int | None]], chance: object) -> None:
    all_visits = [stay(*one) for one in raw]
    stays = stays_of(all_visits)
    chance.shuffle(all_visits)  # type: ignore[attr-defined]  # a random.Random
    assert stays_of(all_visits) == stays
    for visit in all_visits:
        assert any(
            one.entered_at <= visit.entered_at and (one.left_at or NOW) >= (visit.left_at or NOW) for one in stays
        )
    for before, after in pairwise(stays):
        assert before.left_at is not None and after.entered_at - before.left_at > BREATH


@given(visits)
def test_time_is_at_least_the_longest_visit_and_never_counted_twice(raw: list[tuple[int, int | None]]) -> None:
    stays = stays_of(stay(*one) for one in raw)
    moments = {
        second
        for entered, length in raw
        for second in range(entered // 60, ((36000 if length is None else entered + length) + 59) // 60)
    }
    assert time_in(stays, NOW).total_seconds() <= 60 * len(moments) + BREATH.total_seconds() * len(raw)
    longest = max(((36000 - entered) if length is None else length for entered, length in raw), default=0)
    assert time_in(stays, NOW).total_seconds() >= longest
