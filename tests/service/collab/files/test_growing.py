"""Objects that arrive in parts on plain disk: their length, their hash, who may write, what a full disk leaves."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collab.files.disk import DiskStorage
from collab.files.growing import BLOCK
from collab.files.storage import Busy, Damaged, StorageFull
from tests.support.lag import LoopLag

DATA = bytes(range(256)) * (3 * BLOCK // 256) + b"end"


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[DiskStorage]:
    opened = DiskStorage(tmp_path, reserve=0)
    await opened.start()
    yield opened
    await opened.stop()


async def append(storage: DiskStorage, key: str, data: bytes, piece: int = 70_000) -> int:
    async with storage.grow(key) as growing:
        for start in range(0, len(data), piece):
            await growing.write(data[start : start + piece])
        return await growing.sync()


async def test_parts_become_one_object(storage: DiskStorage) -> None:
    key = await storage.begin(len(DATA))
    assert await append(storage, key, DATA[:100]) == 100
    assert await append(storage, key, DATA[100:]) == len(DATA) == await storage.received(key)
    stored = await storage.complete(key)
    assert (stored.size, stored.sha256) == (len(DATA), hashlib.sha256(DATA).hexdigest())
    assert await storage.complete(key) == stored == await storage.measure(key)
    assert await storage.received(key) == len(DATA)
    with pytest.raises(Damaged):
        async with storage.grow(key):
            pass


async def test_the_hash_is_right_when_another_process_saw_the_first_parts(tmp_path: Path, storage: DiskStorage) -> None:
    key = await storage.begin(len(DATA))
    await append(storage, key, DATA[:BLOCK])
    other = DiskStorage(tmp_path, reserve=0)  # a server that was started anew
    await other.start()
    await append(other, key, DATA[BLOCK : 2 * BLOCK])
    await append(storage, key, DATA[2 * BLOCK :])
    assert (await other.complete(key)).sha256 == hashlib.sha256(DATA).hexdigest()
    await other.stop()


async def test_what_is_taken_back_is_not_in_the_hash(storage: DiskStorage) -> None:
    key = await storage.begin(10)
    await append(storage, key, b"01234")
    async with storage.grow(key) as growing:
        await growing.write(b"xxxxx")
        assert await growing.sync() == 10
        await growing.take_back(5)
        await growing.write(b"yyyyy")
        await growing.cut()
        await growing.write(b"56789")
        found = hashlib.sha1(usedforsecurity=False)
        assert await growing.sync(found) == 10
        assert found.digest() == hashlib.sha1(b"56789", usedforsecurity=False).digest()
    assert (await storage.complete(key)).sha256 == hashlib.sha256(b"0123456789").hexdigest()


async def test_one_writes_at_a_time(tmp_path: Path, storage: DiskStorage) -> None:
    key = await storage.begin(10)
    other = DiskStorage(tmp_path, reserve=0)
    await other.start()
    async with storage.grow(key):
        with pytest.raises(Busy):
            async with other.grow(key):
                pass
        with pytest.raises(Busy):
            await other.complete(key)
    assert await append(other, key, b"0") == 1
    await other.stop()


async def test_cancelled_at_any_point_nothing_is_out_of_place(storage: DiskStorage) -> None:
    """Whatever was written is a beginning of what was sent, without a gap."""
    for steps in range(0, 40, 3):
        key = await storage.begin(len(DATA))
        task = asyncio.create_task(append(storage, key, DATA, piece=BLOCK // 2))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        arrived = await storage.received(key)
        await append(storage, key, DATA[arrived:])
        assert (await storage.complete(key)).sha256 == hashlib.sha256(DATA).hexdigest()


async def test_no_room_is_said_before_anything_is_sent(tmp_path: Path, storage: DiskStorage) -> None:
    with pytest.raises(StorageFull):
        await storage.begin(1 << 60)
    assert list((tmp_path / "partial").iterdir()) == []


async def test_what_grows_can_be_destroyed(tmp_path: Path, storage: DiskStorage) -> None:
    key = await storage.begin(10)
    await append(storage, key, b"01234")
    await storage.delete([key, key])
    assert list((tmp_path / "partial").iterdir()) == []
    for door in (storage.received, storage.complete):
        with pytest.raises(Damaged):
            await door(key)


async def test_the_loop_is_free_while_a_large_object_is_completed(storage: DiskStorage) -> None:
    key = await storage.begin(len(DATA) * 8)
    for _ in range(8):
        await append(storage, key, DATA, piece=BLOCK)
    storage._digests.forget(key)  # as after a restart: all of it is read again
    async with LoopLag() as lag:
        await storage.complete(key)
    assert lag.worst < 0.1
