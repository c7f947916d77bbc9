"""Somebody who left the directory loses, at the sync, what they could enter with, in the sync's own transaction."""

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, ActorKind, job_actor
from collab.core.database import Database
from collab.spaces.models import SpaceInput
from collab.spaces.ownership import list_orphan_ids
from collab.spaces.service import create_space
from directory.ldap.apply import apply_plan
from directory.ldap.copy import load_current
from directory.ldap.directory import Directory
from directory.ldap.mapping import ReadUnit
from directory.ldap.reading import DirectoryRead
from directory.ldap.service import synchronise
from directory.ldap.settings import configure
from directory.ldap.sync import Limits, make_plan
from directory.people.queries import find_by_login
from directory.sessions.models import Credential, Session, TokenInput
from directory.sessions.rules import Policy
from directory.sessions.service import create_token, open_session
from directory.units.models import Unit, UnitInput
from directory.units.queries import list_units
from directory.units.service import add_unit
from tests.support.slapd import Slapd
from web.wiring import wire_services

POLICY = Policy(idle=timedelta(hours=1), absolute=timedelta(days=1))
SYNC = job_actor("directory sync")


async def test_a_leaver_loses_sessions_and_tokens(db: Database, slapd: Slapd) -> None:
    wire_services(db.bus)
    everybody = Directory(configure(slapd.section()))
    without = Directory(configure(slapd.section(people_filter="(&(objectClass=inetOrgPerson)(!(uid=lena)))")))
    try:
        await synchronise(db, everybody, SYNC)
        for login in ("lena", "igor"):
            async with db.write() as tx:
                person = await find_by_login(tx, login)
                assert person is not None
                await open_session(tx, POLICY, person.id, "Firefox")
                who = Actor(ActorKind.PERSON, person.id)
                await create_token(tx, who, TokenInput(name="script", scopes=["read"], days=30))
        await synchronise(db, without, SYNC)
    finally:
        everybody.close()
        without.close()
    async with db.read() as tx:
        igor = await find_by_login(tx, "igor")
        assert igor is not None
        assert await tx.all(select(col(Session.person_id))) == [igor.id]
        assert await tx.all(select(col(Credential.person_id))) == [igor.id]


async def test_the_space_of_a_leaver_is_an_orphan(db: Database, slapd: Slapd) -> None:
    everybody = Directory(configure(slapd.section()))
    without = Directory(configure(slapd.section(people_filter="(&(objectClass=inetOrgPerson)(!(uid=lena)))")))
    try:
        await synchronise(db, everybody, SYNC)
        async with db.write() as tx:
            lena = await find_by_login(tx, "lena")
            assert lena is not None
            space = await create_space(tx, Actor(ActorKind.PERSON, lena.id), SpaceInput(title="Lavoir"))
            assert await list_orphan_ids(tx) == frozenset()
        await synchronise(db, without, SYNC)
        async with db.read() as tx:
            assert await list_orphan_ids(tx) == {space.id}
        await synchronise(db, everybody, SYNC)
        async with db.read() as tx:
            assert await list_orphan_ids(tx) == frozenset()
    finally:
        everybody.close()
        without.close()


async def test_services_kept_by_hand_follow_the_directory(db: Database) -> None:
    region, town = ReadUnit("region", "Région", None), ReadUnit("town", "Ville", None)
    async with db.write() as tx:
        current = await load_current(tx)
        plan = make_plan(current, DirectoryRead((), (region, town), (), (), {}), Limits())
        await apply_plan(tx, SYNC, current, plan)
    async with db.write() as tx:
        units = {unit.name: unit.id for unit in await list_units(tx, SYNC)}
        roads = await add_unit(tx, SYNC, UnitInput(name="Voirie", parent_id=units["Ville"]))
        await add_unit(tx, SYNC, UnitInput(name="Atelier", parent_id=roads.id))
    async with db.write() as tx:
        current = await load_current(tx)
        moved = replace(town, parent="region")
        plan = make_plan(current, DirectoryRead((), (region, moved), (), (), {}), Limits())
        await apply_plan(tx, SYNC, current, plan)
    async with db.read() as tx:
        paths = {unit.name: unit.path for unit in await tx.all(select(Unit))}
        tree = [(unit.name, unit.depth) for unit in await list_units(tx, SYNC)]
    assert tree == [("Région", 0), ("Ville", 1), ("Voirie", 2), ("Atelier", 3)]
    assert paths["Voirie"] == f"{paths['Ville']}{roads.id}/"
    assert paths["Atelier"].startswith(paths["Voirie"])
    assert paths["Ville"].startswith(paths["Région"])
