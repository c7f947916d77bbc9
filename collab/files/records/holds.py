"""Legal holds: nothing under one is destroyed, by anybody, in whatever way. The one rule that every destroyer asks.

A hold lies on a space, or on a node with all that is in it, in the trash too. What is under a hold by the folder it is
in cannot leave that folder: it would leave the hold. Writers of one space take turns on the topic of its files, and a
hold is placed by one of them: none comes between the question and the destruction.
"""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core import topics
from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, NotFound
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.files.events import topic_of
from collab.files.models import Node
from collab.files.queries import below, path_to
from collab.files.records.access import get_hold, get_kept, require_keeper
from collab.files.records.models import Hold, HoldInput
from collab.spaces.models import Space


class Held(Conflict):
    """Under a legal hold."""

    def __init__(self) -> None:
        super().__init__(
            "files.held", msg("This is under a legal hold: it can be read and changed, but nothing of it destroyed.")
        )


async def held_among(tx: Tx, space_id: UUID, ids: Collection[UUID]) -> set[UUID]:
    """Those of these nodes that are under a hold, or that something under a hold is in: not to be destroyed."""
    holds = await _active(tx, space_id)
    if not holds or not ids:
        return set()
    if None in holds:
        return set(ids)
    held: set[UUID] = set()
    for node_id in holds:
        assert node_id is not None
        tree = below(node_id, live=False)
        held |= set(await tx.all(select(tree.c.id).where(tree.c.id.in_(ids))))
        held |= {step.id for step in await path_to(tx, node_id)} & set(ids)
    return held


async def check_free(tx: Tx, node: Node) -> None:
    """Raise Held unless the node, all that is in it and each of its versions may be destroyed."""
    if await held_among(tx, node.space_id, [node.id]):
        raise Held()


async def check_stays(tx: Tx, node: Node, place: UUID) -> None:
    """Raise Held if the node would leave a hold by going into the folder `place` (a space's id: its top)."""
    holds = await _active(tx, node.space_id)
    if not holds or place == node.folder_id:
        return
    inherited = {step.id for step in await path_to(tx, node.folder_id)} & holds
    there = {step.id for step in await path_to(tx, place)}
    if inherited - there:
        raise Held()


async def hold_node(tx: Tx, actor: Actor, node_id: UUID, data: HoldInput) -> Hold:
    """Put a node, live or in the trash, under hold."""
    node, _ = await get_kept(tx, actor, node_id)
    return await place_hold(tx, actor, node.space_id, node_id, data)


async def place_hold(tx: Tx, actor: Actor, space_id: UUID, node_id: UUID | None, data: HoldInput) -> Hold:
    """Put a node of a space, live or in the trash, or the whole space under hold."""
    await topics.raise_rev(tx, topic_of(space_id))
    name, told = "", ""
    if node_id is None:
        as_archivist = await require_keeper(tx, actor, space_id)
        told = await _title(tx, space_id)
    else:
        node, as_archivist = await get_kept(tx, actor, node_id)
        if node.space_id != space_id:
            raise NotFound()
        name = told = node.name
    hold = Hold(
        id=new_id(),
        space_id=space_id,
        node_id=node_id,
        name=name,
        reason=data.reason,
        by_archivist=as_archivist,
        placed_by=actor.person_id,
        placed_at=tx.now,
    )
    tx.add(hold)
    await tx.flush()
    tx.record(
        actor, "files.hold", space=space_id, subject=node_id or space_id, hold=str(hold.id), name=told,
        reason=data.reason,
    )  # fmt: skip
    return hold


async def release_hold(tx: Tx, actor: Actor, hold_id: UUID) -> Hold:
    """End a hold; nothing happens when it has ended."""
    hold, _ = await get_hold(tx, actor, hold_id)
    if hold.released_at is None:
        hold.released_at, hold.released_by = tx.now, actor.person_id
        tx.record(
            actor, "files.release_hold", space=hold.space_id, subject=hold.node_id or hold.space_id, hold=str(hold.id),
            name=hold.name or await _title(tx, hold.space_id),
        )  # fmt: skip
    return hold


async def _title(tx: Tx, space_id: UUID) -> str:
    space = await tx.get(Space, space_id)
    return space.title if space else ""


async def _active(tx: Tx, space_id: UUID) -> set[UUID | None]:
    """The nodes under hold in a space; None among them when all of it is."""
    statement = select(col(Hold.node_id)).where(col(Hold.space_id) == space_id, col(Hold.released_at).is_(None))
    return set(await tx.all(statement))
