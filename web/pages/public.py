"""What citizens see of an assembly, without an account, a script or a cookie; and what the room's screen shows."""

from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from meetings.council.documents.models import Kind
from meetings.council.publishing import queries, service
from meetings.council.sittings.watching import view_live
from web.api.minutes import file_response, format_of
from web.api.sittings import zone_of
from web.http import Call, Guard, page_routes
from web.page import locale_of, show
from web.pages.live import CHOICES, PHASES, RESULTS
from web.pages.sitting_words import WORDS
from web.render.papers.minutes import figures_of
from web.render.papers.voice import Voice
from web.render.papers.words import CLOSED_ITEM, DIRECTIONS
from web.render.papers.words import RESULTS as OUTCOMES

routes = page_routes("pages.public")


class Look(BaseModel):
    """How the room's screen looks; else as the person set it."""

    model_config = ConfigDict(extra="forbid")
    look: Literal["light", "dark"] | None = None


@routes.get("/public/assemblies/{assembly}", guard=Guard.PUBLIC)
async def assembly(call: Call) -> web.Response:
    """The sittings of an assembly: those to come, those that were held."""
    async with call.db.read() as tx:
        found = await queries.view_page(tx, call.id("assembly"))
    return await show(call, "meetings/council/public_assembly.html", assembly=found, **WORDS)


@routes.get("/public/sittings/{sitting}", guard=Guard.PUBLIC)
async def sitting(call: Call) -> web.Response:
    """A sitting: its agenda, what was decided, what was published."""
    async with call.db.read() as tx:
        found = await queries.view_sitting(tx, call.id("sitting"), zone_of(call))
    voice = Voice(locale_of(call.request), zone_of(call))
    figures = {one.id: figures_of(one, voice) for item in found.items for one in item.ballots}
    words: dict[str, Any] = {**WORDS, "outcomes": OUTCOMES, "directions": DIRECTIONS, "closed_item": CLOSED_ITEM}
    page = "meetings/council/public_sitting.html"
    return await show(call, page, sitting=found, figures=figures, minutes_kind=Kind.PUBLIC_MINUTES, **words)


@routes.get("/public/sittings/{held}/documents/{document}/{format}", guard=Guard.PUBLIC)
async def document(call: Call) -> web.Response:
    """A document that was published."""
    form = format_of(call)
    async with call.db.read() as tx:
        view, content = await queries.read_public_document(tx, call.id("held"), call.id("document"), form)
    return file_response(view, form, content, public=True)


@routes.post("/council/assemblies/{assembly}/public")
async def open_page(call: Call) -> web.Response:
    """Open the public page."""
    async with call.db.write() as tx:
        await service.open_page(tx, call.actor, call.id("assembly"))
    raise web.HTTPSeeOther(f"/council/assemblies/{call.id('assembly')}#public")


@routes.post("/council/assemblies/{assembly}/public/close")
async def close_page(call: Call) -> web.Response:
    """Close it."""
    async with call.db.write() as tx:
        await service.close_page(tx, call.actor, call.id("assembly"))
    raise web.HTTPSeeOther(f"/council/assemblies/{call.id('assembly')}#public")


@routes.get("/council/sittings/{sitting}/projector", query=Look)
async def projector(call: Call, query: Look) -> web.Response:
    """The live sitting as the room's screen shows it: large, without anything to press."""
    async with call.db.read() as tx:
        live = await view_live(tx, call.actor, call.id("sitting"), zone_of(call))
        hidden = await queries.list_hidden(tx, call.actor, live.id, zone_of(call))
    words: dict[str, Any] = {"phases": PHASES, "choices": CHOICES, "results": RESULTS, "closed_item": CLOSED_ITEM}
    page = "meetings/council/projector.html"
    return await show(call, page, live=live, hidden=hidden, look=query.look or "", **words)
