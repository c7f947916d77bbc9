"""The only writer of files. Every change is journalled in the space's chain and told on the topic of its files.

Writers of one space take turns: each first raises the topic's rev, so that two of them never make one name twice, or
a folder that contains itself. Bytes are stored before a service is called and destroyed by a job after its commit.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlmodel import col

from collab.core import topics
from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, StaleRevision
from collab.core.i18n import msg
from collab.core.jobs import enqueue
from collab.files.access import get_folder, get_node, require_folder
from collab.files.events import ContentsDestroyed, FilesPurged, topic_of
from collab.files.locks import (
    forget_locks,
    require_may_leave,
    require_unlocked,
    require_unlocked_place,
    require_unlocked_target,
)
from collab.files.models import FileVersion, FolderInput, Kind, Node, NodeChange, ScanState, UploadQuery
from collab.files.nodes import (
    append_version,
    check_depth,
    check_move,
    find_taken,
    free_name,
    get_version,
    keep_version,
    new_node,
    next_version,
    refuse_taken,
    resolve,
    set_name,
    touch,
)
from collab.files.queries import below, views_of
from collab.files.quotas import charge, check_room
from collab.files.records.holds import Held, check_free, check_stays, held_among
from collab.files.rules import clean_name
from collab.files.safety import step_back
from collab.files.storage import Stored
from collab.files.turns import take_unlocked, tell
from collab.spaces.access import Can, require

DESTROY = "files.destroy"
LOT = 500
EXPIRED = 200


async def create_folder(tx: Tx, actor: Actor, space_id: UUID, data: FolderInput) -> Node:
    """A new, empty folder."""
    await require(tx, actor, space_id, Can.EDIT)
    rev = await topics.raise_rev(tx, topic_of(space_id))
    folder = await get_folder(tx, actor, space_id, data.folder, Can.EDIT)
    name = clean_name(data.name)
    place = folder.id if folder else space_id
    await require_unlocked_place(tx, actor, space_id, place)
    await check_depth(tx, place, 1)
    await refuse_taken(tx, place, name)
    node = new_node(tx, actor, space_id, place, Kind.FOLDER, name)
    await tx.insert(node)
    tx.record(actor, "files.create_folder", space=space_id, subject=node.id, name=name)
    await tell(tx, space_id, rev, [node])
    return node


async def check_upload(tx: Tx, actor: Actor, space_id: UUID, data: UploadQuery, size: int = 0) -> None:
    """Refuse what `add_file` would refuse, before the bytes are sent. `size`: as announced, 0 where it is not known."""
    folder = await get_folder(tx, actor, space_id, data.folder, Can.EDIT)
    place = folder.id if folder else space_id
    _, existing = await resolve(tx, place, clean_name(data.name), data.conflict)
    await require_unlocked_target(tx, actor, space_id, place, existing)
    await check_room(tx, space_id, size)


async def add_file(tx: Tx, actor: Actor, space_id: UUID, data: UploadQuery, stored: Stored) -> Node:
    """A new file whose bytes are stored, or a version of the one that has its name, as `data.conflict` says."""
    await require_folder(tx, actor, space_id, data.folder, Can.EDIT)  # nobody waits for who may not
    rev = await topics.raise_rev(tx, topic_of(space_id))
    place = await require_folder(tx, actor, space_id, data.folder, Can.EDIT)
    name, existing = await resolve(tx, place, clean_name(data.name), data.conflict)
    await require_unlocked_target(tx, actor, space_id, place, existing)
    node = existing or new_node(tx, actor, space_id, place, Kind.FILE, name)
    version = next_version(tx, actor, node, stored, data.comment)
    if existing is None:
        await tx.insert(node)
    await keep_version(tx, node, version)
    action = "files.add_version" if existing else "files.upload"
    tx.record(actor, action, space=space_id, subject=node.id, name=name, size=stored.size, sha256=stored.sha256)
    await tell(tx, space_id, rev, [node])
    return node


async def check_version(tx: Tx, actor: Actor, file_id: UUID, seen: str | None, size: int = 0) -> None:
    """Refuse what `add_version` would refuse, before the bytes are sent. `size`: as in `check_upload`."""
    node = await get_node(tx, actor, file_id, Can.EDIT)
    await _check_content(tx, node, seen, {})
    await require_unlocked(tx, actor, node)
    await check_room(tx, node.space_id, size)


async def add_version(tx: Tx, actor: Actor, file_id: UUID, stored: Stored, seen: str | None, comment: str = "") -> Node:
    """A new content for a file. `seen`: the SHA-256 of the one it replaces, where the caller insists on it."""
    node, topic_rev = await take_unlocked(tx, actor, file_id, Can.EDIT)
    await _check_content(tx, node, seen, {"sha256": stored.sha256, "size": stored.size})
    await append_version(tx, actor, node, stored, comment)
    tx.record(
        actor,
        "files.add_version",
        space=node.space_id,
        subject=node.id,
        name=node.name,
        size=stored.size,
        sha256=stored.sha256,
    )
    await tell(tx, node.space_id, topic_rev, [node])
    return node


async def change_node(tx: Tx, actor: Actor, node_id: UUID, data: NodeChange, rev: int) -> Node:
    """Another name, another folder, or both. `rev`: the one that was seen."""
    node, topic_rev = await take_unlocked(tx, actor, node_id, Can.EDIT)
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
    await require_may_leave(tx, actor, node)
    await require_unlocked_place(tx, actor, node.space_id, place)
    if moved:
        await check_stays(tx, node, place)
    if moved and node.kind == Kind.FOLDER:
        await check_move(tx, node, place)
    await refuse_taken(tx, place, name, besides=node.id)
    details = {"name": name} | ({"old_name": node.name} if renamed else {})
    if moved:
        details["folder"], details["old_folder"] = str(place), str(node.folder_id)
    node.folder_id = place
    set_name(node, name)
    touch(tx, actor, node)
    await tx.flush()
    tx.record(actor, "files.move" if moved else "files.rename", space=node.space_id, subject=node.id, **details)
    await tell(tx, node.space_id, topic_rev, [node])
    return node


async def trash_node(tx: Tx, actor: Actor, node_id: UUID) -> Node:
    """Put a file, or a folder with all that is in it, into the trash. Nothing happens when it is there already."""
    node, rev = await take_unlocked(tx, actor, node_id, Can.EDIT, trashed=True)
    if node.trash_id is not None:
        return node
    await require_may_leave(tx, actor, node)
    await forget_locks(tx, node)
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
    await tell(tx, node.space_id, rev, [node])
    return node


async def restore_node(tx: Tx, actor: Actor, node_id: UUID) -> Node:
    """Put back what is in the trash: where it was, else at the top; under another name when its own is taken."""
    node, rev = await take_unlocked(tx, actor, node_id, Can.EDIT, trashed=True)
    if node.trash_id is None:
        return node
    if node.trash_id != node.id:
        raise Conflict("files.in_trashed_folder", msg("Its folder is in the trash: put the folder back."))
    if node.folder_id != node.space_id:
        folder = await tx.get(Node, node.folder_id)
        if folder is None or folder.trash_id is not None:
            await check_stays(tx, node, node.space_id)
            node.folder_id = node.space_id
    await require_unlocked_place(tx, actor, node.space_id, node.folder_id)
    if await find_taken(tx, node.folder_id, node.name) is not None:
        set_name(node, await free_name(tx, node.folder_id, node.name))
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
    await tell(tx, node.space_id, rev, [node])
    return node


async def purge_node(tx: Tx, actor: Actor, node_id: UUID) -> None:
    """Destroy what is in the trash, with all its versions and all that is in it. Owners only; not to be undone."""
    node, rev = await take_unlocked(tx, actor, node_id, Can.MANAGE, trashed=True)
    if node.trash_id != node.id:
        raise Conflict("files.not_in_trash", msg("Only what is in the trash can be destroyed."))
    if not await _purge(tx, actor, [node]):
        raise Held()
    tx.emit(FilesPurged(topic=topic_of(node.space_id), rev=rev, ids=[node.id]))


async def empty_trash(tx: Tx, actor: Actor, space_id: UUID) -> int:
    """Destroy all that is in the trash of a space but what is under a hold; returns how many things listed there."""
    await require(tx, actor, space_id, Can.MANAGE)
    rev = await topics.raise_rev(tx, topic_of(space_id))
    nodes = await tx.all(select(Node).where(col(Node.space_id) == space_id, col(Node.trash_id) == col(Node.id)))
    gone = await _purge(tx, actor, nodes)
    tx.emit(FilesPurged(topic=topic_of(space_id), rev=rev, ids=gone))
    return len(gone)


async def eliminate(tx: Tx, actor: Actor, space_id: UUID, nodes: Sequence[Node]) -> None:
    """Destroy these units of records, live or in the trash, with all that is in them. For records/service.py, which
    has decided and whose turn it is. Raises Held where one is under a hold."""
    rev = await topics.raise_rev(tx, topic_of(space_id))
    for node in nodes:
        tree = below(node.id, live=False)
        await tx.execute(
            update(Node)
            .where(col(Node.id).in_(select(tree.c.id)))
            .values(trash_id=node.id)
            .execution_options(synchronize_session=False)
        )
        await tx.session.refresh(node)
    gone = await _purge(tx, actor, nodes)
    if len(gone) != len(nodes):
        raise Held()
    tx.emit(FilesPurged(topic=topic_of(space_id), rev=rev, ids=gone))


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
    if not await _purge(tx, actor, [node]):
        raise Held()
    tx.emit(FilesPurged(topic=topic_of(space_id), rev=rev, ids=[node_id]))


async def destroy_version(tx: Tx, actor: Actor, file_id: UUID, number: int) -> None:
    """Destroy one former version of a file, or a current one that is infected. Owners only; not to be undone."""
    node, rev = await take_unlocked(tx, actor, file_id, Can.MANAGE)
    version = await get_version(tx, file_id, number)
    await check_free(tx, node)
    if number == node.version and version.scan == ScanState.INFECTED:
        await step_back(tx, actor, node, version)
    elif number == node.version:
        raise Conflict(
            "files.current_version", msg("This is the current version: put the file into the trash instead.")
        )
    await tx.delete(version)
    await charge(tx, node.space_id, -version.size)
    await enqueue(tx, DESTROY, {"keys": [version.key]})
    tx.emit(ContentsDestroyed(space_id=node.space_id, file_ids=[], version_ids=[version.id]))
    tx.record(
        actor, "files.destroy_version", space=node.space_id, subject=file_id, name=node.name, number=number,
        sha256=version.sha256,
    )  # fmt: skip
    await tell(tx, node.space_id, rev, [node])


async def _check_content(tx: Tx, node: Node, seen: str | None, yours: object) -> None:
    if node.kind != Kind.FILE:
        raise Invalid("files.not_a_file", msg("This is a folder, not a file."))
    if seen is not None and node.sha256 != seen:
        raise await _stale(tx, node, yours)


async def _stale(tx: Tx, node: Node, yours: object) -> StaleRevision:
    [view] = await views_of(tx, [node])
    return StaleRevision(current=view.model_dump(mode="json"), yours=yours)


async def _purge(tx: Tx, actor: Actor, roots: Sequence[Node]) -> list[UUID]:
    """Forget these nodes of the trash, all of one space, and what went there with them; owe the destruction of their
    bytes. What is under a legal hold is left: the ids of what is gone."""
    held = await held_among(tx, roots[0].space_id, [root.id for root in roots]) if roots else set()
    gone_roots = [root for root in roots if root.id not in held]
    for root in gone_roots:
        gone = select(col(Node.id)).where(col(Node.trash_id) == root.id)
        files = await tx.all(gone.where(col(Node.kind) == Kind.FILE))
        versions = await tx.rows(
            delete(FileVersion)
            .where(col(FileVersion.file_id).in_(gone))
            .returning(col(FileVersion.id), col(FileVersion.key), col(FileVersion.size))
            .execution_options(synchronize_session=False)
        )
        keys = [key for _id, key, _size in versions]
        await charge(tx, root.space_id, -sum(size for _id, _key, size in versions))
        tx.emit(
            ContentsDestroyed(
                space_id=root.space_id, file_ids=list(files), version_ids=[version for version, _key, _size in versions]
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
    return [root.id for root in gone_roots]
