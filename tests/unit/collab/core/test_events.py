"""The bus: wire names, handlers within and after, and that one failing handler stops nobody else."""

from typing import cast

import pytest
import structlog

from collab.core.database import Tx
from collab.core.events import Announcement, Bus, Fact

TX = cast("Tx", object())


class CardMoved(Announcement):
    card: str


class LastCardOfColumnRemoved(Announcement):
    pass


class RightsChanged(Fact):
    who: str


MOVED = CardMoved(topic="board:1", rev=7, card="a")


def test_the_wire_name_follows_from_the_class() -> None:
    assert CardMoved.wire == "card.moved"
    assert LastCardOfColumnRemoved.wire == "last_card_of_column.removed"


def test_the_payload_is_what_is_not_in_the_envelope() -> None:
    assert MOVED.payload() == {"card": "a"}


def test_a_fact_cannot_be_changed_or_given_more() -> None:
    with pytest.raises(ValueError, match="frozen"):
        setattr(MOVED, "card", "b")  # noqa: B010 - the type checker knows that it cannot
    with pytest.raises(ValueError, match="extra"):
        CardMoved.model_validate({"topic": "board:1", "rev": 7, "card": "a", "column": "b"})


async def test_handlers_hear_their_own_kind_alone() -> None:
    bus, heard = Bus(), []

    async def within(tx: Tx, fact: RightsChanged) -> None:
        heard.append(("within", fact.who))

    async def after(fact: RightsChanged) -> None:
        heard.append(("after", fact.who))

    bus.within(RightsChanged, within)
    bus.after(RightsChanged, after)
    await bus.run_within(TX, MOVED)
    await bus.publish([MOVED])
    assert heard == []
    await bus.run_within(TX, RightsChanged(who="Zoé"))
    await bus.publish([RightsChanged(who="Yann")])
    assert heard == [("within", "Zoé"), ("after", "Yann")]


async def test_announcements_leave_in_order_before_anything_is_awaited() -> None:
    bus, told = Bus(), []

    async def after(fact: RightsChanged) -> None:
        told.append("after")

    bus.announce_to(lambda fact: told.append(f"{fact.wire} {fact.rev}"))
    bus.after(RightsChanged, after)
    second = LastCardOfColumnRemoved(topic="board:1", rev=8)
    await bus.publish([RightsChanged(who="Zoé"), MOVED, second])
    assert told == ["card.moved 7", "last_card_of_column.removed 8", "after"]


async def test_what_fails_within_is_raised_and_what_fails_after_is_logged() -> None:
    bus, heard = Bus(), []

    async def fail_within(tx: Tx, fact: RightsChanged) -> None:
        raise LookupError("within")

    async def fail_after(fact: RightsChanged) -> None:
        raise LookupError(fact.who)

    async def after(fact: RightsChanged) -> None:
        heard.append(fact.who)

    bus.within(RightsChanged, fail_within)
    bus.after(RightsChanged, fail_after)
    bus.after(RightsChanged, after)
    with pytest.raises(LookupError, match="within"):
        await bus.run_within(TX, RightsChanged(who="Zoé"))
    with structlog.testing.capture_logs() as logs:
        await bus.publish([RightsChanged(who="Zoé")])
    assert heard == ["Zoé"]
    assert [entry["event"] for entry in logs] == ["event_handler_failed"]
    assert "Zoé" not in str({name: value for name, value in logs[0].items() if name != "exc_info"})
