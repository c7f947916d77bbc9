"""WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): a program sends into a meeting's room, or looks on, over plain HTTP.

Every request shows a media token of the meeting (docs/protocol.md); the sessions are meetings/rooms/programs'. Pages of
any origin may call these doors: they look at no cookie.
"""

from collections.abc import Mapping, Sequence

from aiohttp import hdrs, web

from collab.core.access import Actor
from collab.core.errors import Unauthenticated
from collab.core.i18n import msg
from meetings.media.port import BadOffer
from meetings.media.sdpfrag import fragment_of
from meetings.rooms.access import find_bearer
from meetings.rooms.models import SDP_LIMIT, Kind
from meetings.rooms.programs import Stale
from web.http import BadRequest, Call, Endpoint, Guard, PreconditionFailed, Routes, read_text
from web.realtime.everywhere import Everywhere

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"

routes = Routes("media", prefix="")


@routes.post("/whip/{meeting}", guard=Guard.MEDIA, raw=True, takes=SDP, gives=SDP)
async def send(call: Call) -> web.Response:
    """Send into a meeting's room (WHIP): the offer of what is sent, answered; the session is at Location."""
    return await _open(call, Kind.SOURCE)


@routes.post("/whep/{meeting}", guard=Guard.MEDIA, raw=True, takes=SDP, gives=SDP)
async def view(call: Call) -> web.Response:
    """Look on in a meeting's room (WHEP): each m-line of the offer is a slot; the session is at Location."""
    return await _open(call, Kind.VIEWER)


@routes.patch("/whip/{meeting}/{media_session}", guard=Guard.MEDIA, raw=True, takes=FRAGMENT, gives=FRAGMENT)
async def change_sending(call: Call) -> web.Response:
    """Candidates of a WHIP session (204), or its ICE restart (200); needs If-Match with its ETag, or * to restart."""
    return await _change(call, Kind.SOURCE)


@routes.patch("/whep/{meeting}/{media_session}", guard=Guard.MEDIA, raw=True, takes=FRAGMENT, gives=FRAGMENT)
async def change_viewing(call: Call) -> web.Response:
    """Candidates of a WHEP session (204), or its ICE restart (200); needs If-Match with its ETag, or * to restart."""
    return await _change(call, Kind.VIEWER)


@routes.delete("/whip/{meeting}/{media_session}", guard=Guard.MEDIA, status=200)
async def stop_sending(call: Call) -> web.Response:
    """End a WHIP session."""
    return await _close(call, Kind.SOURCE)


@routes.delete("/whep/{meeting}/{media_session}", guard=Guard.MEDIA, status=200)
async def stop_viewing(call: Call) -> web.Response:
    """End a WHEP session."""
    return await _close(call, Kind.VIEWER)


@routes.add("OPTIONS", "/whip/{meeting}", guard=Guard.PUBLIC, status=204)
async def describe_sending(_call: Call) -> web.Response:
    """What WHIP takes here, and that pages of any origin may ask."""
    return _describe("OPTIONS, POST", {"Accept-Post": SDP})


@routes.add("OPTIONS", "/whep/{meeting}", guard=Guard.PUBLIC, status=204)
async def describe_viewing(_call: Call) -> web.Response:
    """What WHEP takes here, and that pages of any origin may ask."""
    return _describe("OPTIONS, POST", {"Accept-Post": SDP})


@routes.add("OPTIONS", "/whip/{meeting}/{media_session}", guard=Guard.PUBLIC, status=204)
async def describe_sending_session(_call: Call) -> web.Response:
    """What a WHIP session takes."""
    return _describe("OPTIONS, PATCH, DELETE", {"Accept-Patch": FRAGMENT})


@routes.add("OPTIONS", "/whep/{meeting}/{media_session}", guard=Guard.PUBLIC, status=204)
async def describe_viewing_session(_call: Call) -> web.Response:
    """What a WHEP session takes."""
    return _describe("OPTIONS, PATCH, DELETE", {"Accept-Patch": FRAGMENT})


ENDPOINTS: Sequence[Endpoint] = routes.endpoints


async def _open(call: Call, kind: Kind) -> web.Response:
    actor = await _identify(call)
    offer = await read_text(call.request, SDP, SDP_LIMIT)
    meeting = call.id("meeting")
    try:
        session = await call.deps.part(Everywhere).open(actor, meeting, kind, offer)
    except BadOffer:
        raise BadRequest(BadOffer.code, msg("This is not a media offer that can be understood.")) from None
    response = web.Response(status=201, text=session.answer, content_type=SDP)
    response.headers.update(
        {"Location": f"{call.request.path}/{session.id}", "ETag": session.tag, "Accept-Patch": FRAGMENT}
    )
    for server in session.servers:
        secret = f'username="{server.username}"; credential="{server.credential}"; credential-type="password"'
        for url in server.urls:
            response.headers.add(hdrs.LINK, f'<{url}>; rel="ice-server"; {secret}')
    return response


async def _change(call: Call, kind: Kind) -> web.Response:
    actor = await _identify(call, expired=True)
    fragment = await read_text(call.request, FRAGMENT, SDP_LIMIT)
    place = call.id("meeting"), kind, call.id("media_session")
    tags = call.if_match_tags()
    try:
        restarted = await call.deps.part(Everywhere).change(actor, *place, tags, fragment)
    except Stale:
        raise PreconditionFailed("media.stale_tag", msg("This session has a newer ETag.")) from None
    except BadOffer:
        raise BadRequest(BadOffer.code, msg("This is not an ICE fragment that can be understood.")) from None
    if restarted is None:
        return web.Response(status=204)
    answer = fragment_of(restarted.answer)
    return web.Response(text=answer, content_type=FRAGMENT, headers={"ETag": restarted.tag})


async def _close(call: Call, kind: Kind) -> web.Response:
    actor = await _identify(call, expired=True)
    await call.deps.part(Everywhere).close_session(actor, call.id("meeting"), kind, call.id("media_session"))
    return web.Response()


async def _identify(call: Call, *, expired: bool = False) -> Actor:
    """Whose token this is; whether it opens this door is decided by access. Raises Unauthenticated.

    An `expired` one still speaks for the sessions that it opened."""
    scheme, _, secret = call.request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthenticated("media.no_token", msg("Show a media token: Authorization: Bearer."))
    async with call.db.read() as tx:
        actor = await find_bearer(tx, secret.strip(), expired=expired)
    if actor is None:
        raise Unauthenticated("media.bad_token", msg("This token is not valid, or no longer."))
    return actor


def _describe(methods: str, headers: Mapping[str, str]) -> web.Response:
    return web.Response(status=204, headers={"Access-Control-Allow-Methods": methods, "Allow": methods, **headers})
