"""What it costs the server to show things: memory at rest, the home page, a board of 1,000 cards over the API."""

import asyncio
from collections.abc import Awaitable, Callable

from bench.account import board_with_cards, signed_in
from bench.figures import Figure
from bench.server import Server, running

_ROUNDS = 100
_CARDS = 1_000


async def measure() -> list[Figure]:
    """CPU in milliseconds of the server per request, memory in MB (of 1,000,000 bytes)."""
    with running() as server:
        await asyncio.sleep(2)
        rest = server.rss() / 1e6
        async with signed_in(server) as accounts:
            agent = accounts[0]
            home = await _cpu(server, lambda: agent.page(server.demo["pages"]["home"]))
            board = await board_with_cards(accounts, server.demo["ids"]["space"], _CARDS)
            opened = await _cpu(server, lambda: agent.get(f"/boards/{board['id']}"))
    return [
        Figure("web process at rest, resident", rest, "MB", 150),
        Figure("home page, CPU of the server", home, "ms", 30),
        Figure(f"board of {_CARDS:,} cards over the API, CPU of the server", opened, "ms", 50),
    ]


async def _cpu(server: Server, request: Callable[[], Awaitable[object]]) -> float:
    for _ in range(5):
        await request()
    before = server.cpu()
    for _ in range(_ROUNDS):
        await request()
    return (server.cpu() - before) / _ROUNDS * 1000
