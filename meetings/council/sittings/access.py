"""Who may do what with a sitting and what belongs to it: what they may with its assembly.

A draft is seen by those who prepare it alone.
"""

from uuid import UUID

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import NotFound
from meetings.council.assemblies.access import Can, Standing, get_with_standing
from meetings.council.assemblies.models import Assembly
from meetings.council.sittings.models import Ballot, Item, Sitting, SittingState


async def get_sitting(tx: Tx, actor: Actor, sitting_id: UUID, can: Can) -> tuple[Sitting, Assembly, Standing]:
    """The sitting with its assembly and what the actor is to it, if they may do this."""
    decided(f"assembly:{can}")
    sitting = await tx.get(Sitting, sitting_id)
    if sitting is None:
        raise NotFound()
    assembly, standing = await get_with_standing(tx, actor, sitting.assembly_id, can)
    if sitting.state == SittingState.DRAFT and Can.RUN not in standing.grants:
        raise NotFound()
    return sitting, assembly, standing


async def take_sitting(tx: Tx, actor: Actor, sitting_id: UUID, can: Can) -> tuple[Sitting, Assembly, Standing]:
    """The same, locked before it is read: what happens in a sitting happens one thing after the other."""
    await tx.lock(Sitting, sitting_id)
    return await get_sitting(tx, actor, sitting_id, can)


async def get_item(tx: Tx, actor: Actor, item_id: UUID, can: Can) -> tuple[Item, Sitting]:
    """An item with its sitting, if the actor may do this."""
    decided(f"assembly:{can}")
    item = await tx.get(Item, item_id)
    if item is None:
        raise NotFound()
    sitting, _, _ = await get_sitting(tx, actor, item.sitting_id, can)
    return item, sitting


async def take_item(tx: Tx, actor: Actor, item_id: UUID, can: Can) -> tuple[Item, Sitting, Assembly]:
    """The same with the assembly, the sitting locked."""
    item, _ = await get_item(tx, actor, item_id, can)
    sitting, assembly, _ = await take_sitting(tx, actor, item.sitting_id, can)
    return item, sitting, assembly


async def get_ballot(tx: Tx, actor: Actor, ballot_id: UUID, can: Can) -> Ballot:
    """A ballot, if the actor may do this with its assembly."""
    decided(f"assembly:{can}")
    ballot = await tx.get(Ballot, ballot_id)
    if ballot is None:
        raise NotFound()
    await get_sitting(tx, actor, ballot.sitting_id, can)
    return ballot


async def take_ballot(tx: Tx, actor: Actor, ballot_id: UUID, can: Can) -> tuple[Ballot, Sitting, Assembly, Standing]:
    """The same with its sitting, both locked: votes and the end of a ballot come one after the other."""
    decided(f"assembly:{can}")
    ballot = await tx.get(Ballot, ballot_id)
    if ballot is None:
        raise NotFound()
    sitting, assembly, standing = await take_sitting(tx, actor, ballot.sitting_id, can)
    locked = await tx.lock(Ballot, ballot_id)
    assert locked is not None
    return locked, sitting, assembly, standing
