"""Who is told that a space is open to them now: the person who was added, once, and nobody else."""

from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Database
from collab.core.i18n import Message
from collab.notifications.models import Kind
from collab.notifications.queries import list_notifications
from collab.spaces.models import MemberInput, PrincipalKind, Role
from collab.spaces.service import remove_member, set_member
from directory.groups.models import GroupInput
from directory.groups.service import add_group, set_group_members
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


async def test_people_of_a_group_find_the_space_by_themselves(db: Database) -> None:
    wire_services(db.bus)
    async with db.write() as tx:
        owner, guest = await add_person(tx, "Owner"), await add_person(tx, "Guest")
        space = await add_space(tx, owner)
        group = await add_group(tx, SETUP, GroupInput(name="Élus"))
        assert guest.id is not None
        await set_group_members(tx, SETUP, group.id, [guest.id])
    await give(db, owner, space.id, group.id, Role.READER, PrincipalKind.GROUP)
    assert await told(db, guest) == []
