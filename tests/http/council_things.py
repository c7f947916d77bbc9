"""The council's things that requests need: an assembly with members, a sitting on the way that the door wants it."""

from datetime import date
from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Tx
from meetings.council.assemblies import service as assemblies
from meetings.council.assemblies.models import AssemblyInput, MemberInput
from meetings.council.rules.entries import Assembly as Kind

SINCE = date(2026, 3, 20)
NAMES = {"assembly", "member"}


async def make_council(tx: Tx, owner: Actor, space: UUID, people: list[UUID]) -> dict[str, str]:
    """An assembly of the space in which these people sit, the first as its president."""
    data = AssemblyInput(title="Conseil municipal", kind=Kind.COMMUNE, population=12000, seats=33, term_from=SINCE)
    assembly = await assemblies.create_assembly(tx, owner, space, data)
    made = {"assembly": str(assembly.id)}
    for person in people:
        mandate = MemberInput(person_id=person, joined=SINCE)
        made["member"] = str((await assemblies.add_member(tx, owner, assembly.id, mandate)).id)
    return made
