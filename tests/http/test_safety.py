"""EICAR through every door: what is infected is given out at none of them, and the waiting is not noticed."""

import zipfile
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import aiohttp
import pytest

from tests.http.doors import DOORS, Door, by_upload, by_version, entrance
from tests.support.app import App, running
from tests.support.clamd import EICAR, ClamdServer
from tests.support.dav import dav
from web.main import working


@pytest.fixture
async def guarded(tmp_path: Path, clamd: ClamdServer) -> AsyncIterator[App]:
    """The application with an antivirus and its worker."""
    async with running(tmp_path, files={"clamd": clamd.path}) as app, working(app.deps):
        yield app


async def scanned(app: App, client: aiohttp.ClientSession, file: str) -> str:
    """What the scan of a file came to, once it has; its job is woken by the upload, so it is soon."""
    while True:
        async with client.get(f"/api/v1/files/{file}") as answer:
            state = str((await answer.json())["scan"])
        if state != "pending":
            return state


@pytest.mark.parametrize("door", DOORS)
async def test_eicar_through_every_door(guarded: App, door: Door) -> None:
    at = await entrance(guarded)
    reader, program = await guarded.client("reader"), await dav(guarded, "reader")
    if door is by_version:  # what was there before is whole and stays it
        assert (await by_upload(at, "a.pdf", b"bon"))[0] == 201
        await scanned(guarded, at.owner, (await at.items())["a.pdf"]["id"])
    assert (await door(at, "a.pdf", EICAR))[0] in (200, 201, 204, 303)
    file = (await at.items())["a.pdf"]["id"]
    assert await scanned(guarded, at.owner, file) == "infected"
    number = (await at.items())["a.pdf"]["version"]
    shared = at.link.replace("/l/", "/api/v1/shared/")
    ways_out = [
        f"/api/v1/files/{file}/content", f"/api/v1/files/{file}/versions/{number}/content",
        f"/api/v1/files/{file}/preview", f"/api/v1/files/{file}/preview/thumb", f"/api/v1/files/{file}/preview/page-1",
        f"{at.link}/{file}/content", f"{at.link}/{file}/view", f"{shared}/{file}/preview/page-1",
    ]  # fmt: skip
    for client in (at.owner, reader, await guarded.client("agent"), at.visitor):
        for path in ways_out:
            for headers in ({}, {"Range": "bytes=0-9"}):
                async with client.get(path, headers=headers) as answer:
                    assert answer.status in ((401, 403) if client is at.visitor else (403,)), path
                    body = await answer.text()
                    assert client is at.visitor or "quarant" in body, path
                    assert "EICAR-STANDARD" not in body
            async with client.head(path) as answer:
                assert answer.status in (401, 403)
                assert "ETag" not in answer.headers
    for one in (program, at.program):
        for method in ("GET", "HEAD"):
            status, told, text = await one.send(method, "D%C3%A9p%C3%B4ts/a.pdf")
            assert (status, "ETag" in told, "EICAR" in text) == (403, False, False)
        copy = await one.send("COPY", "D%C3%A9p%C3%B4ts/a.pdf", headers={"Destination": "/dav/personal/copie.pdf"})
        assert copy[0] == 403
    for path in (f"/api/v1/spaces/{guarded.space}/zip?folder={at.folder}", f"{at.link}/{at.folder}/zip"):
        async with reader.get(path) as answer:
            with zipfile.ZipFile(BytesIO(await answer.read())) as archive:
                assert not [name for name in archive.namelist() if name.endswith("a.pdf")]
                assert b"EICAR" not in b"".join(archive.read(name) for name in archive.namelist())
    async with reader.get(f"/files/{guarded.space}/items/{file}") as answer:
        assert answer.status == 200
        assert "Eicar-Test" not in await answer.text()


async def test_a_small_file_is_scanned_before_anybody_asks(guarded: App) -> None:
    at, reader = await entrance(guarded), await guarded.client("reader")
    assert (await by_upload(at, "a.txt", b"bon"))[0] == 201
    file = (await at.items())["a.txt"]["id"]
    assert await scanned(guarded, reader, file) == "clean"
    async with reader.get(f"/api/v1/files/{file}/content") as answer:
        assert await answer.read() == b"bon"


async def test_what_is_not_scanned_is_refused_where_the_administrator_says_so(tmp_path: Path) -> None:
    async with running(tmp_path, files={"unscanned": "refuse"}) as app:
        at = await entrance(app)
        for door in DOORS:
            assert (await door(at, f"{door.__name__}.txt", b"bon"))[0] in (200, 201, 204, 303)
        for name, item in (await at.items()).items():
            assert item["scan"] == "unscanned"
            for path in (f"/api/v1/files/{item['id']}/content", f"{at.link}/{item['id']}/content"):
                async with at.owner.get(path) as answer:
                    assert answer.status == 403, name
            assert (await at.program.send("GET", f"D%C3%A9p%C3%B4ts/{name}"))[0] == 403
            async with at.owner.get(f"/api/v1/files/{item['id']}/content") as answer:
                assert (await answer.json())["code"] == "files.unscanned"
