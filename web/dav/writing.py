"""What is changed over WebDAV: PUT, MKCOL, DELETE, COPY, MOVE, PROPPATCH."""

from http import HTTPStatus
from uuid import UUID
from xml.etree.ElementTree import Element, tostring

from aiohttp import hdrs, web

from collab.core.database import Tx
from collab.core.i18n import msg
from collab.files import locks, service
from collab.files.locks import Locked
from collab.files.models import FolderInput, Kind, Node, OnConflict, TransferInput, UploadQuery
from collab.files.properties import copy_properties, set_properties
from collab.files.rules import clean_name
from collab.spaces.access import Can
from web import transfers
from web.dav.addresses import href
from web.dav.answers import Refused, element, multistatus, refuse, response, status_response
from web.dav.conditions import depth_of, overwrites, tokens_in
from web.dav.places import Place
from web.dav.properties import KNOWN, tag_of
from web.dav.requests import Asked, ask, check_etag, node_of, refuse_top
from web.dav.xml import DAV, local
from web.http import BadRequest, Call, PreconditionFailed, Routes

routes = Routes("dav", prefix="/dav")

SMALL = 64 << 10

FORBIDDEN, FAILED = HTTPStatus.FORBIDDEN, HTTPStatus.FAILED_DEPENDENCY


@routes.add("PUT", "/{tail}", raw=True, refuse=refuse)
async def put(call: Call) -> web.Response:
    """A new file, or a new version of one, from the raw bytes of the body; answered once they are durable."""
    asked = await ask(call)
    if hdrs.CONTENT_RANGE in call.request.headers:
        raise BadRequest("dav.partial", msg("Send the whole file: parts of one are not taken here."))
    if not 0 < (call.request.content_length or 0) <= SMALL:  # what is small is refused soon enough afterwards
        async with call.db.read() as tx:
            place, query, seen = await _put_where(tx, asked)
            announced = _announced(call.request)
            if place.entry is not None:
                await service.check_version(tx, asked.actor, place.entry.id, seen, announced)
            else:
                await service.check_upload(tx, asked.actor, asked.space or place.parent, query, announced)
    stored = await asked.contents.receive_body(call.request)

    async def keep(tx: Tx) -> Node:
        place, query, seen = await _put_where(tx, asked)
        if place.entry is not None:
            return await service.add_version(tx, asked.actor, place.entry.id, stored, seen)
        return await service.add_file(tx, asked.actor, asked.space or place.parent, query, stored)

    async with asked.contents.keeping(stored):
        node = await asked.change(keep)
    status = HTTPStatus.CREATED if node.version == 1 else HTTPStatus.NO_CONTENT
    return web.Response(status=status, headers={hdrs.ETAG: tag_of(node.sha256)})


async def _put_where(tx: Tx, asked: Asked) -> tuple[Place, UploadQuery, str | None]:
    """Where the bytes go, once the conditions hold; and the SHA-256 that If-Match insists on."""
    place = await asked.place(tx, writes=True)
    seen = await _check_put(asked, place)
    return place, _query(place, asked.request), seen


async def _check_put(asked: Asked, place: Place) -> str | None:
    """The SHA-256 that If-Match insists on, if it does."""
    refuse_top(place)
    if place.entry is not None and place.entry.is_folder:
        raise Refused("files.not_a_file", msg("This is a folder, not a file."))
    check_etag(asked.request, place)
    wanted = asked.request.headers.get(hdrs.IF_MATCH, "*").strip()
    return place.entry.sha256 if wanted != "*" and place.entry is not None else None


def _query(place: Place, request: web.Request) -> UploadQuery:
    alone = request.headers.get(hdrs.IF_NONE_MATCH, "").strip() == "*"
    conflict = OnConflict.REFUSE if alone else OnConflict.VERSION
    parent = None if place.parent == place.space else place.parent
    return UploadQuery(name=clean_name(place.name), folder=parent, conflict=conflict)


def _announced(request: web.Request) -> int:
    """How large the body is said to be; Finder says it in a header of its own."""
    text = request.headers.get("X-Expected-Entity-Length", "")
    return request.content_length or (int(text) if text.isdecimal() and len(text) < 16 else 0)


@routes.add("MKCOL", "/{tail}", refuse=refuse)
async def mkcol(call: Call) -> web.Response:
    """A new folder."""
    asked = await ask(call)
    await asked.refuse_body()
    async with call.db.write() as tx:
        place = await asked.place(tx, writes=True)
        refuse_top(place)
        assert place.space is not None
        if place.exists:
            raise Refused("dav.exists", msg("“%(name)s” is already in this folder.", name=place.name))
        parent = None if place.parent == place.space else place.parent
        data = FolderInput(name=clean_name(place.name), folder=parent)
        await service.create_folder(tx, asked.actor, place.space, data)
    return web.Response(status=HTTPStatus.CREATED)


@routes.add("DELETE", "/{tail}", refuse=refuse)
async def delete(call: Call) -> web.Response:
    """Put a file, or a folder with all that is in it, into the trash."""
    asked = await ask(call)
    if depth_of(call.request.headers.get("Depth"), "infinity") != "infinity":
        raise BadRequest("dav.bad_depth", msg("Depth is 0, 1 or infinity."))
    async with call.db.write() as tx:
        place = (await asked.place(tx, writes=True)).found()
        node = await node_of(tx, asked.actor, place, Can.EDIT)
        check_etag(call.request, place)
        try:
            await service.trash_node(tx, asked.actor, node.id)
        except Locked as held:
            if held.node_id == node.id or node.kind == Kind.FILE:
                raise
            return multistatus(
                [status_response(call.request.rel_url.raw_path, HTTPStatus.LOCKED, "lock-token-submitted")]
            )
    return web.Response(status=HTTPStatus.NO_CONTENT)


@routes.add("COPY", "/{tail}", refuse=refuse)
async def copy(call: Call) -> web.Response:
    """Copy a file, or a folder with all that is in it, also into another space."""
    asked = await ask(call)
    shallow = depth_of(call.request.headers.get("Depth"), "infinity") == "0"
    there = await asked.destination()
    source, target = await _ends(asked, there, moves=False)
    data, replaced = _transfer(source, target)
    storage, tokens = asked.contents.storage, tokens_in(asked.lists)
    assert source.entry is not None and target.space is not None
    if shallow and source.entry.is_folder:
        async with call.db.write() as tx:
            locks.submit(tx, tokens)
            if replaced is not None:
                await service.trash_node(tx, asked.actor, replaced)
            folder = FolderInput(name=data.name or "", folder=data.folder)
            made = await service.create_folder(tx, asked.actor, target.space, folder)
            await copy_properties(tx, {source.entry.id: made.id})
    else:
        await transfers.copy(call.db, storage, asked.actor, source.entry.id, data, replacing=replaced, tokens=tokens)
    return _done(there, target)


@routes.add("MOVE", "/{tail}", refuse=refuse)
async def move(call: Call) -> web.Response:
    """Move or rename, also into another space; versions and all that hangs on it go along."""
    asked = await ask(call)
    if depth_of(call.request.headers.get("Depth"), "infinity") != "infinity":
        raise BadRequest("dav.bad_depth", msg("Depth is 0, 1 or infinity."))
    there = await asked.destination()
    source, target = await _ends(asked, there, moves=True)
    data, replaced = _transfer(source, target)
    assert source.entry is not None
    await transfers.move(
        call.db,
        asked.contents.storage,
        asked.actor,
        source.entry.id,
        data,
        replacing=replaced,
        tokens=tokens_in(asked.lists),
    )
    return _done(there, target)


async def _ends(asked: Asked, there: Asked, *, moves: bool) -> tuple[Place, Place]:
    """Where it is and where it goes, once nothing of the protocol's stands against it."""
    async with asked.call.db.read() as tx:
        source = await asked.place(tx)
        await node_of(tx, asked.actor, source, Can.EDIT if moves else Can.READ)
        target = await there.place(tx)
        refuse_top(target)
        _ = target.parent
        same = source.entry is not None and target.entry is not None and source.entry.id == target.entry.id
        if same and (not moves or source.entry.name == clean_name(target.name)):  # type: ignore[union-attr]
            raise Refused("files.into_itself", msg("This is what it is already."))
        if not same and target.entry is not None:
            if target.entry.id in [entry.id for entry in source.path]:
                raise Refused("files.into_itself", msg("This would replace the folder that it is in."))
            if not overwrites(asked.request.headers.get("Overwrite")):
                raise PreconditionFailed("dav.overwrite", msg("There is something at the destination already."))
        overwrites(asked.request.headers.get("Overwrite"))
    return source, target


def _transfer(source: Place, target: Place) -> tuple[TransferInput, UUID | None]:
    """What the services are asked, and what has to go first: all but a file that a file replaces."""
    assert source.entry is not None and target.space is not None
    parent = None if target.parent == target.space else target.parent
    there = target.entry if target.entry is not None and target.entry.id != source.entry.id else None
    files = there is not None and not there.is_folder and not source.entry.is_folder
    conflict = OnConflict.VERSION if files else OnConflict.REFUSE
    data = TransferInput(space=target.space, folder=parent, name=clean_name(target.name), conflict=conflict)
    return data, there.id if there is not None and not files else None


def _done(there: Asked, target: Place) -> web.Response:
    if target.exists:
        return web.Response(status=HTTPStatus.NO_CONTENT)
    return web.Response(status=HTTPStatus.CREATED, headers={hdrs.LOCATION: href(there.names, folder=False)})


@routes.add("PROPPATCH", "/{tail}", refuse=refuse)
async def proppatch(call: Call) -> web.Response:
    """Note properties that are the program's own, or take them away: all of them or none."""
    asked = await ask(call)
    changes, fixed = _changes(await asked.document())
    async with call.db.write() as tx:
        place = (await asked.place(tx, writes=True)).found()
        node: Node | None = None
        if place.is_top:
            fixed = list(changes)
        else:
            node = await node_of(tx, asked.actor, place, Can.EDIT)
        if node is not None and not fixed:
            await set_properties(tx, asked.actor, node.id, changes)
    address = href(place.names, folder=place.is_folder)
    if not fixed:
        return multistatus([response(address, [(HTTPStatus.OK, "".join(element(*local(name)) for name in changes))])])
    others = [name for name in changes if name not in fixed]
    parts = [(FORBIDDEN, "".join(element(*local(name)) for name in fixed))]
    parts += [(FAILED, "".join(element(*local(name)) for name in others))] if others else []
    return multistatus([response(address, parts)])


def _changes(document: Element | None) -> tuple[dict[str, str | None], list[str]]:
    """What a PROPPATCH changes, in its order, and which of it nobody may. Raises BadRequest."""
    if document is None or document.tag != f"{DAV}propertyupdate":
        raise BadRequest("dav.bad_proppatch", msg("The request is not XML that can be accepted here."))
    changes: dict[str, str | None] = {}
    for step in document:
        if step.tag in (f"{DAV}set", f"{DAV}remove"):
            for properties in step.findall(f"{DAV}prop"):
                for one in properties:
                    one.tail = None
                    changes[one.tag] = tostring(one, encoding="unicode") if step.tag == f"{DAV}set" else None
    if not changes:
        raise BadRequest("dav.bad_proppatch", msg("The request is not XML that can be accepted here."))
    return changes, [name for name in changes if name.startswith(DAV) and local(name)[1] in KNOWN]
