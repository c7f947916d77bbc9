"""What has changed in this process and is owed to a job soon after: thousands of changes make one job, not thousands.

For work that can be found again by comparing (an index, the text of files), so that what a killed process had noted may
be lost. Noted after the commit: the change itself pays nothing. web/main.py builds one; web/wiring.py notes.
"""

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from uuid import UUID

import structlog

from collab.core.database import Database, Tx
from collab.core.jobs import enqueue

log = structlog.get_logger()

QUIET = 1.0  # seconds in which what changes is gathered
BUSY = 10  # with as many changes in them there are more to come: these are gathered too,
MOST = 5.0  # so long in all
LOT = 500


class Noted:
    """`start` before use, `stop` after."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._things: dict[tuple[str, str], dict[UUID, None]] = {}
        self._some = asyncio.Event()
        self._count = 0
        self._task: asyncio.Task[None] | None = None

    def note(self, job: str, of: str, ids: Iterable[UUID]) -> None:
        """A job of this kind is to get these, as `{"of", "ids"}`."""
        self._things.setdefault((job, of), {}).update(dict.fromkeys(ids))
        self._count += 1
        self._some.set()

    async def start(self) -> None:
        """Begin to owe jobs."""
        self._task = asyncio.create_task(self._follow(), name="what changed")

    async def stop(self) -> None:
        """Owe the rest, then end."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self.owe()

    async def owe(self) -> None:
        """Write the jobs for what is noted."""
        things, self._things = self._things, {}
        self._some.clear()
        if not any(things.values()):
            return

        async def owe(tx: Tx) -> None:
            for (job, of), ids in things.items():
                for lot in _lots(ids):
                    await enqueue(tx, job, {"of": of, "ids": [str(thing) for thing in lot]})

        try:
            await self._db.change(owe)
        except Exception:  # what catches up finds them
            log.exception("noted_lost")

    async def _follow(self) -> None:
        while True:
            await self._some.wait()
            await self._gather()
            await self.owe()

    async def _gather(self) -> None:
        """Let what comes together come: one change waits QUIET, a whole tree that a program sends is done in lots."""
        waited, before = 0.0, -BUSY
        while waited < MOST and self._count - before >= BUSY:
            before = self._count
            await asyncio.sleep(QUIET)
            waited += QUIET


def _lots(things: Iterable[UUID]) -> Iterator[Sequence[UUID]]:
    rest = iter(things)
    while lot := list(islice(rest, LOT)):
        yield lot
