"""The pages of files without scripts: every step by plain forms."""

import re
from html import unescape
from typing import Any

import aiohttp
import pytest

from tests.support.app import App

NASTY = "<img src=x onerror=alert(1)>&é.txt"


async def page(client: aiohttp.ClientSession, path: str, status: int = 200) -> str:
    async with client.get(path) as answer:
        assert answer.status == status, await answer.text()
        return await answer.text()


async def post(client: aiohttp.ClientSession, path: str, data: Any, status: int = 303) -> str:
    """The address one is sent to, or the page."""
    async with client.post(path, data=data, allow_redirects=False) as answer:
        text = await answer.text()
        assert answer.status == status, text
        return answer.headers["Location"] if status == 303 else text


def form(*files: tuple[str, bytes], folder: str = "", conflict: str = "refuse") -> aiohttp.FormData:
    data = aiohttp.FormData(quote_fields=False, default_to_multipart=True)  # as browsers do
    data.add_field("folder", folder)
    data.add_field("conflict", conflict)
    for name, content in files:
        data.add_field("file", content, filename=name)
    return data


def items(text: str) -> list[str]:
    """The ids of what is listed, by its links to « more »."""
    return re.findall(r'href="/files/[-0-9a-f]+/items/([-0-9a-f]+)"', text)


async def test_from_upload_to_the_trash_and_back(app: App) -> None:
    agent, top = await app.client("agent"), f"/files/{app.space}"
    assert f'href="{top}"' in await page(agent, "/files")
    assert await post(agent, f"{top}/upload", form((NASTY, b"un"), ("Élan.txt", b"deux"))) == top
    text = await page(agent, top)
    assert len(items(text)) == 2
    assert "<img src=x" not in text
    file = items(text)[0]

    assert await post(agent, f"{top}/folders", {"name": "Plans", "folder": ""}) == top
    folder = re.findall(rf'href="{top}/([-0-9a-f]{{36}})"', await page(agent, top))[0]
    await post(agent, f"{top}/upload", form(("a.txt", b"trois"), folder=folder))

    details = await page(agent, f"{top}/items/{file}")
    assert NASTY in unescape(details)
    rev = re.findall(r'name="rev" value="(\d+)"', details)[0]
    moved = {"name": "b.txt", "folder": folder, "rev": rev}
    assert await post(agent, f"{top}/items/{file}", moved) == f"{top}/{folder}"
    assert "b.txt" in await page(agent, f"{top}/{folder}")
    await post(agent, f"{top}/items/{file}", {**moved, "name": "c.txt"}, 412)  # the rev is no more

    await post(agent, f"{top}/items/{file}/trash", {})
    assert "b.txt" in await page(agent, f"{top}/trash")
    await page(agent, f"{top}/items/{file}", 404)
    assert await post(agent, f"{top}/items/{file}/restore", {}) == f"{top}/{folder}"
    await post(agent, f"{top}/items/{file}/trash", {})
    assert await post(agent, f"{top}/items/{file}/purge", {}) == f"{top}/trash"
    await post(agent, f"{top}/items/{folder}/trash", {})
    assert await post(agent, f"{top}/trash", {}) == f"{top}/trash"
    assert "Plans" not in await page(agent, f"{top}/trash")


async def test_conflicts_are_explained(app: App) -> None:
    agent, top = await app.client("agent"), f"/files/{app.space}"
    await post(agent, f"{top}/upload", form(("a.txt", b"un")))
    assert "a.txt" in unescape(await post(agent, f"{top}/upload", form(("A.txt", b"deux")), 422))
    await post(agent, f"{top}/upload", form(("A.txt", b"deux"), conflict="rename"))
    await post(agent, f"{top}/upload", form(("A.txt", b"trois"), conflict="version"))
    [second, first] = items(await page(agent, top))[::-1]
    assert len(re.findall(r"/versions/\d+/content", await page(agent, f"{top}/items/{first}"))) == 2
    assert await post(agent, f"{top}/items/{first}/versions/1/destroy", {}) == f"{top}/items/{first}"
    assert len(re.findall(r"/versions/\d+/content", await page(agent, f"{top}/items/{first}"))) == 1
    await post(agent, f"{top}/folders", {"name": "A.TXT"}, 422)
    await post(agent, f"{top}/folders", {"name": "../x"}, 422)
    assert second != first


async def test_who_sees_what(app: App) -> None:
    agent, reader, stranger = [await app.client(role) for role in ("agent", "reader", "stranger")]
    top = f"/files/{app.space}"
    await post(agent, f"{top}/upload", form(("a.txt", b"un")))
    text = await page(reader, top)
    assert "a.txt" in text
    assert "/upload" not in text
    await page(reader, f"{top}/trash", 403)
    [file] = items(text)
    details = (await page(reader, f"{top}/items/{file}")).partition("<main")[2]
    assert set(re.findall(r'action="[^"]*/(\w+)"', details)) == {"favourite", "comments"}
    await post(reader, f"{top}/upload", form(("b.txt", b"deux")), 403)
    for path in (top, f"{top}/trash", f"{top}/items/{file}", f"{top}/not-an-id"):
        await page(stranger, path, 404)
    await post(stranger, f"{top}/upload", form(("b.txt", b"deux")), 404)


@pytest.mark.parametrize(
    "body", [b"", b"--x\r\nbroken", b'--x\r\nContent-Disposition: form-data; name="folder"\r\n\r\n\xff\r\n--x--\r\n']
)
async def test_a_broken_form_is_refused(app: App, body: bytes) -> None:
    agent = await app.client("agent")
    for kind in ("multipart/form-data; boundary=x", "multipart/form-data", "text/plain"):
        async with agent.post(f"/files/{app.space}/upload", data=body, headers={"Content-Type": kind}) as answer:
            text = await answer.text()
            assert answer.status < 500, text
            assert "Traceback" not in text
    assert items(await page(agent, f"/files/{app.space}")) == []


async def test_one_s_own_files(app: App) -> None:
    agent, stranger = await app.client("agent"), await app.client("stranger")
    assert "/files/mine" in await page(agent, "/files")
    async with agent.get("/api/v1/me/files") as answer:
        space = await answer.json()
        assert space["personal"] is True
    assert 'aria-current="page">Mes fichiers</span>' in await page(agent, "/files/mine")
    top = f"/files/{space['id']}"
    await post(agent, f"{top}/upload", form(("a.txt", b"un")))
    assert len(items(await page(agent, top))) == 1
    for part in ("", "/members", "/settings"):
        async with agent.get(f"/spaces/{space['id']}{part}", allow_redirects=False) as answer:
            assert answer.headers["Location"] == top
    await page(stranger, top, 404)
    assert top not in await page(agent, "/spaces")
