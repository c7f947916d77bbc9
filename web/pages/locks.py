"""Locking and unlocking a file or folder from its page; it is shown in templates/collab/files/parts/locks.html."""

from datetime import timedelta

from aiohttp import web

from collab.files import locks
from web.http import Call, page_routes
from web.pages.file_parts import item_address

routes = page_routes("pages.locks")

# A morning or an afternoon of work; who needs longer says so over the API or in their program.
USUAL = timedelta(hours=4)


@routes.post("/files/{space}/items/{file}/lock")
async def lock_item(call: Call) -> web.Response:
    """Be the only one who changes it, for four hours."""
    async with call.db.write() as tx:
        await locks.lock_node(tx, call.actor, call.id("file"), shared=False, deep=True, owner="", lasting=USUAL)
    raise web.HTTPSeeOther(item_address(call))


@routes.post("/files/{space}/items/{file}/unlock")
async def unlock_item(call: Call) -> web.Response:
    """Take one's lock away; an owner of the space takes away what others hold."""
    async with call.db.write() as tx:
        await locks.unlock_node(tx, call.actor, call.id("file"))
    raise web.HTTPSeeOther(item_address(call))
