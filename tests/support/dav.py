"""People with application passwords, and the folder of the app's space over WebDAV."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from urllib.parse import quote

import aiohttp
from yarl import URL

from directory.sessions import service
from tests.support.app import App
from web.dav.addresses import space_names

SPACE = "Rénovation de l’école"


@dataclass
class DavClient:
    """One person's program; paths are relative to the space's folder unless they begin with `/`."""

    http: aiohttp.ClientSession
    login: str
    password: str
    base: str

    async def send(
        self,
        method: str,
        path: str = "",
        body: bytes | str | BytesIO | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Mapping[str, str], str]:
        """Status, headers and text of the answer."""
        raw = path if path.startswith("/") else self.base + path
        async with self.http.request(
            method, URL(raw, encoded=True), data=body, headers=headers, allow_redirects=False
        ) as answer:
            return answer.status, answer.headers, await answer.text(errors="replace")

    def address(self, app: App, path: str = "") -> str:
        """The whole address of a path, as Destination wants it."""
        return app.url + self.base + path


async def application_password(app: App, role: str) -> str:
    """A new one of this person's."""
    async with app.db.write() as tx:
        _, secret = await service.create_application_password(tx, app.actor(role), "WebDAV")
    return secret


async def dav(app: App, role: str) -> DavClient:
    """A program of this person's."""
    password = await application_password(app, role)
    basic = base64.b64encode(f"{role}:{password}".encode()).decode()
    name = space_names({app.space: SPACE})[app.space]
    return DavClient(app.anybody({"Authorization": f"Basic {basic}"}), role, password, f"/dav/{quote(name)}/")
