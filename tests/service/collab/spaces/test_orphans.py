"""Spaces whose owners have left: how they are found, who may name an owner, who is told, what the journal says."""

from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core import journal
from collab.core.access import Actor, job_actor
from collab.core.database import Database
from collab.core.errors import Conflict, Denied, DomainError, Invalid, NotFound
from collab.core.jobs import Worker
from collab.core.journal import JournalEntry
from collab.notifications import membership
from collab.notifications.models import Notification
from collab.spaces.access import Can, require
from collab.spaces.models import MemberInput, PrincipalKind, Role
from collab.spaces.ownership import list_orphan_ids
from collab.spaces.queries import list_for_administration, list_heirs
from collab.spaces.service import name_owner, set_member
from directory.groups.models import GroupInput
from directory.groups.service import add_group, remove_group, set_group_members
from directory.people.models import PersonChange
from directory.people.service import disable_person, enable_person, update_person
from directory.units.models import UnitInput
from directory.units.service import add_unit
from tests.support.commune import add_person, add_space
from web.wiring import wire_services

SETUP = job_actor("set-up of the test")


def id_of(actor: Actor) -> UUID:
    assert actor.id is not None
    return actor.id


async def leave(db: Database, actor: Actor) -> None:
    async with db.write() as tx:
        await disable_person(tx, SETUP, id_of(actor), "left")


async def orphans(db: Database) -> frozenset[UUID]:
    async with db.read() as tx:
        return await list_orphan_ids(tx)


@pytest.fixture
async def people(db: Database) -> list[Actor]:
    """Owner, editor, reader, stranger, administrator."""
    async with db.write() as tx:
        names = ("Owner", "Editor", "Reader", "Stranger", "Admin")
        found = [await add_person(tx, name) for name in names]
    return [*found[:4], replace(found[4], admin=True)]


async def orphan(db: Database, people: list[Actor]) -> UUID:
    async with db.write() as tx:
        space = await add_space(tx, people[0], "Lavoir", editor=people[1].id, reader=people[2].id)
    await leave(db, people[0])
    return space.id


async def test_a_space_is_an_orphan_once_its_last_owner_has_left(db: Database, people: list[Actor]) -> None:
    owner, second = people[0], people[1]
    async with db.write() as tx:
        space = await add_space(tx, owner, "Lavoir")
        data = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=id_of(second), role=Role.OWNER)
        await set_member(tx, owner, space.id, data)
    assert await orphans(db) == frozenset()
    await leave(db, owner)
    assert await orphans(db) == frozenset()
    await leave(db, second)
    assert await orphans(db) == {space.id}
    async with db.read() as tx:
        [figures], _ = await list_for_administration(tx)
    assert (figures.orphan, figures.owners) == (True, ["Editor", "Owner"])
    async with db.write() as tx:
        await enable_person(tx, SETUP, id_of(owner))
    assert await orphans(db) == frozenset()


async def test_a_group_or_a_service_owns_as_long_as_somebody_is_in_it(db: Database, people: list[Actor]) -> None:
    owner, one, two, _, _ = people
    async with db.write() as tx:
        group = await add_group(tx, SETUP, GroupInput(name="Élus"))
        await set_group_members(tx, SETUP, group.id, [id_of(one)])
        unit = await add_unit(tx, SETUP, UnitInput(name="Technique"))
        below = await add_unit(tx, SETUP, UnitInput(name="Voirie", parent_id=unit.id))
        await update_person(tx, SETUP, id_of(two), PersonChange(unit_id=below.id), 1)
        spaces = [(await add_space(tx, owner, title)).id for title in ("Groupe", "Service")]
        for space, kind, principal in zip(
            spaces, (PrincipalKind.GROUP, PrincipalKind.UNIT), (group.id, unit.id), strict=True
        ):
            data = MemberInput(principal_kind=kind, principal_id=principal, role=Role.OWNER)
            await set_member(tx, owner, space, data)
    await leave(db, owner)
    assert await orphans(db) == frozenset()
    await leave(db, two)
    assert await orphans(db) == {spaces[1]}
    async with db.write() as tx:
        await remove_group(tx, SETUP, group.id)
    assert await orphans(db) == set(spaces)


async def test_an_administrator_names_an_owner_and_reads_nothing(db: Database, people: list[Actor]) -> None:
    wire_services(db.bus)
    space = await orphan(db, people)
    _, editor, reader, _, admin = people
    async with db.write() as tx:
        assert [person.display_name for person in await list_heirs(tx, admin, space)] == ["Editor", "Reader"]
        await name_owner(tx, admin, space, id_of(editor))
        assert await require(tx, editor, space, Can.MANAGE) is Role.OWNER
        with pytest.raises(NotFound):
            await require(tx, admin, space, Can.READ)
    await Worker(db, {membership.OWNER_JOB: membership.tell_of_owner}, []).run_due()
    async with db.read() as tx:
        told = {row.person_id: row.text for row in await tx.all(select(Notification))}
        last = await tx.one(
            select(JournalEntry)
            .where(col(JournalEntry.chain) == str(space))
            .order_by(col(JournalEntry.seq).desc())
            .limit(1)
        )
        assert (await journal.verify(tx)).faults == []
    assert told.keys() == {id_of(editor), id_of(reader)}
    assert told[id_of(editor)].startswith("You now own the space")
    assert told[id_of(reader)].startswith("An administrator made %(name)s owner")
    assert (last.action, last.actor_id, last.subject_id) == ("spaces.name_owner", admin.id, editor.id)
    assert await orphans(db) == frozenset()


async def test_somebody_from_elsewhere_can_be_named(db: Database, people: list[Actor]) -> None:
    space = await orphan(db, people)
    async with db.write() as tx:
        await name_owner(tx, people[4], space, id_of(people[3]))
        assert await require(tx, people[3], space, Can.MANAGE) is Role.OWNER


async def test_what_is_refused(db: Database, people: list[Actor]) -> None:
    space = await orphan(db, people)
    owner, editor, _, stranger, admin = people

    async def refused(actor: Actor, person: UUID, error: type[DomainError], where: UUID = space) -> None:
        async with db.write() as tx:
            with pytest.raises(error):
                await name_owner(tx, actor, where, person)

    await refused(editor, id_of(editor), NotFound)  # a member does not help themselves
    await refused(stranger, id_of(stranger), NotFound)
    await refused(replace(admin, scopes=frozenset({"manage"})), id_of(editor), Denied)
    await refused(admin, id_of(owner), Invalid)  # who has left
    await refused(admin, id_of(admin), Conflict)  # who reads nothing there
    await refused(admin, id_of(editor), NotFound, id_of(editor))
    async with db.write() as tx:
        owned = (await add_space(tx, editor, "Autre")).id
    await refused(admin, id_of(stranger), Conflict, owned)
    async with db.read() as tx:
        with pytest.raises(Conflict):
            await list_heirs(tx, admin, owned)
    async with db.write() as tx:
        data = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=id_of(admin), role=Role.READER)
        await name_owner(tx, SETUP, space, id_of(editor))
        await set_member(tx, editor, space, data)
    await leave(db, editor)
    async with db.write() as tx:
        await name_owner(tx, admin, space, id_of(admin))  # reads there already
