"""What an assembly shows everybody. Nothing is public by itself: a page is opened for each assembly."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Field, SQLModel

from collab.core.models import utc_field
from meetings.council.documents.models import DocumentView
from meetings.council.minutes.record import Voting
from meetings.council.sittings.models import SittingState


class PublicAssembly(SQLModel, table=True):
    """That an assembly has a public page."""

    __tablename__ = "council_public"

    assembly_id: UUID = Field(primary_key=True, foreign_key="council_assembly.id")
    since: datetime = utc_field()


class PublicSummary(BaseModel):
    """A sitting in the public list. `minutes`, `listed`: its minutes, its list of deliberations are online."""

    id: UUID
    title: str
    starts_at: datetime
    place: str
    state: SittingState
    minutes: bool
    listed: bool


class PublicPage(BaseModel):
    """The page of an assembly."""

    id: UUID
    title: str
    coming: list[PublicSummary]
    held: list[PublicSummary]


class PublicItem(BaseModel):
    """An item as everybody may see it; of one in closed session its number alone."""

    number: str
    depth: int
    closed: bool
    title: str
    rapporteur: str
    state: str
    ballots: list[Voting]
    extract: DocumentView | None


class PublicSitting(BaseModel):
    """A sitting as everybody may see it. `documents`: those that are online."""

    id: UUID
    assembly_id: UUID
    assembly_title: str
    title: str
    starts_at: datetime
    place: str
    remote: bool
    state: SittingState
    opened_at: datetime | None
    closed_at: datetime | None
    items: list[PublicItem]
    documents: list[DocumentView]
