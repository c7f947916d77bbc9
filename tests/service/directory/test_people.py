"""Local accounts, services and groups; the search; who may do what in the directory."""

from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest
from pydantic import ValidationError
from sqlalchemy import select
from sqlmodel import col

from collab.core import journal
from collab.core.access import PUBLIC, Actor, ActorKind, job_actor, watching
from collab.core.database import Database, Tx
from collab.core.errors import Conflict, Denied, DomainError, Invalid, NotFound, StaleRevision
from collab.core.events import Fact
from collab.core.ids import new_id
from collab.core.journal import JournalEntry
from directory.groups import queries as groups
from directory.groups.access import get_group
from directory.groups.events import GroupMembersChanged
from directory.groups.models import GroupInput
from directory.groups.service import (
    add_group,
    add_group_member,
    remove_group,
    remove_group_member,
    rename_group,
    set_group_members,
)
from directory.people import queries, service
from directory.people.access import Can, get_person, require
from directory.people.events import PersonChanged, PersonDisabled
from directory.people.models import Person, PersonChange, PersonInput, SettingsChange, Source
from directory.units.access import get_unit
from directory.units.models import UnitChange, UnitInput
from directory.units.queries import list_units
from directory.units.service import add_unit, change_unit, remove_unit

CLI = job_actor("command line")


def actor(person: Person, **changes: object) -> Actor:
    return Actor(ActorKind.PERSON, person.id, admin=person.is_admin, **changes)  # type: ignore[arg-type]  # fields of it


async def add(db: Database, login: str, name: str = "", **more: object) -> Person:
    async with db.write() as tx:
        data = PersonInput.model_validate({"login": login, "display_name": name or login, **more})
        return await service.add_person(tx, CLI, data)


@pytest.fixture
async def facts(db: Database) -> AsyncIterator[list[Fact]]:
    seen: list[Fact] = []

    async def note(fact: Fact) -> None:
        seen.append(fact)

    for kind in (PersonChanged, PersonDisabled, GroupMembersChanged):
        db.bus.after(kind, note)
    yield seen


async def test_a_local_account(db: Database, facts: list[Fact]) -> None:
    person = await add(db, "Admin", "Administratrice", is_admin=True)
    assert (person.login, person.source, person.source_key) == ("admin", Source.LOCAL, str(person.id))
    async with db.write() as tx:
        changed = await service.update_person(
            tx, CLI, person.id, PersonChange(given_name="Zoé", family_name="Œuvray"), person.rev
        )
    assert (changed.rev, changed.sort_name) == (2, "oeuvray zoe")
    assert facts == [PersonChanged(person_id=person.id)]
    async with db.write() as tx:
        with pytest.raises(StaleRevision):
            await service.update_person(tx, CLI, person.id, PersonChange(title="x"), 1)
    async with db.read() as tx:
        assert (await journal.verify(tx)).faults == []
        statement = select(col(JournalEntry.action)).order_by(col(JournalEntry.seq))
        assert await tx.all(statement) == ["people.add", "people.set_admin", "people.update"]


async def test_a_login_belongs_to_one_active_person(db: Database) -> None:
    first = await add(db, "paul")
    with pytest.raises(Conflict, match=r"people\.login_taken"):
        await add(db, "PAUL")
    async with db.write() as tx:
        await service.disable_person(tx, CLI, first.id, "left")
    second = await add(db, "paul")
    async with db.write() as tx:
        with pytest.raises(Conflict, match=r"people\.login_taken"):
            await service.enable_person(tx, CLI, first.id)
    async with db.read() as tx:
        found = await queries.find_by_login(tx, " Paul ")
    assert found is not None
    assert found.id == second.id


async def test_disabling_is_told_within_the_transaction(db: Database, facts: list[Fact]) -> None:
    person = await add(db, "paul")
    within: list[tuple[UUID, bool]] = []

    async def end_sessions(tx: Tx, fact: PersonDisabled) -> None:
        found = await tx.get(Person, fact.person_id)
        assert found is not None
        within.append((found.id, found.active))

    db.bus.within(PersonDisabled, end_sessions)
    async with db.write() as tx:
        await service.disable_person(tx, CLI, person.id, "retired")
        await service.disable_person(tx, CLI, person.id, "again")
    assert within == [(person.id, False)]
    assert facts == [PersonDisabled(person_id=person.id, reason="retired")]
    async with db.write() as tx:
        back = await service.enable_person(tx, CLI, person.id)
    assert (back.active, back.disabled_at) == (True, None)


async def test_the_last_administrator_stays(db: Database) -> None:
    only = await add(db, "admin", is_admin=True)
    async with db.write() as tx:
        with pytest.raises(Conflict, match=r"people\.last_admin"):
            await service.disable_person(tx, CLI, only.id, "left")
        with pytest.raises(Conflict, match=r"people\.last_admin"):
            await service.set_admin(tx, CLI, only.id, False)
    await add(db, "other", is_admin=True)
    async with db.write() as tx:
        assert not (await service.set_admin(tx, CLI, only.id, False)).is_admin


async def test_what_comes_from_the_directory_is_changed_there(db: Database) -> None:
    person = await add(db, "paul")
    async with db.write() as tx:
        row = await tx.get(Person, person.id)
        assert row is not None
        row.source, row.source_key = Source.LDAP.value, "key"
    async with db.write() as tx:
        with pytest.raises(Conflict, match=r"people\.from_directory"):
            await service.update_person(tx, CLI, person.id, PersonChange(title="x"), 1)
        await service.disable_person(tx, CLI, person.id, "misuse")
        with pytest.raises(Conflict, match=r"people\.from_directory"):
            await service.enable_person(tx, CLI, person.id)
        found = await queries.find_by_key(tx, Source.LDAP, "key")
        assert found is not None


@pytest.mark.parametrize(
    "data",
    [
        {"login": ""},
        {"login": "a b"},
        {"login": "../etc"},
        {"login": "x" * 101},
        {"display_name": " "},
        {"display_name": "a\0b"},
        {"mail": "nobody"},
        {"mail": "a@b\nBcc: c@d"},
        {"phone": "1\r\n2"},
        {"title": "x" * 101},
        {"admin": True},
    ],
)
def test_what_cannot_be_an_account_is_refused(data: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PersonInput.model_validate({"login": "paul", "display_name": "Paul", **data})


async def test_a_service_that_is_not_there(db: Database) -> None:
    with pytest.raises(Invalid) as refused:
        await add(db, "paul", unit_id=new_id())
    assert "unit_id" in refused.value.errors


async def test_people_are_found_whatever_their_accents(db: Database) -> None:
    for login, given, family in (
        ("zoe", "Zoé", "Œuvray"),
        ("djordje", "Đorđe", "Đurić"),
        ("karl", "Karl", "Weiß"),
        ("lena", "Léna", "Ørsted"),
        ("hanako", "花子", "山田"),
        ("percent", "100%", "Sûr_e"),
    ):
        await add(db, login, f"{given} {family}", given_name=given, family_name=family)

    async def search(words: str) -> list[str]:
        async with db.read() as tx:
            page = await queries.list_people(tx, CLI, search=words)
        return [person.display_name for person in page.items]

    assert await search("oeuvray") == await search("ŒUVRAY zoe") == ["Zoé Œuvray"]
    assert await search("dorde") == ["Đorđe Đurić"]
    assert await search("WEISS") == ["Karl Weiß"]
    assert await search("orsted léna") == ["Léna Ørsted"]
    assert await search("山田") == ["花子 山田"]
    assert await search("100%") == ["100% Sûr_e"]
    assert await search("%") == ["100% Sûr_e"]
    assert await search("_") == ["100% Sûr_e"]
    assert await search("zoe karl") == []
    assert len(await search("  ")) == 6


async def test_lists_come_in_pages(db: Database) -> None:
    for number in range(7):
        await add(db, f"p{number}", "Même Nom" if number < 4 else f"Autre {number}")
    seen: list[UUID] = []
    after: UUID | None = None
    while True:
        async with db.read() as tx:
            page = await queries.list_people(tx, CLI, after=after, limit=3)
        seen += [person.id for person in page.items]
        if page.next is None:
            break
        after = page.next
    assert len(seen) == len(set(seen)) == 7
    async with db.read() as tx:
        with pytest.raises(NotFound):
            await queries.list_people(tx, CLI, after=new_id())


async def test_services_are_a_tree(db: Database) -> None:
    async with db.write() as tx:
        technical = await add_unit(tx, CLI, UnitInput(name="Technique"))
        roads = await add_unit(tx, CLI, UnitInput(name="Voirie", parent_id=technical.id))
        parks = await add_unit(tx, CLI, UnitInput(name="Écoles et parcs", parent_id=technical.id))
        culture = await add_unit(tx, CLI, UnitInput(name="Culture"))
    await add(db, "chef", unit_id=technical.id)
    agent = await add(db, "agent", unit_id=roads.id)
    async with db.read() as tx:
        tree = [(unit.name, unit.depth, unit.people, unit.people_below) for unit in await list_units(tx, CLI)]
        below = await queries.list_people(tx, CLI, unit=technical.id)
        alone = await queries.list_people(tx, CLI, unit=parks.id)
        view = await queries.view_person(tx, CLI, agent.id)
        principals = await queries.principals_of(tx, agent)
    assert tree == [("Culture", 0, 0, 0), ("Technique", 0, 1, 2), ("Écoles et parcs", 1, 0, 0), ("Voirie", 1, 1, 1)]
    assert {person.display_name for person in below.items} == {"chef", "agent"}
    assert alone.items == []
    assert [unit.name for unit in view.units] == ["Technique", "Voirie"]
    assert view.unit == view.units[-1]
    assert principals == {technical.id, roads.id}
    async with db.write() as tx:
        with pytest.raises(Conflict, match=r"units\.not_empty"):
            await remove_unit(tx, CLI, technical.id)
        assert (await change_unit(tx, CLI, culture.id, UnitChange(name="Culture et sport"), 1)).rev == 2
        with pytest.raises(StaleRevision):
            await change_unit(tx, CLI, culture.id, UnitChange(name="Sport"), 1)
        await remove_unit(tx, CLI, culture.id)
        with pytest.raises(Invalid):
            await add_unit(tx, CLI, UnitInput(name="Théâtre", parent_id=culture.id))


async def test_a_service_moves_with_all_below_it(db: Database) -> None:
    async with db.write() as tx:
        technical = await add_unit(tx, CLI, UnitInput(name="Technique"))
        roads = await add_unit(tx, CLI, UnitInput(name="Voirie", parent_id=technical.id))
        signs = await add_unit(tx, CLI, UnitInput(name="Signalisation", parent_id=roads.id))
        town = await add_unit(tx, CLI, UnitInput(name="Ville"))
    agent = await add(db, "agent", unit_id=signs.id)
    async with db.write() as tx:
        for inside in (technical.id, roads.id, signs.id):
            with pytest.raises(Invalid):
                await change_unit(tx, CLI, technical.id, UnitChange(parent_id=inside), 1)
        moved = await change_unit(tx, CLI, roads.id, UnitChange(parent_id=town.id), 1)
        assert (moved.name, moved.rev, moved.parent_id) == ("Voirie", 2, town.id)
    async with db.read() as tx:
        assert [(unit.name, unit.depth) for unit in await list_units(tx, CLI)] == [
            ("Technique", 0),
            ("Ville", 0),
            ("Voirie", 1),
            ("Signalisation", 2),
        ]
        assert await queries.principals_of(tx, agent) == {town.id, roads.id, signs.id}
        assert (await queries.list_people(tx, CLI, unit=technical.id)).items == []
        assert len((await queries.list_people(tx, CLI, unit=town.id)).items) == 1
    async with db.write() as tx:
        await change_unit(tx, CLI, roads.id, UnitChange(parent_id=None), 2)
    async with db.read() as tx:
        assert await queries.principals_of(tx, agent) == {roads.id, signs.id}


async def test_the_tree_does_not_grow_too_deep(db: Database) -> None:
    async with db.write() as tx:
        last = None
        for number in range(25):
            last = (await add_unit(tx, CLI, UnitInput(name=f"{number}", parent_id=last))).id
        with pytest.raises(Invalid):
            await add_unit(tx, CLI, UnitInput(name="x", parent_id=last))
        apart = await add_unit(tx, CLI, UnitInput(name="y"))
        with pytest.raises(Invalid):
            await change_unit(tx, CLI, apart.id, UnitChange(parent_id=last), 1)


async def test_a_group_is_renamed_and_filled_one_by_one(db: Database, facts: list[Fact]) -> None:
    one, two = await add(db, "one"), await add(db, "two")
    async with db.write() as tx:
        group = await add_group(tx, CLI, GroupInput(name="Astreinte"))
        for person in (one, two, two):
            await add_group_member(tx, CLI, group.id, person.id)
        await remove_group_member(tx, CLI, group.id, one.id)
        await remove_group_member(tx, CLI, group.id, one.id)
        with pytest.raises(Invalid):
            await add_group_member(tx, CLI, group.id, new_id())
    assert facts == [GroupMembersChanged(group_id=group.id, joined=joined) for joined in ((one.id,), (two.id,), ())]
    async with db.write() as tx:
        with pytest.raises(StaleRevision):
            await rename_group(tx, CLI, group.id, GroupInput(name="Garde"), 1)
        await rename_group(tx, CLI, group.id, GroupInput(name="Garde"), 4)
    async with db.read() as tx:
        view = await groups.view_group(tx, CLI, group.id)
        assert (view.name, view.people, view.rev) == ("Garde", 1, 5)
        assert [person.id for person in (await queries.list_people(tx, CLI, group=group.id)).items] == [two.id]
        assert (await journal.verify(tx)).faults == []


async def test_groups_kept_by_hand(db: Database, facts: list[Fact]) -> None:
    one, two = await add(db, "one"), await add(db, "two")
    async with db.write() as tx:
        group = await add_group(tx, CLI, GroupInput(name="Astreinte"))
        await set_group_members(tx, CLI, group.id, [one.id, two.id])
    async with db.write() as tx:
        await set_group_members(tx, CLI, group.id, [two.id])
        await set_group_members(tx, CLI, group.id, [two.id])
        with pytest.raises(Invalid):
            await set_group_members(tx, CLI, group.id, [new_id()])
    joined = tuple(sorted((one.id, two.id)))
    assert facts == [GroupMembersChanged(group_id=group.id, joined=joined), GroupMembersChanged(group_id=group.id)]
    async with db.read() as tx:
        assert await groups.list_member_ids(tx, CLI, group.id) == {two.id}
        assert [(view.name, view.people, view.local) for view in await groups.list_groups(tx, CLI)] == [
            ("Astreinte", 1, True)
        ]
        assert await queries.principals_of(tx, two) == {group.id}
        assert await queries.principals_of(tx, one) == frozenset()
    async with db.write() as tx:
        await remove_group(tx, CLI, group.id)
    async with db.read() as tx:
        assert await queries.principals_of(tx, two) == frozenset()
        with pytest.raises(NotFound):
            await get_group(tx, CLI, group.id, Can.READ)


async def test_people_choose_for_themselves_alone(db: Database, facts: list[Fact]) -> None:
    person, other = await add(db, "one"), await add(db, "admin", is_admin=True)
    choice = SettingsChange(language="en", theme="dark")
    async with db.write() as tx:
        changed = await service.choose_settings(tx, actor(person), person.id, choice)
        await service.choose_settings(tx, actor(person), person.id, choice)
        with pytest.raises(Denied):
            await service.choose_settings(tx, actor(other), person.id, choice)
    assert (changed.language, changed.theme, changed.rev) == ("en", "dark", 2)
    assert facts == [PersonChanged(person_id=person.id)]


KINDS: dict[str, Actor] = {
    "person": Actor(ActorKind.PERSON, new_id()),
    "administrator": Actor(ActorKind.PERSON, new_id(), admin=True),
    "token": Actor(ActorKind.TOKEN, new_id(), scopes=frozenset({"read"})),
    "token of an administrator": Actor(ActorKind.TOKEN, new_id(), admin=True, scopes=frozenset({"read", "write"})),
    "whole token of an administrator": Actor(
        ActorKind.TOKEN, new_id(), admin=True, scopes=frozenset({"manage", "admin"})
    ),
    "job": CLI,
    "guest": Actor(ActorKind.GUEST, new_id()),
    "link": Actor(ActorKind.LINK, new_id()),
    "public": PUBLIC,
}
READERS = {"person", "administrator", "token", "token of an administrator", "job"}
RUNNERS = {"administrator", "whole token of an administrator", "job"}
OUTSIDERS = {"guest", "link", "public"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("can", Can)
def test_who_may_do_what(kind: str, can: Can) -> None:
    allowed = {Can.READ: READERS, Can.CHOOSE: set[str](), Can.ADMINISTER: RUNNERS}[can]
    with watching() as decisions:
        if kind in allowed:
            require(KINDS[kind], can)
        else:
            with pytest.raises(NotFound if kind in OUTSIDERS else Denied):
                require(KINDS[kind], can)
    assert decisions == [f"directory:{can}"]


async def test_every_door_asks(db: Database) -> None:
    """Each service and query, called by somebody from outside and by a person without rights."""
    person = await add(db, "one")
    async with db.write() as tx:
        unit = await add_unit(tx, CLI, UnitInput(name="RH"))
        group = await add_group(tx, CLI, GroupInput(name="Tous"))
    reads: list[Callable[[Tx, Actor], Awaitable[object]]] = [
        lambda tx, who: queries.list_people(tx, who),
        lambda tx, who: queries.view_person(tx, who, person.id),
        lambda tx, who: queries.read_photo(tx, who, person.id),
        lambda tx, who: get_person(tx, who, person.id, Can.READ),
        lambda tx, who: get_unit(tx, who, unit.id, Can.READ),
        lambda tx, who: list_units(tx, who),
        lambda tx, who: groups.list_groups(tx, who),
        lambda tx, who: groups.list_member_ids(tx, who, group.id),
        lambda tx, who: groups.view_group(tx, who, group.id),
    ]
    writes: list[Callable[[Tx, Actor], Awaitable[object]]] = [
        lambda tx, who: queries.list_people(tx, who, disabled=True),
        lambda tx, who: service.add_person(tx, who, PersonInput(login="two", display_name="Two")),
        lambda tx, who: service.update_person(tx, who, person.id, PersonChange(title="x"), 1),
        lambda tx, who: service.disable_person(tx, who, person.id, "why"),
        lambda tx, who: service.enable_person(tx, who, person.id),
        lambda tx, who: service.set_admin(tx, who, person.id, True),
        lambda tx, who: service.choose_settings(tx, who, person.id, SettingsChange(theme="dark")),
        lambda tx, who: add_unit(tx, who, UnitInput(name="x")),
        lambda tx, who: change_unit(tx, who, unit.id, UnitChange(name="x"), 1),
        lambda tx, who: remove_unit(tx, who, unit.id),
        lambda tx, who: add_group(tx, who, GroupInput(name="x")),
        lambda tx, who: set_group_members(tx, who, group.id, []),
        lambda tx, who: rename_group(tx, who, group.id, GroupInput(name="x"), 1),
        lambda tx, who: add_group_member(tx, who, group.id, person.id),
        lambda tx, who: remove_group_member(tx, who, group.id, person.id),
        lambda tx, who: remove_group(tx, who, group.id),
    ]
    for kind, calls, expected in (
        ("public", reads + writes, NotFound),
        ("guest", reads + writes, NotFound),
        ("person", writes, Denied),
        ("token of an administrator", writes, Denied),
    ):
        for call in calls:
            async with db.read() as tx:
                with pytest.raises(DomainError) as refused:
                    await call(tx, KINDS[kind])
            assert type(refused.value) is expected


async def test_those_who_left_are_seen_by_administrators_alone(db: Database) -> None:
    person = await add(db, "one")
    async with db.write() as tx:
        await service.disable_person(tx, CLI, person.id, "left")
    async with db.read() as tx:
        with pytest.raises(NotFound):
            await queries.view_person(tx, KINDS["person"], person.id)
        assert not (await queries.view_person(tx, KINDS["administrator"], person.id)).active
        assert (await queries.list_people(tx, KINDS["person"])).items == []
        assert len((await queries.list_people(tx, KINDS["administrator"], disabled=True)).items) == 1
