"""Roles in spaces: what each may do, through whom it comes, and that a space is never without an owner."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core import journal
from collab.core.access import PUBLIC, Actor, ActorKind, job_actor, watching
from collab.core.database import Database, Tx
from collab.core.errors import Conflict, Denied, Invalid, NotFound, StaleRevision
from collab.core.ids import new_id
from collab.core.journal import JournalDetails, JournalEntry
from collab.spaces.access import Can, require
from collab.spaces.events import MembersChanged
from collab.spaces.models import (
    DataClass,
    MemberInput,
    PrincipalKind,
    Role,
    Space,
    SpaceChange,
    SpaceInput,
    SpaceMember,
)
from collab.spaces.queries import list_for_administration, list_members, list_people, list_spaces
from collab.spaces.service import create_space, remove_member, set_member, update_space
from directory.groups.models import GroupInput
from directory.groups.service import add_group, remove_group, set_group_members
from directory.people.models import Person
from directory.people.service import disable_person
from directory.units.models import UnitInput
from directory.units.service import add_unit
from tests.support.commune import add_person, add_space

SETUP = job_actor("set-up of the test")


@dataclass
class Town:
    space: UUID
    owner: Actor
    editor: Actor
    reader: Actor
    stranger: Actor
    admin: Actor


@pytest.fixture
async def town(db: Database) -> Town:
    async with db.write() as tx:
        owner, editor, reader, stranger, admin = [
            await add_person(tx, name) for name in ("Owner", "Editor", "Reader", "Stranger", "Admin")
        ]
        space = await add_space(tx, owner, "Rénovation de l’école", editor=editor.id, reader=reader.id)
    return Town(space.id, owner, editor, reader, stranger, replace(admin, admin=True))


def member(actor: Actor, role: Role) -> MemberInput:
    assert actor.id is not None
    return MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=actor.id, role=role)


def of(kind: PrincipalKind, principal: UUID, role: Role) -> MemberInput:
    return MemberInput(principal_kind=kind, principal_id=principal, role=role)


ALLOWED = {"owner": set(Can), "editor": {Can.READ, Can.EDIT}, "reader": {Can.READ}}


@pytest.mark.parametrize("can", list(Can))
@pytest.mark.parametrize("who", ["owner", "editor", "reader"])
async def test_a_role_allows_what_it_says(db: Database, town: Town, who: str, can: Can) -> None:
    async with db.read() as tx:
        with watching() as decisions:
            if can in ALLOWED[who]:
                assert await require(tx, getattr(town, who), town.space, can) is Role(who)
            else:
                with pytest.raises(Denied):
                    await require(tx, getattr(town, who), town.space, can)
        assert decisions == [f"space:{can}"]


OUTSIDERS: dict[str, Callable[[Town], Actor]] = {
    "stranger": lambda town: town.stranger,
    "administrator": lambda town: town.admin,
    "public": lambda _: PUBLIC,
    "job": lambda _: job_actor("a job"),
    "guest with a member's id": lambda town: Actor(ActorKind.GUEST, town.owner.id),
    "link with a member's id": lambda town: Actor(ActorKind.LINK, town.owner.id),
    "guest who names a member as group": lambda town: Actor(ActorKind.GUEST, new_id(), groups=town.owner.principals),
}


@pytest.mark.parametrize("who", OUTSIDERS)
async def test_outsiders_do_not_learn_that_a_space_exists(db: Database, town: Town, who: str) -> None:
    actor = OUTSIDERS[who](town)
    async with db.write() as tx:
        for can in Can:
            with pytest.raises(NotFound):
                await require(tx, actor, town.space, can)
        attempts: list[Awaitable[Any]] = [
            list_members(tx, actor, town.space),
            list_people(tx, actor, town.space),
            update_space(tx, actor, town.space, SpaceChange(title="Autre"), 1),
            set_member(tx, actor, town.space, member(town.stranger, Role.OWNER)),
            remove_member(tx, actor, town.space, town.reader.id or new_id()),
        ]
        for attempt in attempts:
            with pytest.raises(NotFound):
                await attempt
        assert await list_spaces(tx, actor) == []


async def test_a_space_that_does_not_exist_looks_like_one_of_others(db: Database, town: Town) -> None:
    async with db.read() as tx:
        with pytest.raises(NotFound) as missing:
            await require(tx, town.owner, new_id(), Can.READ)
        with pytest.raises(NotFound) as foreign:
            await require(tx, town.stranger, town.space, Can.READ)
    assert (missing.value.code, missing.value.message) == (foreign.value.code, foreign.value.message)


async def test_administrators_see_figures_and_no_content(db: Database, town: Town) -> None:
    async with db.read() as tx:
        [figures], _ = await list_for_administration(tx)
    assert figures.members == 3
    assert figures.owners == ["Owner"]
    assert "école" not in figures.model_dump_json()


SCOPES: dict[frozenset[str], set[Can]] = {
    frozenset(): set(),
    frozenset({"read"}): {Can.READ},
    frozenset({"write"}): {Can.EDIT},
    frozenset({"read", "write"}): {Can.READ, Can.EDIT},
    frozenset({"read", "write", "manage"}): set(Can),
    frozenset({"admin"}): set(),
}


@pytest.mark.parametrize("scopes", SCOPES, ids=lambda scopes: "+".join(sorted(scopes)) or "none")
async def test_a_token_does_no_more_than_its_scopes_and_its_person(
    db: Database, town: Town, scopes: frozenset[str]
) -> None:
    def token(person: Actor) -> Actor:
        return Actor(ActorKind.TOKEN, person.id, scopes=scopes)

    async with db.read() as tx:
        for who in ("owner", "editor", "reader"):
            for can in Can:
                if can in SCOPES[scopes] & ALLOWED[who]:
                    await require(tx, token(getattr(town, who)), town.space, can)
                else:
                    with pytest.raises(Denied):
                        await require(tx, token(getattr(town, who)), town.space, can)
        with pytest.raises(NotFound):
            await require(tx, token(town.stranger), town.space, Can.READ)


async def test_only_people_with_the_right_scope_make_spaces(db: Database, town: Town) -> None:
    data = SpaceInput(title="Finances", data_class=DataClass.FINANCIAL)
    async with db.write() as tx:
        for actor in (PUBLIC, job_actor("a job"), Actor(ActorKind.GUEST, new_id())):
            with pytest.raises(Denied):
                await create_space(tx, actor, data)
        for scopes in ({"read"}, {"read", "write"}):
            with pytest.raises(Denied):
                await create_space(tx, Actor(ActorKind.TOKEN, town.owner.id, scopes=frozenset(scopes)), data)
        made = await create_space(tx, Actor(ActorKind.TOKEN, town.owner.id, scopes=frozenset({"manage"})), data)
    async with db.read() as tx:
        assert await require(tx, town.owner, made.id, Can.MANAGE) is Role.OWNER


async def test_groups_and_units_above_give_their_role(db: Database, town: Town) -> None:
    async with db.write() as tx:
        above = await add_unit(tx, SETUP, UnitInput(name="Services techniques"))
        below = await add_unit(tx, SETUP, UnitInput(name="Voirie", parent_id=above.id))
        beside = await add_unit(tx, SETUP, UnitInput(name="Culture"))
        group = await add_group(tx, SETUP, GroupInput(name="Chefs de projet"))
        worker, artist, leader = [await add_person(tx, name) for name in ("Worker", "Artist", "Leader")]
        for actor, unit in ((worker, below), (artist, beside)):
            person = await tx.get(Person, actor.id)
            assert person is not None
            person.unit_id = unit.id
        await set_group_members(tx, SETUP, group.id, [leader.id or new_id()])
        await set_member(tx, town.owner, town.space, of(PrincipalKind.UNIT, above.id, Role.READER))
        await set_member(tx, town.owner, town.space, of(PrincipalKind.GROUP, group.id, Role.EDITOR))
    worker = replace(worker, groups=frozenset({below.id, above.id}))
    artist = replace(artist, groups=frozenset({beside.id}))
    leader = replace(leader, groups=frozenset({group.id}))
    both = replace(town.reader, groups=frozenset({group.id, above.id}))
    async with db.read() as tx:
        assert await require(tx, worker, town.space, Can.READ) is Role.READER
        assert await require(tx, leader, town.space, Can.EDIT) is Role.EDITOR
        assert await require(tx, both, town.space, Can.EDIT) is Role.EDITOR  # the strongest of several
        with pytest.raises(NotFound):
            await require(tx, artist, town.space, Can.READ)
        [listed] = await list_spaces(tx, both)
        assert listed.role is Role.EDITOR
        people, _ = await list_people(tx, town.reader, town.space)
        assert [one.display_name for one in people] == ["Editor", "Leader", "Owner", "Reader", "Worker"]
        assert [one.name for one in await list_members(tx, town.reader, town.space)] == [
            "Owner",
            "Chefs de projet",
            "Editor",
            "Reader",
            "Services techniques",
        ]
    async with db.write() as tx:
        await remove_group(tx, SETUP, group.id)
        with pytest.raises(Invalid):
            await set_member(tx, town.owner, town.space, of(PrincipalKind.GROUP, group.id, Role.READER))
    async with db.read() as tx:
        assert "Leader" not in [one.display_name for one in (await list_people(tx, town.reader, town.space))[0]]


async def test_only_who_is_in_the_directory_becomes_a_member(db: Database, town: Town) -> None:
    async with db.write() as tx:
        boss = await add_person(tx, "Boss")
        person = await tx.get(Person, boss.id)
        assert person is not None
        person.is_admin = True
        await disable_person(tx, SETUP, town.stranger.id or new_id(), "left")
        for data in (
            of(PrincipalKind.PERSON, new_id(), Role.READER),
            of(PrincipalKind.GROUP, town.editor.id or new_id(), Role.READER),  # an id of another kind
            of(PrincipalKind.PERSON, town.stranger.id or new_id(), Role.READER),
        ):
            with pytest.raises(Invalid) as refused:
                await set_member(tx, town.owner, town.space, data)
            assert set(refused.value.errors) == {"principal_id"}


async def test_a_space_keeps_an_owner(db: Database, town: Town) -> None:
    async with db.write() as tx:
        for attempt in (
            remove_member(tx, town.owner, town.space, town.owner.id or new_id()),
            set_member(tx, town.owner, town.space, member(town.owner, Role.READER)),
        ):
            with pytest.raises(Conflict) as refused:
                await attempt
            assert refused.value.code == "spaces.last_owner"
        await set_member(tx, town.owner, town.space, member(town.editor, Role.OWNER))
        await remove_member(tx, town.owner, town.space, town.owner.id or new_id())
    async with db.read() as tx:
        assert await require(tx, town.editor, town.space, Can.MANAGE) is Role.OWNER
        with pytest.raises(NotFound):
            await require(tx, town.owner, town.space, Can.READ)


@pytest.mark.parametrize("round_", range(5))
async def test_two_owners_who_leave_at_once_do_not_both_leave(db: Database, town: Town, round_: int) -> None:
    async with db.write() as tx:
        await set_member(tx, town.owner, town.space, member(town.editor, Role.OWNER))

    async def leave(actor: Actor) -> bool:
        try:
            async with db.write() as tx:
                await remove_member(tx, actor, town.space, actor.id or new_id())
        except Conflict:
            return False
        return True

    assert sorted(await asyncio.gather(leave(town.owner), leave(town.editor))) == [False, True]
    async with db.read() as tx:
        roles = await tx.all(select(col(SpaceMember.role)).where(col(SpaceMember.space_id) == town.space))
    assert sorted(roles) == ["owner", "reader"]


async def test_two_who_add_the_same_member_at_once_both_succeed(db: Database, town: Town) -> None:
    async def add(role: Role) -> None:
        async with db.write() as tx:
            await set_member(tx, town.owner, town.space, member(town.stranger, role))

    await asyncio.gather(*(add(role) for role in (Role.READER, Role.EDITOR, Role.READER, Role.EDITOR)))
    async with db.read() as tx:
        assert await require(tx, town.stranger, town.space, Can.READ) in (Role.READER, Role.EDITOR)


async def test_members_may_leave_and_send_nobody_away(db: Database, town: Town) -> None:
    async with db.write() as tx:
        for actor in (town.editor, town.reader):
            with pytest.raises(Denied):
                await remove_member(tx, actor, town.space, town.owner.id or new_id())
            with pytest.raises(Denied):
                await set_member(tx, actor, town.space, member(actor, Role.OWNER))
        await remove_member(tx, town.reader, town.space, town.reader.id or new_id())
        await remove_member(tx, town.owner, town.space, town.stranger.id or new_id())  # no role: nothing happens
    async with db.read() as tx:
        assert len(await list_members(tx, town.owner, town.space)) == 2


async def test_a_stale_change_is_refused_with_both_versions(db: Database, town: Town) -> None:
    async with db.write() as tx:
        await update_space(tx, town.owner, town.space, SpaceChange(title="École Jean-Jaurès"), 1)
    with pytest.raises(StaleRevision) as refused:
        async with db.write() as tx:
            await update_space(tx, town.owner, town.space, SpaceChange(title="École Louise-Michel"), 1)
    assert refused.value.extra["current"]["title"] == "École Jean-Jaurès"  # type: ignore[index]
    assert refused.value.extra["yours"] == {"title": "École Louise-Michel"}
    async with db.read() as tx:
        space = await tx.get(Space, town.space)
        assert space is not None
        assert (space.title, space.rev) == ("École Jean-Jaurès", 2)


async def test_two_changes_at_once_keep_one_and_refuse_the_other(db: Database, town: Town) -> None:
    async def change(title: str) -> bool:
        try:
            async with db.write() as tx:
                await update_space(tx, town.owner, town.space, SpaceChange(title=title), 1)
        except StaleRevision:
            return False
        return True

    assert sorted(await asyncio.gather(change("Premier"), change("Second"))) == [False, True]


async def test_every_change_of_rights_stands_in_the_chain_of_the_space(db: Database, town: Town) -> None:
    async with db.write() as tx:
        await set_member(tx, town.owner, town.space, member(town.stranger, Role.READER))
        await set_member(tx, town.owner, town.space, member(town.stranger, Role.EDITOR))
        await remove_member(tx, town.stranger, town.space, town.stranger.id or new_id())
        await update_space(tx, town.owner, town.space, SpaceChange(data_class=DataClass.PERSONAL), 1)
    async with db.read() as tx:
        rows = await tx.rows(
            select(JournalEntry, JournalDetails)
            .join(JournalDetails, col(JournalDetails.entry_id) == col(JournalEntry.id))
            .where(col(JournalEntry.chain) == str(town.space))
            .order_by(col(JournalEntry.seq))
        )
        report = await journal.verify(tx)
    assert report.faults == []
    told = [(entry.action, entry.actor_id, entry.subject_id, details.details) for entry, details in rows]
    owner, stranger = town.owner.id, town.stranger.id
    assert told == [
        ("spaces.create", owner, town.space, {"title": "Rénovation de l’école"}),
        ("spaces.set_member", owner, town.editor.id, {"role": "editor"}),
        ("spaces.set_member", owner, town.reader.id, {"role": "reader"}),
        ("spaces.set_member", owner, stranger, {"role": "reader"}),
        ("spaces.set_member", owner, stranger, {"role": "editor"}),
        ("spaces.remove_member", stranger, stranger, {}),
        ("spaces.update", owner, town.space, {"data_class": "personal"}),
    ]


async def test_what_is_refused_leaves_no_trace(db: Database, town: Town) -> None:
    heard: list[MembersChanged] = []

    async def hear(_tx: Tx, fact: MembersChanged) -> None:
        heard.append(fact)

    db.bus.within(MembersChanged, hear)
    with pytest.raises(Denied):
        async with db.write() as tx:
            await set_member(tx, town.owner, town.space, member(town.stranger, Role.READER))
            await set_member(tx, town.reader, town.space, member(town.stranger, Role.OWNER))
    assert heard == []
    async with db.read() as tx:
        with pytest.raises(NotFound):
            await require(tx, town.stranger, town.space, Can.READ)
        count = len(await tx.all(select(col(JournalEntry.id)).where(col(JournalEntry.chain) == str(town.space))))
    assert count == 3
