"""Transactions in one trip: the same rows, rights, errors and announcements as the others, on both databases."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from collab.core import journal
from collab.core.access import decided, job_actor, watching
from collab.core.database import Database, Tx
from collab.core.errors import NotFound
from collab.core.ids import new_id
from collab.core.jobs import Job
from collab.core.prepared import Prepared, inserting, made
from collab.core.topics import TopicRev, current_revs, raise_rev

ACTOR = job_actor("test")
_BY_KEYS = Prepared(
    select(col(Job.key), col(Job.payload), col(Job.run_at), col(Job.id))
    .where(col(Job.key).in_(bindparam("keys", expanding=True)), col(Job.kind) == "ring")
    .order_by(col(Job.key))
)


async def test_a_change_and_a_look(db: Database) -> None:
    async def change(tx: Tx) -> int:
        tx.record(ACTOR, "test.change", words="é")
        return await raise_rev(tx, "board:a")

    async def look(tx: Tx) -> int:
        return (await current_revs(tx, ["board:a"]))["board:a"]

    assert [await db.change(change), await db.change(change)] == [1, 2]
    assert await db.look(look) == 2
    async with db.read() as tx:
        report = await journal.verify(tx)
    assert (report.faults, report.entries) == ([], 2)


async def test_an_error_undoes_all_of_it(db: Database) -> None:
    async def change(tx: Tx) -> None:
        await raise_rev(tx, "board:a")
        tx.add(TopicRev(topic="board:b", rev=7))
        await tx.flush()
        raise NotFound()

    with pytest.raises(NotFound):
        await db.change(change)
    async with db.write() as tx:  # the turn was given back
        assert await current_revs(tx, ["board:a", "board:b"]) == {"board:a": 0, "board:b": 0}


async def test_a_constraint_speaks_as_it_does_elsewhere(db: Database) -> None:
    async def change(tx: Tx) -> None:
        await tx.run_many(inserting(TopicRev), [{"topic": "board:a", "rev": 1}] * 2)

    with pytest.raises(IntegrityError):
        await db.change(change)


async def test_prepared_statements_see_what_was_added_and_convert_both_ways(db: Database) -> None:
    async def change(tx: Tx) -> None:
        moment = tx.now + timedelta(seconds=1)
        tx.add(Job(id=new_id(), kind="ring", payload={"é": [1]}, key="a", run_at=moment, created_at=tx.now))
        await tx.insert(made(Job, id=new_id(), kind="ring", payload={}, key="b", run_at=tx.now, created_at=tx.now))
        for keys, expected in ((["a", "b", "c"], ["a", "b"]), (["b"], ["b"]), ([], [])):
            rows = await tx.run(_BY_KEYS, keys=keys)
            assert [row[0] for row in rows] == expected
        [first, second] = await tx.run(_BY_KEYS, keys=["a", "b"])
        assert (first[1], first[2]) == ({"é": [1]}, moment)
        assert (await tx.get(Job, second[3])) is not None
        made_job = await tx.get(Job, second[3])
        assert made_job is not None
        assert (made_job.attempts, made_job.state) == (0, "waiting")

    await db.change(change)
    async with db.write() as tx:  # and the same from the event loop
        assert len(await tx.run(_BY_KEYS, keys=["a", "b"])) == 2


async def test_decisions_taken_in_it_are_noted_outside(db: Database) -> None:
    async def look(_tx: Tx) -> None:
        decided("board:read")

    with watching() as decisions:
        await db.look(look)
        await db.change(look)
    assert decisions == ["board:read"] * 2


async def test_who_no_longer_waits_does_not_stop_it(db: Database) -> None:
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def change(tx: Tx) -> None:
        loop.call_soon_threadsafe(begun.set)
        for _ in range(20):
            await raise_rev(tx, "board:a")

    waiting = asyncio.create_task(db.change(change))
    await begun.wait()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)

    async def look(tx: Tx) -> int:
        return (await current_revs(tx, ["board:a"]))["board:a"]

    if db.dialect == "sqlite":
        async with db.write():  # behind it
            pass
        assert await db.look(look) == 20
    else:
        assert await db.look(look) in (0, 20)


async def test_it_waits_for_nothing_else(db: Database) -> None:
    async def change(tx: Tx) -> None:
        await raise_rev(tx, "board:a")
        await asyncio.sleep(0)

    if db.dialect == "sqlite":
        with pytest.raises(RuntimeError, match="waited for something else"):
            await db.change(change)
    async with db.read() as tx:
        assert await current_revs(tx, ["board:a"]) == {"board:a": 0}


async def test_a_savepoint_is_undone_alone(db: Database) -> None:
    async def change(tx: Tx) -> None:
        await raise_rev(tx, "board:a")
        with pytest.raises(NotFound):
            async with tx.savepoint():
                await raise_rev(tx, "board:a")
                raise NotFound()

    await db.change(change)
    async with db.read() as tx:
        assert await current_revs(tx, ["board:a"]) == {"board:a": 1}
