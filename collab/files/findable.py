"""Files and folders as the search finds them: by their names and by what their current version says."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.findable import Document, Shown
from collab.files.access import list_readable
from collab.files.models import FileVersion, Kind, Node
from collab.files.rules import Look, look_of
from collab.files.scanning import Scanning, offered_states
from collab.files.texts.models import FileText, Reading
from collab.spaces.models import Space

FILE = "file"
# Of a text, as much is looked through for the passage to show.
MOST_SHOWN = 50_000

_IS_CURRENT = and_(col(FileVersion.file_id) == col(Node.id), col(FileVersion.number) == col(Node.version))


def _is_read(tx: Tx) -> ColumnElement[bool]:
    """What nobody may read for its scan is not found by its text either, and no passage of it is shown."""
    return and_(
        col(FileText.version_id) == col(FileVersion.id),
        col(FileText.state) == Reading.READ,
        col(FileVersion.scan).in_(offered_states(tx.policy(Scanning))),
    )


class Files:
    """See findable.Provider."""

    kind = FILE

    async def stamps(self, tx: Tx, after: UUID | None, limit: int) -> Sequence[tuple[UUID, str]]:
        """Every node."""
        statement = _stamps(tx)
        if after is not None:
            statement = statement.where(col(Node.id) > after)
        return [_stamp(row) for row in await tx.rows(statement.order_by(col(Node.id)).limit(limit))]

    async def stamps_of(self, tx: Tx, ids: Collection[UUID]) -> Sequence[tuple[UUID, str]]:
        """These nodes and all that is in them, in the trash or not."""
        tree = select(col(Node.id)).where(col(Node.id).in_(ids)).cte("tree", recursive=True)
        tree = tree.union_all(select(col(Node.id)).join(tree, col(Node.folder_id) == tree.c.id))
        return [_stamp(row) for row in await tx.rows(_stamps(tx).where(col(Node.id).in_(select(tree.c.id))))]

    async def documents(self, tx: Tx, ids: Collection[UUID]) -> Sequence[Document]:
        """The live ones of these, with the words of their text where it is read."""
        rows = await tx.rows(
            _stamps(tx)
            .add_columns(col(Node.name), col(Node.updated_at), col(FileText.words))
            .where(col(Node.id).in_(ids))
        )
        return [
            Document(
                id=row.id,
                title=row.name,
                words=row.words or "",
                audience=frozenset({row.space_id}),
                changed_at=row.updated_at,
                stamp=_stamp(row)[1],
                space_id=row.space_id,
            )
            for row in rows
            if row.trash_id is None
        ]

    async def show(self, tx: Tx, actor: Actor, ids: Collection[UUID]) -> Mapping[UUID, Shown]:
        """Those that the actor may read, with where they lie and the beginning of their text."""
        nodes = await list_readable(tx, actor, ids)
        folder = aliased(Node)
        rows = await tx.rows(
            select(
                col(Node.id),
                col(Space.title),
                col(folder.name),
                func.substr(col(FileText.text), 1, MOST_SHOWN).label("text"),
            )
            .join(Space, col(Space.id) == col(Node.space_id))
            .outerjoin(folder, col(folder.id) == col(Node.folder_id))
            .outerjoin(FileVersion, _IS_CURRENT)
            .outerjoin(FileText, _is_read(tx))
            .where(col(Node.id).in_([node.id for node in nodes]))
        )
        places = {row.id: row for row in rows}
        return {
            node.id: Shown(
                title=node.name,
                url=f"/files/{node.space_id}/{'' if node.kind == Kind.FOLDER else 'items/'}{node.id}",
                icon=Look.FOLDER if node.kind == Kind.FOLDER else look_of(node.name),
                where=[places[node.id].title, *([places[node.id].name] if places[node.id].name else [])],
                changed_at=node.updated_at,
                text=places[node.id].text or "",
            )
            for node in nodes
        }


def _stamps(tx: Tx) -> Select[Any]:
    return (
        select(
            col(Node.id),
            col(Node.space_id),
            col(Node.rev),
            col(Node.trash_id),
            case((col(FileText.version_id).is_(None), 0), else_=col(Node.version)).label("read"),
        )
        .outerjoin(FileVersion, _IS_CURRENT)
        .outerjoin(FileText, _is_read(tx))
    )


def _stamp(row: Any) -> tuple[UUID, str]:
    return row.id, "" if row.trash_id is not None else f"{row.rev}.{row.read}.{row.space_id.hex}"
