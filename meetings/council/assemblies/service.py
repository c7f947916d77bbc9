"""The only writer of assemblies, mandates and clerks. All of it gives rights, so all of it is journalled."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, Invalid, StaleRevision
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.spaces import access as spaces
from directory.people.models import Person
from meetings.council.assemblies.access import Can, get_assembly, get_member
from meetings.council.assemblies.events import AssemblyRolesChanged
from meetings.council.assemblies.models import (
    MOST_SEATS,
    Assembly,
    AssemblyChange,
    AssemblyInput,
    Clerk,
    Member,
    MemberChange,
    MemberInput,
    Office,
)
from meetings.council.rules.ballots import may_weigh
from meetings.council.rules.entries import Assembly as Kind


async def create_assembly(tx: Tx, actor: Actor, space_id: UUID, data: AssemblyInput) -> Assembly:
    """A new assembly; whoever makes it is its first clerk."""
    await spaces.require(tx, actor, space_id, spaces.Can.MANAGE)
    if actor.person_id is None:
        raise Denied()
    assembly = Assembly(id=new_id(), space_id=space_id, created_at=tx.now, updated_at=tx.now, **_values(data))
    tx.add(assembly)
    await tx.flush()
    tx.add(Clerk(assembly_id=assembly.id, person_id=actor.person_id))
    tx.record(actor, "council.create_assembly", space=space_id, subject=assembly.id, title=assembly.title)
    return assembly


async def update_assembly(tx: Tx, actor: Actor, assembly_id: UUID, data: AssemblyChange, rev: int) -> Assembly:
    """Change what the assembly is. `rev`: the one that was seen. Never fewer seats than members in exercise."""
    assembly = await _take(tx, actor, assembly_id)
    if assembly.rev != rev:
        raise StaleRevision(current=assembly.model_dump(mode="json"), yours=data.model_dump(mode="json"))
    if data.seats < await _count(tx, assembly_id):
        words = msg("There are more members in exercise than that.")
        raise Invalid("council.too_few_seats", errors={"seats": words})
    assembly.sqlmodel_update(_values(data))
    assembly.rev, assembly.updated_at = rev + 1, tx.now
    told = data.model_dump(mode="json")
    tx.record(actor, "council.update_assembly", space=assembly.space_id, subject=assembly.id, **told)
    return assembly


async def add_member(tx: Tx, actor: Actor, assembly_id: UUID, data: MemberInput) -> Member:
    """A new mandate. Nobody has two at once in an assembly; there are no more members than seats."""
    assembly = await _take(tx, actor, assembly_id)
    await _require_person(tx, data.person_id)
    in_exercise = col(Member.assembly_id) == assembly_id, col(Member.vacated).is_(None)
    if await tx.one(select(col(Member.id)).where(*in_exercise, col(Member.person_id) == data.person_id)):
        raise Conflict("council.member_twice", msg("This person is a member of the assembly already."))
    if await _count(tx, assembly_id) >= assembly.seats:
        raise Conflict("council.no_seat", msg("Every seat is taken: end a mandate first, or change the seats."))
    last = await tx.one(select(func.max(col(Member.place))).where(*in_exercise)) or 0
    member = Member(
        id=new_id(),
        assembly_id=assembly_id,
        person_id=data.person_id,
        place=data.place or min(int(last) + 1, MOST_SEATS),
        office=data.office.value,
        function=data.function or "",
        party=data.party or "",
        channel=data.channel.value,
        joined=data.joined,
        weight=data.weight,
        created_at=tx.now,
        updated_at=tx.now,
    )
    await _check_president(tx, member)
    _check_weight(assembly, member)
    tx.add(member)
    await tx.flush()
    told = data.model_dump(mode="json")
    tx.record(actor, "council.add_member", space=assembly.space_id, subject=data.person_id, **told)
    tx.emit(AssemblyRolesChanged(assembly_id=assembly_id))
    return member


async def update_member(tx: Tx, actor: Actor, member_id: UUID, data: MemberChange, rev: int) -> Member:
    """Change a mandate, or end it. One that is over stays as it was, save the day on which it ended."""
    assembly, member = await get_member(tx, actor, member_id, Can.MANAGE)
    await tx.lock(Assembly, assembly.id)
    await tx.lock(Member, member_id)
    if member.rev != rev:
        raise StaleRevision(current=member.model_dump(mode="json"), yours=data.model_dump(mode="json"))
    if data.vacated is not None and data.vacated < data.joined:
        raise Invalid(errors={"vacated": msg("A mandate ends after it began.")})
    if member.vacated is not None and data.vacated is None:
        words = msg("A mandate that is over is not taken up again: add the person anew.")
        raise Conflict("council.mandate_over", words)
    member.sqlmodel_update(
        {
            **data.model_dump(exclude={"office", "channel", "function", "party", "vacated_why"}),
            "office": data.office.value,
            "channel": data.channel.value,
            "function": data.function or "",
            "party": data.party or "",
            "vacated_why": data.vacated_why or "" if data.vacated else "",
        }
    )
    await _check_president(tx, member)
    _check_weight(assembly, member)
    member.rev, member.updated_at = rev + 1, tx.now
    told = data.model_dump(mode="json")
    tx.record(actor, "council.update_member", space=assembly.space_id, subject=member.person_id, **told)
    tx.emit(AssemblyRolesChanged(assembly_id=assembly.id))
    return member


async def add_clerk(tx: Tx, actor: Actor, assembly_id: UUID, person_id: UUID) -> None:
    """Let somebody prepare and run the sittings. Nothing happens for who does already."""
    assembly = await _take(tx, actor, assembly_id)
    await _require_person(tx, person_id)
    if await tx.get(Clerk, (assembly_id, person_id)):
        return
    tx.add(Clerk(assembly_id=assembly_id, person_id=person_id))
    tx.record(actor, "council.add_clerk", space=assembly.space_id, subject=person_id, assembly=str(assembly_id))
    tx.emit(AssemblyRolesChanged(assembly_id=assembly_id))


async def remove_clerk(tx: Tx, actor: Actor, assembly_id: UUID, person_id: UUID) -> None:
    """Take that away. Nothing happens for who is none; the owners of the space remain."""
    assembly = await _take(tx, actor, assembly_id)
    row = await tx.get(Clerk, (assembly_id, person_id))
    if row is None:
        return
    await tx.delete(row)
    tx.record(actor, "council.remove_clerk", space=assembly.space_id, subject=person_id, assembly=str(assembly_id))
    tx.emit(AssemblyRolesChanged(assembly_id=assembly_id))


async def _take(tx: Tx, actor: Actor, assembly_id: UUID) -> Assembly:
    """The assembly, locked before it is read: its members are counted against its seats."""
    await tx.lock(Assembly, assembly_id)
    return await get_assembly(tx, actor, assembly_id, Can.MANAGE)


async def _count(tx: Tx, assembly_id: UUID) -> int:
    statement = select(func.count()).where(col(Member.assembly_id) == assembly_id, col(Member.vacated).is_(None))
    return int(await tx.one(statement) or 0)


def _check_weight(assembly: Assembly, member: Member) -> None:
    """Votes weigh the same but where statutes may say otherwise."""
    if member.weight != 1 and not may_weigh(Kind(assembly.kind), member.joined):
        words = msg("In an assembly of this kind each member has one vote.")
        raise Invalid("council.one_vote", words, errors={"weight": words})


async def _check_president(tx: Tx, member: Member) -> None:
    """There is one president at most."""
    if member.office != Office.PRESIDENT or member.vacated is not None:
        return
    other = await tx.one(
        select(col(Member.id)).where(
            col(Member.assembly_id) == member.assembly_id,
            col(Member.office) == Office.PRESIDENT,
            col(Member.vacated).is_(None),
            col(Member.id) != member.id,
        )
    )
    if other:
        words = msg("The assembly has a president already.")
        raise Invalid("council.president_twice", words, errors={"office": words})


async def _require_person(tx: Tx, person_id: UUID) -> None:
    person = await tx.get(Person, person_id)
    if person is None or not person.active:
        raise Invalid(errors={"person_id": msg("Nobody of this kind is in the directory.")})


def _values(data: AssemblyInput) -> dict[str, Any]:
    """The columns of an assembly. Raises Invalid for a term that ends before it begins."""
    if data.term_to is not None and data.term_to < data.term_from:
        raise Invalid(errors={"term_to": msg("A term ends after it began.")})
    return {
        "title": data.title,
        "kind": data.kind.value,
        "population": data.population,
        "local_law": data.local_law.value if data.local_law else "",
        "authority": data.authority.value if data.authority else "",
        "seats": data.seats,
        "term_from": data.term_from,
        "term_to": data.term_to,
    }
