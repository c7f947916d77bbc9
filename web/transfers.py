"""Copies and moves as every door does them: the bytes of a copy are durable before the transaction that names them."""

from collections.abc import Awaitable, Callable, Mapping
from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Database, Tx
from collab.core.errors import Conflict, DomainError
from collab.files.models import Node, NodeView, TransferInput
from collab.files.queries import views_of
from collab.files.storage import Damaged, Storage, Stored
from collab.files.transfer import becomes_version, copy_node, move_node, plan_copy, replace_by_move

ATTEMPTS = 3

Naming = Callable[[Tx, Actor, UUID, TransferInput, Mapping[str, Stored]], Awaitable[Node]]


async def copy(db: Database, storage: Storage, actor: Actor, node_id: UUID, data: TransferInput) -> NodeView:
    """Copy a node where `data` says."""
    return await _with_copies(db, storage, actor, node_id, data, copy_node)


async def move(db: Database, storage: Storage, actor: Actor, node_id: UUID, data: TransferInput) -> NodeView:
    """Move a node where `data` says; onto the file that has its name there, where it may become a version."""
    async with db.read() as tx:
        replaces = await becomes_version(tx, actor, node_id, data)
    if replaces:
        return await _with_copies(db, storage, actor, node_id, data, replace_by_move)
    async with db.write() as tx:
        node = await move_node(tx, actor, node_id, data)
        return (await views_of(tx, [node]))[0]


async def _with_copies(
    db: Database, storage: Storage, actor: Actor, node_id: UUID, data: TransferInput, name: Naming
) -> NodeView:
    """Copy the bytes, then `name` them; again, a few times, when the source changed meanwhile."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await _attempt(db, storage, actor, node_id, data, name)
        except Conflict as error:
            if error.code != "files.changed_meanwhile" or attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


async def _attempt(
    db: Database, storage: Storage, actor: Actor, node_id: UUID, data: TransferInput, name: Naming
) -> NodeView:
    async with db.read() as tx:
        wanted = await plan_copy(tx, actor, node_id, data)
    copies: dict[str, Stored] = {}
    try:
        for key, known in wanted.items():
            made = copies[key] = await storage.copy(key)
            if (made.size, made.sha256) != (known.size, known.sha256):
                raise Damaged()
        async with db.write() as tx:
            node = await name(tx, actor, node_id, data, copies)
            return (await views_of(tx, [node]))[0]
    except DomainError:  # after any other failure it is not known what was committed: the sweep decides
        await storage.delete([stored.key for stored in copies.values()])
        raise
