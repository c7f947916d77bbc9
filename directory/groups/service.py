"""The only writer of groups that are kept by hand; those of the directory are written by its sync."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, StaleRevision
from collab.core.i18n import msg
from collab.core.ids import new_id
from directory.groups.access import get_group
from directory.groups.events import GroupMembersChanged
from directory.groups.models import Group, GroupInput, GroupMember
from directory.people.access import Can, require
from directory.people.models import Person, Source


async def add_group(tx: Tx, actor: Actor, data: GroupInput, *, group_id: UUID | None = None) -> Group:
    """A new group with nobody in it."""
    require(actor, Can.ADMINISTER)
    number = group_id or new_id()
    group = Group(
        id=number,
        source=Source.LOCAL.value,
        source_key=str(number),
        name=data.name,
        created_at=tx.now,
        updated_at=tx.now,
    )
    tx.add(group)
    await tx.flush()
    tx.record(actor, "groups.add", subject=group.id, name=group.name)
    return group


async def rename_group(tx: Tx, actor: Actor, group_id: UUID, data: GroupInput, rev: int) -> Group:
    """Call a group something else. `rev`: the one that was seen."""
    group = await _own(tx, actor, group_id)
    if group.rev != rev:
        raise StaleRevision(current=group.model_dump(mode="json"), yours=data.model_dump(mode="json"))
    tx.record(actor, "groups.rename", subject=group.id, before=group.name, after=data.name)
    group.name, group.rev, group.updated_at = data.name, group.rev + 1, tx.now
    return group


async def set_group_members(tx: Tx, actor: Actor, group_id: UUID, people: Iterable[UUID]) -> None:
    """Make these, and nobody else, the members of a group."""
    group = await _own(tx, actor, group_id)
    before = await _members(tx, group)
    wanted = set(people)
    await _change_members(tx, actor, group, wanted - before, before - wanted)


async def add_group_member(tx: Tx, actor: Actor, group_id: UUID, person_id: UUID) -> None:
    """Take somebody in; nothing happens to who is in already."""
    group = await _own(tx, actor, group_id)
    await _change_members(tx, actor, group, {person_id} - await _members(tx, group), set())


async def remove_group_member(tx: Tx, actor: Actor, group_id: UUID, person_id: UUID) -> None:
    """Take somebody out; nothing happens to who is not in."""
    group = await _own(tx, actor, group_id)
    await _change_members(tx, actor, group, set(), {person_id} & await _members(tx, group))


async def _members(tx: Tx, group: Group) -> set[UUID]:
    return set(await tx.all(select(col(GroupMember.person_id)).where(col(GroupMember.group_id) == group.id)))


async def _change_members(tx: Tx, actor: Actor, group: Group, joined: set[UUID], left: set[UUID]) -> None:
    """Write it. Raises Invalid if one of those who join is not in the directory."""
    found = set(await tx.all(select(col(Person.id)).where(col(Person.id).in_(joined), col(Person.active))))
    if found != joined:
        raise Invalid(errors={"people": msg("Somebody in this list is not in the directory.")})
    if not joined and not left:
        return
    if left:
        await tx.execute(
            delete(GroupMember).where(col(GroupMember.group_id) == group.id, col(GroupMember.person_id).in_(left))
        )
    if joined:
        await tx.execute(
            insert(GroupMember), [{"group_id": group.id, "person_id": person} for person in sorted(joined)]
        )
    group.rev, group.updated_at = group.rev + 1, tx.now
    tx.record(
        actor,
        "groups.set_members",
        subject=group.id,
        joined=[str(person) for person in sorted(joined)],
        left=[str(person) for person in sorted(left)],
    )
    tx.emit(GroupMembersChanged(group_id=group.id, joined=tuple(sorted(joined))))


async def remove_group(tx: Tx, actor: Actor, group_id: UUID) -> None:
    """Close a group: the rights it was given mean nothing any more."""
    group = await _own(tx, actor, group_id)
    await tx.execute(delete(GroupMember).where(col(GroupMember.group_id) == group.id))
    group.active, group.rev, group.updated_at = False, group.rev + 1, tx.now
    tx.record(actor, "groups.remove", subject=group.id, name=group.name)
    tx.emit(GroupMembersChanged(group_id=group.id))


async def _own(tx: Tx, actor: Actor, group_id: UUID) -> Group:
    require(actor, Can.ADMINISTER)
    await tx.lock(Group, group_id)
    group = await get_group(tx, actor, group_id, Can.ADMINISTER)
    if group.source != Source.LOCAL:
        raise Conflict("groups.from_directory", msg("This group comes from the directory: change it there."))
    return group
