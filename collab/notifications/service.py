"""The only writer of notifications and of what people chose about them."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from collab.core import topics
from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Denied
from collab.core.i18n import Message
from collab.core.ids import new_id
from collab.notifications.events import NotificationAdded, NotificationsRead, topic_of
from collab.notifications.mail import queue_mail
from collab.notifications.models import DEFAULTS, ChoiceInput, Delivery, Kind, Notification, NotificationChoice
from directory.people.models import Person


async def notify(tx: Tx, person_id: UUID, kind: Kind, text: Message, *, url: str, key: str) -> None:
    """Tell a person something, once per `key`: in their list at once, by mail as they chose."""
    delivery = await chosen(tx, person_id, kind)
    row = Notification(
        id=new_id(),
        person_id=person_id,
        kind=kind.value,
        key=key,
        text=text.text,
        params={name: str(value) for name, value in text.params.items()},
        url=url,
        created_at=tx.now,
        digest=delivery is Delivery.DIGEST,
    )
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    statement = insert(Notification).values(**row.model_dump()).on_conflict_do_nothing()
    made = (await tx.execute(statement.returning(col(Notification.id)))).scalar_one_or_none()
    if made is None:
        return
    rev = await topics.raise_rev(tx, topic_of(person_id))
    unread = await count_unread(tx, person_id)
    tx.emit(NotificationAdded(topic=topic_of(person_id), rev=rev, id=row.id, unread=unread))
    if delivery is Delivery.AT_ONCE:
        await queue_mail(
            tx,
            to=person_id,
            template="notification",
            data={"text": row.text, "params": row.params, "path": url},
            key=f"notification:{row.id}",
        )


async def chosen(tx: Tx, person_id: UUID, kind: Kind) -> Delivery:
    """How this kind reaches this person."""
    row = await tx.get(NotificationChoice, (person_id, kind.value))
    return Delivery(row.delivery) if row else DEFAULTS[kind]


async def count_unread(tx: Tx, person_id: UUID) -> int:
    """The number in the bell."""
    statement = select(func.count()).where(
        col(Notification.person_id) == person_id, col(Notification.read_at).is_(None)
    )
    return int(await tx.one(statement) or 0)


async def mark_read(tx: Tx, actor: Actor, ids: list[UUID] | None) -> int:
    """Mark some of one's own (all when None) as read. Returns how many are left."""
    person = _own(actor, "write")
    rev = await topics.raise_rev(tx, topic_of(person))
    statement = update(Notification).where(col(Notification.person_id) == person, col(Notification.read_at).is_(None))
    if ids is not None:
        statement = statement.where(col(Notification.id).in_(ids))
    await tx.execute(statement.values(read_at=tx.now, digest=False))
    unread = await count_unread(tx, person)
    tx.emit(NotificationsRead(topic=topic_of(person), rev=rev, unread=unread))
    return unread


async def withdraw(tx: Tx, url: str, whose: ColumnElement[bool]) -> None:
    """Take back what people were told of a thing that they may not see any more. `whose`: a condition on persons."""
    here = (col(Notification.url) == url, col(Notification.person_id).in_(select(col(Person.id)).where(whose)))
    gone = await tx.rows(delete(Notification).where(*here).returning(col(Notification.person_id)))
    for person in sorted({row[0] for row in gone}):
        rev = await topics.raise_rev(tx, topic_of(person))
        tx.emit(NotificationsRead(topic=topic_of(person), rev=rev, unread=await count_unread(tx, person)))


async def redirect(tx: Tx, url: str, to: str) -> None:
    """A thing lies elsewhere: what people were told of it leads there."""
    await tx.execute(update(Notification).where(col(Notification.url) == url).values(url=to))


async def choose_delivery(tx: Tx, actor: Actor, data: ChoiceInput) -> None:
    """Change how one hears of a kind."""
    person = _own(actor, "manage")
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    values = {"person_id": person, "kind": data.kind.value, "delivery": data.delivery.value}
    await tx.execute(
        insert(NotificationChoice)
        .values(**values)
        .on_conflict_do_update(index_elements=["person_id", "kind"], set_={"delivery": data.delivery.value})
    )


async def send_digests(tx: Tx) -> int:
    """Owe each person who has something waiting one mail about all of it. Returns how many mails."""
    # Taken and marked in one statement: what is added meanwhile waits for the next digest.
    taken = await tx.rows(
        update(Notification)
        .where(col(Notification.digest), col(Notification.read_at).is_(None))
        .values(digest=False)
        .returning(
            col(Notification.person_id),
            col(Notification.created_at),
            col(Notification.id),
            col(Notification.text),
            col(Notification.params),
            col(Notification.url),
        )
    )
    waiting: dict[UUID, list[Mapping[str, object]]] = {}
    last: dict[UUID, UUID] = {}
    for person, _, key, text, params, url in sorted(taken, key=lambda row: (row[0], row[1], row[2])):
        waiting.setdefault(person, []).append({"text": text, "params": params, "path": url})
        last[person] = key
    for person, items in waiting.items():
        await queue_mail(tx, to=person, template="digest", data={"items": items}, key=f"digest:{last[person]}")
    return len(waiting)


def _own(actor: Actor, scope: str) -> UUID:
    decided("notifications:own")
    if actor.person_id is None:
        raise Denied()
    if actor.scopes is not None and scope not in actor.scopes:
        raise Denied("token_scope")
    return actor.person_id
