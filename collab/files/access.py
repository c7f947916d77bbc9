"""Who may do what with files: what the role in their space allows. The only way to obtain a node by its id.

Readers see what is live. Editors also see the trash; owners destroy. Whoever comes through a link reaches what the
link leads to and nothing else (links/access.py).
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, ActorKind, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, NotFound
from collab.core.i18n import msg
from collab.files.links.access import require_reach
from collab.files.models import Kind, Node
from collab.spaces.access import GRANTS, Can, readable_spaces, require


async def require_node(tx: Tx, actor: Actor, node_id: UUID, can: Can) -> UUID:
    """The id of the node's space, if the actor may do this there; a move may take the node to another one meanwhile."""
    space_id: UUID | None = await tx.one(select(col(Node.space_id)).where(col(Node.id) == node_id))
    if space_id is None:
        decided(f"file:{can}")
        raise NotFound()
    await require(tx, actor, space_id, can)
    return space_id


async def get_node(tx: Tx, actor: Actor, node_id: UUID, can: Can, *, trashed: bool = False) -> Node:
    """The node as the database has it now. `trashed`: also when it is in the trash, for those who may edit.

    Raises Conflict when it is in the trash and that is not asked for.
    """
    node: Node | None = await tx.one(
        select(Node).where(col(Node.id) == node_id).execution_options(populate_existing=True)
    )
    if node is None:
        decided(f"file:{can}")
        raise NotFound()
    if actor.kind is ActorKind.LINK:
        await require_reach(tx, actor, node, can)
        return node
    role = await require(tx, actor, node.space_id, can)
    if node.trash_id is not None:
        if Can.EDIT not in GRANTS[role]:
            raise NotFound()
        if not trashed:
            raise Conflict("files.in_trash", msg("This is in the trash: put it back first."))
    return node


async def list_readable(tx: Tx, actor: Actor, ids: Collection[UUID]) -> Sequence[Node]:
    """The live nodes of these that the actor may read; what may not be read is left out without a word."""
    decided(f"file:{Can.READ}")
    here = col(Node.space_id).in_(readable_spaces(actor))
    nodes: Sequence[Node] = await tx.all(select(Node).where(col(Node.id).in_(ids), here))
    # Not in the statement: SQLite would look through all that is live.
    return [node for node in nodes if node.trash_id is None]


async def get_folder(tx: Tx, actor: Actor, space_id: UUID, folder_id: UUID | None, can: Can) -> Node | None:
    """The live folder of this space, or None for its top (no id, or the space's own)."""
    if actor.kind is not ActorKind.LINK:
        await require(tx, actor, space_id, can)
        if folder_id is None or folder_id == space_id:
            return None
    node = await tx.get(Node, folder_id) if folder_id is not None else None
    if node is None or node.space_id != space_id:
        decided(f"file:{can}")
        raise NotFound()
    node = await get_node(tx, actor, node.id, can)
    if node.kind != Kind.FOLDER:
        raise Invalid("files.not_a_folder", msg("This is a file, not a folder."))
    return node
