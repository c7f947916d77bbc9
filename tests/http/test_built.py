"""The built front end: kept for ever under hashed names, and nothing left open when browsers leave."""

import asyncio
import gc
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.support.app import App
from web.built import give_out
from web.render.assets import Assets

CUT = 50


class SlowThreads(ThreadPoolExecutor):
    """Threads that take their time after the work is done: who waits for them can be cancelled meanwhile."""

    def submit(self, work: Any, /, *args: Any, **more: Any) -> Any:
        def slowly() -> Any:
            result = work(*args, **more)
            time.sleep(0.2)
            return result

        return super().submit(slowly)


async def leave_in_the_middle(app: web.Application, path: str) -> None:
    """Many browsers ask and leave before they are answered; the test server cancels what it was doing for them."""
    server = TestServer(app)
    await server.start_server()
    writers = []
    for _ in range(CUT):
        _, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        writers.append(writer)
    await asyncio.sleep(0.3)  # aiohttp's own door asks a thread for the path, then another to open the file
    for writer in writers:
        writer.transport.abort()
    await asyncio.sleep(0.1)
    await server.close()


async def test_no_file_stays_open_when_browsers_leave_in_the_middle() -> None:
    loop = asyncio.get_running_loop()
    before = loop._default_executor  # type: ignore[attr-defined]  # asyncio has no other way to put it back
    threads = SlowThreads(max_workers=CUT)
    loop.set_default_executor(threads)
    assets = Assets.load()
    app = web.Application()
    give_out(app, assets.folder)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ResourceWarning)
            await leave_in_the_middle(app, assets.url("app.css"))
            await asyncio.to_thread(time.sleep, 0)
            threads.shutdown()
            gc.collect()
    finally:
        loop._default_executor = before  # type: ignore[attr-defined]
    assert [str(one.message) for one in caught] == []


async def test_hashed_names_are_kept_and_known_ones_are_not_sent_again(app: App) -> None:
    client = app.anybody()
    url = app.deps.part(Assets).url("app.css")
    async with client.get(url) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/css; charset=utf-8"
        assert "immutable" in answer.headers["Cache-Control"]
        assert len(await answer.read()) == answer.content_length
        etag = answer.headers["ETag"]
    async with client.get(url, headers={"If-None-Match": etag}) as answer:
        assert (answer.status, await answer.read()) == (304, b"")
        assert "immutable" in answer.headers["Cache-Control"]
    async with client.head(url) as answer:
        assert (answer.status, await answer.read()) == (200, b"")
    async with client.get("/static/licences.txt") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
    for path in ("/static/", "/static/nothing.js", "/static/%2e%2e/%2e%2e/pyproject.toml"):
        async with client.get(path) as answer:
            assert answer.status == 404, path
