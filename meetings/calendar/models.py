"""Meetings: a title, a time, a space they belong to and the people invited. Source of truth of who is expected when.

Whoever is in the space may come; those invited from elsewhere see this one meeting and nothing else of the space.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from collab.core.models import Instant, Revised, utc_field
from collab.core.text import Input, Text, Title

LONGEST = 24 * 60
MOST_INVITED = 200


class MeetingKind(StrEnum):
    """Who may enter the room.

    MEMBERS: the space and those invited. LOBBY: they and guests with a link, whom those who organise it let in one by
    one. PUBLIC: they and guests with a link.
    """

    MEMBERS = "members"
    LOBBY = "lobby"
    PUBLIC = "public"


class MeetingState(StrEnum):
    """Whether it takes place."""

    PLANNED = "planned"
    CANCELLED = "cancelled"


class Answer(StrEnum):
    """What somebody invited has said."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class Meeting(Revised, table=True):
    """A meeting (réunion). `rev` less one is the SEQUENCE of its calendar entry (RFC 5545, 3.8.7.4)."""

    __tablename__ = "meeting"
    __table_args__ = (Index("ix_meeting_space_id_starts_at", "space_id", "starts_at"),)

    space_id: UUID = Field(foreign_key="space.id")
    title: str = Field(max_length=200)
    description: str = Field(default="")
    starts_at: datetime = utc_field(index=True)
    ends_at: datetime = utc_field(index=True)
    kind: str = Field(default=MeetingKind.MEMBERS.value, max_length=10)
    opens_at_start: bool = Field(default=False, description="Whether its lobby lets everybody in from the start on.")
    state: str = Field(default=MeetingState.PLANNED.value, max_length=10)
    organiser_id: UUID = Field(foreign_key="person.id", index=True)


class MeetingInvitee(SQLModel, table=True):
    """That somebody is invited, and what they said."""

    __tablename__ = "meeting_invitee"

    meeting_id: UUID = Field(primary_key=True, foreign_key="meeting.id")
    person_id: UUID = Field(primary_key=True, foreign_key="person.id", index=True)
    answer: str = Field(default=Answer.WAITING.value, max_length=10)


Minutes = Annotated[int, Field(ge=5, le=LONGEST)]
Invited = Annotated[list[UUID], Field(max_length=MOST_INVITED)]


class MeetingInput(Input):
    """What a new meeting needs; whoever makes it is its organiser."""

    title: Title
    description: Text = ""
    starts_at: Instant
    duration: Minutes = 60
    kind: MeetingKind = MeetingKind.MEMBERS
    opens_at_start: bool = False
    invitees: Invited = Field(default_factory=list)


class MeetingChange(Input):
    """What may change; fields left out stay. `invitees` replaces the list."""

    title: Title | None = None
    description: Text | None = None
    starts_at: Instant | None = None
    duration: Minutes | None = None
    kind: MeetingKind | None = None
    opens_at_start: bool | None = None
    invitees: Invited | None = None


class InviteInput(Input):
    """Who else is invited."""

    person_id: UUID


class AnswerInput(Input):
    """What one says to an invitation."""

    answer: Answer


class InviteeView(BaseModel):
    """Somebody invited."""

    person_id: UUID
    name: str
    title: str
    has_photo: bool
    answer: Answer


class MeetingSummary(BaseModel):
    """A meeting in a list. `duration` in minutes; `space_title` is empty for those invited from outside of it.

    `joinable`: it is about to begin or goes on, so that joining is worth offering.
    """

    id: UUID
    space_id: UUID
    space_title: str
    title: str
    starts_at: datetime
    ends_at: datetime
    duration: int
    kind: MeetingKind
    state: MeetingState
    organiser_id: UUID
    organiser_name: str
    joinable: bool
    rev: int


class MeetingView(MeetingSummary):
    """A meeting whole, as one of those who may come sees it. `can_edit`: whether the reader may change it."""

    description: str
    opens_at_start: bool
    invitees: list[InviteeView]
    can_edit: bool
