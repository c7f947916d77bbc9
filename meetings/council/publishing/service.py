"""Opens and closes the public page of an assembly."""

from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Tx
from meetings.council.assemblies.access import Can, get_assembly
from meetings.council.publishing.models import PublicAssembly


async def open_page(tx: Tx, actor: Actor, assembly_id: UUID) -> None:
    """Give the assembly a public page. Nothing happens where it has one."""
    assembly = await get_assembly(tx, actor, assembly_id, Can.MANAGE)
    if await tx.get(PublicAssembly, assembly_id) is not None:
        return
    tx.add(PublicAssembly(assembly_id=assembly_id, since=tx.now))
    tx.record(actor, "council.open_public_page", space=assembly.space_id, subject=assembly_id)


async def close_page(tx: Tx, actor: Actor, assembly_id: UUID) -> None:
    """Take it away: its addresses lead nowhere from now on."""
    assembly = await get_assembly(tx, actor, assembly_id, Can.MANAGE)
    row = await tx.get(PublicAssembly, assembly_id)
    if row is None:
        return
    await tx.delete(row)
    tx.record(actor, "council.close_public_page", space=assembly.space_id, subject=assembly_id)
