"""What a member sees of files, already filtered by what they may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import CTE, ColumnElement, and_, bindparam, literal, or_, select
from sqlmodel import col

from collab.core.access import Actor, ActorKind
from collab.core.database import Tx
from collab.core.errors import NotFound
from collab.core.prepared import Prepared
from collab.files.access import check_live, get_folder, get_node
from collab.files.models import (
    FileVersion,
    FolderRef,
    Kind,
    Node,
    NodeView,
    NodeWithPath,
    PersonRef,
    ScanState,
    Step,
    TrashedView,
    VersionView,
)
from collab.files.previews.kinds import PICTURED, preview_kind
from collab.files.rules import Look, goes_at, look_of, media_type
from collab.files.scanning import check_given
from collab.files.tags import tags_of
from collab.spaces.access import GRANTS, Can, readable_spaces, require
from directory.people.models import Person

PAGE = 1000
TRASH_PAGE = 100
VERSIONS_PAGE = 100


@dataclass(frozen=True, slots=True)
class Source:
    """Where the bytes of one version are, and what to say of them."""

    key: str
    name: str
    size: int
    sha256: str
    media_type: str
    made_at: datetime
    file_id: UUID
    number: int


def below(root_id: UUID, *, live: bool) -> CTE:
    """The ids of a node and of all that is under it; `live`: leaving out what lies in the trash."""
    tree = select(col(Node.id)).where(col(Node.id) == root_id).cte("tree", recursive=True)
    children = select(col(Node.id)).join(tree, col(Node.folder_id) == tree.c.id)
    return tree.union_all(children.where(col(Node.trash_id).is_(None)) if live else children)


async def views_of(tx: Tx, nodes: Sequence[Node]) -> list[NodeView]:
    """The nodes with their tags and the names of the people who changed them."""
    held = {node.id for node in nodes if node.locked_until is not None and node.locked_until > tx.now}
    tags = await tags_of(tx, nodes)
    people = await people_named(
        tx, [person for node in nodes for person in (node.changed_by, node.trashed_by, node.locked_by)]
    )
    return [
        NodeView(
            id=node.id,
            kind=Kind(node.kind),
            space=node.space_id,
            folder=None if node.folder_id == node.space_id else node.folder_id,
            name=node.name,
            size=node.size,
            sha256=node.sha256,
            version=node.version,
            media_type=media_type(node.name) if node.kind == Kind.FILE else "",
            icon=look_of(node.name) if node.kind == Kind.FILE else Look.FOLDER,
            scan=ScanState(node.scan),
            rev=node.rev,
            tags=tags.get(node.id, []),
            comments=node.comments,
            has_thumb=node.kind == Kind.FILE and preview_kind(node.name, node.size) in PICTURED,
            created_at=node.created_at,
            changed_at=node.updated_at,
            changed_by=people.get(node.changed_by),
            locked_by=people.get(node.locked_by) if node.id in held else None,
            locked_until=node.locked_until if node.id in held else None,
            trashed_at=node.trashed_at,
            trashed_by=people.get(node.trashed_by),
        )
        for node in nodes
    ]


_NAMES = Prepared(
    select(col(Person.id), col(Person.display_name)).where(col(Person.id).in_(bindparam("people", expanding=True)))
)


async def people_named(tx: Tx, ids: Iterable[UUID | None]) -> dict[UUID | None, PersonRef]:
    """These people with the names to show; None and those who are gone are left out."""
    wanted = {person for person in ids if person is not None}
    if not wanted:
        return {}
    return {row[0]: PersonRef(id=row[0], name=row[1]) for row in await tx.run(_NAMES, people=list(wanted))}


async def list_folder(
    tx: Tx, actor: Actor, space_id: UUID, folder_id: UUID | None, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[list[NodeView], UUID | None]:
    """What a folder holds, folders first, then by name; and the id to go on `after`, or None at the end."""
    folder = await get_folder(tx, actor, space_id, folder_id, Can.READ)
    order = (col(Node.kind).desc(), col(Node.sort_name), col(Node.id))
    statement = select(Node).where(
        col(Node.folder_id) == (folder.id if folder else space_id), col(Node.trash_id).is_(None)
    )
    last = await _last(tx, space_id, after)
    if last is not None:
        statement = statement.where(_comes_after(last))
    nodes = await tx.all(statement.order_by(*order).limit(limit + 1))
    more = len(nodes) > limit
    return await views_of(tx, nodes[:limit]), nodes[limit - 1].id if more else None


def _comes_after(last: Node) -> ColumnElement[bool]:
    """In the order of list_folder."""
    kind, name, key = col(Node.kind), col(Node.sort_name), col(Node.id)
    return or_(
        kind < last.kind,
        and_(kind == last.kind, name > last.sort_name),
        and_(kind == last.kind, name == last.sort_name, key > last.id),
    )


async def list_folders(
    tx: Tx, actor: Actor, space_id: UUID, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[list[FolderRef], UUID | None]:
    """The live folders of a space, by name: the tree from which one chooses; and the id to go on `after`."""
    await require(tx, actor, space_id, Can.READ)
    name, key = col(Node.sort_name), col(Node.id)
    statement = select(key, col(Node.name), col(Node.folder_id)).where(
        col(Node.space_id) == space_id, col(Node.kind) == Kind.FOLDER, col(Node.trash_id).is_(None)
    )
    last = await _last(tx, space_id, after)
    if last is not None:
        statement = statement.where(or_(name > last.sort_name, and_(name == last.sort_name, key > last.id)))
    rows = await tx.rows(statement.order_by(name, key).limit(limit + 1))
    folders = [FolderRef(id=row[0], name=row[1], folder=None if row[2] == space_id else row[2]) for row in rows[:limit]]
    return folders, folders[-1].id if len(rows) > limit else None


async def list_trash(
    tx: Tx, actor: Actor, space_id: UUID, days: int = 30, *, after: UUID | None = None, limit: int = TRASH_PAGE
) -> tuple[list[TrashedView], UUID | None]:
    """What was put into the trash of a space, newest first, and the id to go on `after`.

    `days`: how long things are kept there. What lies inside a folder there is not listed apart.
    """
    await require(tx, actor, space_id, Can.EDIT)
    when, key = col(Node.trashed_at), col(Node.id)
    statement = select(Node).where(col(Node.space_id) == space_id, col(Node.trash_id) == key)
    last = await _last(tx, space_id, after)
    if last is not None and last.trashed_at is not None:
        statement = statement.where(or_(when < last.trashed_at, and_(when == last.trashed_at, key > last.id)))
    nodes = await tx.all(statement.order_by(when.desc(), key).limit(limit + 1))
    views = [
        TrashedView(**dict(view), goes_at=goes_at(view.trashed_at, days))
        for view in await views_of(tx, nodes[:limit])
        if view.trashed_at is not None
    ]
    return views, nodes[limit - 1].id if len(nodes) > limit else None


async def _last(tx: Tx, space_id: UUID, after: UUID | None) -> Node | None:
    """The node after which a list goes on; None, which is from the start, for one that is not here or no more."""
    last = await tx.get(Node, after) if after is not None else None
    return last if last is not None and last.space_id == space_id else None


async def list_recent(tx: Tx, actor: Actor, limit: int, *, space_id: UUID | None = None) -> list[NodeView]:
    """The files that changed last in a space, or in all the actor's spaces."""
    if space_id is not None:
        await require(tx, actor, space_id, Can.READ)
    elif not actor.principals:
        return []
    spaces = [space_id] if space_id is not None else readable_spaces(actor)
    nodes = await tx.all(
        select(Node)
        .where(col(Node.space_id).in_(spaces), col(Node.kind) == Kind.FILE, col(Node.trash_id).is_(None))
        .order_by(col(Node.updated_at).desc(), col(Node.id).desc())
        .limit(limit)
    )
    return await views_of(tx, nodes)


async def find_node(tx: Tx, actor: Actor, node_id: UUID) -> NodeWithPath:
    """A node, live or in the trash, and the folders above it."""
    node = await get_node(tx, actor, node_id, Can.READ, trashed=True)
    [view] = await views_of(tx, [node])
    return NodeWithPath(**dict(view), path=await path_to(tx, node.folder_id))


async def path_to(tx: Tx, folder_id: UUID) -> list[Step]:
    """The folder and those above it, from the top; empty at the top. Asks nobody's rights."""
    up = select(col(Node.id), col(Node.name), col(Node.folder_id), literal(0).label("depth"))
    up_cte = up.where(col(Node.id) == folder_id).cte("up", recursive=True)
    higher = select(col(Node.id), col(Node.name), col(Node.folder_id), up_cte.c.depth + 1)
    up_cte = up_cte.union_all(higher.join(up_cte, col(Node.id) == up_cte.c.folder_id))
    rows = await tx.rows(select(up_cte.c.id, up_cte.c.name).order_by(up_cte.c.depth.desc()))
    return [Step(id=row[0], name=row[1]) for row in rows]


async def list_versions(
    tx: Tx, actor: Actor, file_id: UUID, *, after: int | None = None, limit: int = VERSIONS_PAGE
) -> tuple[list[VersionView], int | None]:
    """The versions of a file, newest first, and the number to go on `after`, which is to say below."""
    node = await get_node(tx, actor, file_id, Can.READ)
    owner = Can.MANAGE in GRANTS[await require(tx, actor, node.space_id, Can.READ)]
    number = col(FileVersion.number)
    statement = select(FileVersion).where(col(FileVersion.file_id) == file_id)
    if after is not None:
        statement = statement.where(number < after)
    found: Sequence[FileVersion] = await tx.all(statement.order_by(number.desc()).limit(limit + 1))
    versions = found[:limit]
    people = await people_named(tx, [version.made_by for version in versions])
    return [
        VersionView(
            number=version.number,
            size=version.size,
            sha256=version.sha256,
            made_at=version.made_at,
            made_by=people.get(version.made_by),
            damaged=version.damaged,
            comment=version.comment,
            restored_from=version.restored_from,
            scan=ScanState(version.scan),
            scan_detail=version.scan_detail if owner or version.scan != ScanState.INFECTED else "",
        )
        for version in versions
    ], versions[-1].number if len(found) > limit else None


_CONTENT = (
    select(
        col(Node.space_id),
        col(Node.trash_id),
        col(Node.name),
        col(FileVersion.made_by),
        col(FileVersion.scan),
        col(FileVersion.key),
        col(FileVersion.size),
        col(FileVersion.sha256),
        col(FileVersion.made_at),
        col(FileVersion.number),
    )
    .join(FileVersion, col(FileVersion.file_id) == col(Node.id))
    .where(col(Node.id) == bindparam("file"))
)
_CURRENT = Prepared(_CONTENT.where(col(FileVersion.number) == col(Node.version)))
_NUMBERED = Prepared(_CONTENT.where(col(FileVersion.number) == bindparam("number")))


async def find_content(tx: Tx, actor: Actor, file_id: UUID, number: int | None = None) -> Source:
    """Where the bytes of a file's version are; the current one unless `number` says which. The gate of every door."""
    if actor.kind is ActorKind.LINK:
        if number is not None:
            raise NotFound()  # a link shows a file as it is
        await get_node(tx, actor, file_id, Can.READ)
    statement, values = (_CURRENT, {}) if number is None else (_NUMBERED, {"number": number})
    found = await tx.run(statement, file=file_id, **values)
    if not found:  # nothing, a folder, or no such version
        await get_node(tx, actor, file_id, Can.READ)
        raise NotFound()
    space_id, trash_id, name, made_by, scan, key, size, sha256, made_at, shown = found[0]
    if actor.kind is not ActorKind.LINK:
        check_live(await require(tx, actor, space_id, Can.READ), trash_id)
    check_given(tx, actor, scan, made_by)
    return Source(key, name, size, sha256, media_type(name), made_at, file_id, shown)
