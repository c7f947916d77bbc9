"""The files of a space over a socket: told in order to those who may hear, to nobody else; and a stop that is quick."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import socketio
from yarl import URL

from tests.support.app import App, running

PATIENCE = 10


async def connect(app: App, role: str) -> socketio.AsyncClient:
    """A browser's socket, with the cookie of this person."""
    client = await app.client(role)
    cookies = client.cookie_jar.filter_cookies(URL(app.url))
    header = "; ".join(f"{cookie.key}={cookie.value}" for cookie in cookies.values())
    socket = socketio.AsyncClient(reconnection=False)
    await socket.connect(app.url, headers={"Cookie": header, "Origin": app.url}, transports=["websocket"])
    return socket


@pytest.fixture
async def sockets(app: App) -> AsyncIterator[dict[str, socketio.AsyncClient]]:
    opened = {role: await connect(app, role) for role in ("reader", "stranger")}
    yield opened
    for socket in opened.values():
        await socket.disconnect()


async def test_changes_are_told_in_order(app: App, sockets: dict[str, socketio.AsyncClient]) -> None:
    topic, heard = f"files:{app.space}", asyncio.Queue[dict[str, Any]]()
    reader = sockets["reader"]
    reader.on("event", heard.put_nowait)
    ack = await reader.call("subscribe", {"topic": topic}, timeout=PATIENCE)
    assert ack == {"ok": True, "rev": 0, "snapshot": {"id": str(app.space)}}
    refused = await sockets["stranger"].call("subscribe", {"topic": topic}, timeout=PATIENCE)
    assert (refused["ok"], refused["error"]["code"]) == (False, "not_found")

    agent = await app.bearer("agent")
    async with agent.post(f"/api/v1/spaces/{app.space}/files?name=a.txt", data=b"un") as answer:
        file = await answer.json()
    async with agent.patch(
        f"/api/v1/files/{file['id']}", json={"name": "b.txt"}, headers={"If-Match": '"1"'}
    ) as answer:
        assert answer.status == 200
    async with agent.delete(f"/api/v1/files/{file['id']}") as answer:
        assert answer.status == 204
    async with agent.delete(f"/api/v1/trash/{file['id']}") as answer:
        assert answer.status == 204

    async with asyncio.timeout(PATIENCE):
        events = [await heard.get() for _ in range(4)]
    assert [(event["topic"], event["rev"]) for event in events] == [(topic, number) for number in (1, 2, 3, 4)]
    assert [event["type"] for event in events] == ["files.changed"] * 3 + ["files.purged"]
    items = [event["data"]["items"][0] for event in events[:3]]
    assert [(item["name"], item["trashed_at"] is None) for item in items] == [
        ("a.txt", True),
        ("b.txt", True),
        ("b.txt", False),
    ]
    assert events[3]["data"] == {"ids": [file["id"]]}


async def test_the_server_stops_without_waiting_for_open_sockets(tmp_path: Path) -> None:
    async with running(tmp_path) as app:
        socket = await connect(app, "agent")
        started = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - started < 5
    await socket.disconnect()
