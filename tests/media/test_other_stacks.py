"""A WebRTC stack that is neither a browser's nor ours (GStreamer's webrtcbin) sends with WHIP and plays with WHEP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.http.test_meetings import make
from tests.support.app import App
from tests.support.media_lab import until
from web.media import Media

pytestmark = pytest.mark.alone

PYTHON = "/usr/bin/python3"  # Debian's, which knows Debian's GStreamer
SCRIPT = Path(__file__).parents[1] / "support/gst_whip.py"


class Program:
    """The script as a process; `said`: the last number it told of each kind."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.said: dict[str, int] = {}
        self.lines: list[str] = []
        self._process = process

    async def read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.lines.append(line.decode().rstrip())
            name, _, number = self.lines[-1].partition(" ")
            if number.isdigit():
                self.said[name] = int(number)


def plays(player: Program) -> bool:
    """Whether pictures and sound arrive there."""
    return player.said.get("video", 0) > 15 and player.said.get("audio", 0) > 30


@asynccontextmanager
async def gstreamer(door: str, url: str, token: str) -> AsyncIterator[Program]:
    if not list(Path("/usr/lib").glob("*/gstreamer-1.0/libgstwebrtc.so")):
        raise RuntimeError("webrtcbin is missing: apt-get install gstreamer1.0-plugins-bad (make test does it)")
    process = await asyncio.create_subprocess_exec(
        PYTHON,
        "-P",  # not this folder's modules, one of which is called socket
        str(SCRIPT),
        door,
        url,
        token,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    program = Program(process)
    reading = asyncio.create_task(program.read())
    try:
        yield program
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except TimeoutError:
            process.kill()
            await process.wait()
        await reading


@pytest.mark.parametrize("players", [1, 2])
async def test_gstreamer_sends_and_plays(app: App, players: int) -> None:
    meeting = (await make(app))["id"]
    agent = await app.client("agent")
    async with agent.post(f"/api/v1/meetings/{meeting}/tokens", json={"kind": "publish"}) as answer:
        token = (await answer.json())["token"]
    engine = app.deps.part(Media).engine
    async with gstreamer("publish", f"{app.url}/whip/{meeting}", token) as source:
        await until(lambda: any(line.startswith("open http") for line in source.lines), 30)
        for _ in range(players):
            async with gstreamer("look", f"{app.url}/whep/{meeting}", token) as player:
                await until(partial(plays, player), 40)
                assert engine.counters.participants == 2
            await until(lambda: engine.counters.participants == 1)
    assert engine.counters.participants == 0
    assert engine.counters.dropped.get("srtp", 0) == 0
