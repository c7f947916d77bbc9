"""Files over the API: the tree, contents with ranges, versions, the trash. Bytes pass through web/contents.py."""

import re
from uuid import UUID

from aiohttp import hdrs, web

from collab.core.database import Tx
from collab.core.errors import NotFound
from collab.files import queries, service, versions
from collab.files.models import (
    AfterVersion,
    FolderInput,
    FolderQuery,
    FolderRef,
    Node,
    NodeChange,
    NodeView,
    NodeWithPath,
    TrashedView,
    UploadQuery,
    VersionChange,
    VersionQuery,
    VersionView,
)
from collab.spaces.access import Can, get_space, require
from collab.spaces.models import SpaceView
from collab.spaces.personal import find_personal_space, personal_space
from collab.spaces.queries import view_of
from web.contents import Contents
from web.http import API, After, Answer, Call, Guard, Page, Routes

routes = Routes("files")


@routes.get("/me/files", result=SpaceView, guard=Guard.OWN)
async def get_personal_space(call: Call) -> Answer:
    """One's own files: the space that holds them, made at its first use."""
    async with call.db.read() as tx:
        found = await find_personal_space(tx, call.actor)
    async with call.db.read() if found else call.db.write() as tx:
        space = await get_space(tx, call.actor, found or await personal_space(tx, call.actor), Can.READ)
        role = await require(tx, call.actor, space.id, Can.READ)
    return Answer(view_of(space, role), rev=space.rev)


@routes.get("/spaces/{space}/files", query=FolderQuery, result=Page[NodeView])
async def list_folder(call: Call, query: FolderQuery) -> Page[NodeView]:
    """What a folder holds, folders first, then by name."""
    space = call.id("space")
    async with call.db.read() as tx:
        items, after = await queries.list_folder(tx, call.actor, space, query.folder, after=query.after)
    folder = f"folder={query.folder}&" if query.folder else ""
    return Page(items=items, next=f"{API}/spaces/{space}/files?{folder}after={after}" if after else None)


@routes.post("/spaces/{space}/files", query=UploadQuery, result=NodeView, raw=True)
async def upload(call: Call, query: UploadQuery) -> Answer:
    """A new file from the raw bytes of the body; answered once they are durable."""
    space, contents = call.id("space"), call.deps.part(Contents)
    async with call.db.read() as tx:
        await service.check_upload(tx, call.actor, space, query, call.request.content_length or 0)
    stored = await contents.receive_body(call.request)
    async with contents.keeping(stored), call.db.write() as tx:
        node = await service.add_file(tx, call.actor, space, query, stored)
        return await _answer(tx, node, status=201)


@routes.post("/spaces/{space}/folders", body=FolderInput, result=NodeView)
async def create_folder(call: Call, body: FolderInput) -> Answer:
    """A new folder."""
    async with call.db.write() as tx:
        node = await service.create_folder(tx, call.actor, call.id("space"), body)
        return await _answer(tx, node, status=201)


@routes.get("/spaces/{space}/folders", query=After, result=Page[FolderRef])
async def list_folders(call: Call, query: After) -> Page[FolderRef]:
    """The folders of a space, by name."""
    async with call.db.read() as tx:
        items, after = await queries.list_folders(tx, call.actor, call.id("space"), after=query.after)
    return Page(items=items, next=call.following(after))


@routes.get("/files/{file}", result=NodeWithPath)
async def get_file(call: Call) -> Answer:
    """A file or folder, live or in the trash, and the folders above it."""
    async with call.db.read() as tx:
        view = await queries.find_node(tx, call.actor, call.id("file"))
    return Answer(view, rev=view.rev)


@routes.patch("/files/{file}", body=NodeChange, result=NodeView)
async def change_file(call: Call, body: NodeChange) -> Answer:
    """Rename or move a file or folder; needs If-Match."""
    async with call.db.write() as tx:
        node = await service.change_node(tx, call.actor, call.id("file"), body, call.if_match())
        return await _answer(tx, node)


@routes.delete("/files/{file}")
async def trash_file(call: Call) -> None:
    """Put a file, or a folder with all that is in it, into the trash."""
    async with call.db.write() as tx:
        await service.trash_node(tx, call.actor, call.id("file"))


@routes.post("/files/{file}/restore", result=NodeView, status=200)
async def restore_file(call: Call) -> Answer:
    """Put back what is in the trash."""
    async with call.db.write() as tx:
        node = await service.restore_node(tx, call.actor, call.id("file"))
        return await _answer(tx, node)


@routes.get("/files/{file}/content")
async def get_content(call: Call) -> web.StreamResponse:
    """The bytes, with conditions and ranges (RFC 9110)."""
    return await _send(call, call.id("file"))


@routes.put("/files/{file}/content", query=VersionQuery, result=NodeView, raw=True)
async def put_content(call: Call, query: VersionQuery) -> Answer:
    """A new version from the raw bytes of the body; If-Match, where sent, holds the ETag of the content replaced."""
    file, contents, seen = call.id("file"), call.deps.part(Contents), _seen_content(call.request)
    async with call.db.read() as tx:
        await service.check_version(tx, call.actor, file, seen, call.request.content_length or 0)
    stored = await contents.receive_body(call.request)
    async with contents.keeping(stored), call.db.write() as tx:
        node = await service.add_version(tx, call.actor, file, stored, seen, query.comment)
        return await _answer(tx, node)


@routes.get("/files/{file}/versions", query=AfterVersion, result=Page[VersionView])
async def list_versions(call: Call, query: AfterVersion) -> Page[VersionView]:
    """The versions of a file, newest first."""
    async with call.db.read() as tx:
        items, after = await queries.list_versions(tx, call.actor, call.id("file"), after=query.after)
    return Page(items=items, next=call.following(after))


@routes.get("/files/{file}/versions/{number}/content")
async def get_version_content(call: Call) -> web.StreamResponse:
    """The bytes of one version."""
    return await _send(call, call.id("file"), number_of(call))


@routes.patch("/files/{file}/versions/{number}", body=VersionChange, status=204)
async def comment_version(call: Call, body: VersionChange) -> None:
    """Say something of a version."""
    async with call.db.write() as tx:
        await versions.comment_version(tx, call.actor, call.id("file"), number_of(call), body.comment)


@routes.post("/files/{file}/versions/{number}/restore", result=NodeView, status=200)
async def restore_version(call: Call) -> Answer:
    """Make a former version the current one again, as a new version."""
    stored = await call.deps.part(Contents).copy_version(call.actor, call.id("file"), number_of(call))
    async with call.deps.part(Contents).keeping(stored), call.db.write() as tx:
        node = await versions.restore_version(tx, call.actor, call.id("file"), number_of(call), stored)
        return await _answer(tx, node)


@routes.delete("/files/{file}/versions/{number}")
async def destroy_version(call: Call) -> None:
    """Destroy a former version for good; for owners."""
    async with call.db.write() as tx:
        await service.destroy_version(tx, call.actor, call.id("file"), number_of(call))


@routes.get("/spaces/{space}/trash", query=After, result=Page[TrashedView])
async def list_trash(call: Call, query: After) -> Page[TrashedView]:
    """What is in the trash of a space, newest first, and when each thing is destroyed."""
    days = call.deps.settings.files.trash_days
    async with call.db.read() as tx:
        items, after = await queries.list_trash(tx, call.actor, call.id("space"), days, after=query.after)
    return Page(items=items, next=call.following(after))


@routes.delete("/spaces/{space}/trash")
async def empty_trash(call: Call) -> None:
    """Destroy all that is in the trash of a space for good; for owners."""
    async with call.db.write() as tx:
        await service.empty_trash(tx, call.actor, call.id("space"))


@routes.delete("/trash/{file}")
async def purge_file(call: Call) -> None:
    """Destroy one thing of the trash for good; for owners."""
    async with call.db.write() as tx:
        await service.purge_node(tx, call.actor, call.id("file"))


async def _answer(tx: Tx, node: Node, status: int = 200) -> Answer:
    [view] = await queries.views_of(tx, [node])
    headers = {"Location": f"{API}/files/{view.id}"} if status == 201 else {}
    return Answer(view, status=status, headers=headers, rev=view.rev)


async def _send(call: Call, file: UUID, number: int | None = None) -> web.StreamResponse:
    async with call.db.read() as tx:
        source = await queries.find_content(tx, call.actor, file, number)
    return await call.deps.part(Contents).send(call.request, source)


def number_of(call: Call) -> int:
    text = call.text("number")
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise NotFound()
    return int(text)


def _seen_content(request: web.Request) -> str | None:
    """The SHA-256 in If-Match; None without one, or for `*`."""
    header = request.headers.get(hdrs.IF_MATCH, "*").strip()
    return None if header == "*" else header.strip('"')
