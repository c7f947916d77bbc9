"""What a secret ballot leaves when it has ended, and how that is destroyed: keys, and deleted rows in the database's
own files. Run after the commit of the end, at the start of the server, and each hour."""

import asyncio
import sqlite3

from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from sqlmodel import col

from collab.core.database import Database
from meetings.council.secret.box import BallotBox
from meetings.council.secret.models import SealedVote
from meetings.council.sittings.models import Ballot, BallotState

SWEEP = "council.sweep_keys"
WAIT_MS = 10_000


async def destroy_traces(db: Database) -> None:
    """Destroy the keys of ballots that are over, or of which there is no trace, and the deleted envelopes."""
    box = db.policies.get(BallotBox) or BallotBox()
    here = await asyncio.to_thread(box.list_ballots)
    if not here:
        return
    async with db.read() as tx:
        rows = await tx.rows(select(col(Ballot.id), col(Ballot.state)).where(col(Ballot.id).in_(here)))
    states = dict(rows)
    over = {ballot for ballot in here if states.get(ballot, BallotState.OPEN) != BallotState.OPEN}
    # Keys whose ballot is being opened right now are not known to the database yet.
    over |= await asyncio.to_thread(box.list_ballots, old=True) - set(states)
    for ballot in over:
        await asyncio.to_thread(box.destroy, ballot)
    if over:
        await forget_deleted(db)
    for ballot in over:
        await asyncio.to_thread(box.forget, ballot)


async def forget_deleted(db: Database) -> None:
    """Deleted envelopes are in no file of the database any more, as far as it lets us (ADR 77)."""
    if db.dialect == "sqlite":
        path = make_url(str(db.engine.url)).database or ""
        await asyncio.to_thread(_empty_log, path)
    else:
        engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
        async with engine.connect() as connection:
            # The table is written anew: what was deleted does not stay in free space of its pages.
            await connection.execute(text(f"VACUUM (FULL) {SealedVote.__tablename__}"))


def _empty_log(path: str) -> None:
    """Move all of SQLite's write-ahead log into the database and cut it off; waits for readers."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute(f"PRAGMA busy_timeout = {WAIT_MS}")
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise TimeoutError("the write-ahead log is in use")
    finally:
        connection.close()
