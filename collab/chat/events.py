"""What is said in channels. The audience is whoever may read the channel, as its owner decides."""

from datetime import datetime
from uuid import UUID

from collab.chat.models import Quoted
from collab.core.events import Announcement


def topic_of(channel_id: UUID) -> str:
    """The topic of a channel."""
    return f"chat:{channel_id}"


class MessagePosted(Announcement):
    """Somebody wrote."""

    id: UUID
    author_id: UUID
    author_name: str
    text: str
    created_at: datetime
    nonce: UUID
    reply: Quoted | None = None
