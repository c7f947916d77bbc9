"""The buckets of failed attempts in the database, shared by every process.

An attempt is counted before it is judged, in a transaction of its own, so that a thousand guesses sent at once find the
bucket as full as guesses sent one by one; one that was right is taken back.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from collab.core.database import Tx
from collab.core.errors import TooMany
from collab.core.i18n import nmsg
from directory.sessions.models import Attempts
from directory.sessions.rules import Throttle, empty_at, level_at, wait_for


async def count_attempt(tx: Tx, buckets: Mapping[str, Throttle]) -> None:
    """Count one attempt in each bucket. Raises TooMany, counting nothing, when one of them is full."""
    rows = await _lock(tx, sorted(buckets))
    waits = [wait_for(buckets[row.key], row.level, row.at, tx.now) for row in rows]
    wait = max(waits, default=timedelta())
    if wait:
        seconds = math.ceil(wait.total_seconds())
        raise TooMany(
            seconds,
            "sessions.throttled",
            nmsg(
                "Too many attempts. Try again in %(count)s second.",
                "Too many attempts. Try again in %(count)s seconds.",
                seconds,
            ),
        )
    for row in rows:
        throttle = buckets[row.key]
        row.level, row.at = level_at(throttle, row.level, row.at, tx.now) + 1, tx.now
        row.empty_at = empty_at(throttle, row.level, row.at)


async def take_back(tx: Tx, buckets: Mapping[str, Throttle]) -> None:
    """The attempt was not a failure: it no longer counts."""
    for row in await _lock(tx, sorted(buckets)):
        row.level = max(0.0, row.level - 1)
        row.empty_at = empty_at(buckets[row.key], row.level, row.at)


async def clear(tx: Tx, key: str) -> None:
    """Whoever this bucket is about has proved to be themselves."""
    await tx.execute(delete(Attempts).where(col(Attempts.key) == key))


async def forget_drained(tx: Tx) -> None:
    """Throw away what says nothing any more; nothing about an address outlives this by more than its drain."""
    await tx.execute(delete(Attempts).where(col(Attempts.empty_at) <= tx.now))


async def _lock(tx: Tx, keys: list[str]) -> Sequence[Attempts]:
    """The buckets, made where missing, locked in one order so that two attempts never cross."""
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    missing = [{"key": key, "level": 0.0, "at": tx.now, "empty_at": tx.now} for key in keys]
    await tx.execute(insert(Attempts).on_conflict_do_nothing(), missing)
    rows: Sequence[Attempts] = await tx.all(
        select(Attempts).where(col(Attempts.key).in_(keys)).order_by(col(Attempts.key)).with_for_update()
    )
    return rows
