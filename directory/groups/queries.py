"""Groups and who is in them, as everybody sees it."""

from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.text import sort_key
from directory.groups.access import get_group
from directory.groups.models import Group, GroupMember, GroupView
from directory.people.access import Can, require
from directory.people.models import Person, Source


async def list_groups(tx: Tx, actor: Actor) -> list[GroupView]:
    """Every group, by name."""
    require(actor, Can.READ)
    counted = await tx.rows(
        select(col(GroupMember.group_id), func.count())
        .join(Person, col(Person.id) == col(GroupMember.person_id))
        .where(col(Person.active))
        .group_by(col(GroupMember.group_id))
    )
    people: dict[UUID, int] = {row[0]: row[1] for row in counted}
    groups = await tx.all(select(Group).where(col(Group.active)))
    return [
        GroupView(
            id=group.id,
            name=group.name,
            people=people.get(group.id, 0),
            local=group.source == Source.LOCAL,
            rev=group.rev,
        )
        for group in sorted(groups, key=lambda group: (sort_key(group.name), group.id))
    ]


async def view_group(tx: Tx, actor: Actor, group_id: UUID) -> GroupView:
    """One group."""
    group = await get_group(tx, actor, group_id, Can.READ)
    people = len(await list_member_ids(tx, actor, group_id))
    return GroupView(id=group.id, name=group.name, people=people, local=group.source == Source.LOCAL, rev=group.rev)


async def list_member_ids(tx: Tx, actor: Actor, group_id: UUID) -> frozenset[UUID]:
    """The active people in a group."""
    group = await get_group(tx, actor, group_id, Can.READ)
    found = await tx.all(
        select(col(GroupMember.person_id))
        .join(Person, col(Person.id) == col(GroupMember.person_id))
        .where(col(GroupMember.group_id) == group.id, col(Person.active))
    )
    return frozenset(found)
