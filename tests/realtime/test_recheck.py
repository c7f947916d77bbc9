"""The recheck of a thousand sockets in one process: a fixed number of questions, and nobody waits for it."""

import asyncio
from typing import Any

import aiohttp
from sqlalchemy import event

from directory.sessions.identity import CHUNK
from directory.sessions.service import open_session
from tests.support.app import App
from tests.support.lag import LoopWork
from web.lookup import policy_of
from web.memory import settle
from web.realtime.hub import Hub

SOCKETS = 1000
TOGETHER = 50


async def enter(app: App, http: aiohttp.ClientSession, token: str) -> aiohttp.ClientWebSocketResponse:
    """A bare socket that hears of the space; what comes later waits in its buffer."""
    url = f"{app.url}/socket.io/?EIO=4&transport=websocket"
    socket = await http.ws_connect(url, headers={"Origin": app.url, "Cookie": f"hemicycle={token}"}, autoping=False)
    assert (await socket.receive_str()).startswith("0{")
    await socket.send_str("40")
    assert (await socket.receive_str()).startswith("40{")
    await socket.send_str(f'421["subscribe",{{"topic":"space:{app.space}"}}]')
    while not (answer := await socket.receive_str()).startswith("431"):
        pass  # the revs of a recheck meanwhile
    assert '"ok":true' in answer.replace(" ", "")
    return socket


async def test_a_thousand_sockets_are_rechecked_in_few_questions_and_small_steps(app: App) -> None:
    tokens = []
    async with app.db.write() as tx:
        for _ in range(SOCKETS):
            token, _session = await open_session(tx, policy_of(app.deps.settings), app.people["agent"], "test")
            tokens.append(token)
    questions: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        questions.append(statement)

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        hub, held = app.deps.part(Hub), []  # a socket that nothing refers to is closed
        for start in range(0, SOCKETS, TOGETHER):
            held += await asyncio.gather(*(enter(app, http, token) for token in tokens[start : start + TOGETHER]))
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
    asked = [one for one in questions if one.lstrip().upper().startswith("SELECT")]
    print("questions", len(asked), "worst", [round(one * 1000, 1) for one in worst])
    assert len(asked) <= SOCKETS // CHUNK + 2
    assert min(worst) < 0.02
