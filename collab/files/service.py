"""The only writer of files. Every change is journalled in the space's chain and told on the topic of its files.

Writers of one space take turns: each first raises the topic's rev, so that two of them never make one name twice, or
a folder that contains itself. Bytes are stored before a service is called and destroyed by a job after its commit.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

from sqlalchemy import delete, func, literal, select, update
from sqlmodel import col

from collab.core import topics
from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, NotFound, StaleRevision
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.jobs import enqueue
from collab.files.access import get_folder, get_node
from collab.files.events import ContentsDestroyed, FilesPurged, VersionAdded, topic_of
from collab.files.models import FileVersion, FolderInput, Kind, Node, NodeChange, OnConflict, UploadQuery
from collab.files.queries import below, path_to, views_of
from collab.files.rules import MAX_DEPTH, clean_name, name_key, propose_names, sort_name
from collab.files.storage import Stored
from collab.files.turns import take_node, tell
from collab.spaces.access import Can, require

_take_node, _tell = take_node, tell

DESTROY = "files.destroy"
LOT = 500
EXPIRED = 200
MOST_NAMES_ASKED = 5_000


async def create_folder(tx: Tx, actor: Actor, space_id: UUID, data: FolderInput) -> Node:
    """A new, empty folder."""
    await require(tx, actor, space_id, Can.EDIT)
    rev = await topics.raise_rev(tx, topic_of(space_id))
    folder = await get_folder(tx, actor, space_id, data.folder, Can.EDIT)
    name = clean_name(data.name)
    place = folder.id if folder else space_id
    await _check_depth(tx, place, 1)
    await _refuse_taken(tx, place, name)
    node = _new_node(tx, actor, space_id, place, Kind.FOLDER, name)
    await tx.flush()
    tx.record(actor, "files.create_folder", space=space_id, subject=node.id, name=name)
    await _tell(tx, space_id, rev, [node])
    return node


async def check_upload(tx: Tx, actor: Actor, space_id: UUID, data: UploadQuery) -> None:
    """Refuse what `add_file` would refuse, before the bytes are sent."""
    folder = await get_folder(tx, actor, space_id, data.folder, Can.EDIT)
    await _resolve(tx, folder.id if folder else space_id, clean_name(data.name), data.conflict)


async def add_file(tx: Tx, actor: Actor, space_id: UUID, data: UploadQuery, stored: Stored) -> Node:
    """A new file whose bytes are stored, or a version of the one that has its name, as `data.conflict` says."""
    await require(tx, actor, space_id, Can.EDIT)
    rev = await topics.raise_rev(tx, topic_of(space_id))
    folder = await get_folder(tx, actor, space_id, data.folder, Can.EDIT)
    place = folder.id if folder else space_id
    name, existing = await _resolve(tx, place, clean_name(data.name), data.conflict)
    node = existing or _new_node(tx, actor, space_id, place, Kind.FILE, name)
    await tx.flush()
    _add_version(tx, actor, node, stored, data.comment)
    await tx.flush()
    action = "files.add_version" if existing else "files.upload"
    tx.record(actor, action, space=space_id, subject=node.id, name=name, size=stored.size, sha256=stored.sha256)
    await _tell(tx, space_id, rev, [node])
    return node


async def check_version(tx: Tx, actor: Actor, file_id: UUID, seen: str | None) -> None:
    """Refuse what `add_version` would refuse, before the bytes are sent."""
    await _check_content(tx, await get_node(tx, actor, file_id, Can.EDIT), seen, {})


async def add_version(tx: Tx, actor: Actor, file_id: UUID, stored: Stored, seen: str | None, comment: str = "") -> Node:
    """A new content for a file. `seen`: the SHA-256 of the one it replaces, where the caller insists on it."""
    node, topic_rev = await _take_node(tx, actor, file_id, Can.EDIT)
    await _check_content(tx, node, seen, {"sha256": stored.sha256, "size": stored.size})
    _add_version(tx, actor, node, stored, comment)
    await tx.flush()
    tx.record(
        actor,
        "files.add_version",
        space=node.space_id,
        subject=node.id,
        name=node.name,
        size=stored.size,
        sha256=stored.sha256,
    )
    await _tell(tx, node.space_id, topic_rev, [node])
    return node


async def change_node(tx: Tx, actor: Actor, node_id: UUID, data: NodeChange, rev: int) -> Node:
    """Another name, another folder, or both. `rev`: the one that was seen."""
    node, topic_rev = await _take_node(tx, actor, node_id, Can.EDIT)
    if node.rev != rev:
        raise await _stale(tx, node, data.model_dump(mode="json", exclude_unset=True))
    name = node.name if data.name is None else clean_name(data.name)
    place = node.folder_id
    if "folder" in data.model_fields_set:
        folder = await get_folder(tx, actor, node.space_id, data.folder, Can.EDIT)
        place = folder.id if folder else node.space_id
    moved, renamed = place != node.folder_id, name != node.name
    if not moved and not renamed:
        return node
    if moved and node.kind == Kind.FOLDER:
        await _check_move(tx, node, place)
    await _refuse_taken(tx, place, name, besides=node.id)
    details = {"name": name} | ({"old_name": node.name} if renamed else {})
    if moved:
        details["folder"], details["old_folder"] = str(place), str(node.folder_id)
    node.folder_id = place
    _set_name(node, name)
    _touch(tx, actor, node)
    await tx.flush()
    tx.record(actor, "files.move" if moved else "files.rename", space=node.space_id, subject=node.id, **details)
    await _tell(tx, node.space_id, topic_rev, [node])
    return node


async def trash_node(tx: Tx, actor: Actor, node_id: UUID) -> Node:
    """Put a file, or a folder with all that is in it, into the trash. Nothing happens when it is there already."""
    node, rev = await _take_node(tx, actor, node_id, Can.EDIT, trashed=True)
    if node.trash_id is not None:
        return node
    node.rev, node.trashed_at, node.trashed_by = node.rev + 1, tx.now, actor.person_id
    await tx.flush()
    tree = below(node.id, live=True)
    await tx.execute(
        update(Node)
        .where(col(Node.id).in_(select(tree.c.id)))
        .values(trash_id=node.id)
        .execution_options(synchronize_session=False)
    )
    await tx.session.refresh(node)
    tx.record(actor, "files.trash", space=node.space_id, subject=node.id, name=node.name)
    await _tell(tx, node.space_id, rev, [node])
    return node


async def restore_node(tx: Tx, actor: Actor, node_id: UUID) -> Node:
    """Put back what is in the trash: where it was, else at the top; under another name when its own is taken."""
    node, rev = await _take_node(tx, actor, node_id, Can.EDIT, trashed=True)
    if node.trash_id is None:
        return node
    if node.trash_id != node.id:
        raise Conflict("files.in_trashed_folder", msg("Its folder is in the trash: put the folder back."))
    if node.folder_id != node.space_id:
        folder = await tx.get(Node, node.folder_id)
        if folder is None or folder.trash_id is not None:
            node.folder_id = node.space_id
    if await _find_taken(tx, node.folder_id, node.name) is not None:
        _set_name(node, await _free_name(tx, node.folder_id, node.name))
    node.rev, node.trashed_at, node.trashed_by = node.rev + 1, None, None
    await tx.flush()
    await tx.execute(
        update(Node)
        .where(col(Node.trash_id) == node.id)
        .values(trash_id=None)
        .execution_options(synchronize_session=False)
    )
    await tx.session.refresh(node)
    tx.record(actor, "files.restore", space=node.space_id, subject=node.id, name=node.name)
    await _tell(tx, node.space_id, rev, [node])
    return node


async def purge_node(tx: Tx, actor: Actor, node_id: UUID) -> None:
    """Destroy what is in the trash, with all its versions and all that is in it. Owners only; not to be undone."""
    node, rev = await _take_node(tx, actor, node_id, Can.MANAGE, trashed=True)
    if node.trash_id != node.id:
        raise Conflict("files.not_in_trash", msg("Only what is in the trash can be destroyed."))
    await _purge(tx, actor, [node])
    tx.emit(FilesPurged(topic=topic_of(node.space_id), rev=rev, ids=[node.id]))


async def empty_trash(tx: Tx, actor: Actor, space_id: UUID) -> int:
    """Destroy all that is in the trash of a space; returns how many things were listed there."""
    await require(tx, actor, space_id, Can.MANAGE)
    rev = await topics.raise_rev(tx, topic_of(space_id))
    nodes = await tx.all(select(Node).where(col(Node.space_id) == space_id, col(Node.trash_id) == col(Node.id)))
    await _purge(tx, actor, nodes)
    tx.emit(FilesPurged(topic=topic_of(space_id), rev=rev, ids=[node.id for node in nodes]))
    return len(nodes)


async def list_expired(tx: Tx, before: datetime, besides: Collection[UUID] = ()) -> list[tuple[UUID, UUID]]:
    """Some of what went into the trash `before`, oldest first: its space and its id; for the job alone."""
    statement = select(col(Node.space_id), col(Node.id)).where(
        col(Node.trash_id) == col(Node.id), col(Node.trashed_at) < before, col(Node.id).not_in(besides)
    )
    rows = await tx.rows(statement.order_by(col(Node.trashed_at)).limit(EXPIRED))
    return [(row[0], row[1]) for row in rows]


async def purge_expired(tx: Tx, actor: Actor, space_id: UUID, node_id: UUID, before: datetime) -> None:
    """Destroy one thing that has been in the trash for long enough, if it still is; for the job alone."""
    rev = await topics.raise_rev(tx, topic_of(space_id))
    node = await tx.get(Node, node_id)
    if node is None or node.trash_id != node.id or node.trashed_at is None or node.trashed_at >= before:
        return
    await _purge(tx, actor, [node])
    tx.emit(FilesPurged(topic=topic_of(space_id), rev=rev, ids=[node_id]))


async def _get_version(tx: Tx, file_id: UUID, number: int) -> FileVersion:
    version: FileVersion | None = await tx.one(
        select(FileVersion).where(col(FileVersion.file_id) == file_id, col(FileVersion.number) == number)
    )
    if version is None:
        raise NotFound()
    return version


async def destroy_version(tx: Tx, actor: Actor, file_id: UUID, number: int) -> None:
    """Destroy one former version of a file. Owners only; not to be undone."""
    node, rev = await _take_node(tx, actor, file_id, Can.MANAGE)
    version = await _get_version(tx, file_id, number)
    if number == node.version:
        raise Conflict(
            "files.current_version", msg("This is the current version: put the file into the trash instead.")
        )
    await tx.delete(version)
    await enqueue(tx, DESTROY, {"keys": [version.key]})
    tx.emit(ContentsDestroyed(space_id=node.space_id, file_ids=[], version_ids=[version.id]))
    tx.record(
        actor, "files.destroy_version", space=node.space_id, subject=file_id, name=node.name, number=number,
        sha256=version.sha256,
    )  # fmt: skip
    await _tell(tx, node.space_id, rev, [node])


async def mark_damaged(tx: Tx, key: str) -> None:
    """Note that the bytes under this key are not what was sent; the list of versions shows it."""
    await tx.execute(update(FileVersion).where(col(FileVersion.key) == key).values(damaged=True))


async def _check_content(tx: Tx, node: Node, seen: str | None, yours: object) -> None:
    if node.kind != Kind.FILE:
        raise Invalid("files.not_a_file", msg("This is a folder, not a file."))
    if seen is not None and node.sha256 != seen:
        raise await _stale(tx, node, yours)


async def _stale(tx: Tx, node: Node, yours: object) -> StaleRevision:
    [view] = await views_of(tx, [node])
    return StaleRevision(current=view.model_dump(mode="json"), yours=yours)


def _new_node(tx: Tx, actor: Actor, space_id: UUID, place: UUID, kind: Kind, name: str) -> Node:
    node = Node(
        id=new_id(),
        space_id=space_id,
        folder_id=place,
        kind=kind.value,
        name=name,
        name_key=name_key(name),
        sort_name=sort_name(name),
        rev=0 if kind is Kind.FILE else 1,  # its first version raises it to 1
        created_at=tx.now,
        updated_at=tx.now,
        changed_by=actor.person_id,
    )
    tx.add(node)
    return node


def _add_version(
    tx: Tx, actor: Actor, node: Node, stored: Stored, comment: str = "", restored_from: int | None = None
) -> None:
    node.version += 1
    node.size, node.sha256 = stored.size, stored.sha256
    _touch(tx, actor, node)
    version = FileVersion(
        id=new_id(),
        file_id=node.id,
        number=node.version,
        key=stored.key,
        size=stored.size,
        sha256=stored.sha256,
        made_at=tx.now,
        made_by=actor.person_id,
        checked_at=tx.now,
        comment=comment,
        restored_from=restored_from,
    )
    tx.add(version)
    tx.emit(VersionAdded(space_id=node.space_id, file_id=node.id, version_id=version.id))


def _set_name(node: Node, name: str) -> None:
    node.name, node.name_key, node.sort_name = name, name_key(name), sort_name(name)


def _touch(tx: Tx, actor: Actor, node: Node) -> None:
    node.rev, node.updated_at, node.changed_by = node.rev + 1, tx.now, actor.person_id


async def _find_taken(tx: Tx, place: UUID, name: str, besides: UUID | None = None) -> Node | None:
    """The live node of this folder that has this name, or one that counts as the same."""
    node: Node | None = await tx.one(
        select(Node).where(
            col(Node.folder_id) == place,
            col(Node.name_key) == name_key(name),
            col(Node.trash_id).is_(None),
            col(Node.id) != besides if besides else literal(True),
        )
    )
    return node


async def _free_name(tx: Tx, place: UUID, name: str) -> str:
    """The first of the proposals that is free; asked in lots that grow, for there may be thousands of copies."""
    proposals, size = propose_names(name), 50
    while True:
        lot = list(islice(proposals, size))
        size = min(size * 4, MOST_NAMES_ASKED)
        keys = [name_key(proposal) for proposal in lot]
        taken = set(
            await tx.all(
                select(col(Node.name_key)).where(
                    col(Node.folder_id) == place, col(Node.name_key).in_(keys), col(Node.trash_id).is_(None)
                )
            )
        )
        for proposal, key in zip(lot, keys, strict=True):
            if key not in taken:
                return proposal


async def _refuse_taken(tx: Tx, place: UUID, name: str, besides: UUID | None = None) -> None:
    taken = await _find_taken(tx, place, name, besides)
    if taken is not None:
        raise Conflict(
            "files.name_taken",
            msg("“%(name)s” is already in this folder.", name=taken.name),
            existing={
                "id": str(taken.id),
                "name": taken.name,
                "kind": taken.kind,
                "size": taken.size,
                "changed_at": taken.updated_at.isoformat(),
            },
            suggestion=await _free_name(tx, place, name),
        )


async def _resolve(tx: Tx, place: UUID, name: str, conflict: OnConflict) -> tuple[str, Node | None]:
    """The name that new bytes get, and the file they become a version of, if any."""
    taken = await _find_taken(tx, place, name)
    if taken is None:
        return name, None
    if conflict is OnConflict.RENAME:
        return await _free_name(tx, place, name), None
    if conflict is OnConflict.VERSION and taken.kind == Kind.FILE:
        return taken.name, taken
    await _refuse_taken(tx, place, name)
    raise AssertionError("the name is taken")


async def _check_depth(tx: Tx, place: UUID, height: int) -> None:
    if len(await path_to(tx, place)) + height > MAX_DEPTH:
        raise Invalid("files.too_deep", msg("At most %(max)s folders inside each other.", max=MAX_DEPTH))


async def _check_move(tx: Tx, folder: Node, place: UUID) -> None:
    """Refuse to move a folder into itself or too deep."""
    if folder.id in [step.id for step in await path_to(tx, place)]:
        raise Invalid(
            "files.into_itself", msg("A folder cannot be moved into itself."), {"folder": msg("Choose another folder.")}
        )
    level = (
        select(col(Node.id), literal(1).label("depth")).where(col(Node.id) == folder.id).cte("level", recursive=True)
    )
    level = level.union_all(
        select(col(Node.id), level.c.depth + 1)
        .join(level, col(Node.folder_id) == level.c.id)
        .where(col(Node.kind) == Kind.FOLDER)
    )
    await _check_depth(tx, place, await tx.one(select(func.max(level.c.depth))) or 1)


async def _purge(tx: Tx, actor: Actor, roots: Sequence[Node]) -> None:
    """Forget these nodes of the trash and what went there with them; owe the destruction of their bytes.

    Whatever is destroyed passes here. A Conflict raised here keeps it: the job of the trash then goes on without it.
    """
    for root in roots:
        gone = select(col(Node.id)).where(col(Node.trash_id) == root.id)
        files = await tx.all(gone.where(col(Node.kind) == Kind.FILE))
        versions = await tx.rows(
            delete(FileVersion)
            .where(col(FileVersion.file_id).in_(gone))
            .returning(col(FileVersion.id), col(FileVersion.key))
            .execution_options(synchronize_session=False)
        )
        keys = [key for _id, key in versions]
        tx.emit(
            ContentsDestroyed(
                space_id=root.space_id, file_ids=list(files), version_ids=[version for version, _key in versions]
            )
        )
        for start in range(0, len(keys), LOT):
            await enqueue(tx, DESTROY, {"keys": list(keys[start : start + LOT])})
        # What had been put into the trash before its folder was: it stays there, and would come back at the top.
        await tx.execute(
            update(Node)
            .where(col(Node.folder_id).in_(gone), col(Node.trash_id) != root.id)
            .values(folder_id=root.space_id)
            .execution_options(synchronize_session=False)
        )
        await tx.execute(delete(Node).where(col(Node.trash_id) == root.id).execution_options(synchronize_session=False))
        tx.record(actor, "files.purge", space=root.space_id, subject=root.id, name=root.name, versions=len(keys))
