"""What two administrators do at the same time ends as if one had come after the other."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, ActorKind, job_actor
from collab.core.database import Database, Tx
from collab.core.errors import Conflict, Invalid, StaleRevision
from directory.groups.models import GroupInput, GroupMember
from directory.groups.service import add_group, set_group_members
from directory.people.models import Person, PersonChange, PersonInput
from directory.people.service import add_person, disable_person, set_admin, update_person
from directory.units.models import Unit, UnitChange, UnitInput
from directory.units.queries import list_units
from directory.units.service import add_unit, change_unit

SETUP = job_actor("set-up of the test")


async def add_administrator(db: Database, login: str) -> Actor:
    async with db.write() as tx:
        person = await add_person(tx, SETUP, PersonInput(login=login, display_name=login, is_admin=True))
    return Actor(ActorKind.PERSON, person.id, admin=True)


async def race(db: Database, *attempts: Callable[[Tx], Awaitable[object]]) -> list[bool]:
    """Run each in a transaction of its own, all at once; which were accepted, the refused first."""

    async def run(attempt: Callable[[Tx], Awaitable[object]]) -> bool:
        try:
            async with db.write() as tx:
                await attempt(tx)
        except (Conflict, Invalid, StaleRevision):
            return False
        return True

    return sorted(await asyncio.gather(*(run(attempt) for attempt in attempts)))


def oust(how: str, actor: Actor, other: Actor) -> Callable[[Tx], Awaitable[object]]:
    assert other.id is not None
    key = other.id
    if how == "disabling":
        return lambda tx: disable_person(tx, actor, key, "left")
    return lambda tx: set_admin(tx, actor, key, False)


@pytest.mark.parametrize(
    "hows", [("demotion", "demotion"), ("disabling", "disabling"), ("disabling", "demotion")], ids="-".join
)
async def test_two_administrators_who_oust_each_other_leave_one(db: Database, hows: tuple[str, str]) -> None:
    for number in range(5):
        first = await add_administrator(db, f"first{number}")
        second = await add_administrator(db, f"second{number}")
        assert await race(db, oust(hows[0], first, second), oust(hows[1], second, first)) == [False, True]
        async with db.write() as tx:
            left = await tx.all(select(Person).where(col(Person.is_admin), col(Person.active)))
            assert len(left) == 1
            left[0].is_admin = False  # so that the next round begins with two


async def test_of_two_changes_of_one_person_one_is_stale(db: Database) -> None:
    admin = await add_administrator(db, "admin")
    async with db.write() as tx:
        person = await add_person(tx, SETUP, PersonInput(login="agent", display_name="Agent"))

    def change(title: str) -> Callable[[Tx], Awaitable[object]]:
        return lambda tx: update_person(tx, admin, person.id, PersonChange(title=title), 1)

    assert await race(db, change("Directrice"), change("Cheffe de service")) == [False, True]


async def test_of_two_names_of_one_service_one_is_stale(db: Database) -> None:
    async with db.write() as tx:
        unit = await add_unit(tx, SETUP, UnitInput(name="Voirie"))

    def rename(name: str) -> Callable[[Tx], Awaitable[object]]:
        return lambda tx: change_unit(tx, SETUP, unit.id, UnitChange(name=name), 1)

    first, second = rename("Espaces verts"), rename("Espaces publics")
    assert await race(db, first, second) == [False, True]
    async with db.read() as tx:
        kept = await tx.get(Unit, unit.id)
        assert kept is not None
        assert kept.rev == 2


async def test_two_lists_of_a_group_at_once_end_as_one_of_them(db: Database) -> None:
    people: list[UUID] = []
    async with db.write() as tx:
        for number in range(4):
            people.append((await add_person(tx, SETUP, PersonInput(login=f"p{number}", display_name="P"))).id)
        group = await add_group(tx, SETUP, GroupInput(name="Chefs de projet"))
        await set_group_members(tx, SETUP, group.id, people[:1])
    lists = [people[:3], people[1:]]

    def fill(wanted: list[UUID]) -> Callable[[Tx], Awaitable[object]]:
        return lambda tx: set_group_members(tx, SETUP, group.id, wanted)

    first, second = [fill(wanted) for wanted in lists]
    assert await race(db, first, second) == [True, True]
    async with db.read() as tx:
        members = await tx.all(select(col(GroupMember.person_id)).where(col(GroupMember.group_id) == group.id))
    assert sorted(members) in [sorted(wanted) for wanted in lists]


def put(unit: UUID, inside: UUID) -> Callable[[Tx], Awaitable[object]]:
    return lambda tx: change_unit(tx, SETUP, unit, UnitChange(parent_id=inside), 1)


async def test_two_services_are_not_put_into_each_other(db: Database) -> None:
    for number in range(5):
        async with db.write() as tx:
            one = await add_unit(tx, SETUP, UnitInput(name=f"Un {number}"))
            two = await add_unit(tx, SETUP, UnitInput(name=f"Deux {number}"))
        accepted = await race(db, put(one.id, two.id), put(two.id, one.id))
        assert accepted == [False, True]
        async with db.read() as tx:
            tree = {unit.id: unit.depth for unit in await list_units(tx, SETUP)}
        assert sorted((tree[one.id], tree[two.id])) == [0, 1]
