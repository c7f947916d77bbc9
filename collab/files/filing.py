"""Files that the house itself puts into a space: a folder of its own with what a job has made, and its type of record.

Nobody's rights are asked: the job's slice decided that it belongs there. Journalled like everything else.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core import topics
from collab.core.access import Actor
from collab.core.database import Tx
from collab.files.events import topic_of
from collab.files.models import Kind, Node, OnConflict
from collab.files.nodes import keep_version, new_node, next_version, resolve
from collab.files.records.models import FileRecord, RecordType
from collab.files.records.service import recount
from collab.files.rules import clean_name
from collab.files.storage import Stored
from collab.files.turns import tell


async def file_folder(
    tx: Tx, actor: Actor, space_id: UUID, name: str, files: Sequence[tuple[str, Stored]], type_code: str
) -> tuple[Node, list[Node]]:
    """A new folder at the top of the space with these files, whose bytes are stored. `type_code`: of a type of record,
    which it gets where that is there and in use."""
    rev = await topics.raise_rev(tx, topic_of(space_id))
    name, _ = await resolve(tx, space_id, clean_name(name), OnConflict.RENAME)
    folder = new_node(tx, actor, space_id, space_id, Kind.FOLDER, name)
    await tx.insert(folder)
    tx.record(actor, "files.create_folder", space=space_id, subject=folder.id, name=name)
    nodes = []
    for wanted, stored in files:
        free, _ = await resolve(tx, folder.id, clean_name(wanted), OnConflict.RENAME)
        node = new_node(tx, actor, space_id, folder.id, Kind.FILE, free)
        version = next_version(tx, actor, node, stored, "")
        await tx.insert(node)
        await keep_version(tx, node, version)
        tx.record(
            actor, "files.upload", space=space_id, subject=node.id, name=node.name, size=stored.size,
            sha256=stored.sha256,
        )  # fmt: skip
        nodes.append(node)
    await _set_type(tx, actor, folder, type_code)
    await tell(tx, space_id, rev, [folder, *nodes])
    return folder, nodes


async def _set_type(tx: Tx, actor: Actor, folder: Node, code: str) -> None:
    kind = await tx.one(select(RecordType).where(col(RecordType.code) == code, col(RecordType.active)))
    if kind is None:
        return
    record = FileRecord(node_id=folder.id, type_id=kind.id, set_at=tx.now)
    tx.add(record)
    await tx.flush()
    await recount(tx, record, kind)
    tx.record(
        actor, "records.set", space=folder.space_id, subject=folder.id, name=folder.name, type=kind.title,
        started_on=None, due_on=record.due_on,
    )  # fmt: skip
