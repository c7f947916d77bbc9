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
from collab.spaces.events import MemberAdded, OwnerNamed
from collab.spaces.models import PrincipalKind, Space, SpaceMember
from collab.spaces.queries import list_newcomers, people_of
from directory.groups.events import GroupMembersChanged
from directory.people.models import Person

JOB = "spaces.tell_members"
OWNER_JOB = "spaces.tell_of_owner"
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


async def tell_owner(tx: Tx, fact: OwnerNamed) -> None:
    """Tell the new owner, and owe it to everybody else in the space."""
    space = await tx.get(Space, fact.space_id)
    assert space is not None  # its membership was written in this transaction
    text = msg("You now own the space “%(space)s”, which nobody owned any more.", space=space.title)
    key = f"spaces.owner:{space.id}:{tx.now.timestamp()}"
    await notify(tx, fact.person_id, Kind.MEMBERSHIP, text, url=f"/spaces/{space.id}", key=key)
    payload = {"space": str(space.id), "owner": str(fact.person_id), "key": key}
    await jobs.enqueue(tx, OWNER_JOB, payload)


async def tell_of_owner(db: Database, job: Job) -> None:
    """Notify those in a space that an administrator named its owner; the job's handler."""
    owed = job.payload
    space_id, owner_id = UUID(owed["space"]), UUID(owed["owner"])
    async with db.read() as tx:
        people = [person.id for person in await people_of(tx, space_id) if person.id != owner_id]
    for start in range(0, len(people), BATCH):
        async with db.write() as tx:
            space, owner = await tx.get(Space, space_id), await tx.get(Person, owner_id)
            if space is None or owner is None:
                return
            text = msg(
                "An administrator made %(name)s owner of the space “%(space)s”, which nobody owned any more.",
                name=owner.display_name,
                space=space.title,
            )
            for person in people[start : start + BATCH]:
                await notify(tx, person, Kind.MEMBERSHIP, text, url=f"/spaces/{space.id}", key=owed["key"])
