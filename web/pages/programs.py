"""Cameras and players of a meeting: the media tokens with which a program sends into its room or looks on."""

from typing import Any

from aiohttp import web

from collab.core.errors import Conflict
from collab.core.i18n import Message, msg
from meetings.calendar import queries
from meetings.calendar.access import Can, get_meeting
from meetings.rooms.models import MediaTokenInput, TokenKind
from meetings.rooms.queries import list_tokens
from meetings.rooms.tokens import create_token, revoke_token
from web.forms import Errors, accept, errors_of, read_form
from web.http import Call, page_routes
from web.page import show

routes = page_routes("pages.programs")

KINDS: dict[TokenKind, Message] = {
    TokenKind.PUBLISH: msg("Sends picture and sound (WHIP)"),
    TokenKind.VIEW: msg("Looks on (WHEP)"),
}


@routes.get("/meetings/{meeting}/programs")
async def programs(call: Call) -> web.Response:
    """What lets cameras, encoders and players into the room."""
    return await _page(call, {}, {})


@routes.post("/meetings/{meeting}/programs")
async def create_program(call: Call) -> web.Response:
    """A token, shown once with the addresses that it opens."""
    values = await read_form(call.request)
    data, errors = accept(call.request, MediaTokenInput, {**values, "name": values.get("name") or None})
    async with call.db.write() as tx:
        await get_meeting(tx, call.actor, call.id("meeting"), Can.JOIN)
        if data is not None:
            try:
                token, secret = await create_token(tx, call.actor, call.id("meeting"), data)
            except Conflict as error:
                errors = errors_of(call.request, error)
    if errors:
        return await _page(call, values, errors)
    return await _page(call, {}, {}, made={"kind": token.kind, "name": token.name, "secret": secret})


@routes.post("/meetings/{meeting}/programs/{media_token}/revoke")
async def revoke_program(call: Call) -> web.Response:
    """Revoke a token; whatever it opened has ended when this answers."""
    async with call.db.write() as tx:
        await revoke_token(tx, call.actor, call.id("meeting"), call.id("media_token"))
    raise web.HTTPSeeOther(f"/meetings/{call.id('meeting')}/programs")


async def _page(
    call: Call, values: dict[str, str], errors: Errors, *, made: dict[str, Any] | None = None
) -> web.Response:
    async with call.db.read() as tx:
        tokens = await list_tokens(tx, call.actor, call.id("meeting"))
        view = await queries.view_meeting(tx, call.actor, call.id("meeting"))
    now = call.db.clock.now()
    return await show(
        call,
        "meetings/rooms/programs.html",
        status=422 if errors else 200,
        meeting=view,
        tokens=[token for token in tokens if token.expires_at > now],
        made=made,
        kinds=KINDS,
        base=call.deps.settings.public_url,
        values=values,
        errors=errors,
    )
