"""Imports: a file that somebody gave, what is in it, and how far it is on its way to a board."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from annotated_types import MaxLen
from pydantic import BaseModel, StrictInt
from pydantic import Field as InputField
from sqlalchemy import JSON, LargeBinary
from sqlmodel import Field

from collab.core.models import Record, utc_field
from collab.core.text import Input, Title

MOST_BYTES = 16 << 20
KEEP = timedelta(days=30)
MOST_KEPT = 20


class State(StrEnum):
    """Where an import is."""

    READ = "read"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class BoardImport(Record, table=True):
    """A file to be made into a board, its person's alone. `raw` is emptied once it is done.

    `about`: what child.py said of it; `wanted`: how it is read; `made`: the ids of what was made, while it is on its
    way; `failure`: why it stopped (left, archived, gone, unreadable).
    """

    __tablename__ = "board_import"

    space_id: UUID = Field(foreign_key="space.id", ondelete="CASCADE", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    board_id: UUID | None = Field(default=None, foreign_key="board.id", ondelete="CASCADE", index=True)
    name: str = Field(max_length=200)
    title: str = Field(max_length=200)
    state: str = Field(default=State.READ.value, max_length=10)
    raw: bytes = Field(sa_type=LargeBinary)
    about: dict[str, Any] = Field(sa_type=JSON)
    wanted: dict[str, Any] = Field(sa_type=JSON)
    made: dict[str, Any] = Field(sa_type=JSON)
    done: int = Field(default=0)
    failure: str = Field(default="", max_length=40)
    created_at: datetime = utc_field()


FieldName = Literal["", "title", "column", "description", "start", "due", "labels", "people", "units", "closed"]


class ImportChoice(Input):
    """How a file is to be taken. `board`: which one of it; `delimiter` and `fields`: how a table is read."""

    title: Title | None = None
    board: Annotated[StrictInt, InputField(ge=0, le=1000)] | None = None
    delimiter: Literal[";", ",", "\t", "|"] | None = None
    fields: Annotated[list[FieldName], MaxLen(100)] | None = None


class ColumnPreview(BaseModel):
    """A column that there will be."""

    title: str
    cards: int
    done: bool
    archived: bool


class PersonPreview(BaseModel):
    """Somebody the file names; `known`: who that is in the space, or empty. `cards`: how many are theirs."""

    name: str
    known: str
    cards: int


class TablePreview(BaseModel):
    """How a table is read: for each heading a field, or nothing; its first rows."""

    delimiter: str
    encoding: str
    header: list[str]
    fields: list[str]
    rows: list[list[str]]
    lines: int


class ImportView(BaseModel):
    """An import as its person sees it. `losses`: what cannot be taken, in their language."""

    id: UUID
    space: UUID
    board: UUID | None
    name: str
    title: str
    kind: str
    state: State
    failure: str
    done: int
    cards: int
    archived: int
    checklists: int
    comments: int
    labels: list[str]
    boards: list[str]
    chosen: int
    columns: list[ColumnPreview]
    people: list[PersonPreview]
    unknown_units: list[str]
    losses: list[str] = []
    table: TablePreview | None
