"""What is read of people: lists, search, a page, a photo, and who they are to the rights of others."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import NotFound
from collab.core.i18n import msg
from collab.core.journal import last_entry
from collab.core.text import sort_key
from directory.groups.models import Group, GroupMember
from directory.people.access import Can, get_person, require
from directory.people.models import Person, PersonPhoto, PersonSummary, PersonView, Source, UnitRef
from directory.units.models import Unit

PAGE = 50
WORDS = 8
CHUNK = 500


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """Some people in order; `next` is what to give as `after` for those who follow, None at the end."""

    items: list[PersonSummary]
    next: UUID | None


@dataclass(frozen=True, slots=True)
class LastChange:
    """Who changed something last and when. `name`: empty for a job, a guest and the command line."""

    person_id: UUID | None
    name: str
    at: datetime


async def list_people(
    tx: Tx,
    actor: Actor,
    *,
    search: str = "",
    unit: UUID | None = None,
    group: UUID | None = None,
    disabled: bool = False,
    after: UUID | None = None,
    limit: int = PAGE,
) -> PeoplePage:
    """People by name. `search`: words that all occur, whatever their accents; `unit`: with the services below it;
    `group`: its members.

    `disabled`: those who left instead, for administrators.
    """
    require(actor, Can.ADMINISTER if disabled else Can.READ)
    conditions: list[ColumnElement[bool]] = [col(Person.active).is_(not disabled)]
    conditions += [col(Person.search_text).contains(word, autoescape=True) for word in sort_key(search).split()[:WORDS]]
    if unit is not None:
        path = await tx.one(select(col(Unit.path)).where(col(Unit.id) == unit, col(Unit.active)))
        if path is None:
            raise NotFound()
        conditions.append(col(Unit.path).startswith(path, autoescape=True))
    if group is not None:
        members = select(col(GroupMember.person_id)).join(Group, col(Group.id) == col(GroupMember.group_id))
        conditions.append(col(Person.id).in_(members.where(col(Group.id) == group, col(Group.active))))
    if after is not None:
        last = await tx.get(Person, after)
        if last is None:
            raise NotFound()
        conditions.append(
            or_(
                col(Person.sort_name) > last.sort_name,
                and_(col(Person.sort_name) == last.sort_name, col(Person.id) > last.id),
            )
        )
    rows = await tx.rows(
        select(Person, col(Unit.name))
        .outerjoin(Unit, col(Unit.id) == col(Person.unit_id))
        .where(*conditions)
        .order_by(col(Person.sort_name), col(Person.id))
        .limit(limit + 1)
    )
    items = [_summary(person, unit_name) for person, unit_name in rows[:limit]]
    return PeoplePage(items, items[-1].id if len(rows) > limit else None)


async def list_named(tx: Tx, actor: Actor, people: Collection[UUID]) -> list[PersonSummary]:
    """Those of these people who are in the directory, by name; a few hundred at most."""
    require(actor, Can.READ)
    rows = await tx.rows(
        select(Person, col(Unit.name))
        .outerjoin(Unit, col(Unit.id) == col(Person.unit_id))
        .where(col(Person.id).in_(people), col(Person.active))
        .order_by(col(Person.sort_name), col(Person.id))
    )
    return [_summary(person, unit_name) for person, unit_name in rows]


async def view_person(tx: Tx, actor: Actor, person_id: UUID) -> PersonView:
    """A person's page."""
    person = await get_person(tx, actor, person_id, Can.READ)
    units = await _units_above(tx, person)
    return PersonView(
        **_summary(person, units[-1].name if units else None).model_dump(),
        given_name=person.given_name,
        family_name=person.family_name,
        login=person.login,
        mail=person.mail,
        phone=person.phone,
        units=units,
        source=Source(person.source),
        is_admin=person.is_admin,
        rev=person.rev,
    )


async def read_photo(tx: Tx, actor: Actor, person_id: UUID) -> tuple[bytes, str]:
    """The picture, a JPEG, and its SHA-256 in hexadecimal. Raises NotFound if there is none."""
    person = await get_person(tx, actor, person_id, Can.READ)
    photo = await tx.get(PersonPhoto, person.id)
    if photo is None:
        raise NotFound()
    return photo.data, person.photo_hash


async def find_last_change(tx: Tx, actor: Actor, subject: UUID, slice_: str) -> LastChange | None:
    """Who last changed a subject that this actor may read, as the journal says; None if it never heard of it."""
    require(actor, Can.READ)
    entry = await last_entry(tx, subject, slice_)
    if entry is None:
        return None
    person = await tx.get(Person, entry.actor_id) if entry.actor_id else None
    return LastChange(entry.actor_id, person.display_name if person else "", entry.at)


async def find_by_login(tx: Tx, login: str) -> Person | None:
    """The active person with this login, for sign-in alone: it asks for no right."""
    found: Person | None = await tx.one(
        select(Person).where(col(Person.login) == login.strip().lower(), col(Person.active))
    )
    return found


async def find_left(tx: Tx, actor: Actor, login: str) -> Person:
    """The last person who had this login and has left. Raises NotFound, also while somebody still has it."""
    require(actor, Can.ADMINISTER)
    people: Sequence[Person] = await tx.all(
        select(Person)
        .where(col(Person.login) == login.strip().lower())
        .order_by(col(Person.active).desc(), col(Person.disabled_at).desc())
        .limit(1)
    )
    if not people or people[0].active:
        raise NotFound("people.nobody_left", msg("Nobody with this login has left."))
    return people[0]


async def find_by_key(tx: Tx, source: Source, key: str) -> Person | None:
    """The person whom the source knows by this key, active or not, for sign-in alone: it asks for no right."""
    found: Person | None = await tx.one(
        select(Person).where(col(Person.source) == source.value, col(Person.source_key) == key)
    )
    return found


async def principals_of(tx: Tx, person: Person) -> frozenset[UUID]:
    """The ids under which others may have given this person rights: groups, their service and those above it."""
    groups: Sequence[UUID] = await tx.all(
        select(col(GroupMember.group_id))
        .join(Group, col(Group.id) == col(GroupMember.group_id))
        .where(col(GroupMember.person_id) == person.id, col(Group.active))
    )
    return frozenset(groups) | {unit.id for unit in await _units_above(tx, person)}


async def list_principals(tx: Tx, people: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """The same for many, in three queries for each 500: person → ids."""
    wanted, found = list(people), dict[UUID, set[UUID]]()
    for start in range(0, len(wanted), CHUNK):
        chunk = wanted[start : start + CHUNK]
        groups = await tx.rows(
            select(col(GroupMember.person_id), col(GroupMember.group_id))
            .join(Group, col(Group.id) == col(GroupMember.group_id))
            .where(col(GroupMember.person_id).in_(chunk), col(Group.active))
        )
        units = await tx.rows(
            select(col(Person.id), col(Unit.path))
            .join(Unit, col(Unit.id) == col(Person.unit_id))
            .where(col(Person.id).in_(chunk), col(Unit.active))
        )
        for person, group in groups:
            found.setdefault(person, set()).add(group)
        above = {person: {UUID(part) for part in path.split("/") if part} for person, path in units}
        standing = await _active_units(tx, {part for parts in above.values() for part in parts})
        for person, parts in above.items():
            found.setdefault(person, set()).update(parts & standing)
    return {person: frozenset(found.get(person, ())) for person in wanted}


async def _active_units(tx: Tx, units: Collection[UUID]) -> set[UUID]:
    """Those of these services that still are: what a closed one was given means nothing any more."""
    if not units:
        return set()
    wanted = list(units)
    found: set[UUID] = set()
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        found.update(await tx.all(select(col(Unit.id)).where(col(Unit.id).in_(part), col(Unit.active))))
    return found


async def _units_above(tx: Tx, person: Person) -> list[UnitRef]:
    """From the root to the person's own service."""
    if person.unit_id is None:
        return []
    path = await tx.one(select(col(Unit.path)).where(col(Unit.id) == person.unit_id, col(Unit.active)))
    ids = [UUID(part) for part in (path or "").split("/") if part]
    rows = await tx.rows(select(col(Unit.id), col(Unit.name)).where(col(Unit.id).in_(ids), col(Unit.active)))
    names = {row[0]: row[1] for row in rows}
    return [UnitRef(id=number, name=names[number]) for number in ids if number in names]


def _summary(person: Person, unit_name: str | None) -> PersonSummary:
    return PersonSummary(
        id=person.id,
        display_name=person.display_name,
        title=person.title,
        unit=UnitRef(id=person.unit_id, name=unit_name) if person.unit_id and unit_name else None,
        photo=person.photo_hash,
        active=person.active,
    )
