"""What one sees of assemblies: one's own, those of a space, one of them whole."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.spaces import access as spaces
from directory.people.models import Person
from meetings.council.assemblies.access import Can, get_with_standing, is_mine
from meetings.council.assemblies.models import (
    Assembly,
    AssemblySummary,
    AssemblyView,
    Channel,
    Clerk,
    ClerkView,
    Member,
    MemberView,
    Office,
)
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.rules.entries import Authority, LocalLaw


async def list_assemblies(tx: Tx, actor: Actor, space_id: UUID | None = None) -> list[AssemblySummary]:
    """The assemblies that the actor may read, of one space or of all, by title."""
    if space_id is not None:
        await spaces.require(tx, actor, space_id, spaces.Can.READ)
        return await _list(tx, col(Assembly.space_id) == space_id)
    return await _list(tx, is_mine(actor)) if actor.person_id else []


async def _list(tx: Tx, condition: ColumnElement[bool]) -> list[AssemblySummary]:
    counted = (
        select(func.count())
        .where(col(Member.assembly_id) == col(Assembly.id), col(Member.vacated).is_(None))
        .scalar_subquery()
    )
    statement = select(Assembly, counted).where(condition).order_by(col(Assembly.title), col(Assembly.id))
    return [_summary(assembly, members) for assembly, members in await tx.rows(statement)]


async def view_assembly(tx: Tx, actor: Actor, assembly_id: UUID) -> AssemblyView:
    """An assembly whole."""
    assembly, standing = await get_with_standing(tx, actor, assembly_id, Can.READ)
    members = await list_members(tx, assembly_id)
    clerks = await tx.rows(
        select(col(Person.id), col(Person.display_name))
        .join(Clerk, col(Clerk.person_id) == col(Person.id))
        .where(col(Clerk.assembly_id) == assembly_id)
        .order_by(col(Person.sort_name), col(Person.id))
    )
    return AssemblyView(
        **_summary(assembly, sum(one.vacated is None for one in members)).model_dump(),
        population=assembly.population,
        local_law=LocalLaw(assembly.local_law) if assembly.local_law else None,
        authority=Authority(assembly.authority) if assembly.authority else None,
        term_from=assembly.term_from,
        term_to=assembly.term_to,
        members_list=members,
        clerks=[ClerkView(person_id=person, name=name) for person, name in clerks],
        can_manage=Can.MANAGE in standing.grants,
        can_run=Can.RUN in standing.grants,
        rev=assembly.rev,
    )


async def list_members(tx: Tx, assembly_id: UUID, *, in_exercise: bool = False) -> list[MemberView]:
    """The mandates in the order of the table, those that are over last; for those who have read the assembly."""
    conditions = [col(Member.assembly_id) == assembly_id]
    if in_exercise:
        conditions.append(col(Member.vacated).is_(None))
    rows = await tx.rows(
        select(Member, Person)
        .join(Person, col(Person.id) == col(Member.person_id))
        .where(*conditions)
        .order_by(col(Member.vacated).is_not(None), col(Member.place), col(Person.sort_name), col(Member.id))
    )
    return [_member(row) for row in rows]


def _member(row: Sequence[object]) -> MemberView:
    member, person = row
    assert isinstance(member, Member)
    assert isinstance(person, Person)
    return MemberView(
        id=member.id,
        person_id=person.id,
        name=person.display_name,
        has_photo=bool(person.photo_hash),
        has_mail=bool(person.mail) and person.active,
        place=member.place,
        office=Office(member.office),
        function=member.function,
        party=member.party,
        channel=Channel(member.channel),
        joined=member.joined,
        vacated=member.vacated,
        vacated_why=member.vacated_why,
        weight=member.weight,
        rev=member.rev,
    )


def _summary(assembly: Assembly, members: int) -> AssemblySummary:
    return AssemblySummary(
        id=assembly.id,
        space_id=assembly.space_id,
        title=assembly.title,
        kind=Kind(assembly.kind),
        seats=assembly.seats,
        members=members,
    )
