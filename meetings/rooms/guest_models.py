"""Links with which people without an account come into one meeting's room, and the guests who came through them.

Of a secret only the hash is kept; the address can be shown again because it is derived from the key of the data folder
(docs/adr/0066). A guest is one identity for one meeting: the browser keeps a pass, and is the same after a drop.
"""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from annotated_types import MaxLen
from pydantic import AfterValidator, BaseModel
from sqlmodel import Field, SQLModel

from collab.core.models import Instant, Record, utc_field
from collab.core.text import Input, Title

NAME = 80
_DIRECTIONS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class GuestLink(Record, table=True):
    """A link to a meeting's room: for the one person named, or with an empty name for whoever has it."""

    __tablename__ = "guest_link"

    meeting_id: UUID = Field(foreign_key="meeting.id", index=True)
    name: str = Field(default="", max_length=NAME)
    token_hash: str = Field(max_length=64, unique=True)
    created_by: UUID = Field(foreign_key="person.id", index=True)
    created_at: datetime = utc_field()
    expires_at: datetime = utc_field()
    revoked_at: datetime | None = utc_field(default=None, nullable=True)


class Guest(Record, table=True):
    """Somebody without an account in one meeting. `banned_at`: put out of its room for good."""

    __tablename__ = "guest"

    meeting_id: UUID = Field(foreign_key="meeting.id", index=True)
    link_id: UUID = Field(foreign_key="guest_link.id", index=True)
    name: str = Field(max_length=NAME)
    pass_hash: str = Field(max_length=64, unique=True)
    created_at: datetime = utc_field()
    banned_at: datetime | None = utc_field(default=None, nullable=True)


class GuestVisit(SQLModel, table=True):
    """One stay of a guest in a room; what RoomVisit is for people."""

    __tablename__ = "guest_visit"

    id: UUID = Field(primary_key=True)
    meeting_id: UUID = Field(foreign_key="meeting.id", index=True)
    guest_id: UUID = Field(foreign_key="guest.id", index=True)
    entered_at: datetime = utc_field()
    left_at: datetime | None = utc_field(default=None, nullable=True)


def _no_directions(value: str) -> str:
    """Without characters that turn the direction of writing, which would make one name look like another."""
    name = _DIRECTIONS.sub("", value).strip()
    if not name:
        raise ValueError("must not be empty")
    return name


GuestName = Annotated[Title, MaxLen(NAME), AfterValidator(_no_directions)]


class GuestLinkInput(Input):
    """A new link. `name`: of the one it is for; none for whoever has it. `expires_at`: the day after the meeting."""

    name: GuestName | None = None
    expires_at: Instant | None = None


class GuestInput(Input):
    """What somebody without an account says of themselves."""

    name: GuestName


class GuestLinkView(BaseModel):
    """A link as those see it who may revoke it."""

    id: UUID
    name: str
    url: str
    by: str
    created_at: datetime
    expires_at: datetime
    guests: int
