"""Ballots, elections and seats beside the worked examples."""

from datetime import date
from fractions import Fraction

import pytest

from collab.core.errors import Invalid
from meetings.council.rules.ballots import (
    Chair,
    Kind,
    Mode,
    Result,
    Tally,
    check_anonymous,
    check_voter,
    choose_mode,
    decide,
    requests_needed,
)
from meetings.council.rules.elections import (
    Candidate,
    List,
    Member,
    check_list,
    elect,
    elect_list,
    is_appointed_at_once,
    order_of_table,
    presides_first,
)
from meetings.council.rules.entries import Assembly, Share, Verdict
from meetings.council.rules.seats import Method, check_tendencies, share_seats, tender_seats

TODAY = date(2026, 11, 23)
COMMUNE, EPCI, DEPARTEMENT = Assembly.COMMUNE, Assembly.EPCI, Assembly.DEPARTEMENT
CCAS, CST = Assembly.CCAS, Assembly.CST
OK, WARNING, ERROR = Verdict.OK, Verdict.WARNING, Verdict.ERROR


class TestBallots:
    def test_the_mode(self) -> None:
        def mode(assembly: Assembly = COMMUNE, present: int = 20, **more: object) -> Mode | None:
            return choose_mode(assembly, on=TODAY, present=present, **more).mode  # type: ignore[arg-type]  # a fixture

        assert mode() is Mode.ORDINARY
        assert mode(public_requests=4) is Mode.ORDINARY
        assert mode(public_requests=5) is Mode.PUBLIC
        assert mode(secret_requests=7) is Mode.SECRET
        assert mode(public_requests=5, secret_requests=7) is Mode.SECRET
        assert mode(present=0) is Mode.ORDINARY
        assert mode(appointment=True) is Mode.SECRET
        assert mode(appointment=True, secrecy_waived=True) is Mode.ORDINARY
        assert mode(appointment=True, secrecy_waived=True, secrecy_imposed=True) is Mode.SECRET
        assert mode(EPCI, remote=True) is Mode.PUBLIC
        assert mode(EPCI, remote=True, appointment=True) is None
        assert mode(DEPARTEMENT, secret_requests=20) is Mode.ORDINARY
        assert mode(DEPARTEMENT, secret_requests=10, standing_orders=Share(1, 3)) is Mode.SECRET
        assert requests_needed(DEPARTEMENT, Mode.SECRET, 20, TODAY) is None

    @pytest.mark.parametrize(
        ("kind", "tally", "more", "field"),
        [
            (Kind.DELIBERATION, Tally(-1, 0), {}, "for"),
            (Kind.DELIBERATION, Tally(3, 3), {"present": 5}, "present"),
            (Kind.DELIBERATION, Tally(0, 3), {"chair": Chair.FOR}, "chair"),
            (Kind.CLOSED_SESSION, Tally(3, 0), {}, "present"),
        ],
    )
    def test_what_cannot_be(self, kind: Kind, tally: Tally, more: dict[str, object], field: str) -> None:
        with pytest.raises(Invalid) as caught:
            decide(COMMUNE, kind, Mode.ORDINARY, tally, on=TODAY, **more)  # type: ignore[arg-type]  # a fixture
        assert field in caught.value.errors

    def test_a_tie_without_a_casting_vote(self) -> None:
        tie = Tally(3, 3)
        assert decide(CST, Kind.DELIBERATION, Mode.ORDINARY, tie, on=TODAY, chair=Chair.FOR).result is Result.REJECTED
        assert decide(COMMUNE, Kind.DELIBERATION, Mode.ORDINARY, tie, on=TODAY).result is Result.REJECTED

    def test_no_closed_session_where_none_is_public(self) -> None:
        with pytest.raises(Invalid):
            decide(CCAS, Kind.CLOSED_SESSION, Mode.ORDINARY, Tally(3, 0), on=TODAY, present=5)

    def test_whose_vote_is_taken(self) -> None:
        assert check_voter(is_member=True, is_there=True, is_withdrawn=False).verdict is OK
        assert check_voter(is_member=True, is_there=True, is_withdrawn=True).article == "CGCT L2131-11"
        assert check_voter(is_member=True, is_there=False, is_withdrawn=False).verdict is ERROR
        assert check_voter(is_member=False, is_there=True, is_withdrawn=False).verdict is ERROR

    def test_anonymous_if_and_only_if_secret(self) -> None:
        assert check_anonymous(Mode.SECRET, anonymous=True).verdict is OK
        assert check_anonymous(Mode.SECRET, anonymous=False).verdict is ERROR
        assert check_anonymous(Mode.PUBLIC, anonymous=True).verdict is ERROR


class TestElections:
    def test_in_the_third_round_age_decides(self) -> None:
        two = [Candidate("A", 5, date(1980, 1, 2)), Candidate("B", 5, date(1980, 1, 1)), Candidate("C", 4)]
        assert elect(COMMUNE, two, round_=3, on=TODAY).elected == "B"
        with pytest.raises(Invalid) as caught:
            elect(COMMUNE, [Candidate("A", 5), two[1]], round_=3, on=TODAY)
        assert list(caught.value.errors) == ["candidates.0.born"]
        with pytest.raises(Invalid):
            elect(COMMUNE, [two[0], Candidate("B", 5, two[0].born)], round_=3, on=TODAY)

    def test_nobody_is_elected_by_nobody(self) -> None:
        nobody = [Candidate("A", 0), Candidate("B", 0)]
        assert elect(COMMUNE, nobody, round_=1, on=TODAY).result is Result.NEXT_ROUND
        assert elect(COMMUNE, nobody, round_=3, on=TODAY).result is Result.REJECTED
        with pytest.raises(Invalid):
            elect(COMMUNE, [], round_=1, on=TODAY)
        with pytest.raises(Invalid):
            elect(COMMUNE, [Candidate("A", 1), Candidate("A", 2)], round_=1, on=TODAY)

    def test_lists(self) -> None:
        assert elect_list([List("A", 11), List("B", 10)], round_=1).elected == "A"
        assert check_list("FHFH", population=300, on=TODAY).verdict is OK
        assert check_list("FHHF", population=300, on=TODAY).verdict is ERROR
        assert check_list("FHHF", population=300, on=date(2025, 1, 1)).verdict is OK
        assert check_list("FF", population=300, on=TODAY, replacement=True).verdict is OK
        assert check_list("FF", population=1300, on=TODAY, replacement=True).verdict is ERROR

    def test_seniority(self) -> None:
        assert presides_first([Member("a", date(1950, 3, 2)), Member("b", date(1950, 3, 1))]) == "b"
        since = date(2026, 3, 15)
        table = {
            "young": (since, 400, date(1990, 1, 1)),
            "old": (since, 400, date(1960, 1, 1)),
            "first": (since, 500, date(1999, 1, 1)),
            "before": (date(2020, 3, 15), 10, date(1999, 1, 1)),
        }
        assert order_of_table(table) == ["before", "first", "old", "young"]
        assert is_appointed_at_once(1, 1)
        assert not is_appointed_at_once(2, 1)


class TestSeats:
    def test_equal_remainders_go_to_the_larger_list_then_to_the_older(self) -> None:
        method = Method.HIGHEST_REMAINDER
        # quota 4: remainders 2 and 2
        larger = share_seats(method, 3, [List("A", 2), List("B", 10)])
        assert [given.seats for given in larger.given] == [0, 3]
        older = share_seats(method, 3, [List("A", 5, Fraction(40)), List("B", 5, Fraction(50))])
        assert [given.seats for given in older.given] == [1, 2]
        with pytest.raises(Invalid) as caught:
            share_seats(method, 3, [List("A", 5), List("B", 5, Fraction(50))])
        assert list(caught.value.errors) == ["lists.0.average_age"]
        with pytest.raises(Invalid):
            share_seats(method, 3, [List("A", 5, Fraction(50)), List("B", 5, Fraction(50))])

    def test_age_is_asked_only_where_it_decides(self) -> None:
        for method in Method:
            shared = share_seats(method, 5, [List("A", 10), List("B", 5), List("C", 5)])
            assert sum(given.seats for given in shared.given) == 5
            equal = share_seats(method, 4, [List("A", 5), List("B", 5)])
            assert [given.seats for given in equal.given] == [2, 2]

    @pytest.mark.parametrize(
        ("seats", "lists", "field"),
        [
            (0, [List("A", 1)], "seats"),
            (3, [], "lists"),
            (3, [List("A", 0)], "lists"),
            (3, [List("A", 5), List("B", -1)], "lists.1.votes"),
        ],
    )
    def test_what_cannot_be(self, seats: int, lists: list[List], field: str) -> None:
        with pytest.raises(Invalid) as caught:
            share_seats(Method.HIGHEST_AVERAGE, seats, lists)
        assert field in caught.value.errors

    def test_commissions(self) -> None:
        assert tender_seats(COMMUNE, TODAY, 3499) == (3, "CGCT L1411-5")
        assert tender_seats(COMMUNE, TODAY, 3500) == (5, "CGCT L1411-5")
        assert check_tendencies({"A": 4, "B": 0}, population=1000, on=TODAY).verdict is WARNING
        assert check_tendencies({"A": 4, "B": 0}, population=999, on=TODAY).verdict is OK
