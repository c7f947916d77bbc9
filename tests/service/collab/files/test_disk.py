"""The storage on plain disk: whole or not at all, whatever happens, and never in the way of the loop."""

import asyncio
import errno
import hashlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collab.files.disk import BLOCK, DiskStorage
from collab.files.storage import Damaged, StorageFailed, StorageFull, Stored
from tests.support.lag import LoopLag
from tests.support.programs import as_root, run

LARGE = bytes(range(256)) * (3 * BLOCK // 256) + b"end"


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[DiskStorage]:
    opened = DiskStorage(tmp_path, reserve=0)
    await opened.start()
    yield opened
    await opened.stop()


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def store(storage: DiskStorage, *blocks: bytes) -> Stored:
    async with storage.receive() as upload:
        for block in blocks:
            await upload.write(block)
        return await upload.finish()


async def gone(folder: Path) -> None:
    async with asyncio.timeout(5):
        while kept(folder):
            await asyncio.sleep(0.01)


async def test_what_is_stored_is_what_was_written(storage: DiskStorage, tmp_path: Path) -> None:
    pieces = [LARGE[start : start + 70_000] for start in range(0, len(LARGE), 70_000)]
    stored = await store(storage, *pieces)
    assert stored == Stored(stored.key, len(LARGE), hashlib.sha256(LARGE).hexdigest())
    assert await storage.measure(stored.key) == stored
    [path] = kept(tmp_path)
    assert path.stat().st_mode & 0o777 == 0o600
    async with storage.open(stored.key) as content:
        assert content.size == len(LARGE)
        digest = hashlib.sha256()
        assert await content.read(5, 1000, digest) == LARGE[5:1005]
        assert digest.digest() == hashlib.sha256(LARGE[5:1005]).digest()
        with pytest.raises(Damaged):
            await content.read(len(LARGE) - 1, 2)
    await storage.delete([stored.key, stored.key])
    assert kept(tmp_path) == []


async def test_the_same_bytes_are_two_objects(storage: DiskStorage, tmp_path: Path) -> None:
    first, second = await store(storage, b"x"), await store(storage, b"x")
    assert first.key != second.key
    await storage.delete([first.key])
    assert (await storage.measure(second.key)).size == 1


@pytest.mark.parametrize("error", [RuntimeError, asyncio.CancelledError])
async def test_what_is_given_up_leaves_nothing(
    storage: DiskStorage, tmp_path: Path, error: type[BaseException]
) -> None:
    with pytest.raises(error):
        async with storage.receive() as upload:
            await upload.write(LARGE)
            await upload.write(LARGE)
            raise error
    await gone(tmp_path)


async def test_cancelled_at_any_point_leaves_nothing(storage: DiskStorage, tmp_path: Path) -> None:
    for steps in range(12):
        task = asyncio.create_task(store(storage, LARGE, LARGE, b"end"))
        for _ in range(steps):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    await gone(tmp_path)


async def test_objects_that_are_not_there(storage: DiskStorage) -> None:
    for key in ("0" * 32,):
        with pytest.raises(Damaged):
            await storage.measure(key)
        with pytest.raises(Damaged):
            async with storage.open(key):
                pass
    for key in ("../../etc/passwd", "x", "", "0" * 31 + "/"):
        with pytest.raises(ValueError, match="not a storage key"):
            await storage.delete([key])


async def test_a_full_disk_is_said_and_keeps_nothing(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    storage = DiskStorage(tmp_path / "files", reserve=disk.f_blocks * disk.f_frsize * 2)
    await storage.start()
    with pytest.raises(OSError, match="reserve") as check:
        await storage.check()
    assert check.value.errno == errno.ENOSPC
    with pytest.raises(StorageFull):
        await store(storage, LARGE)
    await gone(tmp_path / "files")
    await storage.stop()


@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
async def test_a_disk_that_really_fills_up(tmp_path: Path, kind: str) -> None:
    mount = tmp_path / "small"
    mount.mkdir()
    if kind == "tmpfs":
        run(as_root("mount", "-t", "tmpfs", "-o", "size=6m,mode=777", "tmpfs", str(mount)))
    else:
        image = tmp_path / "image"
        with image.open("wb") as file:
            file.truncate(8 << 20)
        run(["/sbin/mkfs.ext4", "-q", "-O", "^has_journal", "-m", "0", str(image)])
        run(as_root("mount", "-o", "loop", str(image), str(mount)))
        run(as_root("chmod", "777", str(mount)))
    try:
        storage = DiskStorage(mount / "files", reserve=0)
        await storage.start()
        small = await store(storage, b"kept")
        with pytest.raises(StorageFull):
            await store(storage, *[LARGE] * 4)
        async with asyncio.timeout(5):
            while len(kept(mount / "files")) > 1:
                await asyncio.sleep(0.01)
        assert (await storage.measure(small.key)).sha256 == small.sha256
        assert (await storage.copy(small.key)).sha256 == small.sha256
        await storage.stop()
    finally:
        run(as_root("umount", str(mount)))


@pytest.mark.parametrize("call", ["write", "fsync", "rename"])
async def test_a_disk_that_fails(
    storage: DiskStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def fail(*_arguments: object) -> int:
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(Path if call == "rename" else os, call, fail)
    with pytest.raises(StorageFailed):
        await store(storage, LARGE)
    monkeypatch.undo()
    await gone(tmp_path)


LEAVE_BEHIND = """
import asyncio, os, sys
from pathlib import Path
from collab.files.disk import DiskStorage

async def main():
    storage = DiskStorage(Path(sys.argv[1]), reserve=0)
    await storage.start()
    async with storage.receive() as upload:
        await upload.write(bytes(3_000_000))
        print("half", flush=True)
        sys.stdin.read()
        os._exit(9)

asyncio.run(main())
"""


async def test_a_start_removes_what_the_dead_left_and_spares_the_living(tmp_path: Path) -> None:
    root = Path(__file__).resolve().parents[4]
    command = [sys.executable, "-c", LEAVE_BEHIND, str(tmp_path)]
    with subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert await asyncio.to_thread(other.stdout.readline) == b"half\n"
        storage = DiskStorage(tmp_path, reserve=0)
        await storage.start()
        assert len(kept(tmp_path)) == 1  # the other process still writes it
        other.kill()
        other.wait()
        await storage.stop()
    storage = DiskStorage(tmp_path, reserve=0)
    await storage.start()
    assert kept(tmp_path) == []
    await storage.stop()


async def test_the_loop_is_never_held(storage: DiskStorage) -> None:
    block = bytes(256 << 10)
    async with LoopLag() as lag:
        first, _ = await asyncio.gather(store(storage, *[block] * 256), store(storage, *[block] * 256))
        await storage.measure(first.key)
        async with storage.open(first.key) as content:
            for start in range(0, content.size, len(block)):
                await content.read(start, len(block), hashlib.sha256())
    assert lag.worst < 0.02
