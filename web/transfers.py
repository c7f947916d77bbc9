"""Copies and moves as every door does them: the bytes of a copy are durable before the transaction that names them."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Database, Tx
from collab.core.errors import Conflict, DomainError
from collab.files.locks import submit
from collab.files.models import Node, NodeView, OnConflict, TransferInput
from collab.files.queries import views_of
from collab.files.service import trash_node
from collab.files.storage import Storage, Stored, copy_object
from collab.files.transfer import becomes_version, copy_node, move_node, plan_copy, replace_by_move

ATTEMPTS = 3

Naming = Callable[[Tx, Actor, UUID, TransferInput, Mapping[str, Stored]], Awaitable[Node]]


@dataclass(frozen=True, slots=True)
class Way:
    """One transfer: who, what, where to. `replacing`: goes into the trash first; `tokens`: as in locks.submit."""

    db: Database
    storage: Storage
    actor: Actor
    node_id: UUID
    data: TransferInput
    replacing: UUID | None = None
    tokens: frozenset[UUID] | None = None

    def enter(self, tx: Tx) -> None:
        """Show the lock tokens, if the door has any."""
        if self.tokens is not None:
            submit(tx, self.tokens)

    async def clear(self, tx: Tx) -> None:
        """Put what stands in the way into the trash."""
        self.enter(tx)
        if self.replacing is not None:
            await trash_node(tx, self.actor, self.replacing)


async def copy(
    db: Database,
    storage: Storage,
    actor: Actor,
    node_id: UUID,
    data: TransferInput,
    *,
    replacing: UUID | None = None,
    tokens: frozenset[UUID] | None = None,
) -> NodeView:
    """Copy a node where `data` says."""
    return await _with_copies(Way(db, storage, actor, node_id, data, replacing, tokens), copy_node)


async def move(
    db: Database,
    storage: Storage,
    actor: Actor,
    node_id: UUID,
    data: TransferInput,
    *,
    replacing: UUID | None = None,
    tokens: frozenset[UUID] | None = None,
) -> NodeView:
    """Move a node where `data` says; onto the file that has its name there, where it may become a version."""
    way = Way(db, storage, actor, node_id, data, replacing, tokens)
    async with db.read() as tx:
        replaces = await becomes_version(tx, actor, node_id, data)
    if replaces:
        return await _with_copies(way, replace_by_move)
    async with db.write() as tx:
        await way.clear(tx)
        node = await move_node(tx, actor, node_id, data)
        return (await views_of(tx, [node]))[0]


async def _with_copies(way: Way, name: Naming) -> NodeView:
    """Copy the bytes, then `name` them; again, a few times, when the source changed meanwhile."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await _attempt(way, name)
        except Conflict as error:
            if error.code != "files.changed_meanwhile" or attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


async def _attempt(way: Way, name: Naming) -> NodeView:
    planned = way.data if way.replacing is None else way.data.model_copy(update={"conflict": OnConflict.RENAME})
    async with way.db.read() as tx:
        way.enter(tx)
        wanted = await plan_copy(tx, way.actor, way.node_id, planned)
    copies: dict[str, Stored] = {}
    try:
        for key, known in wanted.items():
            copies[key] = await copy_object(way.storage, key, known.sha256)
        async with way.db.write() as tx:
            await way.clear(tx)
            node = await name(tx, way.actor, way.node_id, way.data, copies)
            return (await views_of(tx, [node]))[0]
    except DomainError:  # after any other failure it is not known what was committed: the sweep decides
        await way.storage.delete([stored.key for stored in copies.values()])
        raise
