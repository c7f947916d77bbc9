"""A space, or one folder of it, as files and a manifest that says what they are: for archives, and for leaving.

Read a part at a time, each in a transaction of its own, so that an export of any size holds nothing up and little in
memory; what is destroyed meanwhile is said to be missing. Hashes, people's names and the journal, with the head it had
at the start, stand in `manifest.json`, the last member.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core import journal
from collab.core.access import Actor
from collab.core.database import Database, Tx
from collab.core.journal import JournalDetails, JournalEntry
from collab.files.access import get_folder
from collab.files.comments import FileComment
from collab.files.models import FileVersion, Kind, Node
from collab.files.queries import below
from collab.files.records.models import FileRecord, Hold, RecordType
from collab.files.scanning import Scanning, refusal
from collab.files.storage import Damaged, Storage
from collab.files.tags import FileTag, FileTagging
from collab.spaces.access import Can, get_space
from directory.people.models import Person

FORMAT = "hemicycle-export/1"
LOT = 200
BLOCK = 256 << 10
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive, whose bytes come as they are asked for."""

    path: str
    changed: datetime
    blocks: AsyncIterator[bytes]


@dataclass(slots=True)
class Export:
    """What was decided before the first byte: `root` is the folder, None for all of the space."""

    actor: Actor
    space_id: UUID
    space: str
    root: UUID | None
    name: str
    made_at: datetime
    journal_head: str
    policy: Scanning
    missing: dict[UUID, str] = field(default_factory=dict)


async def open_export(tx: Tx, actor: Actor, space_id: UUID, folder_id: UUID | None) -> Export:
    """Decide and journal an export; for owners."""
    space = await get_space(tx, actor, space_id, Can.MANAGE)
    folder = await get_folder(tx, actor, space_id, folder_id, Can.MANAGE)
    name = folder.name if folder else space.title
    head = await journal.head(tx)
    tx.record(actor, "files.export", space=space_id, subject=folder.id if folder else space_id, name=name)
    return Export(actor, space_id, space.title, folder.id if folder else None, name, tx.now, head, tx.policy(Scanning))


async def members_of(db: Database, storage: Storage, export: Export) -> AsyncIterator[Member]:
    """The contents, current and former, and at last the manifest."""
    folders = await _folders(db, export)
    async for nodes, versions in _parts(db, export):
        for node in nodes:
            for version in versions.get(node.id, []):
                denied = refusal(version.scan, version.made_by, export.actor.person_id, export.policy)
                if denied is not None:
                    export.missing[version.id] = denied.code
                    continue
                path = _path(folders, export, node, version)
                yield Member(path, version.made_at, _bytes(storage, export, version))
    yield Member(MANIFEST, export.made_at, _manifest(db, export, folders))


async def _bytes(storage: Storage, export: Export, version: FileVersion) -> AsyncIterator[bytes]:
    """The bytes of a version; what turns out not to be whole is noted as damaged."""
    digest, position = hashlib.sha256(), 0
    try:
        async with storage.open(version.key) as content:
            while position < version.size:
                block = await content.read(position, min(BLOCK, version.size - position), digest)
                position += len(block)
                yield block
        if digest.hexdigest() != version.sha256:
            raise Damaged()
    except Damaged:
        export.missing[version.id] = "files.damaged"


async def _folders(db: Database, export: Export) -> dict[UUID, str]:
    """Where each folder lies in the archive."""
    async with db.read() as tx:
        rows = await tx.rows(
            select(col(Node.id), col(Node.folder_id), col(Node.name), col(Node.trash_id)).where(
                col(Node.space_id) == export.space_id, col(Node.kind) == Kind.FOLDER
            )
        )
    known = {row[0]: row for row in rows}
    paths: dict[UUID, str] = {export.space_id: "files"}

    def path(folder_id: UUID) -> str:
        if folder_id not in paths:
            _, above, name, trash_id = known[folder_id]
            inside = f"trash/{folder_id}" if trash_id == folder_id else path(above) if above in known else "files"
            paths[folder_id] = f"{inside}/{safe(name)}"
        return paths[folder_id]

    for folder_id in known:
        path(folder_id)
    return paths


async def _parts(db: Database, export: Export) -> AsyncIterator[tuple[Sequence[Node], dict[UUID, list[FileVersion]]]]:
    """The nodes in the order of their ids, with the versions of each."""
    last: UUID | None = None
    while True:
        statement = select(Node).where(col(Node.space_id) == export.space_id, col(Node.created_at) <= export.made_at)
        if export.root is not None:
            tree = below(export.root, live=False)
            statement = statement.where(col(Node.id).in_(select(tree.c.id)))
        if last is not None:
            statement = statement.where(col(Node.id) > last)
        async with db.read() as tx:
            nodes: Sequence[Node] = await tx.all(statement.order_by(col(Node.id)).limit(LOT))
            found: dict[UUID, list[FileVersion]] = {}
            of_these = select(FileVersion).where(col(FileVersion.file_id).in_([node.id for node in nodes]))
            for version in await tx.all(of_these.order_by(col(FileVersion.number))):
                found.setdefault(version.file_id, []).append(version)
        if nodes:
            yield nodes, found
        if len(nodes) < LOT:
            return
        last = nodes[-1].id


async def _manifest(db: Database, export: Export, folders: dict[UUID, str]) -> AsyncIterator[bytes]:
    """JSON, a part at a time."""
    head = {
        "format": FORMAT,
        "space": {"id": export.space_id, "title": export.space},
        "root": export.root,
        "made_at": export.made_at,
        "journal_head": export.journal_head,
    }
    yield _json(head)[:-1]
    people: set[UUID] = set()
    yield b',\n"nodes": ['
    comma = b"\n"
    async for nodes, versions in _parts(db, export):
        async with db.read() as tx:
            ids = [node.id for node in nodes]
            records, tags, comments = await _records(tx, ids), await _tags(tx, ids), await _comments(tx, ids)
        for node in nodes:
            people |= {one for one in (node.changed_by, node.trashed_by) if one}
            people |= {version.made_by for version in versions.get(node.id, []) if version.made_by}
            said = comments.get(node.id, [])
            people |= {comment["by"] for comment in said}
            about = _node(export, folders, node, versions.get(node.id, []), records.get(node.id))
            yield comma + _json(about | {"tags": tags.get(node.id, []), "comments": said})
            comma = b",\n"
    for name, part in (("journal", _journal), ("holds", _holds)):
        yield b'\n],\n"%s": [' % name.encode()
        comma = b"\n"
        async for line in part(db, export, people.add):
            yield comma + _json(line)
            comma = b",\n"
    yield b'\n],\n"people": ' + _json(await _people(db, people)) + b"\n}\n"


def _node(
    export: Export, folders: dict[UUID, str], node: Node, versions: list[FileVersion], record: dict[str, Any] | None
) -> dict[str, Any]:
    about = node.model_dump(
        include={"id", "kind", "name", "created_at", "updated_at", "changed_by", "trashed_at", "trashed_by"}
    )
    about["folder"] = None if node.folder_id == node.space_id else node.folder_id
    if node.kind == Kind.FOLDER:
        return about | {"path": folders.get(node.id), "record": record}
    fields = {"number", "size", "sha256", "made_at", "made_by", "scan", "damaged"}
    return about | {
        "record": record,
        "versions": [
            version.model_dump(include=fields)
            | {
                "current": version.number == node.version,
                "missing": export.missing.get(version.id),
                "path": None
                if export.missing.get(version.id, "files.damaged") != "files.damaged"
                else _path(folders, export, node, version),
            }
            for version in versions
        ],
    }


async def _tags(tx: Tx, ids: list[UUID]) -> dict[UUID, list[str]]:
    rows = await tx.rows(
        select(col(FileTagging.node_id), col(FileTag.name))
        .join(FileTag, col(FileTag.id) == col(FileTagging.tag_id))
        .where(col(FileTagging.node_id).in_(ids))
        .order_by(col(FileTag.name_key))
    )
    found: dict[UUID, list[str]] = {}
    for node, name in rows:
        found.setdefault(node, []).append(name)
    return found


async def _comments(tx: Tx, ids: list[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    rows: Sequence[FileComment] = await tx.all(
        select(FileComment).where(col(FileComment.node_id).in_(ids)).order_by(col(FileComment.id))
    )
    found: dict[UUID, list[dict[str, Any]]] = {}
    for one in rows:
        said = {"by": one.person_id, "at": one.created_at, "changed_at": one.updated_at, "text": one.text}
        found.setdefault(one.node_id, []).append(said)
    return found


async def _records(tx: Tx, ids: list[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = await tx.rows(
        select(FileRecord, RecordType)
        .join(RecordType, col(RecordType.id) == col(FileRecord.type_id))
        .where(col(FileRecord.node_id).in_(ids))
    )
    return {
        record.node_id: {
            "type": kind.title, "months": kind.months, "start": kind.start, "event": kind.event, "fate": kind.fate,
            "source": kind.source, "started_on": record.started_on, "due_on": record.due_on,
            "transferred_on": record.transferred_on,
        }
        for record, kind in rows
    }  # fmt: skip


async def _journal(db: Database, export: Export, person: Callable[[UUID], None]) -> AsyncIterator[dict[str, Any]]:
    """The space's own chain, as far as it had come; for a folder, what it says of what is in it."""
    last = 0
    while True:
        statement = (
            select(JournalEntry, JournalDetails)
            .outerjoin(JournalDetails, col(JournalDetails.entry_id) == col(JournalEntry.id))
            .where(col(JournalEntry.chain) == str(export.space_id), col(JournalEntry.seq) > last)
            .where(col(JournalEntry.at) <= export.made_at)
            .order_by(col(JournalEntry.seq))
            .limit(LOT)
        )
        if export.root is not None:
            tree = below(export.root, live=False)
            statement = statement.where(col(JournalEntry.subject_id).in_(select(tree.c.id)))
        async with db.read() as tx:
            rows = await tx.rows(statement)
        for entry, details in rows:
            if entry.actor_id is not None:
                person(entry.actor_id)
            told = {"details": details.details, "salt": details.salt} if details else {}
            yield entry.model_dump(exclude={"chain"}) | told
        if len(rows) < LOT:
            return
        last = rows[-1][0].seq


async def _holds(db: Database, export: Export, person: Callable[[UUID], None]) -> AsyncIterator[dict[str, Any]]:
    async with db.read() as tx:
        holds: Sequence[Hold] = await tx.all(select(Hold).where(col(Hold.space_id) == export.space_id))
    for hold in holds:
        for one in (hold.placed_by, hold.released_by):
            if one is not None:
                person(one)
        yield hold.model_dump(exclude={"space_id"})


async def _people(db: Database, ids: set[UUID]) -> dict[str, str]:
    names: dict[str, str] = {}
    wanted = sorted(ids)
    async with db.read() as tx:
        for start in range(0, len(wanted), LOT):
            statement = select(col(Person.id), col(Person.display_name))
            rows = await tx.rows(statement.where(col(Person.id).in_(wanted[start : start + LOT])))
            names |= {str(row[0]): row[1] for row in rows}
    return names


def _path(folders: dict[UUID, str], export: Export, node: Node, version: FileVersion) -> str:
    """Where a version lies in the archive: current ones by their name, former ones by file and number."""
    if version.number != node.version:
        return f"versions/{node.id}/{version.number}"
    if node.trash_id == node.id:
        return f"trash/{node.id}/{safe(node.name)}"
    return f"{folders.get(node.folder_id, 'files')}/{safe(node.name)}"


def safe(name: str) -> str:
    """A name that unpacks as one file everywhere, and as no other: ours hold no `/` and are not `..`, but on Windows
    `\\` leads elsewhere, and an end of dots and blanks is lost."""
    tame = name.replace("\\", "_").rstrip(". ")
    return name if tame == name else f"{tame}~{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=_plain, separators=(",", ":")).encode()


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
