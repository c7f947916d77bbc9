"""What minutes and papers say of a ballot in which somebody is elected."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from meetings.council.minutes.compose import Person, Taken, compose
from meetings.council.minutes.record import Voting
from meetings.council.sittings.rules import Happened, Kind
from tests.property.meetings.test_minutes import AGENDA, BLANK, ITEMS, MEMBERS, SETTING
from web.render.locale import Locales
from web.render.papers.minutes import figures_of
from web.render.papers.voice import Voice

START = datetime(2026, 11, 26, 18, tzinfo=UTC)
ITEM, BALLOT = next(iter(ITEMS)), str(UUID(int=7))


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
    kinds: list[tuple[Kind, dict[str, Any]]] = [
        (Kind.PRESENT, {"member": "m0"}),
        (Kind.OPENED, {}),
        (Kind.ITEM_OPENED, {"item": ITEM}),
        (Kind.BALLOT_OPENED, {"item": ITEM, "ballot": BALLOT}),
        (Kind.BALLOT_CLOSED, {"item": ITEM, "ballot": BALLOT}),
    ]
    events = [Happened(seq, kind, START, **more) for seq, (kind, more) in enumerate(kinds, start=1)]
    people = {who: Person(who.upper()) for who in MEMBERS}
    items = [one.model_copy(deep=True) for one in AGENDA]
    account = compose(BLANK.model_copy(deep=True), items, SETTING, people, events, [ballot])
    return account.items[0].ballots[0]


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
