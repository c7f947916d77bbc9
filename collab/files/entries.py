"""The tree as programs walk it, name by name and folder by folder: plain rows, whole folders, no names of people.

WebDAV has no pages: a folder of a hundred thousand is read in lots by whoever streams it.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Invalid, NotFound
from collab.core.i18n import msg
from collab.core.prepared import Prepared
from collab.files.access import get_folder
from collab.files.models import FileVersion, Kind, Node
from collab.files.rules import name_key
from collab.spaces.access import Can, require
from collab.spaces.models import Space

LOT = 500


class Entry(NamedTuple):
    """A live folder or file. `changed_at`: of a file's content, of a folder itself."""

    id: UUID
    space_id: UUID
    folder_id: UUID
    kind: str
    name: str
    size: int
    sha256: str
    created_at: datetime
    updated_at: datetime
    made_at: datetime | None
    sort_name: str

    @property
    def is_folder(self) -> bool:
        return self.kind == Kind.FOLDER

    @property
    def changed_at(self) -> datetime:
        return self.made_at or self.updated_at


_COLUMNS = (
    col(Node.id),
    col(Node.space_id),
    col(Node.folder_id),
    col(Node.kind),
    col(Node.name),
    col(Node.size),
    col(Node.sha256),
    col(Node.created_at),
    col(Node.updated_at),
    col(FileVersion.made_at),
    col(Node.sort_name),
)


def _entries() -> Any:
    current = and_(col(FileVersion.file_id) == col(Node.id), col(FileVersion.number) == col(Node.version))
    return select(*_COLUMNS).outerjoin(FileVersion, current).where(col(Node.trash_id).is_(None))


_NAMED = Prepared(_entries().where(col(Node.folder_id) == bindparam("place"), col(Node.name_key) == bindparam("key")))


def _inside(*, goes_on: bool) -> Prepared:
    order = (col(Node.sort_name), col(Node.id))
    statement = _entries().where(col(Node.folder_id) == bindparam("place"))
    if goes_on:
        last: Any = bindparam("last")
        key: Any = bindparam("key")
        statement = statement.where(or_(order[0] > last, and_(order[0] == last, order[1] > key)))
    return Prepared(statement.order_by(*order).limit(LOT))


_FIRST, _NEXT = _inside(goes_on=False), _inside(goes_on=True)


async def walk(tx: Tx, actor: Actor, space_id: UUID, names: Sequence[str]) -> list[Entry]:
    """What these names lead to from the top of a space, as far as they lead. Raises NotFound for strangers."""
    await require(tx, actor, space_id, Can.READ)
    found: list[Entry] = []
    place = space_id
    for name in names:
        rows = await tx.run(_NAMED, place=place, key=name_key(name))
        if not rows:
            break
        entry = Entry._make(rows[0])
        found.append(entry)
        place = entry.id
        if not entry.is_folder:
            break
    return found


async def list_entries(tx: Tx, actor: Actor, space_id: UUID, place: UUID) -> AsyncIterator[Sequence[Entry]]:
    """All that is live in a folder of this space (its id for the top), in lots, by name."""
    await require(tx, actor, space_id, Can.READ)
    last: dict[str, Any] = {}
    while True:
        rows = await tx.run(_NEXT if last else _FIRST, place=place, **last)
        if rows:
            lot = [Entry._make(row) for row in rows]
            yield lot
            last = {"last": lot[-1].sort_name, "key": lot[-1].id}
        if len(rows) < LOT:
            return


MOST_IN_TREE = 50_000


class Leaf(NamedTuple):
    """A file, or an empty folder (`id` None), of a branch: its path from the folder that was asked for."""

    path: str
    id: UUID | None
    size: int
    changed_at: datetime


async def list_branch(
    tx: Tx, actor: Actor, space_id: UUID, folder_id: UUID | None, items: Sequence[UUID]
) -> tuple[str, list[Leaf]]:
    """All files under a folder (None: the top), or under these `items` of it; and what to call them together.

    Raises NotFound for items that are not there, Invalid beyond MOST_IN_TREE.
    """
    folder = await get_folder(tx, actor, space_id, folder_id, Can.READ)
    place = folder.id if folder else space_id
    roots: Any = select(col(Node.id), col(Node.name).label("path")).where(
        col(Node.folder_id) == place, col(Node.trash_id).is_(None)
    )
    if items:
        roots = roots.where(col(Node.id).in_(items))
    tree = roots.cte("branch", recursive=True)
    below = select(col(Node.id), tree.c.path.concat("/").concat(col(Node.name)))
    tree = tree.union_all(below.join(tree, col(Node.folder_id) == tree.c.id).where(col(Node.trash_id).is_(None)))
    rows = await tx.rows(
        select(tree.c.path, col(Node.id), col(Node.folder_id), col(Node.kind), col(Node.size), col(Node.updated_at))
        .join(Node, col(Node.id) == tree.c.id)
        .order_by(tree.c.path)
        .limit(MOST_IN_TREE + 1)
    )
    if len(rows) > MOST_IN_TREE:
        raise Invalid(
            "files.too_many_at_once",
            msg("This folder holds more than %(max)s things: take the folders in it one by one.", max=MOST_IN_TREE),
        )
    if not set(items) <= {row[1] for row in rows}:
        raise NotFound()
    full = {row[2] for row in rows}
    leaves = [
        Leaf(path, key if kind == Kind.FILE else None, size, changed)
        for path, key, _folder, kind, size, changed in rows
        if kind == Kind.FILE or key not in full
    ]
    if len(items) == 1:
        return rows[0][0], leaves
    if folder is not None:
        return folder.name, leaves
    space = await tx.get(Space, space_id)
    return space.title if space else "", leaves
