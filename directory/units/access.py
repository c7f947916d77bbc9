"""The only way to obtain a Unit by id; the rights are those of the directory (people/access.py)."""

from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import NotFound
from directory.people.access import Can, require
from directory.units.models import Unit


async def get_unit(tx: Tx, actor: Actor, unit_id: UUID, can: Can) -> Unit:
    """The service, if the actor may do this with it and it still exists."""
    require(actor, can)
    unit = await tx.get(Unit, unit_id)
    if unit is None or not unit.active:
        raise NotFound()
    return unit
