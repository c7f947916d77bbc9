"""What a person sees of their own notifications."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.database import Tx
from collab.notifications.models import DEFAULTS, Delivery, Kind, Notification, NotificationChoice

LIMIT = 50


async def list_notifications(tx: Tx, person_id: UUID, before: datetime | None = None) -> Sequence[Notification]:
    """The newest LIMIT, or those older than `before`."""
    statement = select(Notification).where(col(Notification.person_id) == person_id)
    if before is not None:
        statement = statement.where(col(Notification.created_at) < before)
    return await tx.all(statement.order_by(col(Notification.created_at).desc()).limit(LIMIT))


async def list_choices(tx: Tx, person_id: UUID) -> dict[Kind, Delivery]:
    """How each kind reaches this person."""
    rows = await tx.all(select(NotificationChoice).where(col(NotificationChoice.person_id) == person_id))
    return {**DEFAULTS, **{Kind(row.kind): Delivery(row.delivery) for row in rows}}
