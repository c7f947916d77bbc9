"""Ranks and lateness, by example; tests/property has them by the thousand."""

from datetime import date

import pytest

from projects.boards.rules import MIDDLE, TOO_LONG, WIDTH, is_late, rank_between, spread


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (None, None, "i0000"),
        ("i0000", None, "i0001"),
        (None, "i0000", "hzzzz"),
        ("h0000", "k0000", "i0000"),
        ("i0000", "i0001", "i0000i"),
        ("i0000", "i0000i", "i00009"),
        ("i0000", "i00001", "i00000i"),
        ("zzzzz", None, "zzzzzi"),
        (None, "00001", "00000i"),
        ("hzzzz", "i0000", "hzzzzi"),
    ],
)
def test_a_rank_lies_between(low: str | None, high: str | None, expected: str) -> None:
    rank = rank_between(low, high)
    assert rank == expected
    assert (low or "") < rank < (high or "~")


def test_a_list_written_anew_has_short_ranks_around_the_middle() -> None:
    ranks = spread(1_001)
    assert ranks == sorted(set(ranks))
    assert {len(rank) for rank in ranks} == {WIDTH}
    assert int(ranks[500], 36) == MIDDLE
    assert spread(0) == []


def test_appending_never_makes_ranks_longer() -> None:
    rank = rank_between(None, None)
    for _ in range(2_000):
        rank = rank_between(rank, None)
    assert len(rank) == WIDTH


def test_a_rank_stays_short_for_a_hundred_insertions_at_one_place() -> None:
    low, high = "i0000", "i0001"
    for _ in range(100):
        high = rank_between(low, high)
    assert len(high) <= TOO_LONG


@pytest.mark.parametrize(
    ("due", "done", "late"),
    [
        (None, False, False),
        (date(2026, 11, 25), False, True),
        (date(2026, 11, 25), True, False),
        (date(2026, 11, 26), False, False),
        (date(2026, 11, 27), False, False),
    ],
)
def test_late_is_what_was_due_before_today_and_is_not_done(due: date | None, done: bool, late: bool) -> None:
    assert is_late(due, date(2026, 11, 26), done=done) is late
