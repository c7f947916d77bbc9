"""What is looked at over WebDAV: OPTIONS, GET, HEAD, PROPFIND."""

from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from uuid import UUID
from xml.etree.ElementTree import Element

from aiohttp import hdrs, web

from collab.core.database import Tx
from collab.core.i18n import msg
from collab.files import queries
from collab.files.entries import Entry, list_entries
from collab.files.locks import FileLock, list_locks_in
from collab.files.properties import list_properties
from collab.files.queries import Source
from collab.files.quotas import Usage, find_usage
from collab.files.readings import Door
from web.dav.addresses import escaped, href
from web.dav.answers import CLOSE, OPEN, XML_TYPE, Refused, multistatus, refuse
from web.dav.conditions import depth_of
from web.dav.places import Place, Spaces
from web.dav.properties import USUAL, Thing, Wanted, tag_of, tell
from web.dav.requests import Asked, ask
from web.dav.xml import DAV
from web.http import BadRequest, Call, Guard, Routes

routes = Routes("dav", prefix="/dav")

METHODS = "OPTIONS, GET, HEAD, PUT, DELETE, MKCOL, COPY, MOVE, PROPFIND, PROPPATCH, LOCK, UNLOCK"
CLASSES = {"DAV": "1, 2, 3", "MS-Author-Via": "DAV", hdrs.ALLOW: METHODS}
MOST_ASKED = 200


@routes.add("OPTIONS", "/{tail}", guard=Guard.PUBLIC)
async def options(call: Call) -> web.Response:
    """Tell which classes of WebDAV are spoken here."""
    return web.Response(headers=CLASSES)


@routes.add("GET", "/{tail}", refuse=refuse)
async def get(call: Call) -> web.StreamResponse:
    """The bytes of a file, with conditions and ranges."""
    asked = await ask(call)

    async def find(tx: Tx) -> Source | None:
        place = (await asked.place(tx)).found()
        if place.entry is None or place.is_folder:
            return None
        return await queries.find_content(tx, asked.actor, place.entry.id)

    source = await asked.look(find)
    if source is None:
        await _decide(asked)
        return web.Response(status=HTTPStatus.METHOD_NOT_ALLOWED, headers={hdrs.ALLOW: METHODS})
    return await asked.contents.send(call.request, source, tag_of(source.sha256), door=Door.DAV)


@routes.add("PROPFIND", "/{tail}", refuse=refuse)
async def propfind(call: Call) -> web.StreamResponse:
    """Properties of a file or folder, and with Depth 1 of what the folder holds."""
    asked = await ask(call)
    depth = depth_of(call.request.headers.get("Depth"), "infinity")
    if depth == "infinity":
        raise Refused("dav.finite_depth", msg("A whole tree is not listed at once: ask folder by folder."))
    wanted = _wanted(await asked.document())
    async with call.db.read() as tx:
        place = (await asked.place(tx)).found()
        await _decide(asked)
        own = Listing(tx, asked, place, wanted)
        if depth == "0" or not place.is_folder:
            return multistatus([await own.itself()])
        if place.space is None:
            spaces = await call.deps.part(Spaces).listed(asked.actor)
            return multistatus([await own.itself(), *[await own.space(one, name) for one, name in spaces]])
        return await _stream(call.request, own.all())


async def _decide(asked: Asked) -> None:
    """The root is everybody's own; of the rest, finding the place was the decision."""
    if asked.space is None:
        await asked.call.deps.part(Spaces).listed(asked.actor)


async def _stream(request: web.Request, lots: AsyncIterator[str]) -> web.StreamResponse:
    """207 as it is made, so that a folder of any size costs the memory of a lot of it."""
    answer = web.StreamResponse(status=HTTPStatus.MULTI_STATUS, headers={hdrs.CONTENT_TYPE: XML_TYPE})
    first = OPEN + await anext(lots)
    second = await anext(lots, None)
    if second is None:
        return web.Response(
            status=HTTPStatus.MULTI_STATUS, body=(first + CLOSE).encode(), headers={hdrs.CONTENT_TYPE: XML_TYPE}
        )
    await answer.prepare(request)
    await answer.write(first.encode())
    await answer.write(second.encode())
    async for lot in lots:
        await answer.write(lot.encode())
    await answer.write_eof(CLOSE.encode())
    return answer


class Listing:
    """The responses about a place and about what it holds."""

    def __init__(self, tx: Tx, asked: Asked, place: Place, wanted: Wanted) -> None:
        self._tx = tx
        self._asked = asked
        self._place = place
        self._wanted = wanted
        self._locks: Sequence[FileLock] | None = None

    async def itself(self) -> str:
        """The place's own."""
        place = self._place
        address = href(place.names, folder=place.is_folder)
        if place.entry is None:
            name = place.names[-1] if place.names else ""
            return tell(Thing(address, name, usage=await self._usage(place.space)), self._wanted)
        dead = await list_properties(self._tx, [place.entry.id])
        return tell(
            Thing(
                address,
                place.entry.name,
                entry=place.entry,
                usage=await self._usage(place.space),
                locks=await self._holding([entry.id for entry in place.path]),
                roots=self._roots(),
                now=self._tx.now,
                dead=dead.get(place.entry.id, {}),
            ),
            self._wanted,
        )

    async def space(self, space: UUID, name: str) -> str:
        """The top of a space, in the root."""
        return tell(Thing(href((name,), folder=True), name, usage=await self._usage(space)), self._wanted)

    async def all(self) -> AsyncIterator[str]:
        """The place's own, then what it holds, in lots."""
        place, wanted = self._place, self._wanted
        assert place.space is not None
        base = href(place.names, folder=True)
        above = [entry.id for entry in place.path]
        usage = await self._usage(place.space)
        roots = self._roots()
        first = await self.itself()
        inside = list_entries(self._tx, self._asked.actor, place.space, above[-1] if above else place.space)
        async for lot in inside:
            dead = await self._dead(lot)
            told = [
                tell(
                    Thing(
                        f"{base}{escaped(entry.name)}{'/' if entry.is_folder else ''}",
                        entry.name,
                        entry=entry,
                        usage=usage,
                        locks=await self._holding([*above, entry.id]) if self._locks != [] else (),
                        roots=roots,
                        now=self._tx.now,
                        dead=dead.get(entry.id, {}),
                    ),
                    wanted,
                )
                for entry in lot
            ]
            yield first + "".join(told)
            first = ""
        if first:
            yield first

    async def _dead(self, lot: Sequence[Entry]) -> dict[UUID, dict[str, str]]:
        ours = all(name.startswith(DAV) for name in self._wanted.names)
        if ours and not self._wanted.everything:
            return {}
        return await list_properties(self._tx, [entry.id for entry in lot])

    async def _usage(self, space: UUID | None) -> Usage | None:
        if space is None or not self._wanted.quota:
            return None
        return await find_usage(self._tx, self._asked.actor, space)

    async def _holding(self, path: list[UUID]) -> Sequence[FileLock]:
        """The locks that hold the last of these."""
        if self._locks is None:
            assert self._place.space is not None
            self._locks = await list_locks_in(self._tx, self._place.space)
        return [one for one in self._locks if one.node_id == path[-1] or (one.deep and one.node_id in path)]

    def _roots(self) -> dict[UUID, str]:
        """The addresses of what is on the way: where a lock that holds things here may have its root."""
        names = self._place.names
        return {
            entry.id: href(names[: number + 2], folder=entry.is_folder) for number, entry in enumerate(self._place.path)
        }


def _wanted(document: Element | None) -> Wanted:
    """What a PROPFIND asks for (section 14.20). Raises BadRequest."""
    if document is None:
        return Wanted(USUAL, everything=True)
    if document.tag != f"{DAV}propfind":
        raise _bad()
    kinds = {child.tag: child for child in document}
    if (asked := kinds.get(f"{DAV}prop")) is not None:
        names = tuple(dict.fromkeys(child.tag for child in asked))
        if len(names) > MOST_ASKED:
            raise _bad()
        return Wanted(names)
    if f"{DAV}propname" in kinds:
        return Wanted(USUAL, everything=True, only_names=True)
    if f"{DAV}allprop" in kinds:
        more = kinds.get(f"{DAV}include")
        extra = tuple(child.tag for child in more) if more is not None else ()
        return Wanted(tuple(dict.fromkeys(USUAL + extra)), everything=True)
    raise _bad()


def _bad() -> BadRequest:
    return BadRequest("dav.bad_propfind", msg("The request is not XML that can be accepted here."))
