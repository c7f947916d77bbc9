"""A browser's socket, for tests: a real Socket.IO client that remembers what it was told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import socketio
from yarl import URL


class Socket:
    """An open socket. `heard`: every message as (name, data), oldest first."""

    def __init__(self, client: socketio.AsyncClient) -> None:
        self.client = client
        self.heard: list[tuple[str, Any]] = []
        self._news = asyncio.Event()
        for name in ("event", "revs", "gone"):
            client.on(name, self._hear(name))
        client.on("disconnect", self._hear("disconnect"))

    def _hear(self, name: str) -> Any:
        async def hear(*data: Any) -> None:
            self.heard.append((name, data[0] if data else None))
            self._news.set()

        return hear

    async def ask(self, message: str, data: Any = None) -> Any:
        """Send a message and give what acknowledges it."""
        return await self.client.call(message, data, timeout=10)

    async def subscribe(self, topic: str) -> Any:
        """Subscribe, which must be granted; gives the acknowledgement."""
        answer = await self.ask("subscribe", {"topic": topic})
        assert answer["ok"], answer
        return answer

    def all(self, name: str) -> list[Any]:
        """What came under this name."""
        return [data for kind, data in self.heard if kind == name]

    async def wait_for(self, name: str, number: int = 1, seconds: float = 10) -> list[Any]:
        """Wait until at least `number` messages of this name have come; gives all of them."""
        async with asyncio.timeout(seconds):
            while len(found := self.all(name)) < number:
                self._news.clear()
                await self._news.wait()
        return found


@asynccontextmanager
async def connected(session: aiohttp.ClientSession, url: str, **headers: str) -> AsyncIterator[Socket]:
    """A socket of whoever is signed in in `session`; raises socketio's ConnectionError when refused."""
    cookies = session.cookie_jar.filter_cookies(URL(url))
    jar = "; ".join(f"{name}={morsel.value}" for name, morsel in cookies.items())
    client = socketio.AsyncClient(reconnection=False)
    socket = Socket(client)
    try:
        await client.connect(url, headers={"Cookie": jar, "Origin": url, **headers}, transports=["websocket"])
        yield socket
    finally:
        await client.disconnect()
        await client.shutdown()
        if client.eio.http is not None:
            await client.eio.http.close()
