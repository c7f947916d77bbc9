"""The tree of services, as everybody sees it."""

from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.text import sort_key
from directory.people.access import Can, require
from directory.people.models import Person, Source
from directory.units.models import Unit, UnitView


async def closed_parent(tx: Tx, actor: Actor, unit: UnitView) -> str:
    """The name of the service that a service belongs to and that the directory has closed since; "" as a rule."""
    require(actor, Can.READ)
    parent = await tx.get(Unit, unit.parent_id) if unit.parent_id else None
    return parent.name if parent is not None and not parent.active else ""


async def list_units(tx: Tx, actor: Actor) -> list[UnitView]:
    """Every service, each after the one it belongs to, those side by side by name."""
    require(actor, Can.READ)
    units = list(await tx.all(select(Unit).where(col(Unit.active))))
    counted = await tx.rows(
        select(col(Person.unit_id), func.count()).where(col(Person.active)).group_by(col(Person.unit_id))
    )
    people: dict[UUID | None, int] = {row[0]: row[1] for row in counted}
    known = {unit.id for unit in units}
    below: dict[UUID | None, list[Unit]] = {}
    for unit in sorted(units, key=lambda unit: (sort_key(unit.name), unit.id)):
        below.setdefault(unit.parent_id if unit.parent_id in known else None, []).append(unit)
    tree: list[UnitView] = []

    def walk(unit: Unit, depth: int) -> int:
        view = UnitView(
            id=unit.id,
            name=unit.name,
            parent_id=unit.parent_id,
            depth=depth,
            people=people.get(unit.id, 0),
            people_below=0,
            local=unit.source == Source.LOCAL,
            rev=unit.rev,
        )
        tree.append(view)
        view.people_below = view.people + sum(walk(inner, depth + 1) for inner in below.get(unit.id, ()))
        return view.people_below

    for root in below.get(None, ()):
        walk(root, 0)
    return tree
