"""How a page is answered: the frame around it (who looks, where, what is in the menu) and its template."""

import asyncio
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web

from collab.core.i18n import msg
from web.deps import DEPS
from web.http import ENDPOINT, NOWHERE, Call
from web.identity import IDENTITY
from web.render.locale import Language, Locales, Texts, choose_language
from web.render.pages import Entry, Frame, FramePerson, Notice, Pages

REQUEST_ID: web.RequestKey[str] = web.RequestKey("request_id", str)
NONCE: web.RequestKey[str] = web.RequestKey("nonce", str)

log = structlog.get_logger()

SURROUND_SECONDS = 2.0

PRODUCT = "Hémicycle"  # stands in the frame anyway; it is also the name of a place that has none

RAIL = (
    Entry(msg("Today"), "/", "house"),
    Entry(msg("Meetings"), "/meetings", "video"),
    Entry(msg("Projects"), "/projects", "square-kanban"),
    Entry(msg("Files"), "/files", "folder"),
    Entry(msg("Council"), "/council", "landmark"),
    Entry(msg("Directory"), "/directory", "users"),
)
SETTINGS = Entry(msg("My settings"), "/settings", "settings")
ADMINISTRATION = Entry(msg("Administration"), "/admin", "shield")


def language_of(request: web.Request) -> Language:
    """The person's language, else the browser's, else the place's."""
    chosen = request[IDENTITY].language or request.app[DEPS].settings.place.language
    if not request[IDENTITY].language and request.headers.get("Accept-Language"):
        return choose_language(None, request.headers["Accept-Language"])
    return choose_language(chosen)


def locale_of(request: web.Request) -> Texts:
    """Translations for whoever asks."""
    locales: Locales = request.app[DEPS].part(Locales)
    return locales[language_of(request)]


def frame_of(request: web.Request, notices: tuple[Notice, ...] = (), at: str = "", **more: Any) -> Frame:
    """What surrounds a page for whoever asks. `at`: where the page lies in the menu, if its path does not say it."""
    deps = request.app[DEPS]
    identity = request[IDENTITY]
    person = None
    actor = identity.actor
    signed_in = actor.person_id is not None and not identity.pending
    if signed_in and actor.person_id is not None:
        url = f"/directory/people/{actor.person_id}"
        photo = f"{url}/photo" if identity.has_photo else None
        person = FramePerson(actor.person_id, identity.name, url, photo)
    return Frame(
        language=language_of(request),
        zone=ZoneInfo(deps.settings.place.time_zone),
        now=deps.db.clock.now(),
        nonce=request[NONCE],
        request_id=request[REQUEST_ID],
        path=at or request.path,
        theme=identity.theme,
        authority="" if deps.settings.place.name == PRODUCT else deps.settings.place.name,
        person=person,
        rail=RAIL if signed_in else (),
        menu=(SETTINGS, *((ADMINISTRATION,) if actor.admin else ())) if signed_in else (),
        sign_out_url="/sign-out" if signed_in else None,
        bell_url="/notifications" if signed_in else None,
        notices=notices,
        **more,
    )


async def show(
    call: Call, template: str, *, status: int = 200, notices: tuple[Notice, ...] = (), at: str = "", **data: Any
) -> web.Response:
    """The page as a response; the header's bell and next meeting are looked up here, for every page alike."""
    frame = frame_of(call.request, notices, at, **await _surroundings(call))
    return await _rendered(call.request, template, frame, status, **data)


async def problem_page(request: web.Request, body: Mapping[str, Any], headers: Mapping[str, str]) -> web.Response:
    """The page of a problem: what happened, what was kept, what to do. Where the header cannot be filled it stays bare:
    the problem may be that nothing can be looked up."""
    surroundings: dict[str, Any] = {}
    try:
        async with asyncio.timeout(SURROUND_SECONDS):
            surroundings = await _surroundings(Call(request, request.get(ENDPOINT, NOWHERE)))
    except Exception:
        log.exception("problem_page_bare")
    frame = frame_of(request, **surroundings)
    page = await _rendered(request, "problem.html", frame, int(body["status"]), problem=body)
    page.headers.update(headers)
    return page


async def _surroundings(call: Call) -> dict[str, Any]:
    """What the header shows to somebody who is signed in."""
    found: dict[str, Any] = {}
    if call.actor.person_id is not None and not call.identity.pending:
        for surround in call.deps.surrounds:
            found |= await surround(call)
    return found


async def _rendered(request: web.Request, template: str, frame: Frame, status: int, **data: Any) -> web.Response:
    pages: Pages = request.app[DEPS].part(Pages)
    # In a thread: a page of a thousand rows takes longer than anybody else should wait.
    html = await asyncio.to_thread(pages.render, template, frame, **data)
    return web.Response(text=html, content_type="text/html", status=status)
