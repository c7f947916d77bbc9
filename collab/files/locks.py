"""Locks on files and folders: who is writing, until when; every door honours and shows them (RFC 4918, sections 6, 7).

A lock is on one node, or on a folder with all that is under it (`deep`). A program that locked over WebDAV has to show
the lock's token with each change (`submit`); at every other door the person who holds a lock may go on. What a lock
says of itself is noted on its node too, so that showing it costs nothing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from pydantic import BaseModel
from sqlalchemy import Index, bindparam, delete, func, select, update
from sqlmodel import Field, SQLModel, col

from collab.core import topics
from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied
from collab.core.i18n import msg
from collab.core.models import utc_field
from collab.core.prepared import Prepared
from collab.core.text import Input
from collab.files.access import get_node, require_node
from collab.files.events import FilesChanged, topic_of
from collab.files.models import Kind, Node
from collab.files.queries import below, path_to, views_of
from collab.spaces.access import GRANTS, Can, require
from directory.people.models import Person

SHORTEST = timedelta(seconds=60)
USUAL = timedelta(hours=1)
LONGEST = timedelta(hours=24)
MOST_ON_ONE = 50
_SUBMITTED = "lock tokens"
_NONE = "spaces without locks"


class FileLock(SQLModel, table=True):
    """A write lock; its id is its token. `owner`: what the program said of whose it is (XML), as it was sent."""

    __tablename__ = "file_lock"
    __table_args__ = (Index("ix_file_lock_space_id_expires_at", "space_id", "expires_at"),)

    id: UUID = Field(primary_key=True)
    space_id: UUID
    node_id: UUID = Field(foreign_key="file_node.id", ondelete="CASCADE", index=True)
    person_id: UUID = Field(foreign_key="person.id")
    shared: bool = False
    deep: bool = False
    owner: str = ""
    made_at: datetime = utc_field()
    expires_at: datetime = utc_field()


_ANY = Prepared(
    select(col(FileLock.id))
    .where(col(FileLock.space_id) == bindparam("space"), col(FileLock.expires_at) > bindparam("now"))
    .limit(1)
)


class LockInput(Input):
    """How long somebody wants to be the only one who writes, in minutes."""

    minutes: int = Field(default=60, ge=1, le=24 * 60)


class LockView(BaseModel):
    """A lock as its node's members see it; the token stays with its owner."""

    person: UUID
    name: str
    shared: bool
    deep: bool
    until: datetime


class Locked(Conflict):
    """Somebody else is writing this, or the lock's token was not shown. `node_id`: what is locked."""

    def __init__(self, node_id: UUID, name: str, person: str, until: datetime) -> None:
        super().__init__(
            "files.locked",
            msg("%(person)s is working on “%(name)s” and has locked it.", person=person, name=name),
            locked={"id": str(node_id), "name": name, "by": person, "until": until.isoformat()},
        )
        self.node_id = node_id


def submit(tx: Tx, tokens: Collection[UUID]) -> None:
    """In this transaction locks yield to these tokens alone, as WebDAV has it, and not to who holds them."""
    tx.session.info[_SUBMITTED] = frozenset(tokens)


async def require_unlocked(tx: Tx, actor: Actor, node: Node, *, tree: bool = False) -> None:
    """Raise Locked where a lock on the node, or a deep one above it, keeps the actor out. `tree`: or one below it."""
    locks = await _live(tx, node.space_id)
    if not locks:
        return
    above = {step.id for step in await path_to(tx, node.folder_id)}
    hits = [lock for lock in locks if lock.node_id == node.id or (lock.deep and lock.node_id in above)]
    if tree and node.kind == Kind.FOLDER:
        under = set(await tx.all(select(below(node.id, live=True).c.id)))
        hits += [lock for lock in locks if lock.node_id in under and lock.node_id != node.id]
    await _refuse(tx, actor, hits)


async def require_unlocked_place(tx: Tx, actor: Actor, space_id: UUID, place: UUID) -> None:
    """Raise Locked where a lock on the folder `place`, or a deep one above it, keeps its members as they are."""
    locks = await _live(tx, space_id)
    if locks and place != space_id:
        path = [step.id for step in await path_to(tx, place)]
        await _refuse(tx, actor, [one for one in locks if one.node_id == place or (one.deep and one.node_id in path)])


async def require_unlocked_target(tx: Tx, actor: Actor, space_id: UUID, place: UUID, existing: Node | None) -> None:
    """Raise Locked where new bytes would change what somebody else holds: a file, or the folder of a new one."""
    if existing is not None:
        await require_unlocked(tx, actor, existing)
    else:
        await require_unlocked_place(tx, actor, space_id, place)


async def require_may_leave(tx: Tx, actor: Actor, node: Node) -> None:
    """Raise Locked where a lock on the node, in it or on its folder keeps it where it is."""
    await require_unlocked(tx, actor, node, tree=True)
    await require_unlocked_place(tx, actor, node.space_id, node.folder_id)


async def lock_node(
    tx: Tx, actor: Actor, node_id: UUID, *, shared: bool, deep: bool, owner: str, lasting: timedelta
) -> FileLock:
    """A new lock. Raises Locked where another stands in its way."""
    if actor.person_id is None:
        raise Denied()
    space_id = await require_node(tx, actor, node_id, Can.EDIT)
    rev = await topics.raise_rev(tx, topic_of(space_id))
    node = await get_node(tx, actor, node_id, Can.EDIT)
    deep = deep and node.kind == Kind.FOLDER
    locks = await _live(tx, node.space_id)
    above = {step.id for step in await path_to(tx, node.folder_id)} if locks else set()
    under = set(await tx.all(select(below(node.id, live=True).c.id))) if locks and deep else {node.id}
    hits = [one for one in locks if one.node_id in under or (one.deep and one.node_id in above)]
    await _refuse_all(tx, [one for one in hits if not (shared and one.shared)])
    if len(hits) >= MOST_ON_ONE:
        raise Conflict("files.too_many_locks", msg("There are too many locks on this already."))
    lock = FileLock(
        id=uuid4(),
        space_id=node.space_id,
        node_id=node.id,
        person_id=actor.person_id,
        shared=shared,
        deep=deep,
        owner=owner,
        made_at=tx.now,
        expires_at=tx.now + clamped(lasting),
    )
    tx.add(lock)
    await tx.flush()
    tx.session.info[_NONE].discard(node.space_id)
    await _note(tx, node, rev)
    tx.record(actor, "files.lock", space=node.space_id, subject=node.id, name=node.name, shared=shared, deep=deep)
    return lock


async def refresh_lock(tx: Tx, actor: Actor, node_id: UUID, token: UUID, lasting: timedelta) -> FileLock | None:
    """Make a lock of the actor's that holds this node last longer; None when there is none."""
    node = await get_node(tx, actor, node_id, Can.EDIT)
    for lock in await list_locks(tx, node):
        if lock.id == token and lock.person_id == actor.person_id:
            rev = await topics.raise_rev(tx, topic_of(node.space_id))
            lock.expires_at = tx.now + clamped(lasting)
            await tx.flush()
            root = node if lock.node_id == node.id else await get_node(tx, actor, lock.node_id, Can.EDIT)
            await _note(tx, root, rev)
            return lock
    return None


async def unlock_node(tx: Tx, actor: Actor, node_id: UUID, token: UUID | None = None) -> Node:
    """Take one's lock away: the one with this token, or all of one's own on this node.

    Without a token, an owner of the space breaks what others hold on it, which is journalled as such. Raises Denied
    for a lock of somebody else, Conflict where there is none.
    """
    space_id = await require_node(tx, actor, node_id, Can.EDIT)
    rev = await topics.raise_rev(tx, topic_of(space_id))
    node = await get_node(tx, actor, node_id, Can.EDIT)
    here = await list_locks(tx, node)
    own = [one for one in here if one.person_id == actor.person_id]
    if token is not None:
        chosen = [one for one in here if one.id == token]
        if not chosen:
            raise Conflict("files.no_such_lock", msg("There is no such lock on this."))
        if any(one.person_id != actor.person_id for one in chosen):
            raise Denied()
    else:
        chosen = [one for one in own if one.node_id == node.id]
        if not chosen:
            chosen = [one for one in here if one.node_id == node.id]
            if chosen and Can.MANAGE not in GRANTS[await require(tx, actor, node.space_id, Can.EDIT)]:
                await _refuse_all(tx, chosen)
        if not chosen:
            raise Conflict("files.not_locked", msg("This is not locked."))
    for lock in chosen:
        root = node if lock.node_id == node.id else await get_node(tx, actor, lock.node_id, Can.EDIT)
        await tx.delete(lock)
        await tx.flush()
        await _note(tx, root, rev)
        action = "files.unlock" if lock.person_id == actor.person_id else "files.break_lock"
        held = {} if lock.person_id == actor.person_id else {"holder": str(lock.person_id)}
        tx.record(actor, action, space=root.space_id, subject=root.id, name=root.name, **held)
    return node


async def list_locks(tx: Tx, node: Node) -> list[FileLock]:
    """The locks that hold this node: on it, and deep ones above it."""
    locks = await _live(tx, node.space_id)
    if not locks:
        return []
    above = {step.id for step in await path_to(tx, node.folder_id)}
    return [one for one in locks if one.node_id == node.id or (one.deep and one.node_id in above)]


async def list_locks_in(tx: Tx, space_id: UUID) -> Sequence[FileLock]:
    """Every live lock of a space, for those who look at a whole folder. Asks nobody's rights."""
    return await _live(tx, space_id)


async def views_of_locks(tx: Tx, locks: Sequence[FileLock]) -> list[LockView]:
    """The locks with the names of who holds them."""
    people = {one.person_id for one in locks}
    rows = await tx.rows(select(col(Person.id), col(Person.display_name)).where(col(Person.id).in_(people)))
    names = {row[0]: row[1] for row in rows}
    return [
        LockView(
            person=one.person_id,
            name=names.get(one.person_id, ""),
            shared=one.shared,
            deep=one.deep,
            until=one.expires_at,
        )
        for one in locks
    ]


async def forget_locks(tx: Tx, node: Node) -> None:
    """A lock does not follow what is moved or put into the trash (section 7.6)."""
    if not await _live(tx, node.space_id):
        return
    under = select(below(node.id, live=True).c.id)
    for statement in (
        update(Node).where(col(Node.id).in_(under)).values(locked_by=None, locked_until=None),
        delete(FileLock).where(col(FileLock.node_id).in_(under)),
    ):
        await tx.execute(statement.execution_options(synchronize_session=False))
    await tx.session.refresh(node)


async def forget_expired(tx: Tx) -> int:
    """Locks that have run out hold nothing any more; called by a job now and then."""
    return (await tx.execute(delete(FileLock).where(col(FileLock.expires_at) <= tx.now))).rowcount


def clamped(lasting: timedelta) -> timedelta:
    """How long a lock may really last."""
    return min(max(lasting, SHORTEST), LONGEST)


async def _live(tx: Tx, space_id: UUID) -> Sequence[FileLock]:
    """The locks of a space; that there are none, which is usual, is asked once in a transaction."""
    none: set[UUID] = tx.session.info.setdefault(_NONE, set())
    if space_id in none:
        return []
    if not await tx.run(_ANY, space=space_id, now=tx.now):
        none.add(space_id)
        return []
    found: Sequence[FileLock] = await tx.all(
        select(FileLock)
        .where(col(FileLock.space_id) == space_id, col(FileLock.expires_at) > tx.now)
        .execution_options(populate_existing=True)
    )
    return found


async def _refuse(tx: Tx, actor: Actor, hits: Sequence[FileLock]) -> None:
    """Raise Locked unless what stands in the way yields: shared ones do once one of them does."""
    tokens: frozenset[UUID] | None = tx.session.info.get(_SUBMITTED)

    def yields(lock: FileLock) -> bool:
        return lock.person_id == actor.person_id and (tokens is None or lock.id in tokens)

    held = [one for one in hits if not yields(one)]
    if any(one.shared and yields(one) for one in hits):
        held = [one for one in held if not one.shared]
    await _refuse_all(tx, held)


async def _refuse_all(tx: Tx, hits: Sequence[FileLock]) -> None:
    if hits:
        lock = hits[0]
        node, person = await tx.get(Node, lock.node_id), await tx.get(Person, lock.person_id)
        raise Locked(lock.node_id, node.name if node else "", person.display_name if person else "", lock.expires_at)


async def _note(tx: Tx, node: Node, rev: int) -> None:
    """Note on the node who holds it and until when, and tell."""
    row = await tx.rows(
        select(col(FileLock.person_id), func.max(col(FileLock.expires_at)))
        .where(col(FileLock.node_id) == node.id, col(FileLock.expires_at) > tx.now)
        .group_by(col(FileLock.person_id))
        .limit(1)
    )
    node.locked_by, node.locked_until = (row[0][0], row[0][1]) if row else (None, None)
    await tx.flush()
    tx.emit(FilesChanged(topic=topic_of(node.space_id), rev=rev, items=await views_of(tx, [node])))
