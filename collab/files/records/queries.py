"""What is seen of records: by editors and owners in their space, by archivists what is due anywhere."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, distinct, func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.files.access import get_node
from collab.files.models import Kind, Node
from collab.files.queries import path_to, people_named
from collab.files.records.access import get_elimination, require_archivist, require_editor, require_keeper
from collab.files.records.holds import held_among
from collab.files.records.lists import proposed_among
from collab.files.records.models import (
    Archivist,
    Elimination,
    EliminationLine,
    EliminationState,
    EliminationView,
    Fate,
    FileRecord,
    Hold,
    HoldView,
    LineView,
    PersonNamed,
    RecordType,
    RecordView,
    Start,
    TypeView,
    UnitView,
)
from collab.spaces.access import Can
from directory.people.models import Person

PAGE = 100
LINES_PAGE = 500


async def list_types(tx: Tx, *, active: bool = False) -> list[TypeView]:
    """The types of records, by title; `active`: those that may be set. Everybody may know them."""
    statement = select(RecordType).order_by(col(RecordType.title), col(RecordType.id))
    if active:
        statement = statement.where(col(RecordType.active))
    return [view_of(kind) for kind in await tx.all(statement)]


async def find_type(tx: Tx, type_id: UUID) -> TypeView | None:
    """One of them."""
    kind = await tx.get(RecordType, type_id)
    return view_of(kind) if kind else None


async def list_archivists(tx: Tx) -> list[PersonNamed]:
    """Who may give visas, by name; for administrators, whose door has decided."""
    rows = await tx.rows(
        select(col(Person.id), col(Person.display_name), col(Archivist.named_at))
        .join(Archivist, col(Archivist.person_id) == col(Person.id))
        .order_by(col(Person.sort_name))
    )
    return [PersonNamed(id=row[0], name=row[1], named_at=row[2]) for row in rows]


async def find_record(tx: Tx, actor: Actor, node_id: UUID) -> RecordView | None:
    """What a node is kept as, by its own type or by that of a folder above it."""
    node = await get_node(tx, actor, node_id, Can.READ, trashed=True)
    above = [step.id for step in await path_to(tx, node.folder_id)]
    order = [node_id, *reversed(above)]
    found = {record.node_id: record for record in await tx.all(
        select(FileRecord).where(col(FileRecord.node_id).in_(order))
    )}  # fmt: skip
    nearest = next((found[one] for one in order if one in found), None)
    return (await _views(tx, node.space_id, [nearest]))[0] if nearest else None


async def list_records(
    tx: Tx, actor: Actor, space_id: UUID, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[list[RecordView], UUID | None]:
    """The units of a space, in the order of their ids, and the id to go on `after`; for editors."""
    await require_editor(tx, actor, space_id)
    statement = (
        select(FileRecord)
        .join(Node, col(Node.id) == col(FileRecord.node_id))
        .where(col(Node.space_id) == space_id)
        .order_by(col(FileRecord.node_id))
    )
    if after is not None:
        statement = statement.where(col(FileRecord.node_id) > after)
    found = await tx.all(statement.limit(limit + 1))
    views = await _views(tx, space_id, found[:limit])
    return views, views[-1].node if len(found) > limit else None


async def list_due(tx: Tx, actor: Actor, space_id: UUID, limit: int = PAGE) -> list[RecordView]:
    """The units of a space that are due and not transferred, the longest due first; for editors."""
    await require_editor(tx, actor, space_id)
    return await _due(tx, space_id, limit)


async def list_due_everywhere(tx: Tx, actor: Actor, limit: int = PAGE) -> list[RecordView]:
    """The same of all spaces; for archivists."""
    await require_archivist(tx, actor)
    due = due_condition(tx.now.date())
    statement = select(FileRecord, col(Node.space_id)).join(Node, col(Node.id) == col(FileRecord.node_id)).where(due)
    rows = await tx.rows(statement.order_by(col(FileRecord.due_on), col(FileRecord.node_id)).limit(limit))
    return [(await _views(tx, row[1], [row[0]]))[0] for row in rows]


async def _due(tx: Tx, space_id: UUID, limit: int) -> list[RecordView]:
    statement = (
        select(FileRecord)
        .join(Node, col(Node.id) == col(FileRecord.node_id))
        .where(col(Node.space_id) == space_id, due_condition(tx.now.date()))
        .order_by(col(FileRecord.due_on), col(FileRecord.node_id))
    )
    return await _views(tx, space_id, await tx.all(statement.limit(limit)))


def due_condition(today: date) -> ColumnElement[bool]:
    """Records that are due and wait for somebody."""
    return (col(FileRecord.due_on) <= today) & col(FileRecord.transferred_on).is_(None)


async def _views(tx: Tx, space_id: UUID, records: Sequence[FileRecord]) -> list[RecordView]:
    ids = [record.node_id for record in records]
    held, proposed = await held_among(tx, space_id, ids), await proposed_among(tx, ids)
    nodes: dict[UUID, Node] = {node.id: node for node in await tx.all(select(Node).where(col(Node.id).in_(ids)))}
    kinds = {kind.id: kind for kind in await tx.all(
        select(RecordType).where(col(RecordType.id).in_([record.type_id for record in records]))
    )}  # fmt: skip
    return [
        RecordView(
            node=record.node_id,
            name=nodes[record.node_id].name,
            is_folder=nodes[record.node_id].kind == Kind.FOLDER,
            space=space_id,
            type=view_of(kinds[record.type_id]),
            started_on=record.started_on,
            due_on=record.due_on,
            is_due=record.due_on is not None and record.due_on <= tx.now.date() and record.transferred_on is None,
            transferred_on=record.transferred_on,
            held=record.node_id in held,
            proposed=record.node_id in proposed,
        )
        for record in records
    ]


async def list_holds(tx: Tx, actor: Actor, space_id: UUID, *, node_id: UUID | None = None) -> list[HoldView]:
    """The holds of a space, those in force first; or those in force on a node, what it is in included. For editors."""
    await require_editor(tx, actor, space_id)
    statement = select(Hold).where(col(Hold.space_id) == space_id)
    if node_id is not None:
        node = await get_node(tx, actor, node_id, Can.READ, trashed=True)
        chain = [node_id, *(step.id for step in await path_to(tx, node.folder_id))]
        statement = statement.where(
            col(Hold.released_at).is_(None), col(Hold.node_id).is_(None) | col(Hold.node_id).in_(chain)
        )
    holds: Sequence[Hold] = await tx.all(
        statement.order_by(col(Hold.released_at).is_not(None), col(Hold.placed_at).desc()).limit(PAGE)
    )
    people = await people_named(tx, [one for hold in holds for one in (hold.placed_by, hold.released_by)])
    return [
        HoldView(
            id=hold.id,
            space=hold.space_id,
            node=hold.node_id,
            name=hold.name,
            reason=hold.reason,
            placed_at=hold.placed_at,
            placed_by=people.get(hold.placed_by),
            released_at=hold.released_at,
            released_by=people.get(hold.released_by),
        )
        for hold in holds
    ]


async def list_eliminations(
    tx: Tx, actor: Actor, space_id: UUID, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[list[EliminationView], UUID | None]:
    """The lists of elimination of a space, newest first; for its owners and archivists."""
    await require_keeper(tx, actor, space_id, reading=True)
    return await _eliminations(tx, col(Elimination.space_id) == space_id, after, limit)


async def list_proposed(tx: Tx, actor: Actor) -> list[EliminationView]:
    """What waits for a visa, in all spaces; for archivists."""
    await require_archivist(tx, actor)
    return (await _eliminations(tx, col(Elimination.state) == EliminationState.PROPOSED.value, None, PAGE))[0]


async def _eliminations(
    tx: Tx, which: ColumnElement[bool], after: UUID | None, limit: int
) -> tuple[list[EliminationView], UUID | None]:
    statement = select(Elimination).where(which).order_by(col(Elimination.id).desc())
    if after is not None:
        statement = statement.where(col(Elimination.id) < after)
    found = await tx.all(statement.limit(limit + 1))
    views = [await _view_elimination(tx, one) for one in found[:limit]]
    return views, views[-1].id if len(found) > limit else None


async def find_elimination(tx: Tx, actor: Actor, elimination_id: UUID) -> tuple[EliminationView, list[UnitView]]:
    """A list of elimination and its units."""
    elimination = await get_elimination(tx, actor, elimination_id)
    line = EliminationLine
    rows = await tx.rows(
        select(
            col(line.unit_id), func.max(col(line.unit)), func.max(col(line.type_title)), func.max(col(line.due_on)),
            func.count(distinct(col(line.node_id))), func.count(), func.sum(col(line.size)),
        )
        .where(col(line.elimination_id) == elimination_id)
        .group_by(col(line.unit_id))
        .order_by(func.max(col(line.unit)))
    )  # fmt: skip
    units = [
        UnitView(
            id=row[0], name=row[1], type_title=row[2], due_on=row[3], files=row[4], versions=row[5], bytes=int(row[6])
        )
        for row in rows
    ]
    return await _view_elimination(tx, elimination), units


async def list_lines(
    tx: Tx, actor: Actor, elimination_id: UUID, *, after: int | None = None, limit: int = LINES_PAGE
) -> tuple[list[LineView], int | None]:
    """The versions on a list, in the order of the tree, and the position to go on `after`."""
    await get_elimination(tx, actor, elimination_id)
    position = col(EliminationLine.position)
    statement = select(EliminationLine).where(col(EliminationLine.elimination_id) == elimination_id)
    if after is not None:
        statement = statement.where(position > after)
    found: Sequence[EliminationLine] = await tx.all(statement.order_by(position).limit(limit + 1))
    lines = [
        LineView(
            position=line.position, unit=line.unit, node=line.node_id, path=line.path, number=line.number,
            size=line.size, sha256=line.sha256, made_at=line.made_at,
        )
        for line in found[:limit]
    ]  # fmt: skip
    return lines, lines[-1].position if len(found) > limit else None


async def _view_elimination(tx: Tx, elimination: Elimination) -> EliminationView:
    line = EliminationLine
    [(files, versions, size)] = await tx.rows(
        select(func.count(distinct(col(line.node_id))), func.count(), func.sum(col(line.size))).where(
            col(line.elimination_id) == elimination.id
        )
    )
    people = await people_named(tx, [elimination.proposed_by, elimination.answered_by])
    return EliminationView(
        id=elimination.id,
        space=elimination.space_id,
        state=EliminationState(elimination.state),
        reason=elimination.reason,
        proposed_at=elimination.created_at,
        proposed_by=people.get(elimination.proposed_by),
        answer=elimination.answer,
        answered_at=elimination.answered_at,
        answered_by=people.get(elimination.answered_by),
        journal_head=elimination.journal_head,
        files=files,
        versions=versions,
        bytes=int(size or 0),
        rev=elimination.rev,
    )


def view_of(kind: RecordType) -> TypeView:
    """A type as it is shown."""
    return TypeView(
        id=kind.id,
        code=kind.code,
        title=kind.title,
        months=kind.months,
        start=Start(kind.start),
        event=kind.event,
        fate=Fate(kind.fate),
        source=kind.source,
        to_confirm=kind.to_confirm,
        active=kind.active,
        rev=kind.rev,
    )
