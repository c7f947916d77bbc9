"""Who may do what with an assembly: the only way to obtain one by its id.

Members of its space have what their role there gives; its own members read it and sit in it, its clerks run it,
wherever they come from. Administering the platform gives nothing. For everybody else it does not exist.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlmodel import col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Denied, NotFound
from collab.spaces import access as spaces
from collab.spaces.models import Role
from meetings.council.assemblies.models import Assembly, Clerk, Member


class Can(StrEnum):
    """What may be done with an assembly and its sittings."""

    READ = "read"
    SIT = "sit"  # acknowledge a convocation, vote: members in exercise, each for themselves
    RUN = "run"  # prepare sittings, convene, enter presence and votes
    MANAGE = "manage"  # its members, its clerks, what it is


GRANTS: dict[Role, frozenset[Can]] = {
    Role.READER: frozenset({Can.READ}),
    Role.EDITOR: frozenset({Can.READ}),
    Role.OWNER: frozenset({Can.READ, Can.RUN, Can.MANAGE}),
}
CLERK_GRANTS = frozenset({Can.READ, Can.RUN, Can.MANAGE})
MEMBER_GRANTS = frozenset({Can.READ, Can.SIT})

# What a restricted token must carry for each right.
SCOPES: dict[Can, str] = {Can.READ: "read", Can.SIT: "write", Can.RUN: "write", Can.MANAGE: "manage"}


@dataclass(frozen=True, slots=True)
class Standing:
    """What an actor is to an assembly; `member`: their mandate, while it lasts."""

    role: Role | None = None
    clerk: bool = False
    member: UUID | None = None

    @property
    def grants(self) -> frozenset[Can]:
        """What this allows."""
        found = GRANTS[self.role] if self.role else frozenset[Can]()
        if self.clerk:
            found |= CLERK_GRANTS
        return found | MEMBER_GRANTS if self.member else found


async def get_assembly(tx: Tx, actor: Actor, assembly_id: UUID, can: Can) -> Assembly:
    """The assembly, if the actor may do this with it."""
    return (await get_with_standing(tx, actor, assembly_id, can))[0]


async def get_with_standing(tx: Tx, actor: Actor, assembly_id: UUID, can: Can) -> tuple[Assembly, Standing]:
    """The assembly and what the actor is to it. NotFound for a stranger, Denied for who may not do this."""
    decided(f"assembly:{can}")
    assembly = await tx.get(Assembly, assembly_id) if actor.person_id else None
    if assembly is None:
        raise NotFound()
    standing = Standing(
        await spaces.find_role(tx, actor, assembly.space_id),
        await tx.get(Clerk, (assembly_id, actor.person_id)) is not None,
        await tx.one(
            select(col(Member.id)).where(
                col(Member.assembly_id) == assembly_id,
                col(Member.person_id) == actor.person_id,
                col(Member.vacated).is_(None),
            )
        ),
    )
    if not standing.grants:
        raise NotFound()
    if can not in standing.grants:
        raise Denied()
    if actor.scopes is not None and SCOPES[can] not in actor.scopes:
        raise Denied("token_scope")
    return assembly, standing


async def get_member(tx: Tx, actor: Actor, member_id: UUID, can: Can) -> tuple[Assembly, Member]:
    """A mandate with its assembly, if the actor may do this with the assembly."""
    decided(f"assembly:{can}")
    member = await tx.get(Member, member_id)
    if member is None:
        raise NotFound()
    return await get_assembly(tx, actor, member.assembly_id, can), member


def is_mine(actor: Actor) -> ColumnElement[bool]:
    """A condition on Assembly rows: the actor may read it."""
    clerk = exists().where(col(Clerk.assembly_id) == col(Assembly.id), col(Clerk.person_id) == actor.person_id)
    member = exists().where(
        col(Member.assembly_id) == col(Assembly.id),
        col(Member.person_id) == actor.person_id,
        col(Member.vacated).is_(None),
    )
    return or_(col(Assembly.space_id).in_(spaces.readable_spaces(actor)), clerk, member)
