"""The only writer of units that are kept by hand; those of the directory are written by its sync."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, literal, select, update
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, StaleRevision
from collab.core.i18n import msg
from collab.core.ids import new_id
from directory.people.access import Can, require
from directory.people.models import Person, Source
from directory.units.access import get_unit
from directory.units.events import BelongingChanged
from directory.units.models import Unit, UnitChange, UnitInput

DEEPEST = 25


async def add_unit(tx: Tx, actor: Actor, data: UnitInput, *, unit_id: UUID | None = None) -> Unit:
    """A new service, at the root of the tree or below another."""
    require(actor, Can.ADMINISTER)
    above = await _path_of(tx, data.parent_id)
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


async def change_unit(tx: Tx, actor: Actor, unit_id: UUID, data: UnitChange, rev: int) -> Unit:
    """Call a service something else, or move it with all below it. `rev`: the one that was seen.

    Raises Invalid for a place inside itself, or deeper than the tree may be.
    """
    require(actor, Can.ADMINISTER)
    await _take_tree(tx)
    unit = await _own(tx, actor, unit_id)
    changed = data.model_dump(exclude_unset=True)
    if changed.get("name", "") is None:
        del changed["name"]
    if unit.rev != rev:
        raise StaleRevision(
            current=unit.model_dump(mode="json"), yours=data.model_dump(mode="json", exclude_unset=True)
        )
    before = {name: getattr(unit, name) for name in changed}
    if changed.get("parent_id", unit.parent_id) != unit.parent_id:
        await _move(tx, unit, changed["parent_id"])
        tx.emit(BelongingChanged())
    unit.sqlmodel_update(changed)
    unit.rev, unit.updated_at = unit.rev + 1, tx.now
    tx.record(actor, "units.update", subject=unit.id, before=_told(before), after=_told(changed))
    return unit


async def _move(tx: Tx, unit: Unit, parent_id: UUID | None) -> None:
    """Give the unit and those below it the paths of their new place."""
    above = await _path_of(tx, parent_id)
    below = col(Unit.path).startswith(unit.path, autoescape=True)
    if above.startswith(unit.path):
        raise Invalid(errors={"parent_id": msg("A service cannot be placed inside itself.")})
    old, path = unit.path, f"{above}{unit.id}/"
    deepest = max(one.count("/") for one in await tx.all(select(col(Unit.path)).where(below)))
    if deepest - old.count("/") + path.count("/") > DEEPEST:
        raise Invalid(errors={"parent_id": msg("There would be too many services inside each other.")})
    await tx.flush()
    moved = literal(path).concat(func.substr(col(Unit.path), len(old) + 1))
    await tx.execute(update(Unit).where(below).values(path=moved).execution_options(synchronize_session=False))
    await tx.session.refresh(unit)


async def _path_of(tx: Tx, parent_id: UUID | None) -> str:
    """The path of the unit to be placed under, "" for the root. Raises Invalid."""
    if parent_id is None:
        return ""
    parent = await tx.lock(Unit, parent_id)
    if parent is None or not parent.active or parent.path.count("/") >= DEEPEST:
        raise Invalid(errors={"parent_id": msg("There is no such service.")})
    return parent.path


async def _take_tree(tx: Tx) -> None:
    """All services locked, so that two moves made at once cannot put each service inside the other."""
    await tx.all(select(col(Unit.id)).order_by(col(Unit.id)).with_for_update())


def _told(values: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}


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
