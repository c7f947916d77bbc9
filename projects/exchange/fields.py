"""Fields of a board's own as they come in and go out: by their titles, choices by their names."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.database import Tx
from projects.boards.fields import BoardField, CardValue, ChoiceInput, FieldInput, rows_of_fields, view_of
from projects.boards.kinds import FieldKind
from projects.boards.models import FieldView


def made_fields(board_id: UUID, fields: Sequence[Mapping[str, Any]], now: datetime) -> list[BoardField]:
    """The fields of a file (parcel.OwnField as JSON), as rows of a new board."""
    inputs = [
        FieldInput(
            title=one["title"],
            kind=FieldKind(one["kind"]),
            shown=one["shown"],
            choices=[ChoiceInput.model_validate({"name": name, "colour": at}) for name, at in one["choices"].items()],
        )
        for one in fields
    ]
    rows = rows_of_fields(board_id, inputs)
    for one, row in zip(fields, rows, strict=True):
        row.archived_at = now if one["archived"] else None
    return rows


async def fields_made(tx: Tx, ids: Sequence[str]) -> dict[str, FieldView]:
    """The fields that an import has made, by title."""
    rows = await tx.all(select(BoardField).where(col(BoardField.id).in_([UUID(one) for one in ids])))
    return {row.title: view_of(row) for row in rows}


def rows_of_values(
    card_id: UUID, values: Mapping[str, str], fields: Mapping[str, FieldView], people: Mapping[str, UUID]
) -> list[dict[str, Any]]:
    """What a card of a file says, as rows; who is not a member of the space is left out."""
    rows = []
    for title, text in values.items():
        field = fields.get(title)
        if field is None:
            continue
        person = people.get(text) if field.kind is FieldKind.PERSON else None
        value = str(person or "") if field.kind is FieldKind.PERSON else text
        if field.kind is FieldKind.CHOICE:
            value = next((str(choice.id) for choice in field.choices if choice.name == text), "")
        if value:
            rows.append({"card_id": card_id, "field_id": field.id, "value": value, "person_id": person})
    return rows


async def values_of(tx: Tx, ids: Any) -> dict[UUID, dict[UUID, tuple[str, UUID | None]]]:
    """What these cards say, by card and field: the value, and who it is."""
    said: dict[UUID, dict[UUID, tuple[str, UUID | None]]] = {}
    columns = (col(CardValue.card_id), col(CardValue.field_id), col(CardValue.value), col(CardValue.person_id))
    for card, field, value, person in await tx.rows(select(*columns).where(col(CardValue.card_id).in_(ids))):
        said.setdefault(card, {})[field] = (value, person)
    return said


def words_of(
    field: FieldView, said: tuple[str, UUID | None], people: Mapping[UUID, tuple[str, str]], which: int
) -> str:
    """A value as it goes out. `people`: login and name by id, of which `which` is told."""
    value, person = said
    if person is not None:
        return people[person][which] if person in people else ""
    if field.kind is FieldKind.CHOICE:
        return next((choice.name for choice in field.choices if str(choice.id) == value), "")
    return value


def composed(field: FieldView) -> dict[str, Any]:
    """A field as own.py reads it."""
    return {
        "title": field.title,
        "kind": field.kind.value,
        "shown": field.shown,
        "archived": field.archived,
        "choices": [{"name": choice.name, "colour": choice.colour.value} for choice in field.choices],
    }
