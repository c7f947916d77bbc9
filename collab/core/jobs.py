"""Jobs: what must happen, written in the transaction that causes it and run later, once or until it succeeds.

`enqueue` is called by services; `Worker` claims and runs. The table is the source of truth, on SQLite and PostgreSQL
alike: a process that dies leaves a lease that ends, and another takes the job up. Handlers must be idempotent.
"""

import asyncio
import contextlib
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from cronsim import CronSim
from sqlalchemy import JSON, Index, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel, col

from collab.core.database import Database, Tx
from collab.core.errors import Conflict, DomainError, NotFound
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.models import Record, utc_field

log = structlog.get_logger()

LEASE = timedelta(minutes=5)
RETRY_SECONDS = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 43200)
KEEP_DONE = timedelta(days=14)


class JobState(StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class Job(Record, table=True):
    """One thing to do. `key`, where given, is unique: asking twice for the same thing makes one job."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_state_run_at", "state", "run_at"),)

    kind: str = Field(max_length=60)
    payload: dict[str, Any] = Field(sa_type=JSON)
    key: str | None = Field(default=None, max_length=200, unique=True)
    state: str = Field(default=JobState.WAITING.value, max_length=10)
    run_at: datetime = utc_field()
    lease_until: datetime | None = utc_field(default=None, nullable=True)
    attempts: int = 0
    max_attempts: int = len(RETRY_SECONDS) + 1
    last_error: str | None = None
    created_at: datetime = utc_field()
    finished_at: datetime | None = utc_field(default=None, nullable=True)


class Schedule(SQLModel, table=True):
    """When a recurring job is due next; a claim moves it on, so that one process runs it."""

    __tablename__ = "schedule"

    kind: str = Field(primary_key=True, max_length=60)
    next_at: datetime = utc_field()


class PermanentFailure(Exception):
    """Raised by a handler when trying again cannot help."""


class Postpone(Exception):
    """Raised by a handler that cannot work yet, through no fault of the job: it waits without using up an attempt."""

    def __init__(self, until: timedelta) -> None:
        super().__init__(f"postponed for {until}")
        self.until = until


Handler = Callable[[Database, Job], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Recurring:
    """A job that comes back; `cron` is read in `zone`."""

    kind: str
    cron: str
    zone: str = "Europe/Paris"

    def next_after(self, instant: datetime) -> datetime:
        """The first occurrence after `instant`, in UTC; right across the changes of hour."""
        return next(CronSim(self.cron, instant.astimezone(ZoneInfo(self.zone)))).astimezone(UTC)


async def enqueue(
    tx: Tx,
    kind: str,
    payload: Mapping[str, Any],
    *,
    run_at: datetime | None = None,
    key: str | None = None,
) -> UUID | None:
    """Owe a job. Returns its id, or None when one with this `key` is owed or done already."""
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    job_id = new_id()
    values = Job(
        id=job_id, kind=kind, payload=dict(payload), key=key, run_at=run_at or tx.now, created_at=tx.now
    ).model_dump()
    statement = insert(Job).values(**values).on_conflict_do_nothing(index_elements=["key"])
    made = (await tx.execute(statement.returning(col(Job.id)))).scalar_one_or_none()
    tx.wakes_worker = True
    return made


async def list_failed(tx: Tx, limit: int = 100) -> Sequence[Job]:
    """The jobs that gave up, newest first."""
    statement = select(Job).where(col(Job.state) == JobState.FAILED).order_by(col(Job.finished_at).desc())
    return await tx.all(statement.limit(limit))


async def count_by_state(tx: Tx) -> dict[str, int]:
    """How many jobs are in each state."""
    rows = await tx.rows(select(col(Job.state), func.count()).group_by(col(Job.state)))
    return {str(row[0]): int(row[1]) for row in rows}


async def retry_job(tx: Tx, job_id: UUID) -> None:
    """Put a failed job back in the line."""
    job = await tx.get(Job, job_id)
    if job is None:
        raise NotFound()
    if job.state != JobState.FAILED:
        raise Conflict("jobs.not_failed", msg("This job has not failed."))
    job.state, job.run_at, job.attempts = JobState.WAITING.value, tx.now, 0
    tx.wakes_worker = True


class Worker:
    """Runs jobs until stopped. Several may run beside each other, in one process or many."""

    def __init__(
        self,
        db: Database,
        handlers: Mapping[str, Handler],
        recurring: Sequence[Recurring] = (),
        *,
        slots: int = 4,
        poll: float = 5.0,
    ) -> None:
        self._db = db
        self._handlers = dict(handlers)
        self._recurring = {entry.kind: entry for entry in recurring}
        self._slots = asyncio.Semaphore(slots)
        self._poll = poll
        self._wake = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()
        self._loop_task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """There may be something to do now."""
        self._wake.set()

    async def start(self) -> None:
        """Begin to claim and run."""
        await self._prepare_schedules()
        self._loop_task = asyncio.create_task(self._loop(), name="job worker")

    async def stop(self, grace: float = 10.0) -> None:
        """Claim nothing more; give what runs `grace` seconds, then let its lease end."""
        if self._loop_task is not None:
            self._loop_task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._loop_task
        if self._running:
            _, late = await asyncio.wait(self._running, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def run_due(self) -> int:
        """Run everything that is due now, and what that makes due; returns how many. For tests and the command line."""
        count = 0
        while (job := await self._claim()) is not None:
            await self._run(job)
            count += 1
        return count

    async def _loop(self) -> None:
        while True:
            try:
                await self._turn()
            except Exception:
                log.exception("job_loop_failed")
                await asyncio.sleep(self._poll)

    async def _turn(self) -> None:
        self._wake.clear()
        await self._enqueue_recurring()
        while True:
            await self._slots.acquire()
            job = None
            try:
                job = await self._claim()
            finally:
                if job is None:
                    self._slots.release()
            if job is None:
                break
            task = asyncio.create_task(self._run_in_slot(job), name=f"job {job.kind}")
            self._running.add(task)
            task.add_done_callback(self._running.discard)
        with contextlib.suppress(TimeoutError):
            # Not wait_for: until Python 3.12 it forgets that it is cancelled where what it waits for comes just then.
            async with asyncio.timeout(self._poll):
                await self._wake.wait()

    async def _run_in_slot(self, job: Job) -> None:
        try:
            await self._run(job)
        finally:
            self._slots.release()
            self._wake.set()

    async def _claim(self) -> Job | None:
        """Take the job that has waited longest, or one whose worker died."""
        now = self._db.clock.now()
        due = or_(
            (col(Job.state) == JobState.WAITING) & (col(Job.run_at) <= now),
            (col(Job.state) == JobState.RUNNING) & (col(Job.lease_until) < now),
        )

        async def waits(tx: Tx) -> bool:
            return await tx.one(select(col(Job.id)).where(due).limit(1)) is not None

        async def claim(tx: Tx) -> Job | None:
            await self._give_up(tx, now)
            chosen = select(col(Job.id)).where(due).order_by(col(Job.run_at)).limit(1)
            if tx.dialect == "postgresql":
                chosen = chosen.with_for_update(skip_locked=True)
            statement = (
                update(Job)
                .where(col(Job.id).in_(chosen))
                .values(state=JobState.RUNNING.value, lease_until=now + LEASE, attempts=col(Job.attempts) + 1)
                .returning(Job)
            )
            result: Job | None = (await tx.execute(statement)).scalar_one_or_none()
            return result

        return await self._db.change(claim) if await self._db.look(waits) else None

    @staticmethod
    async def _give_up(tx: Tx, now: datetime) -> None:
        """A job whose worker has died at every attempt may be what kills it: it is not taken up again."""
        await tx.execute(
            update(Job)
            .where(
                col(Job.state) == JobState.RUNNING,
                col(Job.lease_until) < now,
                col(Job.attempts) >= col(Job.max_attempts),
            )
            .values(
                state=JobState.FAILED.value, lease_until=None, finished_at=now, last_error="its worker died each time"
            )
        )

    async def _run(self, job: Job) -> None:
        handler = self._handlers.get(job.kind)
        renewal = asyncio.create_task(self._renew(job), name=f"lease of {job.kind}")
        try:
            if handler is None:
                raise PermanentFailure(f"nothing handles jobs of kind {job.kind}")
            await handler(self._db, job)
        except Postpone as wait:
            await self._postpone(job, wait.until)
        except Exception as error:
            await self._failed(job, error)
        else:
            await self._finish(job, JobState.DONE, None)
        finally:
            renewal.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await renewal

    async def _renew(self, job: Job) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            async with self._db.write() as tx:
                until = self._db.clock.now() + LEASE
                await tx.execute(update(Job).where(col(Job.id) == job.id).values(lease_until=until))

    async def _failed(self, job: Job, error: Exception) -> None:
        # The exception's text may hold an address or a name: the log gets its kind and place, the table the text.
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.warning(
            "job_failed",
            kind=job.kind,
            job=str(job.id),
            attempt=job.attempts,
            error=type(error).__name__,
            at=f"{place.name}:{place.lineno}",
        )
        final = isinstance(error, PermanentFailure) or job.attempts >= job.max_attempts
        text = f"{type(error).__name__}: {error.message if isinstance(error, DomainError) else error}"[:2000]
        await self._finish(job, JobState.FAILED if final else JobState.WAITING, text)

    async def _postpone(self, job: Job, until: timedelta) -> None:
        async with self._db.write() as tx:
            await tx.execute(
                update(Job)
                .where(col(Job.id) == job.id, col(Job.state) == JobState.RUNNING)
                .values(
                    state=JobState.WAITING.value,
                    lease_until=None,
                    run_at=self._db.clock.now() + until,
                    attempts=job.attempts - 1,
                )
            )

    async def _finish(self, job: Job, state: JobState, error: str | None) -> None:
        now = self._db.clock.now()
        delay = RETRY_SECONDS[min(job.attempts, len(RETRY_SECONDS)) - 1]

        async def finish(tx: Tx) -> None:
            await tx.execute(
                update(Job)
                .where(col(Job.id) == job.id, col(Job.state) == JobState.RUNNING)
                .values(
                    state=state.value,
                    lease_until=None,
                    last_error=error,
                    run_at=now + timedelta(seconds=delay) if state is JobState.WAITING else job.run_at,
                    finished_at=None if state is JobState.WAITING else now,
                )
            )

        await self._db.change(finish)

    async def _prepare_schedules(self) -> None:
        async with self._db.write() as tx:
            insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
            for entry in self._recurring.values():
                values = {"kind": entry.kind, "next_at": entry.next_after(tx.now)}
                await tx.execute(insert(Schedule).values(**values).on_conflict_do_nothing())

    async def _enqueue_recurring(self) -> None:
        now = self._db.clock.now()

        async def find_due(tx: Tx) -> list[str]:
            return list(await tx.all(select(col(Schedule.kind)).where(col(Schedule.next_at) <= now)))

        due = await self._db.look(find_due)
        if not due:
            return
        async with self._db.write() as tx:
            for kind in due:
                entry = self._recurring.get(kind)
                if entry is None:
                    await tx.execute(delete(Schedule).where(col(Schedule.kind) == kind))
                    continue
                row = await tx.get(Schedule, kind)
                if row is None or row.next_at > now:
                    continue
                await enqueue(tx, kind, {}, key=f"{kind}@{row.next_at.isoformat()}")
                row.next_at = entry.next_after(now)


async def forget_done(db: Database, job: Job) -> None:
    """The recurring job that empties the table of what is long done."""
    async with db.write() as tx:
        before = tx.now - KEEP_DONE
        await tx.execute(delete(Job).where(col(Job.state) == JobState.DONE, col(Job.finished_at) < before))
