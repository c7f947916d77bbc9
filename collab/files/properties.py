"""What WebDAV programs note on files and folders (RFC 4918, dead properties): kept as it came, and read by nobody here.

A property is an XML element; its value is kept whole, with its attributes and what is in it.
"""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlmodel import Field, SQLModel, col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Invalid
from collab.core.i18n import msg
from collab.files.models import Node
from collab.files.turns import take_unlocked
from collab.spaces.access import Can

MOST = 200
MOST_CHARACTERS = 64_000
LOT = 500


class FileProperty(SQLModel, table=True):
    """One property of a node. `name`: with its namespace, as `{namespace}name`; `value`: the element, as XML."""

    __tablename__ = "file_property"

    node_id: UUID = Field(primary_key=True, foreign_key="file_node.id", ondelete="CASCADE")
    name: str = Field(primary_key=True, max_length=500)
    value: str


async def list_properties(tx: Tx, nodes: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """The properties of these nodes, which the actor was shown to see: node → name → value."""
    found: dict[UUID, dict[str, str]] = {}
    wanted = list(nodes)
    for start in range(0, len(wanted), LOT):
        rows = await tx.rows(
            select(col(FileProperty.node_id), col(FileProperty.name), col(FileProperty.value)).where(
                col(FileProperty.node_id).in_(wanted[start : start + LOT])
            )
        )
        for node, name, value in rows:
            found.setdefault(node, {})[name] = value
    return found


async def set_properties(tx: Tx, actor: Actor, node_id: UUID, changes: Mapping[str, str | None]) -> Node:
    """Set these properties, or take away those that are None: all or nothing."""
    node, _rev = await take_unlocked(tx, actor, node_id, Can.EDIT)
    if any(len(name) > 500 or len(value or "") > MOST_CHARACTERS for name, value in changes.items()):
        raise Invalid("files.property_too_long", msg("This property is too long."))
    here = col(FileProperty.node_id) == node.id
    await tx.execute(delete(FileProperty).where(here, col(FileProperty.name).in_(list(changes))))
    kept = [{"node_id": node.id, "name": name, "value": value} for name, value in changes.items() if value is not None]
    if kept:
        await tx.execute(insert(FileProperty), kept)
    if await tx.one(select(func.count()).select_from(FileProperty).where(here)) > MOST:
        raise Invalid("files.too_many_properties", msg("There are too many properties on this already."))
    tx.record(actor, "files.set_properties", space=node.space_id, subject=node.id, names=sorted(changes))
    return node


async def copy_properties(tx: Tx, twins: Mapping[UUID, UUID]) -> None:
    """Give copies what their sources have; `twins`: from a source to its copy. Called by transfer.py."""
    sources: Sequence[UUID] = list(twins)
    for node, properties in (await list_properties(tx, sources)).items():
        rows = [{"node_id": twins[node], "name": name, "value": value} for name, value in properties.items()]
        await tx.execute(insert(FileProperty), rows)
