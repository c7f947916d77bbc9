"""The pages of boards: one's boards by space, a board that is live where scripts run, a card to change without them."""

from datetime import date
from typing import Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from collab.core.errors import Invalid, StaleRevision
from collab.spaces.access import GRANTS as SPACE_GRANTS
from collab.spaces.access import Can, find_role
from collab.spaces.models import Space
from collab.spaces.queries import list_spaces
from projects.boards import access, cards, queries, service, templates
from projects.boards.models import BoardInput, CardChange, CardInput
from projects.boards.people import list_assignable
from projects.boards.ready_made import ready_made
from projects.boards.roles import GRANTS
from web.forms import Errors, accept, errors_of, read_fields, read_form
from web.http import After, Call, Guard, page_routes, rev_of
from web.page import locale_of, show

routes = page_routes("pages.boards")

PROJECTS = "/projects/"
MOST_MINE = 200


class BoardForm(BoardInput):
    """The form of a new board: in which space."""

    space: UUID


class Chosen(After):
    """Which part of the boards; the space that a new one is for, where one comes from it."""

    space: UUID | None = None


class Opened(BaseModel):
    """Which card is shown with the board; how it is looked at and which cards, for the page's scripts (filter.ts)."""

    model_config = ConfigDict(extra="forbid")
    card: str = ""
    view: str = ""
    text: str = ""
    person: str = ""
    label: str = ""
    due: str = ""
    own: str = ""
    lanes: str = ""
    sort: str = ""
    hide: str = ""


@routes.get("/projects", query=Chosen, guard=Guard.OWN)
async def projects(call: Call, query: Chosen) -> web.Response:
    """The boards of one's spaces."""
    return await _projects(call, {"space": str(query.space or "")}, {}, query.after)


@routes.post("/projects", guard=Guard.OWN)
async def create_board(call: Call) -> web.Response:
    """Make a board."""
    values = await read_form(call.request)
    form, errors = accept(call.request, BoardForm, values)
    if form is None:
        return await _projects(call, values, errors)
    try:
        async with call.db.write() as tx:
            board = await templates.begin_board(
                tx, call.actor, form.space, form.title, form.template, locale_of(call.request).render
            )
    except Invalid as error:
        return await _projects(call, values, errors_of(call.request, error))
    raise web.HTTPSeeOther(f"/boards/{board.id}")


@routes.post("/projects/templates/{board_template}/remove")
async def remove_template(call: Call) -> web.Response:
    """Forget a template of boards."""
    async with call.db.write() as tx:
        await templates.remove_board_template(tx, call.actor, call.id("board_template"))
    raise web.HTTPSeeOther(PROJECTS.rstrip("/"))


@routes.get("/projects/mine", guard=Guard.OWN)
async def my_tasks(call: Call) -> web.Response:
    """What is one's own to do, and one's services', in all spaces: late, today, next."""
    async with call.db.read() as tx:
        mine = await queries.list_my_cards(tx, call.actor, call.today, MOST_MINE, with_units=True)
    groups = [
        ("late", [card for card in mine if card.late]),
        ("today", [card for card in mine if card.due == call.today]),
        ("next", [card for card in mine if card.due is not None and card.due > call.today]),
        ("undated", [card for card in mine if card.due is None]),
    ]
    return await show(
        call, "projects/boards/mine.html", at=PROJECTS, groups=groups, most=MOST_MINE if len(mine) == MOST_MINE else 0
    )


async def _projects(call: Call, values: dict[str, str], errors: Errors, after: UUID | None = None) -> web.Response:
    async with call.db.read() as tx:
        spaces = await list_spaces(tx, call.actor)
        kept = await templates.list_board_templates(tx, call.actor)
        boards, more = await queries.page_boards(tx, call.actor, call.today, archived=None, after=after)
    return await show(
        call,
        "projects/boards/projects.html",
        status=422 if errors else 200,
        spaces=spaces,
        editable=[space for space in spaces if Can.EDIT in SPACE_GRANTS[space.role]],
        boards=boards,
        ready_made=ready_made(locale_of(call.request).render),
        templates=kept,
        own_templates=[
            one for one in kept if one.space in {space.id for space in spaces if Can.EDIT in SPACE_GRANTS[space.role]}
        ],
        following=call.following(more),
        values=values,
        errors=errors,
    )


@routes.get("/boards/{board}", query=Opened)
async def one_board(call: Call, query: Opened) -> web.Response:
    """A board, whole."""
    return await _board(call, {}, {})


@routes.post("/boards/{board}")
async def create_card(call: Call) -> web.Response:
    """Add a card, from the form under a column."""
    values = await read_form(call.request)
    data, errors = accept(call.request, CardInput, values)
    if data is not None:
        try:
            async with call.db.write() as tx:
                await cards.create_card(tx, call.actor, call.id("board"), data)
        except Invalid as error:
            errors = errors_of(call.request, error)
    if errors:
        return await _board(call, values, errors)
    raise web.HTTPSeeOther(f"/boards/{call.id('board')}")


async def _board(call: Call, values: dict[str, str], errors: Errors) -> web.Response:
    async with call.db.read() as tx:
        board = await queries.read_board(tx, call.actor, call.id("board"))
        place = await access.find_board(tx, call.actor, call.id("board"), Can.READ)
        space = await tx.get(Space, place.space) if await find_role(tx, call.actor, place.space) else None
    return await show(
        call,
        "projects/boards/board.html",
        status=422 if errors else 200,
        at=PROJECTS,
        board=board,
        space_title=space.title if space is not None else "",
        today=call.today.isoformat(),
        date_of=date.fromisoformat,
        values=values,
        errors=errors,
        can_edit=Can.EDIT in GRANTS[place.role] and not board["archived"],
        can_manage=Can.MANAGE in GRANTS[place.role],
    )


@routes.post("/boards/{board}/restore")
async def restore_board(call: Call) -> web.Response:
    """Take an archived board up again."""
    async with call.db.write() as tx:
        board = await service.restore_board(tx, call.actor, call.id("board"))
    raise web.HTTPSeeOther(f"/boards/{board.id}")


@routes.get("/cards/{card}")
async def one_card(call: Call) -> web.Response:
    """A card by itself, to read and to change without scripts."""
    return await _card(call, None, {})


@routes.post("/cards/{card}")
async def change_card(call: Call) -> web.Response:
    """Save what the form of a card says: its content, or where it goes."""
    sent = await read_fields(call.request)
    values: dict[str, Any] = dict(sent)
    if "title" in values:  # a form leaves out what is empty: no date, nobody
        values["due"] = values.get("due") or None
        values["assignees"] = sent.getall("assignees", [])
    rev = values.pop("rev", "")
    change, errors = accept(call.request, CardChange, values)
    if change is not None:
        try:
            async with call.db.write() as tx:
                card = await cards.change_card(tx, call.actor, call.id("card"), change, rev_of(rev))
            raise web.HTTPSeeOther(f"/boards/{card.board}")
        except StaleRevision as error:
            return await _card(call, values, errors_of(call.request, error), status=412)
        except Invalid as error:
            errors = errors_of(call.request, error)
    return await _card(call, values, errors, status=422)


async def _card(call: Call, values: dict[str, Any] | None, errors: Errors, status: int = 200) -> web.Response:
    async with call.db.read() as tx:
        card = await queries.read_card(tx, call.actor, call.id("card"))
        place = await access.find_card(tx, call.actor, card.id, Can.READ)
        board = await queries.read_board(tx, call.actor, card.board)
        people, _ = await list_assignable(tx, call.actor, place.board)
    missing = [person for person in card.assignees if person.id not in {one.id for one in people}]
    return await show(
        call,
        "projects/boards/card.html",
        status=status,
        at=PROJECTS,
        card=card,
        board=board,
        people_list=[*people, *missing],
        values=values if values is not None and "title" in values else _values_of(card.model_dump(mode="json")),
        errors=errors,
        is_stale=status == 412,
        can_edit=Can.EDIT in GRANTS[place.role] and not board["archived"],
    )


def _values_of(card: dict[str, Any]) -> dict[str, Any]:
    return {**card, "assignees": [person["id"] for person in card["assignees"]]}


@routes.post("/cards/{card}/remove")
async def remove_card(call: Call) -> web.Response:
    """Take a card off its board."""
    async with call.db.write() as tx:
        place = await access.find_card(tx, call.actor, call.id("card"), Can.EDIT)
        await cards.remove_card(tx, call.actor, place.card)
    raise web.HTTPSeeOther(f"/boards/{place.board}")
