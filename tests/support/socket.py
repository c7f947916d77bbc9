"""A Socket.IO client of the product's, signed in as one of the people of tests/support/app.py."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import socketio

from tests.support.app import App

SECONDS = 5


class Socket:
    """One connection. `heard`: every message of the server as (event, data), in order."""

    def __init__(self, client: socketio.AsyncClient) -> None:
        self.client = client
        self.heard: list[tuple[str, Any]] = []
        self._news = asyncio.Condition()
        client.on("*", self._hear)

    async def call(self, event: str, data: Any = None) -> dict[str, Any]:
        """Send a message and give its acknowledgement."""
        answer: dict[str, Any] = await self.client.call(event, data, timeout=SECONDS)
        return answer

    async def until(self, wanted: Callable[[str, Any], bool], seconds: float = SECONDS) -> Any:
        """The data of the first message for which `wanted(event, data)` holds, heard already or to come."""
        async with asyncio.timeout(seconds), self._news:
            seen = 0
            while True:
                for event, data in self.heard[seen:]:
                    seen += 1
                    if wanted(event, data):
                        return data
                await self._news.wait()

    async def _hear(self, event: str, data: Any = None) -> None:
        self.heard.append((event, data))
        async with self._news:
            self._news.notify_all()


@asynccontextmanager
async def connected(app: App, role: str, session: aiohttp.ClientSession | None = None) -> AsyncIterator[Socket]:
    """A connection of this person, with the session of that client if one is given."""
    signed_in = session or await app.client(role)
    cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in signed_in.cookie_jar)
    client = socketio.AsyncClient(reconnection=False)
    socket = Socket(client)
    await client.connect(app.url, transports=["websocket"], headers={"Cookie": cookies, "Origin": app.url})
    try:
        yield socket
    finally:
        await client.disconnect()
