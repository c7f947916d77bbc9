"""From what a request shows to who they are: two queries, no write. Called by the edge for every unknown secret."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, union_all
from sqlmodel import col

from collab.core.access import Actor, ActorKind
from collab.core.database import Tx
from directory.groups.models import Group, GroupMember
from directory.people.models import Person
from directory.people.queries import list_principals
from directory.sessions import tokens
from directory.sessions.models import Credential, CredentialKind, Owes, Session, Totp
from directory.sessions.rules import SEEN_EVERY, Policy, is_alive, owed
from directory.units.models import Unit

CHUNK = 200


@dataclass(frozen=True, slots=True)
class Identified:
    """Somebody with a valid secret. `owes`: what is missing before the actor may act. `stale`: note its use."""

    person: Person
    actor: Actor
    owes: Owes
    stale: bool


async def identify(tx: Tx, policy: Policy, kind: str, secret: str) -> Identified | None:
    """Who shows this, or None when it is worth nothing. `secret`: for `basic`, `login:password`."""
    if kind == "session":
        return await _by_session(tx, policy, secret)
    if kind == "bearer":
        return await _by_credential(tx, CredentialKind.API, secret, login=None)
    login, _, password = secret.partition(":")
    if not login.isprintable():
        return None
    return await _by_credential(tx, CredentialKind.APPLICATION, tokens.plain_letters(password), login=login)


async def list_valid(tx: Tx, policy: Policy, sessions: Collection[UUID]) -> set[UUID]:
    """Those of these sessions that still let their person in."""
    return {session for session, _person, _admin in await _valid(tx, policy, sessions)}


async def list_actors(tx: Tx, policy: Policy, sessions: Collection[UUID]) -> dict[UUID, Actor]:
    """Who speaks through each of these sessions; those that let nobody in are left out."""
    valid = await _valid(tx, policy, sessions)
    groups = await list_principals(tx, {person for _session, person, _admin in valid})
    return {
        session: Actor(ActorKind.PERSON, id=person, groups=groups[person], admin=admin, credential=session)
        for session, person, admin in valid
    }


async def _valid(tx: Tx, policy: Policy, sessions: Collection[UUID]) -> list[tuple[UUID, UUID, bool]]:
    """Those that are, with their person and whether they administer. Columns, not rows of the model: a thousand
    windows are asked about at once, and the loop is held while a model is made of each."""
    wanted = list(sessions)
    valid: list[tuple[UUID, UUID, bool]] = []
    for start in range(0, len(wanted), CHUNK):
        rows = await tx.rows(
            _joined(
                col(Session.id),
                col(Session.created_at),
                col(Session.last_seen_at),
                col(Session.expires_at),
                col(Session.second_factor),
                col(Person.id),
                col(Person.is_admin),
                proof=Session,
            ).where(col(Session.id).in_(wanted[start : start + CHUNK]), _may_enter(tx.now))
        )
        for session, created, seen, expires, shown, person, admin, enrolled, _path in rows:
            owes = owed(policy, is_admin=admin, enrolled=enrolled is not None, shown=shown)
            if owes is Owes.NOTHING and is_alive(
                policy, created=created, seen=seen, expires=expires, pending=False, now=tx.now
            ):
                valid.append((session, person, admin))
        await asyncio.sleep(0)
    return valid


async def _by_session(tx: Tx, policy: Policy, secret: str) -> Identified | None:
    if not tokens.SESSION.fullmatch(secret):
        return None
    digest = tokens.digest(secret)
    rows = await tx.rows(_with_person(Session).where(col(Session.token_hash) == digest, _may_enter(tx.now)))
    if not rows:
        return None
    session, person, enrolled, path = rows[0]
    owes = owed(policy, is_admin=person.is_admin, enrolled=enrolled is not None, shown=session.second_factor)
    if not _is_alive(policy, session, owes, tx.now):
        return None
    actor = Actor(
        ActorKind.PERSON,
        id=person.id,
        groups=await _groups(tx, person, path),
        admin=person.is_admin,
        credential=session.id,
    )
    return Identified(person, actor, owes, tx.now - session.last_seen_at >= SEEN_EVERY)


async def _by_credential(tx: Tx, kind: CredentialKind, secret: str, login: str | None) -> Identified | None:
    conditions = [col(Credential.secret_hash) == tokens.digest(secret), col(Credential.kind) == kind.value]
    if login is not None:
        conditions.append(col(Person.login) == login.strip().lower())
    rows = await tx.rows(
        _with_person(Credential).where(
            *conditions,
            col(Person.active),
            or_(col(Credential.expires_at).is_(None), col(Credential.expires_at) > tx.now),
        )
    )
    if not rows:
        return None
    credential, person, _enrolled, path = rows[0]
    actor = Actor(
        ActorKind.TOKEN,
        id=person.id,
        groups=await _groups(tx, person, path),
        admin=person.is_admin,
        credential=credential.id,
        scopes=frozenset(credential.scopes.split()),
    )
    used = credential.last_used_at
    return Identified(person, actor, Owes.NOTHING, used is None or tx.now - used >= SEEN_EVERY)


def _with_person(proof: type[Session] | type[Credential]) -> Any:
    """The proof, its person, when they enrolled a second factor, and the path of their service."""
    return _joined(proof, Person, proof=proof)


def _joined(*columns: Any, proof: type[Session] | type[Credential]) -> Any:
    enrolled = and_(col(Totp.person_id) == col(Person.id), col(Totp.confirmed_at).is_not(None))
    return (
        select(*columns, col(Totp.confirmed_at), col(Unit.path))
        .select_from(proof)
        .join(Person, col(Person.id) == col(proof.person_id))
        .outerjoin(Totp, enrolled)
        .outerjoin(Unit, and_(col(Unit.id) == col(Person.unit_id), col(Unit.active)))
    )


def _may_enter(now: datetime) -> ColumnElement[bool]:
    return and_(col(Person.active), col(Session.expires_at) > now)


def _is_alive(policy: Policy, session: Session, owes: Owes, now: datetime) -> bool:
    return is_alive(
        policy,
        created=session.created_at,
        seen=session.last_seen_at,
        expires=session.expires_at,
        pending=owes is not Owes.NOTHING,
        now=now,
    )


async def _groups(tx: Tx, person: Person, path: str | None) -> frozenset[UUID]:
    """The person's groups, their service and those above it."""
    units = [UUID(part) for part in (path or "").split("/") if part]
    found = await tx.all(
        union_all(
            select(col(GroupMember.group_id))
            .join(Group, col(Group.id) == col(GroupMember.group_id))
            .where(col(GroupMember.person_id) == person.id, col(Group.active)),
            select(col(Unit.id)).where(col(Unit.id).in_(units), col(Unit.active)),
        )
    )
    return frozenset(found)
