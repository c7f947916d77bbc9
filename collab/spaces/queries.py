"""What a member sees of spaces."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.spaces.access import Can, get_space, mine, require_orphan, require_reading, strongest
from collab.spaces.models import DataClass, MemberView, PrincipalKind, Role, Space, SpaceFigures, SpaceMember, SpaceView
from collab.spaces.ownership import list_orphan_ids
from directory.groups.models import Group, GroupMember
from directory.people.models import Person
from directory.units.models import Unit


def view_of(space: Space, role: Role) -> SpaceView:
    """The space as somebody with this role sees it."""
    return SpaceView(
        id=space.id,
        title=space.title,
        description=space.description,
        data_class=DataClass(space.data_class),
        role=role,
        rev=space.rev,
    )


async def list_spaces(tx: Tx, actor: Actor) -> list[SpaceView]:
    """The actor's spaces, by title."""
    require_reading(actor)
    if not actor.principals:
        return []
    rows = await tx.rows(
        select(Space, col(SpaceMember.role))
        .join(SpaceMember, col(SpaceMember.space_id) == col(Space.id))
        .where(mine(actor))
        .order_by(col(Space.title), col(Space.id))
    )
    roles: dict[UUID, list[Role]] = {}
    spaces: dict[UUID, Space] = {}
    for space, role in rows:
        spaces[space.id] = space
        roles.setdefault(space.id, []).append(Role(role))
    return [view_of(space, strongest(roles[key]) or Role.READER) for key, space in spaces.items()]


async def list_members(tx: Tx, actor: Actor, space_id: UUID) -> list[MemberView]:
    """Who is in the space, owners first, then by name."""
    await get_space(tx, actor, space_id, Can.READ)
    rows: Sequence[SpaceMember] = await tx.all(select(SpaceMember).where(col(SpaceMember.space_id) == space_id))
    ids = [row.principal_id for row in rows]
    names: dict[UUID, str] = {}
    for statement in (
        select(col(Person.id), col(Person.display_name)).where(col(Person.id).in_(ids)),
        select(col(Group.id), col(Group.name)).where(col(Group.id).in_(ids)),
        select(col(Unit.id), col(Unit.name)).where(col(Unit.id).in_(ids)),
    ):
        names.update({row[0]: row[1] for row in await tx.rows(statement)})
    order = list(Role)
    members = [
        MemberView(
            principal_kind=PrincipalKind(row.principal_kind),
            principal_id=row.principal_id,
            name=names.get(row.principal_id, ""),
            role=Role(row.role),
        )
        for row in rows
    ]
    return sorted(members, key=lambda member: (order.index(member.role), member.name.casefold()))


async def list_for_administration(tx: Tx) -> list[SpaceFigures]:
    """Every space without what it is about: administering the platform gives nothing to read."""
    members = await tx.rows(select(col(SpaceMember.space_id), func.count()).group_by(col(SpaceMember.space_id)))
    owners: dict[UUID, list[str]] = {}
    for space_id, name in await tx.rows(
        select(col(SpaceMember.space_id), col(Person.display_name))
        .join(Person, col(Person.id) == col(SpaceMember.principal_id))
        .where(col(SpaceMember.role) == Role.OWNER.value)
        .order_by(col(Person.sort_name))
    ):
        owners.setdefault(space_id, []).append(name)
    counts: dict[UUID, int] = {row[0]: row[1] for row in members}
    spaces = await tx.all(select(Space).order_by(col(Space.created_at)))
    orphans = await list_orphan_ids(tx)
    return [
        SpaceFigures(
            id=space.id,
            data_class=DataClass(space.data_class),
            created_at=space.created_at,
            members=counts.get(space.id, 0),
            owners=owners.get(space.id, []),
            orphan=space.id in orphans,
        )
        for space in spaces
    ]


async def list_heirs(tx: Tx, actor: Actor, space_id: UUID) -> list[Person]:
    """Every person of a space that nobody owns, for the administrators who name its owner. Nothing else of it."""
    await require_orphan(tx, actor, space_id)
    return await people_of(tx, space_id)


async def list_people(tx: Tx, actor: Actor, space_id: UUID) -> list[Person]:
    """Every person of the space, also through a group or a unit (with the units below it), by name."""
    await get_space(tx, actor, space_id, Can.READ)
    return await people_of(tx, space_id)


async def people_of(tx: Tx, space_id: UUID) -> list[Person]:
    """The same for jobs, whose door has decided: it asks for no right."""
    through = await _comes_through(tx, col(SpaceMember.space_id) == space_id)
    statement = select(Person).where(col(Person.active), through)
    people: list[Person] = list(await tx.all(statement.order_by(col(Person.sort_name), col(Person.id))))
    return people


async def list_newcomers(tx: Tx, space_id: UUID, principal_id: UUID) -> list[UUID]:
    """The people whom this group or unit alone brings into the space; for jobs, which tell them."""
    here = col(SpaceMember.space_id) == space_id
    this = await _comes_through(tx, here, col(SpaceMember.principal_id) == principal_id)
    others = await _comes_through(tx, here, col(SpaceMember.principal_id) != principal_id)
    statement = select(col(Person.id)).where(col(Person.active), this, ~others).order_by(col(Person.id))
    return list(await tx.all(statement))


async def _comes_through(tx: Tx, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition on persons: in a space through one of these memberships, theirs, a group's or a unit's."""
    principals = select(col(SpaceMember.principal_id)).where(*which)
    paths: Sequence[str] = await tx.all(select(col(Unit.path)).where(col(Unit.id).in_(principals)))
    units = select(col(Unit.id)).where(or_(false(), *(_below(path) for path in paths)))
    grouped = select(col(GroupMember.person_id)).where(col(GroupMember.group_id).in_(principals))
    # A person without a unit is in none of them; NOT of an unknown would leave them out.
    in_units = and_(col(Person.unit_id).is_not(None), col(Person.unit_id).in_(units))
    return or_(col(Person.id).in_(principals), col(Person.id).in_(grouped), in_units)


def _below(path: str) -> ColumnElement[bool]:
    """The unit with this path and those under it."""
    return col(Unit.path).startswith(path, autoescape=True)
