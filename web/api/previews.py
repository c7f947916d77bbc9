"""Previews over the API: how a file can be shown, and the parts it is shown by. Given to who may have the content."""

from typing import Annotated, Any
from uuid import UUID

from aiohttp import web
from pydantic import BeforeValidator, Field

from collab.core.text import Input
from collab.files.previews import service
from collab.files.previews.models import PreviewView, ThumbView
from collab.files.previews.thumbs import MOST, owe_thumbs, thumbs_in_space
from collab.files.queries import Source, find_content
from collab.files.readings import Door
from web.api.files import number_of
from web.contents import Contents
from web.http import Answer, Call, Page, Routes

routes = Routes("previews")

SOON = {"Retry-After": "1"}


class ThumbsQuery(Input):
    """Some files of one list."""

    item: Annotated[list[UUID], BeforeValidator(lambda value: value if isinstance(value, list) else [value])] = Field(
        min_length=1, max_length=MOST
    )


@routes.get("/spaces/{space}/thumbs", query=ThumbsQuery, result=Page[ThumbView])
async def list_thumbs(call: Call, query: ThumbsQuery) -> Page[ThumbView]:
    """Which of these files have a small picture; what has none yet is made, a few at a time."""
    space = call.id("space")
    async with call.db.read() as tx:
        thumbs = await thumbs_in_space(tx, call.actor, space, query.item)
    if thumbs.owed:
        async with call.db.write() as tx:
            await owe_thumbs(tx, await thumbs_in_space(tx, call.actor, space, query.item))
    return Page(items=thumbs.views, next=None)


@routes.get("/files/{file}/preview", result=PreviewView)
async def get_preview(call: Call) -> PreviewView:
    """How the file can be shown; made when first asked for, `waiting` until then."""
    return await _preview(call, call.id("file"))


@routes.get("/files/{file}/versions/{number}/preview", result=PreviewView)
async def get_version_preview(call: Call) -> PreviewView:
    """How one version can be shown."""
    return await _preview(call, call.id("file"), number_of(call))


@routes.get("/files/{file}/preview/{part}", gives="image/webp")
async def get_part(call: Call) -> Any:
    """A part: `thumb`, `picture`, `text` or `page-N`; 202 while it is made."""
    return await _part(call, call.id("file"))


@routes.get("/files/{file}/versions/{number}/preview/{part}", gives="image/webp")
async def get_version_part(call: Call) -> Any:
    """A part of one version's preview."""
    return await _part(call, call.id("file"), number_of(call))


async def _preview(call: Call, file: UUID, number: int | None = None) -> PreviewView:
    async with call.db.read() as tx:
        found = await service.find_preview(tx, await find_content(tx, call.actor, file, number))
    if found is not None:
        return found
    async with call.db.write() as tx:
        return await service.ask_preview(tx, await find_content(tx, call.actor, file, number))


async def _part(call: Call, file: UUID, number: int | None = None) -> Answer | web.StreamResponse:
    name = call.text("part")
    async with call.db.read() as tx:
        part: Source | None = await service.find_part(tx, await find_content(tx, call.actor, file, number), name)
    if part is not None:
        # A small picture in a list was seen, not read.
        door = None if name == "thumb" else Door.PREVIEW
        return await call.deps.part(Contents).send(call.request, part, door=door)
    async with call.db.write() as tx:
        view = await service.ask_part(tx, await find_content(tx, call.actor, file, number), name)
    return Answer(view, status=202, headers=SOON)
