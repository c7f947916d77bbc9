"""The page on which the public watches a room, without an account."""

from aiohttp import web

from meetings.rooms.broadcasts import find_broadcast
from web.http import Call, Guard, page_routes
from web.page import show

routes = page_routes("pages.broadcasts")


@routes.get("/broadcasts/{broadcast}", guard=Guard.PUBLIC)
async def watch(call: Call) -> web.Response:
    """What the room shows, or that nothing is shown at the moment."""
    async with call.db.read() as tx:
        broadcast, meeting = await find_broadcast(tx, call.id("broadcast"))
    page = await show(call, "meetings/rooms/broadcast.html", meeting=meeting, broadcast=broadcast)
    page.headers["Referrer-Policy"] = "no-referrer"
    return page
