"""Pages that show every component of the shell with sample data, served as the product serves its own.

test_shell.py looks at them. `python -m tests.browser.gallery FOLDER` takes pictures of them, light and dark, wide and
narrow, for the eye of whoever changes the look.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import socketio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import async_playwright

from collab.core.i18n import msg
from tests.support.chromium import launch
from web.built import give_out
from web.middleware import content_policy
from web.page import ADMINISTRATION, RAIL, SETTINGS
from web.realtime.tasks import BackgroundTasks
from web.render.assets import Assets
from web.render.locale import Locales
from web.render.pages import Frame, FramePerson, NextMeeting, Notice, Pages

NOW = datetime(2026, 11, 23, 13, 55, tzinfo=UTC)
NAMES = ("Amélie Durand", "Bruno Le Goff", "Chloé N’Diaye", "Jean-Baptiste de La Tour d’Auvergne-Lauraguais", "Zoë Ü")
PEOPLE = [FramePerson(UUID(int=number + 7), name, f"/p/{number}") for number, name in enumerate(NAMES)]
TOPIC = f"person:{PEOPLE[0].id}"
SAMPLES = ("home", "components", "sign_in", "problem")


def unit(text: str, count: int, *children: dict[str, Any]) -> dict[str, Any]:
    return {"text": text, "url": f"#{text}", "count": count, "children": children, "open": count > 20}


UNITS = [
    unit(
        "Direction générale",
        42,
        unit("Ressources humaines", 6),
        unit("Services techniques", 18, unit("Voirie et propreté", 9)),
    )
]


def frame(sample: str, language: Any = "fr") -> Frame:
    signed_in = sample != "sign_in"
    return Frame(
        language=language,
        zone=ZoneInfo("Europe/Paris"),
        now=NOW,
        nonce="gallery",
        request_id="01JD-7Q2K",
        path="/" if sample == "home" else "/projects/1/board",
        authority="Ville de Saint-Aubin",
        person=PEOPLE[0] if signed_in else None,
        rail=RAIL if signed_in else (),
        menu=(SETTINGS, ADMINISTRATION),
        sign_out_url="/sign-out",
        next_meeting=NextMeeting("Commission travaux", NOW + timedelta(minutes=5), "/m/1", "/m/1/room")
        if sample == "home"
        else None,
        bell_url="/notifications" if signed_in else None,
        unread=3,
        notices=(Notice("warning", msg("Please sign in.")),) if sample == "sign_in" else (),
    )


def data(sample: str) -> dict[str, Any]:
    return {
        "people_list": PEOPLE,
        "units": UNITS,
        "later": NOW + timedelta(days=1, hours=4, minutes=35),
        "errors": {"title": "Donnez un titre à la réunion."} if sample == "components" else {},
        "files": [
            ("Budget 2027.ods", 2_431_000, NOW - timedelta(minutes=12)),
            ("Plan de voirie du quartier de la gare, version de travail.pdf", 812, NOW - timedelta(hours=3)),
            ("Procès-verbal du 12 novembre.docx", 48_200, NOW - timedelta(days=2)),
        ],
        "problem": {"status": 404, "title": "Cette page n’existe pas, ou n’est pas partagée avec vous."},
    }


class Line:
    """A real Socket.IO server whose one topic, the bell of the first person, the test plays by hand."""

    def __init__(self) -> None:
        self.rev = 7
        self.unread = 3
        self.subscribed = 0
        self.refused = False
        self.sio = socketio.AsyncServer(async_mode="aiohttp", transports=["websocket"], async_handlers=False)
        self._background = BackgroundTasks(self.sio)
        self.sio.on("connect", self._connect)
        self.sio.on("subscribe", self._subscribe)

    async def emit(self, rev: int, unread: int) -> None:
        body = {"topic": TOPIC, "rev": rev, "type": "notification.added", "data": {"unread": unread}}
        await self.sio.emit("event", body, room=TOPIC)

    async def _connect(self, _sid: str, _environ: Any) -> None:
        if self.refused:
            raise socketio.exceptions.ConnectionRefusedError("unauthenticated")

    async def _subscribe(self, sid: str, data: dict[str, str]) -> dict[str, Any]:
        if data["topic"] != TOPIC:
            return {"ok": False, "error": {"code": "not_found", "title": "Rien", "status": 404}}
        await self.sio.enter_room(sid, TOPIC)
        self.subscribed += 1
        return {"ok": True, "rev": self.rev, "snapshot": {"unread": self.unread}}

    async def close(self, _app: web.Application) -> None:
        for sid in list(self.sio.manager.rooms.get("/", {}).get(None, {})):
            await self.sio.disconnect(sid)
        await self.sio.shutdown()
        await self._background.end()


def gallery_app(line: Line) -> web.Application:
    """Every sample at `/NAME`, with the content policy of the product."""
    assets = Assets.load()
    pages = Pages.load(assets, Locales.load(), Path(__file__).parent / "gallery")

    async def show(request: web.Request) -> web.Response:
        sample = request.match_info["sample"]
        html = pages.render(f"{sample}.html", frame(sample, request.query.get("lang", "fr")), **data(sample))
        policy = {"Content-Security-Policy": content_policy("gallery")}
        return web.Response(text=html, content_type="text/html", headers=policy)

    app = web.Application()
    line.sio.attach(app)
    app.on_shutdown.append(line.close)
    give_out(app, assets.folder)
    app.router.add_get("/{sample}", show)
    return app


async def take_pictures(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    async with TestServer(gallery_app(Line())) as server, async_playwright() as playwright:
        browser = await launch(playwright)
        for scheme in ("light", "dark"):
            for width in (1280, 320):
                context = await browser.new_context(
                    color_scheme=scheme, viewport={"width": width, "height": 800}, locale="fr-FR"
                )
                page = await context.new_page()
                page.on("console", lambda message: print(message.text))
                for sample in SAMPLES:
                    await page.goto(str(server.make_url(f"/{sample}")))
                    await page.screenshot(path=folder / f"{sample}-{scheme}-{width}.png", full_page=True)
                await context.close()
        await browser.close()


if __name__ == "__main__":
    asyncio.run(take_pictures(Path(sys.argv[1])))
