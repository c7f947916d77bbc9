"""The files before and after one in its folder, for those who look through them."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.files.access import get_node
from collab.files.models import Kind, Node
from collab.spaces.access import Can


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A file beside another."""

    id: UUID
    name: str


async def find_neighbours(tx: Tx, actor: Actor, file_id: UUID) -> tuple[Neighbour | None, Neighbour | None]:
    """The file before and the one after, in the order of the folder's list."""
    node = await get_node(tx, actor, file_id, Can.READ)
    name, key = col(Node.sort_name), col(Node.id)
    here = select(key, col(Node.name)).where(
        col(Node.folder_id) == node.folder_id, col(Node.kind) == Kind.FILE, col(Node.trash_id).is_(None)
    )
    before = here.where(or_(name < node.sort_name, and_(name == node.sort_name, key < node.id)))
    after = here.where(or_(name > node.sort_name, and_(name == node.sort_name, key > node.id)))
    return (
        _first(await tx.rows(before.order_by(name.desc(), key.desc()).limit(1))),
        _first(await tx.rows(after.order_by(name, key).limit(1))),
    )


def _first(rows: Sequence[tuple[UUID, str]]) -> Neighbour | None:
    return Neighbour(*rows[0]) if rows else None
