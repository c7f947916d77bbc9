"""What cards say in the fields of their board: read from what was sent, written, told to the history.

Called by cards.py, once the card's row is written with the rev that was seen.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, delete, insert, select
from sqlmodel import SQLModel, col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Invalid
from collab.core.i18n import Message, msg
from directory.people.models import Person
from projects.boards.access import CardPlace
from projects.boards.fields import BoardField, CardValue, view_of
from projects.boards.kinds import FieldKind, plain_value
from projects.boards.models import FieldView
from projects.boards.people import list_among

VALUES = SQLModel.metadata.tables["card_value"]
_OFF = delete(VALUES).where(VALUES.c.card_id == bindparam("card"), VALUES.c.field_id == bindparam("field"))


def read_value(field: FieldView, text: str) -> str:
    """How a field keeps what was sent, or "" for nothing. Raises ValueError with a Message for what it cannot be."""
    if field.kind not in _BY_ID or not text.strip():
        return plain_value(field.kind, text)
    try:
        key = str(UUID(text.strip()))
    except ValueError:
        raise ValueError(_NOT_THERE) from None
    if field.kind is FieldKind.CHOICE and key not in {str(choice.id) for choice in field.choices}:
        raise ValueError(_NOT_THERE)
    return key


_NOT_THERE: Message = msg("This cannot be chosen here any more.")


async def write_values(
    tx: Tx, actor: Actor, place: CardPlace, sent: Mapping[UUID, str | None]
) -> dict[str, list[list[str]]]:
    """Make the card say this in these fields. Returns what a history says of it: field, what was, what is."""
    if not sent:
        return {}
    here = (col(BoardField.board_id) == place.board, col(BoardField.id).in_(sent))
    rows = await tx.all(select(BoardField).where(*here, col(BoardField.archived_at).is_(None)))
    fields = {row.id: view_of(row) for row in rows}
    wanted = _read(fields, sent)
    before: dict[UUID, str] = dict(
        await tx.rows(
            select(col(CardValue.field_id), col(CardValue.value)).where(
                col(CardValue.card_id) == place.card, col(CardValue.field_id).in_(sent)
            )
        )
    )
    changed = {key: value for key, value in wanted.items() if value != before.get(key, "")}
    if not changed:
        return {}
    people = {key: UUID(value) for key, value in changed.items() if value and _says_somebody(fields[key])}
    await _check_people(tx, place, people)
    await tx.execute(_OFF, [{"card": place.card, "field": key} for key in changed])
    new = [
        {"card_id": place.card, "field_id": key, "value": value, "person_id": people.get(key)}
        for key, value in changed.items()
        if value
    ]
    if new:
        await tx.execute(insert(VALUES), new)
    told = {key: (before.get(key, ""), value) for key, value in changed.items()}
    names = await _names(tx, fields, told)
    return {"values": [[fields[key].title, names(key, was), names(key, now)] for key, (was, now) in told.items()]}


def _says_somebody(field: FieldView) -> bool:
    return field.kind is FieldKind.PERSON


def _read(fields: Mapping[UUID, FieldView], sent: Mapping[UUID, str | None]) -> dict[UUID, str]:
    wanted: dict[UUID, str] = {}
    errors: dict[str, Message] = {}
    for key, text in sent.items():
        if key not in fields:
            raise Invalid("boards.no_such_field", errors={"values": msg("One of these fields is not on this board.")})
        try:
            wanted[key] = read_value(fields[key], text or "")
        except ValueError as reason:
            errors[f"values.{key}"] = reason.args[0]
    if errors:
        raise Invalid("boards.value", errors=errors)
    return wanted


async def _check_people(tx: Tx, place: CardPlace, people: Mapping[UUID, UUID]) -> None:
    if not people:
        return
    known = await list_among(tx, place.board, set(people.values()))
    gone = {field for field, person in people.items() if person not in known}
    if gone:
        message = msg("Some of these people have no access to this board.")
        raise Invalid("boards.not_members", errors={f"values.{field}": message for field in gone})


async def _names(tx: Tx, fields: Mapping[UUID, FieldView], told: Mapping[UUID, Collection[str]]) -> Any:
    """A function that says a value as people read it."""
    somebody = {UUID(one) for key, both in told.items() if _says_somebody(fields[key]) for one in both if one}
    found: Any = ()
    if somebody:
        found = await tx.rows(select(col(Person.id), col(Person.display_name)).where(col(Person.id).in_(somebody)))
    names = {str(key): name for key, name in found}
    for field in fields.values():
        names |= {str(choice.id): choice.name for choice in field.choices}
    return lambda key, value: names.get(value, value) if fields[key].kind in _BY_ID else value


_BY_ID = (FieldKind.CHOICE, FieldKind.PERSON)


async def words_said(tx: Tx, cards: Collection[UUID]) -> dict[UUID, str]:
    """What these cards say in fields that are not archived, as words: names of choices and people among them."""
    rows = await tx.rows(
        select(col(CardValue.card_id), col(CardValue.value), col(Person.display_name), BoardField)
        .join(BoardField, col(BoardField.id) == col(CardValue.field_id))
        .outerjoin(Person, col(Person.id) == col(CardValue.person_id))
        .where(col(CardValue.card_id).in_(cards), col(BoardField.archived_at).is_(None))
        .order_by(col(BoardField.rank))
    )
    said: dict[UUID, list[str]] = defaultdict(list)
    for card, value, somebody, field in rows:
        choices = {choice["id"]: choice["name"] for choice in field.choices}
        said[card].append(somebody or choices.get(value, value))
    return {card: "\n".join(words) for card, words in said.items()}
