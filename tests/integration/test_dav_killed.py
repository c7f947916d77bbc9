"""A real server killed during uploads, moves, copies and removals over WebDAV: each acknowledged one stands, each that
was cut happened whole or not at all, and no object is left without a name after the sweep."""

import asyncio
import contextlib
import hashlib
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote
from xml.etree.ElementTree import fromstring

import pytest
from aiohttp import ClientError, ClientSession

from tests.integration.test_uploads_killed import client_of, nothing_is_left_over
from tests.support.forge import Forge
from tests.support.serving import Served

WRITERS = 3
Tree = dict[str, str]


@pytest.fixture
async def served(tmp_path: Path, forge: Forge) -> AsyncIterator[Served]:
    place = Served(tmp_path, forge)
    await place.settle()
    yield place
    place.stop()


@dataclass
class Writer:
    """One program in a folder of its own: what was acknowledged (name → hash), and what it would be if the last did."""

    folder: str
    chance: random.Random
    acked: Tree = field(default_factory=dict)
    maybe: Tree = field(default_factory=dict)
    count: int = 0

    async def work(self, served: Served) -> None:
        """One thing after the other until the connection is cut."""
        async with client_of(served) as client:
            while True:
                await self.one(client)
                self.acked = dict(self.maybe)

    async def one(self, client: ClientSession) -> None:
        self.count += 1
        fresh = f"{self.count}.bin"
        kind = self.chance.choice(["put", "put", "move", "copy", "delete"] if self.acked else ["put"])
        name = self.chance.choice(sorted(self.acked)) if self.acked else ""
        self.maybe = dict(self.acked)
        headers = {"Destination": f"{self.folder}{fresh}"}
        if kind == "put":
            data = self.chance.randbytes(self.chance.choice([0, 4096, 300_000]))
            self.maybe[fresh] = hashlib.sha256(data).hexdigest()
            await self.ask(client, "PUT", fresh, data=BytesIO(data))
        elif kind == "delete":
            self.maybe.pop(name)
            await self.ask(client, "DELETE", name)
        else:
            self.maybe[fresh] = self.maybe[name] if kind == "copy" else self.maybe.pop(name)
            await self.ask(client, kind.upper(), name, headers=headers)

    async def ask(self, client: ClientSession, method: str, name: str, **more: object) -> None:
        async with client.request(method, self.folder + name, **more) as answer:  # type: ignore[arg-type]
            assert answer.status in (201, 204), (method, answer.status, await answer.text())

    async def check(self, client: ClientSession) -> None:
        """What is there is one of the two; from now on that is what was acknowledged."""
        found: Tree = {}
        async with client.request("PROPFIND", self.folder, headers={"Depth": "1"}) as answer:
            assert answer.status == 207
            addresses = [one.text or "" for one in fromstring(await answer.text()).iter("{DAV:}href")]
        for address in addresses[1:]:
            async with client.get(address) as answer:
                assert answer.status == 200
                found[unquote(address).rsplit("/", 1)[1]] = hashlib.sha256(await answer.read()).hexdigest()
        assert found in (self.acked, self.maybe)
        self.acked = found


@pytest.mark.soak
async def test_kills_during_uploads_moves_copies_and_removals(
    served: Served, budget: Callable[[int, int], int]
) -> None:
    chance = random.Random(20261125)
    writers = [Writer(f"/dav/personal/w{number}/", random.Random(chance.random())) for number in range(WRITERS)]
    await asyncio.to_thread(served.start)
    async with client_of(served) as client:
        for writer in writers:
            async with client.request("MKCOL", writer.folder) as answer:
                assert answer.status == 201
    for _ in range(budget(20, 1_000)):
        before = sum(writer.count for writer in writers)
        tasks = [asyncio.create_task(writer.work(served)) for writer in writers]
        await asyncio.sleep(chance.uniform(0.05, 0.5))
        while sum(writer.count for writer in writers) < before + 2 * WRITERS:
            await asyncio.sleep(0.01)
        served.kill()
        for task in tasks:
            with contextlib.suppress(ClientError, ConnectionError):
                await task
        await asyncio.to_thread(served.start)
        async with client_of(served) as client:
            for writer in writers:
                await writer.check(client)
    served.stop()
    await nothing_is_left_over(served)
