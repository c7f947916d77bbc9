"""Boards, their columns and cards over the API."""

import json

from aiohttp import web

from projects.boards import cards, people, queries, service, templates
from projects.boards.models import (
    BoardChange,
    BoardInput,
    BoardSummary,
    BoardView,
    CardChange,
    CardDetails,
    CardInput,
    ColumnChange,
    ColumnInput,
    ColumnView,
    PersonView,
)
from web.http import After, Answer, Call, Page, Routes
from web.page import locale_of

routes = Routes("boards")


@routes.get("/spaces/{space}/boards", query=After, result=Page[BoardSummary])
async def list_boards(call: Call, query: After) -> Page[BoardSummary]:
    """The boards of a space, those that are archived among them, by title."""
    async with call.db.read() as tx:
        boards, after = await queries.page_boards(
            tx, call.actor, call.today, space_id=call.id("space"), archived=None, after=query.after
        )
    return Page(items=boards, next=call.following(after))


@routes.get("/spaces/{space}/people", query=After, result=Page[PersonView])
async def list_people(call: Call, query: After) -> Page[PersonView]:
    """The persons of a space, also through groups and units."""
    async with call.db.read() as tx:
        people, after = await queries.list_assignable(tx, call.actor, call.id("space"), after=query.after)
    return Page(items=people, next=call.following(after))


@routes.get("/boards/{board}/people", query=After, result=Page[PersonView])
async def list_board_people(call: Call, query: After) -> Page[PersonView]:
    """The persons of a board, also through groups and units: whom a card can be assigned to."""
    async with call.db.read() as tx:
        found, after = await people.list_assignable(tx, call.actor, call.id("board"), after=query.after)
    return Page(items=found, next=call.following(after))


@routes.post("/spaces/{space}/boards", body=BoardInput, result=BoardView)
async def create_board(call: Call, body: BoardInput) -> web.Response:
    """A new board with three columns, or from a template: by id, or by name for a ready-made one."""
    async with call.db.write() as tx:
        board = await templates.begin_board(
            tx, call.actor, call.id("space"), body.title, body.template, locale_of(call.request).render
        )
        whole = await queries.read_board(tx, call.actor, board.id)
    return _whole(whole, status=201)


@routes.get("/boards/{board}", result=BoardView)
async def read_board(call: Call) -> web.Response:
    """A whole board: its columns and cards in order."""
    async with call.db.read() as tx:
        whole = await queries.read_board(tx, call.actor, call.id("board"))
    return _whole(whole)


def _whole(board: dict[str, object], status: int = 200) -> web.Response:
    """A board is made of plain values, which are its JSON already."""
    text = json.dumps(board, ensure_ascii=False, separators=(",", ":"))
    return web.Response(status=status, text=text, content_type="application/json")


@routes.patch("/boards/{board}", body=BoardChange, result=BoardSummary)
async def rename_board(call: Call, body: BoardChange) -> BoardSummary:
    """Give a board another title."""
    async with call.db.write() as tx:
        board = await service.rename_board(tx, call.actor, call.id("board"), body.title)
        return await queries.summarise(tx, call.actor, board, call.today)


@routes.delete("/boards/{board}")
async def archive_board(call: Call) -> None:
    """Archive a board: it stays readable, leaves the lists and can be taken up again."""
    async with call.db.write() as tx:
        await service.archive_board(tx, call.actor, call.id("board"))


@routes.post("/boards/{board}/restore", status=200, result=BoardSummary)
async def restore_board(call: Call) -> BoardSummary:
    """Take an archived board up again."""
    async with call.db.write() as tx:
        board = await service.restore_board(tx, call.actor, call.id("board"))
        return await queries.summarise(tx, call.actor, board, call.today)


@routes.post("/boards/{board}/columns", body=ColumnInput, result=ColumnView)
async def add_column(call: Call, body: ColumnInput) -> ColumnView:
    """A new column, after the others."""
    async with call.db.write() as tx:
        return await service.add_column(tx, call.actor, call.id("board"), body.title)


@routes.patch("/columns/{column}", body=ColumnChange, result=ColumnView)
async def change_column(call: Call, body: ColumnChange) -> ColumnView:
    """Another title or place of a column, or whether the cards in it are finished."""
    async with call.db.write() as tx:
        return await service.change_column(tx, call.actor, call.id("column"), body)


@routes.delete("/columns/{column}")
async def remove_column(call: Call) -> None:
    """Take a column away with its cards; it can be restored for 30 days."""
    async with call.db.write() as tx:
        await service.remove_column(tx, call.actor, call.id("column"))


@routes.post("/columns/{column}/restore", status=200, result=ColumnView)
async def restore_column(call: Call) -> ColumnView:
    """Bring a removed column back with its cards."""
    async with call.db.write() as tx:
        return await service.restore_column(tx, call.actor, call.id("column"))


@routes.post("/boards/{board}/cards", body=CardInput, result=CardDetails)
async def create_card(call: Call, body: CardInput) -> Answer:
    """A new card, the last one of its column."""
    async with call.db.write() as tx:
        card = await cards.create_card(tx, call.actor, call.id("board"), body)
    return Answer(card, status=201, rev=card.rev)


@routes.get("/cards/{card}", result=CardDetails)
async def read_card(call: Call) -> Answer:
    """A card; its ETag covers the content, not the place."""
    async with call.db.read() as tx:
        card = await queries.read_card(tx, call.actor, call.id("card"))
    return Answer(card, rev=card.rev)


@routes.patch("/cards/{card}", body=CardChange, result=CardDetails)
async def change_card(call: Call, body: CardChange) -> Answer:
    """Move a card, or change what it says, which needs If-Match."""
    seen = call.if_match() if body.content else None
    async with call.db.write() as tx:
        card = await cards.change_card(tx, call.actor, call.id("card"), body, seen)
    return Answer(card, rev=card.rev)


@routes.delete("/cards/{card}")
async def remove_card(call: Call) -> None:
    """Take a card off its board; it can be restored for 30 days."""
    async with call.db.write() as tx:
        await cards.remove_card(tx, call.actor, call.id("card"))


@routes.post("/cards/{card}/restore", status=200, result=CardDetails)
async def restore_card(call: Call) -> Answer:
    """Bring a removed card back to where it was."""
    async with call.db.write() as tx:
        card = await cards.restore_card(tx, call.actor, call.id("card"))
    return Answer(card, rev=card.rev)
