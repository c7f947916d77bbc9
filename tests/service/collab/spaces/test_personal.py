"""Personal files: one space a person, for them alone, in no list; whose person has left is handed over once."""

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.access import PUBLIC, Actor, job_actor
from collab.core.database import Database
from collab.core.errors import Conflict, Denied, NotFound
from collab.core.journal import JournalDetails, JournalEntry
from collab.spaces.access import Can, require
from collab.spaces.models import MemberInput, PrincipalKind, Role, Space, SpaceChange
from collab.spaces.personal import find_personal_space, personal_space
from collab.spaces.queries import list_for_administration, list_spaces
from collab.spaces.service import name_owner, remove_member, set_member, update_space
from directory.people.service import disable_person
from tests.support.commune import add_person

SETUP = job_actor("set-up of the test")


@pytest.fixture
async def lea(db: Database) -> Actor:
    async with db.write() as tx:
        return await add_person(tx, "Léa")


async def space_of(db: Database, actor: Actor) -> UUID:
    async with db.write() as tx:
        return await personal_space(tx, actor)


async def test_it_is_made_at_its_first_use_and_stays_the_same(db: Database, lea: Actor) -> None:
    async with db.read() as tx:
        assert await find_personal_space(tx, lea) is None
    first, second = await asyncio.gather(space_of(db, lea), space_of(db, lea))
    assert first == second
    async with db.read() as tx:
        assert await find_personal_space(tx, lea) == first
        assert await require(tx, lea, first, Can.MANAGE) is Role.OWNER
        assert await list_spaces(tx, lea) == []
        assert await list_for_administration(tx, orphan=False) == ([], None)
        actions = await tx.all(select(col(JournalEntry.action)).where(col(JournalEntry.chain) == str(first)))
        assert actions == ["spaces.create_personal"]


async def test_nobody_else_gets_in(db: Database, lea: Actor) -> None:
    space = await space_of(db, lea)
    async with db.write() as tx:
        other = await add_person(tx, "Hugo")
    assert await space_of(db, other) != space
    async with db.write() as tx:
        with pytest.raises(NotFound):
            await require(tx, other, space, Can.READ)
        with pytest.raises(NotFound):
            await require(tx, replace(other, admin=True), space, Can.READ)
        with pytest.raises(Conflict, match="personal"):
            member = MemberInput(
                principal_kind=PrincipalKind.PERSON, principal_id=UUID(str(other.id)), role=Role.READER
            )
            await set_member(tx, lea, space, member)
        with pytest.raises(Conflict, match="personal"):
            await update_space(tx, lea, space, SpaceChange(title="À moi"), 1)
        with pytest.raises(Conflict):
            await remove_member(tx, lea, space, UUID(str(lea.id)))


@pytest.mark.parametrize("actor", [PUBLIC, SETUP])
async def test_who_is_no_person_has_none(db: Database, actor: Actor) -> None:
    with pytest.raises(Denied):
        await space_of(db, actor)


async def test_a_leaver_s_files_are_handed_over_as_a_shared_space(db: Database, lea: Actor) -> None:
    space = await space_of(db, lea)
    async with db.write() as tx:
        heir = await add_person(tx, "Hugo")
        admin = replace(await add_person(tx, "Admin"), admin=True)
        with pytest.raises(Conflict):
            await name_owner(tx, admin, space, UUID(str(heir.id)))  # Léa is still there
        await disable_person(tx, SETUP, UUID(str(lea.id)), "left")
    async with db.read() as tx:
        [figures], _ = await list_for_administration(tx, orphan=True)
        assert (figures.id, figures.personal, figures.owners) == (space, True, ["Léa"])
    async with db.write() as tx:
        with pytest.raises(Conflict):
            await name_owner(tx, admin, space, UUID(str(admin.id)))  # not to oneself
        await name_owner(tx, admin, space, UUID(str(heir.id)))
    async with db.read() as tx:
        [view] = await list_spaces(tx, heir)
        assert (view.id, view.title, view.personal) == (space, "Léa", False)
        found = await tx.get(Space, space)
        assert found is not None
        assert found.owner_id is None
        [entry] = await tx.all(select(JournalEntry).where(col(JournalEntry.action) == "spaces.name_owner"))
        details = await tx.get(JournalDetails, entry.id)
        assert details is not None
        assert details.details["personal_files_of"] == str(lea.id)
    assert await space_of(db, lea) != space  # should she come back
