"""Whatever happens in a sitting, its minutes say it once and truly: members, times, quorums, items, ballots."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from meetings.council.minutes.compose import Person, Taken, compose
from meetings.council.minutes.record import Account, Dealt, Status
from meetings.council.rules.entries import Assembly, Verdict
from meetings.council.rules.quorum import Withdrawal
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings.law import Body
from meetings.council.sittings.order import check
from meetings.council.sittings.rules import Happened, Kind, Phase, Setting, count, fold

MEMBERS = [f"m{number}" for number in range(9)]
ITEMS = {str(UUID(int=number)): kind for number, kind in enumerate((ItemKind.BUDGET, ItemKind.ACCOUNTS), start=1)}
SETTING = Setting(Body(Assembly.COMMUNE, 12000), date(2026, 11, 26), MEMBERS, ITEMS, president="m0")
START = datetime(2026, 11, 26, 18, tzinfo=UTC)
PEOPLE = {who: Person(who.upper()) for who in MEMBERS}
BLANK = Account(
    assembly="Conseil",
    kind=Assembly.COMMUNE,
    title="Séance",
    place="Mairie",
    remote=False,
    urgent=False,
    second=False,
    convened_at=START,
    convened_by="M0",
    starts_at=START,
)
AGENDA = [
    Dealt(
        id=UUID(key),
        number=str(n),
        depth=0,
        title=f"Point {n}",
        kind=kind,
        public=True,
        rapporteur="",
        report="Note",
    )
    for n, (key, kind) in enumerate(ITEMS.items(), start=1)
]

events = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(list(Kind)),
        "member": st.sampled_from(MEMBERS),
        "other": st.sampled_from(MEMBERS),
        "item": st.sampled_from(list(ITEMS)),
        "why": st.sampled_from(list(Withdrawal)),
        "corrects": st.integers(0, 40),
        "later": st.integers(0, 600),
    }
)
# Most sequences must get beyond the opening for the rest to mean something.
OPENING: list[dict[str, Any]] = [
    *({"kind": Kind.PRESENT, "member": who} for who in MEMBERS[:6]),
    {"kind": Kind.CHAIR, "member": "m1"},
    {"kind": Kind.OPENED},
]


def played(wanted: list[dict[str, object]]) -> list[Happened]:
    """What a clerk could enter of these, with ballots on the open item."""
    done: list[Happened] = []
    at, ballots = START, 0
    for fields in [*OPENING, *wanted]:
        values = dict(fields)
        at += timedelta(seconds=int(str(values.pop("later", 1))))
        state = fold(done)
        kind = values["kind"]
        if str(kind).startswith("ballot"):
            if kind is Kind.BALLOT_OPENED and (not state.item or state.ballot or state.phase is not Phase.OPEN):
                continue
            if kind is not Kind.BALLOT_OPENED and not state.ballot:
                continue
            ballots += kind is Kind.BALLOT_OPENED
            values |= {"ballot": str(UUID(int=1000 + ballots)), "item": state.item}
        struck = {one.corrects for one in done if one.kind is Kind.CORRECTED}
        known = {one.seq: one.kind for one in done if one.seq not in struck and one.kind is not Kind.CORRECTED}
        new = Happened(len(done) + 1, at=at, **values)
        if all(one.verdict is not Verdict.ERROR for one in check(SETTING, state, new, known)):
            done.append(new)
    return done


def taken(done: list[Happened]) -> list[Taken]:
    ends = {one.ballot: one for one in done if one.kind in (Kind.BALLOT_CLOSED, Kind.BALLOT_WITHDRAWN)}
    result = {"result": "adopted", "votes_for": 3, "votes_against": 1, "abstentions": 0, "certain": True}
    found = []
    for one in done:
        if one.kind is Kind.BALLOT_OPENED:
            end = ends.get(one.ballot)
            state = "open" if end is None else "closed" if end.kind is Kind.BALLOT_CLOSED else "withdrawn"
            names = {"for": ["m1", "m2"], "against": ["m3"]}
            at = end.at if end else None
            found.append(
                Taken(one.ballot, one.item, "roll_call", "public", "deliberation", state, one.at, at, result, names)
            )
    return found


def told(done: list[Happened]) -> Account:
    return compose(BLANK, AGENDA, SETTING, PEOPLE, done, taken(done))


@given(st.lists(events, max_size=60))
def test_each_member_stands_once_and_with_the_times_they_were_there(wanted: list[dict[str, object]]) -> None:
    done = played(wanted)
    account = told(done)
    assert [one.member for one in account.members] == MEMBERS
    for one in account.members:
        assert all(a.end <= b.start for a, b in zip(one.spans, one.spans[1:], strict=False))
        assert all(span.start <= span.end for span in one.spans)
        assert all(not (span.how and span.by) for span in one.spans)
        assert (one.status is Status.PRESENT) == any(span.how for span in one.spans)
        if one.status is not Status.PRESENT:
            assert one.came is None
            assert one.went is None
    struck = {event.corrects for event in done if event.kind is Kind.CORRECTED}
    for number, event in enumerate(done, start=1):
        later = [other for other in done[number:] if other.kind is Kind.CORRECTED and other.corrects <= event.seq]
        if event.seq in struck or later:
            continue  # what was taken back later is told as if it had never been
        state = fold(done[:number])
        if state.phase not in (Phase.OPEN, Phase.SUSPENDED):
            continue
        there = {
            who.member
            for who in account.members
            for span in who.spans
            if span.how and span.start <= event.at <= span.end
        }
        assert set(state.present) <= there


@given(st.lists(events, max_size=60))
def test_every_quorum_is_the_one_that_was_counted_then(wanted: list[dict[str, object]]) -> None:
    done = [one for one in played(wanted) if one.kind is not Kind.CORRECTED]
    expected = []
    for number, one in enumerate(done, start=1):
        if one.kind in (Kind.OPENED, Kind.ITEM_OPENED, Kind.RESUMED):
            state = fold(done[:number])
            found = count(SETTING, state, state.item)
            expected.append((one.at, found.members, found.quorum, found.present))
    assert [(one.at, one.members, one.quorum, one.present) for one in told(done).quorums] == expected


@given(st.lists(events, max_size=60))
def test_every_item_and_every_ballot_stand_once_where_they_belong(wanted: list[dict[str, object]]) -> None:
    done = played(wanted)
    account = told(done)
    assert [str(one.id) for one in account.items] == list(ITEMS)
    ballots = [(str(item.id), str(one.id)) for item in account.items for one in item.ballots]
    assert sorted(ballots) == sorted((one.item, one.ballot) for one in done if one.kind is Kind.BALLOT_OPENED)
    for item in account.items:
        assert (item.opened_at is not None) == any(
            one.kind is Kind.ITEM_OPENED and one.item == str(item.id) for one in done
        )
        assert not {one.name for one in item.withdrawn} & set(item.present) or item.closed_at is None or item.ballots
        for one in item.ballots:
            closed = any(end.kind is Kind.BALLOT_CLOSED and end.ballot == str(one.id) for end in done)
            assert one.withdrawn is not closed
            assert bool(one.names) is closed
            assert one.voters <= len(MEMBERS)


@given(st.lists(events, max_size=60))
def test_what_is_settled_reads_the_same_from_the_database(wanted: list[dict[str, object]]) -> None:
    account = told(played(wanted))
    assert Account.model_validate_json(account.model_dump_json()) == account


def test_a_ballot_of_another_kind_is_told_by_its_totals() -> None:
    done = played(
        [
            {"kind": Kind.ITEM_OPENED, "item": next(iter(ITEMS))},
            {"kind": Kind.BALLOT_OPENED},
            {"kind": Kind.BALLOT_CLOSED},
        ]
    )
    ballot = taken(done)[0]
    secret = Taken(
        ballot.id,
        ballot.item,
        "sealed",
        "secret",
        "lists",
        "closed",
        START,
        START,
        {"blank": 2, "Liste A": 9},
        ballot.names,
    )
    (one,) = compose(BLANK, AGENDA, SETTING, PEOPLE, done, [secret]).items[0].ballots
    assert one.figures == {"blank": 2, "Liste A": 9}
    assert one.names == {}
