"""Two web processes over one PostgreSQL and one Redis: a room is in one of them, its people are on both."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from collab.spaces.service import remove_member
from directory.people.service import disable_person
from meetings.rooms import homes
from meetings.rooms.live import Rooms
from tests.realtime.test_rooms import Town, offer_of, plan, room_event
from tests.support import database
from tests.support.app import SETUP, App, beside, running
from tests.support.ports import free_media_port, free_port
from tests.support.postgres import PostgresServer
from tests.support.programs import Child
from tests.support.redis import RedisServer
from tests.support.socket import Socket, connected
from web.media import Media

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def shared(postgres_server: PostgresServer, redis_server: RedisServer) -> Iterator[dict[str, Any]]:
    """What both processes share, as `running` takes it."""
    name = postgres_server.create(postgres_server.template("product", database.prepare))
    yield {"database_url": postgres_server.url(name), "redis": {"url": redis_server.url}}
    postgres_server.drop(name)


class Pair:
    """The same town in two processes. Rooms are kept by the first, where somebody enters there first."""

    def __init__(self, first: Town, second: Town) -> None:
        self.first = first
        self.second = second

    @property
    def ports(self) -> tuple[int, int]:
        one, other = (town.app.deps.part(Media).engine.port for town in (self.first, self.second))
        return one, other

    @property
    def present(self) -> tuple[int, int]:
        one, other = (town.app.deps.part(Rooms).present for town in (self.first, self.second))
        return one, other


@pytest.fixture
async def pair(tmp_path: Path, shared: dict[str, Any]) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(running(tmp_path, **shared))
        second = await stack.enter_async_context(beside(first))
        meeting = await plan(first)
        yield Pair(Town(first, meeting, stack), Town(second, meeting, stack))


def track_of(participant: str) -> Callable[[str, Any], bool]:
    """Whether a message tells of a track of this participant."""

    def is_wanted(event: str, data: Any) -> bool:
        return bool(room_event("track")(event, data) and data["event"]["track"]["participant"] == participant)

    return is_wanted


async def test_two_people_on_two_processes_are_in_one_room(pair: Pair) -> None:
    agent, one = await pair.first.joined("agent")
    editor = await pair.second.socket("editor")
    answer = await editor.call("room.join", {"meeting": pair.first.meeting})
    assert {person["name"] for person in answer["room"]["participants"]} == {"Camille Roche", "Zoé Delattre"}
    assert (await agent.until(room_event("entered")))["event"]["participant"]["name"]
    assert pair.present == (2, 0)
    published = await editor.call("room.publish", {"sdp": await offer_of("audio", "video")})
    assert f" {pair.ports[0]} typ host" in published["sdp"], "the engine of the process that keeps the room answers"
    track = await agent.until(room_event("track"))
    assert track["event"]["track"]["participant"] == answer["participant"]
    assert (await agent.call("room.publish", {"sdp": await offer_of("audio")}))["ok"]
    assert await editor.until(
        lambda event, data: event == "room.event" and data["event"].get("track", {}).get("participant") == one
    )
    received = await editor.call("room.receive", {"sdp": await offer_of("audio", "video", direction="recvonly")})
    assert "a=sendonly" in received["sdp"]
    assert (await editor.until(room_event("slots")))["event"]["slots"]
    assert (await editor.call("room.select", {"wishes": {"1": None}}))["ok"]
    assert (await editor.call("room.mute", {"label": "microphone", "muted": True}))["ok"]
    await agent.until(lambda event, data: room_event("track")(event, data) and data["event"]["track"]["muted"])
    bad = await editor.call("room.publish", {"sdp": "nonsense"})
    assert (bad["error"]["code"], bad["error"]["status"]) == ("media.bad_offer", 422)
    assert (await editor.call("room.leave", {}))["ok"]
    gone = await agent.until(room_event("left"))
    assert gone["event"] == {"type": "left", "participant": answer["participant"], "reason": "left"}
    assert (await agent.call("room.leave", {}))["ok"]
    assert (await editor.call("room.join", {"meeting": pair.first.meeting}))["ok"]
    assert pair.present == (0, 1), "an empty room is kept by whoever enters next"


async def test_one_comes_back_on_the_other_process(pair: Pair) -> None:
    session = await pair.first.app.client("editor")
    await pair.first.joined("agent")
    editor, me = await pair.first.joined("editor", session=session)
    await editor.client.disconnect()
    again = await pair.second.socket("editor")
    answer = await again.call("room.resume", {"meeting": pair.first.meeting, "participant": me})
    assert answer["ok"], answer
    assert answer["participant"] == me
    assert (await again.call("room.publish", {"sdp": await offer_of("audio")}))["ok"]
    other = await pair.first.socket("editor")
    assert (await other.call("room.resume", {"meeting": pair.first.meeting, "participant": me}))["ok"], "and back"
    assert (await again.call("room.publish", {"sdp": await offer_of("audio")}))["error"]["code"] == "media.not_admitted"


async def test_who_loses_a_socket_there_is_away_here(pair: Pair) -> None:
    agent, _ = await pair.first.joined("agent")
    editor, me = await pair.second.joined("editor")
    await editor.client.disconnect()
    away = await agent.until(
        lambda event, data: room_event("entered")(event, data) and data["event"]["participant"]["away"]
    )
    assert away["event"]["participant"]["id"] == me


async def test_a_stranger_learns_nothing_on_either(pair: Pair) -> None:
    await pair.first.joined("agent")
    stranger = await pair.second.socket("stranger")
    assert (await stranger.call("room.join", {"meeting": pair.first.meeting}))["error"]["status"] == 404


@pytest.mark.parametrize("change", ["membership", "person", "session"])
async def test_a_right_withdrawn_on_one_process_puts_out_on_the_other(pair: Pair, change: str) -> None:
    session = await pair.second.app.client("editor")
    agent, _ = await pair.first.joined("agent")
    _, me = await pair.second.joined("editor", session=session)
    app = pair.second.app
    if change == "session":
        async with session.delete("/api/v1/sessions/current") as answer:
            assert answer.status < 300, await answer.text()
    else:
        async with app.db.write() as tx:
            if change == "membership":
                await remove_member(tx, app.actor("agent"), app.space, app.group)
            else:
                await disable_person(tx, SETUP, app.people["editor"], "left")
    gone = await agent.until(room_event("left"), seconds=2)
    assert gone["event"]["participant"] == me
    assert pair.present == (1, 0)


async def test_a_program_reaches_a_room_through_either_process(pair: Pair) -> None:
    agent, _ = await pair.first.joined("agent")
    client = await pair.first.app.client("agent")
    async with client.post(f"/api/v1/meetings/{pair.first.meeting}/tokens", json={"kind": "publish"}) as made:
        token = (await made.json())["token"]
    program = pair.second.app.anybody({"Authorization": f"Bearer {token}"})
    headers = {"Content-Type": "application/sdp"}
    door = f"/whip/{pair.first.meeting}"
    async with program.post(door, data=await offer_of("audio"), headers=headers) as opened:
        assert opened.status == 201, await opened.text()
        assert f" {pair.ports[0]} typ host" in await opened.text()
        place = opened.headers["Location"]
    await agent.until(room_event("track"))
    async with program.post(door, data="nonsense", headers=headers) as refused:
        assert refused.status == 400
    fragment = {"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": '"another"'}
    async with program.patch(place, data="a=ice-ufrag:abcd\r\na=ice-pwd:" + "x" * 24, headers=fragment) as stale:
        assert stale.status == 412, await stale.text()
    async with program.delete(place) as closed:
        assert closed.status == 200
    await agent.until(room_event("left"))
    async with program.delete(place) as twice:
        assert twice.status == 404


async def test_a_process_that_stops_hands_its_people_over(tmp_path: Path, shared: dict[str, Any]) -> None:
    async with AsyncExitStack() as stack:
        second_stack = await stack.enter_async_context(AsyncExitStack())
        first = await stack.enter_async_context(running(tmp_path, **shared))
        meeting = await plan(first)
        second = await second_stack.enter_async_context(beside(first))
        await Town(second, meeting, second_stack).joined("editor")
        agent, _ = await Town(first, meeting, stack).joined("agent")
        assert (first.deps.part(Rooms).present, second.deps.part(Rooms).present) == (0, 2)
        await second_stack.aclose()
        assert (await agent.until(room_event("put_out"), seconds=8))["event"]["reason"] == "lost"
        assert (await agent.call("room.join", {"meeting": str(meeting)}))["ok"]
        assert first.deps.part(Rooms).present == 1


async def test_a_room_that_was_taken_over_is_let_go(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after a pause of one process that was longer than its lease."""
    agent, _ = await pair.first.joined("agent")
    lease = pair.first.app.deps.part(Rooms)._lease
    beating = lease.beat
    monkeypatch.setattr(lease, "beat", lambda: asyncio.sleep(60))
    await asyncio.sleep(homes.LEASE.total_seconds() + homes.BEAT + 0.5)
    _, me = await pair.second.joined("editor")
    assert pair.present[1] == 1
    monkeypatch.setattr(lease, "beat", beating)
    for task in pair.first.app.deps.part(Rooms)._tasks:
        if task.get_name() == "rooms: lease":
            task.cancel()
    taken = asyncio.create_task(pair.first.app.deps.part(Rooms)._live_on())
    assert (await agent.until(room_event("put_out")))["event"]["reason"] == "lost"
    answer = await agent.call("room.join", {"meeting": pair.first.meeting})
    assert me in {person["id"] for person in answer["room"]["participants"]}
    assert pair.present == (0, 2)
    taken.cancel()
    await asyncio.gather(taken, return_exceptions=True)


class Servers:
    """`hemicycle serve` twice, as processes of their own."""

    def __init__(self, folder: Path, shared: dict[str, Any]) -> None:
        self._folder = folder
        self._shared = shared
        self.children: list[Child] = []

    def stop(self) -> None:
        for child in self.children:
            child.stop()

    async def start(self) -> tuple[Child, str, int]:
        port, media = free_port(), free_media_port()
        environment = {
            "HEMICYCLE_DATA": str(self._folder),
            "HEMICYCLE_PORT": str(port),
            "HEMICYCLE_MEDIA_PORT": str(media),
            "HEMICYCLE_DATABASE_URL": self._shared["database_url"],
            "HEMICYCLE_REDIS_URL": self._shared["redis"]["url"],
            "HEMICYCLE_SERVER_WORKER": "false",
        }
        command = [sys.executable, "-c", "import sys; from web.cli import main; sys.exit(main())", "serve"]
        child = Child(command, self._folder / f"log-{port}", environment=environment, folder=ROOT)
        self.children.append(child)
        url = f"http://127.0.0.1:{port}"
        async with aiohttp.ClientSession() as session, asyncio.timeout(60):
            while True:
                assert child.process.poll() is None, child.tail()
                try:
                    async with session.get(f"{url}/health") as answer:
                        if answer.status == 200:
                            return child, url, media
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)


async def rejoin(socket: Socket, meeting: str) -> dict[str, Any]:
    """As the browser does: again while the server says that it cannot now."""
    async with asyncio.timeout(10):
        while True:
            answer = await socket.call("room.join", {"meeting": meeting})
            if answer["ok"]:
                return answer
            assert answer["error"]["status"] >= 500, answer
            await asyncio.sleep(0.3)


async def test_a_killed_process_leaves_its_people_a_room(tmp_path: Path, shared: dict[str, Any]) -> None:
    async with AsyncExitStack() as stack:
        settled = await stack.enter_async_context(AsyncExitStack())
        app = await settled.enter_async_context(running(tmp_path, **shared))
        meeting = await plan(app)
        await settled.aclose()
        servers = Servers(tmp_path, shared)
        stack.callback(servers.stop)
        keeper, one_url, one_port = await servers.start()
        _, other_url, other_port = await servers.start()

        def at(url: str) -> App:
            there = replace(app, url=url, _sessions=[])
            stack.push_async_callback(there.close)
            return there

        here, there = at(one_url), at(other_url)
        agent = await stack.enter_async_context(connected(here, "agent"))
        editor = await stack.enter_async_context(connected(there, "editor"))
        first = await agent.call("room.join", {"meeting": str(meeting)})
        second = await editor.call("room.join", {"meeting": str(meeting)})
        assert first["ok"] and second["ok"], (first, second)
        assert await agent.until(room_event("entered"))
        answer = await editor.call("room.publish", {"sdp": await offer_of("audio")})
        assert f" {one_port} typ host" in answer["sdp"]
        await agent.until(room_event("track"))

        os.kill(keeper.process.pid, signal.SIGKILL)
        killed = asyncio.get_running_loop().time()
        assert (await editor.until(room_event("put_out"), seconds=10))["event"]["reason"] == "lost"
        agent = await stack.enter_async_context(connected(there, "agent"))  # its load balancer finds the other
        answers = await asyncio.gather(*(rejoin(socket, str(meeting)) for socket in (agent, editor)))
        print(f"killed to both in the room again {asyncio.get_running_loop().time() - killed:.1f} s")
        assert len({person["id"] for answer in answers for person in answer["room"]["participants"]}) == 2
        answer = await agent.call("room.publish", {"sdp": await offer_of("audio")})
        assert f" {other_port} typ host" in answer["sdp"]
        await editor.until(
            lambda event, data: (
                room_event("track")(event, data) and data["event"]["track"]["participant"] == answers[0]["participant"]
            )
        )
