"""The only way to obtain a Group by id; the rights are those of the directory (people/access.py)."""

from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import NotFound
from directory.groups.models import Group
from directory.people.access import Can, require


async def get_group(tx: Tx, actor: Actor, group_id: UUID, can: Can) -> Group:
    """The group, if the actor may do this with it and it still exists."""
    require(actor, can)
    group = await tx.get(Group, group_id)
    if group is None or not group.active:
        raise NotFound()
    return group
