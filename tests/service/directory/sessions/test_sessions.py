"""Sessions, tokens, passwords, links and counters on both databases."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import event, func, select
from sqlmodel import col

from collab.core import journal
from collab.core.access import Actor, ActorKind, job_actor
from collab.core.database import Database
from collab.core.errors import Conflict, Denied, DomainError, Invalid, NotFound, TooMany
from collab.core.journal import JournalDetails, JournalEntry
from directory.groups.models import GroupInput
from directory.groups.service import add_group, set_group_members
from directory.ldap.errors import BadCredentials
from directory.people.models import Person, PersonInput
from directory.people.service import add_person, disable_person, set_admin
from directory.sessions import queries, second_factor, service, throttle, tokens
from directory.sessions.authenticators import LocalAccounts
from directory.sessions.identity import Identified, identify, list_valid
from directory.sessions.keys import Keys
from directory.sessions.models import (
    Attempts,
    Credential,
    CredentialKind,
    LocalPassword,
    Owes,
    ResetLink,
    Session,
    TokenInput,
)
from directory.sessions.passwords import Passwords
from directory.sessions.rules import ACCOUNT, PENDING, Policy
from directory.sessions.second_factor import Subject, WrongCode
from directory.sessions.sign_in import SignIn
from directory.units.models import UnitInput
from directory.units.service import add_unit
from web.wiring import wire_services

CLI = job_actor("command line")
POLICY = Policy(idle=timedelta(days=7), absolute=timedelta(days=30))
PASSWORD = "correct horse battery"


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 23, 9, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def pass_by(self, **span: float) -> None:
        self.time += timedelta(**span)


@dataclass
class House:
    """A database, a door and one person with an account."""

    db: Database
    clock: Hand
    keys: Keys
    passwords: Passwords
    door: SignIn
    person: Person

    async def enter(self, password: str = PASSWORD, login: str = "zoe") -> str:
        return (await self.door.sign_in(login, password, address="192.0.2.1", device="Firefox, Linux")).token

    async def who(self, kind: str, secret: str, policy: Policy = POLICY) -> Identified | None:
        async with self.db.read() as tx:
            return await identify(tx, policy, kind, secret)

    async def actor(self) -> Actor:
        found = await self.who("session", await self.enter())
        assert found is not None
        return found.actor


@pytest.fixture
async def house(db: Database, tmp_path: Path) -> AsyncIterator[House]:
    clock, keys, passwords = Hand(), Keys.load(tmp_path), Passwords()
    db.clock = clock
    wire_services(db.bus)
    hashed = await passwords.hash(PASSWORD)
    async with db.write() as tx:
        person = await add_person(tx, CLI, PersonInput(login="zoe", display_name="Zoé Delattre"))
        await service.set_password(tx, CLI, person.id, hashed)
    yield House(db, clock, keys, passwords, SignIn(db, keys, LocalAccounts(db, passwords), POLICY), person)


async def entries(db: Database) -> list[str]:
    async with db.read() as tx:
        assert not (await journal.verify(tx)).faults
        return list(await tx.all(select(col(JournalEntry.action)).order_by(col(JournalEntry.seq))))


async def test_identifying_takes_two_queries_and_knows_groups_and_services(house: House) -> None:
    async with house.db.write() as tx:
        root = await add_unit(tx, CLI, UnitInput(name="Mairie"))
        unit = await add_unit(tx, CLI, UnitInput(name="Urbanisme", parent_id=root.id))
        group = await add_group(tx, CLI, GroupInput(name="Chefs de projet"))
        await set_group_members(tx, CLI, group.id, [house.person.id])
        person = await tx.get(Person, house.person.id)
        assert person is not None
        person.unit_id = unit.id
    token = await house.enter()
    seen: list[str] = []
    engine = house.db._reader.sync_engine
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    found = await house.who("session", token)
    assert len([statement for statement in seen if statement.startswith("SELECT")]) == 2
    assert found is not None and found.owes is Owes.NOTHING
    assert found.actor.groups == {group.id, unit.id, root.id}
    assert found.actor.kind is ActorKind.PERSON and found.actor.scopes is None


async def test_nonsense_is_nobody(house: House) -> None:
    for secret in ("", "x", "a" * 43, "é" * 43, "a:b", "\x00:x", "\ud800"):
        for kind in ("session", "bearer", "basic"):
            assert await house.who(kind, secret) is None


async def test_a_session_ends_unused_or_in_the_end(house: House) -> None:
    token = await house.enter()
    for _ in range(4):
        house.clock.pass_by(days=6)
        found = await house.who("session", token)
        assert found is not None and found.stale
        async with house.db.write() as tx:
            await service.note_use(tx, found.actor.credential or UUID(int=0))
    house.clock.pass_by(minutes=4)
    found = await house.who("session", token)
    assert found is not None and not found.stale
    house.clock.pass_by(days=6)
    assert await house.who("session", token) is None  # thirty days
    token = await house.enter()
    house.clock.pass_by(days=7)
    assert await house.who("session", token) is None
    async with house.db.write() as tx:
        await service.forget_expired(tx, POLICY)
        assert await tx.one(select(func.count()).select_from(Session)) == 0


async def test_disabling_takes_everything_in_the_same_transaction(house: House) -> None:
    actor = await house.actor()
    async with house.db.write() as tx:
        await service.create_token(tx, actor, TokenInput(name="a", scopes=["read"]))
        await service.create_application_password(tx, actor, "b")
        await service.create_reset_link(tx, CLI, house.person.id)
    with pytest.raises(ZeroDivisionError):
        async with house.db.write() as tx:
            await disable_person(tx, CLI, house.person.id, "left")
            raise ZeroDivisionError
    async with house.db.read() as tx:
        assert await list_valid(tx, POLICY, [actor.credential or UUID(int=0)])
    async with house.db.write() as tx:
        await disable_person(tx, CLI, house.person.id, "left")
    async with house.db.read() as tx:
        for table in (Session, Credential, ResetLink):
            assert await tx.one(select(func.count()).select_from(table)) == 0
        assert not await list_valid(tx, POLICY, [actor.credential or UUID(int=0)])
    with pytest.raises(BadCredentials):
        await house.enter()


async def test_the_valid_among_many_sessions(house: House) -> None:
    first, second = await house.actor(), await house.actor()
    assert first.credential and second.credential
    async with house.db.read() as tx:
        wanted = {first.credential, second.credential, UUID(int=7)}
        assert await list_valid(tx, POLICY, wanted) == {first.credential, second.credential}
    async with house.db.write() as tx:
        await service.revoke_session(tx, second, first.credential)
        await set_admin(tx, CLI, house.person.id, True)
    async with house.db.read() as tx:
        assert await list_valid(tx, POLICY, wanted) == set()  # an administrator owes a second factor now
        lenient = Policy(POLICY.idle, POLICY.absolute, admin_factor=False)
        assert await list_valid(tx, lenient, wanted) == {second.credential}


async def test_what_changes_rights_is_in_the_journal_without_secrets(house: House) -> None:
    actor = await house.actor()
    async with house.db.write() as tx:
        token, secret = await service.create_token(tx, actor, TokenInput(name="Export", scopes=["write", "read"]))
        assert token.scopes == "read write"
    async with house.db.write() as tx:
        await service.revoke_credential(tx, actor, token.id, CredentialKind.API)
        await service.revoke_other_sessions(tx, actor)
        link = await service.create_reset_link(tx, CLI, house.person.id)
    assert (await entries(house.db))[-4:] == [
        "sessions.create_token",
        "sessions.revoke_token",
        "sessions.revoke_others",
        "sessions.create_reset_link",
    ]
    async with house.db.read() as tx:
        details = str(await tx.all(select(col(JournalDetails.details))))
    assert "Export" in details
    for hidden in (secret, tokens.digest(secret), link, PASSWORD):
        assert hidden not in details


async def test_tokens_are_one_s_own(house: House) -> None:
    actor = await house.actor()
    program = Actor(ActorKind.TOKEN, id=house.person.id, scopes=frozenset({"manage"}))
    async with house.db.write() as tx:
        other = await add_person(tx, CLI, PersonInput(login="yann", display_name="Yann"))
        token, secret = await service.create_token(tx, actor, TokenInput(name="a", scopes=["read"], days=7))
    stranger = Actor(ActorKind.PERSON, id=other.id)
    async with house.db.read() as tx:
        with pytest.raises(NotFound):
            await service.revoke_credential(tx, stranger, token.id, CredentialKind.API)
        with pytest.raises(NotFound):
            await service.revoke_credential(tx, actor, token.id, CredentialKind.APPLICATION)
        with pytest.raises(Denied):
            await service.create_token(tx, program, TokenInput(name="b", scopes=["read"]))
        with pytest.raises(Invalid):
            await service.create_token(tx, actor, TokenInput(name="b", scopes=["admin"]))
        assert await queries.list_credentials(tx, stranger, CredentialKind.API) == []
    found = await house.who("bearer", secret)
    assert found is not None and found.actor.scopes == frozenset({"read"}) and found.actor.kind is ActorKind.TOKEN
    house.clock.pass_by(days=7)
    assert await house.who("bearer", secret) is None


async def test_a_reset_link_is_spent_by_one_of_two(house: House) -> None:
    async with house.db.write() as tx:
        old = await service.create_reset_link(tx, CLI, house.person.id)
        link = await service.create_reset_link(tx, CLI, house.person.id)
    hashed = await house.passwords.hash("une phrase assez longue")

    async def use(token: str) -> bool:
        try:
            async with house.db.write() as tx:
                await service.use_reset_link(tx, CLI, token, hashed)
        except NotFound:
            return False
        return True

    assert sorted(await asyncio.gather(use(old), use(link), use(link))) == [False, False, True]
    await house.enter("une phrase assez longue")
    async with house.db.write() as tx:
        late = await service.create_reset_link(tx, CLI, house.person.id)
    house.clock.pass_by(hours=48)
    assert not await use(late)


async def test_the_directory_s_people_have_no_password_here(house: House) -> None:
    async with house.db.write() as tx:
        person = await tx.get(Person, house.person.id)
        assert person is not None
        person.source = "ldap"
    async with house.db.read() as tx:
        for attempt in (
            service.create_reset_link(tx, CLI, house.person.id),
            service.set_password(tx, CLI, house.person.id, "hash"),
        ):
            with pytest.raises(Conflict):
                await attempt


async def test_a_hash_of_other_parameters_is_replaced_at_the_next_sign_in(house: House) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    async with house.db.write() as tx:
        await service.set_password(tx, CLI, house.person.id, weak)
    await house.enter()
    async with house.db.read() as tx:
        kept = await tx.get(LocalPassword, house.person.id)
    assert kept is not None and kept.hash != weak
    assert not house.passwords.is_outdated(kept.hash)
    await house.enter()


async def test_a_full_bucket_empties_with_time_and_with_success(house: House) -> None:
    for _ in range(10):
        with pytest.raises(BadCredentials):
            await house.enter("wrong")
    with pytest.raises(TooMany) as refused:
        await house.enter()
    assert refused.value.retry_after == 30
    house.clock.pass_by(seconds=30)
    await house.enter()
    for _ in range(9):
        with pytest.raises(BadCredentials):
            await house.enter("wrong")
    await house.enter()  # its success had emptied the bucket
    async with house.db.read() as tx:
        kept = await tx.all(select(Attempts))
    assert len(kept) == 1  # the address, which nobody can read
    assert "192.0.2.1" not in str(kept)
    house.clock.pass_by(hours=1)
    async with house.db.write() as tx:
        await throttle.forget_drained(tx)
        assert await tx.one(select(func.count()).select_from(Attempts)) == 0


async def test_two_attempts_at_once_are_both_counted(house: House) -> None:
    async def count() -> None:
        async with house.db.write() as tx:
            await throttle.count_attempt(tx, {"a": ACCOUNT, "b": ACCOUNT})

    await asyncio.gather(*(count() for _ in range(6)))
    async with house.db.read() as tx:
        assert await tx.all(select(col(Attempts.level))) == [6, 6]


async def enrol(house: House) -> tuple[Subject, list[str], str]:
    found = await house.who("session", await house.enter())
    assert found is not None and found.actor.credential
    subject = Subject(house.person.id, found.actor.credential)
    async with house.db.write() as tx:
        begun = await second_factor.begin_enrolment(tx, house.keys, subject, "Mairie")
    async with house.db.write() as tx:
        again = await second_factor.begin_enrolment(tx, house.keys, subject, "Mairie")
        assert again == begun
    async with house.db.write() as tx:
        code = now_code(house, begun.secret)
        codes, _ = await second_factor.confirm_enrolment(tx, house.keys, subject, code)
    return subject, codes, begun.secret


def now_code(house: House, secret: str) -> str:
    return pyotp.TOTP(secret).at(house.clock.now())


async def test_a_code_is_taken_once_and_within_a_step_of_now(house: House) -> None:
    subject, _, secret = await enrol(house)
    code = now_code(house, secret)

    async def show(code: str) -> bool:
        try:
            async with house.db.write() as tx:
                await second_factor.renew_codes(tx, house.keys, subject, code)
        except WrongCode:
            return False
        return True

    assert not await show(code)  # it confirmed the enrolment
    house.clock.pass_by(seconds=60)
    later = now_code(house, secret)
    assert sorted([*(await asyncio.gather(show(later), show(later)))]) == [False, True]
    house.clock.pass_by(seconds=30)
    early = now_code(house, secret)
    house.clock.pass_by(seconds=30)
    assert await show(f"{early[:3]} {early[3:]}")  # a telephone that is slow, typed as it is shown
    house.clock.pass_by(seconds=30)
    old = now_code(house, secret)
    house.clock.pass_by(seconds=90)
    assert not await show(old)


async def test_a_second_factor_makes_every_other_session_pending(house: House) -> None:
    other = await house.enter()
    _, codes, _ = await enrol(house)
    found = await house.who("session", other)
    assert found is not None and found.owes is Owes.CODE
    house.clock.pass_by(seconds=PENDING.total_seconds())
    assert await house.who("session", other) is None
    assert len(codes) == 10
    assert "sessions.enrol_factor" in await entries(house.db)


async def test_an_administrator_cannot_do_without_and_another_one_can_help(house: House) -> None:
    subject, codes, _ = await enrol(house)
    async with house.db.write() as tx:
        boss = await add_person(tx, CLI, PersonInput(login="boss", display_name="Boss", is_admin=True))
    admin = Subject(subject.person_id, subject.session_id, admin=True)
    with pytest.raises(Conflict):
        async with house.db.write() as tx:
            await second_factor.remove_factor(tx, house.keys, POLICY, admin, codes[0])
    with pytest.raises(DomainError):
        async with house.db.write() as tx:
            own = Actor(ActorKind.PERSON, id=house.person.id, admin=True)
            await second_factor.reset_factor(tx, own, house.person.id)
    async with house.db.write() as tx:
        await second_factor.reset_factor(tx, Actor(ActorKind.PERSON, id=boss.id, admin=True), house.person.id)
        assert (await queries.view_factor(tx, house.person.id)).since is None
    assert "sessions.reset_factor" in await entries(house.db)
