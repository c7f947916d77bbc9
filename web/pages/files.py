"""Files as pages: spaces, a folder, one file with its versions, the trash. All of it works without scripts.

The list of a folder is upgraded by src/files/; forms here call the same services as the API.
"""

import contextlib
from functools import partial
from typing import Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from collab.core import topics
from collab.core.errors import Conflict, Denied, Invalid, NotFound, StaleRevision
from collab.core.i18n import Message, msg
from collab.files import queries, service
from collab.files.events import topic_of
from collab.files.favourites import list_favourite_ids
from collab.files.models import (
    AfterVersion,
    FolderInput,
    FolderRef,
    Kind,
    NodeChange,
    OnConflict,
    UploadQuery,
    VersionView,
)
from collab.files.previews.service import shown_so_far
from collab.files.records.access import is_archivist
from collab.files.tags import list_tags
from collab.spaces.access import GRANTS, Can, get_space, require
from collab.spaces.models import Space
from collab.spaces.personal import find_personal_space, personal_space
from collab.spaces.queries import page_spaces
from web.contents import Contents
from web.forms import Errors, accept, errors_of, read_form
from web.http import After, Call, Guard, page_routes, parse, rev_of
from web.page import locale_of, show
from web.pages.file_parts import item_address, panels_of
from web.pages.links import links_panel
from web.pages.records import about_records
from web.parts import broken, parts_of, text_of
from web.versions import differences, find_saved

routes = page_routes("pages.files")

MAX_FIELDS = 20
MY_FILES = msg("My files")
CONFLICTS: dict[OnConflict, Message] = {
    OnConflict.REFUSE: msg("Ask me"),
    OnConflict.RENAME: msg("Keep both, under another name"),
    OnConflict.VERSION: msg("Make a new version of it"),
}


class ShownItem(AfterVersion):
    """Which part of the versions and comments is shown, and which part of the folders one can choose from."""

    folders: UUID | None = None
    comments: UUID | None = None


class NodeForm(BaseModel):
    """The form of a file or folder: its name, its folder (`top`: none) and the rev that was shown."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(default="", max_length=1000)
    folder: str = ""
    rev: int


@routes.get("/files", query=After, guard=Guard.OWN)
async def spaces(call: Call, query: After) -> web.Response:
    """One's own files and the spaces whose files one may see."""
    async with call.db.read() as tx:
        found, after = await page_spaces(tx, call.actor, after=query.after)
        archivist = call.actor.scopes is None and await is_archivist(tx, call.actor)
    first, following = query.after is None, call.following(after)
    return await show(
        call, "collab/files/spaces.html", spaces=found, first=first, following=following, archivist=archivist
    )


@routes.get("/files/mine", guard=Guard.OWN)
async def mine(call: Call) -> web.Response:
    """One's own files, by an address that is the same for everybody."""
    async with call.db.read() as tx:
        space = await find_personal_space(tx, call.actor)
    if space is None:
        async with call.db.write() as tx:
            space = await personal_space(tx, call.actor)
    raise web.HTTPSeeOther(_address(space, None))


@routes.get("/files/{space}", query=After)
async def top(call: Call, query: After) -> web.Response:
    """The top folder of a space."""
    return await _folder_page(call, None, after=query.after)


@routes.get("/files/{space}/trash", query=After)
async def trash(call: Call, query: After) -> web.Response:
    """What was put into the trash of a space."""
    days = call.deps.settings.files.trash_days
    async with call.db.read() as tx:
        space, rights = await place_of(call, tx)
        items, after = await queries.list_trash(tx, call.actor, space.id, days, after=query.after)
    following = call.following(after)
    return await show(
        call, "collab/files/trash.html", space=space, items=items, days=days, following=following, **rights
    )


@routes.get("/files/{space}/{folder}", query=After)
async def folder(call: Call, query: After) -> web.Response:
    """A folder."""
    return await _folder_page(call, call.id("folder"), after=query.after)


@routes.get("/files/{space}/items/{file}", query=ShownItem)
async def item(call: Call, query: ShownItem) -> web.Response:
    """A file with its versions, or what a folder is called and where it is."""
    return await item_page(call, {}, shown=query)


@routes.post("/files/{space}/upload")
async def upload(call: Call) -> web.Response:
    """The form for those without scripts: several files, streamed to the disk one after the other.

    A file that is refused does not keep the others from being added. `as`: the name of the one file there is, as a
    version of which it comes.
    """
    space_id, contents = call.id("space"), call.deps.part(Contents)
    async with call.db.read() as tx:
        await require(tx, call.actor, space_id, Can.EDIT)
    fields: dict[str, str] = {}
    refused: list[str] = []
    node, named = None, ""
    try:
        async for part in parts_of(call.request):
            if part.filename is None:
                if len(fields) == MAX_FIELDS:
                    raise broken()
                fields[part.name or ""] = await text_of(part)
            elif part.filename:
                named = named or fields.pop("as", "")
                query = parse(UploadQuery, {**fields, "name": named or part.filename}, "form")
                try:
                    async with call.db.read() as tx:
                        await service.check_upload(tx, call.actor, space_id, query)
                    stored = await contents.receive(partial(part.read_chunk, 1 << 16))
                    async with contents.keeping(stored), call.db.write() as tx:
                        node = await service.add_file(tx, call.actor, space_id, query, stored)
                except (Conflict, Invalid) as error:
                    refused += [f"{part.filename} – {text}" for text in errors_of(call.request, error).values()]
    except (Conflict, Invalid) as error:
        refused += errors_of(call.request, error).values()
    if refused:
        errors = {str(number): text for number, text in enumerate(refused)}
        return await _folder_page(call, _uuid(fields.get("folder")), errors=errors)
    if named and node is not None:
        raise web.HTTPSeeOther(f"/files/{space_id}/items/{node.id}#versions")
    raise web.HTTPSeeOther(_address(space_id, _uuid(fields.get("folder"))))


@routes.post("/files/{space}/folders")
async def create_folder(call: Call) -> web.Response:
    """Make a folder."""
    space_id, values = call.id("space"), await read_form(call.request)
    data, errors = accept(call.request, FolderInput, values)
    if data is not None:
        try:
            async with call.db.write() as tx:
                await service.create_folder(tx, call.actor, space_id, data)
        except (Conflict, Invalid) as error:
            errors = errors_of(call.request, error)
    if errors:
        return await _folder_page(call, _uuid(values.get("folder")), errors=errors)
    raise web.HTTPSeeOther(_address(space_id, _uuid(values.get("folder"))))


@routes.post("/files/{space}/items/{file}")
async def change_item(call: Call) -> web.Response:
    """Rename or move."""
    values = await read_form(call.request)
    form, errors = accept(call.request, NodeForm, values)
    is_stale = False
    if form is not None:
        changed = NodeChange(name=form.name, folder=None if form.folder == "top" else _uuid(form.folder))
        try:
            async with call.db.write() as tx:
                node = await service.change_node(tx, call.actor, call.id("file"), changed, form.rev)
        except StaleRevision:
            is_stale = True
        except (Conflict, Invalid) as error:
            errors = errors_of(call.request, error)
        else:
            raise web.HTTPSeeOther(_address(node.space_id, node.folder_id))
    return await item_page(call, errors, values, is_stale=is_stale)


@routes.post("/files/{space}/items/{file}/trash")
async def trash_item(call: Call) -> web.Response:
    """Put into the trash."""
    async with call.db.write() as tx:
        node = await service.trash_node(tx, call.actor, call.id("file"))
    raise web.HTTPSeeOther(_address(node.space_id, node.folder_id))


@routes.post("/files/{space}/items/{file}/restore")
async def restore_item(call: Call) -> web.Response:
    """Put back."""
    async with call.db.write() as tx:
        node = await service.restore_node(tx, call.actor, call.id("file"))
    raise web.HTTPSeeOther(_address(node.space_id, node.folder_id))


@routes.post("/files/{space}/items/{file}/purge")
async def purge_item(call: Call) -> web.Response:
    """Destroy for good."""
    async with call.db.write() as tx:
        await service.purge_node(tx, call.actor, call.id("file"))
    raise web.HTTPSeeOther(f"/files/{call.id('space')}/trash")


@routes.post("/files/{space}/trash")
async def empty_trash(call: Call) -> web.Response:
    """Destroy all that is in the trash for good."""
    async with call.db.write() as tx:
        await service.empty_trash(tx, call.actor, call.id("space"))
    raise web.HTTPSeeOther(f"/files/{call.id('space')}/trash")


@routes.post("/files/{space}/items/{file}/versions/{number}/destroy")
async def destroy_version(call: Call) -> web.Response:
    """Destroy a former version for good."""
    async with call.db.write() as tx:
        await service.destroy_version(tx, call.actor, call.id("file"), rev_of(call.text("number")))
    raise web.HTTPSeeOther(item_address(call))


async def place_of(call: Call, tx: Any) -> tuple[Space, dict[str, Any]]:
    """The space; what its top is called, and what the one who asks may do in it."""
    space = await get_space(tx, call.actor, call.id("space"), Can.READ)
    grants = GRANTS[await require(tx, call.actor, space.id, Can.READ)]
    home = locale_of(call.request).render(MY_FILES) if space.owner_id else space.title
    return space, {"home": home, "can_edit": Can.EDIT in grants, "can_manage": Can.MANAGE in grants}


async def _folder_page(
    call: Call, folder_id: UUID | None, *, after: UUID | None = None, errors: Errors | None = None
) -> web.Response:
    async with call.db.read() as tx:
        space, rights = await place_of(call, tx)
        items, more = await queries.list_folder(tx, call.actor, space.id, folder_id, after=after)
        path = await queries.path_to(tx, folder_id) if folder_id and folder_id != space.id else []
        tags = await list_tags(tx, call.actor, space.id)
        favourites = await list_favourite_ids(tx, call.actor, space.id)
        revs = await topics.current_revs(tx, [topic_of(space.id)])
    state = {
        "space": str(space.id),
        "folder": str(path[-1].id) if path else None,
        "path": [str(step.id) for step in path],
        "zone": call.deps.settings.place.time_zone,
        "rev": revs[topic_of(space.id)],
        "items": [view.model_dump(mode="json") for view in items],
        "next": str(more) if more else None,
        "tags": [tag.model_dump(mode="json") for tag in tags],
        "favourites": [str(one) for one in favourites],
        **rights,
    }
    render = locale_of(call.request).render
    conflicts = [(choice.value, render(text)) for choice, text in CONFLICTS.items()]
    data: dict[str, Any] = {
        "space": space,
        "path": path,
        "items": items,
        "more": more,
        "state": state,
        "conflicts": conflicts,
        "tags": {tag.id: tag for tag in tags},
        "favourites": set(favourites),
    }
    return await show(
        call, "collab/files/folder.html", status=422 if errors else 200, errors=errors or {}, **data, **rights
    )


async def item_page(
    call: Call,
    errors: Errors,
    values: dict[str, str] | None = None,
    *,
    shown: ShownItem | None = None,
    is_stale: bool = False,
    written: dict[str, str] | None = None,
) -> web.Response:
    """The page of a file or folder.

    `values`: its name and place as typed, shown again with what was saved meanwhile where it `is_stale` and differs;
    `written`: a comment that could not be accepted.
    """
    shown = shown or ShownItem()
    file_id = call.id("file")
    async with call.db.read() as tx:
        node = await queries.find_node(tx, call.actor, file_id)
        space, rights = await place_of(call, tx)
        if node.space != space.id or node.trashed_at is not None:
            raise NotFound()
        versions: list[VersionView] = []
        folders: list[FolderRef] = []
        older = more_folders = preview = None
        if node.kind is Kind.FILE:
            with contextlib.suppress(Denied):  # what is in quarantine, or not scanned yet, is shown to nobody
                preview = await shown_so_far(tx, await queries.find_content(tx, call.actor, file_id))
            versions, older = await queries.list_versions(tx, call.actor, file_id, after=shown.after)
        if rights["can_edit"]:
            folders, more_folders = await queries.list_folders(tx, call.actor, space.id, after=shown.folders)
        theirs = {"name": node.name, "folder": str(node.folder or "top")}
        place = node.path[-1].name if node.folder else rights["home"]
        sharing = await links_panel(call, tx, node, can_edit=rights["can_edit"])
        fields = differences(values or {}, theirs, {"folder": place}) if is_stale else {}
        saved = await find_saved(tx, call.actor, file_id, "files", node.rev, fields) if fields else None
        parts = await panels_of(call, tx, node, comments_after=shown.comments)
        records = await about_records(tx, call.actor, node, rights)
    if is_stale and saved is None:  # what was saved says the same
        raise web.HTTPSeeOther(_address(space.id, node.folder))
    data: dict[str, Any] = {
        "values": theirs if values is None else values,
        "saved": saved,
        "space": space,
        "node": node,
        "sharing": sharing,
        "preview": preview,
        "versions": versions,
        "folders": _indented(folders, besides=node.id),
        "here": [(node.folder, node.path[-1].name)] if node.folder else [],
        "older": older,
        "more_folders": more_folders,
        "written": written or {},
        **parts,
    }
    status = 412 if saved else 422 if errors else 200
    return await show(call, "collab/files/item.html", status=status, errors=errors, **data, **rights, **records)


def _indented(folders: list[FolderRef], *, besides: UUID) -> list[tuple[UUID, str]]:
    """The tree as the options of a select, without the branch of a folder itself.

    Of a long list that is shown in parts, what lies in a folder of another part stands at the top.
    """
    known = {one.id for one in folders}
    inside: dict[UUID | None, list[FolderRef]] = {}
    for one in folders:
        inside.setdefault(one.folder if one.folder in known else None, []).append(one)
    options: list[tuple[UUID, str]] = []

    def walk(parent: UUID | None, depth: int) -> None:
        for one in inside.get(parent, []):
            if one.id != besides:
                options.append((one.id, "\u2003" * depth + one.name))
                walk(one.id, depth + 1)

    walk(None, 1)
    return options


def _address(space_id: UUID, folder_id: UUID | None) -> str:
    return f"/files/{space_id}" + (f"/{folder_id}" if folder_id and folder_id != space_id else "")


def _uuid(text: str | None) -> UUID | None:
    """The id in a field, or None: an empty one is the top."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise NotFound() from None
