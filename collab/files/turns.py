"""The turn of whoever writes in a space's files: taken before its rows are read, told once they are written."""

from collections.abc import Sequence
from uuid import UUID

from collab.core import topics
from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict
from collab.core.i18n import msg
from collab.files.access import get_node, require_node
from collab.files.events import FilesChanged, topic_of
from collab.files.locks import require_unlocked
from collab.files.models import Node
from collab.files.queries import views_of
from collab.spaces.access import Can


async def take_node(tx: Tx, actor: Actor, node_id: UUID, can: Can, *, trashed: bool = False) -> tuple[Node, int]:
    """The node to change and the new rev of its topic, once it is this writer's turn."""
    space_id = await require_node(tx, actor, node_id, can)
    rev = await topics.raise_rev(tx, topic_of(space_id))
    node = await get_node(tx, actor, node_id, can, trashed=trashed)
    if node.space_id != space_id:
        raise Conflict("files.changed_meanwhile", msg("This was being changed by somebody else. Please try again."))
    return node, rev


async def take_unlocked(tx: Tx, actor: Actor, node_id: UUID, can: Can, *, trashed: bool = False) -> tuple[Node, int]:
    """The same, for a change that a lock forbids. Raises Locked."""
    node, rev = await take_node(tx, actor, node_id, can, trashed=trashed)
    if node.trash_id is None:
        await require_unlocked(tx, actor, node)
    return node, rev


async def tell(tx: Tx, space_id: UUID, rev: int, nodes: Sequence[Node]) -> None:
    """Announce that these nodes are new or different."""
    tx.emit(FilesChanged(topic=topic_of(space_id), rev=rev, items=await views_of(tx, nodes)))
