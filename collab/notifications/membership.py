"""Tells people that a space is open to them now: those who are added themselves, and those who come in with a group or
a service.

Called by web/wiring.py in the transaction that adds them. A group may hold thousands: who is in it is found and told
by a job, written in the same transaction.
"""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core import jobs
from collab.core.database import Database, Tx
from collab.core.i18n import msg
from collab.core.jobs import Job
from collab.notifications.models import Kind
from collab.notifications.service import notify
from collab.spaces.events import MemberAdded
from collab.spaces.models import PrincipalKind, Space, SpaceMember
from collab.spaces.queries import list_newcomers
from directory.groups.events import GroupMembersChanged

JOB = "spaces.tell_members"
BATCH = 100


async def tell_new_member(tx: Tx, fact: MemberAdded) -> None:
    """Notify the person, unless they did it themselves; owe it to the people of a group or a unit."""
    if fact.principal_kind is not PrincipalKind.PERSON:
        await _owe(tx, fact.space_id, fact.principal_id, None, fact.by)
        return
    if fact.principal_id == fact.by:
        return
    space = await tx.get(Space, fact.space_id)
    assert space is not None  # its membership was written in this transaction
    await _tell(tx, space, fact.principal_id, _key(space.id, tx.now.timestamp()))


async def tell_joined(tx: Tx, fact: GroupMembersChanged) -> None:
    """Owe it to those who joined a group, for each space that is open to the group."""
    if fact.joined:
        spaces = select(col(SpaceMember.space_id)).where(col(SpaceMember.principal_id) == fact.group_id)
        for space_id in await tx.all(spaces):
            await _owe(tx, space_id, fact.group_id, fact.joined, None)


async def tell_members(db: Database, job: Job) -> None:
    """Notify those whom a group or a unit brings into a space and who had no other way in; the job's handler."""
    owed = job.payload
    space_id, principal_id = UUID(owed["space"]), UUID(owed["principal"])
    async with db.read() as tx:
        people = await list_newcomers(tx, space_id, principal_id)
    told = [person for person in people if str(person) != owed["by"]]
    if owed["people"] is not None:
        told = [person for person in told if str(person) in owed["people"]]
    for start in range(0, len(told), BATCH):
        async with db.write() as tx:
            space = await tx.get(Space, space_id)
            if space is None:
                return
            for person in told[start : start + BATCH]:
                await _tell(tx, space, person, owed["key"])


async def _owe(tx: Tx, space_id: UUID, principal_id: UUID, people: tuple[UUID, ...] | None, by: UUID | None) -> None:
    """`people`: those of the principal who are new there; None for all of them."""
    payload = {
        "space": str(space_id),
        "principal": str(principal_id),
        "people": None if people is None else [str(person) for person in people],
        "by": str(by) if by else None,
        "key": _key(space_id, tx.now.timestamp()),
    }
    await jobs.enqueue(tx, JOB, payload)


def _key(space_id: UUID, at: float) -> str:
    return f"spaces.added:{space_id}:{at}"


async def _tell(tx: Tx, space: Space, person_id: UUID, key: str) -> None:
    text = msg("You are now a member of the space “%(space)s”.", space=space.title)
    await notify(tx, person_id, Kind.MEMBERSHIP, text, url=f"/spaces/{space.id}", key=key)
