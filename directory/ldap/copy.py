"""Our copy of the directory, as sync.py compares it: read in slices, so that the event loop is never held."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, select
from sqlmodel import col

from collab.core.database import Tx
from directory.groups.models import Group, GroupMember
from directory.ldap.mapping import PersonDetails, ReadGroup, ReadUnit
from directory.ldap.sync import Current, Known, KnownPerson
from directory.people.models import Person, Source
from directory.units.models import Unit

SLICE = 250
LDAP = Source.LDAP.value


async def load_current(tx: Tx) -> Current:
    """Everything that came from the directory, and the logins of local accounts."""
    units: dict[UUID, tuple[str, str, UUID | None, bool]] = {}
    async for rows in _slices(
        tx,
        select(col(Unit.id), col(Unit.source_key), col(Unit.name), col(Unit.parent_id), col(Unit.active)).where(
            col(Unit.source) == LDAP
        ),
    ):
        units |= {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}
    keys = {number: unit[0] for number, unit in units.items()}
    members = await _members(tx)
    groups: dict[str, Known[ReadGroup]] = {}
    async for rows in _slices(
        tx,
        select(col(Group.id), col(Group.source_key), col(Group.name), col(Group.active)).where(
            col(Group.source) == LDAP
        ),
    ):
        for number, key, name, active in rows:
            group = ReadGroup(key, name, frozenset(members.get(number, ())))
            groups[key] = Known(number, group, active)
    local = await tx.rows(
        select(col(Person.login), col(Person.is_admin)).where(col(Person.source) != LDAP, col(Person.active))
    )
    return Current(
        people=await _people(tx, keys),
        units={
            key: Known(number, ReadUnit(key, name, keys.get(parent) if parent else None), active)
            for number, (key, name, parent, active) in units.items()
        },
        groups=groups,
        local_logins=frozenset(login for login, _ in local),
        local_admin=any(is_admin for _, is_admin in local),
    )


async def _people(tx: Tx, units: dict[UUID, str]) -> dict[str, KnownPerson]:
    people: dict[str, KnownPerson] = {}
    statement = select(
        col(Person.id),
        col(Person.source_key),
        col(Person.active),
        col(Person.is_admin),
        col(Person.unit_id),
        col(Person.login),
        col(Person.given_name),
        col(Person.family_name),
        col(Person.display_name),
        col(Person.mail),
        col(Person.title),
        col(Person.phone),
        col(Person.photo_hash),
    ).where(col(Person.source) == LDAP)
    async for rows in _slices(tx, statement):
        for number, key, active, is_admin, unit, login, given, family, display, mail, title, phone, photo in rows:
            details = PersonDetails(
                login=login,
                given_name=given,
                family_name=family,
                display_name=display,
                mail=mail,
                title=title,
                phone=phone,
                unit=units.get(unit) if unit else None,
                photo=photo,
            )
            people[key] = KnownPerson(number, key, details, active, is_admin)
    return people


async def _members(tx: Tx) -> dict[UUID, list[str]]:
    members: dict[UUID, list[str]] = {}
    statement = (
        select(col(GroupMember.group_id), col(Person.source_key))
        .join(Person, col(Person.id) == col(GroupMember.person_id))
        .join(Group, col(Group.id) == col(GroupMember.group_id))
        .where(col(Group.source) == LDAP)
    )
    async for rows in _slices(tx, statement):
        for group, key in rows:
            members.setdefault(group, []).append(key)
    return members


async def _slices(tx: Tx, statement: Executable) -> AsyncIterator[Sequence[Any]]:
    """The rows, some at a time, with room for others in between."""
    result = await tx.session.stream(statement.execution_options(yield_per=SLICE))
    async for rows in result.partitions():
        yield rows
