"""Boards that come in from files and leave as files, over the API."""

import asyncio
import json

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, Field

from projects.exchange import export, service
from projects.exchange.export import Form
from projects.exchange.models import ImportChoice, ImportView
from web.contents import disposition
from web.exchanging import choose, shown, take_in
from web.http import Answer, Call, Routes

routes = Routes("exchange")


class Named(BaseModel):
    """What the file is called."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(default="import", max_length=200)


@routes.post("/spaces/{space}/imports", query=Named, result=ImportView, raw=True)
async def receive_import(call: Call, query: Named) -> Answer:
    """Give a file of Trello, Nextcloud Deck, Kanboard, a CSV or an export of ours; answers what would be made of it."""
    key = await take_in(call, call.id("space"), query.name, call.request.content.readany)
    return Answer(await shown(call, key), status=201)


@routes.get("/imports/{board_import}", result=ImportView)
async def read_import(call: Call) -> ImportView:
    """What would be made of the file, how far it is, and what could not be taken."""
    return await shown(call, call.id("board_import"))


@routes.patch("/imports/{board_import}", body=ImportChoice, result=ImportView)
async def change_import(call: Call, body: ImportChoice) -> ImportView:
    """Another title, another board of the file, another reading of a table."""
    await choose(call, call.id("board_import"), body)
    return await shown(call, call.id("board_import"))


@routes.post("/imports/{board_import}/start", result=ImportView, status=202)
async def start_import(call: Call) -> Answer:
    """Make the board; its cards follow."""
    async with call.db.write() as tx:
        await service.start_import(tx, call.actor, call.id("board_import"))
    return Answer(await shown(call, call.id("board_import")), status=202)


@routes.delete("/imports/{board_import}")
async def drop_import(call: Call) -> None:
    """Forget the file; a board that was made of it stays."""
    async with call.db.write() as tx:
        await service.drop_import(tx, call.actor, call.id("board_import"))


@routes.get("/boards/{board}/export", gives="application/json")
async def export_board(call: Call) -> web.Response:
    """The whole board as JSON, which can be given to an import again."""
    key = call.id("board")
    async with call.db.write() as tx:
        await export.record_export(tx, call.actor, key, Form.JSON)
    whole = await call.db.look(lambda tx: export.gather(tx, call.actor, key))
    body = await asyncio.to_thread(lambda: json.dumps(export.compose(whole), ensure_ascii=False, indent=1).encode())
    headers = {
        hdrs.CONTENT_DISPOSITION: disposition(f"{whole.board.title} {call.today}.json"),
        hdrs.CACHE_CONTROL: "no-store",
    }
    return web.Response(body=body, content_type="application/json", headers=headers)
