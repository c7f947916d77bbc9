"""What the writers of the tree share: names that are free, depth, a new node, a new version of a file.

Called by service.py, versions.py and transfer.py, each in its turn on the topic of the space's files.
"""

from itertools import islice
from uuid import UUID

from sqlalchemy import bindparam, func, literal, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, NotFound
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.prepared import Prepared, made
from collab.files.events import VersionAdded
from collab.files.models import FileVersion, Kind, Node, OnConflict, ScanState
from collab.files.queries import path_to
from collab.files.quotas import charge
from collab.files.rules import MAX_DEPTH, name_key, propose_names, sort_name
from collab.files.safety import owe_scan
from collab.files.scanning import Scanning, at_birth
from collab.files.storage import Stored

MOST_NAMES_ASKED = 5_000

_TAKEN = Prepared(
    select(col(Node.id)).where(
        col(Node.folder_id) == bindparam("place"),
        col(Node.name_key) == bindparam("key"),
        col(Node.trash_id).is_(None),
    )
)


async def get_version(tx: Tx, file_id: UUID, number: int) -> FileVersion:
    version: FileVersion | None = await tx.one(
        select(FileVersion).where(col(FileVersion.file_id) == file_id, col(FileVersion.number) == number)
    )
    if version is None:
        raise NotFound()
    return version


def new_node(tx: Tx, actor: Actor, space_id: UUID, place: UUID, kind: Kind, name: str) -> Node:
    """Not inserted yet."""
    return made(
        Node,
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


async def append_version(
    tx: Tx, actor: Actor, node: Node, stored: Stored, comment: str = "", restored_from: int | None = None
) -> None:
    """A new content of a node that the session knows."""
    await keep_version(tx, node, next_version(tx, actor, node, stored, comment, restored_from))


def next_version(
    tx: Tx, actor: Actor, node: Node, stored: Stored, comment: str = "", restored_from: int | None = None
) -> FileVersion:
    """The content that the node has from now on; it says so itself already."""
    known = at_birth(tx.policy(Scanning))
    node.version += 1
    node.size, node.sha256, node.scan = stored.size, stored.sha256, known.state.value
    touch(tx, actor, node)
    return made(
        FileVersion,
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
        scan=known.state.value,
        scan_detail=known.detail,
    )


async def keep_version(tx: Tx, node: Node, version: FileVersion) -> None:
    """Insert it, once its node is there, and all that follows from it."""
    await tx.insert(version)
    await charge(tx, node.space_id, version.size)
    if version.scan == ScanState.PENDING:
        await owe_scan(tx, version.id)
    tx.emit(VersionAdded(space_id=node.space_id, file_id=node.id, version_id=version.id))


def set_name(node: Node, name: str) -> None:
    node.name, node.name_key, node.sort_name = name, name_key(name), sort_name(name)


def touch(tx: Tx, actor: Actor, node: Node) -> None:
    node.rev, node.updated_at, node.changed_by = node.rev + 1, tx.now, actor.person_id


async def find_taken(tx: Tx, place: UUID, name: str, besides: UUID | None = None) -> Node | None:
    """The live node of this folder that has this name, or one that counts as the same."""
    for (taken,) in await tx.run(_TAKEN, place=place, key=name_key(name)):  # there is one at most
        if taken != besides:
            return await tx.get(Node, taken)
    return None


async def free_name(tx: Tx, place: UUID, name: str) -> str:
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


async def refuse_taken(tx: Tx, place: UUID, name: str, besides: UUID | None = None) -> None:
    taken = await find_taken(tx, place, name, besides)
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
            suggestion=await free_name(tx, place, name),
        )


async def resolve(tx: Tx, place: UUID, name: str, conflict: OnConflict) -> tuple[str, Node | None]:
    """The name that new bytes get, and the file they become a version of, if any."""
    taken = await find_taken(tx, place, name)
    if taken is None:
        return name, None
    if conflict is OnConflict.RENAME:
        return await free_name(tx, place, name), None
    if conflict is OnConflict.VERSION and taken.kind == Kind.FILE:
        return taken.name, taken
    await refuse_taken(tx, place, name)
    raise AssertionError("the name is taken")


async def check_depth(tx: Tx, place: UUID, height: int) -> None:
    if len(await path_to(tx, place)) + height > MAX_DEPTH:
        raise Invalid("files.too_deep", msg("At most %(max)s folders inside each other.", max=MAX_DEPTH))


async def check_move(tx: Tx, folder: Node, place: UUID) -> None:
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
    await check_depth(tx, place, await tx.one(select(func.max(level.c.depth))) or 1)
