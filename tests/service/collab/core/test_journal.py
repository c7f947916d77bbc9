"""The journal finds what was changed, removed, inserted or cut, and survives an erasure."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import delete, select, text, update
from sqlmodel import col

from collab.core import journal
from collab.core.access import Actor, ActorKind, job_actor
from collab.core.database import Database
from collab.core.ids import new_id
from collab.core.journal import JournalDetails, JournalEntry, JournalHead, JournalSeal

ACTOR = Actor(ActorKind.PERSON, new_id())
SPACE = new_id()


@pytest.fixture
async def written(db: Database) -> AsyncIterator[Database]:
    """Five entries in a space and five of the platform."""
    for number in range(5):
        async with db.write() as tx:
            tx.record(ACTOR, "files.upload", space=SPACE, subject=new_id(), name=f"Délibération {number}")
            tx.record(ACTOR, "people.update", subject=ACTOR.id, name="Élodie")
    yield db


async def verify(db: Database, expect: str | None = None) -> journal.Report:
    async with db.read() as tx:
        return await journal.verify(tx, expect)


async def test_a_whole_journal_is_whole(written: Database) -> None:
    report = await verify(written)
    assert report.faults == []
    assert report.entries == 10
    assert report.head.startswith("10:")


async def test_an_empty_journal_is_whole(db: Database) -> None:
    report = await verify(db, "0:" + journal.GENESIS)
    assert report.faults == []
    assert report.entries == 0


@pytest.mark.parametrize("column", ["action", "seq", "actor_kind", "details_hash", "previous", "hash"])
async def test_a_changed_entry_is_found(written: Database, column: str) -> None:
    value = 99 if column == "seq" else "changed"
    async with written.write() as tx:
        chosen = (await tx.all(select(JournalEntry).where(col(JournalEntry.seq) == 3)))[0]
        await tx.execute(update(JournalEntry).where(col(JournalEntry.id) == chosen.id).values({column: value}))
    assert (await verify(written)).faults


async def test_changed_details_are_found(written: Database) -> None:
    async with written.write() as tx:
        chosen = (await tx.all(select(JournalDetails)))[4]
        await tx.execute(
            update(JournalDetails).where(col(JournalDetails.entry_id) == chosen.entry_id).values(details={"name": "x"})
        )
    assert (await verify(written)).faults


@pytest.mark.parametrize("seq", [1, 3, 5])
async def test_a_removed_entry_is_found(written: Database, seq: int) -> None:
    async with written.write() as tx:
        gone = await tx.one(
            select(JournalEntry).where(col(JournalEntry.seq) == seq, col(JournalEntry.chain) == str(SPACE))
        )
        await tx.execute(delete(JournalDetails).where(col(JournalDetails.entry_id) == gone.id))
        await tx.execute(delete(JournalEntry).where(col(JournalEntry.id) == gone.id))
    assert (await verify(written)).faults


async def test_an_inserted_entry_is_found(written: Database) -> None:
    """Even one that is well hashed onto the end of its chain, with the head moved to it."""
    async with written.write() as tx:
        head = await tx.get(JournalHead, str(SPACE))
        assert head is not None
        forged = JournalEntry(
            chain=str(SPACE),
            seq=head.seq + 1,
            at=tx.now,
            actor_kind="person",
            action="files.purge",
            details_hash="0" * 64,
            previous=head.hash,
            hash="",
        )
        forged.hash = journal.hash_entry(forged)
        head.seq, head.hash = forged.seq, forged.hash
        tx.add(forged)
    assert (await verify(written)).faults


async def test_a_cut_tail_shows_against_a_head_noted_before(written: Database) -> None:
    noted = (await verify(written)).head
    async with written.write() as tx:
        # A careful thief: the last entry of each chain, its seals and the heads are all set back.
        for chain in (str(SPACE), journal.PLATFORM):
            last = await tx.one(
                select(JournalEntry).where(col(JournalEntry.seq) == 5, col(JournalEntry.chain) == chain)
            )
            await tx.execute(delete(JournalDetails).where(col(JournalDetails.entry_id) == last.id))
            await tx.execute(delete(JournalEntry).where(col(JournalEntry.id) == last.id))
            await tx.execute(
                update(JournalHead).where(col(JournalHead.chain) == chain).values(seq=4, hash=last.previous)
            )
        await tx.execute(delete(JournalSeal).where(col(JournalSeal.seq) > 8))
        eighth = await tx.get(JournalSeal, 8)
        assert eighth is not None
        await tx.execute(
            update(JournalHead).where(col(JournalHead.chain) == journal.HEADS).values(seq=8, hash=eighth.hash)
        )
    assert (await verify(written)).faults == []
    assert (await verify(written, noted)).faults


async def test_erased_details_keep_the_chain_whole(written: Database) -> None:
    assert ACTOR.id is not None
    async with written.write() as tx:
        assert await journal.erase_details_of(tx, ACTOR.id) == 10
    report = await verify(written)
    assert report.faults == []
    assert report.erased == 10
    async with written.read() as tx:
        assert await tx.all(select(JournalDetails)) == []


async def test_a_rolled_back_transaction_leaves_no_entry(written: Database) -> None:
    with pytest.raises(RuntimeError):
        async with written.write() as tx:
            tx.record(ACTOR, "files.upload", space=SPACE)
            raise RuntimeError
    async with written.write() as tx:
        with pytest.raises(RuntimeError):
            async with tx.savepoint():
                tx.record(ACTOR, "files.upload", space=SPACE)
                raise RuntimeError
    assert (await verify(written)).entries == 10


async def test_many_writers_make_one_chain(db: Database) -> None:
    async def write(number: int) -> None:
        async with db.write() as tx:
            tx.record(job_actor("test"), "a.b", space=SPACE if number % 2 else None, number=number)
            tx.record(ACTOR, "a.c", space=None if number % 3 else SPACE)

    await asyncio.gather(*(write(number) for number in range(40)))
    report = await verify(db)
    assert report.faults == []
    assert report.entries == 80


async def test_the_reason_of_a_job_is_in_its_details(db: Database) -> None:
    async with db.write() as tx:
        tx.record(job_actor("retention"), "files.purge", space=SPACE)
    async with db.read() as tx:
        details = (await tx.all(select(JournalDetails)))[0]
        assert details.details == {"reason": "retention"}
        assert (await tx.one(text("SELECT count(*) FROM journal_entry"))) == 1
