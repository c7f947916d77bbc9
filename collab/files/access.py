"""Who may do what with files: what the role in their space allows. The only way to obtain a node by its id.

Readers see what is live. Editors also see the trash; owners destroy. Whoever comes through a link reaches what the
link leads to and nothing else (links/access.py).
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlmodel import col

from collab.core.access import Actor, ActorKind, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, NotFound
from collab.core.i18n import msg
from collab.core.prepared import Prepared
from collab.files.links.access import require_reach
from collab.files.models import Kind, Node
from collab.spaces.access import GRANTS, Can, readable_spaces, require
from collab.spaces.models import Role

# Which space a node is in, what it is, and whether it is in the trash.
_STANDING = Prepared(
    select(col(Node.space_id), col(Node.kind), col(Node.trash_id)).where(col(Node.id) == bindparam("node"))
)


async def require_node(tx: Tx, actor: Actor, node_id: UUID, can: Can) -> UUID:
    """The id of the node's space, if the actor may do this there; a move may take the node to another one meanwhile."""
    found = await tx.run(_STANDING, node=node_id)
    if not found:
        decided(f"file:{can}")
        raise NotFound()
    space_id: UUID = found[0][0]
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
    check_live(await require(tx, actor, node.space_id, can), node.trash_id, trashed=trashed)
    return node


def check_live(role: Role, trash_id: UUID | None, *, trashed: bool = False) -> None:
    """Raise where what is in the trash is not to be seen by this role, or is not asked for."""
    if trash_id is not None:
        if Can.EDIT not in GRANTS[role]:
            raise NotFound()
        if not trashed:
            raise Conflict("files.in_trash", msg("This is in the trash: put it back first."))


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
    check_folder(node.kind)
    return node


def check_folder(kind: str) -> None:
    """Raise Invalid for a file."""
    if kind != Kind.FOLDER:
        raise Invalid("files.not_a_folder", msg("This is a file, not a folder."))


async def require_folder(tx: Tx, actor: Actor, space_id: UUID, folder_id: UUID | None, can: Can) -> UUID:
    """What `get_folder` decides, for those who need no more than the id: the space's own for its top."""
    if actor.kind is ActorKind.LINK:
        folder = await get_folder(tx, actor, space_id, folder_id, can)
        return folder.id if folder else space_id
    role = await require(tx, actor, space_id, can)
    if folder_id is None or folder_id == space_id:
        return space_id
    found = await tx.run(_STANDING, node=folder_id)
    if not found or found[0][0] != space_id:
        raise NotFound()
    _space, kind, trash_id = found[0]
    check_live(role, trash_id)
    check_folder(kind)
    return folder_id
