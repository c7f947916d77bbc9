"""The only writer of units that are kept by hand; those of the directory are written by its sync."""

from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, StaleRevision
from collab.core.i18n import msg
from collab.core.ids import new_id
from directory.people.access import Can, require
from directory.people.models import Person, Source
from directory.units.access import get_unit
from directory.units.models import Unit, UnitInput

DEEPEST = 25


async def add_unit(tx: Tx, actor: Actor, data: UnitInput, *, unit_id: UUID | None = None) -> Unit:
    """A new service, at the root of the tree or below another."""
    require(actor, Can.ADMINISTER)
    above = ""
    if data.parent_id is not None:
        parent = await tx.get(Unit, data.parent_id)
        if parent is None or not parent.active or parent.path.count("/") >= DEEPEST:
            raise Invalid(errors={"parent_id": msg("There is no such service.")})
        above = parent.path
    number = unit_id or new_id()
    unit = Unit(
        id=number,
        source=Source.LOCAL.value,
        source_key=str(number),
        name=data.name,
        parent_id=data.parent_id,
        path=f"{above}{number}/",
        created_at=tx.now,
        updated_at=tx.now,
    )
    tx.add(unit)
    await tx.flush()
    tx.record(actor, "units.add", subject=unit.id, name=unit.name)
    return unit


async def rename_unit(tx: Tx, actor: Actor, unit_id: UUID, name: str, rev: int) -> Unit:
    """Call a service something else. `rev`: the one that was seen."""
    unit = await _own(tx, actor, unit_id)
    if unit.rev != rev:
        raise StaleRevision(current=unit.model_dump(mode="json"), yours={"name": name})
    tx.record(actor, "units.rename", subject=unit.id, before=unit.name, after=name)
    unit.name, unit.rev, unit.updated_at = name, unit.rev + 1, tx.now
    return unit


async def remove_unit(tx: Tx, actor: Actor, unit_id: UUID) -> None:
    """Take an empty service out of the tree. Raises Conflict while people or services are in it."""
    unit = await _own(tx, actor, unit_id)
    people = select(func.count()).where(col(Person.unit_id) == unit.id, col(Person.active))
    inner = select(func.count()).where(col(Unit.parent_id) == unit.id, col(Unit.active))
    if await tx.one(people) or await tx.one(inner):
        raise Conflict("units.not_empty", msg("Somebody is still in this service, or another service is."))
    unit.active, unit.rev, unit.updated_at = False, unit.rev + 1, tx.now
    tx.record(actor, "units.remove", subject=unit.id, name=unit.name)


async def _own(tx: Tx, actor: Actor, unit_id: UUID) -> Unit:
    require(actor, Can.ADMINISTER)
    await tx.lock(Unit, unit_id)
    unit = await get_unit(tx, actor, unit_id, Can.ADMINISTER)
    if unit.source != Source.LOCAL:
        raise Conflict("units.from_directory", msg("This service comes from the directory: change it there."))
    return unit
