"""A session that is withdrawn takes its sockets with it, and only those."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import aiohttp
import pytest
import socketio

from directory.people.service import disable_person
from tests.support.app import SETUP, App

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
