"""What the rules say beside the worked examples: other assemblies, other days, what cannot be."""

from collections.abc import Sequence
from datetime import date, timedelta
from fractions import Fraction

import pytest

from collab.core.errors import Invalid
from meetings.council.rules import agenda, delays, proxies, publication, remote
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
from meetings.council.rules.delays import Reason, Unit, check_convocation, count_days
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
from meetings.council.rules.entries import Assembly, Authority, Entry, LocalLaw, Share, Verdict, find
from meetings.council.rules.quorum import (
    Moment,
    Occasion,
    Withdrawal,
    count_people,
    count_quorum,
    is_complete,
    is_quorum_due,
    may_open_item,
)
from meetings.council.rules.remote import Allowed, Attendance, Item
from meetings.council.rules.seats import Method, check_tendencies, share_seats, tender_seats

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
COMMUNE, EPCI, REGION = Assembly.COMMUNE, Assembly.EPCI, Assembly.REGION
DEPARTEMENT, PERMANENT, CCAS, CST = (
    Assembly.DEPARTEMENT,
    Assembly.PERMANENT_COMMISSION,
    Assembly.CCAS,
    Assembly.CST,
)
OK, WARNING, ERROR = Verdict.OK, Verdict.WARNING, Verdict.ERROR


class TestDates:
    def test_the_rule_is_the_one_of_its_day(self) -> None:
        small = {"population": 900, "meeting": date(2019, 11, 29)}
        before = check_convocation(EPCI, sent=date(2019, 11, 25), **small)  # type: ignore[arg-type]  # a fixture
        assert (before.verdict, before.delay.days) == (OK, 3)
        late = check_convocation(EPCI, sent=date(2019, 11, 26), **small)  # type: ignore[arg-type]  # a fixture
        assert late.verdict is WARNING  # what was not read warns
        now = check_convocation(EPCI, sent=TODAY, meeting=TODAY + 4 * DAY, population=900)
        assert (now.verdict, now.delay.days) == (ERROR, 5)

    def test_nothing_is_known_of_days_before_the_code(self) -> None:
        with pytest.raises(Invalid) as caught:
            check_convocation(COMMUNE, sent=date(1980, 1, 1), meeting=None)
        assert list(caught.value.errors) == ["assembly"]

    @pytest.mark.parametrize(
        "table",
        [delays.NORMAL, delays.URGENT, delays.FIRST_SITTING, delays.NO_QUORUM, remote.ALLOWED, agenda.NOTES],
    )
    def test_entries_end_no_earlier_than_they_begin(self, table: Sequence[Entry[object]]) -> None:
        assert all(entry.valid_to is None or entry.valid_from <= entry.valid_to for entry in table)


class TestConvocation:
    def test_a_date_is_needed(self) -> None:
        with pytest.raises(Invalid) as caught:
            check_convocation(COMMUNE, sent=None, meeting=None)
        assert set(caught.value.errors) == {"sent", "meeting"}

    def test_a_sitting_before_its_convocation_is_an_error(self) -> None:
        for gap in (0, -3):
            found = check_convocation(COMMUNE, sent=TODAY, meeting=TODAY + gap * DAY)
            assert (found.verdict, found.gap, found.clear_days) == (ERROR, gap, 0)

    def test_urgency_is_not_everywhere(self) -> None:
        for assembly in (PERMANENT, CCAS):
            plain = check_convocation(assembly, sent=TODAY, meeting=TODAY + 2 * DAY)
            urgent = check_convocation(assembly, sent=TODAY, meeting=TODAY + 2 * DAY, urgent=True)
            assert urgent.verdict is plain.verdict is ERROR
            assert "urgency" in " ".join(str(found.message) for found in urgent.findings)

    def test_a_first_sitting_is_held_at_the_end_of_the_week(self) -> None:
        found = [
            check_convocation(
                COMMUNE, sent=TODAY, meeting=TODAY + gap * DAY, population=9000, reason=Reason.FIRST_SITTING
            ).verdict
            for gap in (4, 5, 6, 7)
        ]
        assert found == [OK, OK, OK, ERROR]
        epci = check_convocation(EPCI, sent=TODAY, meeting=TODAY + 6 * DAY, reason=Reason.FIRST_SITTING)
        assert (epci.verdict, epci.delay.days) == (OK, 5)

    def test_after_a_lack_of_quorum(self) -> None:
        def verdicts(assembly: Assembly, *gaps: int, local_law: LocalLaw | None = None) -> list[Verdict]:
            return [
                check_convocation(
                    assembly,
                    sent=TODAY,
                    meeting=TODAY + gap * DAY,
                    reason=Reason.NO_QUORUM,
                    local_law=local_law,
                ).verdict
                for gap in gaps
            ]

        assert verdicts(EPCI, 3, 4) == [ERROR, OK]
        assert verdicts(DEPARTEMENT, 2, 3, 4) == [ERROR, OK, WARNING]
        assert verdicts(COMMUNE, 1, local_law=LocalLaw.ALSACE_MOSELLE) == [OK]
        assert verdicts(CCAS, 2, 3, 4) == [ERROR, WARNING, OK]
        assert verdicts(PERMANENT, 9) == [WARNING]

    def test_urgency_brings_the_quorum_back(self) -> None:
        found = check_convocation(COMMUNE, sent=TODAY, meeting=TODAY + 2 * DAY, urgent=True, reason=Reason.NO_QUORUM)
        assert found.verdict is OK
        assert "keeps the quorum" in " ".join(str(one.message) for one in found.findings)

    def test_which_days_count(self) -> None:
        clear = count_days(TODAY, TODAY + 3 * DAY, Unit.CLEAR)
        assert [day.number for day in clear] == [None, 1, 2, None]
        assert [day.number for day in count_days(TODAY, TODAY + 3 * DAY, Unit.ELAPSED)] == [None, 1, 2, 3]
        assert count_days(TODAY, TODAY, Unit.CLEAR) == []


class TestAgenda:
    def test_who_convenes_and_who_makes_them(self) -> None:
        assert agenda.check_author(is_chair=False, is_substitute=False).verdict is ERROR
        assert agenda.check_author(is_chair=False, is_substitute=True).verdict is OK
        assert agenda.requests_to_convene(COMMUNE, 23, TODAY, 1500) == (8, "CGCT L2121-9")
        assert agenda.requests_to_convene(COMMUNE, 11, TODAY, 300) == (6, "CGCT L2121-9")
        assert agenda.requests_to_convene(REGION, 100, TODAY) is None

    def test_everybody_is_convened(self) -> None:
        assert agenda.check_dispatch(in_exercise=["a", "b"], sent_to=["a"]).verdict is ERROR
        assert agenda.check_dispatch(in_exercise=["a"], sent_to=["a", "former"]).verdict is OK

    def test_notes(self) -> None:
        assert agenda.check_note(COMMUNE, TODAY, has_note=False, population=3499).verdict is OK
        assert agenda.check_note(COMMUNE, TODAY, has_note=False, population=3499, icpe=True).verdict is ERROR
        assert agenda.check_note(COMMUNE, TODAY, has_note=False, population=3500).verdict is ERROR
        assert agenda.check_note(EPCI, TODAY, has_note=True, added_later=True).verdict is WARNING

    def test_what_may_be_voted_on(self) -> None:
        assert agenda.may_vote_on(Item.DELIBERATION, listed=True).verdict is OK
        assert agenda.may_vote_on(Item.DELIBERATION, listed=False).verdict is ERROR
        assert agenda.may_vote_on(Item.MISCELLANEOUS, listed=True).verdict is ERROR
        assert agenda.may_vote_on(Item.ORAL_QUESTION, listed=True).verdict is ERROR

    def test_who_asks_for_a_closed_session(self) -> None:
        assert agenda.requests_to_close(COMMUNE, TODAY) == (3, "CGCT L2121-18")
        assert agenda.requests_to_close(REGION, TODAY) == (5, "CGCT L4132-10")
        assert agenda.requests_to_close(CCAS, TODAY) is None

    def test_delays_of_months(self) -> None:
        assert agenda.standing_orders_by(COMMUNE, TODAY, 999) is None
        assert agenda.copies_by(date(2026, 1, 31)).due == date(2026, 2, 28)


class TestQuorum:
    def test_a_permanent_commission_counts_proxies(self) -> None:
        figures = {"in_exercise": 20, "present": 8, "represented": 3, "on": TODAY}
        assert count_quorum(PERMANENT, **figures).reached  # type: ignore[arg-type]  # a fixture
        assert not count_quorum(DEPARTEMENT, **figures).reached  # type: ignore[arg-type]  # a fixture
        region = count_quorum(PERMANENT, authority=Authority.REGION, **figures)  # type: ignore[arg-type]  # a fixture
        assert (region.article, region.certain) == ("CGCT L4132-13-1", False)

    def test_a_second_convocation_needs_none(self) -> None:
        for assembly in (COMMUNE, EPCI, DEPARTEMENT, REGION, CCAS, CST):
            count = count_quorum(assembly, in_exercise=20, present=2, on=TODAY, occasion=Occasion.SECOND_CONVOCATION)
            assert (count.quorum, count.reached) == (0, True)

    def test_half_of_the_staff_is_enough(self) -> None:
        assert count_quorum(CST, in_exercise=6, present=3, on=TODAY).reached
        assert count_quorum(CST, in_exercise=5, present=2, on=TODAY).quorum == 3

    def test_the_less_strict_reading(self) -> None:
        count = count_quorum(
            COMMUNE, in_exercise=19, present=10, withdrawn_present=2, on=TODAY, absent_leave_members=True
        )
        assert (count.members, count.quorum, count.present) == (17, 9, 8)

    @pytest.mark.parametrize(
        ("figures", "field"),
        [
            ({"in_exercise": 5, "present": 6}, "present"),
            ({"in_exercise": 5, "present": -1}, "present"),
            ({"in_exercise": 5, "present": 3, "represented": 3}, "represented"),
            ({"in_exercise": 5, "present": 3, "withdrawn_from_count": 4}, "withdrawn_from_count"),
            ({"in_exercise": 5, "present": 3, "withdrawn_from_count": 2, "withdrawn_present": 2}, "withdrawn_present"),
        ],
    )
    def test_what_cannot_be(self, figures: dict[str, int], field: str) -> None:
        with pytest.raises(Invalid) as caught:
            count_quorum(COMMUNE, on=TODAY, **figures)  # type: ignore[arg-type]  # a fixture
        assert field in caught.value.errors

    def test_people_count_once_and_strangers_not_at_all(self) -> None:
        count = count_people(
            COMMUNE,
            ["mayor", "a", "b", "c", "d"],
            ["a", "a", "b", "mayor", "stranger"],
            on=TODAY,
            represented=["c"],
            withdrawn={"d": Withdrawal.FROM_COUNT, "b": Withdrawal.PERSONAL},
            president="mayor",
            occasion=Occasion.ACCOUNTS,
        )
        assert (count.members, count.quorum, count.present) == (4, 3, 1)
        found = may_open_item(count)
        assert found.verdict is ERROR
        assert "L2121-17" in str(found.message)

    def test_when_it_is_looked_at(self) -> None:
        assert [moment for moment in Moment if is_quorum_due(moment)] == [
            Moment.OPENING,
            Moment.ITEM_OPENED,
            Moment.RESUMED,
        ]

    def test_small_councils_are_complete_early(self) -> None:
        assert is_complete(5, 7, 99, TODAY)
        assert not is_complete(5, 7, 99, date(2025, 1, 1))
        assert not is_complete(8, 11, 100, TODAY)


class TestRemote:
    def test_who_may(self) -> None:
        found = {assembly: remote.may_sit_remotely(assembly, TODAY).verdict for assembly in Assembly}
        assert [one for one, verdict in found.items() if verdict is OK] == [
            EPCI,
            Assembly.SYNDICAT,
            DEPARTEMENT,
            REGION,
            PERMANENT,
        ]
        assert found[COMMUNE] is ERROR
        assert found[CCAS] is WARNING
        assert remote.may_sit_remotely(Assembly.EPCI_BUREAU, date(2025, 12, 23)).verdict is ERROR
        assert remote.may_sit_remotely(Assembly.EPCI_BUREAU, date(2025, 12, 24)).verdict is WARNING
        entry = find(remote.ALLOWED, Assembly.CAP, TODAY)
        assert entry is not None
        assert entry.value is Allowed.CONDITIONS

    def test_forbidden_items(self) -> None:
        forbidden = {item for item in Item if remote.may_open_remotely(EPCI, item, TODAY).verdict is ERROR}
        assert forbidden == remote.FORBIDDEN

    def test_who_is_there(self) -> None:
        grace = timedelta(seconds=30)

        def there(attendance: Attendance, *, remote_sitting: bool = True) -> bool:
            return remote.is_present(attendance, remote_sitting=remote_sitting, grace=grace)

        both = Attendance(sound=True, picture=True)
        assert there(both)
        assert not there(both, remote_sitting=False)
        assert there(Attendance(room=True), remote_sitting=False)
        assert there(Attendance(lost_for=grace))
        assert not there(Attendance(lost_for=grace + timedelta(seconds=1)))
        assert not there(Attendance())

    def test_a_sitting_in_one_place_each_half_year(self) -> None:
        assert remote.half_year(date(2026, 6, 30)).last == date(2026, 6, 30)
        assert remote.half_year(date(2026, 7, 1)).first == date(2026, 7, 1)
        assert remote.check_half_year(EPCI, TODAY, [date(2026, 6, 30)]).verdict is WARNING
        assert remote.check_half_year(EPCI, TODAY, [date(2026, 12, 31)]).verdict is OK
        assert remote.check_half_year(EPCI, date(2026, 12, 31), []).verdict is ERROR

    def test_what_the_sitting_needs(self) -> None:
        found = remote.check_remote_sitting(said_in_convocation=False, broadcast=False, article="CGCT L5211-11-1")
        assert [one.verdict for one in found] == [ERROR, ERROR]
        assert remote.check_remote_sitting(said_in_convocation=True, broadcast=True, article="") == []


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


class TestProxies:
    @pytest.mark.parametrize(
        ("proxy", "faults"),
        [
            (proxies.Proxy(session=3), 0),
            (proxies.Proxy(session=4), 1),
            (proxies.Proxy(session=4, is_ill=True), 0),
            (proxies.Proxy(signed=False, gave_own=True), 2),
            (proxies.Proxy(holder_is_member=False), 1),
            (proxies.Proxy(to_oneself=True), 1),
        ],
    )
    def test_in_a_commune(self, proxy: proxies.Proxy, faults: int) -> None:
        assert len(proxies.check_proxy(COMMUNE, proxy, TODAY)) == faults

    def test_elsewhere(self) -> None:
        assert len(proxies.check_proxy(DEPARTEMENT, proxies.Proxy(session=2, is_ill=True), TODAY)) == 1
        assert len(proxies.check_proxy(CST, proxies.Proxy(has_substitute=True), TODAY)) == 1
        assert proxies.check_proxy(PERMANENT, proxies.Proxy(held=1), TODAY)[0].verdict is WARNING

    def test_when_they_end(self) -> None:
        def end(**changed: bool) -> proxies.Ended | None:
            facts = {"revoked": False, "giver_present": False, "holder_present": True, **changed}
            return proxies.end_of(**facts)

        assert end() is None
        assert end(revoked=True) is proxies.Ended.REVOKED
        assert end(holder_present=False) is proxies.Ended.HOLDER_LEFT


class TestPublication:
    def test_minutes(self) -> None:
        everything = set(publication.Part)
        assert publication.check_minutes(everything, public_ballot=True, is_settled=True) == []
        without = everything - {publication.Part.NAMES}
        assert publication.check_minutes(without, public_ballot=False, is_settled=True) == []
        assert len(publication.check_minutes(without, public_ballot=True, is_settled=False)) == 2

    def test_paper_and_transmission(self) -> None:
        assert publication.may_choose_paper(3499, TODAY).verdict is OK
        assert publication.may_choose_paper(3500, TODAY).verdict is ERROR
        assert publication.must_transmit_electronically(COMMUNE, 50_001, TODAY)
        assert not publication.must_transmit_electronically(COMMUNE, 50_000, TODAY)
        assert publication.executory_on(TODAY, None, needs_transmission=False) == TODAY
