"""Assemblies: who may make, read and change them; mandates, seats, clerks."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, ActorKind, job_actor
from collab.core.errors import Conflict, Denied, Invalid, NotFound, StaleRevision
from collab.core.journal import JournalEntry
from directory.people.models import PersonInput
from directory.people.service import add_person
from meetings.council.assemblies import queries, service
from meetings.council.assemblies.models import AssemblyChange, AssemblyInput, MemberChange, MemberInput, Office
from meetings.council.rules.entries import Assembly as Kind
from tests.service.meetings.conftest import World, person_of

SINCE = date(2026, 3, 20)
DATA = AssemblyInput(title="Conseil", kind=Kind.COMMUNE, population=12000, seats=3, term_from=SINCE)


@pytest.fixture
async def assembly(world: World) -> UUID:
    made: UUID = (await world.do(service.create_assembly, world.space, DATA)).id
    return made


async def add(world: World, assembly: UUID, who: Actor, **more: Any) -> Any:
    return await world.do(service.add_member, assembly, MemberInput(person_id=person_of(who), joined=SINCE, **more))


async def test_owners_make_assemblies_and_nobody_else_does(world: World) -> None:
    for actor, refusal in ((world.editor, Denied), (world.reader, Denied), (world.stranger, NotFound)):
        with pytest.raises(refusal):
            await world.do(service.create_assembly, world.space, DATA, actor=actor)


async def test_a_member_from_elsewhere_reads_while_the_mandate_lasts(world: World, assembly: UUID) -> None:
    with pytest.raises(NotFound):
        await world.see(queries.view_assembly, assembly, actor=world.stranger)
    member = await add(world, assembly, world.stranger)
    seen = await world.see(queries.view_assembly, assembly, actor=world.stranger)
    assert (seen.members, seen.can_manage) == (1, False)
    assert [one.id for one in await world.see(queries.list_assemblies, actor=world.stranger)] == [assembly]
    with pytest.raises(Denied):
        await world.do(service.update_assembly, assembly, AssemblyChange(**DATA.model_dump()), 1, actor=world.stranger)
    over = MemberChange(joined=SINCE, place=1, vacated=date(2026, 9, 1), vacated_why="Démission")
    await world.do(service.update_member, member.id, over, 1)
    with pytest.raises(NotFound):
        await world.see(queries.view_assembly, assembly, actor=world.stranger)
    seen = await world.see(queries.view_assembly, assembly)
    assert (seen.members, [one.vacated_why for one in seen.members_list]) == (0, ["Démission"])


async def test_administering_the_platform_gives_nothing(world: World, assembly: UUID) -> None:
    admin = Actor(ActorKind.PERSON, person_of(world.stranger), admin=True)
    with pytest.raises(NotFound):
        await world.see(queries.view_assembly, assembly, actor=admin)


async def test_a_clerk_from_elsewhere_manages_until_dismissed(world: World, assembly: UUID) -> None:
    await world.do(service.add_clerk, assembly, person_of(world.stranger))
    await add(world, assembly, world.reader)
    await world.do(service.update_assembly, assembly, AssemblyChange(**DATA.model_dump()), 1, actor=world.stranger)
    await world.do(service.remove_clerk, assembly, person_of(world.stranger))
    with pytest.raises(NotFound):
        await world.see(queries.view_assembly, assembly, actor=world.stranger)


async def test_nobody_sits_twice_and_no_more_than_there_are_seats(world: World, assembly: UUID) -> None:
    for who in (world.owner, world.editor, world.reader):
        await add(world, assembly, who)
    with pytest.raises(Conflict, match=r"council\.member_twice"):
        await add(world, assembly, world.reader)
    with pytest.raises(Conflict, match=r"council\.no_seat"):
        await add(world, assembly, world.stranger)
    fewer = AssemblyChange(**{**DATA.model_dump(), "seats": 2})
    with pytest.raises(Invalid, match=r"council\.too_few_seats"):
        await world.do(service.update_assembly, assembly, fewer, 1)


async def test_a_seat_that_is_vacant_is_taken_by_the_next(world: World, assembly: UUID) -> None:
    members = [await add(world, assembly, who) for who in (world.owner, world.editor, world.reader)]
    over = MemberChange(joined=SINCE, place=3, vacated=date(2026, 9, 1))
    await world.do(service.update_member, members[2].id, over, 1)
    await add(world, assembly, world.stranger)
    seen = await world.see(queries.view_assembly, assembly)
    assert [(one.name, one.place) for one in seen.members_list] == [
        ("Elodie", 1),
        ("Bruno", 2),
        ("Denis", 3),
        ("Chloe", 3),
    ]
    with pytest.raises(Conflict, match=r"council\.mandate_over"):
        await world.do(service.update_member, members[2].id, MemberChange(joined=SINCE, place=3), 2)


async def test_there_is_one_president(world: World, assembly: UUID) -> None:
    first = await add(world, assembly, world.owner, office=Office.PRESIDENT)
    with pytest.raises(Invalid, match=r"council\.president_twice"):
        await add(world, assembly, world.editor, office=Office.PRESIDENT)
    await world.do(service.update_member, first.id, MemberChange(joined=SINCE, place=1), 1)
    await add(world, assembly, world.editor, office=Office.PRESIDENT)


async def test_a_mandate_ends_after_it_began_and_a_stale_change_is_refused(world: World, assembly: UUID) -> None:
    member = await add(world, assembly, world.reader)
    with pytest.raises(Invalid):
        await world.do(
            service.update_member, member.id, MemberChange(joined=SINCE, place=1, vacated=date(2026, 1, 1)), 1
        )
    await world.do(service.update_member, member.id, MemberChange(joined=SINCE, place=2), 1)
    with pytest.raises(StaleRevision):
        await world.do(service.update_member, member.id, MemberChange(joined=SINCE, place=3), 1)


async def test_who_has_left_the_directory_is_not_added(world: World, assembly: UUID) -> None:
    async with world.db.write() as tx:
        person = await add_person(tx, job_actor("tests"), PersonInput(login="gone", display_name="Gone"))
        person.active = False
        gone = Actor(ActorKind.PERSON, person.id)
    with pytest.raises(Invalid):
        await add(world, assembly, gone)
    with pytest.raises(Invalid):
        await world.do(service.add_clerk, assembly, person_of(gone))


async def test_all_of_it_is_in_the_journal(world: World, assembly: UUID) -> None:
    member = await add(world, assembly, world.reader)
    await world.do(service.update_member, member.id, MemberChange(joined=SINCE, place=2), 1)
    await world.do(service.add_clerk, assembly, person_of(world.editor))
    await world.do(service.remove_clerk, assembly, person_of(world.editor))
    async with world.db.read() as tx:
        statement = select(col(JournalEntry.action)).where(col(JournalEntry.action).startswith("council."))
        actions = await tx.all(statement.order_by(col(JournalEntry.seq)))
    verbs = ["create_assembly", "add_member", "update_member", "add_clerk", "remove_clerk"]
    assert actions == [f"council.{verb}" for verb in verbs]
