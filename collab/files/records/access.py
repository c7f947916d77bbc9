"""Who may do what with records: the owners of the space, and the archivists whom an administrator has named.

An archivist is in no space by it: they see the names, dates and hashes of what is due, held or proposed anywhere, and
no content.
"""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Denied, NotFound
from collab.files.access import get_node
from collab.files.models import Node
from collab.files.records.models import Archivist, Elimination, Hold
from collab.spaces.access import GRANTS, Can, find_role, require
from collab.spaces.models import Role
from directory.people.models import Person


async def is_archivist(tx: Tx, actor: Actor) -> bool:
    """Whether the actor may give visas; by a token only with all rights of its person."""
    if actor.person_id is None:
        return False
    found = await tx.one(
        select(col(Archivist.person_id))
        .join(Person, col(Person.id) == col(Archivist.person_id))
        .where(col(Archivist.person_id) == actor.person_id, col(Person.active))
    )
    if found is not None and actor.scopes is not None and "manage" not in actor.scopes:
        raise Denied("token_scope")
    return found is not None


async def require_archivist(tx: Tx, actor: Actor) -> None:
    """Raise NotFound unless the actor is an archivist."""
    decided("records:archive")
    if not await is_archivist(tx, actor):
        raise NotFound()


async def require_editor(tx: Tx, actor: Actor, space_id: UUID) -> Role:
    """The actor's role, if it is one that edits; a token that may read is enough, for what is only read."""
    role = await require(tx, actor, space_id, Can.READ)
    if Can.EDIT not in GRANTS[role]:
        raise Denied()
    return role


async def require_keeper(tx: Tx, actor: Actor, space_id: UUID, *, reading: bool = False) -> bool:
    """Raise unless the actor owns the space or is an archivist; whether they do it as an archivist, owning nothing.

    `reading`: a token that may read is enough.
    """
    if await find_role(tx, actor, space_id) is not Role.OWNER and await is_archivist(tx, actor):
        decided("records:keep")
        return True
    role = await require(tx, actor, space_id, Can.READ if reading else Can.MANAGE)
    if Can.MANAGE not in GRANTS[role]:
        raise Denied()
    return False


async def get_kept(tx: Tx, actor: Actor, node_id: UUID) -> tuple[Node, bool]:
    """A node, live or in the trash, for whoever owns its space or is an archivist; and whether as an archivist."""
    node: Node | None = await tx.one(
        select(Node).where(col(Node.id) == node_id).execution_options(populate_existing=True)
    )
    if node is None:
        await get_node(tx, actor, node_id, Can.MANAGE)
        raise NotFound()
    return node, await require_keeper(tx, actor, node.space_id)


async def get_hold(tx: Tx, actor: Actor, hold_id: UUID) -> tuple[Hold, bool]:
    """A hold, and whether the actor comes to it as an archivist. One that an archivist placed is an archivist's."""
    decided("records:hold")
    hold = await tx.lock(Hold, hold_id)
    if hold is None:
        raise NotFound()
    as_archivist = await require_keeper(tx, actor, hold.space_id)
    if hold.by_archivist and not as_archivist and not await is_archivist(tx, actor):
        raise Denied()
    return hold, as_archivist


async def get_elimination(tx: Tx, actor: Actor, elimination_id: UUID) -> Elimination:
    """A list of elimination, to be read by the owners of its space and by archivists."""
    decided("records:elimination")
    found = await tx.get(Elimination, elimination_id)
    if found is None:
        raise NotFound()
    await require_keeper(tx, actor, found.space_id, reading=True)
    return found
