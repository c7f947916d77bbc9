"""Guests: the links that let them in, on the meeting's page, and the page behind a link: their name, then the room.

A guest has no account. Their browser keeps a pass for this one meeting in a cookie, which opens its room over the
real-time door and no other door; whatever link does not open answers alike.
"""

from typing import Any

from aiohttp import web

from collab.core.errors import Conflict, DomainError, NotFound
from collab.core.i18n import msg
from directory.sessions import throttle
from directory.sessions.keys import Keys
from directory.sessions.rules import ADDRESS, network_of
from meetings.calendar.access import Can, get_meeting
from meetings.calendar.models import Meeting
from meetings.rooms.guest_models import Guest, GuestInput, GuestLink, GuestLinkInput
from meetings.rooms.guests import come_in, create_link, find_guest, find_link, revoke_link
from web.addresses import address_of
from web.forms import Errors, accept, errors_of, read_form
from web.http import Call, Guard, page_routes, parse
from web.identity import guest_cookie
from web.page import show
from web.pages.meetings import meeting_page
from web.security_log import SecurityLog

routes = page_routes("pages.guests")

PRIVATE = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class LinkOver(NotFound):
    """A link that opens nothing, or no longer."""

    def __init__(self) -> None:
        super().__init__(
            "rooms.link_over", msg("This link opens no meeting, or not any more. Ask whoever sent it for another one.")
        )


@routes.get("/g/{secret}", guard=Guard.PUBLIC)
async def come(call: Call) -> web.Response:
    """The room for the guest that this browser is, else the question who they are."""
    link, meeting = await _find(call)
    guest = await _guest_of(call, link)
    if guest is None:
        return await _name_page(call, link, meeting, {}, {})
    page = await show(call, "meetings/rooms/guest_room.html", meeting=meeting, guest=guest)
    page.headers.update(PRIVATE)
    return page


@routes.post("/g/{secret}", guard=Guard.PUBLIC)
async def enter(call: Call) -> web.Response:
    """Become a guest of the meeting, under the name given or, by a personal link, under its own."""
    link, meeting = await _find(call)
    values = await read_form(call.request)
    data, errors = accept(call.request, GuestInput, {**values, "name": link.name or values.get("name", "")})
    if data is None:
        return await _name_page(call, link, meeting, values, errors)
    keys, secure = call.deps.part(Keys), call.deps.settings.secure
    try:
        async with call.db.write() as tx:
            await throttle.count_attempt(tx, {keys.name("guest address", _network(call)): ADDRESS})
            _, secret = await come_in(tx, keys, link, meeting, data.name)
    except Conflict as error:
        return await _name_page(call, link, meeting, values, errors_of(call.request, error))
    lasting = int((link.expires_at - call.db.clock.now()).total_seconds())
    answer = web.HTTPSeeOther(f"/g/{call.text('secret')}")
    answer.set_cookie(
        guest_cookie(meeting.id, secure=secure),
        secret,
        max_age=lasting,
        path="/",
        httponly=True,
        samesite="Lax",
        secure=secure,
    )
    raise answer


@routes.post("/meetings/{meeting}/guest-links")
async def make_link(call: Call) -> web.Response:
    """A link for somebody by name, or for whoever has it."""
    values = await read_form(call.request)
    async with call.db.read() as tx:
        await get_meeting(tx, call.actor, call.id("meeting"), Can.EDIT)
    try:
        data: GuestLinkInput = parse(GuestLinkInput, {"name": values.get("name") or None}, "form")
        async with call.db.write() as tx:
            await create_link(tx, call.actor, call.deps.part(Keys), call.id("meeting"), data)
    except DomainError as error:
        if not error.errors and not isinstance(error, Conflict):
            raise
        return await meeting_page(call, "", errors_of(call.request, error))
    raise web.HTTPSeeOther(f"/meetings/{call.id('meeting')}#guests")


@routes.post("/meetings/{meeting}/guest-links/{guest_link}/revoke")
async def end_link(call: Call) -> web.Response:
    """Revoke a link; who came by it is out of the room when this answers."""
    async with call.db.write() as tx:
        await revoke_link(tx, call.actor, call.id("meeting"), call.id("guest_link"))
    raise web.HTTPSeeOther(f"/meetings/{call.id('meeting')}#guests")


async def _find(call: Call) -> tuple[GuestLink, Meeting]:
    async with call.db.read() as tx:
        found = await find_link(tx, call.text("secret"))
    if found is None:
        async with call.db.write() as tx:
            keys = call.deps.part(Keys)
            await throttle.count_attempt(tx, {keys.name("link address", _network(call)): ADDRESS})
        log = call.deps.part(SecurityLog)
        log.write(call.db.clock.now(), "link_refused", address=address_of(call.request), why="guest link")
        raise LinkOver()
    return found


async def _guest_of(call: Call, link: GuestLink) -> Guest | None:
    """The guest that this browser is, where they came by this link."""
    cookie = call.request.cookies.get(guest_cookie(link.meeting_id, secure=call.deps.settings.secure), "")
    if not cookie:
        return None
    async with call.db.read() as tx:
        guest = await find_guest(tx, cookie)
    return guest if guest is not None and guest.link_id == link.id else None


async def _name_page(
    call: Call, link: GuestLink, meeting: Meeting, values: dict[str, str], errors: Errors
) -> web.Response:
    data: dict[str, Any] = {"link": link, "meeting": meeting, "values": values, "errors": errors}
    page = await show(call, "meetings/rooms/guest.html", status=422 if errors else 200, **data)
    page.headers.update(PRIVATE)
    return page


def _network(call: Call) -> str:
    return network_of(address_of(call.request))
