"""A folder as a ZIP: whole, with hard names, by rights; journalled; cut where a file is damaged; flat in memory."""

import resource
from io import BytesIO
from pathlib import Path
from urllib.parse import quote
from zipfile import ZipFile

import aiohttp
import pytest
from sqlalchemy import select
from sqlmodel import col
from yarl import URL

from collab.core.journal import JournalEntry
from tests.support.app import App

NAMES = ["Délibération n° 3.txt", "a\\b.txt", 'x:y?"*<>|.txt', "e\u0301.txt", "日本.txt", "CON.txt", " espace "]


async def folder(client: aiohttp.ClientSession, app: App, name: str, inside: str | None = None) -> str:
    body = {"name": name, "folder": inside}
    async with client.post(f"/api/v1/spaces/{app.space}/folders", json=body) as answer:
        return str((await answer.json())["id"])


async def upload(client: aiohttp.ClientSession, app: App, name: str, data: bytes, inside: str = "") -> str:
    address = f"/api/v1/spaces/{app.space}/files?name={quote(name, safe='')}&folder={inside}"
    async with client.post(URL(address, encoded=True), data=BytesIO(data)) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["id"])


async def test_a_tree_comes_whole(app: App) -> None:
    editor, reader, stranger = [await app.bearer(role) for role in ("editor", "reader", "stranger")]
    plans = await folder(editor, app, "Plans")
    await folder(editor, app, "Vide", plans)
    gone = await upload(editor, app, "jeté.txt", b"x", plans)
    async with editor.delete(f"/api/v1/files/{gone}"):
        pass
    for name in NAMES:
        await upload(editor, app, name, name.encode(), plans)
    alone = await upload(editor, app, "seul.bin", bytes(3 << 20))
    address = f"/api/v1/spaces/{app.space}/zip"
    async with reader.get(f"{address}?folder={plans}") as answer:
        assert answer.headers["Content-Disposition"].startswith('attachment; filename="Plans.zip"')
        zipped = ZipFile(BytesIO(await answer.read()))
    assert zipped.testzip() is None
    expected = {"Vide/", "a_b.txt", "é.txt"} | set(NAMES) - {"a\\b.txt", "e\u0301.txt"}
    assert set(zipped.namelist()) == expected
    assert zipped.read("日本.txt") == "日本.txt".encode()
    async with reader.get(address) as answer:
        zipped = ZipFile(BytesIO(await answer.read()))
    assert "Plans/Vide/" in zipped.namelist()
    assert zipped.read("seul.bin") == bytes(3 << 20)
    async with reader.get(f"{address}?item={alone}") as answer:
        assert ZipFile(BytesIO(await answer.read())).namelist() == ["seul.bin"]
    async with reader.get(f"{address}?item={alone}&item={plans}&folder={plans}") as answer:
        assert answer.status == 404
    async with stranger.get(f"{address}?folder={plans}") as answer:
        assert answer.status == 404
    async with app.db.read() as tx:
        actions = await tx.all(select(col(JournalEntry.action)).where(col(JournalEntry.action) == "files.zip"))
    assert len(actions) == 3


async def test_a_damaged_file_cuts_it(app: App) -> None:
    editor = await app.bearer("editor")
    await upload(editor, app, "a.txt", b"sain")
    for path in (Path(app.deps.settings.data.dir) / "files/objects").rglob("*"):
        if path.is_file():
            path.write_bytes(b"mort")
    with pytest.raises(aiohttp.ClientPayloadError):
        async with editor.get(f"/api/v1/spaces/{app.space}/zip") as answer:
            await answer.read()


async def test_memory_is_flat(app: App) -> None:
    editor = await app.bearer("editor")
    for number in range(12):
        await upload(editor, app, f"{number}.bin", bytes(16 << 20))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    size = 0
    async with editor.get(f"/api/v1/spaces/{app.space}/zip") as answer:
        async for block in answer.content.iter_chunked(1 << 20):
            size += len(block)
    assert size > 12 * 16 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 48 << 10  # kB
