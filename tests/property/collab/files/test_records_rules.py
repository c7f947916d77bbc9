"""Durations and the gate of the antivirus, for any day and any state."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from collab.files.history import sees_history
from collab.files.models import ScanState
from collab.files.records.models import Fate, Start
from collab.files.records.rules import add_months, due_day, why_not
from collab.files.scanning import Scanning, refusal
from collab.spaces.models import DataClass, Role

DAYS = st.dates(date(1800, 1, 1), date(2199, 12, 31))
SOMEBODY = st.none() | st.integers(1, 3).map(lambda number: UUID(int=number))
POLICIES = st.builds(Scanning, active=st.booleans(), allow_unscanned=st.booleans())


@given(DAYS, st.integers(0, 1800))
def test_months_later_is_the_same_day_or_the_last_of_the_month(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (
        later.day < day.day and later.day >= 28 and add_months(later, 0).month == later.month
    )


@given(DAYS, DAYS, st.none() | DAYS, st.sampled_from(Start), st.integers(0, 1800))
def test_nothing_is_due_before_it_began(
    created: date, changed: date, event: date | None, start: Start, months: int
) -> None:
    due = due_day(start, months, created=created, changed=changed, event=event)
    begins = {Start.CREATED: created, Start.CHANGED: changed, Start.EVENT: event}[start]
    assert (due is None) == (begins is None)
    assert due is None or begins is None or due >= begins


@given(st.none() | DAYS, st.none() | DAYS, DAYS)
def test_what_is_kept_is_not_destroyed_before_the_archives_have_it(
    due: date | None, transferred: date | None, today: date
) -> None:
    kept = why_not(Fate.KEEP, due, transferred, today)
    assert transferred is not None or kept is not None
    assert kept is not None or why_not(Fate.DESTROY, due, transferred, today) is None
    assert (why_not(Fate.DESTROY, due, None, today) is None) == (due is not None and due <= today)


@given(SOMEBODY, SOMEBODY, POLICIES)
def test_nothing_infected_is_ever_given_out(made_by: UUID | None, reader: UUID | None, policy: Scanning) -> None:
    assert refusal(ScanState.INFECTED, made_by, reader, policy) is not None
    waits = refusal(ScanState.PENDING, made_by, reader, policy)
    assert (waits is None) == (made_by is not None and made_by == reader)
    assert refusal(ScanState.CLEAN, made_by, reader, policy) is None
    assert (refusal(ScanState.UNSCANNED, made_by, reader, policy) is None) == policy.allow_unscanned


@given(st.sampled_from(DataClass))
def test_readers_never_see_who_read(data_class: DataClass) -> None:
    assert not sees_history(Role.READER, data_class)
    assert sees_history(Role.OWNER, data_class)
