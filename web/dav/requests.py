"""What every request under `/dav/` begins with: whose it is, which place it names, whether its If header holds."""

from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree.ElementTree import Element

from aiohttp import hdrs, web

from collab.core.access import Actor
from collab.core.database import Tx, Work
from collab.core.errors import NotFound
from collab.core.i18n import msg
from collab.files import locks
from collab.files.access import get_node
from collab.files.models import Node
from collab.spaces.access import Can
from web.contents import Contents
from web.dav.addresses import destination_of, names_of
from web.dav.answers import Refused
from web.dav.conditions import ConditionList, lock_token, parse_if, tokens_in
from web.dav.places import Place, Spaces, find_place
from web.dav.properties import tag_of
from web.dav.xml import parse_body
from web.http import BadRequest, Call, PreconditionFailed, TooLarge, read_whole
from web.origins import own_origins
from web.ranges import etags

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request under `/dav/`: the names it is about, their space (None at the root), its If header."""

    call: Call
    names: tuple[str, ...]
    space: UUID | None
    lists: tuple[ConditionList, ...]

    @property
    def request(self) -> web.Request:
        return self.call.request

    @property
    def actor(self) -> Actor:
        return self.call.actor

    @property
    def contents(self) -> Contents:
        return self.call.deps.part(Contents)

    async def place(self, tx: Tx, *, writes: bool = False) -> Place:
        """The place, once the If header holds; `writes`: the locks of this transaction yield to its tokens alone."""
        place = await find_place(tx, self.actor, self.names, self.space)
        if self.lists and not await self._holds(tx, place):
            raise PreconditionFailed("dav.if", msg("The conditions of this request do not hold."))
        if writes:
            locks.submit(tx, tokens_in(self.lists))
        return place

    async def look(self, work: Work[T]) -> T:
        """What `work` finds in a transaction; at once, unless the If header names other places, whose spaces it may
        have to wait for."""
        if any(group.tag for group in self.lists):
            async with self.call.db.read() as tx:
                return await work(tx)
        return await self.call.db.look(work)

    async def change(self, work: Work[T]) -> T:
        """What `work` makes in a transaction; as `look`."""
        if any(group.tag for group in self.lists):
            async with self.call.db.write() as tx:
                return await work(tx)
        return await self.call.db.change(work)

    async def _holds(self, tx: Tx, place: Place) -> bool:
        for group in self.lists:
            about = place if group.tag is None else await self._tagged(tx, group.tag)
            held, etag = await _state(tx, self.actor, about)
            if all(
                ((lock_token(one.token) in held) if one.token is not None else (one.etag == etag)) != one.negated
                for one in group.conditions
            ):
                return True
        return False

    async def _tagged(self, tx: Tx, tag: str) -> Place | None:
        path = destination_of(tag, self.hosts)
        if path is None:
            return None
        try:
            names = names_of(path)
            space = await self.call.deps.part(Spaces).find(self.actor, names[0]) if names else None
            return await find_place(tx, self.actor, names, space)
        except NotFound:
            return None

    @property
    def hosts(self) -> frozenset[str]:
        """What this server is called in addresses."""
        named = {urlsplit(origin).netloc for origin in own_origins(self.call.deps.settings)}
        return frozenset(named | {self.request.headers.get(hdrs.HOST, "").lower()})

    async def destination(self) -> "Asked":
        """Where a COPY or MOVE goes. Raises BadRequest without a Destination, Refused for another server's."""
        header = self.request.headers.get("Destination")
        if header is None:
            raise BadRequest("dav.bad_destination", msg("Say where to: send a Destination."))
        path = destination_of(header, self.hosts)
        if path is None:
            raise Refused("dav.other_server", msg("The destination is on another server."))
        try:
            names = names_of(path)
        except NotFound:
            raise Refused("dav.other_server", msg("The destination is on another server.")) from None
        return await _asked(self.call, names, ())

    async def document(self) -> Element | None:
        """The body as XML; None without one. Raises BadRequest, TooLarge."""
        return await parse_body(await read_whole(self.request))

    async def refuse_body(self) -> None:
        """Raise Refused where a body came with a method that takes none."""
        try:
            body = await read_whole(self.request)
        except TooLarge:
            body = b"x"
        if body:
            raise Refused("dav.body", msg("This takes no content."))


async def ask(call: Call) -> Asked:
    """The request, with its space found. Raises NotFound, BadRequest."""
    header = call.request.headers.get("If")
    if "#" in call.request.raw_path:  # a fragment is no part of a request (RFC 9110, section 7.1)
        raise BadRequest("dav.fragment", msg("The request is not valid."))
    return await _asked(call, names_of(call.request.rel_url.raw_path), tuple(parse_if(header)) if header else ())


async def _asked(call: Call, names: tuple[str, ...], lists: tuple[ConditionList, ...]) -> Asked:
    space = await call.deps.part(Spaces).find(call.actor, names[0]) if names else None
    return Asked(call, names, space, lists)


async def _state(tx: Tx, actor: Actor, place: Place | None) -> tuple[set[UUID | None], str]:
    """The tokens of the locks that hold a place, and its entity tag."""
    if place is None or place.space is None:
        return set(), ""
    holding = await locks.list_locks_in(tx, place.space)
    ids = [entry.id for entry in place.path]
    last = ids[-1:]  # the thing itself, or the folder in which it would be new
    held: set[UUID | None] = {one.id for one in holding if one.node_id in last or (one.deep and one.node_id in ids)}
    etag = tag_of(place.entry.sha256) if place.entry is not None and not place.entry.is_folder else ""
    return held, etag


async def node_of(tx: Tx, actor: Actor, place: Place, can: Can) -> Node:
    """The node of a place that is no top. Raises Refused for one that is, NotFound."""
    refuse_top(place)
    entry = place.found().entry
    assert entry is not None
    return await get_node(tx, actor, entry.id, can)


def refuse_top(place: Place) -> None:
    """Raise Refused for the root and the tops of spaces, which are made elsewhere."""
    if place.is_top:
        raise Refused("dav.fixed", msg("Spaces are made and named in the browser, not here."))


def check_etag(request: web.Request, place: Place) -> None:
    """If-Match and If-None-Match of a change (RFC 9110, section 13.1). Raises PreconditionFailed."""
    entry = place.entry
    current = tag_of(entry.sha256) if entry is not None and not entry.is_folder else None
    wanted, unwanted = request.headers.get(hdrs.IF_MATCH), request.headers.get(hdrs.IF_NONE_MATCH)
    if wanted is not None and not (place.exists if wanted.strip() == "*" else current in etags(wanted)):
        raise PreconditionFailed("precondition_failed", msg("This file has changed since you last saw it."))
    if unwanted is not None and (place.exists if unwanted.strip() == "*" else current in etags(unwanted)):
        raise PreconditionFailed("precondition_failed", msg("This file has changed since you last saw it."))
