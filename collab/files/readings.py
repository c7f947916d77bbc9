"""Who read which version: one row for a person, a door and an hour, written in batches.

Reading is a hot path and must not wait for a writer: what was read is kept in memory and written every few seconds, and
at the stop. A process that is killed forgets the last seconds of it; that is the price (docs/adr/0063). It is no
journal: rows are forgotten after `files.reads_days`.
"""

import asyncio
import contextlib
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy import Index, delete
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel, col

from collab.core.access import Actor
from collab.core.database import Database
from collab.core.jobs import Handler, Job
from collab.core.models import utc_field

log = structlog.get_logger()

FORGET = "files.forget_reads"
SECONDS = 5.0
LOT = 500
MOST_WAITING = 10_000
NOBODY = UUID(int=0)


class Door(StrEnum):
    """How it was read."""

    DOWNLOAD = "download"
    PREVIEW = "preview"
    DAV = "dav"
    LINK = "link"
    ARCHIVE = "archive"


class FileRead(SQLModel, table=True):
    """That somebody read a version within an hour. `reader_id`: a person's, or a link's; all zeros for nobody known."""

    __tablename__ = "file_read"
    __table_args__ = (Index("ix_file_read_hour", "hour"),)

    file_id: UUID = Field(primary_key=True)
    hour: datetime = utc_field(primary_key=True)
    reader_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    door: str = Field(primary_key=True, max_length=10)
    reader_kind: str = Field(max_length=10)


class _Reading(NamedTuple):
    file_id: UUID
    hour: datetime
    reader_id: UUID
    number: int
    door: str
    reader_kind: str


class Readings:
    """What this process has seen read. `start` before use, `stop` after."""

    def __init__(self, db: Database, *, seconds: float = SECONDS) -> None:
        self._db = db
        self._seconds = seconds
        self._waiting: set[_Reading] = set()
        self._written: set[_Reading] = set()
        self._hour: datetime | None = None
        self._full = asyncio.Event()
        self._loop_task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to write."""
        self._loop_task = asyncio.create_task(self._loop(), name="readings")

    async def stop(self) -> None:
        """Write what waits."""
        if self._loop_task is not None:
            self._loop_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._loop_task
        await self.flush()

    def note(self, actor: Actor, file_id: UUID, number: int, door: Door) -> None:
        """Somebody is given this version. Waits for nothing."""
        hour = self._db.clock.now().replace(minute=0, second=0, microsecond=0)
        if hour != self._hour:
            self._hour = hour
            self._written.clear()
        reading = _Reading(file_id, hour, actor.id or NOBODY, number, door.value, actor.kind.value)
        if reading not in self._written:
            self._waiting.add(reading)
            if len(self._waiting) >= MOST_WAITING:
                self._full.set()

    async def flush(self) -> None:
        """Write what waits now; what cannot be written waits on."""
        lot = list(self._waiting)
        if not lot:
            return
        async with self._db.write() as tx:
            insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
            for start in range(0, len(lot), LOT):
                rows = [one._asdict() for one in lot[start : start + LOT]]
                await tx.execute(insert(FileRead).on_conflict_do_nothing(), rows)
        self._waiting.difference_update(lot)
        self._written.update(one for one in lot if one.hour == self._hour)
        if len(self._written) > MOST_WAITING:
            self._written.clear()

    async def _loop(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._full.wait()
            self._full.clear()
            try:
                await self.flush()
            except Exception:
                log.exception("readings_not_written", waiting=len(self._waiting))
                if len(self._waiting) > MOST_WAITING * 10:
                    self._waiting.clear()
                await asyncio.sleep(self._seconds)


def handlers(days: int) -> dict[str, Handler]:
    """The handler of the nightly job that forgets what is older than so many days."""

    async def forget(db: Database, _job: Job) -> None:
        async with db.write() as tx:
            await tx.execute(delete(FileRead).where(col(FileRead.hour) < tx.now - timedelta(days=days)))

    return {FORGET: forget}
