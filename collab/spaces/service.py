"""The only writer of spaces and memberships. Every change of rights is journalled in the space's chain.

Writers of one space take turns, so that a stale change is seen and two owners cannot both leave.
"""

from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, Invalid, StaleRevision
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.spaces.access import Can, find_role, forget_roles, get_space, require_orphan
from collab.spaces.events import MemberAdded, MembersChanged, OwnerNamed, SpaceChanged, topic_of
from collab.spaces.models import MemberInput, PrincipalKind, Role, Space, SpaceChange, SpaceInput, SpaceMember
from directory.groups.models import Group
from directory.people.models import Person
from directory.units.models import Unit

PRINCIPALS: dict[PrincipalKind, type[Person | Group | Unit]] = {
    PrincipalKind.PERSON: Person,
    PrincipalKind.GROUP: Group,
    PrincipalKind.UNIT: Unit,
}


async def create_space(tx: Tx, actor: Actor, data: SpaceInput, *, space_id: UUID | None = None) -> Space:
    """A new space, owned by whoever makes it."""
    decided("space:create")
    person = actor.person_id
    if person is None or (actor.scopes is not None and "manage" not in actor.scopes):
        raise Denied()
    space = Space(
        id=space_id or new_id(),
        title=data.title,
        description=data.description,
        data_class=data.data_class.value,
        created_at=tx.now,
        updated_at=tx.now,
    )
    tx.add(space)
    await tx.flush()
    member = SpaceMember(
        space_id=space.id, principal_id=person, principal_kind=PrincipalKind.PERSON.value, role=Role.OWNER.value
    )
    tx.add(member)
    tx.record(actor, "spaces.create", space=space.id, subject=space.id, title=space.title)
    forget_roles(tx)
    tx.emit(MembersChanged(space_id=space.id, principal_id=person, role=Role.OWNER))
    return space


async def update_space(tx: Tx, actor: Actor, space_id: UUID, data: SpaceChange, rev: int) -> Space:
    """Change what a space says of itself. `rev`: the one that was seen."""
    space = await _take_space(tx, actor, space_id, Can.MANAGE)
    _keep_personal(space)
    if space.rev != rev:
        raise StaleRevision(
            current=space.model_dump(mode="json"), yours=data.model_dump(exclude_none=True, mode="json")
        )
    changed = data.model_dump(exclude_none=True, mode="json")
    space.sqlmodel_update(changed)
    space.rev, space.updated_at = rev + 1, tx.now
    tx.record(actor, "spaces.update", space=space.id, subject=space.id, **changed)
    await tx.announce(
        lambda topic, number: SpaceChanged(topic=topic, rev=number, space_id=space.id, title=space.title),
        topic_of(space.id),
    )
    return space


async def set_member(tx: Tx, actor: Actor, space_id: UUID, data: MemberInput) -> None:
    """Give a person, a group or a unit a role, or another role."""
    _keep_personal(await _take_space(tx, actor, space_id, Can.MANAGE))
    principal = await tx.get(PRINCIPALS[data.principal_kind], data.principal_id)
    if principal is None or not principal.active:
        raise Invalid(errors={"principal_id": msg("Nobody of this kind is in the directory.")})
    row = await tx.get(SpaceMember, (space_id, data.principal_id))
    if row is None:
        row = SpaceMember(
            space_id=space_id,
            principal_id=data.principal_id,
            principal_kind=data.principal_kind.value,
            role=data.role.value,
        )
        tx.add(row)
        tx.emit(
            MemberAdded(
                space_id=space_id,
                principal_kind=data.principal_kind,
                principal_id=data.principal_id,
                by=actor.person_id,
            )
        )
    else:
        await _keep_an_owner(tx, space_id, row, data.role)
        row.role = data.role.value
    tx.record(actor, "spaces.set_member", space=space_id, subject=data.principal_id, role=data.role.value)
    forget_roles(tx)
    tx.emit(MembersChanged(space_id=space_id, principal_id=data.principal_id, role=data.role))


async def remove_member(tx: Tx, actor: Actor, space_id: UUID, principal_id: UUID) -> None:
    """Take a role away. Anybody may leave; only owners send others away. Nothing happens when there is no role."""
    leaving = principal_id == actor.person_id
    await _take_space(tx, actor, space_id, Can.READ if leaving else Can.MANAGE)
    row = await tx.get(SpaceMember, (space_id, principal_id))
    if row is None:
        return
    await _keep_an_owner(tx, space_id, row, None)
    await tx.delete(row)
    tx.record(actor, "spaces.remove_member", space=space_id, subject=principal_id)
    forget_roles(tx)
    tx.emit(MembersChanged(space_id=space_id, principal_id=principal_id, role=None))


async def name_owner(tx: Tx, actor: Actor, space_id: UUID, person_id: UUID) -> None:
    """Give an owner to a space that nobody owns any more; the administrator who does it gets no right by it.

    What was somebody's personal files becomes a shared space by it. Raises Conflict where it has an owner, and for
    oneself unless one is in the space already.
    """
    space = await tx.lock(Space, space_id)
    await require_orphan(tx, actor, space_id)
    person = await tx.get(Person, person_id)
    if person is None or not person.active:
        raise Invalid(errors={"person_id": msg("Nobody of this kind is in the directory.")})
    if person_id == actor.person_id and await find_role(tx, actor, space_id) is None:
        raise Conflict(
            "spaces.own_owner",
            msg("You are not in this space, so you cannot name yourself: another administrator can."),
        )
    row = await tx.get(SpaceMember, (space_id, person_id))
    if row is None:
        kind = PrincipalKind.PERSON.value
        tx.add(SpaceMember(space_id=space_id, principal_id=person_id, principal_kind=kind, role=Role.OWNER.value))
    else:
        row.role = Role.OWNER.value
    assert space is not None  # or it were no orphan
    tx.record(
        actor,
        "spaces.name_owner",
        space=space_id,
        subject=person_id,
        role=Role.OWNER.value,
        **({"personal_files_of": str(space.owner_id)} if space.owner_id else {}),
    )
    space.owner_id = None
    forget_roles(tx)
    tx.emit(MembersChanged(space_id=space_id, principal_id=person_id, role=Role.OWNER))
    tx.emit(OwnerNamed(space_id=space_id, person_id=person_id))


async def _take_space(tx: Tx, actor: Actor, space_id: UUID, can: Can) -> Space:
    """The space, locked before its members are read: the right to change it may just have been taken away."""
    await tx.lock(Space, space_id)
    return await get_space(tx, actor, space_id, can)


def _keep_personal(space: Space) -> None:
    if space.owner_id is not None:
        raise Conflict("spaces.personal", msg("These are personal files: they are for one person alone."))


async def _keep_an_owner(tx: Tx, space_id: UUID, row: SpaceMember, role: Role | None) -> None:
    if row.role != Role.OWNER or role is Role.OWNER:
        return
    owners = select(func.count()).where(
        col(SpaceMember.space_id) == space_id, col(SpaceMember.role) == Role.OWNER.value
    )
    if await tx.one(owners) == 1:
        raise Conflict("spaces.last_owner", msg("A space needs an owner: give this role to somebody else first."))
