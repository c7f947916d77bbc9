"""Minutes as pages: read as the paper that they become, written part by part, settled, published; their documents.

Forms alone are enough; src/council/minutes.ts saves while one types.
"""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from aiohttp import web
from pydantic import Field

from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, NotFound, StaleRevision
from collab.core.i18n import Message, msg
from collab.core.text import Input, Text, Title
from meetings.council.documents.models import DocumentView, Kind
from meetings.council.documents.queries import list_documents
from meetings.council.minutes import queries, service
from meetings.council.minutes.access import get_minutes, require_writer
from meetings.council.minutes.models import MinutesView, Part, SettleInput, State, TextInput, VersionKind
from projects.boards.cards import change_card, create_card
from projects.boards.models import CardChange, CardInput
from projects.boards.queries import list_boards, read_board
from web.api.minutes import save
from web.api.sittings import zone_of
from web.crossing import leave_seen_cards
from web.forms import Errors, accept, errors_of, read_fields, read_form
from web.http import Call, page_routes, rev_of
from web.page import locale_of, show
from web.render.papers.minutes import minutes_sheet
from web.render.papers.voice import Voice

routes = page_routes("pages.minutes")

STATES: dict[State, Message] = {
    State.DRAFT: msg("Being written"),
    State.PROPOSED: msg("Proposed to the members"),
    State.SETTLED: msg("Settled"),
    State.PUBLISHED: msg("Published"),
}
STATE_KINDS = {"draft": "", "proposed": "info", "settled": "warning", "published": "success"}
DOCUMENTS: dict[Kind, Message] = {
    Kind.MINUTES: msg("Minutes, whole"),
    Kind.PUBLIC_MINUTES: msg("Minutes, as everybody reads them"),
    Kind.LIST: msg("List of deliberations"),
    Kind.REGISTER: msg("Sheets of the register, to print and sign"),
    Kind.DELIBERATION: msg("Deliberation"),
    Kind.EXTRACT: msg("Extract"),
}
VERSIONS: dict[VersionKind, Message] = {
    VersionKind.SAVED: msg("Saved"),
    VersionKind.ASIDE: msg("Kept aside: somebody had saved another version"),
    VersionKind.CORRECTION: msg("Correction"),
}


class PartForm(Input):
    """A part as its form sends it."""

    part: Part
    rev: str = Field(default="0", max_length=12)
    text: Text = ""
    reason: Title | None = None


class BoardInput(Input):
    """On which board a card is made."""

    board: UUID


@routes.get("/council/sittings/{held}/minutes")
async def read(call: Call) -> web.Response:
    """The minutes as they read, what is due, their documents."""
    return await _page(call, {})


@routes.get("/council/sittings/{held}/minutes/edit")
async def edit(call: Call) -> web.Response:
    """Write the minutes."""
    return await _edit_page(call, {})


@routes.post("/council/sittings/{held}/minutes/edit")
async def write(call: Call) -> web.Response:
    """Save a part."""
    sent = await read_fields(call.request)
    values = {name: value for name, value in sent.items() if name != "reason" or value.strip()}
    await _require_writer(call)
    data, errors = accept(call.request, PartForm, values)
    if data is None:
        return await _edit_page(call, errors, values)
    try:
        saved = await save(call, data.part, TextInput(text=data.text, reason=data.reason), rev_of(data.rev))
    except StaleRevision:
        return await _edit_page(call, {}, values, stale=True)
    except (Conflict, Invalid) as error:
        return await _edit_page(call, errors_of(call.request, error), values)
    raise web.HTTPSeeOther(f"/council/sittings/{call.id('held')}/minutes/edit#{saved.part}")


@routes.get("/council/sittings/{held}/minutes/versions")
async def versions(call: Call) -> web.Response:
    """What was saved and corrected."""
    async with call.db.read() as tx:
        view = await queries.view_minutes(tx, call.actor, call.id("held"), zone_of(call))
        found = await queries.list_versions(tx, call.actor, call.id("held"), zone_of(call))
    titles = {part: title for part, title, _ in _parts(call, view)}
    page = "meetings/council/minutes_versions.html"
    return await show(call, page, at="/council", minutes=view, versions=found, titles=titles, kinds=VERSIONS)


@routes.post("/council/sittings/{held}/minutes/propose")
async def propose(call: Call) -> web.Response:
    """Let the members read them."""
    return await _attempt(call, lambda tx: service.propose_minutes(tx, call.actor, call.id("held"), zone_of(call)))


@routes.post("/council/sittings/{held}/minutes/settle")
async def settle(call: Call) -> web.Response:
    """A later sitting has settled them."""
    await _require_writer(call)
    data, errors = accept(call.request, SettleInput, await read_form(call.request))
    if data is None:
        return await _page(call, errors)
    return await _attempt(call, lambda tx: service.settle_minutes(tx, call.actor, call.id("held"), data, zone_of(call)))


@routes.post("/council/sittings/{held}/minutes/publish")
async def publish(call: Call) -> web.Response:
    """Let everybody read them."""
    return await _attempt(call, lambda tx: service.publish_minutes(tx, call.actor, call.id("held"), zone_of(call)))


@routes.post("/council/sittings/{held}/deliberations/publish")
async def publish_list(call: Call) -> web.Response:
    """Let everybody read the list of deliberations."""
    return await _attempt(call, lambda tx: service.publish_list(tx, call.actor, call.id("held"), zone_of(call)))


@routes.post("/council/sittings/{held}/acts/{act}/publish")
async def publish_act(call: Call) -> web.Response:
    """Let everybody read a deliberation."""
    act = call.id("act")
    return await _attempt(call, lambda tx: service.publish_act(tx, call.actor, call.id("held"), act, zone_of(call)))


@routes.post("/council/sittings/{held}/acts/{act}/cards")
async def make_card(call: Call) -> web.Response:
    """Make a card of a deliberation, in the first column of a board; each leads to the other."""
    await _require_writer(call)
    data, errors = accept(call.request, BoardInput, await read_form(call.request))
    if data is None:
        return await _page(call, errors)
    sitting, zone = call.id("held"), zone_of(call)
    async with call.db.write() as tx:
        view = await queries.view_minutes(tx, call.actor, sitting, zone)
        act = next((one for one in view.acts if one.id == call.id("act")), None)
        board = await read_board(tx, call.actor, data.board)
        if act is None or not board["columns"]:
            raise NotFound()
        item = next(one for one in view.account.items if one.id == act.item_id)
        column = board["columns"][0]["id"]
        card = await create_card(tx, call.actor, data.board, CardInput(column=UUID(str(column)), title=item.title))
        label = locale_of(call.request).render(msg("Deliberation %(number)s", number=act.label))
        words = f"[{label}]({call.deps.settings.public_url}/council/sittings/{sitting}/minutes)"
        await change_card(tx, call.actor, card.id, CardChange(description=words), card.rev)
        await service.link_card(tx, call.actor, sitting, act.id, card.id, zone)
    raise web.HTTPSeeOther(f"/cards/{card.id}")


async def _require_writer(call: Call) -> None:
    async with call.db.read() as tx:
        require_writer(call.actor, await get_minutes(tx, call.actor, call.id("held"), zone_of(call)))


async def _attempt(call: Call, verb: Callable[[Tx], Awaitable[None]]) -> web.Response:
    try:
        async with call.db.write() as tx:
            await verb(tx)
    except (Conflict, Invalid) as error:
        if error.code == "council.not_held":
            raise
        return await _page(call, errors_of(call.request, error))
    raise web.HTTPSeeOther(f"/council/sittings/{call.id('held')}/minutes")


async def _page(call: Call, errors: Errors) -> web.Response:
    sitting, zone = call.id("held"), zone_of(call)
    async with call.db.read() as tx:
        found = await get_minutes(tx, call.actor, sitting, zone)
        view = await leave_seen_cards(tx, call.actor, await queries.view_open(tx, found, zone))
        documents = await list_documents(tx, call.actor, sitting, zone)
        settling = await queries.list_settling(tx, found) if found.runs else []
        boards = await list_boards(tx, call.actor, call.today) if found.writes else []
    voice = Voice(locale_of(call.request), zone)
    paper = await asyncio.to_thread(lambda: minutes_sheet(view, voice, public=False))
    page, status = "meetings/council/minutes.html", 422 if errors else 200
    return await show(
        call,
        page,
        at="/council",
        status=status,
        minutes=view,
        paper=paper,
        documents=_grouped(documents),
        missing=queries.find_missing(view) if view.can_write else [],
        settling=settling,
        boards=[(one.id, one.title) for one in boards],
        errors=errors,
        states=STATES,
        state_kinds=STATE_KINDS,
        document_kinds=DOCUMENTS,
        today=call.today,
    )


def _grouped(documents: list[DocumentView]) -> dict[UUID | None, list[DocumentView]]:
    """Those of the sitting under None, the others by item."""
    found: dict[UUID | None, list[DocumentView]] = {}
    for one in documents:
        found.setdefault(one.item_id, []).append(one)
    return found


async def _edit_page(
    call: Call, errors: Errors, typed: dict[str, str] | None = None, *, stale: bool = False
) -> web.Response:
    async with call.db.read() as tx:
        found = await get_minutes(tx, call.actor, call.id("held"), zone_of(call))
        require_writer(call.actor, found)
        view = await queries.view_open(tx, found, zone_of(call))
    typed = typed or {}
    parts = _parts(call, view)
    if typed and typed.get("part") not in [part for part, _, _ in parts]:
        raise NotFound()
    status = 412 if stale else 422 if errors else 200
    return await show(
        call,
        "meetings/council/minutes_edit.html",
        at="/council",
        status=status,
        minutes=view,
        parts=parts,
        typed=typed,
        stale=stale,
        errors=errors,
        missing=queries.find_missing(view),
    )


def _parts(call: Call, view: MinutesView) -> list[tuple[str, str, str]]:
    """Each part with its title and the item it belongs to, in the order of the sitting."""
    say = locale_of(call.request).render
    found = [("opening", say(msg("Opening of the sitting")), "")]
    acts = {one.item_id: one.label for one in view.acts}
    for item in view.account.items:
        if item.opened_at is None:
            continue
        title = f"{item.number}. {item.title}"
        found.append((f"debates:{item.id}", say(msg("Debates")), title))
        if item.id in acts:
            label = say(msg("Deliberation %(number)s", number=acts[item.id]))
            found.append((f"deliberation:{item.id}", label, title))
    return [*found, ("closing", say(msg("End of the sitting")), "")]
