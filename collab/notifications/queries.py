"""What a person sees of their own notifications."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlmodel import col

from collab.core.database import Tx
from collab.core.errors import NotFound
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
    tx: Tx,
    person_id: UUID,
    render: Callable[[Message], str],
    before: datetime | None = None,
    *,
    after: UUID | None = None,
    unread: bool = False,
    limit: int = LIMIT,
) -> list[NotificationView]:
    """The newest, or those older than `before`, or than the one with the id `after`; `unread`: of those not yet read.

    `render` gives a text in the reader's language.
    """
    at, key = col(Notification.created_at), col(Notification.id)
    statement = select(Notification).where(col(Notification.person_id) == person_id)
    if before is not None:
        statement = statement.where(at < before)
    if unread:
        statement = statement.where(col(Notification.read_at).is_(None))
    last = await _find_own(tx, person_id, after) if after is not None else None
    if last is not None:
        statement = statement.where(or_(at < last.created_at, and_(at == last.created_at, key < last.id)))
    rows: Sequence[Notification] = await tx.all(statement.order_by(at.desc(), key.desc()).limit(limit))
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


async def page_notifications(
    tx: Tx,
    person_id: UUID,
    render: Callable[[Message], str],
    before: datetime | None = None,
    *,
    after: UUID | None = None,
) -> tuple[list[NotificationView], UUID | None]:
    """LIMIT of them as list_notifications gives them, and the id to go on `after`, or None at the end."""
    found = await list_notifications(tx, person_id, render, before, after=after, limit=LIMIT + 1)
    return found[:LIMIT], found[LIMIT - 1].id if len(found) > LIMIT else None


async def find_address(tx: Tx, person_id: UUID, notification_id: UUID) -> str:
    """Where one of this person's notifications leads. Raises NotFound."""
    found = await _find_own(tx, person_id, notification_id)
    if found is None:
        raise NotFound()
    return found.url


async def _find_own(tx: Tx, person_id: UUID, notification_id: UUID) -> Notification | None:
    found: Notification | None = await tx.one(
        select(Notification).where(col(Notification.id) == notification_id, col(Notification.person_id) == person_id)
    )
    return found


async def list_choices(tx: Tx, person_id: UUID) -> dict[Kind, Delivery]:
    """How each kind reaches this person."""
    rows = await tx.all(select(NotificationChoice).where(col(NotificationChoice.person_id) == person_id))
    return {**DEFAULTS, **{Kind(row.kind): Delivery(row.delivery) for row in rows}}
