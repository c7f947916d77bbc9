"""Recordings of meetings: that one goes on, who agreed, and what became of it. Its bytes are reel.py's, then files.

A row of `recording_now` is the recording that goes on in a room: its engine obeys it (recorder.py), whatever process
or engine that is, and asks again after each of them died.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from collab.core.models import Record, utc_field
from collab.core.text import Input
from meetings.rooms.wire import Profile


class State(StrEnum):
    """Where a recording is. ASKING: not everybody has agreed yet; COMPOSING: a job makes files of it."""

    ASKING = "asking"
    RUNNING = "running"
    COMPOSING = "composing"
    READY = "ready"
    EMPTY = "empty"
    FAILED = "failed"


class Ending(StrEnum):
    """Why a recording ended. FULL: the disk; INTERRUPTED: the server was gone, and nobody came back."""

    STOPPED = "stopped"
    LEFT = "left"
    FULL = "full"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Recording(Record, table=True):
    """One recording. `gaps`: where nothing could be written, in seconds from its beginning: `[{at, seconds}]`."""

    __tablename__ = "recording"

    meeting_id: UUID = Field(foreign_key="meeting.id", index=True)
    profile: str = Field(max_length=10)
    state: str = Field(max_length=10)
    started_by: UUID = Field(foreign_key="person.id")
    asked_at: datetime = utc_field()
    started_at: datetime | None = utc_field(default=None, nullable=True)
    ended_at: datetime | None = utc_field(default=None, nullable=True)
    ending: str | None = Field(default=None, max_length=12)
    seconds: int = 0
    gaps: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    folder_id: UUID | None = None
    film_id: UUID | None = None


class RecordingNow(SQLModel, table=True):
    """The one recording that is asked for or goes on in a room."""

    __tablename__ = "recording_now"

    meeting_id: UUID = Field(foreign_key="meeting.id", primary_key=True)
    recording_id: UUID = Field(foreign_key="recording.id")


class RecordingAnswer(SQLModel, table=True):
    """What somebody, a person or a guest, said to being recorded."""

    __tablename__ = "recording_answer"

    recording_id: UUID = Field(foreign_key="recording.id", primary_key=True)
    who_id: UUID = Field(primary_key=True)
    agrees: bool
    at: datetime = utc_field()


class RecordInput(Input):
    """`room.record`: a host begins a recording, or ends it; acknowledged once everything is on the disk."""

    on: bool


class Consent(Input):
    """`room.consent`: one agrees to be recorded, or wants to be kept out of it, which only a notice allows."""

    agrees: bool


class RecordingItem(BaseModel):
    """A recording of a meeting. `folder_id` and `film_id` are null for who may not read the space's files."""

    id: UUID
    profile: Profile
    state: State
    by: str
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    ending: Ending | None
    seconds: int
    gaps: list[dict[str, float]]
    folder_id: UUID | None
    film_id: UUID | None


class RecordingsView(BaseModel):
    """The recordings of a meeting, the newest first."""

    items: list[RecordingItem]
