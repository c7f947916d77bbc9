"""Rooms whose media run in worker processes: the same rooms, and what happens when a worker is killed."""

import asyncio
import os
import signal
import sys
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path

from meetings.media.pool import Pool
from meetings.media.port import MediaSettings
from tests.realtime.test_rooms import Town, offer_of, plan, room_event
from tests.support.app import App, running
from tests.support.ports import free_media_port, free_port, is_listening
from tests.support.programs import Child
from tests.support.socket import connected
from web.media import Media

ROOT = Path(__file__).resolve().parents[2]


async def metrics(app: App) -> dict[str, float]:
    async with app.anybody().get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    return {
        name: float(value)
        for name, value in (line.rsplit(" ", 1) for line in lines if "hemicycle_media" in line and line[0] != "#")
    }


async def test_a_room_is_on_one_worker_and_comes_back_when_it_is_killed(tmp_path: Path) -> None:
    port = free_media_port(2)
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(running(tmp_path, media={"workers": 2, "port": port}))
        town = Town(app, await plan(app), stack)
        agent, first = await town.joined("agent")
        editor, _ = await town.joined("editor")
        answer = await agent.call("room.publish", {"sdp": await offer_of("audio", "video")})
        assert f" {port} typ host" in answer["sdp"]
        assert f" {port} typ host" in (await editor.call("room.publish", {"sdp": await offer_of("audio")}))["sdp"]
        assert (await editor.until(room_event("track")))["event"]["track"]["participant"] == first
        async with (await app.client("admin")).get("/admin/health") as page:
            assert f"UDP {port}, {port + 1}" in await page.text()
        found = await metrics(app)
        assert found['hemicycle_media_participants{worker="0"}'] == 2
        assert found['hemicycle_media_up{worker="1"}'] == 1

        worker = app.deps.part(Media).workers[0]
        pool = app.deps.part(Media).engine
        assert isinstance(pool, Pool)
        os.kill(pool.workers[0].engine.pid, signal.SIGKILL)
        for socket in (agent, editor):
            assert (await socket.until(room_event("put_out")))["event"]["reason"] == "lost"
        await town.ended(first)
        refused = await agent.call("room.publish", {"sdp": await offer_of("audio")})
        assert refused["error"]["code"] == "media.not_admitted"
        again = await agent.call("room.join", {"meeting": town.meeting, "previous": first})
        assert again["ok"], again
        answer = await agent.call("room.publish", {"sdp": await offer_of("audio")})
        assert f" {port + 1} typ host" in answer["sdp"], "on the worker that lives, at once"
        async with asyncio.timeout(10):
            while app.deps.part(Media).workers[0].restarts == 0:
                await asyncio.sleep(0.05)
        assert app.deps.part(Media).workers[0].port == worker.port
        assert (await metrics(app))['hemicycle_media_restarts_total{worker="0"}'] == 1
        async with app.anybody().get("/health") as health:
            assert health.status == 200


async def test_a_killed_server_takes_its_workers_up_again_and_leaves_none(tmp_path: Path) -> None:
    async with running(tmp_path) as app:
        meeting = str(await plan(app))
    port, media = free_port(), free_media_port()
    environment = {
        "HEMICYCLE_DATA": str(tmp_path),
        "HEMICYCLE_PORT": str(port),
        "HEMICYCLE_MEDIA_PORT": str(media),
        "HEMICYCLE_MEDIA_WORKERS": "1",
        "HEMICYCLE_DATABASE_URL": app.deps.settings.database_url,
    }
    command = [sys.executable, "-c", "import sys; from web.cli import main; sys.exit(main())", "serve"]
    there = replace(app, url=f"http://127.0.0.1:{port}", _sessions=[])
    pids, killed, away = [], time.monotonic(), 0.0
    async with AsyncExitStack() as stack:
        stack.push_async_callback(there.close)
        for attempt in range(2):
            child = Child(command, tmp_path / f"log-{attempt}", environment=environment, folder=ROOT)
            stack.callback(child.stop)
            async with asyncio.timeout(60):
                while not is_listening(port):
                    assert child.process.poll() is None, child.tail()
                    await asyncio.sleep(0.05)
            pids.append(worker_of(tmp_path))
            away = time.monotonic() - killed
            socket = await stack.enter_async_context(connected(there, "agent"))
            answer = await socket.call("room.join", {"meeting": meeting})
            assert answer["ok"], answer
            assert len(answer["room"]["participants"]) == 1
            sdp = (await socket.call("room.publish", {"sdp": await offer_of("audio")}))["sdp"]
            assert f" {media} typ host" in sdp
            async with there.anybody().get("/metrics") as figures:
                assert 'hemicycle_media_rooms{worker="0"} 1.0' in await figures.text()
            child.process.kill()
            child.process.wait()
            killed = time.monotonic()
        if away < MediaSettings().alone_for - 1:  # a busy machine may take longer to start a server
            assert pids[0] == pids[1], "the worker outlived the first server, and the second took it up"
        async with asyncio.timeout(15):
            while worker_of(tmp_path):
                await asyncio.sleep(0.1)


def worker_of(folder: Path) -> int:
    """The media worker whose socket is in this data folder; 0 when there is none."""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if any(word.startswith(bytes(folder / "media")) for word in words):
            return int(entry.parent.name)
    return 0
