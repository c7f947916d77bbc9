"""What is said on which morning (CGCT L2121-15, L2121-25): two days before, when late, before the next sitting."""

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from meetings.council.minutes.models import Minutes, State
from meetings.council.minutes.reminders import due_of

HELD = date(2026, 11, 23)
SETTLED = date(2026, 12, 17)
AT = datetime(2026, 11, 23, tzinfo=UTC)


def minutes(state: State, *, listed: bool = False) -> Minutes:
    return Minutes(
        sitting_id=UUID(int=1),
        state=state.value,
        list_published_at=AT if listed else None,
        created_at=AT,
        updated_at=AT,
    )


def keys(one: Minutes, today: date, settled: date | None = None, next_sitting: date | None = None) -> list[str]:
    return [key for key, _ in due_of(one, HELD, settled, next_sitting, today)]


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 11, 27), []),
        (date(2026, 11, 28), ["list_due"]),
        (date(2026, 11, 30), ["list_due"]),
        (date(2026, 12, 1), ["list_late"]),
    ],
)
def test_the_list_is_due_within_a_week_of_the_sitting(today: date, expected: list[str]) -> None:
    assert keys(minutes(State.PROPOSED), today) == expected
    assert keys(minutes(State.PROPOSED, listed=True), today) == []


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2026, 12, 21), []),
        (date(2026, 12, 22), ["minutes_due"]),
        (date(2026, 12, 24), ["minutes_due"]),
        (date(2026, 12, 25), ["minutes_late"]),
    ],
)
def test_settled_minutes_are_due_within_a_week(today: date, expected: list[str]) -> None:
    assert keys(minutes(State.SETTLED, listed=True), today, SETTLED) == expected
    assert keys(minutes(State.PUBLISHED, listed=True), today, SETTLED) == []


def test_a_draft_is_asked_for_in_the_week_before_the_next_sitting() -> None:
    draft = minutes(State.DRAFT, listed=True)
    assert keys(draft, date(2026, 12, 9), next_sitting=SETTLED) == []
    assert keys(draft, date(2026, 12, 10), next_sitting=SETTLED) == ["minutes_unproposed:20261217"]
    assert keys(minutes(State.PROPOSED, listed=True), date(2026, 12, 10), next_sitting=SETTLED) == []
