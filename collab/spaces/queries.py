"""What a member sees of spaces."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.spaces.access import Can, get_space, mine, readable_spaces, require_orphan, strongest
from collab.spaces.models import DataClass, MemberView, PrincipalKind, Role, Space, SpaceFigures, SpaceMember, SpaceView
from collab.spaces.ownership import list_orphan_ids, owned_spaces
from directory.groups.models import Group, GroupMember
from directory.people.models import Person
from directory.units.models import Unit

PAGE = 200
PEOPLE_PAGE = 500
MOST_LISTED = 1000


def view_of(space: Space, role: Role) -> SpaceView:
    """The space as somebody with this role sees it."""
    return SpaceView(
        id=space.id,
        title=space.title,
        description=space.description,
        data_class=DataClass(space.data_class),
        role=role,
        personal=space.owner_id is not None,
        rev=space.rev,
    )


async def list_spaces(tx: Tx, actor: Actor) -> list[SpaceView]:
    """The actor's shared spaces, by title, MOST_LISTED at most: for choosing one. The whole list is read by parts."""
    return (await page_spaces(tx, actor, limit=MOST_LISTED))[0]


async def page_spaces(
    tx: Tx, actor: Actor, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[list[SpaceView], UUID | None]:
    """Some of the actor's shared spaces, by title, and the id to go on `after`, or None at the end."""
    here = readable_spaces(actor)  # raises before anything is asked
    if not actor.principals:
        return [], None
    title, key = col(Space.title), col(Space.id)
    statement = select(Space).where(key.in_(here), col(Space.owner_id).is_(None))
    # Only one's own: the place of another in the order would tell its title.
    last: Space | None = await tx.one(statement.where(key == after)) if after is not None else None
    if last is not None:
        statement = statement.where(or_(title > last.title, and_(title == last.title, key > last.id)))
    found: Sequence[Space] = await tx.all(statement.order_by(title, key).limit(limit + 1))
    spaces = found[:limit]
    roles: dict[UUID, list[Role]] = {}
    for space_id, role in await tx.rows(
        select(col(SpaceMember.space_id), col(SpaceMember.role)).where(
            mine(actor), col(SpaceMember.space_id).in_([space.id for space in spaces])
        )
    ):
        roles.setdefault(space_id, []).append(Role(role))
    views = [view_of(space, strongest(roles[space.id]) or Role.READER) for space in spaces]
    return views, spaces[-1].id if len(found) > limit else None


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


async def list_for_administration(
    tx: Tx,
    *,
    only: UUID | None = None,
    orphan: bool | None = None,
    after: UUID | None = None,
    limit: int = PAGE,
) -> tuple[list[SpaceFigures], UUID | None]:
    """Spaces without what they are about, oldest first: administering the platform gives nothing to read.

    `only` one of them, or those that are `orphan` or are not. The second is the id to go on `after`, None at the end.
    """
    made, key = col(Space.created_at), col(Space.id)
    statement = select(Space)
    if only is not None:
        statement = statement.where(key == only)
    if orphan is not None:
        owned = key.in_(owned_spaces())
        statement = statement.where(~owned if orphan else and_(owned, col(Space.owner_id).is_(None)))
    last = await tx.get(Space, after) if after is not None else None
    if last is not None:
        statement = statement.where(or_(made > last.created_at, and_(made == last.created_at, key > last.id)))
    found: Sequence[Space] = await tx.all(statement.order_by(made, key).limit(limit + 1))
    spaces = found[:limit]
    here = col(SpaceMember.space_id).in_([space.id for space in spaces])
    members = await tx.rows(
        select(col(SpaceMember.space_id), func.count()).where(here).group_by(col(SpaceMember.space_id))
    )
    counts: dict[UUID, int] = {row[0]: row[1] for row in members}
    owners: dict[UUID, list[str]] = {}
    for space_id, name in await tx.rows(
        select(col(SpaceMember.space_id), col(Person.display_name))
        .join(Person, col(Person.id) == col(SpaceMember.principal_id))
        .where(here, col(SpaceMember.role) == Role.OWNER.value)
        .order_by(col(Person.sort_name))
    ):
        owners.setdefault(space_id, []).append(name)
    orphans = await list_orphan_ids(tx, only)
    figures = [
        SpaceFigures(
            id=space.id,
            data_class=DataClass(space.data_class),
            created_at=space.created_at,
            members=counts.get(space.id, 0),
            owners=owners.get(space.id, []),
            orphan=space.id in orphans,
            personal=space.owner_id is not None,
        )
        for space in spaces
    ]
    return figures, spaces[-1].id if len(found) > limit else None


async def list_heirs(tx: Tx, actor: Actor, space_id: UUID) -> list[Person]:
    """People of a space that nobody owns, for the administrators who name its owner. Nothing else of it."""
    await require_orphan(tx, actor, space_id)
    return await people_of(tx, space_id, PEOPLE_PAGE)


async def people_of(tx: Tx, space_id: UUID, limit: int | None = None, *, role: Role | None = None) -> list[Person]:
    """Who is in a space (with this `role`), by name, for those whose door has decided: it asks for no right."""
    which = [col(SpaceMember.role) == role.value] if role else []
    through = await _comes_through(tx, col(SpaceMember.space_id) == space_id, *which)
    statement = select(Person).where(col(Person.active), through).order_by(col(Person.sort_name), col(Person.id))
    people: list[Person] = list(await tx.all(statement.limit(limit)))
    return people


async def list_people(
    tx: Tx, actor: Actor, space_id: UUID, *, after: UUID | None = None, limit: int = PEOPLE_PAGE
) -> tuple[list[Person], UUID | None]:
    """People of the space, also through a group or a unit (with the units below it), by name.

    The second is the id to go on `after`, or None at the end.
    """
    await get_space(tx, actor, space_id, Can.READ)
    name, key = col(Person.sort_name), col(Person.id)
    through = await _comes_through(tx, col(SpaceMember.space_id) == space_id)
    statement = select(Person).where(col(Person.active), through)
    last = await tx.get(Person, after) if after is not None else None
    if last is not None:
        statement = statement.where(or_(name > last.sort_name, and_(name == last.sort_name, key > last.id)))
    found: Sequence[Person] = await tx.all(statement.order_by(name, key).limit(limit + 1))
    people = list(found[:limit])
    return people, people[-1].id if len(found) > limit else None


async def list_members_among(tx: Tx, actor: Actor, space_id: UUID, people: Collection[UUID]) -> frozenset[UUID]:
    """Those of these people who are in the space, by themselves or through a group or a unit."""
    await get_space(tx, actor, space_id, Can.READ)
    through = await _comes_through(tx, col(SpaceMember.space_id) == space_id)
    statement = select(col(Person.id)).where(col(Person.active), col(Person.id).in_(people), through)
    return frozenset(await tx.all(statement))


async def list_newcomers(tx: Tx, space_id: UUID, principal_id: UUID) -> list[UUID]:
    """The people whom this group or unit alone brings into the space; for jobs, which tell them."""
    here = col(SpaceMember.space_id) == space_id
    this = await _comes_through(tx, here, col(SpaceMember.principal_id) == principal_id)
    others = await _comes_through(tx, here, col(SpaceMember.principal_id) != principal_id)
    statement = select(col(Person.id)).where(col(Person.active), this, ~others).order_by(col(Person.id))
    return list(await tx.all(statement))


async def _comes_through(tx: Tx, *which: ColumnElement[bool]) -> ColumnElement[bool]:
    """A condition on persons: in a space through one of these memberships, theirs, a group's or a unit's."""
    return await those_behind(tx, select(col(SpaceMember.principal_id)).where(*which))


async def those_behind(tx: Tx, principals: Select[UUID]) -> ColumnElement[bool]:
    """A condition on persons: one of these principals is theirs, their group or a unit that they are in."""
    paths: Sequence[str] = await tx.all(select(col(Unit.path)).where(col(Unit.id).in_(principals)))
    units = select(col(Unit.id)).where(or_(false(), *(_below(path) for path in paths)))
    grouped = select(col(GroupMember.person_id)).where(col(GroupMember.group_id).in_(principals))
    # A person without a unit is in none of them; NOT of an unknown would leave them out.
    in_units = and_(col(Person.unit_id).is_not(None), col(Person.unit_id).in_(units))
    return or_(col(Person.id).in_(principals), col(Person.id).in_(grouped), in_units)


def _below(path: str) -> ColumnElement[bool]:
    """The unit with this path and those under it."""
    return col(Unit.path).startswith(path, autoescape=True)
