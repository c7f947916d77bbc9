"""Types of records, what they are set on, holds, and lists of elimination, which outlive what they list.

A type set on a folder holds for all that is in it, but for what has a type of its own. What has a type is one unit: it
is due as a whole, and kept or destroyed as a whole.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from pydantic import Field as Limit
from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel, UniqueConstraint

from collab.core.models import Record, Revised, utc_field
from collab.core.text import Input, Text, Title
from collab.files.models import PersonRef


class Start(StrEnum):
    """From when the duration of use (DUA) is counted."""

    CREATED = "created"
    CHANGED = "changed"
    EVENT = "event"


class Fate(StrEnum):
    """What becomes of it then: kept for good, in the archives; or destroyed, with a visa."""

    KEEP = "keep"
    DESTROY = "destroy"


class EliminationState(StrEnum):
    """Where a list of elimination is."""

    PROPOSED = "proposed"
    REFUSED = "refused"
    DONE = "done"


class RecordType(Revised, table=True):
    """A type of record. `event`: what the duration counts from when `start` is an event, such as the closing of a file.

    `source`: the rule it follows; `to_confirm`: no archivist has confirmed it yet.
    """

    __tablename__ = "record_type"

    code: str = Field(max_length=40, unique=True)
    title: str = Field(max_length=200)
    months: int
    start: str = Field(max_length=10)
    event: str = Field(default="", max_length=200)
    fate: str = Field(max_length=10)
    source: str = Field(default="", max_length=500)
    to_confirm: bool = True
    active: bool = True


class FileRecord(SQLModel, table=True):
    """That a folder or file is of a type. `due_on`: as last computed; `told_on`: when people were told that it is."""

    __tablename__ = "file_record"
    __table_args__ = (Index("ix_file_record_due_on", "due_on"),)

    node_id: UUID = Field(primary_key=True, foreign_key="file_node.id", ondelete="CASCADE")
    type_id: UUID = Field(foreign_key="record_type.id", index=True)
    started_on: date | None = None
    due_on: date | None = None
    told_on: date | None = None
    transferred_on: date | None = None
    set_by: UUID | None = Field(default=None, foreign_key="person.id")
    set_at: datetime = utc_field()


class Archivist(SQLModel, table=True):
    """Somebody whose visa lets records be destroyed."""

    __tablename__ = "archivist"

    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    named_by: UUID | None = Field(default=None, foreign_key="person.id")
    named_at: datetime = utc_field()


class Hold(Record, table=True):
    """A legal hold on a node with all that is in it, or on a whole space (no node). It outlives both."""

    __tablename__ = "file_hold"
    __table_args__ = (Index("ix_file_hold_space_id", "space_id", "released_at"),)

    space_id: UUID = Field(foreign_key="space.id")
    node_id: UUID | None = None
    name: str = Field(max_length=255)
    reason: str
    by_archivist: bool = False
    placed_by: UUID | None = Field(default=None, foreign_key="person.id")
    placed_at: datetime = utc_field()
    released_by: UUID | None = Field(default=None, foreign_key="person.id")
    released_at: datetime | None = utc_field(default=None, nullable=True)


class Elimination(Revised, table=True):
    """A list of records to destroy (bordereau d’élimination). `journal_head`: of all chains, when it got its visa."""

    __tablename__ = "file_elimination"
    __table_args__ = (Index("ix_file_elimination_state", "state", "id"), Index("ix_file_elimination_space", "space_id"))

    space_id: UUID = Field(foreign_key="space.id")
    state: str = Field(max_length=10)
    reason: str = ""
    proposed_by: UUID | None = Field(default=None, foreign_key="person.id")
    answer: str = ""
    answered_by: UUID | None = Field(default=None, foreign_key="person.id")
    answered_at: datetime | None = utc_field(default=None, nullable=True)
    journal_head: str = Field(default="", max_length=100)


class EliminationLine(Record, table=True):
    """One version of one file that is or was to be destroyed, as part of a unit; the name of an empty unit alone."""

    __tablename__ = "file_elimination_line"

    __table_args__ = (UniqueConstraint("elimination_id", "position"),)

    elimination_id: UUID = Field(foreign_key="file_elimination.id")
    position: int
    unit_id: UUID
    unit: str
    type_title: str = Field(max_length=200)
    due_on: date
    node_id: UUID
    path: str
    number: int
    size: int = Field(sa_type=BigInteger)
    sha256: str = Field(max_length=64)
    made_at: datetime = utc_field()


Months = Annotated[int, Limit(ge=0, le=1800)]
Day = Annotated[date, Limit(ge=date(1800, 1, 1), lt=date(2200, 1, 1))]


class TypeInput(Input):
    """A type of record."""

    title: Title
    months: Months
    start: Start
    event: Text = ""
    fate: Fate
    source: Annotated[str, Limit(max_length=500)] = ""
    to_confirm: bool = True


class TypeChange(TypeInput):
    """The same of one that is there; `active`: whether it may be set on anything more."""

    active: bool = True


class RecordInput(Input):
    """Which type; `started_on`: the day of the event from which it counts, where it counts from one."""

    type: UUID
    started_on: Day | None = None


class HoldInput(Input):
    """Why nothing may be destroyed."""

    reason: Annotated[str, Limit(min_length=3, max_length=2000)]


class EliminationInput(Input):
    """Which units are to be destroyed, and what the archivist should know."""

    units: Annotated[list[UUID], Limit(min_length=1, max_length=200)]
    reason: Annotated[str, Limit(max_length=2000)] = ""


class AnswerInput(Input):
    """The archivist's visa, or why not."""

    visa: bool
    answer: Annotated[str, Limit(max_length=2000)] = ""


class TypeView(BaseModel):
    """A type of record."""

    id: UUID
    code: str
    title: str
    months: int
    start: Start
    event: str
    fate: Fate
    source: str
    to_confirm: bool
    active: bool
    rev: int


class RecordView(BaseModel):
    """What a node is kept as. `node`: the one that has the type; another than that asked about when it is inherited.

    `proposed`: it is on a list of elimination that waits for a visa.
    """

    node: UUID
    name: str
    is_folder: bool
    space: UUID
    type: TypeView
    started_on: date | None
    due_on: date | None
    is_due: bool
    transferred_on: date | None
    held: bool
    proposed: bool


class HoldView(BaseModel):
    """A hold. `node`: null for the whole space."""

    id: UUID
    space: UUID
    node: UUID | None
    name: str
    reason: str
    placed_at: datetime
    placed_by: PersonRef | None
    released_at: datetime | None
    released_by: PersonRef | None


class EliminationView(BaseModel):
    """A list of elimination."""

    id: UUID
    space: UUID
    state: EliminationState
    reason: str
    proposed_at: datetime
    proposed_by: PersonRef | None
    answer: str
    answered_at: datetime | None
    answered_by: PersonRef | None
    journal_head: str
    files: int
    versions: int
    bytes: int
    rev: int


class UnitView(BaseModel):
    """One unit of a list of elimination."""

    id: UUID
    name: str
    type_title: str
    due_on: date
    files: int
    versions: int
    bytes: int


class AfterLine(BaseModel):
    """Which part of a list: what comes after the line at this position."""

    model_config = ConfigDict(extra="forbid")
    after: int | None = Limit(default=None, ge=1, lt=1_000_000_000)


class LineView(BaseModel):
    """One version of a list of elimination. `position`: in the list, from 1, in the order of the tree."""

    position: int
    unit: str
    node: UUID
    path: str
    number: int
    size: int
    sha256: str
    made_at: datetime


class ArchivistInput(Input):
    """Who is to be an archivist."""

    person_id: UUID


class PersonNamed(BaseModel):
    """An archivist."""

    id: UUID
    name: str
    named_at: datetime
