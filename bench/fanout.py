"""One card move seen by 200 connected clients: how long until each has it, and what a delivery costs.

The clients speak Engine.IO by hand over bare websockets, so that their own work does not hide the server's.
"""

import asyncio
import json
import time
from contextlib import AsyncExitStack

import aiohttp

from bench.account import board_with_cards, signed_in
from bench.figures import Figure
from bench.server import Server, running

_CLIENTS = 200
_MOVES = 60
_PAUSE = 0.25  # seconds between two moves


async def measure() -> list[Figure]:
    """p99 in milliseconds from the request to each client, CPU in microseconds per delivered event."""
    with running() as server:
        async with AsyncExitStack() as stack:
            accounts = await stack.enter_async_context(signed_in(server))
            board = await board_with_cards(accounts, server.demo["ids"]["space"], 20)
            session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
            http = await stack.enter_async_context(session)
            clients = []
            for number in range(_CLIENTS):
                cookie = accounts[number % len(accounts)].cookie
                client = Client(await _connect(http, server, cookie))
                stack.push_async_callback(client.close)
                await client.subscribe(f"board:{board['id']}")
                clients.append(client)

            columns = [column["id"] for column in board["columns"]]
            card = board["columns"][0]["cards"][0]["id"]
            times: list[float] = []
            before = server.cpu()
            for number in range(_MOVES):
                for client in clients:
                    client.heard = asyncio.get_running_loop().create_future()
                start = time.perf_counter()
                body = {"column": columns[number % 2], "position": 0}
                status, _ = await accounts[0].write("PATCH", f"/cards/{card}", body)
                if status != 200:
                    raise RuntimeError(f"the move was answered with {status}")
                arrivals = await asyncio.wait_for(asyncio.gather(*(client.heard for client in clients)), 10)
                times += [arrival - start for arrival in arrivals]
                await asyncio.sleep(_PAUSE)
            cost = (server.cpu() - before) / len(times) * 1e6
    times.sort()
    return [
        Figure(f"a card move seen by {_CLIENTS} clients, p50", times[len(times) // 2] * 1000, "ms"),
        Figure(f"a card move seen by {_CLIENTS} clients, p99", times[int(len(times) * 0.99)] * 1000, "ms", 55),
        Figure("the same, CPU of the server per delivered event", cost, "µs", 90),
    ]


async def _connect(http: aiohttp.ClientSession, server: Server, cookie: str) -> aiohttp.ClientWebSocketResponse:
    headers = {"Cookie": cookie, "Origin": server.url}
    return await http.ws_connect(f"{server.url}/socket.io/?EIO=4&transport=websocket", headers=headers)


class Client:
    """One browser tab. `heard` is given the time at which the next event arrives."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._subscribed: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.heard: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._listen())

    async def subscribe(self, topic: str) -> None:
        """Hear a topic; raises where the server does not allow it."""
        await self._socket.send_str("40")
        message = json.dumps(["subscribe", {"topic": topic}])
        await self._socket.send_str(f"420{message}")
        answer = json.loads(await asyncio.wait_for(self._subscribed, 10))[0]
        if not answer["ok"]:
            raise RuntimeError(f"{topic}: {answer}")

    async def close(self) -> None:
        """Leave, and wait until it is done."""
        await self._socket.close()
        await self._task

    async def _listen(self) -> None:
        async for message in self._socket:
            text: str = message.data
            if text == "2":  # Engine.IO ping
                await self._socket.send_str("3")
            elif text.startswith("430"):  # acknowledgement number 0
                self._subscribed.set_result(text[3:])
            elif text.startswith('42["event"') and not self.heard.done():
                self.heard.set_result(time.perf_counter())
