"""The only writer of what records are kept as, and of lists of elimination. Holds: holds.py.

Destruction takes two people: an owner of the space proposes a list, another who is an archivist gives the visa, and
what is destroyed is what the list says: where it has changed meanwhile, it is proposed anew.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from collab.core import journal, topics
from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, Invalid, NotFound, StaleRevision
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.files.access import get_node, require_node
from collab.files.events import PeopleWarned, topic_of
from collab.files.models import Node
from collab.files.queries import below, path_to
from collab.files.records.access import get_kept, require_archivist
from collab.files.records.holds import Held, held_among
from collab.files.records.lists import MOST_LINES, list_content, proposed_among
from collab.files.records.models import (
    AnswerInput,
    Archivist,
    Elimination,
    EliminationInput,
    EliminationLine,
    EliminationState,
    Fate,
    FileRecord,
    RecordInput,
    RecordType,
    Start,
    TypeChange,
    TypeInput,
)
from collab.files.records.rules import due_day, why_not
from collab.files.service import eliminate
from collab.spaces.access import Can, require
from directory.people.models import Person


async def add_type(tx: Tx, actor: Actor, data: TypeInput) -> RecordType:
    """A new type; for administrators, whose door has decided."""
    _check_event(data)
    kind = RecordType(
        id=(key := new_id()), code=str(key), **data.model_dump(mode="json"), created_at=tx.now, updated_at=tx.now
    )
    tx.add(kind)
    tx.record(actor, "records.add_type", subject=kind.id, **data.model_dump(mode="json"))
    return kind


async def change_type(tx: Tx, actor: Actor, type_id: UUID, data: TypeChange, rev: int) -> RecordType:
    """Change a type, and with it when all that has it is due; for administrators, whose door has decided."""
    kind = await tx.lock(RecordType, type_id)
    if kind is None:
        raise NotFound()
    changed = data.model_dump(mode="json")
    if kind.rev != rev:
        raise StaleRevision(current=kind.model_dump(mode="json"), yours=changed)
    _check_event(data)
    kind.sqlmodel_update(changed)
    kind.rev, kind.updated_at = rev + 1, tx.now
    await tx.flush()
    for record in await tx.all(select(FileRecord).where(col(FileRecord.type_id) == type_id)):
        await recount(tx, record, kind)
    tx.record(actor, "records.change_type", subject=type_id, **changed)
    return kind


async def name_archivist(tx: Tx, actor: Actor, person_id: UUID) -> None:
    """Let a person give visas; for administrators, whose door has decided. They cannot name themselves."""
    person = await tx.get(Person, person_id)
    if person is None or not person.active:
        raise Invalid(errors={"person_id": msg("Nobody of this kind is in the directory.")})
    if person_id == actor.person_id:
        raise Conflict("records.own_archivist", msg("You cannot name yourself: another administrator can."))
    if await tx.get(Archivist, person_id) is None:
        tx.add(Archivist(person_id=person_id, named_by=actor.person_id, named_at=tx.now))
        tx.record(actor, "records.name_archivist", subject=person_id)
        text = msg("You are an archivist now: lists of elimination wait for your visa.")
        tx.emit(PeopleWarned.of([person_id], text, "/records", f"records.archivist:{person_id}:{tx.now.timestamp()}"))


async def dismiss_archivist(tx: Tx, actor: Actor, person_id: UUID) -> None:
    """Take it away again; nothing happens for who is none. Raises NotFound where there is no such person."""
    if await tx.get(Person, person_id) is None:
        raise NotFound()
    found = await tx.get(Archivist, person_id)
    if found is not None:
        await tx.delete(found)
        tx.record(actor, "records.dismiss_archivist", subject=person_id)


async def set_record(tx: Tx, actor: Actor, node_id: UUID, data: RecordInput) -> FileRecord:
    """Say of which type a folder or file is; for editors."""
    space_id = await require_node(tx, actor, node_id, Can.EDIT)
    await topics.raise_rev(tx, topic_of(space_id))
    node = await get_node(tx, actor, node_id, Can.EDIT)
    kind = await tx.get(RecordType, data.type)
    if kind is None or not kind.active:
        raise Invalid(errors={"type": msg("There is no such type of record.")})
    if data.started_on is not None and kind.start != Start.EVENT:
        raise Invalid(errors={"started_on": msg("This type counts from no event.")})
    record = await tx.get(FileRecord, node_id)
    if record is None:
        record = FileRecord(node_id=node_id, type_id=kind.id, set_at=tx.now)
        tx.add(record)
    elif record.transferred_on is not None:
        raise Conflict("records.transferred", msg("This was transferred to the archives: its type stays."))
    record.type_id, record.started_on = kind.id, data.started_on
    record.set_by, record.set_at, record.told_on = actor.person_id, tx.now, None
    await recount(tx, record, kind)
    await tx.flush()
    tx.record(
        actor, "records.set", space=space_id, subject=node_id, name=node.name, type=kind.title,
        started_on=data.started_on, due_on=record.due_on,
    )  # fmt: skip
    return record


async def clear_record(tx: Tx, actor: Actor, node_id: UUID) -> None:
    """Take the type of a folder or file away; for editors. Nothing happens when it has none of its own."""
    node = await get_node(tx, actor, node_id, Can.EDIT)
    record = await tx.get(FileRecord, node_id)
    if record is None:
        return
    if record.transferred_on is not None:
        raise Conflict("records.transferred", msg("This was transferred to the archives: its type stays."))
    await tx.delete(record)
    tx.record(actor, "records.clear", space=node.space_id, subject=node_id, name=node.name)


async def mark_transferred(tx: Tx, actor: Actor, node_id: UUID) -> FileRecord:
    """Note that the archives have received what is to be kept; for owners and archivists."""
    node, _ = await get_kept(tx, actor, node_id)
    record = await tx.lock(FileRecord, node_id)
    kind = await tx.get(RecordType, record.type_id) if record else None
    if record is None or kind is None:
        raise NotFound()
    await recount(tx, record, kind)
    if kind.fate != Fate.KEEP or record.due_on is None or record.due_on > tx.now.date():
        raise Conflict("records.not_to_transfer", msg("Only what is due and to be kept is transferred."))
    if record.transferred_on is None:
        record.transferred_on = tx.now.date()
        tx.record(actor, "records.transfer", space=node.space_id, subject=node_id, name=node.name)
    return record


async def recount(tx: Tx, record: FileRecord, kind: RecordType) -> None:
    """Compute anew when a unit is due."""
    tree = below(record.node_id, live=False)
    inside = col(Node.id).in_(select(tree.c.id))
    [(created, changed)] = await tx.rows(
        select(func.max(col(Node.created_at)), func.max(col(Node.updated_at))).where(inside)
    )
    record.due_on = due_day(
        Start(kind.start), kind.months, created=created.date(), changed=changed.date(), event=record.started_on
    )


async def propose_elimination(tx: Tx, actor: Actor, space_id: UUID, data: EliminationInput) -> Elimination:
    """A list of what is due for destruction, for an archivist's visa; for owners."""
    await require(tx, actor, space_id, Can.MANAGE)
    await topics.raise_rev(tx, topic_of(space_id))
    units = await _take_units(tx, space_id, list(dict.fromkeys(data.units)))
    if await proposed_among(tx, data.units):
        raise Conflict("records.proposed", msg("One of these is on a list already, which waits for its visa."))
    elimination = Elimination(
        id=new_id(),
        space_id=space_id,
        state=EliminationState.PROPOSED.value,
        reason=data.reason,
        proposed_by=actor.person_id,
        created_at=tx.now,
        updated_at=tx.now,
    )
    tx.add(elimination)
    await tx.flush()
    count = 0
    for node, record, kind in units:
        assert record.due_on is not None
        lines, before = await list_content(tx, node), count
        count += len(lines)
        if count > MOST_LINES:
            raise Conflict("records.too_many", msg("This is more than one list takes: propose fewer at once."))
        for position, line in enumerate(lines, before + 1):
            about = {"unit_id": node.id, "unit": node.name, "type_title": kind.title, "due_on": record.due_on}
            tx.add(EliminationLine(id=new_id(), elimination_id=elimination.id, position=position, **(line | about)))
    await tx.flush()
    tx.record(
        actor, "records.propose", space=space_id, subject=elimination.id, units=[str(node.id) for node, _, _ in units],
        versions=count,
    )  # fmt: skip
    archivists = [one for one in await tx.all(select(col(Archivist.person_id))) if one != actor.person_id]
    text = msg("A list of elimination waits for a visa.")
    tx.emit(PeopleWarned.of(archivists, text, f"/eliminations/{elimination.id}", f"records.proposed:{elimination.id}"))
    return elimination


async def answer_elimination(tx: Tx, actor: Actor, elimination_id: UUID, data: AnswerInput, rev: int) -> Elimination:
    """The archivist's visa, upon which all of the list is destroyed, or refusal."""
    await require_archivist(tx, actor)
    found = await tx.get(Elimination, elimination_id)
    if found is None:
        raise NotFound()
    await topics.raise_rev(tx, topic_of(found.space_id))
    elimination = await tx.lock(Elimination, elimination_id)
    assert elimination is not None  # lists are never removed
    if elimination.rev != rev:
        raise StaleRevision(current=elimination.model_dump(mode="json"), yours=data.model_dump(mode="json"))
    if elimination.state != EliminationState.PROPOSED:
        raise Conflict("records.answered", msg("This list has been answered already."))
    if data.visa and elimination.proposed_by == actor.person_id:
        raise Denied("records.own_visa", msg("You proposed this list: the visa is another person’s."))
    if not data.visa and not data.answer.strip():
        raise Invalid(errors={"answer": msg("Say why, so that the list can be proposed better.")})
    elimination.answer, elimination.answered_by, elimination.answered_at = data.answer, actor.person_id, tx.now
    elimination.state = (EliminationState.DONE if data.visa else EliminationState.REFUSED).value
    elimination.rev, elimination.updated_at = rev + 1, tx.now
    elimination.journal_head = await journal.head(tx)
    await tx.flush()
    tx.record(
        actor, "records.visa" if data.visa else "records.refuse", space=elimination.space_id, subject=elimination.id,
        answer=data.answer,
    )  # fmt: skip
    if data.visa:
        await _carry_out(tx, actor, elimination)
    if elimination.proposed_by is not None and elimination.proposed_by != actor.person_id:
        text = msg("Your list of elimination got its visa: what was on it is destroyed.")
        if not data.visa:
            text = msg("Your list of elimination was refused: %(answer)s", answer=data.answer[:200])
        url, key = f"/eliminations/{elimination.id}", f"records.answered:{elimination.id}"
        tx.emit(PeopleWarned.of([elimination.proposed_by], text, url, key))
    return elimination


async def _carry_out(tx: Tx, actor: Actor, elimination: Elimination) -> None:
    """Destroy what the list says, if all of it is still so."""
    lines: Sequence[EliminationLine] = await tx.all(
        select(EliminationLine).where(col(EliminationLine.elimination_id) == elimination.id)
    )
    ids = list(dict.fromkeys(line.unit_id for line in lines))
    units = await _take_units(tx, elimination.space_id, ids)
    listed = {(line.node_id, line.number, line.sha256) for line in lines}
    there = {
        (line["node_id"], line["number"], line["sha256"])
        for node, _, _ in units
        for line in await list_content(tx, node)
    }
    if listed != there:
        raise Conflict(
            "records.changed", msg("What is on the list has changed since: refuse it, and have it proposed anew.")
        )
    await eliminate(tx, actor, elimination.space_id, [node for node, _, _ in units])


async def _take_units(tx: Tx, space_id: UUID, ids: Sequence[UUID]) -> list[tuple[Node, FileRecord, RecordType]]:
    """These units of a space, each of which may be destroyed with a visa. Raises Conflict with the reason, by unit."""
    units: list[tuple[Node, FileRecord, RecordType]] = []
    for unit_id in ids:
        node = await tx.get(Node, unit_id)
        record = await tx.lock(FileRecord, unit_id)
        kind = await tx.get(RecordType, record.type_id) if record else None
        if node is None or node.space_id != space_id or record is None or kind is None:
            raise Conflict("records.no_unit", msg("One of these has no type of record any more, or is gone."))
        if node.trash_id not in (None, node.id):
            raise Conflict("files.in_trashed_folder", msg("Its folder is in the trash: put the folder back."))
        tree = below(unit_id, live=False)
        for inner in await tx.all(select(FileRecord).where(col(FileRecord.node_id).in_(select(tree.c.id)))):
            its_kind = kind if inner.node_id == unit_id else await tx.get(RecordType, inner.type_id)
            assert its_kind is not None  # a foreign key
            await recount(tx, inner, its_kind)
            reason = why_not(Fate(its_kind.fate), inner.due_on, inner.transferred_on, tx.now.date())
            if reason is not None:
                name = await tx.one(select(col(Node.name)).where(col(Node.id) == inner.node_id))
                raise Conflict("records.not_due", msg("“%(name)s” cannot be destroyed: %(why)s", name=name, why=reason))
        units.append((node, record, kind))
    inside = {node.id for node, _, _ in units}
    for node, _, _ in units:
        if inside & {step.id for step in await path_to(tx, node.folder_id)}:
            raise Conflict("records.inside", msg("“%(name)s” is inside another of these.", name=node.name))
    if await held_among(tx, space_id, ids):
        raise Held()
    return units


def _check_event(data: TypeInput) -> None:
    if data.start is Start.EVENT and not data.event.strip():
        raise Invalid(errors={"event": msg("Say from what it counts, such as the closing of the file.")})
