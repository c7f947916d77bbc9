"""Rooms whose media run in worker processes: the same rooms, and what happens when a worker is killed."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from pathlib import Path

from meetings.media.pool import Pool
from tests.realtime.test_rooms import Town, offer_of, plan, room_event
from tests.support.app import App, running
from tests.support.ports import free_media_port
from web.media import Media


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
