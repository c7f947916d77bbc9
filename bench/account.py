"""A person of the demo who uses the server over HTTP, as fast as one person may."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp

from bench.server import Server

_PACE = 1 / 90  # seconds between the writes of one person; the server limits above 100 a second


class Account:
    """Reads as it likes, writes at the pace above. `cookie`: its session, for pages and sockets."""

    def __init__(self, http: aiohttp.ClientSession, token: str, cookie: str) -> None:
        self.cookie = cookie
        self._http = http
        self._bearer = {"Authorization": f"Bearer {token}"}
        self._next_write = 0.0

    async def page(self, address: str) -> int:
        """Read a page as a browser does; returns its length in bytes."""
        async with self._http.get(address, headers={"Cookie": self.cookie}, allow_redirects=False) as answer:
            body = await answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{address} answered {answer.status}")
            return len(body)

    async def get(self, path: str) -> Any:
        """Read JSON under /api/v1."""
        async with self._http.get(f"/api/v1{path}", headers=self._bearer) as answer:
            answer.raise_for_status()
            return await answer.json()

    async def write(self, method: str, path: str, body: object) -> tuple[int, Any]:
        """Write under /api/v1 as soon as the pace allows; the status and the answer."""
        now = time.monotonic()
        self._next_write = max(now, self._next_write) + _PACE
        await asyncio.sleep(self._next_write - _PACE - now)
        async with self._http.request(method, f"/api/v1{path}", json=body, headers=self._bearer) as answer:
            return answer.status, await answer.json()

    async def create(self, path: str, body: object) -> Any:
        """POST what must succeed."""
        status, answer = await self.write("POST", path, body)
        if status != 201:
            raise RuntimeError(f"POST {path} answered {status}: {answer}")
        return answer


@asynccontextmanager
async def signed_in(server: Server) -> AsyncIterator[list[Account]]:
    """The demo's accounts, signed in: agent, elected member and administrator, all of them in its space."""
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=0)
        jar = aiohttp.DummyCookieJar()
        http = await stack.enter_async_context(aiohttp.ClientSession(server.url, connector=connector, cookie_jar=jar))
        accounts = []
        for account in server.demo["accounts"][:3]:  # those of the council's office are in other spaces
            credentials = {"login": account["login"], "password": account["password"]}
            async with http.post("/api/v1/sessions", json=credentials, headers={"Origin": server.url}) as answer:
                answer.raise_for_status()
                morsel = answer.cookies[server.demo["session_cookie"]]
            accounts.append(Account(http, account["api_token"], f"{morsel.key}={morsel.value}"))
        yield accounts


async def board_with_cards(accounts: list[Account], space: str, number: int) -> Any:
    """A new board with `number` cards in its first column, whole as the API gives it."""
    board = await accounts[0].create(f"/spaces/{space}/boards", {"title": f"Mesure de {number} cartes"})
    whole = await accounts[0].get(f"/boards/{board['id']}")
    column = whole["columns"][0]["id"]
    cards = [{"column": column, "title": f"Carte {place} : voirie, éclairage et écoles"} for place in range(number)]
    for start in range(0, number, 8):
        group = enumerate(cards[start : start + 8])
        path = f"/boards/{board['id']}/cards"
        await asyncio.gather(*(accounts[place % len(accounts)].create(path, card) for place, card in group))
    return await accounts[0].get(f"/boards/{board['id']}")
