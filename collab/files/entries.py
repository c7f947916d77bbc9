"""The tree as programs walk it, name by name and folder by folder: plain rows, whole folders, no names of people.

WebDAV has no pages: a folder of a hundred thousand is read in lots by whoever streams it.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.sql import Executable
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.files.models import FileVersion, Kind, Node
from collab.files.rules import name_key
from collab.spaces.access import Can, require

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


@cache
def _named() -> Executable:
    """Built once: every request walks with it."""
    statement: Executable = _entries().where(
        col(Node.folder_id) == bindparam("place"), col(Node.name_key) == bindparam("key")
    )
    return statement


@cache
def _inside(goes_on: bool) -> Executable:
    order = (col(Node.sort_name), col(Node.id))
    statement = _entries().where(col(Node.folder_id) == bindparam("place"))
    if goes_on:
        last, key = bindparam("last"), bindparam("key")
        statement = statement.where(or_(order[0] > last, and_(order[0] == last, order[1] > key)))
    found: Executable = statement.order_by(*order).limit(LOT)
    return found


async def walk(tx: Tx, actor: Actor, space_id: UUID, names: Sequence[str]) -> list[Entry]:
    """What these names lead to from the top of a space, as far as they lead. Raises NotFound for strangers."""
    await require(tx, actor, space_id, Can.READ)
    found: list[Entry] = []
    place = space_id
    for name in names:
        row = (await tx.execute(_named(), {"place": place, "key": name_key(name)})).one_or_none()
        if row is None:
            break
        entry = Entry._make(row)
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
        rows = (await tx.execute(_inside(bool(last)), {"place": place, **last})).all()
        if rows:
            lot = [Entry._make(row) for row in rows]
            yield lot
            last = {"last": lot[-1].sort_name, "key": lot[-1].id}
        if len(rows) < LOT:
            return
