"""Copies, and moves from one space to another: rights, names, depth and journal of both sides, in one transaction.

No two versions share an object: the bytes of a copy are made durable (web/transfers.py) after `plan_copy` said which,
before `copy_node` names them. A move keeps ids, versions and what hangs on them; what lies in the trash stays where it
was put there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, literal, select, update
from sqlmodel import col

from collab.core import topics
from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.files.access import get_folder, get_node
from collab.files.events import FilesLeft, NodesMoved, VersionAdded, topic_of
from collab.files.locks import forget_locks, require_may_leave, require_unlocked_place, require_unlocked_target
from collab.files.models import FileVersion, Kind, Node, OnConflict, ScanState, TransferInput
from collab.files.nodes import (
    append_version,
    check_depth,
    check_move,
    find_taken,
    free_name,
    refuse_taken,
    resolve,
    set_name,
    touch,
)
from collab.files.properties import copy_properties
from collab.files.queries import path_to
from collab.files.quotas import charge, check_room
from collab.files.records.holds import check_free, check_stays
from collab.files.rules import clean_name
from collab.files.safety import owe_scan
from collab.files.scanning import Scanning, Verdict, at_birth, check_offered
from collab.files.service import trash_node
from collab.files.storage import Stored
from collab.files.turns import tell
from collab.spaces.access import Can

MOST_NODES = 10_000
LOT = 500


@dataclass(frozen=True, slots=True)
class Branch:
    """A node and all that is live under it, those above before those below. `versions`: the current contents."""

    nodes: Sequence[Node]
    versions: Mapping[UUID, FileVersion]
    height: int

    @property
    def root(self) -> Node:
        """The node that was asked for."""
        return self.nodes[0]


async def plan_copy(tx: Tx, actor: Actor, node_id: UUID, data: TransferInput) -> Mapping[str, Stored]:
    """Refuse what `copy_node` would refuse; else the objects to copy, by key."""
    branch = await _branch(tx, actor, node_id, Can.READ)
    place = await _place(tx, actor, data)
    await _check_way(tx, branch, place)
    name = branch.root.name if data.name is None else clean_name(data.name)
    _, existing = await _check_name(tx, branch.root, place, name, data.conflict)
    await require_unlocked_target(tx, actor, data.space, place, existing)
    await check_room(tx, data.space, sum(node.size for node in _files_of(branch)))
    for version in branch.versions.values():
        check_offered(tx, actor, version)  # a copy gives out what it is made of
    return {one.key: Stored(one.key, one.size, one.sha256) for one in branch.versions.values()}


async def copy_node(tx: Tx, actor: Actor, node_id: UUID, data: TransferInput, copies: Mapping[str, Stored]) -> Node:
    """A copy of a file, or of a folder with all that is live in it. `copies`: new objects by the key of the old.

    Raises Conflict `files.changed_meanwhile` where the source has contents that `copies` lacks.
    """
    source = await get_node(tx, actor, node_id, Can.READ)
    rev = await topics.raise_rev(tx, topic_of(data.space))
    branch = await _branch(tx, actor, node_id, Can.READ)
    place = await _place(tx, actor, data)
    await _check_way(tx, branch, place)
    if any(version.key not in copies for version in branch.versions.values()):
        raise changed_meanwhile()
    name = branch.root.name if data.name is None else clean_name(data.name)
    name, existing = await _check_name(tx, branch.root, place, name, data.conflict)
    await require_unlocked_target(tx, actor, data.space, place, existing)
    if existing is not None:
        node = existing
        await append_version(tx, actor, node, copies[branch.versions[source.id].key])
        await tx.flush()
    else:
        node = await _plant(tx, actor, branch, data.space, place, name, copies)
    size = sum(one.size for one in _files_of(branch))
    told: dict[str, Any] = {"name": name, "files": len(branch.versions), "size": size, "source": str(source.id)}
    if node.kind == Kind.FILE:
        told["sha256"] = node.sha256
    tx.record(actor, "files.copy", space=data.space, subject=node.id, source_space=str(source.space_id), **told)
    if source.space_id != data.space:
        tx.record(
            actor,
            "files.copy_out",
            space=source.space_id,
            subject=source.id,
            name=source.name,
            to_space=str(data.space),
        )
    await tell(tx, data.space, rev, [node])
    return node


async def move_node(tx: Tx, actor: Actor, node_id: UUID, data: TransferInput) -> Node:
    """Put a node, with all that is live in it, elsewhere: in this space or in another one.

    A name that is taken is refused, or another is found: what becomes a version of a file goes by `replace_by_move`.
    """
    source = (await get_node(tx, actor, node_id, Can.EDIT)).space_id
    revs = await _raise_revs(tx, source, data.space)
    node = await get_node(tx, actor, node_id, Can.EDIT)
    if node.space_id != source:
        raise changed_meanwhile()
    place = await _place(tx, actor, data)
    branch = None
    if source != data.space:
        branch = await _branch(tx, actor, node_id, Can.EDIT)
        await _check_way(tx, branch, place)
    elif node.kind == Kind.FOLDER and place != node.folder_id:
        await check_move(tx, node, place)
    name = node.name if data.name is None else clean_name(data.name)
    if (place, name) == (node.folder_id, node.name):
        return node
    if data.conflict is OnConflict.RENAME and await find_taken(tx, place, name, besides=node.id):
        name = await free_name(tx, place, name)
    await refuse_taken(tx, place, name, besides=node.id)
    await require_may_leave(tx, actor, node)
    if branch is not None:
        await check_free(tx, node)  # a hold does not follow into another space
    else:
        await check_stays(tx, node, place)
    await require_unlocked_place(tx, actor, data.space, place)
    await forget_locks(tx, node)
    _record_move(tx, actor, node, branch, data.space, place, name)
    node.folder_id = place
    set_name(node, name)
    touch(tx, actor, node)
    await tx.flush()
    if branch is not None:
        await _change_space(tx, branch, source, data.space)
        tx.emit(FilesLeft(topic=topic_of(source), rev=revs[source], ids=[node.id]))
    await tell(tx, data.space, revs[data.space], [node])
    return node


async def becomes_version(tx: Tx, actor: Actor, node_id: UUID, data: TransferInput) -> bool:
    """Whether a move that may become a version would meet a file that has its name."""
    node = await get_node(tx, actor, node_id, Can.EDIT)
    if data.conflict is not OnConflict.VERSION or node.kind == Kind.FOLDER:
        return False
    place = await _place(tx, actor, data)
    name = node.name if data.name is None else clean_name(data.name)
    taken = await find_taken(tx, place, name, besides=node.id)
    return taken is not None and taken.kind == Kind.FILE


async def replace_by_move(
    tx: Tx, actor: Actor, node_id: UUID, data: TransferInput, copies: Mapping[str, Stored]
) -> Node:
    """The content of a file becomes a version of the one that has its new name; it goes into the trash itself.

    So that what is known of the file that stays (versions, links, locks) outlives editors that save by renaming.
    """
    source = await get_node(tx, actor, node_id, Can.EDIT)
    if source.space_id != data.space:
        await _raise_revs(tx, source.space_id, data.space)
    node = await copy_node(tx, actor, node_id, data, copies)
    await trash_node(tx, actor, node_id)
    return node


def changed_meanwhile() -> Conflict:
    """Something moved or changed between two looks at it: the edge tries again, and gives up in the end."""
    return Conflict("files.changed_meanwhile", msg("This was being changed by somebody else. Please try again."))


async def _raise_revs(tx: Tx, *spaces: UUID) -> dict[UUID, int]:
    """It is this writer's turn in these spaces; always in the same order, so that no two wait for each other."""
    return {space: await topics.raise_rev(tx, topic_of(space)) for space in sorted(set(spaces))}


def _record_move(tx: Tx, actor: Actor, node: Node, branch: Branch | None, space: UUID, place: UUID, name: str) -> None:
    """In the chain of the space, or of both; called while the node is where it was."""
    if branch is None:
        moved, renamed = node.folder_id != place, node.name != name
        details = {"name": name} | ({"old_name": node.name} if renamed else {})
        details |= {"folder": str(place), "old_folder": str(node.folder_id)} if moved else {}
        tx.record(actor, "files.move" if moved else "files.rename", space=space, subject=node.id, **details)
        return
    count, source = len(branch.versions), node.space_id
    tx.record(actor, "files.move_out", space=source, subject=node.id, name=node.name, to_space=str(space), files=count)
    tx.record(actor, "files.move_in", space=space, subject=node.id, name=name, from_space=str(source), files=count)


async def _branch(tx: Tx, actor: Actor, node_id: UUID, can: Can) -> Branch:
    """What is live under a node, as the database has it now."""
    root = await get_node(tx, actor, node_id, can)
    level = select(col(Node.id), literal(1).label("depth")).where(col(Node.id) == root.id).cte("level", recursive=True)
    level = level.union_all(
        select(col(Node.id), level.c.depth + 1)
        .join(level, col(Node.folder_id) == level.c.id)
        .where(col(Node.trash_id).is_(None))
    )
    rows = await tx.rows(
        select(Node, level.c.depth, FileVersion)
        .join(level, col(Node.id) == level.c.id)
        .outerjoin(
            FileVersion,
            (col(FileVersion.file_id) == col(Node.id)) & (col(FileVersion.number) == col(Node.version)),
        )
        .order_by(level.c.depth)
        .limit(MOST_NODES + 1)
        .execution_options(populate_existing=True)
    )
    if len(rows) > MOST_NODES:
        raise Invalid(
            "files.too_many_at_once",
            msg("This folder holds more than %(max)s things: take the folders in it one by one.", max=MOST_NODES),
        )
    versions = {node.id: version for node, _depth, version in rows if version is not None}
    return Branch([node for node, _depth, _version in rows], versions, max(depth for _node, depth, _version in rows))


def _files_of(branch: Branch) -> list[Node]:
    return [node for node in branch.nodes if node.id in branch.versions]


async def _place(tx: Tx, actor: Actor, data: TransferInput) -> UUID:
    folder = await get_folder(tx, actor, data.space, data.folder, Can.EDIT)
    return folder.id if folder else data.space


async def _check_way(tx: Tx, branch: Branch, place: UUID) -> None:
    """Refuse what would end inside itself or too deep."""
    if branch.root.kind == Kind.FOLDER:
        if branch.root.id in [step.id for step in await path_to(tx, place)]:
            raise Invalid(
                "files.into_itself",
                msg("A folder cannot be put into itself."),
                {"folder": msg("Choose another folder.")},
            )
        await check_depth(tx, place, branch.height)


async def _check_name(tx: Tx, source: Node, place: UUID, name: str, conflict: OnConflict) -> tuple[str, Node | None]:
    """As `resolve`; a folder never becomes a version, and a file none of itself."""
    if conflict is OnConflict.VERSION and source.kind == Kind.FOLDER:
        conflict = OnConflict.REFUSE
    name, existing = await resolve(tx, place, name, conflict)
    if existing is not None and existing.id == source.id:
        await refuse_taken(tx, place, name)
    return name, existing


async def _plant(
    tx: Tx, actor: Actor, branch: Branch, space: UUID, place: UUID, name: str, copies: Mapping[str, Stored]
) -> Node:
    """New nodes and versions like those of the branch, in as few statements as there are lots."""
    ids = {node.id: new_id() for node in branch.nodes}
    known = at_birth(tx.policy(Scanning))
    fresh: dict[str, Any] = {
        "space_id": space,
        "created_at": tx.now,
        "updated_at": tx.now,
        "changed_by": actor.person_id,
    }
    nodes, versions = [], []
    for node in branch.nodes:
        row = node.model_dump(include={"kind", "name", "name_key", "sort_name", "size", "sha256"}) | fresh
        row |= {"id": ids[node.id], "folder_id": ids.get(node.folder_id, place), "rev": 1, "version": 0}
        if node.id in branch.versions:
            stored = copies[branch.versions[node.id].key]
            row["scan"] = known.state.value
            row["version"] = 1
            versions.append(_first_version(tx, actor, ids[node.id], stored, known))
        nodes.append(row)
    root = Node(**nodes[0])
    set_name(root, name)
    tx.add(root)
    await tx.flush()
    for start in range(1, len(nodes), LOT):
        await tx.execute(insert(Node), nodes[start : start + LOT])
    for start in range(0, len(versions), LOT):
        await tx.execute(insert(FileVersion), versions[start : start + LOT])
    await copy_properties(tx, ids)
    await charge(tx, space, sum(version["size"] for version in versions))
    for version in versions:
        if known.state is ScanState.PENDING:
            await owe_scan(tx, version["id"])
        tx.emit(VersionAdded(space_id=space, file_id=version["file_id"], version_id=version["id"]))
    return root


def _first_version(tx: Tx, actor: Actor, file_id: UUID, stored: Stored, known: Verdict) -> dict[str, Any]:
    return FileVersion(
        id=new_id(),
        file_id=file_id,
        number=1,
        key=stored.key,
        size=stored.size,
        sha256=stored.sha256,
        made_at=tx.now,
        made_by=actor.person_id,
        checked_at=tx.now,
        scan=known.state.value,
        scan_detail=known.detail,
    ).model_dump()


async def _change_space(tx: Tx, branch: Branch, source: UUID, target: UUID) -> None:
    """All of the branch belongs to the other space; what had been put into the trash from within it stays behind."""
    ids, total = [node.id for node in branch.nodes], 0
    for start in range(0, len(ids), LOT):
        lot = ids[start : start + LOT]
        total += await tx.one(
            select(func.coalesce(func.sum(col(FileVersion.size)), 0)).where(col(FileVersion.file_id).in_(lot))
        )
        await tx.execute(
            update(Node)
            .where(col(Node.folder_id).in_(lot), col(Node.trash_id).is_not(None))
            .values(folder_id=source)
            .execution_options(synchronize_session=False)
        )
        await tx.execute(
            update(Node)
            .where(col(Node.id).in_(lot))
            .values(space_id=target)
            .execution_options(synchronize_session=False)
        )
    await tx.session.refresh(branch.root)
    for space, size in ((source, -total), (target, total)):
        await charge(tx, space, size)
    tx.emit(NodesMoved(from_space_id=source, space_id=target, ids=ids))
