"""Those who wait at the door of a room with a lobby, and what is said to and about them.

The rows are the source of truth in every process: who was let in may be in the room, and comes back within GRACE of
having left it; then a host is asked again.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from annotated_types import MaxLen
from pydantic import BaseModel
from sqlmodel import Field, SQLModel, UniqueConstraint

from collab.core.models import Record, utc_field
from collab.core.text import Input, Text

MESSAGE = 500


class RoomWait(Record, table=True):
    """Somebody at the door. `who_id`: a person, or a guest.

    `seen_at`: when their page last said that it waits; none: it does not. `let_in_at`: since when they may be in the
    room, `left_at`: when they last left it.
    """

    __tablename__ = "room_wait"
    __table_args__ = (UniqueConstraint("meeting_id", "who_id"),)

    meeting_id: UUID = Field(foreign_key="meeting.id")
    who_id: UUID
    guest: bool = False
    asked_at: datetime = utc_field()
    seen_at: datetime | None = utc_field(default=None, nullable=True)
    let_in_at: datetime | None = utc_field(default=None, nullable=True)
    left_at: datetime | None = utc_field(default=None, nullable=True)
    refused_at: datetime | None = utc_field(default=None, nullable=True)


class RoomLobby(SQLModel, table=True):
    """What the hosts of a room tell those who wait."""

    __tablename__ = "room_lobby"

    meeting_id: UUID = Field(foreign_key="meeting.id", primary_key=True)
    message: str = Field(default="", max_length=MESSAGE)


class WaitState(StrEnum):
    """What became of somebody's wait. KEPT_OUT: by the assembly that sits in the room, until its order ends."""

    WAITING = "waiting"
    KEPT_OUT = "kept_out"
    LET_IN = "let_in"
    REFUSED = "refused"


class Knock(Input):
    """`room.knock`: ask to be let in."""

    meeting: UUID


class StopWaiting(Input):
    """`room.stop_waiting`: go away from the door."""


class LetIn(Input):
    """`room.let_in`: a host lets one who waits in; without `wait`, all of them."""

    meeting: UUID
    wait: UUID | None = None


class Refuse(Input):
    """`room.refuse`: a host does not let somebody in."""

    meeting: UUID
    wait: UUID


class TellWaiting(Input):
    """`room.tell_waiting`: a host says something to all who wait; an empty text takes it back."""

    meeting: UUID
    text: Annotated[Text, MaxLen(MESSAGE)]


class Waiting(BaseModel):
    """One who waits, as the hosts see them."""

    wait: UUID
    name: str
    guest: bool
    since: datetime
