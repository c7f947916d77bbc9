"""A session that is withdrawn takes its sockets with it, and only those."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import aiohttp
import pytest
import socketio

from collab.core import topics
from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import NotFound
from collab.core.ids import new_id
from directory.people.service import disable_person
from tests.support.app import SETUP, App
from web.realtime.hub import Hub

Connect = Callable[[aiohttp.ClientSession], Awaitable[socketio.AsyncClient]]


@pytest.fixture
async def connect(app: App) -> AsyncIterator[Connect]:
    """Opens sockets with the cookie of a signed-in client; they do not come back by themselves."""
    opened: list[socketio.AsyncClient] = []

    async def make(client: aiohttp.ClientSession) -> socketio.AsyncClient:
        socket = socketio.AsyncClient(reconnection=False)
        (cookie,) = client.cookie_jar
        headers = {"Cookie": f"{cookie.key}={cookie.value}", "Origin": app.url}
        await socket.connect(app.url, headers=headers, transports=["websocket"])
        opened.append(socket)
        return socket

    yield make
    for socket in opened:
        await socket.disconnect()
        await socket.eio.disconnect()


async def closed(socket: socketio.AsyncClient) -> bool:
    """Whether the socket is closed within a second."""
    for _ in range(100):
        if not socket.connected:
            return True
        await asyncio.sleep(0.01)
    return False


async def test_a_revoked_session_loses_its_socket_at_once(app: App, connect: Connect) -> None:
    here, there = await app.client("agent"), await app.client("agent")
    kept, lost = await connect(here), await connect(there)
    async with here.delete("/api/v1/me/sessions") as answer:
        assert answer.status == 204
    assert await closed(lost)
    assert kept.connected
    answer = await kept.call("subscribe", {"topic": f"space:{app.space}"})
    assert answer["ok"]


async def test_a_leaver_loses_every_socket(app: App, connect: Connect) -> None:
    sockets = [await connect(await app.client("agent")) for _ in range(2)]
    other = await connect(await app.client("editor"))
    async with app.db.write() as tx:
        await disable_person(tx, SETUP, app.people["agent"], "left")
    assert all([await closed(socket) for socket in sockets])
    assert other.connected


async def test_signing_out_and_a_missing_second_factor_close_the_door(app: App, connect: Connect) -> None:
    client = await app.client("agent")
    socket = await connect(client)
    stale = app.anybody({"Cookie": "hemicycle=" + next(iter(client.cookie_jar)).value})
    async with client.delete("/api/v1/sessions/current") as answer:
        assert answer.status == 204
    assert await closed(socket)
    async with stale.get("/api/v1/me") as answer:
        assert answer.status == 401


async def test_whoever_is_no_longer_invited_hears_no_more_at_once(app: App, connect: Connect) -> None:
    agent, guest = await app.client("agent"), await app.client("stranger")
    body = {"title": "Chantier", "starts_at": "2030-11-26T18:30:00+01:00", "invitees": [str(app.people["stranger"])]}
    async with agent.post(f"/api/v1/spaces/{app.space}/meetings", json=body) as answer:
        meeting = (await answer.json())["id"]
    lost, kept = await connect(guest), await connect(agent)
    gone: list[str] = []
    lost.on("gone", lambda data: gone.append(data["topic"]))
    told: list[str] = []
    kept.on("gone", lambda data: told.append(data["topic"]))
    for topic in (f"chat:{meeting}", f"room:{meeting}"):
        assert (await lost.call("subscribe", {"topic": topic}))["ok"]
        assert (await kept.call("subscribe", {"topic": topic}))["ok"]
    path = f"/api/v1/meetings/{meeting}/invitees/{app.people['stranger']}"
    async with agent.delete(path) as answer:
        assert answer.status in (200, 204), await answer.text()
    for _ in range(100):
        if len(gone) == 2:
            break
        await asyncio.sleep(0.01)
    assert sorted(gone) == [f"chat:{meeting}", f"room:{meeting}"]
    assert told == []
    assert not (await lost.call("subscribe", {"topic": f"chat:{meeting}"}))["ok"]


async def test_what_failed_while_rights_were_weighed_is_weighed_again(app: App, connect: Connect) -> None:
    hub = app.deps.part(Hub)
    broken, allowed, looks = False, True, 0

    async def check(_tx: Tx, _actor: Actor, _key: UUID) -> dict[str, Any]:
        nonlocal looks
        looks += 1
        if broken:
            raise OSError
        if not allowed:
            raise NotFound()
        return {}

    hub.serve_topic("thing", check)
    topic = f"thing:{new_id()}"
    for _ in range(2):  # two windows of one person
        socket = await connect(await app.client("agent"))
        assert (await socket.call("subscribe", {"topic": topic}))["ok"]
    async with app.db.write() as tx:
        await topics.raise_rev(tx, topics.RIGHTS)
    broken, allowed = True, False
    with pytest.raises(OSError):
        await hub.recheck()
    broken, looks = False, 0
    await asyncio.gather(hub.recheck(), hub.recheck())
    assert looks == 1, "once for all windows of a person, and by one of the two alone"
    assert all(topic not in peer.topics for peer in hub._peers.values())
