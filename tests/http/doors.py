"""Every door through which a file comes in, as one kind of function: what a client of that door sends, and the status
that it gets. All of them put the file into the same folder; used by the tests that knock on each.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from tests.support.app import App
from tests.support.dav import DavClient, dav
from tests.support.tus import TUS, metadata

FOLDER = "Dépôts"
PART = {**TUS, "Content-Type": "application/offset+octet-stream"}


@dataclass
class Entrance:
    """A folder with a link to it and a deposit box; its owner in a browser and over WebDAV, and a visitor."""

    app: App
    owner: aiohttp.ClientSession
    program: DavClient
    visitor: aiohttp.ClientSession
    folder: str
    link: str
    box: str

    async def items(self) -> dict[str, dict[str, Any]]:
        """What the folder holds, by name."""
        async with self.owner.get(f"/api/v1/spaces/{self.app.space}/files?folder={self.folder}") as answer:
            assert answer.status == 200
            return {item["name"]: item for item in (await answer.json())["items"]}


async def entrance(app: App) -> Entrance:
    """A new one."""
    owner = await app.client("agent")
    folder = await _made(owner, f"/api/v1/spaces/{app.space}/folders", {"name": FOLDER}, "id")
    link = await _made(owner, f"/api/v1/files/{folder}/links", {}, "url")
    box = await _made(owner, f"/api/v1/files/{folder}/boxes", {"ask_name": "no", "ask_note": "no"}, "url")
    paths = (url.removeprefix(app.url) for url in (link, box))
    return Entrance(app, owner, await dav(app, "agent"), app.anybody(), folder, *paths)


async def _made(client: aiohttp.ClientSession, path: str, data: dict[str, Any], key: str) -> str:
    async with client.post(path, json=data) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())[key])


Door = Callable[[Entrance, str, bytes], Awaitable[tuple[int, str]]]


async def _sent(client: aiohttp.ClientSession, method: str, path: str, **more: Any) -> tuple[int, str]:
    async with client.request(method, URL(path, encoded=True), allow_redirects=False, **more) as answer:
        return answer.status, await answer.text(errors="replace")


def _form(data: bytes, name: str, **fields: str) -> aiohttp.FormData:
    form = aiohttp.FormData(quote_fields=False)
    for key, value in fields.items():
        form.add_field(key, value)
    sent = name.replace("\r", "%0D").replace("\n", "%0A").replace("\x00", "%00")  # as browsers do
    form.add_field("file", data, filename=sent, content_type="application/octet-stream")
    return form


async def by_upload(at: Entrance, name: str, data: bytes) -> tuple[int, str]:
    path = f"/api/v1/spaces/{at.app.space}/files?folder={at.folder}&name={quote(name, safe='')}"
    return await _sent(at.owner, "POST", path, data=BytesIO(data))


async def by_version(at: Entrance, name: str, data: bytes) -> tuple[int, str]:
    """As a new version of a file that was there."""
    known = (await at.items()).get(name)
    if known is None:
        status, text = await by_upload(at, name, b"bon")
        if status != 201:
            return status, text
        known = (await at.items())[name]
    return await _sent(at.owner, "PUT", f"/api/v1/files/{known['id']}/content", data=BytesIO(data))


async def by_page(at: Entrance, name: str, data: bytes) -> tuple[int, str]:
    form = _form(data, name, folder=at.folder)
    return await _sent(at.owner, "POST", f"/files/{at.app.space}/upload", data=form)


async def by_dav(at: Entrance, name: str, data: bytes) -> tuple[int, str]:
    status, _, text = await at.program.send("PUT", f"{quote(FOLDER)}/{quote(name, safe='')}", BytesIO(data))
    return status, text


async def by_tus(at: Entrance, name: str, data: bytes) -> tuple[int, str]:
    said = metadata(filename=name, space=at.app.space, folder=at.folder)
    headers = {**PART, "Upload-Length": str(len(data)), "Upload-Metadata": said}
    return await _sent(at.owner, "POST", "/api/v1/uploads", data=BytesIO(data), headers=headers)


async def by_deposit(at: Entrance, name: str, data: bytes) -> tuple[int, str]:
    return await _sent(at.visitor, "POST", f"{at.box}/files", data=_form(data, name))


async def by_deposited_parts(at: Entrance, name: str, data: bytes) -> tuple[int, str]:
    headers = {**PART, "Upload-Length": str(len(data)), "Upload-Metadata": metadata(filename=name)}
    path = at.box.replace("/d/", "/api/v1/deposits/")
    return await _sent(at.visitor, "POST", path, data=BytesIO(data), headers=headers)


DOORS: list[Door] = [by_upload, by_version, by_page, by_dav, by_tus, by_deposit, by_deposited_parts]
