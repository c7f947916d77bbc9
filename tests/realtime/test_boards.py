"""A board over a socket: snapshot, events in order, the same order for two who move at once, rights that end."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
import socketio

from collab.core.ids import new_id
from collab.spaces import service as spaces
from tests.http.test_boards import ask, make_board
from tests.support.app import App

PATIENCE = 10


class Viewer:
    """What a browser keeps of a board: the snapshot, then the events in the order of their revs."""

    def __init__(self, socket: socketio.AsyncClient, board: str) -> None:
        self.socket = socket
        self.topic = f"board:{board}"
        self.rev = 0
        self.places: dict[str, tuple[str, str]] = {}
        self.heard: list[tuple[int, str]] = []
        self.gone: list[str] = []
        self._news = asyncio.Event()
        socket.on("event", self._take)
        socket.on("gone", self._lose)

    async def subscribe(self) -> dict[str, Any]:
        ack: dict[str, Any] = await self.socket.call("subscribe", {"topic": self.topic}, timeout=PATIENCE)
        if ack["ok"]:
            self.rev = ack["rev"]
            for column in ack["snapshot"]["columns"]:
                for card in column["cards"]:
                    self.places[card["id"]] = (column["id"], card["rank"])
        return ack

    async def until(self, rev: int) -> None:
        """Wait until the board is at `rev`."""
        async with asyncio.timeout(PATIENCE):
            while self.rev < rev:
                self._news.clear()
                await self._news.wait()

    def order(self) -> list[str]:
        return sorted(self.places, key=lambda card: self.places[card])

    async def _take(self, event: dict[str, Any]) -> None:
        assert event["topic"] == self.topic
        assert event["rev"] == self.rev + 1
        self.rev = event["rev"]
        self.heard.append((event["rev"], event["type"]))
        data = event["data"]
        if event["type"] == "card.moved":
            self.places[data["card"]] = (data["column"], data["rank"])
        elif event["type"] in ("card.created", "card.restored"):
            self.places[data["card"]["id"]] = (data["column"], data["card"]["rank"])
        elif event["type"] == "card.removed":
            del self.places[data["card"]]
        self._news.set()

    async def _lose(self, data: dict[str, Any]) -> None:
        self.gone.append(data["topic"])
        self._news.set()


Watch = Callable[[aiohttp.ClientSession, str], Awaitable[Viewer]]


@pytest.fixture
async def watch(app: App) -> AsyncIterator[Watch]:
    """Opens a socket for whoever has signed in with a client."""
    sockets: list[socketio.AsyncClient] = []

    async def open_one(client: aiohttp.ClientSession, board: str) -> Viewer:
        cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in client.cookie_jar)
        socket = socketio.AsyncClient(reconnection=False)
        sockets.append(socket)
        headers = {"Cookie": cookies, "Origin": app.deps.settings.public_url}
        await socket.connect(app.url, headers=headers, transports=["websocket"])
        return Viewer(socket, board)

    yield open_one
    for socket in sockets:
        await socket.disconnect()


async def test_a_subscriber_gets_the_whole_then_every_change(app: App, watch: Watch) -> None:
    agent, reader = await app.client("agent"), await app.client("reader")
    board, (card, _) = await make_board(app, agent, "A", "B")
    viewer = await watch(reader, board["id"])
    ack = await viewer.subscribe()
    assert (ack["ok"], ack["rev"], ack["snapshot"]["rev"]) == (True, 2, 2)
    assert ack["snapshot"] == (await ask(agent, "GET", f"/boards/{board['id']}"))[1]
    await ask(agent, "PATCH", f"/cards/{card}", {"column": board["columns"][1]["id"], "position": 0})
    await ask(agent, "PATCH", f"/cards/{card}", {"title": "A, bis"}, '"1"')
    await ask(agent, "POST", f"/boards/{board['id']}/columns", {"title": "Bloqué"})
    await ask(agent, "DELETE", f"/cards/{card}")
    await viewer.until(6)
    kinds = ["card.moved", "card.changed", "column.added", "card.removed"]
    assert viewer.heard == list(zip(range(3, 7), kinds, strict=True))
    assert card not in viewer.places


async def test_movers_at_once_are_seen_in_one_order_by_everybody(app: App, watch: Watch) -> None:
    agent, editor = await app.client("agent"), await app.client("editor")
    board, cards = await make_board(app, agent, *"ABCDEF")
    viewers = [await watch(client, board["id"]) for client in (agent, editor)]
    for viewer in viewers:
        await viewer.subscribe()
    dice = random.Random(11)

    async def move(client: aiohttp.ClientSession) -> None:
        for _ in range(25):
            target = {"column": dice.choice(board["columns"])["id"], "position": dice.randrange(6)}
            status, _, _ = await ask(client, "PATCH", f"/cards/{dice.choice(cards)}", target)
            assert status == 200

    await asyncio.gather(move(agent), move(editor), move(agent), move(editor))
    for viewer in viewers:
        await viewer.until(len(cards) + 100)
    _, whole, _ = await ask(agent, "GET", f"/boards/{board['id']}")
    truth = {card["id"]: (column["id"], card["rank"]) for column in whole["columns"] for card in column["cards"]}
    assert viewers[0].places == viewers[1].places == truth
    assert viewers[0].heard == viewers[1].heard


async def test_a_stranger_hears_nothing(app: App, watch: Watch) -> None:
    agent, stranger = await app.client("agent"), await app.client("stranger")
    board, _ = await make_board(app, agent)
    for key in (board["id"], str(new_id()), "À faire"):
        ack = await (await watch(stranger, key)).subscribe()
        assert (ack["ok"], ack["error"]["code"]) == (False, "not_found")


async def test_who_leaves_the_space_no_longer_hears(app: App, watch: Watch) -> None:
    agent, reader = await app.client("agent"), await app.client("reader")
    board, (card,) = await make_board(app, agent, "A")
    viewer = await watch(reader, board["id"])
    await viewer.subscribe()
    async with app.db.write() as tx:
        await spaces.remove_member(tx, app.actor("agent"), app.space, app.unit)
    async with asyncio.timeout(PATIENCE):
        while not viewer.gone:
            await asyncio.sleep(0.02)
    await ask(agent, "PATCH", f"/cards/{card}", {"position": 0})
    await asyncio.sleep(0.2)
    assert viewer.gone == [viewer.topic]
    assert viewer.heard == []
