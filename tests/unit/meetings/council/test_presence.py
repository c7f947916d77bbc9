"""Who is there and who is represented, beside the worked examples."""

from datetime import date, timedelta

import pytest

from collab.core.errors import Invalid
from meetings.council.rules import proxies, remote
from meetings.council.rules.entries import Assembly, Authority, Verdict, find
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

TODAY = date(2026, 11, 23)
COMMUNE, EPCI, REGION = Assembly.COMMUNE, Assembly.EPCI, Assembly.REGION
DEPARTEMENT, PERMANENT, CCAS = Assembly.DEPARTEMENT, Assembly.PERMANENT_COMMISSION, Assembly.CCAS
CST = Assembly.CST
OK, WARNING, ERROR = Verdict.OK, Verdict.WARNING, Verdict.ERROR


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
