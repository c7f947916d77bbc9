"""The page on which one looks at a file, and goes on to the next; its parts come from web/api/previews.py."""

from typing import Any

from aiohttp import web

from collab.core.errors import NotFound
from collab.files import queries
from collab.files.models import Kind
from collab.files.previews import service
from collab.files.previews.queries import find_neighbours
from collab.spaces.access import Can, get_space
from web.http import Call, page_routes
from web.page import show

routes = page_routes("pages.previews")


@routes.get("/files/{space}/items/{file}/preview")
async def preview(call: Call) -> web.Response:
    """What a file shows, without opening it."""
    file_id = call.id("file")
    async with call.db.read() as tx:
        node = await queries.find_node(tx, call.actor, file_id)
        space = await get_space(tx, call.actor, call.id("space"), Can.READ)
        if node.space != space.id or node.kind is not Kind.FILE or node.trashed_at is not None:
            raise NotFound()
        before, after = await find_neighbours(tx, call.actor, file_id)
        found = await service.find_preview(tx, await queries.find_content(tx, call.actor, file_id))
    if found is None:
        async with call.db.write() as tx:
            found = await service.ask_preview(tx, await queries.find_content(tx, call.actor, file_id))
    data: dict[str, Any] = {"node": node, "space": space, "before": before, "after": after, "preview": found}
    return await show(call, "collab/files/preview.html", **data)
