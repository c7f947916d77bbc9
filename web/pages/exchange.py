"""The pages of what comes in and goes out: a file, what will be made of it; tables of a board, and it on paper."""

import asyncio
from collections.abc import Sequence
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from aiohttp import BodyPartReader, web
from markupsafe import Markup

from collab.core.errors import Conflict, Invalid
from collab.core.i18n import Message, msg
from collab.spaces.access import GRANTS, Can
from collab.spaces.queries import list_spaces
from projects.exchange import export, service
from projects.exchange.export import Form, Whole
from projects.exchange.models import MOST_BYTES, ImportChoice
from web.exchanging import choose, shown, take_in
from web.forms import Errors, accept, errors_of, read_fields
from web.http import Call, Guard, TooLarge, page_routes
from web.page import locale_of, show
from web.parts import broken, parts_of, text_of
from web.render.markdown import render_all
from web.sheets import ods_response
from web.tables import csv_response

routes = page_routes("pages.exchange")

PROJECTS = "/projects/"
MOST_FIELDS = 5
HEADER: Sequence[Message] = (
    msg("Title"),
    msg("Column"),
    msg("Description"),
    msg("Start"),
    msg("Due date"),
    msg("Labels"),
    msg("Given to"),
    msg("Services"),
    msg("Checklists"),
    msg("Comments"),
    msg("Archived"),
)
KINDS: dict[str, Message] = {
    "own": msg("Export of this product"),
    "trello": msg("Export of Trello"),
    "deck": msg("Export of Nextcloud Deck"),
    "kanboard": msg("Export of Kanboard"),
    "table": msg("Table (CSV)"),
}
FIELDS: dict[str, Message] = {
    "": msg("not taken"),
    "title": msg("Title"),
    "column": msg("Column"),
    "description": msg("Description"),
    "start": msg("Start"),
    "due": msg("Due date"),
    "labels": msg("Labels"),
    "people": msg("Given to"),
    "units": msg("Services"),
    "closed": msg("Archived"),
}
DELIMITERS: dict[str, Message] = {
    ";": msg("semicolons"),
    ",": msg("commas"),
    "\t": msg("tabulators"),
    "|": msg("vertical bars"),
}
FAILURES: dict[str, Message] = {
    "left": msg("You are no longer in this space: the import has stopped."),
    "archived": msg("The board was archived meanwhile: the import has stopped."),
    "gone": msg("The import was stopped."),
    "unreadable": msg("The file can no longer be read: the import has stopped."),
}


@routes.get("/projects/import", guard=Guard.OWN)
async def import_page(call: Call) -> web.Response:
    """Which file, into which space."""
    return await _import_page(call, {}, {})


async def _import_page(call: Call, values: dict[str, str], errors: Errors) -> web.Response:
    async with call.db.read() as tx:
        spaces = [space for space in await list_spaces(tx, call.actor) if Can.EDIT in GRANTS[space.role]]
    return await show(
        call,
        "projects/exchange/import.html",
        status=422 if errors else 200,
        at=PROJECTS,
        spaces=spaces,
        values=values,
        errors=errors,
        most=MOST_BYTES >> 20,
    )


@routes.post("/projects/import", guard=Guard.OWN)
async def receive_import(call: Call) -> web.Response:
    """Read the file that was chosen."""
    fields: dict[str, str] = {}
    try:
        async for part in parts_of(call.request):
            if part.filename is None:
                if len(fields) == MOST_FIELDS:
                    raise broken()
                fields[part.name or ""] = await text_of(part)
            elif part.filename:
                key = await _take(call, fields.get("space", ""), part)
                raise web.HTTPSeeOther(f"/projects/imports/{key}")
        raise Invalid("exchange.no_file", errors={"file": msg("Choose a file.")})
    except (Invalid, TooLarge) as error:
        errors = errors_of(call.request, error)
        if not error.errors:
            errors = {"file": errors["form"]}
        return await _import_page(call, fields, errors)


async def _take(call: Call, space: str, part: BodyPartReader) -> UUID:
    try:
        key = UUID(space)
    except ValueError:
        raise Invalid("exchange.no_space", errors={"space": msg("Choose a space.")}) from None
    return await take_in(call, key, part.filename or "", partial(part.read_chunk, 1 << 16))


@routes.get("/projects/imports/{board_import}")
async def one_import(call: Call) -> web.Response:
    """What will be made of the file, how far it is, what could not be taken."""
    return await _one(call, {})


async def _one(call: Call, errors: Errors) -> web.Response:
    view = await shown(call, call.id("board_import"))
    render = locale_of(call.request).render
    return await show(
        call,
        "projects/exchange/preview.html",
        status=422 if errors else 200,
        at=PROJECTS,
        view=view,
        kind=render(KINDS[view.kind]),
        failure=render(FAILURES[view.failure]) if view.failure else "",
        fields=[(key, render(words)) for key, words in FIELDS.items()],
        delimiters=[(key, render(words)) for key, words in DELIMITERS.items()],
        unknown=[person for person in view.people if not person.known],
        errors=errors,
    )


@routes.post("/projects/imports/{board_import}")
async def change_import(call: Call) -> web.Response:
    """Look at the file in another way, or begin."""
    key = call.id("board_import")
    sent = await read_fields(call.request)
    given: dict[str, Any] = {name: sent[name] for name in ("title", "delimiter") if sent.get(name, "").strip("\n ")}
    if "fields" in sent:
        given["fields"] = sent.getall("fields")
    if sent.get("board", "").isdigit():
        given["board"] = int(sent["board"])
    choice, errors = accept(call.request, ImportChoice, given)
    if choice is not None:
        try:
            await choose(call, key, choice)
            if sent.get("action") == "start":
                async with call.db.write() as tx:
                    await service.start_import(tx, call.actor, key)
        except (Invalid, Conflict) as error:
            errors = errors_of(call.request, error)
    if errors:
        return await _one(call, errors)
    raise web.HTTPSeeOther(f"/projects/imports/{key}")


@routes.post("/projects/imports/{board_import}/drop")
async def drop_import(call: Call) -> web.Response:
    """Forget the file."""
    try:
        async with call.db.write() as tx:
            await service.drop_import(tx, call.actor, call.id("board_import"))
    except Conflict as error:
        return await _one(call, errors_of(call.request, error))
    raise web.HTTPSeeOther("/projects")


async def _whole(call: Call, form: Form) -> Whole:
    key = call.id("board")
    async with call.db.write() as tx:
        await export.record_export(tx, call.actor, key, form)
    return await call.db.look(lambda tx: export.gather(tx, call.actor, key))


@routes.get("/boards/{board}/export.csv")
async def table(call: Call) -> web.Response:
    """The cards as CSV."""
    whole, render = await _whole(call, Form.CSV), locale_of(call.request).render
    rows = await asyncio.to_thread(export.rows_of, whole, render(msg("yes")))
    header = [*(render(text) for text in HEADER), *(field.title for field in whole.fields)]
    return await csv_response(f"{whole.board.title} {call.today}.csv", header, rows)


@routes.get("/boards/{board}/export.ods")
async def spreadsheet(call: Call) -> web.Response:
    """The same as a spreadsheet."""
    whole, render = await _whole(call, Form.ODS), locale_of(call.request).render
    rows = await asyncio.to_thread(export.rows_of, whole, render(msg("yes")))
    header = [*(render(text) for text in HEADER), *(field.title for field in whole.fields)]
    return await ods_response(f"{whole.board.title} {call.today}.ods", whole.board.title, header, rows)


@routes.get("/boards/{board}/print")
async def printed(call: Call) -> web.Response:
    """The board as a page to print, or to keep as a PDF: what is on it, its descriptions and checklists."""
    whole = await _whole(call, Form.PRINT)
    data = await asyncio.to_thread(export.compose, whole)
    cards = [card for card in data["cards"] if not card["archived"]]
    texts = await render_all(*(card["description"] for card in cards))
    names = {one["login"]: one["name"] for one in data["people"]}
    kinds = {field["title"]: field["kind"] for field in data["fields"] if not field["archived"]}
    for card, html in zip(cards, texts, strict=True):
        card["html"] = Markup(html)  # noqa: S704 - render_all lets nothing through that is not listed
        card["given"] = [names[login] for login in card["people"]]
        card["own"] = [
            (title, names.get(text, text) if kinds[title] == "person" else text)
            for title, text in card["values"].items()
            if title in kinds
        ]
        card["is_late"] = bool(card["due"]) and card["due"] < call.today.isoformat()
    columns = [
        {**column, "cards": [card for card in cards if card["column"] == place]}
        for place, column in enumerate(data["columns"])
        if not column["archived"]
    ]
    colours = {label["name"]: label["colour"] for label in data["labels"]}
    return await show(
        call,
        "projects/exchange/print.html",
        at=PROJECTS,
        board=whole.board,
        columns=columns,
        colours=colours,
        date_of=date.fromisoformat,
    )
