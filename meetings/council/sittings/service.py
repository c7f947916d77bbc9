"""The only writer of sittings before they open, and of their agendas: a tree of two levels, ordered by hand.

What left with the convocation stays: only what is on the agenda may be deliberated (CGCT L2121-10). Texts of drafts
and files may still come.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, StaleRevision
from collab.core.i18n import Message, msg
from collab.core.ids import new_id
from collab.files import access as files
from collab.files.models import Kind as NodeKind
from collab.spaces import access as spaces
from directory.people.models import Person
from meetings.calendar.models import Meeting
from meetings.council.assemblies.access import Can, get_assembly
from meetings.council.assemblies.models import Assembly
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.rules.entries import Verdict
from meetings.council.rules.remote import may_sit_remotely
from meetings.council.sittings.access import take_item, take_sitting
from meetings.council.sittings.inputs import MOST_ITEMS, ItemInput, SittingChange, SittingInput
from meetings.council.sittings.models import Item, ItemFile, Sitting, SittingState

OVER = (SittingState.CLOSED, SittingState.CANCELLED)


async def create_sitting(tx: Tx, actor: Actor, assembly_id: UUID, data: SittingInput) -> Sitting:
    """A new sitting, as a draft."""
    assembly = await get_assembly(tx, actor, assembly_id, Can.RUN)
    await _check(tx, assembly, data)
    sitting = Sitting(
        id=new_id(),
        assembly_id=assembly_id,
        created_at=tx.now,
        updated_at=tx.now,
        **data.model_dump(exclude={"reason"}),
        reason=data.reason.value if data.reason else "",
    )
    tx.add(sitting)
    tx.record(actor, "council.create_sitting", space=assembly.space_id, subject=sitting.id, title=sitting.title)
    return sitting


async def update_sitting(tx: Tx, actor: Actor, sitting_id: UUID, data: SittingChange, rev: int) -> Sitting:
    """Change a draft. `rev`: the one that was seen."""
    sitting, assembly, _ = await take_sitting(tx, actor, sitting_id, Can.RUN)
    _require_draft(sitting)
    if sitting.rev != rev:
        raise StaleRevision(current=sitting.model_dump(mode="json"), yours=data.model_dump(mode="json"))
    await _check(tx, assembly, data)
    sitting.sqlmodel_update(data.model_dump(exclude={"reason"}) | {"reason": data.reason.value if data.reason else ""})
    sitting.rev, sitting.updated_at = rev + 1, tx.now
    told = data.model_dump(mode="json")
    tx.record(actor, "council.update_sitting", space=assembly.space_id, subject=sitting.id, **told)
    return sitting


async def add_item(tx: Tx, actor: Actor, sitting_id: UUID, data: ItemInput) -> Item:
    """A new item of a draft's agenda."""
    sitting, assembly, _ = await take_sitting(tx, actor, sitting_id, Can.RUN)
    _require_draft(sitting)
    if int(await tx.one(select(func.count()).where(col(Item.sitting_id) == sitting_id)) or 0) >= MOST_ITEMS:
        raise Conflict("council.too_many_items", msg("An agenda has at most %(max)s items.", max=MOST_ITEMS))
    await _check_item(tx, sitting, data, None)
    item = Item(
        id=new_id(),
        sitting_id=sitting_id,
        position=0,
        created_at=tx.now,
        updated_at=tx.now,
        **data.model_dump(exclude={"position", "kind"}),
        kind=data.kind.value,
    )
    await _place(tx, item, data.parent_id, data.position)
    tx.add(item)
    tx.record(actor, "council.add_item", space=assembly.space_id, subject=sitting.id, title=item.title)
    return item


async def update_item(tx: Tx, actor: Actor, item_id: UUID, data: ItemInput, rev: int) -> Item:
    """Change an item; once the convocation has left, only the draft of its deliberation and who presents it."""
    item, sitting, assembly = await take_item(tx, actor, item_id, Can.RUN)
    if item.rev != rev:
        raise StaleRevision(current=item.model_dump(mode="json"), yours=data.model_dump(mode="json"))
    _require_not_over(sitting)
    values = data.model_dump(exclude={"position", "kind"}) | {"kind": data.kind.value}
    moved = data.parent_id != item.parent_id or data.position not in (None, item.position)
    fixed = ("title", "kind", "public", "note")
    if sitting.state != SittingState.DRAFT and (moved or any(values[name] != getattr(item, name) for name in fixed)):
        raise _convened()
    await _check_item(tx, sitting, data, item)
    if moved:
        await _place(tx, item, data.parent_id, data.position)
    item.sqlmodel_update(values)
    item.rev, item.updated_at = rev + 1, tx.now
    tx.record(actor, "council.update_item", space=assembly.space_id, subject=sitting.id, title=item.title)
    return item


async def remove_item(tx: Tx, actor: Actor, item_id: UUID) -> UUID:
    """Take an item, and those under it, off a draft's agenda. Gives its sitting's id."""
    item, sitting, assembly = await take_item(tx, actor, item_id, Can.RUN)
    _require_draft(sitting)
    for below in [*await _siblings(tx, sitting.id, item.id), item]:
        for file in await tx.all(select(ItemFile).where(col(ItemFile.item_id) == below.id)):
            await tx.delete(file)
        await tx.flush()
        await tx.delete(below)
        await tx.flush()
    for position, other in enumerate(await _siblings(tx, sitting.id, item.parent_id), start=1):
        other.position = position
    tx.record(actor, "council.remove_item", space=assembly.space_id, subject=sitting.id, title=item.title)
    return sitting.id


async def attach_file(tx: Tx, actor: Actor, item_id: UUID, node_id: UUID) -> None:
    """Let a shared file of the assembly's space go with an item; after the convocation it is marked as late."""
    item, sitting, assembly = await take_item(tx, actor, item_id, Can.RUN)
    _require_not_over(sitting)
    node = await files.get_node(tx, actor, node_id, spaces.Can.READ)
    if node.space_id != assembly.space_id or node.kind != NodeKind.FILE:
        raise Conflict("council.foreign_file", msg("Only files of the assembly’s space go with its agenda."))
    if await tx.get(ItemFile, (item_id, node_id)) is None:
        tx.add(ItemFile(item_id=item_id, node_id=node_id, late=sitting.state != SittingState.DRAFT))
        told = {"item": str(item_id), "file": str(node_id), "name": node.name}
        tx.record(actor, "council.attach_file", space=assembly.space_id, subject=sitting.id, **told)
    item.updated_at = tx.now


async def detach_file(tx: Tx, actor: Actor, item_id: UUID, node_id: UUID) -> None:
    """Take a file off an item; what left with the convocation stays."""
    _, sitting, assembly = await take_item(tx, actor, item_id, Can.RUN)
    row = await tx.get(ItemFile, (item_id, node_id))
    if row is None:
        return
    if sitting.state != SittingState.DRAFT and not row.late:
        raise _convened()
    await tx.delete(row)
    told = {"item": str(item_id), "file": str(node_id)}
    tx.record(actor, "council.detach_file", space=assembly.space_id, subject=sitting.id, **told)


async def _place(tx: Tx, item: Item, parent_id: UUID | None, position: int | None) -> None:
    """Put an item among those under its parent, and number these anew; the place that it left closes."""
    if item.position and item.parent_id != parent_id:
        left = [one for one in await _siblings(tx, item.sitting_id, item.parent_id) if one.id != item.id]
        for number, one in enumerate(left, start=1):
            one.position = number
    there = [one for one in await _siblings(tx, item.sitting_id, parent_id) if one.id != item.id]
    there.insert(len(there) if position is None else position - 1, item)
    for number, one in enumerate(there, start=1):
        one.position = number


async def _siblings(tx: Tx, sitting_id: UUID, parent_id: UUID | None) -> Sequence[Item]:
    parent = col(Item.parent_id)
    statement = select(Item).where(
        col(Item.sitting_id) == sitting_id, parent.is_(None) if parent_id is None else parent == parent_id
    )
    return await tx.all(statement.order_by(col(Item.position), col(Item.id)))


async def _check(tx: Tx, assembly: Assembly, data: SittingInput) -> None:
    """Raise Invalid for a videoconference that the law forbids, and for a meeting of another space."""
    errors: dict[str, Message] = {}
    if data.remote:
        finding = may_sit_remotely(Kind(assembly.kind), data.starts_at.date())
        if finding.verdict is Verdict.ERROR:
            errors["remote"] = finding.message
    meeting = await tx.get(Meeting, data.meeting_id) if data.meeting_id else None
    if data.meeting_id and (meeting is None or meeting.space_id != assembly.space_id):
        errors["meeting_id"] = msg("The meeting belongs to the space of the assembly.")
    if errors:
        raise Invalid("council.sitting_refused", errors=errors)


async def _check_item(tx: Tx, sitting: Sitting, data: ItemInput, item: Item | None) -> None:
    errors: dict[str, Message] = {}
    if data.rapporteur_id is not None and await tx.get(Person, data.rapporteur_id) is None:
        errors["rapporteur_id"] = msg("Nobody of this kind is in the directory.")
    if data.parent_id is not None:
        parent = await tx.get(Item, data.parent_id)
        if parent is None or parent.sitting_id != sitting.id or parent.parent_id is not None:
            errors["parent_id"] = msg("An item stands under one of the first level of the same agenda.")
        elif item is not None and (parent.id == item.id or await _siblings(tx, sitting.id, item.id)):
            errors["parent_id"] = msg("An item that has others under it stands at the first level.")
    if errors:
        raise Invalid(errors=errors)


def _require_draft(sitting: Sitting) -> None:
    if sitting.state != SittingState.DRAFT:
        raise _convened()


def _require_not_over(sitting: Sitting) -> None:
    if sitting.state in OVER:
        raise Conflict("council.sitting_over", msg("This sitting is over: nothing of it changes any more."))


def _convened() -> Conflict:
    words = msg("The convocation has left: only what is on the agenda may be deliberated. CGCT L2121-10.")
    return Conflict("council.convened", words)
