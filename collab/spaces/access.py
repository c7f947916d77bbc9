"""Who may do what in a space. The only way to obtain a Space by its id; everything that hangs on one asks here.

A stranger learns nothing (404); a member who lacks the right is told so (403). Administering the platform gives no
right in any space.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Select, bindparam, select
from sqlmodel import col

from collab.core.access import Actor, ActorKind, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, NotFound
from collab.core.i18n import msg
from collab.core.prepared import Prepared
from collab.spaces.models import Role, Space, SpaceMember
from collab.spaces.ownership import list_orphan_ids


class Can(StrEnum):
    """What may be done with a space and with what hangs on it."""

    READ = "read"
    EDIT = "edit"
    MANAGE = "manage"


GRANTS: dict[Role, frozenset[Can]] = {
    Role.READER: frozenset({Can.READ}),
    Role.EDITOR: frozenset({Can.READ, Can.EDIT}),
    Role.OWNER: frozenset({Can.READ, Can.EDIT, Can.MANAGE}),
}
RANK = {Role.READER: 0, Role.EDITOR: 1, Role.OWNER: 2}

# What a restricted token must carry for each right.
SCOPES: dict[Can, str] = {Can.READ: "read", Can.EDIT: "write", Can.MANAGE: "manage"}


def strongest(roles: list[Role]) -> Role | None:
    """The role that counts for somebody who has several."""
    return max(roles, key=RANK.__getitem__, default=None)


# `mine` for statements that are built once: run them with {"principals": actor.principals}.
MINE: ColumnElement[bool] = col(SpaceMember.principal_id).in_(bindparam("principals", expanding=True))


def mine(actor: Actor) -> ColumnElement[bool]:
    """A condition on SpaceMember rows: those that speak of this actor."""
    return col(SpaceMember.principal_id).in_(actor.principals)


def require_reading(actor: Actor) -> None:
    """Raise Denied for a token that may not read: what a list is filtered by says who, not what they may."""
    if actor.scopes is not None and SCOPES[Can.READ] not in actor.scopes:
        raise Denied("token_scope")


def readable_spaces(actor: Actor) -> Select[UUID]:
    """The ids of the spaces that the actor is a member of, as a subquery for every list. Raises Denied."""
    require_reading(actor)
    return select(col(SpaceMember.space_id)).where(mine(actor)).distinct()


_ROLE = Prepared(select(col(SpaceMember.role)).where(col(SpaceMember.space_id) == bindparam("space"), MINE))
_ROLES = "roles"


async def find_role(tx: Tx, actor: Actor, space_id: UUID) -> Role | None:
    """The actor's role in a space, or None for a stranger.

    On SQLite, where nobody else writes while a transaction does, asked once in it; PostgreSQL is asked each time, for
    a right may go while one waits for one's turn.
    """
    if not actor.principals:
        return None
    known: dict[object, Role | None] = tx.session.info.setdefault(_ROLES, {}) if tx.dialect == "sqlite" else {}
    key = (space_id, actor.principals)
    if key not in known:
        found = await tx.run(_ROLE, space=space_id, principals=list(actor.principals))
        known[key] = strongest([Role(role) for (role,) in found])
    return known[key]


def forget_roles(tx: Tx) -> None:
    """Members were added or taken away in this transaction: what it knew of roles is no more."""
    tx.session.info.pop(_ROLES, None)


async def list_roles(tx: Tx, spaces: Collection[UUID]) -> dict[UUID, dict[UUID, Role]]:
    """Who has which role in these spaces: space → principal → role, for `role_among`."""
    found: dict[UUID, dict[UUID, Role]] = {space: {} for space in spaces}
    rows = await tx.rows(
        select(col(SpaceMember.space_id), col(SpaceMember.principal_id), col(SpaceMember.role)).where(
            col(SpaceMember.space_id).in_(found)
        )
    )
    for space, principal, role in rows:
        found[space][principal] = Role(role)
    return found


def role_among(actor: Actor, roles: Mapping[UUID, Role]) -> Role | None:
    """What `find_role` would find, once a space's roles are known."""
    return strongest([roles[principal] for principal in actor.principals if principal in roles])


async def require(tx: Tx, actor: Actor, space_id: UUID, can: Can) -> Role:
    """The actor's role, if it allows `can`. Raises NotFound for a stranger, Denied for a member without the right."""
    return decide(actor, await find_role(tx, actor, space_id), can)


def decide(actor: Actor, role: Role | None, can: Can) -> Role:
    """The decision of `require`, for those who have read the role together with something else."""
    decided(f"space:{can}")
    if role is None:
        raise NotFound()
    if can not in GRANTS[role]:
        raise Denied()
    if actor.scopes is not None and SCOPES[can] not in actor.scopes:
        raise Denied("token_scope")
    return role


async def get_space(tx: Tx, actor: Actor, space_id: UUID, can: Can) -> Space:
    """The space, if the actor may do this with it."""
    await require(tx, actor, space_id, can)
    space = await tx.get(Space, space_id)
    if space is None:
        raise NotFound()
    return space


async def require_orphan(tx: Tx, actor: Actor, space_id: UUID) -> None:
    """Raise unless this is an administrator (or the command line) and nobody owns the space, which opens nothing of it.

    NotFound for everybody else and for no space; Conflict where it has an owner.
    """
    decided("space:name_owner")
    if not actor.admin and actor.kind is not ActorKind.JOB:
        raise NotFound()
    if actor.scopes is not None and "admin" not in actor.scopes:
        raise Denied("token_scope")
    if await tx.get(Space, space_id) is None:
        raise NotFound()
    if not await list_orphan_ids(tx, space_id):
        raise Conflict("spaces.has_owner", msg("This space has an owner: they decide who is in it."))
