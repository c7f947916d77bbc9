"""Fields of a board's own: what its editors want to know of every card. Values get onto cards in values.py.

A field keeps its kind for good. One that is archived keeps its values, and so does a choice that is taken off it: both
are shown no more as something to fill in, and come back as they were.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from annotated_types import MaxLen
from pydantic import Field as InputField
from pydantic import StrictBool, StrictInt
from sqlalchemy import JSON, Index, select
from sqlmodel import Field, SQLModel, UniqueConstraint, col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, NotFound
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.models import Record, utc_field
from collab.core.text import Input, Title, sort_key
from collab.core.topics import raise_rev
from collab.files.models import TagColour
from collab.spaces.access import Can
from projects.boards import access
from projects.boards.access import BoardPlace
from projects.boards.events import FieldsChanged, topic_of
from projects.boards.kinds import FieldKind
from projects.boards.models import RANK, ChoiceView, FieldView
from projects.boards.ordering import Order, is_too_long
from projects.boards.rules import spread

MAX_FIELDS = 40
MAX_CHOICES = 60


class BoardField(Record, table=True):
    """A field of a board. `title_key`: equal for titles that count as the same; `choices`: as ChoiceView, in order."""

    __tablename__ = "board_field"
    __table_args__ = (
        UniqueConstraint("board_id", "title_key"),
        Index("uq_board_field_board_id_rank", "board_id", "rank", unique=True),
    )

    board_id: UUID = Field(foreign_key="board.id", ondelete="CASCADE")
    title: str = Field(max_length=60)
    title_key: str = Field(max_length=200)
    kind: str = Field(max_length=10)
    rank: str = Field(sa_type=RANK)
    shown: bool = Field(default=False)
    choices: list[Any] = Field(sa_type=JSON)
    archived_at: datetime | None = utc_field(default=None, nullable=True)


class CardValue(SQLModel, table=True):
    """What a card says in a field; none where it says nothing. Somebody is in `person_id` and `value`."""

    __tablename__ = "card_value"

    card_id: UUID = Field(primary_key=True, foreign_key="card.id", ondelete="CASCADE")
    field_id: UUID = Field(primary_key=True, foreign_key="board_field.id", ondelete="CASCADE", index=True)
    value: str = Field(max_length=500)
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)


FIELDS = SQLModel.metadata.tables["board_field"]
ORDER_OF_FIELDS = Order(FIELDS, "board_id")
FieldTitle = Annotated[Title, MaxLen(60)]


class ChoiceInput(Input):
    """Something to choose; `id` for one that is there already."""

    id: UUID | None = None
    name: FieldTitle
    colour: TagColour = TagColour.GREY


Choices = Annotated[list[ChoiceInput], InputField(max_length=MAX_CHOICES)]


class FieldInput(Input):
    """A new field; it becomes the last one. `choices`: of a choice alone. `shown`: on the face of cards too."""

    title: FieldTitle
    kind: FieldKind
    shown: StrictBool = False
    choices: Choices = InputField(default_factory=list)


class FieldChange(Input):
    """What may change of a field. `choices`: all there will be; those left out stay on cards that say them.

    `position` counts from 0 after the move and is clamped.
    """

    title: FieldTitle = ""
    shown: StrictBool = False
    archived: StrictBool = False
    choices: Choices = InputField(default_factory=list)
    position: StrictInt = 0


async def fields_of(tx: Tx, board_id: UUID) -> list[FieldView]:
    """The fields of a board that the caller has found through access, in order, those that are archived among them."""
    fields = await tx.all(select(BoardField).where(col(BoardField.board_id) == board_id).order_by(col(BoardField.rank)))
    return [view_of(field) for field in fields]


def view_of(field: BoardField) -> FieldView:
    """A field as it goes out."""
    return FieldView(
        id=field.id,
        title=field.title,
        kind=FieldKind(field.kind),
        shown=field.shown,
        archived=field.archived_at is not None,
        choices=[ChoiceView.model_validate(choice) for choice in field.choices],
    )


async def create_field(tx: Tx, actor: Actor, board_id: UUID, data: FieldInput) -> FieldView:
    """A new field. Raises Conflict when the board has one of that title."""
    place = await access.find_board(tx, actor, board_id, Can.EDIT)
    rev = await raise_rev(tx, topic_of(board_id))
    fields = await fields_of(tx, board_id)
    if len(fields) >= MAX_FIELDS:
        raise Invalid("boards.too_many_fields", msg("A board has %(most)s fields at most.", most=MAX_FIELDS))
    title_key, choices, key = _free_key(fields, data.title), with_choices(data.kind, [], data.choices), new_id()
    field = BoardField(
        id=key,
        board_id=board_id,
        title=data.title,
        title_key=title_key,
        kind=data.kind.value,
        rank=await ORDER_OF_FIELDS.rank_at_end(tx, board_id, key),
        shown=data.shown,
        choices=_stored(choices),
    )
    tx.add(field)
    _record(tx, actor, place, field, "create")
    await _tell(tx, board_id, rev)
    return view_of(field)


async def change_field(tx: Tx, actor: Actor, field_id: UUID, change: FieldChange) -> FieldView:
    """Another title, place, meaning of its choices: the last one wins, as everybody sees it at once."""
    decided(f"board:{Can.EDIT}")
    values = change.model_fields_set
    if not values:
        raise Invalid(message=msg("Nothing to change was sent."))
    board_id: UUID | None = await tx.one(select(col(BoardField.board_id)).where(col(BoardField.id) == field_id))
    if board_id is None:
        raise NotFound()
    place = await access.find_board(tx, actor, board_id, Can.EDIT)
    rev = await raise_rev(tx, topic_of(board_id))
    field = await tx.lock(BoardField, field_id)
    if field is None:
        raise NotFound()
    if "title" in values:
        others = [one for one in await fields_of(tx, board_id) if one.id != field_id]
        field.title, field.title_key = change.title, _free_key(others, change.title)
    if "shown" in values:
        field.shown = change.shown
    if "archived" in values:
        field.archived_at = tx.now if change.archived else None
    if "choices" in values:
        field.choices = _stored(with_choices(FieldKind(field.kind), view_of(field).choices, change.choices))
    if "position" in values:
        field.rank = await ORDER_OF_FIELDS.rank_at(tx, board_id, change.position, field_id)
    _record(tx, actor, place, field, "change")
    await tx.flush()
    if is_too_long(field.rank):
        ranks = await ORDER_OF_FIELDS.shorten(tx, board_id)
        field.rank = ranks[field_id]
    await _tell(tx, board_id, rev)
    return view_of(field)


def with_choices(kind: FieldKind, before: Sequence[ChoiceView], wanted: Sequence[ChoiceInput]) -> list[ChoiceView]:
    """The choices of a field: those that are wanted, in their order, then those that were, archived. Raises Invalid."""
    if wanted and kind is not FieldKind.CHOICE:
        raise Invalid(errors={"choices": msg("Only a field of choices has choices.")})
    known = {choice.id for choice in before}
    if len({sort_key(choice.name) for choice in wanted}) < len(wanted):
        raise Invalid(errors={"choices": msg("Two choices have the same name.")})
    kept = [choice.id for choice in wanted if choice.id is not None]
    if set(kept) - known or len(set(kept)) < len(kept):
        raise Invalid(errors={"choices": msg("One of these choices is not in this field.")})
    made = [ChoiceView(id=choice.id or new_id(), name=choice.name, colour=choice.colour) for choice in wanted]
    gone = [choice.model_copy(update={"archived": True}) for choice in before if choice.id not in kept]
    if len(made) + len(gone) > 4 * MAX_CHOICES:
        gone = gone[: 4 * MAX_CHOICES - len(made)]
    return [*made, *gone]


def rows_of_fields(board_id: UUID, fields: Sequence[FieldInput]) -> list[BoardField]:
    """Fields for a board that is being made, in this order; titles that count as the same get numbers."""
    taken: set[str] = set()
    rows = []
    for field, rank in zip(fields, spread(len(fields)), strict=True):
        title, number = field.title, 1
        while sort_key(title) in taken:
            number += 1
            title = f"{field.title[:54]} ({number})"
        taken.add(sort_key(title))
        rows.append(
            BoardField(
                id=new_id(),
                board_id=board_id,
                title=title,
                title_key=sort_key(title),
                kind=field.kind.value,
                rank=rank,
                shown=field.shown,
                choices=_stored(with_choices(field.kind, [], field.choices)),
            )
        )
    return rows


def _stored(choices: Sequence[ChoiceView]) -> list[dict[str, Any]]:
    return [choice.model_dump(mode="json") for choice in choices]


def _free_key(fields: Sequence[FieldView], title: str) -> str:
    key = sort_key(title)
    if any(sort_key(field.title) == key for field in fields):
        raise Conflict("boards.field_taken", msg("This board already has a field of that name, archived perhaps."))
    return key


def _record(tx: Tx, actor: Actor, place: BoardPlace, field: BoardField, verb: str) -> None:
    details = {"field": field.title, "kind": field.kind, "archived": field.archived_at is not None}
    tx.record(actor, f"boards.field_{verb}", space=place.space, subject=place.board, **details)


async def _tell(tx: Tx, board_id: UUID, rev: int) -> None:
    await tx.flush()
    tx.emit(FieldsChanged(topic=topic_of(board_id), rev=rev, fields=await fields_of(tx, board_id)))
