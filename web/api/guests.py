"""Links with which people without an account come into a meeting's room."""

from directory.sessions.keys import Keys
from meetings.rooms.guest_models import GuestLinkInput, GuestLinkView
from meetings.rooms.guests import create_link, list_links, revoke_link, view_link
from web.http import Answer, Call, Page, Routes

routes = Routes("guests")


@routes.get("/meetings/{meeting}/guest-links", result=Page[GuestLinkView])
async def list_guest_links(call: Call) -> Page[GuestLinkView]:
    """The links for guests of a meeting that open its room, with their addresses."""
    keys, base = call.deps.part(Keys), call.deps.settings.public_url
    async with call.db.read() as tx:
        return Page(items=await list_links(tx, call.actor, keys, call.id("meeting"), base))


@routes.post("/meetings/{meeting}/guest-links", body=GuestLinkInput, result=GuestLinkView)
async def create_guest_link(call: Call, body: GuestLinkInput) -> Answer:
    """A link for one person by name, or without a name for whoever has it; its room has a lobby or is public."""
    keys = call.deps.part(Keys)
    async with call.db.write() as tx:
        link = await create_link(tx, call.actor, keys, call.id("meeting"), body)
        view = view_link(keys, link, call.identity.name, call.deps.settings.public_url)
    return Answer(view, status=201)


@routes.delete("/meetings/{meeting}/guest-links/{guest_link}")
async def revoke_guest_link(call: Call) -> None:
    """Revoke a link; who came by it is out of the room when this answers."""
    async with call.db.write() as tx:
        await revoke_link(tx, call.actor, call.id("meeting"), call.id("guest_link"))
