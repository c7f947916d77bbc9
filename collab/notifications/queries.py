"""What a person sees of their own notifications."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.database import Tx
from collab.core.i18n import Message
from collab.notifications.models import (
    DEFAULTS,
    Delivery,
    Kind,
    Notification,
    NotificationChoice,
    NotificationView,
)

LIMIT = 50


async def list_notifications(
    tx: Tx, person_id: UUID, render: Callable[[Message], str], before: datetime | None = None
) -> list[NotificationView]:
    """The newest LIMIT, or those older than `before`; `render` gives a text in the reader's language."""
    statement = select(Notification).where(col(Notification.person_id) == person_id)
    if before is not None:
        statement = statement.where(col(Notification.created_at) < before)
    rows: Sequence[Notification] = await tx.all(statement.order_by(col(Notification.created_at).desc()).limit(LIMIT))
    return [
        NotificationView(
            id=row.id,
            kind=Kind(row.kind),
            text=render(Message(row.text, row.params)),
            url=row.url,
            created_at=row.created_at,
            read=row.read_at is not None,
        )
        for row in rows
    ]


async def list_choices(tx: Tx, person_id: UUID) -> dict[Kind, Delivery]:
    """How each kind reaches this person."""
    rows = await tx.all(select(NotificationChoice).where(col(NotificationChoice.person_id) == person_id))
    return {**DEFAULTS, **{Kind(row.kind): Delivery(row.delivery) for row in rows}}
