"""What minutes and papers say of who was there, and of a ballot in which somebody is elected."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from meetings.council.minutes.compose import Person, Taken, compose
from meetings.council.minutes.record import Dealt, Voting
from meetings.council.rules.quorum import Withdrawal
from meetings.council.sittings.rules import Happened, Kind
from tests.property.meetings.test_minutes import AGENDA, BLANK, ITEMS, MEMBERS, SETTING
from web.render.locale import Locales
from web.render.papers.minutes import figures_of
from web.render.papers.voice import Voice

START = datetime(2026, 11, 26, 18, tzinfo=UTC)
ITEM, BALLOT = next(iter(ITEMS)), str(UUID(int=7))
ON_ITEM: list[tuple[Kind, dict[str, Any]]] = [(Kind.OPENED, {}), (Kind.ITEM_OPENED, {"item": ITEM})]


def taken(**result: Any) -> Taken:
    figures = {"votes_for": 0, "votes_against": 0, "abstentions": 1, "blank": 0, "null": 0, "cast": 8, "majority": 5}
    return Taken(
        id=BALLOT,
        item=ITEM,
        method="roll_call",
        mode="public",
        kind="appointment",
        state="closed",
        opened_at=START,
        closed_at=START,
        result={**figures, **result},
        names={"Zoé Delattre": ["m0", "m1"], "abstained": ["m2"]},
    )


def voted(ballot: Taken) -> Voting:
    """The ballot as the minutes of a sitting that held it have it."""
    opened = (Kind.BALLOT_OPENED, {"item": ITEM, "ballot": BALLOT})
    closed = (Kind.BALLOT_CLOSED, {"item": ITEM, "ballot": BALLOT})
    return dealt((Kind.PRESENT, {"member": "m0"}), *ON_ITEM, opened, closed, ballots=[ballot]).ballots[0]


def dealt(*kinds: tuple[Kind, dict[str, Any]], ballots: Sequence[Taken] = ()) -> Dealt:
    """The first item as the minutes tell it after these events."""
    events = [Happened(seq, kind, START, **more) for seq, (kind, more) in enumerate(kinds, start=1)]
    people = {who: Person(who.upper()) for who in MEMBERS}
    return compose(BLANK, AGENDA, SETTING, people, events, ballots).items[0]


def test_an_election_tells_what_each_got() -> None:
    options = [{"name": "Zoé Delattre", "votes": 5}, {"name": "Hugo Navarro", "votes": 3}]
    found = voted(taken(result="elected", elected="Zoé Delattre", options=options))
    assert found.ways == ["Zoé Delattre", "Hugo Navarro", "abstained"]
    assert found.names == {"Zoé Delattre": ["M0", "M1"], "abstained": ["M2"]}
    assert found.figures == {"abstentions": 1, "cast": 8, "majority": 5}
    said = figures_of(found, Voice(Locales.load()["fr"], ZoneInfo("Europe/Paris")))
    assert said.replace("\u00a0", " ").startswith("Zoé Delattre (voix : 5), Hugo Navarro (voix : 3), 1 abstention")


def test_shared_seats_are_told() -> None:
    options = [{"name": "Liste A", "votes": 6, "seats": 2}, {"name": "Liste B", "votes": 2, "seats": 1}]
    found = voted(taken(result="shared", elected="", options=options))
    assert [(one.votes, one.seats) for one in found.standing] == [(6, 2), (2, 1)]


def test_a_question_has_its_three_ways() -> None:
    assert voted(taken(result="adopted", votes_for=8)).ways == ["for", "against", "abstained"]


def test_who_withdraws_from_an_item_that_nobody_votes_on_is_not_told_as_there() -> None:
    came = [(Kind.PRESENT, {"member": who}) for who in ("m0", "m1")]
    aside = (Kind.WITHDREW, {"item": ITEM, "member": "m0", "why": Withdrawal.FROM_COUNT})
    item = dealt(*came, *ON_ITEM, aside, (Kind.ITEM_CLOSED, {"item": ITEM}))
    assert [one.name for one in item.withdrawn] == ["M0"]
    assert item.present == ["M1"]
