"""Messages that persist. A channel is the chat of something else (today: a meeting) and bears its id."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, StringConstraints
from sqlalchemy import Index
from sqlmodel import Field, UniqueConstraint

from collab.core.models import Record, utc_field
from collab.core.text import Input, Text

LONGEST = 4_000


def _says_something(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    return value.strip()


class Message(Record, table=True):
    """One message. `nonce` is the writer's own: sent again after a doubtful answer, it makes no second one."""

    __tablename__ = "chat_message"
    __table_args__ = (
        Index("ix_chat_message_channel_id_id", "channel_id", "id"),
        UniqueConstraint("channel_id", "author_id", "nonce"),
    )

    channel_id: UUID
    author_id: UUID = Field(foreign_key="person.id")
    nonce: UUID
    text: str
    created_at: datetime = utc_field()
    reply_to: UUID | None = Field(default=None, description="The message of the same channel that it answers.")


MessageText = Annotated[Text, StringConstraints(max_length=LONGEST), AfterValidator(_says_something)]


class MessageInput(Input):
    """What is written. `nonce`: chosen by the writer, so that a message can safely be sent again.

    `reply_to`: the message that it answers."""

    text: MessageText
    nonce: UUID | None = None
    reply_to: UUID | None = None


class Quoted(BaseModel):
    """The message that another one answers; `text` is its beginning."""

    id: UUID
    author_name: str
    text: str


class MessageView(BaseModel):
    """A message as its readers see it."""

    id: UUID
    author_id: UUID
    author_name: str
    text: str
    created_at: datetime
    nonce: UUID
    reply: Quoted | None = None
