"""Writes a plan into our copy of the directory, in the transaction it is given, in chunks with room in between.

The order matters: whoever leaves gives back their login before somebody else gets it, units stand before the people in
them, people before the groups they are in. Each change of a person or of rights is journalled with it.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Table, bindparam, delete, func, insert, literal, select, update
from sqlmodel import SQLModel, col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.ids import new_id
from directory.groups.models import Group, GroupMember
from directory.ldap.mapping import PersonDetails
from directory.ldap.sync import Current, Plan
from directory.people.events import DirectorySynced, PersonDisabled
from directory.people.models import Person, PersonPhoto, Source, search_text_of, sort_name_of
from directory.units.models import Unit

T = TypeVar("T")

CHUNK = 25
REASON = "no longer in the directory"


async def apply_plan(tx: Tx, actor: Actor, current: Current, plan: Plan) -> None:
    """Do it. `current` is what the plan was made from, read in this same transaction."""
    units = await _Units(tx, actor).apply(plan)
    people = {key: person.id for key, person in current.people.items()}
    await _disable(tx, actor, plan)
    await _change(tx, actor, plan, units)
    people |= await _add(tx, actor, plan, units)
    await _photos(tx, plan, people)
    await _groups(tx, actor, plan, people)
    moved = any("unit" in change.fields or change.returns for change in plan.changed)
    tx.emit(
        DirectorySynced(
            added=len(plan.added),
            changed=len(plan.changed),
            disabled=len(plan.disabled),
            rights=moved or bool(plan.units) or bool(plan.groups),
        )
    )


class _Units:
    """The tree: who is under whom, and so the path of each."""

    def __init__(self, tx: Tx, actor: Actor) -> None:
        self._tx, self._actor = tx, actor
        self._ids: dict[str, UUID] = {}
        self._parents: dict[str, str | None] = {}
        self._paths: dict[str, str] = {}

    async def apply(self, plan: Plan) -> dict[str, UUID]:
        """Write the changes; gives the id of every unit by its key."""
        tx, changes = self._tx, plan.units
        rows = await tx.rows(
            select(col(Unit.id), col(Unit.source_key), col(Unit.parent_id), col(Unit.path)).where(
                col(Unit.source) == Source.LDAP.value
            )
        )
        keys = {row[0]: row[1] for row in rows}
        old_paths = {row[1]: row[3] for row in rows}
        for number, key, parent, _ in rows:
            self._ids[key], self._parents[key] = number, keys.get(parent)
        for unit in changes.added:
            self._ids[unit.key], self._parents[unit.key] = new_id(), unit.parent
        for change in changes.changed:
            self._parents[change.what.key] = change.what.parent
        added = sorted(changes.added, key=lambda unit: len(self._path(unit.key)))
        await _insert(
            tx,
            Unit,
            [
                _stamped(tx, self._ids[unit.key], unit.key, name=unit.name)
                | {"parent_id": self._parent(unit.key), "path": self._path(unit.key)}
                for unit in added
            ],
        )
        changed = {change.what.key: change.what.name for change in changes.changed}
        await _update(
            tx,
            Unit,
            [
                {"b_id": self._ids[key], "name": name, "parent_id": self._parent(key), "active": True}
                for key, name in changed.items()
            ],
        )
        await _update(tx, Unit, [{"b_id": known.id, "active": False} for known in changes.removed])
        await _update(
            tx,
            Unit,
            [
                {"b_id": self._ids[key], "path": self._path(key)}
                for key, path in old_paths.items()
                if path != self._path(key)
            ],
        )
        for key, path in old_paths.items():
            if path != self._path(key):
                await self._carry(path, self._path(key))
        if changes:
            tx.record(
                self._actor,
                "units.sync",
                added={str(self._ids[unit.key]): unit.name for unit in added},
                changed={str(self._ids[key]): name for key, name in changed.items()},
                removed={str(known.id): known.what.name for known in changes.removed},
            )
        return self._ids

    async def _carry(self, old: str, path: str) -> None:
        """Services kept by hand go where the directory's service above them goes."""
        inside = (col(Unit.source) != Source.LDAP.value, col(Unit.path).startswith(old, autoescape=True))
        moved = literal(path).concat(func.substr(col(Unit.path), len(old) + 1))
        await self._tx.execute(update(_table(Unit)).where(*inside).values(path=moved))

    def _parent(self, key: str) -> UUID | None:
        parent = self._parents[key]
        return self._ids[parent] if parent else None

    def _path(self, key: str) -> str:
        if key not in self._paths:
            parent = self._parents[key]
            self._paths[key] = f"{self._path(parent) if parent else ''}{self._ids[key]}/"
        return self._paths[key]


async def _disable(tx: Tx, actor: Actor, plan: Plan) -> None:
    await _update(tx, Person, [{"b_id": person.id, "active": False, "disabled_at": tx.now} for person in plan.disabled])
    for person in plan.disabled:
        tx.record(actor, "people.disable", subject=person.id, name=person.details.display_name, why=REASON)
        tx.emit(PersonDisabled(person_id=person.id, reason=REASON))


async def _change(tx: Tx, actor: Actor, plan: Plan, units: Mapping[str, UUID]) -> None:
    """Change people; logins that move are let go of first, so that two people can swap theirs."""
    moving = [change.known for change in plan.changed if "login" in change.fields and change.known.active]
    await _update(tx, Person, [{"b_id": known.id, "login": f"~{known.id}"} for known in moving], quiet=True)
    for chunk in _chunks(plan.changed):
        await _update(
            tx,
            Person,
            [
                {"b_id": change.known.id, "active": True, "disabled_at": None} | _columns(change.details, units)
                for change in chunk
            ],
        )
        for change in chunk:
            before, after = change.known.details, change.details
            tx.record(
                actor,
                "people.enable" if change.returns else "people.update",
                subject=change.known.id,
                before={name: getattr(before, name) for name in change.fields},
                after={name: getattr(after, name) for name in change.fields},
            )


async def _add(tx: Tx, actor: Actor, plan: Plan, units: Mapping[str, UUID]) -> dict[str, UUID]:
    """Add people; the journal names their ids, a thousand in an entry, so that it holds nothing to erase."""
    ids: dict[str, UUID] = {}
    for chunk in _chunks(plan.added):
        ids |= {person.key: new_id() for person in chunk}
        await _insert(
            tx,
            Person,
            [
                Person.model_construct(
                    **_stamped(tx, ids[person.key], person.key), **_columns(person.details, units)
                ).model_dump()
                for person in chunk
            ],
        )
    for people in _chunks(list(ids.values()), 1000):
        tx.record(actor, "people.sync_add", people=[str(person) for person in people])
    return ids


async def _photos(tx: Tx, plan: Plan, people: Mapping[str, UUID]) -> None:
    """Replace the pictures that are new, and forget those that are no more."""
    gone = [change.known for change in plan.changed if "photo" in change.fields]
    fresh = [(person.key, person.details) for person in plan.added]
    fresh += [(change.known.key, change.details) for change in plan.changed if "photo" in change.fields]
    for chunk in _chunks(gone):
        await tx.execute(delete(PersonPhoto).where(col(PersonPhoto.person_id).in_([known.id for known in chunk])))
    for new in _chunks([key for key, details in fresh if details.photo and key in plan.photos]):
        await tx.execute(insert(PersonPhoto), [{"person_id": people[key], "data": plan.photos[key]} for key in new])


async def _groups(tx: Tx, actor: Actor, plan: Plan, people: Mapping[str, UUID]) -> None:
    changes = plan.groups
    ids = {group.key: new_id() for group in changes.added}
    await _insert(tx, Group, [_stamped(tx, ids[group.key], group.key, name=group.name) for group in changes.added])
    await _update(
        tx,
        Group,
        [{"b_id": change.known.id, "name": change.what.name, "active": True} for change in changes.changed],
    )
    await _update(tx, Group, [{"b_id": known.id, "active": False} for known in changes.removed])
    moves = [(ids[group.key], group.name, frozenset[str](), group.members) for group in changes.added]
    moves += [
        (change.known.id, change.what.name, change.known.what.members, change.what.members)
        for change in changes.changed
    ]
    moves += [(known.id, known.what.name, known.what.members, frozenset()) for known in changes.removed]
    for number, name, before, after in moves:
        joined = sorted(people[key] for key in after - before)
        left = sorted(people[key] for key in before - after)
        for chunk in _chunks(left):
            await tx.execute(
                delete(GroupMember).where(col(GroupMember.group_id) == number, col(GroupMember.person_id).in_(chunk))
            )
        for chunk in _chunks(joined, 250):
            await tx.execute(insert(GroupMember), [{"group_id": number, "person_id": person} for person in chunk])
        tx.record(
            actor,
            "groups.sync",
            subject=number,
            name=name,
            joined=[str(person) for person in joined],
            left=[str(person) for person in left],
        )


def _stamped(tx: Tx, number: UUID, key: str, **columns: Any) -> dict[str, Any]:
    """What every row from the directory begins with."""
    return {
        "id": number,
        "source": Source.LDAP.value,
        "source_key": key,
        "active": True,
        "rev": 1,
        "created_at": tx.now,
        "updated_at": tx.now,
        **columns,
    }


def _columns(details: PersonDetails, units: Mapping[str, UUID]) -> dict[str, Any]:
    """The columns of Person that the directory decides."""
    names = (details.given_name, details.family_name, details.display_name)
    return {
        "login": details.login,
        "given_name": details.given_name,
        "family_name": details.family_name,
        "display_name": details.display_name,
        "sort_name": sort_name_of(*names),
        "search_text": search_text_of(*names, details.title, details.login, details.mail),
        "title": details.title,
        "mail": details.mail,
        "phone": details.phone,
        "unit_id": units[details.unit] if details.unit else None,
        "photo_hash": details.photo,
    }


async def _insert(tx: Tx, model: type[SQLModel], rows: Sequence[dict[str, Any]]) -> None:
    for chunk in _chunks(rows):
        await tx.execute(insert(_table(model)), list(chunk))
        await asyncio.sleep(0)


async def _update(tx: Tx, model: type[SQLModel], rows: Sequence[dict[str, Any]], *, quiet: bool = False) -> None:
    """Update rows by `b_id`; all of them give the same columns. `quiet`: not a revision of its own."""
    table = _table(model)
    statement = update(table).where(table.c.id == bindparam("b_id"))
    if not quiet:
        statement = statement.values(rev=table.c.rev + 1, updated_at=tx.now)
    for chunk in _chunks(rows):
        columns: dict[str, Any] = {name: bindparam(name) for name in chunk[0] if name != "b_id"}
        await tx.execute(statement.values(columns), list(chunk))
        await asyncio.sleep(0)


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel sets it on tables
    return table


def _chunks(rows: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
