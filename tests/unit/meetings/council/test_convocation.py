"""Dates of convocation and agenda beside the worked examples."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from collab.core.errors import Invalid
from meetings.council.rules import agenda, delays, publication, remote
from meetings.council.rules.delays import Reason, Unit, check_convocation, count_days
from meetings.council.rules.entries import Assembly, Entry, LocalLaw, Verdict
from meetings.council.rules.remote import Item

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
COMMUNE, EPCI, REGION = Assembly.COMMUNE, Assembly.EPCI, Assembly.REGION
DEPARTEMENT, PERMANENT, CCAS = Assembly.DEPARTEMENT, Assembly.PERMANENT_COMMISSION, Assembly.CCAS
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
        elected = check_convocation(
            COMMUNE,
            sent=date(2026, 3, 16),
            meeting=date(2026, 3, 27),
            reason=Reason.FIRST_SITTING,
            elected=date(2026, 3, 15),
        )
        assert elected.verdict is ERROR
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
