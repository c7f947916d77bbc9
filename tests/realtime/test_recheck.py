"""The recheck of a thousand sockets in one process: a fixed number of questions, and nobody waits for it."""

import asyncio
from typing import Any

import aiohttp
from sqlalchemy import event

from directory.sessions.identity import CHUNK
from directory.sessions.service import open_session
from tests.support.app import App
from tests.support.elsewhere import elsewhere
from tests.support.lag import LoopWork
from web.lookup import policy_of
from web.memory import settle
from web.realtime.hub import Hub

SOCKETS = 1000
TOGETHER = 50


class Windows:
    """Bare sockets that hear of the space; what comes later waits in their buffers."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._held: list[aiohttp.ClientWebSocketResponse] = []  # a socket that nothing refers to is closed

    async def open(self, tokens: list[str]) -> None:
        self._http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        for start in range(0, len(tokens), TOGETHER):
            self._held += await asyncio.gather(*(self._enter(one) for one in tokens[start : start + TOGETHER]))

    async def _enter(self, token: str) -> aiohttp.ClientWebSocketResponse:
        headers = {"Origin": self._app.url, "Cookie": f"hemicycle={token}"}
        url = f"{self._app.url}/socket.io/?EIO=4&transport=websocket"
        socket = await self._http.ws_connect(url, headers=headers, autoping=False)
        assert (await socket.receive_str()).startswith("0{")
        await socket.send_str("40")
        assert (await socket.receive_str()).startswith("40{")
        await socket.send_str(f'421["subscribe",{{"topic":"space:{self._app.space}"}}]')
        while not (answer := await socket.receive_str()).startswith("431"):
            pass  # the revs of a recheck meanwhile
        assert '"ok":true' in answer.replace(" ", "")
        return socket

    async def close(self) -> None:
        await self._http.close()


async def test_a_thousand_sockets_are_rechecked_in_few_questions_and_small_steps(app: App) -> None:
    tokens = []
    async with app.db.write() as tx:
        for _ in range(SOCKETS):
            token, _session = await open_session(tx, policy_of(app.deps.settings), app.people["agent"], "test")
            tokens.append(token)
    questions: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        questions.append(statement)

    with elsewhere() as there:  # or the windows' reading would count as the server's work
        windows = Windows(app)
        await there.run(windows.open(tokens))
        hub = app.deps.part(Hub)
        assert len(hub._peers) == SOCKETS
        await hub.recheck()  # statements are compiled at their first use
        settle()  # as the server does: the collector does not walk over a thousand sockets meanwhile
        engine = app.db._reader.sync_engine
        event.listen(engine, "before_cursor_execute", note)
        worst = []
        for _ in range(3):  # a busy machine slows one of them, and not the same stretch of each
            questions.clear()
            async with LoopWork() as work:
                await hub.recheck()
            worst.append(work.worst)
        event.remove(engine, "before_cursor_execute", note)
        assert len(hub._peers) == SOCKETS
        await hub.close_sockets()
        await there.run(windows.close())
    asked = [one for one in questions if one.lstrip().upper().startswith("SELECT")]
    print("questions", len(asked), "worst", [round(one * 1000, 1) for one in worst])
    assert len(asked) <= SOCKETS // CHUNK + 2
    assert min(worst) < 0.02
