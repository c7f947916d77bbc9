"""Notifications, and how each person wants to hear of what.

A notification keeps its text as msgid and parameters, so that it is read in the reader's language of the moment.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel, UniqueConstraint

from collab.core.models import Record, utc_field
from collab.core.text import Input


class Kind(StrEnum):
    """What a notification is about; people choose per kind."""

    INVITATION = "invitation"
    ASSIGNMENT = "assignment"
    MEMBERSHIP = "membership"
    MENTION = "mention"
    DEPOSIT = "deposit"
    ACCOUNT = "account"
    FILES = "files"
    LOBBY = "lobby"
    COUNCIL = "council"


class Delivery(StrEnum):
    """How a kind reaches a person beyond the bell."""

    AT_ONCE = "at_once"
    DIGEST = "digest"
    NONE = "none"


# Invitations go out as mails of their own, with their calendar entry; the rest waits for the digest unless asked for.
DEFAULTS: dict[Kind, Delivery] = {
    Kind.INVITATION: Delivery.NONE,
    Kind.ASSIGNMENT: Delivery.DIGEST,
    Kind.MEMBERSHIP: Delivery.DIGEST,
    Kind.MENTION: Delivery.DIGEST,
    Kind.DEPOSIT: Delivery.DIGEST,
    Kind.ACCOUNT: Delivery.AT_ONCE,
    Kind.FILES: Delivery.AT_ONCE,
    Kind.LOBBY: Delivery.NONE,
    Kind.COUNCIL: Delivery.AT_ONCE,
}


class Notification(Record, table=True):
    """One thing that one person is told. `key` makes it unique to its cause."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("person_id", "key"),
        Index("ix_notification_person_id_created_at", "person_id", "created_at"),
        Index("ix_notification_digest", "digest", "person_id"),
    )

    person_id: UUID = Field(foreign_key="person.id")
    kind: str = Field(max_length=20)
    key: str = Field(max_length=200)
    text: str = Field(max_length=500)
    params: dict[str, Any] = Field(sa_type=JSON)
    url: str = Field(max_length=300)
    created_at: datetime = utc_field()
    read_at: datetime | None = utc_field(default=None, nullable=True)
    digest: bool = Field(default=False, description="Waits for the next digest.")


class NotificationChoice(SQLModel, table=True):
    """What a person chose for a kind; without a row, the default holds."""

    __tablename__ = "notification_choice"

    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    kind: str = Field(primary_key=True, max_length=20)
    delivery: str = Field(max_length=10)


class NotificationView(BaseModel):
    """A notification as its reader sees it."""

    id: UUID
    kind: Kind
    text: str
    url: str
    created_at: datetime
    read: bool


class ChoiceInput(Input):
    """How a kind is to be delivered."""

    kind: Kind
    delivery: Delivery
