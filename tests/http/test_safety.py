"""EICAR through every door: what is infected is given out at none of them, and the waiting is not noticed."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.app import App, running
from tests.support.clamd import EICAR, ClamdServer
from web.main import working


@pytest.fixture
async def guarded(tmp_path: Path, clamd: ClamdServer) -> AsyncIterator[App]:
    """The application with an antivirus and its worker."""
    async with running(tmp_path, files={"clamd": clamd.path}) as app, working(app.deps):
        yield app


async def by_upload(app: App, client: aiohttp.ClientSession, data: bytes) -> str:
    async with client.post(f"/api/v1/spaces/{app.space}/files?name=a.com", data=data) as answer:
        assert answer.status == 201
        return str((await answer.json())["id"])


async def by_version(app: App, client: aiohttp.ClientSession, data: bytes) -> str:
    file = await by_upload(app, client, b"bon")
    async with client.put(f"/api/v1/files/{file}/content", data=data) as answer:
        assert answer.status == 200
    return file


async def by_page(app: App, client: aiohttp.ClientSession, data: bytes) -> str:
    form = aiohttp.FormData()
    form.add_field("file", data, filename="a.com")
    async with client.post(f"/files/{app.space}/upload", data=form) as answer:
        assert answer.status == 200
    return str((await listed(app, client))[0]["id"])


DOORS: list[Callable[[App, aiohttp.ClientSession, bytes], Any]] = [by_upload, by_version, by_page]


async def listed(app: App, client: aiohttp.ClientSession) -> list[dict[str, Any]]:
    async with client.get(f"/api/v1/spaces/{app.space}/files") as answer:
        items: list[dict[str, Any]] = (await answer.json())["items"]
        return items


async def scanned(app: App, client: aiohttp.ClientSession, file: str) -> str:
    """What the scan of a file came to, once it has; its job is woken by the upload, so it is soon."""
    while True:
        async with client.get(f"/api/v1/files/{file}") as answer:
            state = str((await answer.json())["scan"])
        if state != "pending":
            return state


@pytest.mark.parametrize("door", DOORS)
async def test_eicar_through_every_door(guarded: App, door: Callable[..., Any]) -> None:
    editor, reader = await guarded.client("editor"), await guarded.client("reader")
    file = await door(guarded, editor, EICAR)
    assert await scanned(guarded, editor, file) == "infected"
    for client in (editor, reader, await guarded.client("agent")):
        for path in (f"/api/v1/files/{file}/content", f"/api/v1/files/{file}/versions/1/content"):
            if door is by_version and path.endswith("1/content"):
                continue  # the version before is whole
            for headers in ({}, {"Range": "bytes=0-9"}):
                async with client.get(path, headers=headers) as answer:
                    assert answer.status == 403
                    body = await answer.text()
                    assert "files.infected" in body
                    assert "EICAR" not in body
            async with client.head(path) as answer:
                assert answer.status == 403
                assert "ETag" not in answer.headers
    async with reader.get(f"/files/{guarded.space}/items/{file}") as answer:
        assert answer.status == 200
        assert "Eicar-Test" not in await answer.text()


async def test_a_small_file_is_scanned_before_anybody_asks(guarded: App) -> None:
    editor, reader = await guarded.client("editor"), await guarded.client("reader")
    file = await by_upload(guarded, editor, b"bon")
    assert await scanned(guarded, reader, file) == "clean"
    async with reader.get(f"/api/v1/files/{file}/content") as answer:
        assert await answer.read() == b"bon"


async def test_what_is_not_scanned_is_refused_where_the_administrator_says_so(tmp_path: Path) -> None:
    async with running(tmp_path, files={"unscanned": "refuse"}) as app:
        editor = await app.client("editor")
        file = await by_upload(app, editor, b"bon")
        async with editor.get(f"/api/v1/files/{file}/content") as answer:
            assert answer.status == 403
            assert (await answer.json())["code"] == "files.unscanned"
        assert (await listed(app, editor))[0]["scan"] == "unscanned"
