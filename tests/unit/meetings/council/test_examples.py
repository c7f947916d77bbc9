"""The worked examples of the rule sheet, by their numbers (docs/features/council-rules.md)."""

from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from meetings.council.rules.agenda import convene_by, standing_orders_by
from meetings.council.rules.ballots import Chair, Kind, Mode, Result, Tally, choose_mode, decide, requests_needed
from meetings.council.rules.delays import Reason, check_convocation, civil_day
from meetings.council.rules.elections import Candidate, List, elect, elect_list
from meetings.council.rules.entries import MAJORITY, Assembly, LocalLaw, Verdict
from meetings.council.rules.holidays import Territory, easter, holidays_between, list_holidays
from meetings.council.rules.proxies import Ended, Proxy, check_proxy, end_of, votes_of
from meetings.council.rules.publication import executory_on, list_by, minutes_by, posted_until
from meetings.council.rules.quorum import Occasion, count_quorum, in_exercise
from meetings.council.rules.remote import Attendance, Item, is_present, may_open_remotely
from meetings.council.rules.seats import Method, share_seats
from meetings.council.rules.staff import is_file_overdue, report_by, review_until

TODAY = date(2026, 11, 23)
OK, WARNING, ERROR = Verdict.OK, Verdict.WARNING, Verdict.ERROR
COMMUNE, EPCI, CST = Assembly.COMMUNE, Assembly.EPCI, Assembly.CST
ALSACE = {"local_law": LocalLaw.ALSACE_MOSELLE}
FIRST = {"reason": Reason.FIRST_SITTING, "elected": date(2026, 3, 15)}
AGAIN, URGENT = {"reason": Reason.NO_QUORUM}, {"urgent": True}


def day(text: str) -> date:
    return date.fromisoformat(text if len(text) > 5 else f"2026-{text}")


def maybe(text: str | None) -> date | None:
    return None if text is None else day(text)


@pytest.mark.parametrize(
    ("number", "assembly", "sent", "meeting", "more", "verdict", "figure"),
    [
        ("CD1", COMMUNE, "11-23", "11-27", {"population": 2000}, OK, 3),
        ("CD2", COMMUNE, "11-23", "11-26", {"population": 2000}, ERROR, 2),
        ("CD4", COMMUNE, "11-23", "11-28", {"population": 12_000}, ERROR, 4),
        ("CD5", COMMUNE, "12-23", "12-27", {"population": 2000}, OK, 3),
        ("CD7", COMMUNE, "11-23", "11-25", {"population": 2000, **URGENT}, OK, 1),
        ("CD7", COMMUNE, "11-23", "11-25", {"population": 12_000, **URGENT}, OK, 1),
        ("CD8", COMMUNE, "11-23", "11-24", {"population": 2000, **URGENT}, ERROR, 0),
        ("CD16", COMMUNE, "03-16", "03-20", {"population": 12_000, **FIRST}, OK, 3),
        ("CD17", COMMUNE, "03-17", "03-20", {"population": 12_000, **FIRST}, ERROR, 2),
        ("CD17", COMMUNE, "03-17", "03-21", {"population": 12_000, **FIRST}, OK, 3),
        ("CD22", Assembly.DEPARTEMENT, "11-23", "12-04", {}, ERROR, 10),
        ("CD22", Assembly.DEPARTEMENT, "11-23", "12-05", {}, WARNING, 11),
        ("CD22", Assembly.DEPARTEMENT, "11-23", "12-06", {}, OK, 12),
        ("CD23", Assembly.PERMANENT_COMMISSION, "11-23", "11-30", {}, ERROR, 6),
        ("CD23", Assembly.PERMANENT_COMMISSION, "11-23", "12-01", {}, WARNING, 7),
        ("CD23", Assembly.PERMANENT_COMMISSION, "11-23", "12-02", {}, OK, 8),
        ("CD25", COMMUNE, "11-23", "11-24", {"population": 2000, **URGENT, **ALSACE}, OK, 0),
        ("CD25", COMMUNE, "11-23", "11-24", {"population": 5000, **URGENT, **ALSACE}, ERROR, 0),
        ("CD26", CST, "11-23", "12-07", {}, ERROR, 13),
        ("CD26", CST, "11-23", "12-08", {}, OK, 14),
    ],
)
def test_convocations(
    number: str, assembly: Assembly, sent: str, meeting: str, more: Any, verdict: Verdict, figure: int
) -> None:
    found = check_convocation(assembly, sent=day(sent), meeting=day(meeting), **more)
    assert (found.verdict, found.clear_days) == (verdict, figure), number
    assert found.gap == figure + 1
    if verdict is not OK:
        assert found.article in str(found.findings[0].message) or verdict is WARNING


def test_cd10_a_minute_past_midnight_is_another_day() -> None:
    sent = civil_day(datetime(2026, 11, 23, 23, 1, tzinfo=UTC), ZoneInfo("Europe/Paris"))
    assert sent == day("11-24")
    found = check_convocation(COMMUNE, sent=sent, meeting=day("11-27"), population=2000)
    assert (found.verdict, found.clear_days) == (ERROR, 2)


@pytest.mark.parametrize(
    ("number", "sent", "meeting", "more", "latest", "earliest"),
    [
        ("CD11", None, "12-17", {"population": 12_000}, "12-11", None),
        ("CD13", "2027-02-26", None, {"population": 12_000}, None, "2027-03-04"),
        ("CD14", "2028-02-26", None, {"population": 12_000}, None, "2028-03-03"),
        ("CD19", "11-23", None, {"population": 2000, **AGAIN}, None, "11-27"),
        ("CD19", "11-23", None, {"population": 120_000, **AGAIN}, None, "11-27"),
        ("CD20", "11-24", None, {"population": 120_000, **AGAIN}, None, "11-28"),
    ],
)
def test_limits(
    number: str, sent: str | None, meeting: str | None, more: Any, latest: str | None, earliest: str | None
) -> None:
    found = check_convocation(COMMUNE, sent=maybe(sent), meeting=maybe(meeting), **more)
    assert found.latest_sending == maybe(latest), number
    assert found.earliest_meeting == maybe(earliest), number


def test_q1_half_and_one_more() -> None:
    members = [7, 8, 11, 15, 19, 23, 27, 29, 33, 35, 69, 100]
    found = [count_quorum(COMMUNE, in_exercise=n, present=0, on=TODAY).quorum for n in members]
    assert found == [4, 5, 6, 8, 10, 12, 14, 15, 17, 18, 35, 51]


@pytest.mark.parametrize(
    ("number", "assembly", "figures", "members", "quorum", "present", "reached"),
    [
        ("Q2", COMMUNE, {"in_exercise": in_exercise(23, vacant=2), "present": 0}, 21, 11, 0, False),
        ("Q4", COMMUNE, {"in_exercise": 19, "present": 10, "withdrawn_present": 2}, 19, 10, 8, False),
        ("Q5", COMMUNE, {"in_exercise": 23, "present": 14, "withdrawn_from_count": 3}, 20, 11, 11, True),
        ("Q7", COMMUNE, {"in_exercise": 11, "present": 6, "occasion": Occasion.ACCOUNTS}, 11, 6, 5, False),
        ("Q8", COMMUNE, {"in_exercise": 11, "present": 7, "occasion": Occasion.ACCOUNTS}, 11, 6, 6, True),
        ("Q10", COMMUNE, {"in_exercise": in_exercise(15), "present": 8}, 15, 8, 8, True),
        ("Q14", Assembly.CCAS, {"in_exercise": 17, "present": 9}, 17, 9, 9, True),
        ("Q16", COMMUNE, {"in_exercise": in_exercise(7, vacant=2), "present": 3}, 5, 3, 3, True),
    ],
)
def test_quorums(
    number: str, assembly: Assembly, figures: Any, members: int, quorum: int, present: int, reached: bool
) -> None:
    count = count_quorum(assembly, on=TODAY, **figures)
    assert (count.members, count.quorum, count.present, count.reached) == (members, quorum, present, reached), number


def test_q11_rooms_and_pictures_count_a_voice_alone_does_not() -> None:
    people = [Attendance(room=True)] * 18 + [Attendance(sound=True, picture=True)] * 3 + [Attendance(sound=True)]
    there = sum(is_present(one, remote_sitting=True, grace=timedelta(0)) for one in people)
    count = count_quorum(EPCI, in_exercise=40, present=there, on=TODAY)
    assert (count.quorum, count.present, count.reached) == (21, 21, True)


@pytest.mark.parametrize(("members", "needed"), [(123, 82), (100, 67)])
def test_q13_the_president_of_a_region_is_elected_by_two_thirds_of_them(members: int, needed: int) -> None:
    count = count_quorum(
        Assembly.REGION, in_exercise=members, present=needed, on=TODAY, occasion=Occasion.PRESIDENT_ELECTION
    )
    assert (count.quorum, count.reached) == (needed, True)


ORDINARY, PUBLIC, SECRET = Mode.ORDINARY, Mode.PUBLIC, Mode.SECRET
DELIBERATION, ACCOUNTS, CLOSED = Kind.DELIBERATION, Kind.ACCOUNTS, Kind.CLOSED_SESSION


@pytest.mark.parametrize(
    ("number", "kind", "mode", "tally", "more", "adopted", "cast", "majority"),
    [
        ("V1", DELIBERATION, ORDINARY, Tally(12, 9, 2), {}, True, 21, 11),
        ("V3", DELIBERATION, PUBLIC, Tally(10, 10), {"chair": Chair.FOR}, True, 20, 11),
        ("V3", DELIBERATION, PUBLIC, Tally(10, 10), {"chair": Chair.AGAINST}, False, 20, 11),
        ("V3", DELIBERATION, PUBLIC, Tally(10, 10, 1), {"chair": Chair.ABSTAINED}, False, 20, 11),
        ("V4", DELIBERATION, SECRET, Tally(10, 10), {"chair": Chair.FOR}, False, 20, 11),
        ("V6", DELIBERATION, SECRET, Tally(11, 10, blank=1, null=1), {"present": 23}, True, 21, 11),
        ("V13", CLOSED, ORDINARY, Tally(9, 5, 4), {"present": 15, "represented": 3}, False, 14, 10),
        ("V19", ACCOUNTS, ORDINARY, Tally(5, 5), {}, True, 10, 6),
        ("V19", ACCOUNTS, ORDINARY, Tally(4, 5), {}, False, 9, 5),
        ("V19", ACCOUNTS, ORDINARY, Tally(0, 0), {}, True, 0, 1),
    ],
)
def test_votes(
    number: str, kind: Kind, mode: Mode, tally: Tally, more: Any, adopted: bool, cast: int, majority: int
) -> None:
    found = decide(COMMUNE, kind, mode, tally, on=TODAY, **more)
    assert found.result is (Result.ADOPTED if adopted else Result.REJECTED), number
    assert (found.cast, found.majority) == (cast, majority), number


def test_v7_the_majority_of_53() -> None:
    assert MAJORITY.of(53) == 27


def test_v9_v10_how_many_ask() -> None:
    asked = [requests_needed(COMMUNE, SECRET, present, TODAY) for present in (17, 18, 19)]
    assert [found and found[0] for found in asked] == [6, 6, 7]
    asked = [requests_needed(Assembly.REGION, PUBLIC, present, TODAY) for present in (30, 31)]
    assert [found and found[0] for found in asked] == [5, 6]


def test_v12_where_both_are_asked_a_departement_votes_in_public() -> None:
    chosen = choose_mode(Assembly.DEPARTEMENT, on=TODAY, present=30, public_requests=5, secret_requests=12)
    assert chosen.mode is PUBLIC


def test_v15_v16_v18_rounds() -> None:
    first = [Candidate("A", 10), Candidate("B", 8), Candidate("C", 3)]
    found = elect(COMMUNE, first, round_=1, on=TODAY)
    assert (found.result, found.majority) == (Result.NEXT_ROUND, 11)
    found = elect(COMMUNE, [Candidate("A", 10), Candidate("B", 11)], round_=2, on=TODAY)
    assert (found.result, found.elected) == (Result.ELECTED, "B")
    lists = [List("Ensemble", 10, Fraction("52.4")), List("Demain", 10, Fraction("48.1"))]
    assert elect_list(lists, round_=3).elected == "Ensemble"


def test_v21_v22_what_videoconference_forbids() -> None:
    chosen = choose_mode(EPCI, on=TODAY, present=21, secret_requests=7, remote=True)
    assert chosen.mode is None
    assert "L5211-11-1" in chosen.article
    found = may_open_remotely(EPCI, Item.BUDGET, TODAY)
    assert found.verdict is ERROR
    assert "L5211-11-1" in str(found.message)


@pytest.mark.parametrize(
    ("number", "method", "seats", "votes", "shared"),
    [
        ("PR2", Method.HIGHEST_REMAINDER, 3, [15, 8], [2, 1]),
        ("PR3", Method.HIGHEST_REMAINDER, 5, [24, 5], [4, 1]),
        ("PR5", Method.HIGHEST_REMAINDER, 5, [17, 7, 3], [3, 1, 1]),
        ("PR5", Method.HIGHEST_AVERAGE, 5, [17, 7, 3], [4, 1, 0]),
    ],
)
def test_seats(number: str, method: Method, seats: int, votes: list[int], shared: list[int]) -> None:
    lists = [List(name, count) for name, count in zip("ABC", votes, strict=False)]
    assert [given.seats for given in share_seats(method, seats, lists).given] == shared, number


def test_p1_one_proxy_each() -> None:
    assert check_proxy(COMMUNE, Proxy(), TODAY) == []
    (found,) = check_proxy(COMMUNE, Proxy(held=1), TODAY)
    assert found.verdict is ERROR
    assert "L2121-20" in str(found.message)


def test_p3_who_arrives_votes_themselves() -> None:
    assert votes_of(["holder"], {"giver": "holder"}) == {"holder": 2}
    assert end_of(revoked=False, giver_present=True, holder_present=True) is Ended.GIVER_ARRIVED
    assert votes_of(["holder", "giver"], {"giver": "holder"}) == {"holder": 1, "giver": 1}


def test_p4_who_withdraws_has_no_vote_at_all() -> None:
    assert votes_of(["holder", "other"], {"giver": "holder"}, withdrawn=["holder"]) == {"holder": 0, "other": 1}


def test_e_publication() -> None:
    assert list_by(day("11-23")).due == day("11-30")
    assert minutes_by(day("12-17")).due == day("12-24")
    assert executory_on(day("11-25"), None, needs_transmission=True) is None
    assert executory_on(day("11-25"), day("11-27"), needs_transmission=True) == day("11-27")
    assert posted_until(day("11-25")).due == day("2027-01-25")
    orders = standing_orders_by(COMMUNE, day("03-20"), 1500)
    assert orders is not None
    assert orders.due == day("09-20")
    assert convene_by(day("11-23")).due == day("12-23")


def test_hr_files_and_reports() -> None:
    assert is_file_overdue(date(2024, 11, 22), TODAY)
    assert not is_file_overdue(date(2024, 11, 23), TODAY)
    assert report_by(day("12-01")).due == day("12-16")
    holidays = holidays_between(day("12-16"), day("2027-02-01"))
    assert review_until(day("12-16"), holidays).due == day("2027-01-04")


@pytest.mark.parametrize(
    ("number", "sunday", "monday", "ascension", "whit_monday", "good_friday"),
    [
        ("JF2", "2027-03-28", "2027-03-29", "2027-05-06", "2027-05-17", "2027-03-26"),
        ("JF3", "2028-04-16", "2028-04-17", "2028-05-25", "2028-06-05", "2028-04-14"),
    ],
)
def test_holidays_of_easter(
    number: str, sunday: str, monday: str, ascension: str, whit_monday: str, good_friday: str
) -> None:
    year = day(sunday).year
    assert easter(year) == day(sunday), number
    days = {holiday.date for holiday in list_holidays(year)}
    local = {holiday.date for holiday in list_holidays(year, Territory.ALSACE_MOSELLE)}
    assert {day(monday), day(ascension), day(whit_monday)} <= days
    assert local - days == {day(good_friday), date(year, 12, 26)}
