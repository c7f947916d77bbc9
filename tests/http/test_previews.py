"""Previews over the real server, with real pictures, PDF and LibreOffice: given to who may have the file."""

import asyncio
import io
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from aiohttp import ClientSession
from PIL import Image
from sqlalchemy import func, select, update
from sqlmodel import col

from collab.core.jobs import Worker
from collab.files.jobs import sweep_orphans
from collab.files.models import FileVersion, ScanState
from collab.files.previews import jobs
from collab.files.previews.models import FilePreview, FilePreviewPart, State
from collab.files.readings import FileRead
from tests.support import documents
from tests.support.app import App, running
from tests.support.clamd import ClamdServer
from web import scheduled
from web.contents import Contents

HOUR = timedelta(hours=1)


async def upload(app: App, client: ClientSession, name: str, data: bytes) -> str:
    path = f"/api/v1/spaces/{app.space}/files?conflict=version&name={quote(name)}"
    async with client.post(path, data=io.BytesIO(data)) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["id"])


async def made(app: App) -> None:
    await Worker(app.db, scheduled.handlers(app.deps)).run_due()


async def view(client: ClientSession, file: str, path: str = "") -> dict[str, Any]:
    async with client.get(f"/api/v1/files/{file}{path}/preview") as answer:
        assert answer.status == 200, await answer.text()
        body: dict[str, Any] = await answer.json()
        return body


async def part(client: ClientSession, file: str, name: str) -> tuple[int, bytes]:
    async with client.get(f"/api/v1/files/{file}/preview/{name}") as answer:
        if answer.status == 200:
            assert answer.headers["Content-Security-Policy"].startswith("sandbox;")
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        return answer.status, await answer.read()


def kept(app: App) -> list[Path]:
    return [path for path in (app.deps.settings.data.dir / "files/objects").rglob("*") if path.is_file()]


async def test_a_photo_stands_upright_and_tells_nothing_of_where_it_was_taken(app: App) -> None:
    editor, reader = await app.bearer("editor"), await app.bearer("reader")
    file = await upload(app, editor, "photo.JPG", documents.photo(turned=True))
    assert await view(reader, file) == {"kind": "picture", "state": "waiting", "pages": 0}
    assert (await part(reader, file, "picture"))[0] == 202
    await made(app)
    assert (await view(reader, file))["state"] == "ready"
    status, data = await part(reader, file, "picture")
    assert status == 200
    assert b"secret place" not in data
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size, dict(image.getexif())) == ("WEBP", (480, 640), {})
    top = image.convert("RGB").getpixel((240, 10))
    assert isinstance(top, tuple)
    assert top[0] > 200 > 60 > top[2]
    thumb = Image.open(io.BytesIO((await part(reader, file, "thumb"))[1]))
    assert max(thumb.size) == 320
    stranger = await app.bearer("stranger")
    for name in ("picture", "thumb", "page-1", "text"):
        assert (await part(stranger, file, name))[0] == 404
    async with editor.delete(f"/api/v1/files/{file}") as answer:
        assert answer.status == 204
    assert (await part(reader, file, "picture"))[0] == 404


async def test_the_pages_of_a_pdf_come_in_lots(app: App) -> None:
    client = await app.bearer("editor")
    file = await upload(app, client, "rapport.pdf", documents.pdf(*(f"Page {number}" for number in range(1, 8))))
    await view(client, file)
    await made(app)
    assert await view(client, file) == {"kind": "pdf", "state": "ready", "pages": 7}
    assert [(await part(client, file, f"page-{number}"))[0] for number in (1, 4, 5, 7, 8)] == [200, 200, 202, 202, 404]
    await made(app)
    status, data = await part(client, file, "page-7")
    assert status == 200
    assert Image.open(io.BytesIO(data)).size == (1400, 1982)
    assert [(await part(client, file, name))[0] for name in ("page-0", "pdf", "..%2fx", "page-99999999")] == [404] * 4


async def test_each_version_has_its_own_and_it_goes_with_it(app: App) -> None:
    client = await app.bearer("agent")
    file = await upload(app, client, "a.txt", b"premier")
    await upload(app, client, "a.txt", b"second")
    await view(client, file)
    await view(client, file, "/versions/1")
    await made(app)
    assert (await part(client, file, "text"))[1] == b"second"
    async with client.get(f"/api/v1/files/{file}/versions/1/preview/text") as answer:
        assert await answer.read() == b"premier"
        assert answer.headers["Content-Type"].startswith("text/plain")
    assert len(kept(app)) == 4
    assert await sweep_orphans(app.db, app.deps.part(Contents).storage, grace=-HOUR) == 0
    async with client.delete(f"/api/v1/files/{file}/versions/1") as answer:
        assert answer.status == 204
    await made(app)
    assert len(kept(app)) == 2
    async with client.delete(f"/api/v1/files/{file}") as answer:
        assert answer.status == 204
    async with client.delete(f"/api/v1/trash/{file}") as answer:
        assert answer.status == 204
    await made(app)
    assert kept(app) == []
    async with app.db.read() as tx:
        assert [*await tx.all(select(FilePreview)), *await tx.all(select(FilePreviewPart))] == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("bombe.png", documents.png_bomb(30_000, 30_000)),
        ("page.png", b"<html><script>alert(1)</script></html>"),
        ("cassé.pdf", documents.pdf("Un")[:120]),
        ("page.pdf", b"<html>%PDX</html>"),
        ("image.txt", documents.photo()),
    ],
)
async def test_what_is_hostile_or_broken_is_not_shown(app: App, name: str, data: bytes) -> None:
    client = await app.bearer("editor")
    file = await upload(app, client, name, data)
    await view(client, file)
    await made(app)
    assert (await view(client, file))["state"] == "refused"
    assert (await part(client, file, "thumb"))[0] == 404
    browser = await app.client("reader")
    async with browser.get(f"/files/{app.space}/items/{file}", headers={"Accept-Language": "fr"}) as page:
        assert "Pas d’aperçu" in await page.text()


async def test_a_drawing_that_is_a_program_is_shown_as_what_it_says(app: App) -> None:
    client = await app.bearer("editor")
    source = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    file = await upload(app, client, "logo.svg", source)
    assert (await view(client, file))["kind"] == "text"
    await made(app)
    async with client.get(f"/api/v1/files/{file}/preview/text") as answer:
        assert (await answer.read(), answer.headers["Content-Type"]) == (source, "text/plain; charset=utf-8")
        assert answer.headers["Content-Disposition"].startswith("attachment")


async def test_sound_and_film_are_played_from_their_own_bytes(app: App) -> None:
    client = await app.bearer("editor")
    for name, kind in (("conseil.mp3", "sound"), ("conseil.mp4", "film"), ("plan.dwg", "none")):
        file = await upload(app, client, name, b"x")
        assert await view(client, file) == {"kind": kind, "state": "ready", "pages": 0}
    browser = await app.client("reader")
    async with browser.get(f"/files/{app.space}/items/{file}/preview") as page:
        assert page.status == 200


async def test_without_libreoffice_that_is_said(app: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    client = await app.bearer("editor")
    file = await upload(app, client, "note.odt", documents.odt("Bonjour"))
    await view(client, file)
    monkeypatch.setenv("PATH", str(tmp_path))
    await made(app)
    assert (await view(client, file))["state"] == "absent"
    browser = await app.client("reader")
    async with browser.get(f"/files/{app.space}/items/{file}/preview", headers={"Accept-Language": "fr"}) as page:
        assert "Ce serveur n’affiche pas les documents bureautiques" in await page.text()


async def test_office_documents_are_drawn_and_nothing_leaves(app: App, tmp_path: Path) -> None:
    """The same document, converted without our walls, does call: the trap works."""
    calls: list[bytes] = []

    async def called(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        calls.append(await reader.read(4096))
        writer.close()

    server = await asyncio.start_server(called, "127.0.0.1", 0)
    async with server:
        trap = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/pixel.png"
        client = await app.bearer("editor")
        files = {
            "note.odt": documents.odt("Bonjour", picture_url=trap),
            "note.docx": documents.docx("Bonjour", picture_url=trap),
            "voleur.odt": documents.odt("Bonjour", picture_url=f"file://{tmp_path}/hemicycle.sqlite3"),
            "comptes.xlsx": documents.xlsx("Recettes", "Dépenses"),
            "bombe.docx": documents.docx("&x;", doctype="<!DOCTYPE w [<!ENTITY x 'boum'>]>"),
        }
        ids = {name: await upload(app, client, name, data) for name, data in files.items()}
        for file in ids.values():
            await view(client, file)
        await made(app)
        found = {name: (await view(client, file))["state"] for name, file in ids.items()}
        assert {found.pop("bombe.docx")} <= {"ready", "refused"}
        assert set(found.values()) == {"ready"}, found
        assert (await part(client, ids["note.docx"], "page-1"))[0] == 200
        assert calls == []
        document = tmp_path / "trap.odt"
        document.write_bytes(files["note.odt"])
        command = ["soffice", f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf"]
        process = await asyncio.create_subprocess_exec(
            *command, "--outdir", tmp_path, document, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        await asyncio.wait_for(process.communicate(), 120)
        assert calls


async def test_a_converter_that_dies_is_told_and_tried_again(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    client = await app.bearer("editor")
    file = await upload(app, client, "un.txt", b"un")
    await view(client, file)
    monkeypatch.setattr(jobs, "WORK", "tests.support.intruder")
    await made(app)
    assert (await view(client, file))["state"] == "broken"
    monkeypatch.undo()
    async with app.db.write() as tx:
        row = (await tx.all(select(FilePreview)))[0]
        row.tried_at -= 2 * HOUR
    assert (await view(client, file))["state"] == "waiting"
    await made(app)
    assert (await part(client, file, "text")) == (200, b"un")


async def test_small_pictures_of_a_list_are_asked_for_together_and_made_a_few_at_a_time(app: App) -> None:
    editor, reader = await app.bearer("editor"), await app.bearer("reader")
    photos = [await upload(app, editor, f"photo {number}.jpg", documents.photo()) for number in range(6)]
    text = await upload(app, editor, "a.txt", b"texte")
    broken = await upload(app, editor, "page.png", b"<html>")
    other = str(UUID(int=7))
    asked = [*photos, text, broken, other]

    async def states() -> list[str]:
        query = "&".join(f"item={file}" for file in asked)
        async with reader.get(f"/api/v1/spaces/{app.space}/thumbs?{query}") as answer:
            assert answer.status == 200, await answer.text()
            items = (await answer.json())["items"]
        assert [one["file"] for one in items] == asked
        return [one["state"] for one in items]

    def owed() -> Any:
        return select(func.count()).where(col(FilePreview.state) == State.WAITING)

    for _ in range(2):  # a second question owes nothing more while the first is under way
        assert await states() == [*["waiting"] * 6, "none", "waiting", "none"]
        async with app.db.read() as tx:
            assert await tx.one(owed()) == 4
    await made(app)
    assert (await states()).count("ready") == 4
    await made(app)
    assert await states() == [*["ready"] * 6, "none", "none", "none"]
    async with app.db.read() as tx:
        assert await tx.one(owed()) == 0
        assert await tx.all(select(FileRead)) == []  # seen in a list is not read
    stranger = await app.bearer("stranger")
    async with stranger.get(f"/api/v1/spaces/{app.space}/thumbs?item={photos[0]}") as answer:
        assert answer.status == 404
    async with reader.get(f"/api/v1/spaces/{app.space}/thumbs") as answer:
        assert answer.status == 422
    async with reader.get(f"/api/v1/spaces/{app.space}/files") as answer:
        assert {item["name"] for item in (await answer.json())["items"] if not item["has_thumb"]} == {"a.txt"}


async def test_no_small_picture_of_what_may_not_be_read(tmp_path: Path, clamd: ClamdServer) -> None:
    async with running(tmp_path, files={"clamd": clamd.path}) as app:
        editor, reader = await app.bearer("editor"), await app.bearer("reader")
        file = await upload(app, editor, "photo.jpg", documents.photo())
        path = f"/api/v1/spaces/{app.space}/thumbs?item={file}"
        async with reader.get(path) as answer:  # not scanned yet, and nothing is made for those who may not read it
            assert (await answer.json())["items"][0]["state"] == "waiting"
        async with app.db.write() as tx:
            assert await tx.all(select(FilePreview)) == []
            await tx.execute(update(FileVersion).values(scan=ScanState.INFECTED.value))
        for client in (editor, reader):
            async with client.get(path) as answer:
                assert (await answer.json())["items"][0]["state"] == "none"
