"""The only writer of people, beside the directory's sync (directory/ldap/apply.py), which writes its own in bulk.

What the directory says of a person is changed there and nowhere else; here, an administrator keeps local accounts and
gives or takes the platform's administration, and people choose their language and theme.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, StaleRevision
from collab.core.i18n import msg
from collab.core.ids import new_id
from directory.people.access import Can, get_person, require
from directory.people.events import PersonChanged, PersonDisabled
from directory.people.models import (
    Person,
    PersonChange,
    PersonInput,
    SettingsChange,
    Source,
    search_text_of,
    sort_name_of,
)
from directory.units.events import BelongingChanged
from directory.units.models import Unit


async def add_person(tx: Tx, actor: Actor, data: PersonInput, *, person_id: UUID | None = None) -> Person:
    """A new local account. Raises Conflict if an active person has the login."""
    require(actor, Can.ADMINISTER)
    await _check_unit(tx, data.unit_id)
    number = person_id or new_id()
    person = Person(
        id=number,
        source=Source.LOCAL.value,
        source_key=str(number),
        sort_name="",
        created_at=tx.now,
        updated_at=tx.now,
        **data.model_dump(),
    )
    _name(person)
    try:
        async with tx.savepoint():
            tx.add(person)
            await tx.flush()
    except IntegrityError:
        raise _login_taken() from None
    tx.record(actor, "people.add", subject=person.id, login=person.login, name=person.display_name)
    if person.is_admin:
        tx.record(actor, "people.set_admin", subject=person.id, is_admin=True)
    return person


async def update_person(tx: Tx, actor: Actor, person_id: UUID, data: PersonChange, rev: int) -> Person:
    """Change a local account. `rev`: the one that was seen. Raises Conflict for somebody from the directory."""
    person = await _take_person(tx, actor, person_id, Can.ADMINISTER)
    if person.source != Source.LOCAL:
        raise Conflict("people.from_directory", msg("This person comes from the directory: change it there."))
    changed = data.model_dump(exclude_unset=True)
    changed = {name: value for name, value in changed.items() if value is not None or name == "unit_id"}
    if person.rev != rev:
        raise StaleRevision(
            current=person.model_dump(mode="json"), yours=data.model_dump(mode="json", exclude_unset=True)
        )
    await _check_unit(tx, changed.get("unit_id"))
    before = {name: getattr(person, name) for name in changed}
    person.sqlmodel_update(changed)
    _name(person)
    _touch(tx, person)
    tx.record(actor, "people.update", subject=person.id, before=_told(before), after=_told(changed))
    if before.get("unit_id") != changed.get("unit_id"):
        tx.emit(BelongingChanged())
    tx.emit(PersonChanged(person_id=person.id))
    return person


async def choose_settings(tx: Tx, actor: Actor, person_id: UUID, data: SettingsChange) -> Person:
    """One's own language and theme. The last choice counts, so no rev is asked for."""
    person = await _take_person(tx, actor, person_id, Can.CHOOSE)
    changed = data.model_dump(exclude_none=True)
    if any(getattr(person, name) != value for name, value in changed.items()):
        person.sqlmodel_update(changed)
        _touch(tx, person)
        tx.emit(PersonChanged(person_id=person.id))
    return person


async def disable_person(tx: Tx, actor: Actor, person_id: UUID, reason: str) -> Person:
    """Let somebody in no more; nothing happens to one who is out already. Raises Conflict for the last administrator.

    Sessions and tokens end in this transaction, through the handlers of PersonDisabled.
    """
    administrators = await take_administrators(tx, actor)
    person = await _take_person(tx, actor, person_id, Can.ADMINISTER)
    if not person.active:
        return person
    _keep_an_administrator(administrators, person)
    person.active, person.disabled_at = False, tx.now
    _touch(tx, person)
    tx.record(actor, "people.disable", subject=person.id, name=person.display_name, why=reason)
    tx.emit(PersonDisabled(person_id=person.id, reason=reason))
    return person


async def enable_person(tx: Tx, actor: Actor, person_id: UUID) -> Person:
    """Let a local account in again. Raises Conflict if it is the directory's, or if its login was given away."""
    person = await _take_person(tx, actor, person_id, Can.ADMINISTER)
    if person.active:
        return person
    if person.source != Source.LOCAL:
        raise Conflict("people.from_directory", msg("This person comes from the directory: change it there."))
    try:
        async with tx.savepoint():
            person.active, person.disabled_at = True, None
            _touch(tx, person)
            await tx.flush()
    except IntegrityError:
        raise _login_taken() from None
    tx.record(actor, "people.enable", subject=person.id, name=person.display_name)
    tx.emit(PersonChanged(person_id=person.id))
    return person


async def set_admin(tx: Tx, actor: Actor, person_id: UUID, is_admin: bool) -> Person:
    """Give or take the administration of the platform. Raises Conflict rather than leave it without any."""
    administrators = await take_administrators(tx, actor)
    person = await _take_person(tx, actor, person_id, Can.ADMINISTER)
    if person.is_admin == is_admin:
        return person
    if not is_admin:
        _keep_an_administrator(administrators, person)
    person.is_admin = is_admin
    _touch(tx, person)
    tx.record(actor, "people.set_admin", subject=person.id, is_admin=is_admin)
    tx.emit(PersonChanged(person_id=person.id))
    return person


async def _take_person(tx: Tx, actor: Actor, person_id: UUID, can: Can) -> Person:
    """The person, locked before they are read, so that of two changes made at once one is seen to be stale."""
    require(actor, can, own=person_id == actor.person_id)
    await tx.lock(Person, person_id)
    return await get_person(tx, actor, person_id, can)


def _name(person: Person) -> None:
    """Bring what depends on the name up to date."""
    names = (person.given_name, person.family_name, person.display_name)
    person.sort_name = sort_name_of(*names)
    person.search_text = search_text_of(*names, person.title, person.login, person.mail)


def _told(values: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}


def _touch(tx: Tx, person: Person) -> None:
    person.rev, person.updated_at = person.rev + 1, tx.now


async def _check_unit(tx: Tx, unit_id: UUID | None) -> None:
    if unit_id is not None:
        unit = await tx.get(Unit, unit_id)
        if unit is None or not unit.active:
            raise Invalid(errors={"unit_id": msg("There is no such service.")})


async def take_administrators(tx: Tx, actor: Actor) -> set[UUID]:
    """Who administers the platform, locked, so that two who take it from each other do not both succeed.

    The directory's sync asks too, before it disables anybody.
    """
    require(actor, Can.ADMINISTER)
    statement = select(col(Person.id)).where(col(Person.is_admin), col(Person.active)).order_by(col(Person.id))
    return set(await tx.all(statement.with_for_update(key_share=True)))


def _keep_an_administrator(administrators: set[UUID], person: Person) -> None:
    if administrators == {person.id}:
        raise Conflict("people.last_admin", msg("The platform needs an administrator: name another one first."))


def _login_taken() -> Conflict:
    message = msg("Somebody already has this login.")
    return Conflict("people.login_taken", message, errors={"login": message})
