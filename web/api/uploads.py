"""Resumable uploads of people over tus 1.0.0; the protocol is in web/tus.py, the work in web/receiving.py."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from collab.core.i18n import msg
from collab.files.uploads.access import list_own
from collab.files.uploads.models import UploadEnd, UploadStart, UploadView
from collab.files.uploads.service import check_start, start_upload
from web import tus
from web.http import API, Answer, BadRequest, Call, Guard, Page, Routes, parse
from web.receiving import Door, Receiving

routes = Routes("uploads")

ADDRESS = f"{API}/uploads"
# Names of the metadata, where they are not ours.
NAMES = {"filename": "name"}


class UploadPlace(BaseModel):
    """Where a file goes, for clients that cannot say it in Upload-Metadata, which counts first."""

    model_config = ConfigDict(extra="forbid")
    space: str | None = None
    folder: str | None = None
    name: str | None = None
    conflict: str | None = None


@routes.add("OPTIONS", "/uploads", guard=Guard.PUBLIC, status=204)
async def describe(call: Call) -> web.Response:
    """What of tus is spoken here."""
    return call.deps.part(Receiving).describe()


@routes.get("/uploads", guard=Guard.OWN, result=Page[UploadView])
async def list_uploads(call: Call) -> Page[UploadView]:
    """One's own unfinished uploads, newest first."""
    receiving = call.deps.part(Receiving)
    async with call.db.read() as tx:
        uploads = await list_own(tx, call.actor)
    return Page(items=[await receiving.view_of(upload) for upload in uploads])


@routes.post("/uploads", query=UploadPlace, raw=True, takes=tus.BODY)
async def start(call: Call, query: UploadPlace) -> web.StreamResponse:
    """A new upload: Upload-Length, and Upload-Metadata with filename, space, folder and conflict."""
    tus.check_version(call.request.headers)
    receiving = call.deps.part(Receiving)
    size = tus.length_of(call.request.headers)
    receiving.check_size(size)
    data: UploadStart = parse(UploadStart, {**_place(call, query), "size": size}, "Upload-Metadata")
    async with call.db.read() as tx:
        await check_start(tx, call.actor, receiving.limits, data)
    return await receiving.create(
        call.request, _door(call), size, lambda tx, key: start_upload(tx, call.actor, receiving.limits, data, key)
    )


@routes.get("/uploads/{upload}", result=UploadView)
async def look(call: Call) -> Answer:
    """How far an upload is; HEAD with the headers of tus."""
    if call.request.method == "HEAD":
        tus.check_version(call.request.headers)
    receiving = call.deps.part(Receiving)
    upload, offset = await receiving.look(_door(call), call.id("upload"))
    return Answer(await receiving.view_of(upload, offset), headers=receiving.headers_of(upload, offset))


@routes.patch("/uploads/{upload}", raw=True, takes=tus.BODY, status=204)
async def append(call: Call) -> web.StreamResponse:
    """The next bytes, behind Upload-Offset."""
    tus.check_version(call.request.headers)
    return await call.deps.part(Receiving).append(call.request, _door(call), call.id("upload"))


@routes.delete("/uploads/{upload}")
async def abandon(call: Call) -> web.StreamResponse:
    """Give it up; what had arrived is destroyed."""
    tus.check_version(call.request.headers)
    return await call.deps.part(Receiving).abandon(_door(call), call.id("upload"))


@routes.post("/uploads/{upload}", raw=True, takes=tus.BODY, status=204)
async def instead(call: Call) -> web.StreamResponse:
    """PATCH or DELETE, named in X-HTTP-Method-Override, for those who can only send POST."""
    method = call.request.headers.get("X-HTTP-Method-Override", "")
    if method not in INSTEAD:
        raise BadRequest("tus.override", msg("Send PATCH or DELETE, or name one in X-HTTP-Method-Override."))
    return await INSTEAD[method](call)


@routes.post("/uploads/{upload}/end", body=UploadEnd, result=UploadView, status=200)
async def end(call: Call, body: UploadEnd) -> UploadView:
    """Make the file of an upload that is all there, under another name or as a version where its name was taken."""
    receiving = call.deps.part(Receiving)
    upload = await receiving.end(_door(call), call.id("upload"), body)
    return await receiving.view_of(upload, upload.size)


INSTEAD: dict[str, Callable[[Call], Awaitable[web.StreamResponse]]] = {"PATCH": append, "DELETE": abandon}


def _door(call: Call) -> Door:
    return Door(call.actor, ADDRESS)


def _place(call: Call, query: UploadPlace) -> dict[str, Any]:
    known = {NAMES.get(key, key): value for key, value in tus.metadata_of(call.request.headers).items()}
    place = query.model_dump(exclude_none=True) | known
    return {key: value for key, value in place.items() if key in UploadPlace.model_fields}
