"""What holds of the rules whatever the figures: delays, quorum, seats, proxies, ballots."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collab.core.errors import Invalid
from meetings.council.rules.ballots import Chair, Kind, Mode, Result, Tally, decide
from meetings.council.rules.delays import (
    FIRST_SITTING,
    NO_QUORUM,
    NORMAL,
    URGENT,
    Delay,
    Reason,
    Unit,
    add_months,
    check_convocation,
    clear_days,
    count_days,
    earliest_meeting,
    last_day,
    latest_sending,
)
from meetings.council.rules.elections import Candidate, List, elect
from meetings.council.rules.entries import Assembly, Share, Verdict
from meetings.council.rules.holidays import Territory, list_holidays
from meetings.council.rules.proxies import votes_of
from meetings.council.rules.quorum import Withdrawal, count_people, count_quorum
from meetings.council.rules.seats import Method, share_seats

DAY = timedelta(days=1)
TODAY = date(2026, 11, 23)
DATES = st.dates(date(2026, 3, 15), date(2100, 1, 1))
ASSEMBLIES = [Assembly.COMMUNE, Assembly.EPCI, Assembly.DEPARTEMENT, Assembly.REGION, Assembly.CCAS]
COUNCILS = st.sampled_from(ASSEMBLIES)
CONVENED = st.sampled_from([*ASSEMBLIES, Assembly.PERMANENT_COMMISSION, Assembly.CST])
DELAYS = st.sampled_from([entry.value for table in (NORMAL, URGENT, FIRST_SITTING, NO_QUORUM) for entry in table])
NUMBERS = st.integers(0, 200)
ORDER = [Verdict.ERROR, Verdict.WARNING, Verdict.OK]


@given(DATES, st.integers(0, 60))
def test_a_later_sitting_never_has_fewer_clear_days(sent: date, gap: int) -> None:
    assert clear_days(sent, sent + (gap + 1) * DAY) >= clear_days(sent, sent + gap * DAY)
    assert clear_days(sent - DAY, sent + gap * DAY) >= clear_days(sent, sent + gap * DAY)


@given(DATES, st.integers(1, 60), st.sampled_from(Unit))
def test_the_days_that_count_are_those_of_the_count(sent: date, gap: int, unit: Unit) -> None:
    counted = [day.number for day in count_days(sent, sent + gap * DAY, unit) if day.number is not None]
    expected = clear_days(sent, sent + gap * DAY) if unit is Unit.CLEAR else gap
    assert counted == list(range(1, expected + 1))


@given(CONVENED, DATES, st.integers(1, 40), st.integers(0, 100_000), st.booleans())
def test_a_later_sitting_is_never_judged_worse(
    assembly: Assembly, sent: date, gap: int, population: int, urgent: bool
) -> None:
    verdicts = [
        check_convocation(assembly, sent=sent, meeting=sent + days * DAY, population=population, urgent=urgent).verdict
        for days in (gap, gap + 1)
    ]
    assert ORDER.index(verdicts[0]) <= ORDER.index(verdicts[1])


@given(DELAYS, DATES)
def test_latest_sending_and_earliest_meeting_are_inverse(delay: Delay, day: date) -> None:
    meeting = earliest_meeting(delay, day)
    assert latest_sending(delay, meeting) >= day
    if len(delay.weekdays) == 7:
        assert latest_sending(delay, meeting) == day
    if day.weekday() in delay.weekdays:
        assert earliest_meeting(delay, latest_sending(delay, day)) == day


@given(CONVENED, DATES, st.integers(0, 100_000), st.booleans(), st.sampled_from([None, *Reason]))
def test_the_first_day_is_the_first_that_is_not_refused(
    assembly: Assembly, sent: date, population: int, urgent: bool, reason: Reason | None
) -> None:
    def check(meeting: date | None) -> Verdict:
        return check_convocation(
            assembly, sent=sent, meeting=meeting, population=population, urgent=urgent, reason=reason
        ).verdict

    first = check_convocation(
        assembly, sent=sent, meeting=None, population=population, urgent=urgent, reason=reason
    ).earliest_meeting
    assert first is not None
    assert check(first) is not Verdict.ERROR
    if assembly is not Assembly.CST or reason is not Reason.NO_QUORUM:
        assert check(first - DAY) is Verdict.ERROR


@given(DATES, st.integers(0, 30), st.sampled_from(Territory))
def test_a_delay_never_ends_on_a_day_off(start: date, days: int, territory: Territory) -> None:
    holidays = {one.date for year in (start.year, start.year + 1) for one in list_holidays(year, territory)}
    last = last_day(start, days, holidays)
    assert last.weekday() < 5
    assert last not in holidays
    assert clear_days(start, last) >= days


@given(DATES, st.integers(0, 40))
def test_months_keep_the_day_or_end_with_the_month(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year - day.year) * 12 + later.month - day.month == months
    assert later.day == day.day or (later + DAY).day == 1


@given(COUNCILS, st.integers(1, 150), st.data())
def test_no_quorum_is_reached_by_taking_people_away(assembly: Assembly, members: int, data: st.DataObject) -> None:
    present = data.draw(st.integers(0, members))
    away = data.draw(st.integers(0, present))
    before = count_quorum(assembly, in_exercise=members, present=present, on=TODAY)
    for after in (
        count_quorum(assembly, in_exercise=members, present=present - away, on=TODAY),
        count_quorum(assembly, in_exercise=members, present=present, withdrawn_present=away, on=TODAY),
        count_quorum(assembly, in_exercise=members, present=present, withdrawn_from_count=away, on=TODAY),
    ):
        assert before.reached or not after.reached
    assert 2 * before.quorum > members


PEOPLE = st.integers(0, 9)


@given(
    st.sets(PEOPLE, min_size=1),
    st.lists(st.tuples(st.sampled_from(["come", "go", "withdraw", "personal", "proxy"]), PEOPLE, PEOPLE)),
)
def test_whatever_happens_the_count_is_that_of_the_people(
    members: set[int], events: list[tuple[str, int, int]]
) -> None:
    present: list[int] = []
    proxies: dict[int, int] = {}
    withdrawn: dict[int, Withdrawal] = {}
    for event, who, other in events:
        if event == "come":
            present.append(who)
        elif event == "go":
            present = [one for one in present if one != who]
        elif event == "proxy":
            proxies[who] = other
        else:
            withdrawn[who] = Withdrawal.FROM_COUNT if event == "withdraw" else Withdrawal.PERSONAL
    count = count_people(Assembly.COMMUNE, members, present, on=TODAY, represented=proxies.keys(), withdrawn=withdrawn)
    left = [one for one in members if withdrawn.get(one) is not Withdrawal.FROM_COUNT]
    there = [one for one in members if one in present and one not in withdrawn]
    assert (count.members, count.present) == (len(left), len(there))
    assert count.reached is (len(there) > len(left) / 2)
    same = count_quorum(Assembly.COMMUNE, in_exercise=count.members, present=count.present, on=TODAY)
    assert same.reached is count.reached

    voters = list(set(present) & members)
    votes = votes_of(voters, proxies, withdrawn)
    assert set(votes) == set(voters)
    assert all(0 <= number <= 2 for number in votes.values())
    assert all(votes[one] == 0 for one in voters if one in withdrawn)
    assert sum(votes.values()) <= len(set(present) | proxies.keys())


@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 500), st.booleans())
def test_a_share_is_the_least_number_that_is_enough(part: int, whole: int, people: int, more: bool) -> None:
    needed = Share(part, whole, more_than=more).of(people)
    exact = Fraction(people * part, whole)
    assert needed > exact if more else needed >= exact
    assert needed - 1 <= exact if more else needed - 1 < exact


LISTS = st.lists(st.tuples(st.integers(0, 300), st.integers(18, 90)), min_size=1, max_size=8)


@given(st.sampled_from(Method), st.integers(1, 60), LISTS)
def test_seats_always_sum_up(method: Method, seats: int, figures: list[tuple[int, int]]) -> None:
    lists = [List(f"L{number}", votes, Fraction(age)) for number, (votes, age) in enumerate(figures)]
    try:
        shared = share_seats(method, seats, lists)
    except Invalid as refusal:
        undecided = refusal.code == "council.undecided" and len(set(figures)) < len(figures)
        assert undecided or not sum(votes for votes, _ in figures)
        return
    got = [given.seats for given in shared.given]
    assert sum(got) == seats
    for one, count in zip(lists, got, strict=True):
        exact = one.votes / shared.quota
        assert count >= int(exact)
        if method is Method.HIGHEST_REMAINDER:
            assert count <= int(exact) + 1
    by_votes = sorted(zip([one.votes for one in lists], got, strict=True))
    assert [count for _, count in by_votes] == sorted(got) or len({votes for votes, _ in by_votes}) < len(lists)


@given(st.integers(1, 30), st.lists(st.integers(1, 300), min_size=1, max_size=6, unique=True))
def test_highest_averages_are_divisors(seats: int, votes: list[int]) -> None:
    """The same by d’Hondt's quotients, computed the other way round."""
    lists = [List(str(count), count, Fraction(count)) for count in votes]
    quotients = sorted(
        ((Fraction(count, divisor), count) for count in votes for divisor in range(1, seats + 1)), reverse=True
    )
    expected = [sum(count == own for _, count in quotients[:seats]) for own in votes]
    assert [given.seats for given in share_seats(Method.HIGHEST_AVERAGE, seats, lists).given] == expected


@given(
    st.sampled_from([Kind.DELIBERATION, Kind.ACCOUNTS]),
    st.sampled_from(Mode),
    st.builds(Tally, NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS),
    st.sampled_from([None, *Chair]),
)
def test_what_is_not_cast_changes_nothing(kind: Kind, mode: Mode, tally: Tally, chair: Chair | None) -> None:
    if (chair is Chair.FOR and not tally.votes_for) or (chair is Chair.AGAINST and not tally.votes_against):
        chair = None
    found = decide(Assembly.COMMUNE, kind, mode, tally, on=TODAY, chair=chair)
    assert found.cast == tally.votes_for + tally.votes_against
    assert found.majority == found.cast // 2 + 1
    bare = Tally(tally.votes_for, tally.votes_against)
    assert decide(Assembly.COMMUNE, kind, mode, bare, on=TODAY, chair=chair) == found
    if found.result is Result.ADOPTED:
        more = Tally(tally.votes_for + 1, tally.votes_against)
        assert decide(Assembly.COMMUNE, kind, mode, more, on=TODAY, chair=chair).result is Result.ADOPTED


@given(st.lists(st.integers(0, 50), min_size=1, max_size=6), st.integers(1, 3))
def test_who_is_elected_has_most_votes(votes: list[int], round_: int) -> None:
    candidates = [Candidate(str(number), count, TODAY - number * DAY) for number, count in enumerate(votes)]
    found = elect(Assembly.COMMUNE, candidates, round_=round_, on=TODAY)
    assert found.cast == sum(votes)
    if found.elected is not None:
        assert votes[int(found.elected)] == max(votes)
    elif round_ == 3:
        assert not any(votes)
    else:
        assert max(votes) < found.majority


@pytest.mark.parametrize("territory", Territory)
def test_holidays_are_in_order(territory: Territory) -> None:
    for year in range(1900, 2200):
        days = [holiday.date for holiday in list_holidays(year, territory)]
        assert days == sorted(days)
        assert all(day.year == year for day in days)
