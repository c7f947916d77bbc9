"""What a change of a card means beyond its row: dates in order, people, services and labels that may be there.

Called by cards.py, once the card's row is written with the rev that was seen.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, delete, select, union_all
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Invalid
from collab.core.i18n import msg
from collab.notifications.models import Kind
from collab.notifications.service import notify
from directory.people.models import Person
from directory.units.models import Unit
from projects.boards.access import CardPlace
from projects.boards.labels import BoardLabel, CardLabel
from projects.boards.models import CardAssignee, CardMember, CardUnit
from projects.boards.people import list_among

FIELDS = ("title", "description", "start", "due", "hidden")
MARKS = ("assignees", "units", "labels", "members")
_PERSON, _UNIT = (col(Person.id), col(Person.display_name)), (col(Unit.id), col(Unit.name))
_LINKS: Mapping[str, Any] = {
    "assignees": (CardAssignee, "person_id", _PERSON),
    "units": (CardUnit, "unit_id", _UNIT),
    "labels": (CardLabel, "label_id", (col(BoardLabel.id), col(BoardLabel.name))),
    "members": (CardMember, "principal_id", _PERSON, _UNIT),
}


def check_dates(start: date | None, due: date | None, sent: Mapping[str, Any]) -> None:
    """Raise Invalid when a card would begin after it is due; the field that was sent is named."""
    if start is not None and due is not None and start > due:
        field = "due" if "due" in sent else "start"
        raise Invalid("boards.dates", errors={field: msg("A card begins before it is due, or on that day.")})


def differences(before: Row[Any], after: Row[Any]) -> Iterator[tuple[str, tuple[Any, Any]]]:
    """What a history says of the fields that differ: what was and what is, but of a description only that it does."""
    for name in FIELDS:
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            yield name, ("", "") if name == "description" else (_told(was), _told(now))


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


async def write_marks(
    tx: Tx, actor: Actor, place: CardPlace, name: str, wanted: set[UUID], title: str
) -> dict[str, list[list[str]]]:
    """Make these the card's people, services or labels. Returns what a history says of it: taken off, put on."""
    link, key, *named = _LINKS[name]
    here = link.card_id == place.card
    before = set(await tx.all(select(getattr(link, key)).where(here)))
    added, gone = wanted - before, before - wanted
    if not added and not gone:
        return {}
    await _check(tx, place, name, added)
    await tx.execute(delete(link).where(here, getattr(link, key).in_(gone)))
    tx.add(*(link(**{"card_id": place.card, key: thing}) for thing in sorted(added)))
    await tx.flush()
    if name == "assignees":
        await _tell(tx, actor, place, added, title)
    rows = await tx.rows(union_all(*(select(*one).where(one[0].in_(added | gone)) for one in named)))
    names: dict[UUID, str] = {row[0]: row[1] for row in rows}
    return {name: [sorted(names[thing] for thing in things if thing in names) for things in (gone, added)]}


async def _check(tx: Tx, place: CardPlace, name: str, added: Collection[UUID]) -> None:
    """Raise Invalid for what cannot be put on this card. Who has left the space may stay on the cards they have."""
    if not added:
        return
    if name == "assignees":
        known: Collection[UUID] = await list_among(tx, place.board, added)
        reason = "boards.not_members", msg("Some of these people have no access to this board.")
    elif name == "members":
        known = [*await list_among(tx, place.board, added), *await _units(tx, added)]
        reason = "boards.not_members", msg("Some of these people have no access to this board.")
    elif name == "units":
        known = await _units(tx, added)
        reason = "boards.no_such_unit", msg("One of these services does not exist any more.")
    else:
        here = col(BoardLabel.board_id) == place.board
        known = await tx.all(select(col(BoardLabel.id)).where(col(BoardLabel.id).in_(added), here))
        reason = "boards.no_such_label", msg("One of these labels is not on this board.")
    if set(added) - set(known):
        raise Invalid(reason[0], errors={name: reason[1]})


async def _units(tx: Tx, ids: Collection[UUID]) -> Sequence[UUID]:
    units: Sequence[UUID] = await tx.all(select(col(Unit.id)).where(col(Unit.id).in_(ids), col(Unit.active)))
    return units


async def _tell(tx: Tx, actor: Actor, place: CardPlace, people: Collection[UUID], title: str) -> None:
    for person in sorted(people):
        if person != actor.person_id:
            await notify(
                tx,
                person,
                Kind.ASSIGNMENT,
                msg("The card “%(card)s” is yours to do.", card=title),
                url=f"/boards/{place.board}?card={place.card}",
                key=f"boards.assigned:{place.card}:{tx.now.timestamp()}",
            )
