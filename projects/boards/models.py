"""Boards: columns and cards in them, each in an order of its own; what comes in and what goes out.

A board belongs to a space, whose members have the rights that roles.py says. The order of cards and columns is their
`rank` (rules.py). What is removed keeps its row, so that it can be restored; cards and columns are destroyed
after rules.KEEP_REMOVED.
"""

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, StrictBool, StrictInt
from pydantic import Field as InputField
from pydantic_core import PydanticCustomError
from sqlalchemy import Index, String, text
from sqlmodel import Field, SQLModel

from collab.core.models import Record, Revised, utc_field
from collab.core.text import Input, Text, Title
from collab.files.models import TagColour
from projects.boards.kinds import FieldKind

MAX_ASSIGNEES = 30
# The order of ranks is that of their bytes, whatever the language of the database.
RANK = String(64).with_variant(String(64, collation="C"), "postgresql")


def _order_within(table: str, parent: str) -> Index:
    """Two things of one parent never have one rank, save what was removed."""
    live = text("removed_at IS NULL")
    return Index(f"uq_{table}_{parent}_rank", parent, "rank", unique=True, sqlite_where=live, postgresql_where=live)


class Board(Revised, table=True):
    """A board (tableau). Archived, it can be read and nothing on it changes. `opening`: to its space, see roles.py."""

    __tablename__ = "board"

    space_id: UUID = Field(foreign_key="space.id", index=True)
    title: str = Field(max_length=200)
    archived_at: datetime | None = utc_field(default=None, nullable=True)
    opening: str = Field(default="space", max_length=6)


class BoardColumn(Record, table=True):
    """A column of a board. `done`: the cards in it are finished, so that none of them is late.

    `wip`: how many cards it should hold at most. `archived`: taken off the board for good, and kept.
    """

    __tablename__ = "board_column"
    __table_args__ = (_order_within("board_column", "board_id"),)

    board_id: UUID = Field(foreign_key="board.id", index=True)
    title: str = Field(max_length=200)
    rank: str = Field(sa_type=RANK)
    done: bool = Field(default=False)
    wip: int | None = Field(default=None)
    removed_at: datetime | None = utc_field(default=None, nullable=True)
    archived: bool = Field(default=False)


class Card(Revised, table=True):
    """A card (carte). `rev` counts changes of content; a move leaves it as it is.

    `tasks`, `tasks_done` and `comments` count what hangs on it, so that a board is read without looking there.
    `archived`: taken off the board for good, and kept. `hidden`: seen by those it concerns alone (seeing.py).
    """

    __tablename__ = "card"
    __table_args__ = (_order_within("card", "column_id"),)

    board_id: UUID = Field(foreign_key="board.id", index=True)
    column_id: UUID = Field(foreign_key="board_column.id", index=True)
    rank: str = Field(sa_type=RANK)
    title: str = Field(max_length=200)
    description: str = Field(default="")
    start: date | None = Field(default=None)
    due: date | None = Field(default=None)
    tasks: int = Field(default=0)
    tasks_done: int = Field(default=0)
    comments: int = Field(default=0)
    removed_at: datetime | None = utc_field(default=None, nullable=True)
    archived: bool = Field(default=False)
    hidden: bool = Field(default=False)


# The same tables without the object mapper: a move of a card is measured in tenths of milliseconds.
COLUMNS = SQLModel.metadata.tables["board_column"]
CARDS = SQLModel.metadata.tables["card"]


class CardAssignee(SQLModel, table=True):
    """That a card is somebody's to do."""

    __tablename__ = "card_assignee"

    card_id: UUID = Field(primary_key=True, foreign_key="card.id", ondelete="CASCADE")
    person_id: UUID = Field(primary_key=True, foreign_key="person.id", index=True)


class CardUnit(SQLModel, table=True):
    """That a card is a service's to do, whoever works there."""

    __tablename__ = "card_unit"

    card_id: UUID = Field(primary_key=True, foreign_key="card.id", ondelete="CASCADE")
    unit_id: UUID = Field(primary_key=True, foreign_key="unit.id", index=True)


class CardMember(SQLModel, table=True):
    """That a card concerns a person or a service, whose it is not to do."""

    __tablename__ = "card_member"

    card_id: UUID = Field(primary_key=True, foreign_key="card.id", ondelete="CASCADE")
    principal_id: UUID = Field(primary_key=True, index=True)


def _written_date(value: Any) -> Any:
    """Dates are written as text: a number would be taken for seconds since 1970."""
    if isinstance(value, str | date):
        return value
    raise PydanticCustomError("date_type", "a date is written as text")


Day = Annotated[date, BeforeValidator(_written_date)]
People = Annotated[list[UUID], InputField(max_length=MAX_ASSIGNEES)]
Wip = Annotated[StrictInt, InputField(ge=1, le=10_000)]
Values = Annotated[dict[UUID, Annotated[Text, InputField(max_length=500)] | None], InputField(max_length=60)]
# Never seen: a field with this default that was not sent is left out of the change.
NOWHERE = UUID(int=0)


class BoardInput(Input):
    """What a new board needs. `template`: what it is made from, by id; by name for a ready-made one."""

    title: Title
    template: Annotated[str, InputField(max_length=40)] = ""


class BoardChange(Input):
    """Another title: the last one wins, as everybody sees it at once."""

    title: Title


class ColumnInput(Input):
    """What a new column needs; it becomes the last one."""

    title: Title


class ColumnChange(Input):
    """What may change of a column. `position` counts from 0 after the move and is clamped; `wip` null: no limit."""

    title: Title = ""
    done: StrictBool = False
    wip: Wip | None = None
    position: StrictInt = 0


class CardInput(Input):
    """What a new card needs; it becomes the last one of its column. `template`: one of the board's."""

    column: UUID
    title: Title
    template: UUID | None = None


class CardChange(Input):
    """A change of content (title, dates, people, labels, values, members, hidden and so on), a move, or both.

    `values`: by field of the board, those alone that change; null empties one. A move (column, position) counts
    `position` from 0 after the move, clamped; without it the card becomes the last one of the column.
    """

    title: Title = ""
    description: Text = ""
    start: Day | None = None
    due: Day | None = None
    assignees: People = InputField(default_factory=list)
    units: People = InputField(default_factory=list)
    labels: People = InputField(default_factory=list)
    members: People = InputField(default_factory=list)
    hidden: StrictBool = False
    values: Values = InputField(default_factory=dict)
    column: UUID = NOWHERE
    position: StrictInt = 0

    @property
    def content(self) -> dict[str, Any]:
        """The fields of content that were sent."""
        return self.model_dump(exclude_unset=True, exclude={"column", "position"})

    @property
    def moves(self) -> bool:
        """Whether a move was sent."""
        return not {"column", "position"}.isdisjoint(self.model_fields_set)


class PersonView(BaseModel):
    """Somebody to whom cards are or can be assigned. `photo`: whether there is one."""

    id: UUID
    name: str
    photo: bool


class UnitRef(BaseModel):
    """A service to which a card is assigned."""

    id: UUID
    name: str


class MemberRef(BaseModel):
    """A person (`person`) or a service (`unit`) whom a card concerns."""

    id: UUID
    kind: str
    name: str
    photo: bool


class LabelView(BaseModel):
    """A label of a board."""

    id: UUID
    name: str
    colour: TagColour


class ChoiceView(BaseModel):
    """What can be chosen in a field. `archived`: not any more, though cards may still say it."""

    id: UUID
    name: str
    colour: TagColour
    archived: bool = False


class FieldView(BaseModel):
    """A field of the board's own. `shown`: on the face of cards too; `archived`: not filled any more."""

    id: UUID
    title: str
    kind: FieldKind
    shown: bool
    archived: bool
    choices: list[ChoiceView]


class CardView(BaseModel):
    """A card on its board. `rank` orders the cards of a column, by code points.

    `labels` are those of the board, by id; `values` by field: a text, a number with a point, a day as 2026-11-26, the
    id of a choice, or somebody; `files` counts the files attached to it that lie in the board's space,
    `blockers` the unfinished cards of that space for which it waits. `hidden`: only those see it whom it concerns, its
    assignees, services and `members`.
    """

    id: UUID
    title: str
    rank: str
    rev: int
    start: date | None
    due: date | None
    tasks: int
    tasks_done: int
    comments: int
    assignees: list[PersonView]
    units: list[UnitRef]
    labels: list[UUID]
    members: list[MemberRef]
    values: dict[UUID, str | PersonView]
    files: int
    blockers: int
    hidden: bool


class CardDetails(CardView):
    """A card by itself."""

    board: UUID
    column: UUID
    description: str
    created_at: datetime
    updated_at: datetime


class ColumnView(BaseModel):
    """A column without its cards."""

    id: UUID
    title: str
    rank: str
    done: bool
    wip: int | None


class FullColumn(ColumnView):
    """A column with its cards, in order."""

    cards: list[CardView]


class BoardSummary(BaseModel):
    """A board in a list. `cards`: how many there are; `late`: how many of them are, today."""

    id: UUID
    space: UUID
    title: str
    archived: bool
    cards: int
    late: int


class BoardView(BaseModel):
    """A whole board. `rev` is that of its topic: events up to it are in here.

    `limited`: who asks sees only the cards that concern them.
    """

    id: UUID
    space: UUID
    title: str
    rev: int
    archived: bool
    limited: bool
    labels: list[LabelView]
    fields: list[FieldView]
    columns: list[FullColumn]


class MyCard(BaseModel):
    """A card of mine, with where it lies."""

    id: UUID
    title: str
    due: date | None
    late: bool
    board: UUID
    board_title: str
    column_title: str
    space_title: str
