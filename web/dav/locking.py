"""LOCK and UNLOCK (RFC 4918, sections 9.10 and 9.11)."""

from dataclasses import dataclass
from http import HTTPStatus
from xml.etree.ElementTree import Element, tostring

from aiohttp import hdrs, web

from collab.core.i18n import msg
from collab.files import locks, service
from collab.files.models import OnConflict, UploadQuery
from collab.files.rules import clean_name
from collab.spaces.access import Can
from web.dav.addresses import href
from web.dav.answers import XML_TYPE, Refused, document, refuse
from web.dav.conditions import depth_of, lock_token, timeout_of, tokens_in
from web.dav.places import Place, find_place
from web.dav.properties import Thing, active_lock, token_of
from web.dav.requests import Asked, ask, node_of, refuse_top
from web.dav.xml import DAV
from web.http import BadRequest, Call, Routes

routes = Routes("dav", prefix="/dav")

MOST_OWNER = 4000


@dataclass(frozen=True, slots=True)
class Wish:
    """What kind of lock is asked for."""

    shared: bool
    owner: str


@routes.add("LOCK", "/{tail}", refuse=refuse)
async def lock(call: Call) -> web.Response:
    """Lock a file or folder for writing, or make a lock last longer; a name that is free becomes an empty file."""
    asked = await ask(call)
    wish = _wish(await asked.document())
    if wish is None:
        return await _refresh(asked)
    depth = depth_of(call.request.headers.get("Depth"), "infinity")
    if depth == "1":
        raise BadRequest("dav.bad_depth", msg("Depth is 0, 1 or infinity."))
    async with call.db.read() as tx:
        place = await asked.place(tx)
        refuse_top(place)
    made = not place.exists
    if made:
        place = await _make_empty(asked, place)
    async with call.db.write() as tx:
        place = await find_place(tx, asked.actor, asked.names, asked.space)
        node = await node_of(tx, asked.actor, place, Can.EDIT)
        given = await locks.lock_node(
            tx,
            asked.actor,
            node.id,
            shared=wish.shared,
            deep=depth == "infinity",
            owner=wish.owner,
            lasting=timeout_of(call.request.headers.get("Timeout")),
        )
        thing = Thing(href(place.names, folder=place.is_folder), node.name, now=tx.now)
        body = active_lock(given, thing)
    headers = {"Lock-Token": f"<{token_of(given)}>"}
    return _discovery(HTTPStatus.CREATED if made else HTTPStatus.OK, body, headers)


async def _make_empty(asked: Asked, place: Place) -> Place:
    """An empty file under a free name (section 7.3)."""
    assert place.space is not None
    parent = None if place.parent == place.space else place.parent
    query = UploadQuery(name=clean_name(place.name), folder=parent, conflict=OnConflict.REFUSE)
    async with asked.call.db.read() as tx:
        locks.submit(tx, tokens_in(asked.lists))
        await service.check_upload(tx, asked.actor, place.space, query)
    async with asked.contents.storage.receive() as upload:
        stored = await upload.finish()
    async with asked.contents.keeping(stored), asked.call.db.write() as tx:
        locks.submit(tx, tokens_in(asked.lists))
        await service.add_file(tx, asked.actor, place.space, query, stored)
    return place


async def _refresh(asked: Asked) -> web.Response:
    tokens = tokens_in(asked.lists)
    if len(tokens) != 1:
        raise BadRequest("dav.no_lock", msg("Say which lock: send If with its token."))
    async with asked.call.db.write() as tx:
        place = await find_place(tx, asked.actor, asked.names, asked.space)
        node = await node_of(tx, asked.actor, place, Can.EDIT)
        lasting = timeout_of(asked.request.headers.get("Timeout"))
        kept = await locks.refresh_lock(tx, asked.actor, node.id, next(iter(tokens)), lasting)
        if kept is None:
            raise Refused("dav.lock_token", msg("There is no such lock on this."))
        roots = {
            entry.id: href(place.names[: number + 2], folder=entry.is_folder) for number, entry in enumerate(place.path)
        }
        body = active_lock(kept, Thing(href(place.names, folder=place.is_folder), node.name, roots=roots, now=tx.now))
    return _discovery(HTTPStatus.OK, body, {})


@routes.add("UNLOCK", "/{tail}", refuse=refuse)
async def unlock(call: Call) -> web.Response:
    """Take a lock away."""
    asked = await ask(call)
    header = call.request.headers.get("Lock-Token")
    if header is None:
        raise BadRequest("dav.no_lock", msg("Say which lock: send If with its token."))
    token = lock_token(header)
    async with call.db.write() as tx:
        place = await find_place(tx, asked.actor, asked.names, asked.space)
        node = await node_of(tx, asked.actor, place, Can.EDIT)
        if token is None:
            raise Refused("files.no_such_lock", msg("There is no such lock on this."))
        await locks.unlock_node(tx, asked.actor, node.id, token)
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _discovery(status: int, body: str, headers: dict[str, str]) -> web.Response:
    content = document("prop", f"<D:lockdiscovery>{body}</D:lockdiscovery>")
    return web.Response(status=status, body=content, headers={hdrs.CONTENT_TYPE: XML_TYPE, **headers})


def _wish(root: Element | None) -> Wish | None:
    """What a lockinfo asks for; None without one. Raises BadRequest, Refused for a lock that is no write lock."""
    if root is None:
        return None
    scope = root.find(f"{DAV}lockscope")
    kind = root.find(f"{DAV}locktype")
    if root.tag != f"{DAV}lockinfo" or scope is None or kind is None or kind.find(f"{DAV}write") is None:
        raise BadRequest("dav.bad_lock", msg("The request is not XML that can be accepted here."))
    shared, exclusive = (scope.find(f"{DAV}{name}") is not None for name in ("shared", "exclusive"))
    if shared == exclusive:
        raise BadRequest("dav.bad_lock", msg("The request is not XML that can be accepted here."))
    owner = root.find(f"{DAV}owner")
    text = ""
    if owner is not None:
        owner.tail = None
        text = tostring(owner, encoding="unicode")
    if len(text) > MOST_OWNER:
        raise BadRequest("dav.bad_lock", msg("The request is not XML that can be accepted here."))
    return Wish(shared, text)
