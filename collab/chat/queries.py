"""What was said in a channel, page by page, backwards from now."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.chat.access import Channel
from collab.chat.models import Message, MessageView
from collab.chat.service import quotes, view_of
from collab.core.database import Tx
from directory.people.models import Person

PAGE = 50


async def list_messages(tx: Tx, channel: Channel, before: UUID | None = None) -> tuple[list[MessageView], UUID | None]:
    """The last PAGE messages (those before the message `before`), oldest first.

    The second value is what to give as `before` for those that precede, None when there are none.
    """
    statement = (
        select(Message, col(Person.display_name))
        .join(Person, col(Person.id) == col(Message.author_id))
        .where(col(Message.channel_id) == channel.id)
        .order_by(col(Message.id).desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        statement = statement.where(col(Message.id) < before)
    rows: Sequence[tuple[Message, str]] = await tx.rows(statement)
    answered = {message.reply_to for message, _ in rows[:PAGE] if message.reply_to}
    quoted = await quotes(tx, channel.id, answered)
    items = [
        view_of(message, name, quoted.get(message.reply_to) if message.reply_to else None)
        for message, name in reversed(rows[:PAGE])
    ]
    return items, items[0].id if len(rows) > PAGE else None
