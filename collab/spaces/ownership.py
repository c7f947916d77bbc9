"""Which spaces still have somebody who owns them, and who could. Access and queries ask; pure reading.

An owner is a person who may sign in: by themselves, through a group, or through a service with those below it. A space
whose owners have all left, or whose groups and services have emptied, is an orphan.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import CompoundSelect, and_, select, union
from sqlalchemy.orm import aliased
from sqlmodel import col

from collab.core.database import Tx
from collab.spaces.models import Role, Space, SpaceMember
from directory.groups.models import Group, GroupMember
from directory.people.models import Person
from directory.units.models import Unit


def owned_spaces() -> CompoundSelect[UUID]:
    """The ids of the spaces that have an owner, as a subquery."""
    top, inner = aliased(Unit), aliased(Unit)
    owner = col(SpaceMember.role) == Role.OWNER.value
    principal, space = col(SpaceMember.principal_id), col(SpaceMember.space_id)
    return union(
        select(space).join(Person, col(Person.id) == principal).where(owner, col(Person.active)),
        select(space)
        .join(Group, and_(col(Group.id) == principal, col(Group.active)))
        .join(GroupMember, col(GroupMember.group_id) == col(Group.id))
        .join(Person, col(Person.id) == col(GroupMember.person_id))
        .where(owner, col(Person.active)),
        select(space)
        .join(top, and_(col(top.id) == principal, col(top.active)))
        .join(inner, and_(col(inner.path).like(col(top.path).concat("%")), col(inner.active)))
        .join(Person, col(Person.unit_id) == col(inner.id))
        .where(owner, col(Person.active)),
    )


async def list_orphan_ids(tx: Tx, among: UUID | None = None) -> frozenset[UUID]:
    """The spaces that nobody owns; `among`: this one alone."""
    statement = select(col(Space.id)).where(col(Space.id).not_in(owned_spaces()))
    if among is not None:
        statement = statement.where(col(Space.id) == among)
    found: Sequence[UUID] = await tx.all(statement)
    return frozenset(found)
