"""The only writer of messages."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select

from collab.chat.access import Channel, require_writer
from collab.chat.events import MessagePosted, topic_of
from collab.chat.models import Message, MessageInput, MessageView, Quoted
from collab.core import topics
from collab.core.database import Tx
from collab.core.errors import NotFound
from collab.core.ids import new_id
from directory.people.models import Person

QUOTED = 120


async def post_message(tx: Tx, channel: Channel, data: MessageInput) -> MessageView:
    """Write in a channel. The same nonce again gives the message that it made the first time."""
    author = require_writer(channel)
    name = await _name_of(tx, author)
    topic = topic_of(channel.id)
    nonce = data.nonce or new_id()
    quoted = (await quotes(tx, channel.id, [data.reply_to])).get(data.reply_to) if data.reply_to else None
    if data.reply_to is not None and quoted is None:
        raise NotFound()
    if (earlier := await _find(tx, channel.id, author, nonce)) is not None:
        return view_of(earlier, name, quoted)
    rev = await topics.raise_rev(tx, topic)  # from here on, writers of this channel stand in a line
    row = Message(
        id=new_id(), channel_id=channel.id, author_id=author, nonce=nonce, text=data.text, created_at=tx.now,
        reply_to=data.reply_to,
    )  # fmt: skip
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    statement = insert(Message).values(**row.model_dump()).on_conflict_do_nothing().returning(col(Message.id))
    if (await tx.execute(statement)).scalar_one_or_none() is None:
        # The other one was committed while this one stood in the line.
        earlier = await _find(tx, channel.id, author, nonce)
        assert earlier is not None
        return view_of(earlier, name, quoted)
    view = view_of(row, name, quoted)
    tx.emit(MessagePosted(topic=topic, rev=rev, **view.model_dump()))
    return view


async def _find(tx: Tx, channel_id: UUID, author: UUID, nonce: UUID) -> Message | None:
    found: Message | None = await tx.one(
        select(Message).where(
            col(Message.channel_id) == channel_id, col(Message.author_id) == author, col(Message.nonce) == nonce
        )
    )
    return found


async def _name_of(tx: Tx, person_id: UUID) -> str:
    person = await tx.get(Person, person_id)
    if person is None:
        raise NotFound()
    return person.display_name


async def quotes(tx: Tx, channel_id: UUID, ids: Collection[UUID]) -> dict[UUID, Quoted]:
    """The beginnings of these messages of the channel."""
    if not ids:
        return {}
    rows = await tx.rows(
        select(Message, col(Person.display_name))
        .join(Person, col(Person.id) == col(Message.author_id))
        .where(col(Message.channel_id) == channel_id, col(Message.id).in_(ids))
    )
    return {row.id: Quoted(id=row.id, author_name=name, text=shorten(row.text)) for row, name in rows}


def shorten(text: str) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= QUOTED else f"{line[: QUOTED - 1].rstrip()}…"


def view_of(message: Message, author_name: str, quoted: Quoted | None = None) -> MessageView:
    """The message as it is shown."""
    return MessageView(author_name=author_name, reply=quoted, **message.model_dump(exclude={"channel_id", "reply_to"}))
