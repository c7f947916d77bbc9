"""Somebody who left the directory loses, at the sync, what they could enter with, in the sync's own transaction."""

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, ActorKind, job_actor
from collab.core.database import Database
from directory.ldap.directory import Directory
from directory.ldap.service import synchronise
from directory.ldap.settings import configure
from directory.people.queries import find_by_login
from directory.sessions.models import Credential, Session, TokenInput
from directory.sessions.rules import Policy
from directory.sessions.service import create_token, open_session
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
