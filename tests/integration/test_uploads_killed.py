"""Uploads against a real server that is killed: what was acknowledged is there, what was not leaves nothing."""

import asyncio
import contextlib
import hashlib
import random
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession

from collab.core.database import Database
from collab.files.disk import DiskStorage
from collab.files.jobs import sweep_orphans
from tests.support.forge import Forge
from tests.support.serving import Served

WRITERS = 4
MEMORY = 30e6


@pytest.fixture
async def served(tmp_path: Path, forge: Forge) -> AsyncIterator[Served]:
    place = Served(tmp_path, forge)
    await place.settle()
    yield place
    place.stop()


def client_of(served: Served) -> ClientSession:
    return ClientSession(served.url, headers={"Authorization": f"Bearer {served.token}"})


async def upload_until_cut(
    served: Served, chance: random.Random, round_: int, writer: int, acked: dict[str, str]
) -> None:
    """Send one file after the other; note id and hash of what was answered."""
    async with client_of(served) as client:
        for number in range(10_000):
            data = chance.randbytes(chance.choice([0, 100, 70_000, 900_000, 3_000_000]))
            path = f"/api/v1/spaces/{served.space}/files?name={round_}-{writer}-{number}"
            async with client.post(path, data=BytesIO(data)) as answer:
                assert answer.status == 201, await answer.text()
                acked[(await answer.json())["id"]] = hashlib.sha256(data).hexdigest()


async def check_all(served: Served, acked: dict[str, str]) -> None:
    """Everything acknowledged is whole, and so is everything that is listed."""
    async with client_of(served) as client:
        listed: dict[str, Any] = {}
        address = f"/api/v1/spaces/{served.space}/files"
        while address:
            async with client.get(address) as answer:
                page = await answer.json()
            listed |= {item["id"]: item["sha256"] for item in page["items"]}
            address = page["next"]
        assert acked.items() <= listed.items()
        for key, sha256 in listed.items():
            async with client.get(f"/api/v1/files/{key}/content") as answer:
                assert answer.status == 200
                assert hashlib.sha256(await answer.read()).hexdigest() == sha256


@pytest.mark.soak
async def test_nothing_acknowledged_is_lost(served: Served, budget: Callable[[int, int], int]) -> None:
    seed = 20261123
    chance = random.Random(seed)
    acked: dict[str, str] = {}
    for round_ in range(budget(20, 1_000)):
        await asyncio.to_thread(served.start)
        assert list((served.folder / "files/incoming").iterdir()) == []
        before = len(acked)
        writers = [
            asyncio.create_task(upload_until_cut(served, random.Random(chance.random()), round_, writer, acked))
            for writer in range(WRITERS)
        ]
        await asyncio.sleep(chance.uniform(0.05, 0.5))
        while len(acked) == before:
            await asyncio.sleep(0.01)
        served.kill()
        for writer in writers:
            with contextlib.suppress(ClientError, ConnectionError):
                await writer
    await asyncio.to_thread(served.start)
    await check_all(served, acked)
    served.stop()
    await nothing_is_left_over(served)


async def nothing_is_left_over(served: Served) -> None:
    """After the sweep every object is named by a version; before it none that is named was missing."""
    db, storage = Database(served.database_url), DiskStorage(served.folder / "files")
    await storage.start()
    await sweep_orphans(db, storage, timedelta(seconds=-1))
    assert await sweep_orphans(db, storage, timedelta(seconds=-1)) == 0
    await storage.stop()
    await db.stop()


@pytest.mark.soak
async def test_a_large_upload_takes_little_memory(served: Served, budget: Callable[[int, int], int]) -> None:
    await asyncio.to_thread(served.start)
    async with client_of(served) as client:
        await send(client, served, "warm", 8 << 20)
        Path(f"/proc/{served.pid}/clear_refs").write_text("5")  # the peak counts from here
        before = memory(served.pid, "VmRSS")
        await send(client, served, "large", budget(256, 2048) << 20)
        grown = memory(served.pid, "VmHWM") - before
    print(f"an upload of {budget(256, 2048)} MiB raised the server's memory by {grown / 1e6:.1f} MB")
    assert grown < MEMORY


async def send(client: ClientSession, served: Served, name: str, size: int) -> None:
    block = random.Random(1).randbytes(1 << 20)

    async def blocks() -> AsyncIterator[bytes]:
        for _ in range(size >> 20):
            yield block

    path = f"/api/v1/spaces/{served.space}/files?name={name}"
    async with client.post(path, data=blocks(), headers={"Content-Length": str(size)}) as answer:
        assert answer.status == 201, await answer.text()
        assert (await answer.json())["size"] == size


def memory(pid: int, field: str) -> int:
    """Bytes, from /proc/PID/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))
