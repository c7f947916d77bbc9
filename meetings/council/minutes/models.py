"""Minutes: how far they are, what the secretary wrote, every version of it, and the numbers of the deliberations.

What happened is not written here: it is computed from the sitting's events until the assembly settles the minutes, and
kept with them from then on. Every text has its versions, which are never deleted.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, StringConstraints
from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel, UniqueConstraint

from collab.core.models import Record, Revised, utc_field
from collab.core.text import Input, Text, Title
from meetings.council.minutes.record import Account
from meetings.council.rules.entries import Verdict

PART = r"^(opening|closing|(debates|deliberation):[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$"
Part = Annotated[str, StringConstraints(pattern=PART)]


class State(StrEnum):
    """How far minutes are. `proposed`: the members read them before the sitting that settles them."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    SETTLED = "settled"
    PUBLISHED = "published"


class VersionKind(StrEnum):
    """Why a version is kept: it was saved, set aside by a conflict, or corrects settled minutes."""

    SAVED = "saved"
    ASIDE = "aside"
    CORRECTION = "correction"


class Minutes(Revised, table=True):
    """The minutes of a sitting. `account`: what happened, once they are settled; `remarks`: of the members then."""

    __tablename__ = "council_minutes"

    sitting_id: UUID = Field(foreign_key="council_sitting.id", unique=True)
    state: str = Field(default=State.DRAFT.value, max_length=10)
    account: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    remarks: str = Field(default="")
    proposed_at: datetime | None = utc_field(default=None, nullable=True)
    settled_at: datetime | None = utc_field(default=None, nullable=True)
    settled_in: UUID | None = Field(default=None, foreign_key="council_sitting.id", index=True)
    published_at: datetime | None = utc_field(default=None, nullable=True)
    list_published_at: datetime | None = utc_field(default=None, nullable=True)


class MinutesText(SQLModel, table=True):
    """What stands in a part of the minutes, in Markdown; see PART."""

    __tablename__ = "council_minutes_text"

    minutes_id: UUID = Field(primary_key=True, foreign_key="council_minutes.id")
    part: str = Field(primary_key=True, max_length=60)
    text: str = Field(default="")
    rev: int = Field(default=1)


class MinutesVersion(Record, table=True):
    """A text as somebody saved it. Saving again soon after changes one's own last version."""

    __tablename__ = "council_minutes_version"
    __table_args__ = (Index("ix_council_minutes_version_minutes_id_part", "minutes_id", "part"),)

    minutes_id: UUID = Field(foreign_key="council_minutes.id")
    part: str = Field(max_length=60)
    text: str
    kind: str = Field(default=VersionKind.SAVED.value, max_length=10)
    reason: str = Field(default="", max_length=200)
    at: datetime = utc_field()
    by_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)


class Act(Record, table=True):
    """The number of a deliberation in the register: in the order of the year (CGCT R2121-9)."""

    __tablename__ = "council_act"
    __table_args__ = (UniqueConstraint("assembly_id", "year", "number"),)

    assembly_id: UUID = Field(foreign_key="council_assembly.id")
    sitting_id: UUID = Field(foreign_key="council_sitting.id", index=True)
    item_id: UUID = Field(foreign_key="council_item.id", unique=True)
    year: int
    number: int
    published_at: datetime | None = utc_field(default=None, nullable=True)

    @property
    def label(self) -> str:
        """Such as 2026-045."""
        return f"{self.year}-{self.number:03d}"


class ActCard(SQLModel, table=True):
    """A card that came out of a deliberation, by its id alone: boards know nothing of councils."""

    __tablename__ = "council_act_card"

    act_id: UUID = Field(primary_key=True, foreign_key="council_act.id")
    card_id: UUID = Field(primary_key=True)


class TextInput(Input):
    """A part's text. `reason`: why settled minutes are corrected."""

    text: Text
    reason: Title | None = None


class SettleInput(Input):
    """In which sitting they are settled, and what members remarked."""

    sitting_id: UUID
    remarks: Text = ""


class TextView(BaseModel):
    """A part as it is; `html` is not here: the page renders it."""

    part: str
    text: str
    rev: int


class VersionView(BaseModel):
    """A version that was saved."""

    id: UUID
    part: str
    text: str
    kind: VersionKind
    reason: str
    at: datetime
    by: str


class MissingView(BaseModel):
    """What the law asks for and the minutes lack."""

    verdict: Verdict
    message: str
    article: str


class ActView(BaseModel):
    """A deliberation's number."""

    id: UUID
    item_id: UUID
    label: str
    published_at: datetime | None
    cards: list[UUID] = []


class MinutesView(BaseModel):
    """Minutes whole. `list_by`, `publish_by`: the last day for it; `settling`: sittings that may settle them."""

    id: UUID
    sitting_id: UUID
    space_id: UUID
    sitting_title: str
    assembly_id: UUID
    assembly_title: str
    state: State
    account: Account
    texts: dict[str, TextView]
    acts: list[ActView]
    remarks: str
    proposed_at: datetime | None
    settled_at: datetime | None
    settled_in: str
    published_at: datetime | None
    list_published_at: datetime | None
    list_by: date
    publish_by: date | None
    can_write: bool
    can_run: bool
    rev: int

    def text(self, part: str) -> str:
        """What stands in a part; "" for none."""
        return self.texts[part].text if part in self.texts else ""
