"""Brings our copy up to date with the directory: read, compare, stop if in doubt, write.

Called by the command line (`ldap sync`), the recurring job and the administration's page. The directory is asked
outside of any transaction; the copy is compared again inside the one that writes.
"""

import asyncio

from sqlalchemy import text

from collab.core.access import Actor
from collab.core.database import Database, Tx
from directory.ldap.apply import apply_plan
from directory.ldap.copy import load_current
from directory.ldap.directory import Directory
from directory.ldap.errors import ConfirmationNeeded
from directory.ldap.reading import DirectoryRead
from directory.ldap.sync import Current, Limits, Plan, make_plan
from directory.people.access import Can, require
from directory.people.service import take_administrators

LOCK = 0x68656D69  # any number that nothing else locks


async def preview(db: Database, directory: Directory, actor: Actor) -> Plan:
    """What `synchronise` would do now. Writes nothing."""
    plan, _ = await _compare(db, directory, actor)
    return plan


async def synchronise(db: Database, directory: Directory, actor: Actor, *, confirmed: bool = False) -> Plan:
    """Do it, and give what was done; where nothing changed, nothing is written.

    Raises ConfirmationNeeded (with the plan) if it takes away more than it may and is not `confirmed`, DirectoryTrouble
    if the directory could not be read to its end.
    """
    plan, read = await _compare(db, directory, actor)
    _stop_if_in_doubt(plan, confirmed)
    if not plan:
        return plan
    async with db.write() as tx:
        await _take_turn(tx)
        await take_administrators(tx, actor)
        current = await load_current(tx)
        plan = await _plan(current, read, directory)
        _stop_if_in_doubt(plan, confirmed)
        if plan:
            await apply_plan(tx, actor, current, plan)
    return plan


async def _compare(db: Database, directory: Directory, actor: Actor) -> tuple[Plan, DirectoryRead]:
    require(actor, Can.ADMINISTER)
    async with db.read() as tx:
        current = await load_current(tx)
    read = await directory.read(current.photos, db.clock.now())
    return await _plan(current, read, directory), read


async def _plan(current: Current, read: DirectoryRead, directory: Directory) -> Plan:
    config = directory.config
    return await asyncio.to_thread(make_plan, current, read, Limits(config.limit_people, config.limit_share))


def _stop_if_in_doubt(plan: Plan, confirmed: bool) -> None:
    if plan.needs_confirmation and not confirmed:
        raise ConfirmationNeeded(plan)


async def _take_turn(tx: Tx) -> None:
    """One synchronisation at a time: SQLite has one writer anyway."""
    if tx.dialect == "postgresql":
        await tx.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
