"""How much room a space has, and how much of it is taken: all versions count, and what is in the trash.

One row a space, changed in the transaction that makes or forgets versions: exact, and never a scan. What the settings
allow is the policy `Quotas`; an administrator may allow one space something else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel, col

from collab.core.access import Actor, ActorKind, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, NotFound
from collab.core.i18n import Message, msg
from collab.core.prepared import Prepared
from collab.core.text import Input
from collab.spaces.access import Can, require
from collab.spaces.models import Role, Space, SpaceMember
from directory.people.models import Person

NAMED = 3
MOST_LISTED = 200
_UNITS = ((10**9, msg("%(count)s GB").text), (10**6, msg("%(count)s MB").text), (10**3, msg("%(count)s kB").text))


@dataclass(frozen=True, slots=True)
class Quotas:
    """Bytes that a shared space, and a person's own, may hold; 0: as much as the disk."""

    space: int = 0
    personal: int = 0


class FileUsage(SQLModel, table=True):
    """What the files of a space take. `allowed`: bytes that an administrator set for it, 0 without limit."""

    __tablename__ = "file_usage"

    space_id: UUID = Field(primary_key=True, foreign_key="space.id")
    used: int = Field(default=0, sa_type=BigInteger)
    allowed: int | None = Field(default=None, sa_type=BigInteger)


class QuotaInput(Input):
    """Bytes that a space may hold; 0: without limit; null: what the settings say."""

    allowed: int | None = Field(default=None, ge=0, le=1 << 60)


class Usage(BaseModel):
    """Bytes taken and allowed; `allowed` and `free` are null without a limit. `own`: set for this space."""

    used: int
    allowed: int | None
    free: int | None
    own: bool


class SpaceRoom(BaseModel):
    """A space as administrators see it here: whose it is, and its room."""

    id: UUID
    owners: list[str]
    personal: bool
    usage: Usage


class QuotaExceeded(Conflict):
    """There is no room for these bytes; nothing was kept."""


@cache
def _charging(dialect: str) -> Prepared:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(FileUsage).values(space_id=bindparam("space"), used=bindparam("delta"))
    statement = statement.on_conflict_do_update(
        index_elements=[col(FileUsage.space_id)], set_={"used": col(FileUsage.used) + statement.excluded.used}
    )
    return Prepared(statement.returning(col(FileUsage.used), col(FileUsage.allowed)))


async def charge(tx: Tx, space_id: UUID, delta: int) -> None:
    """Note that the versions of a space take so many bytes more, or fewer. Raises QuotaExceeded beyond the limit."""
    if delta:
        [[used, allowed]] = await tx.run(_charging(tx.dialect), space=space_id, delta=delta)
        if delta > 0:
            await _refuse_beyond(tx, space_id, used - delta, delta, allowed)


async def check_room(tx: Tx, space_id: UUID, size: int) -> None:
    """Refuse what `charge` would refuse, before the bytes are sent. `size`: as announced; 0 where it is not known."""
    row = await tx.get(FileUsage, space_id)
    await _refuse_beyond(tx, space_id, row.used if row else 0, max(size, 1), row.allowed if row else None)


async def find_usage(tx: Tx, actor: Actor, space_id: UUID) -> Usage:
    """What a space's files take and may take, for its members."""
    await require(tx, actor, space_id, Can.READ)
    row = await tx.get(FileUsage, space_id)
    return _view(row.used if row else 0, row.allowed if row else None, await _limit(tx, space_id, row))


async def set_quota(tx: Tx, actor: Actor, space_id: UUID, data: QuotaInput) -> Usage:
    """What a space may hold, set by an administrator; what it holds already stays. Opens nothing of it to them."""
    decided("space:set_quota")
    if not actor.admin and actor.kind is not ActorKind.JOB:
        raise NotFound()
    if actor.scopes is not None and "admin" not in actor.scopes:
        raise Denied("token_scope")
    if await tx.lock(Space, space_id) is None:
        raise NotFound()
    row = await tx.lock(FileUsage, space_id)
    if row is None:
        row = FileUsage(space_id=space_id, used=0)
        tx.add(row)
    before, row.allowed = row.allowed, data.allowed
    await tx.flush()
    tx.record(actor, "files.set_quota", space=space_id, subject=space_id, allowed=data.allowed, before=before)
    return _view(row.used, row.allowed, await _limit(tx, space_id, row))


async def list_largest(tx: Tx) -> list[SpaceRoom]:
    """The spaces that take most, for administrators: whose they are, not what they are about."""
    used = col(FileUsage.used)
    rows: Sequence[FileUsage] = await tx.all(select(FileUsage).order_by(used.desc()).limit(MOST_LISTED))
    wanted = [row.space_id for row in rows]
    owners: dict[UUID, list[str]] = {}
    named = (
        select(col(SpaceMember.space_id), col(Person.display_name))
        .join(Person, col(Person.id) == col(SpaceMember.principal_id))
        .where(col(SpaceMember.space_id).in_(wanted), col(SpaceMember.role) == Role.OWNER.value)
        .order_by(col(Person.sort_name))
    )
    for space, name in await tx.rows(named):
        owners.setdefault(space, []).append(name)
    personal = set(
        await tx.all(select(col(Space.id)).where(col(Space.id).in_(wanted), col(Space.owner_id).is_not(None)))
    )
    return [
        SpaceRoom(
            id=row.space_id,
            owners=owners.get(row.space_id, []),
            personal=row.space_id in personal,
            usage=_view(row.used, row.allowed, await _limit(tx, row.space_id, row)),
        )
        for row in rows
    ]


def _view(used: int, own: int | None, limit: int) -> Usage:
    free = max(limit - used, 0) if limit else None
    return Usage(used=used, allowed=limit or None, free=free, own=own is not None)


async def _limit(tx: Tx, space_id: UUID, row: FileUsage | None) -> int:
    """In bytes; 0: none."""
    if row is not None and row.allowed is not None:
        return row.allowed
    quotas = tx.policy(Quotas)
    if quotas.space == quotas.personal:
        return quotas.space
    return quotas.personal if await _is_personal(tx, space_id) else quotas.space


async def _is_personal(tx: Tx, space_id: UUID) -> bool:
    space = await tx.get(Space, space_id)
    return space is not None and space.owner_id is not None


async def _refuse_beyond(tx: Tx, space_id: UUID, used: int, more: int, own: int | None) -> None:
    """Raise QuotaExceeded where so many bytes more are too many; most often without another question."""
    quotas = tx.policy(Quotas)
    lowest = min((one for one in (quotas.space, quotas.personal) if one), default=0) if own is None else own
    if not lowest or used + more <= lowest:
        return
    limit = await _limit(tx, space_id, FileUsage(space_id=space_id, used=used, allowed=own))
    if limit and used + more > limit:
        free = max(limit - used, 0)
        raise QuotaExceeded("files.quota", await _explain(tx, space_id, free, limit), free=free, allowed=limit)


async def _explain(tx: Tx, space_id: UUID, free: int, limit: int) -> Message:
    """Which space, how much is free, who can help."""
    room: dict[str, object] = {"free": in_units(free), "limit": in_units(limit)}
    if await _is_personal(tx, space_id):
        return msg(
            "Your personal files have no room for this: %(free)s free of %(limit)s. Empty the trash, destroy former "
            "versions, or ask an administrator for more.",
            **room,
        )
    space = await tx.get(Space, space_id)
    owners = await tx.all(
        select(col(Person.display_name))
        .join(SpaceMember, col(SpaceMember.principal_id) == col(Person.id))
        .where(col(SpaceMember.space_id) == space_id, col(SpaceMember.role) == Role.OWNER.value, col(Person.active))
        .order_by(col(Person.sort_name))
        .limit(NAMED)
    )
    room |= {"space": space.title if space else "", "owners": ", ".join(owners)}
    if not owners:
        return msg(
            "“%(space)s” has no room for this: %(free)s free of %(limit)s. Its owners can make room; an administrator "
            "can allow more.",
            **room,
        )
    return msg(
        "“%(space)s” has no room for this: %(free)s free of %(limit)s. Its owners (%(owners)s) can make room; an "
        "administrator can allow more.",
        **room,
    )


def in_units(count: int) -> Message:
    """Bytes as a whole number of the largest decimal unit that leaves two digits."""
    for unit, text in _UNITS:
        if count >= 10 * unit:
            return msg(text, count=str(count // unit))
    return msg("%(count)s bytes", count=str(count))
