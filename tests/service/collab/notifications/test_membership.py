"""Who is told that a space is open to them now, once: whoever was added, alone, with a group or with a service."""

from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Database
from collab.core.i18n import Message
from collab.core.jobs import Worker
from collab.notifications import membership
from collab.notifications.models import Kind
from collab.notifications.queries import list_notifications
from collab.spaces.models import MemberInput, PrincipalKind, Role
from collab.spaces.service import remove_member, set_member
from directory.groups.models import GroupInput
from directory.groups.service import add_group, set_group_members
from directory.people.models import PersonChange
from directory.people.service import update_person
from directory.units.models import UnitInput
from directory.units.service import add_unit
from tests.support.app import SETUP
from tests.support.commune import add_person, add_space
from web.wiring import wire_services


def as_said(message: Message) -> str:
    return message.text % message.params


async def told(db: Database, person: Actor) -> list[tuple[Kind, str, str]]:
    assert person.id is not None
    async with db.read() as tx:
        return [(one.kind, one.text, one.url) for one in await list_notifications(tx, person.id, as_said)]


async def give(
    db: Database, owner: Actor, space: UUID, principal: UUID | None, role: Role, kind: PrincipalKind
) -> None:
    assert principal is not None
    async with db.write() as tx:
        await set_member(tx, owner, space, MemberInput(principal_kind=kind, principal_id=principal, role=role))


async def test_the_person_added_is_told_once(db: Database) -> None:
    wire_services(db.bus)
    async with db.write() as tx:
        owner, guest = await add_person(tx, "Owner"), await add_person(tx, "Guest")
        space = await add_space(tx, owner)
    expected = [(Kind.MEMBERSHIP, "You are now a member of the space “Voirie”.", f"/spaces/{space.id}")]
    await give(db, owner, space.id, guest.id, Role.READER, PrincipalKind.PERSON)
    assert await told(db, guest) == expected
    await give(db, owner, space.id, guest.id, Role.OWNER, PrincipalKind.PERSON)
    assert await told(db, guest) == expected
    assert await told(db, owner) == []
    async with db.write() as tx:
        assert guest.id is not None
        await remove_member(tx, owner, space.id, guest.id)
    await give(db, owner, space.id, guest.id, Role.EDITOR, PrincipalKind.PERSON)
    assert await told(db, guest) == expected * 2


async def work(db: Database) -> None:
    await Worker(db, {membership.JOB: membership.tell_members}).run_due()


async def test_the_people_of_a_group_and_of_a_service_are_told_like_those_added_themselves(db: Database) -> None:
    wire_services(db.bus)
    async with db.write() as tx:
        owner, guest, agent, other = [await add_person(tx, name) for name in ("Owner", "Guest", "Agent", "Other")]
        space = await add_space(tx, owner)
        group = await add_group(tx, SETUP, GroupInput(name="Élus"))
        unit = await add_unit(tx, SETUP, UnitInput(name="Voirie"))
        below = await add_unit(tx, SETUP, UnitInput(name="Atelier", parent_id=unit.id))
        assert guest.id is not None and owner.id is not None and agent.id is not None and other.id is not None
        await update_person(tx, SETUP, agent.id, PersonChange(unit_id=below.id), 1)
        await set_group_members(tx, SETUP, group.id, [guest.id, owner.id])
    expected = [(Kind.MEMBERSHIP, "You are now a member of the space “Voirie”.", f"/spaces/{space.id}")]
    await give(db, owner, space.id, group.id, Role.READER, PrincipalKind.GROUP)
    await work(db)
    assert await told(db, guest) == expected
    assert await told(db, owner) == []  # was in it before, and did it
    await give(db, owner, space.id, unit.id, Role.READER, PrincipalKind.UNIT)
    await work(db)
    assert await told(db, agent) == expected
    async with db.write() as tx:  # who joins the group later comes in as well; who had another way in is not told
        await set_group_members(tx, SETUP, group.id, [guest.id, owner.id, agent.id, other.id])
    await work(db)
    assert await told(db, other) == await told(db, agent) == await told(db, guest) == expected
    await give(db, owner, space.id, group.id, Role.EDITOR, PrincipalKind.GROUP)
    await work(db)
    assert await told(db, guest) == expected


async def test_a_group_that_is_gone_again_tells_nobody(db: Database) -> None:
    wire_services(db.bus)
    async with db.write() as tx:
        owner, guest = await add_person(tx, "Owner"), await add_person(tx, "Guest")
        space = await add_space(tx, owner)
        group = await add_group(tx, SETUP, GroupInput(name="Élus"))
        assert guest.id is not None
        await set_group_members(tx, SETUP, group.id, [guest.id])
    await give(db, owner, space.id, group.id, Role.READER, PrincipalKind.GROUP)
    async with db.write() as tx:
        await remove_member(tx, owner, space.id, group.id)
    await work(db)
    assert await told(db, guest) == []
