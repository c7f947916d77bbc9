"""Signing in through a real OpenLDAP, with local accounts beside it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from collab.core.access import job_actor
from collab.core.database import Database
from collab.core.errors import Unauthenticated
from directory.ldap.directory import Directory
from directory.ldap.errors import BadCredentials, DirectoryDown
from directory.ldap.service import synchronise
from directory.ldap.settings import configure
from directory.people.models import PersonInput
from directory.people.queries import find_by_login
from directory.people.service import add_person, disable_person
from directory.sessions import service
from directory.sessions.authenticators import DirectoryAndLocal, LocalAccounts
from directory.sessions.keys import Keys
from directory.sessions.passwords import Passwords
from directory.sessions.rules import Policy
from directory.sessions.sign_in import SignedIn, SignIn
from tests.support import ldif
from tests.support.slapd import Slapd

CLI = job_actor("command line")
POLICY = Policy(idle=timedelta(days=7), absolute=timedelta(days=30))
LOCAL = "correct horse battery"
SAMPLE = ldif.PEOPLE[0]


@pytest.fixture
async def directory(own_slapd: Slapd) -> AsyncIterator[Directory]:
    opened = Directory(configure(own_slapd.section(timeout=2)))
    yield opened
    opened.close()


@pytest.fixture
async def door(db: Database, directory: Directory, tmp_path: Path) -> SignIn:
    passwords = Passwords()
    hashed = await passwords.hash(LOCAL)
    async with db.write() as tx:
        admin = await add_person(tx, CLI, PersonInput(login="secours", display_name="Secours", is_admin=True))
        await service.set_password(tx, CLI, admin.id, hashed)
    return SignIn(db, Keys.load(tmp_path), DirectoryAndLocal(db, directory, LocalAccounts(db, passwords)), POLICY)


async def enter(door: SignIn, login: str, password: str) -> SignedIn:
    return await door.sign_in(login, password, address="192.0.2.1", device="")


async def test_the_directory_judges_its_own_people(
    db: Database, directory: Directory, door: SignIn, own_slapd: Slapd
) -> None:
    with pytest.raises(Unauthenticated) as early:
        await enter(door, SAMPLE.uid, SAMPLE.password)
    assert early.value.code == "sessions.not_synchronised"
    await synchronise(db, directory, CLI, confirmed=True)
    signed = await enter(door, f" {SAMPLE.uid.upper()} ", SAMPLE.password)
    async with db.read() as tx:
        person = await find_by_login(tx, SAMPLE.uid.lower())
    assert person is not None and person.id == signed.person_id
    binds = own_slapd.binds
    with pytest.raises(BadCredentials):
        await enter(door, SAMPLE.uid, "")
    assert own_slapd.binds == binds  # the empty password never reached it
    for login, password in ((SAMPLE.uid, "wrong"), ("*", SAMPLE.password)):
        with pytest.raises(BadCredentials):
            await enter(door, login, password)
    async with db.write() as tx:
        await disable_person(tx, CLI, person.id, "closed by hand")
    with pytest.raises(Unauthenticated):
        await enter(door, SAMPLE.uid, SAMPLE.password)


async def test_while_it_is_down_local_accounts_still_enter(
    db: Database, directory: Directory, door: SignIn, own_slapd: Slapd
) -> None:
    await synchronise(db, directory, CLI, confirmed=True)
    own_slapd.stop()
    for _ in range(3):
        with pytest.raises(DirectoryDown):
            await enter(door, SAMPLE.uid, SAMPLE.password)
    await enter(door, "secours", LOCAL)
    with pytest.raises(BadCredentials):
        await enter(door, "secours", "wrong")
