"""Files that are made to harm: two kinds at once, programs in pictures, links and paths in ZIPs, bombs.

Each comes in as bytes and leaves as bytes that run nothing; what is made of it to look at is made anew, or is not made.
"""

import io
import stat
import zipfile

import pytest
from aiohttp import ClientSession
from PIL import Image

from tests.http.doors import Entrance, by_upload, entrance
from tests.http.test_previews import made, view
from tests.support import documents
from tests.support.app import App

SCRIPT = b"<script>fetch('/api/v1/me')</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">' + SCRIPT + b"</svg>"


def gif() -> bytes:
    out = io.BytesIO()
    Image.new("P", (8, 8)).save(out, "GIF")
    return out.getvalue()


def zipped(data: bytes) -> bytes:
    return data + documents.archive({"index.html": SCRIPT})


@pytest.fixture
async def at(app: App) -> Entrance:
    return await entrance(app)


HOSTILE = {
    "gif et zip.gif": zipped(gif()),
    "gif et programme.gif": gif() + b"=1;alert(1)//" + SCRIPT,
    "photo et page.jpg": documents.photo() + SCRIPT,
    "pdf et page.pdf": SCRIPT + documents.pdf("Un"),
    "pdf et zip.pdf": zipped(documents.pdf("Un")),
    "page.png": b"<html>" + SCRIPT,
    "page.txt": b"<html>" + SCRIPT,
    "dessin.svg": SVG,
    "dessin.png": SVG,
    "page.html": b"<html>" + SCRIPT,
    "liens.docx": documents.leads_out(),
    "liens.odt": documents.leads_out(),
    "bombe.ods": documents.zip_bomb("content.xml", 200 << 20),
}


async def sent(client: ClientSession, path: str) -> tuple[int, bytes]:
    """An answer with a file in it runs nothing, whatever the file is."""
    async with client.get(path) as answer:
        data = await answer.read()
        if answer.status == 200:
            policy, kind = answer.headers["Content-Security-Policy"], answer.content_type
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert policy.startswith("sandbox;") or kind == "application/pdf", (path, policy)
            assert "script-src" not in policy
            assert "allow" not in policy
            assert kind not in ("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml"), path
        return answer.status, data


async def test_what_is_hostile_runs_nowhere_and_reads_nothing(at: Entrance) -> None:
    for name, data in HOSTILE.items():
        assert (await by_upload(at, name, data))[0] == 201
    items = await at.items()
    for item in items.values():
        await view(at.owner, item["id"])
    await made(at.app)
    shared = at.link.replace("/l/", "/api/v1/shared/")
    for name, data in HOSTILE.items():
        file = items[name]["id"]
        for client, path in (
            (at.owner, f"/api/v1/files/{file}/content"),
            (at.owner, f"/api/v1/files/{file}/versions/1/content"),
            (at.visitor, f"{at.link}/{file}/content"),
        ):
            assert await sent(client, path) == (200, data), path
        await sent(at.visitor, f"{at.link}/{file}/view")
        for part in ("thumb", "picture", "page-1", "text"):
            for client, base in ((at.owner, f"/api/v1/files/{file}"), (at.visitor, f"{shared}/{file}")):
                status, shown = await sent(client, f"{base}/preview/{part}")
                assert status in (200, 202, 404), (name, part)
                assert b"root:" not in shown
                if status == 200 and part != "text":  # made anew: nothing of what it carried is in it
                    assert Image.open(io.BytesIO(shown)).format == "WEBP"
                    assert b"script" not in shown
    for name in ("page.png", "dessin.png", "liens.docx", "liens.odt"):
        assert (await view(at.owner, items[name]["id"]))["state"] in ("refused", "broken", "absent"), name
    async with at.owner.get("/api/v1/search?q=root") as answer:
        assert (await answer.json())["items"] == []


async def test_a_zip_of_ours_holds_files_alone(at: Entrance) -> None:
    for name, data in HOSTILE.items():
        assert (await by_upload(at, name, data))[0] == 201
    async with at.owner.get(f"/api/v1/spaces/{at.app.space}/zip?folder={at.folder}") as answer:
        whole = io.BytesIO(await answer.read())
    with zipfile.ZipFile(whole) as archive:
        for one in archive.infolist():
            assert not stat.S_ISLNK(one.external_attr >> 16)
            assert ".." not in one.filename.split("/")
            assert not one.filename.startswith("/")
        inside = {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist()}
    assert {name: inside[name] for name in HOSTILE} == HOSTILE
