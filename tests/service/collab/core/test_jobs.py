"""Jobs run once, are tried again, survive their worker, and come back when they recur."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from collab.core import jobs
from collab.core.database import Database
from collab.core.errors import Conflict, NotFound
from collab.core.ids import new_id
from collab.core.jobs import Job, JobState, PermanentFailure, Recurring, Worker
from tests.support.clock import HandClock


@pytest.fixture
def clock(db: Database) -> HandClock:
    made = HandClock()
    db.clock = made
    return made


async def put(db: Database, kind: str = "test", key: str | None = None, **payload: object) -> None:
    async with db.write() as tx:
        await jobs.enqueue(tx, kind, payload, key=key)


async def states(db: Database) -> dict[str, int]:
    async with db.read() as tx:
        return await jobs.count_by_state(tx)


async def test_a_job_runs_once_with_what_it_was_given(db: Database, clock: HandClock) -> None:
    seen = []

    async def handle(_db: Database, job: Job) -> None:
        seen.append(job.payload)

    await put(db, a=1, b="é")
    worker = Worker(db, {"test": handle})
    assert await worker.run_due() == 1
    assert await worker.run_due() == 0
    assert seen == [{"a": 1, "b": "é"}]
    assert await states(db) == {"done": 1}


async def test_a_key_makes_one_job_of_two(db: Database) -> None:
    async with db.write() as tx:
        first = await jobs.enqueue(tx, "test", {}, key="mail:1")
        second = await jobs.enqueue(tx, "test", {}, key="mail:1")
    assert first is not None
    assert second is None


async def test_a_rolled_back_cause_leaves_no_job(db: Database) -> None:
    with pytest.raises(RuntimeError):
        async with db.write() as tx:
            await jobs.enqueue(tx, "test", {})
            raise RuntimeError
    assert await states(db) == {}


async def test_a_failing_job_is_tried_again_later_and_gives_up_in_the_end(db: Database, clock: HandClock) -> None:
    tries = []

    async def handle(_db: Database, job: Job) -> None:
        tries.append(job.attempts)
        raise OSError("the server is away")

    await put(db)
    worker = Worker(db, {"test": handle})
    for _ in range(30):
        await worker.run_due()
        clock.pass_(days=1)
    assert tries == list(range(1, len(jobs.RETRY_SECONDS) + 2))
    assert await states(db) == {"failed": 1}
    async with db.read() as tx:
        failed = await jobs.list_failed(tx)
        assert failed[0].last_error == "OSError: the server is away"
    async with db.write() as tx:
        await jobs.retry_job(tx, failed[0].id)
    assert await states(db) == {"waiting": 1}


async def test_only_a_failed_job_can_be_tried_again_by_hand(db: Database) -> None:
    async with db.write() as tx:
        made = await jobs.enqueue(tx, "test", {})
        assert made is not None
    async with db.write() as tx:
        with pytest.raises(Conflict):
            await jobs.retry_job(tx, made)
        with pytest.raises(NotFound):
            await jobs.retry_job(tx, new_id())


async def test_what_cannot_succeed_is_not_tried_again(db: Database, clock: HandClock) -> None:
    async def handle(_db: Database, _job: Job) -> None:
        raise PermanentFailure("no such mailbox")

    await put(db)
    await put(db, kind="unheard of")
    assert await Worker(db, {"test": handle}).run_due() == 2
    assert await states(db) == {"failed": 2}


async def test_a_job_whose_worker_died_is_taken_up_when_its_lease_ends(db: Database, clock: HandClock) -> None:
    ran = []

    async def handle(_db: Database, job: Job) -> None:
        ran.append(job.id)

    await put(db)
    async with db.write() as tx:
        await tx.execute(update(Job).values(state=JobState.RUNNING.value, lease_until=tx.now + jobs.LEASE, attempts=1))
    worker = Worker(db, {"test": handle})
    assert await worker.run_due() == 0
    clock.pass_(seconds=jobs.LEASE.total_seconds() + 1)
    assert await worker.run_due() == 1
    assert len(ran) == 1


async def test_a_job_that_kills_its_worker_each_time_is_given_up(db: Database, clock: HandClock) -> None:
    ran = []

    async def handle(_db: Database, job: Job) -> None:
        ran.append(job.id)

    await put(db)
    async with db.write() as tx:
        await tx.execute(
            update(Job).values(
                state=JobState.RUNNING.value, lease_until=tx.now - jobs.LEASE, attempts=col(Job.max_attempts)
            )
        )
    assert await Worker(db, {"test": handle}).run_due() == 0
    assert ran == []
    assert await states(db) == {"failed": 1}


async def test_many_workers_share_the_jobs_without_doubles(db: Database) -> None:
    ran: Counter[int] = Counter()

    async def handle(_db: Database, job: Job) -> None:
        ran[job.payload["number"]] += 1
        await asyncio.sleep(0)

    async with db.write() as tx:
        for number in range(40):
            await jobs.enqueue(tx, "test", {"number": number})
    workers = [Worker(db, {"test": handle}) for _ in range(4)]
    await asyncio.gather(*(worker.run_due() for worker in workers))
    assert ran == Counter(range(40))


async def test_a_running_worker_is_woken_by_a_commit(db: Database) -> None:
    done = asyncio.Event()

    async def handle(_db: Database, _job: Job) -> None:
        done.set()

    worker = Worker(db, {"test": handle}, poll=60)
    db.on_job = worker.wake
    await worker.start()
    await asyncio.sleep(0.05)
    await put(db)
    async with asyncio.timeout(5):
        await done.wait()
    await worker.stop()
    assert await states(db) == {"done": 1}


async def test_a_recurring_job_comes_once_each_time(db: Database, clock: HandClock) -> None:
    ran = []

    async def handle(_db: Database, job: Job) -> None:
        ran.append(job.key)

    recurring = [Recurring("nightly", "15 3 * * *")]
    worker = Worker(db, {"nightly": handle}, recurring, poll=0.01)
    other = Worker(db, {"nightly": handle}, recurring, poll=0.01)
    await worker.start()
    await other.start()
    for day in (1, 2, 3):
        clock.pass_(days=1)
        async with asyncio.timeout(10):
            while len(ran) < day or (await states(db)).get("running"):
                await asyncio.sleep(0.02)
    await worker.stop()
    await other.stop()
    assert sorted(str(key) for key in ran) == [f"nightly@2026-11-{day}T02:15:00+00:00" for day in (24, 25, 26)]


def test_a_recurring_job_keeps_its_hour_when_the_clocks_change() -> None:
    nightly = Recurring("nightly", "30 2 * * *", "Europe/Paris")
    before = datetime(2027, 3, 27, 12, tzinfo=UTC)
    assert nightly.next_after(before) == datetime(2027, 3, 28, 1, 0, tzinfo=UTC)


async def test_done_jobs_are_forgotten_in_the_end_and_failed_ones_kept(db: Database, clock: HandClock) -> None:
    async def handle(_db: Database, _job: Job) -> None:
        return

    await put(db)
    await put(db, kind="unheard of")
    await Worker(db, {"test": handle}).run_due()
    clock.pass_(days=15)
    async with db.read() as tx:
        job = (await tx.all(select(Job).where(col(Job.state) == JobState.DONE)))[0]
    await jobs.forget_done(db, job)
    assert await states(db) == {"failed": 1}


@pytest.mark.parametrize("moments", range(6))
async def test_a_worker_that_is_woken_while_it_stops_stops(db: Database, moments: int) -> None:
    worker = Worker(db, {}, poll=60)
    await worker.start()
    await asyncio.sleep(0.3)  # it has looked, and waits to be woken
    worker.wake()
    for _ in range(moments):
        await asyncio.sleep(0)
    stopping = asyncio.create_task(worker.stop())
    _, late = await asyncio.wait([stopping], timeout=5)
    stopping.cancel()  # which would be taken for the end of the loop
    assert not late
