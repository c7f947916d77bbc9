"""What those who came through a link see of files without opening them, as web/api/previews.py for members.

With a limit on downloads there is none of it: the first page of a letter is the letter.
"""

from typing import Any

from collab.core.errors import Denied
from collab.core.i18n import msg
from collab.files.links.models import LinkKind
from collab.files.links.service import use_link
from collab.files.previews import service
from collab.files.previews.models import PreviewView, ThumbView
from collab.files.previews.thumbs import owe_thumbs, thumbs_in_folder
from collab.files.queries import Source, find_content
from collab.files.readings import Door
from web.api.previews import SOON, ThumbsQuery
from web.contents import Contents
from web.http import Answer, Call, Guard, Page, Routes
from web.visits import Visit, enter_open

routes = Routes("links", prefix="/api/v1/shared")

FIRST = ("picture", "page-1", "text")  # with one of these one begins to look at a file


async def _enter(call: Call) -> Visit:
    visit = await enter_open(call, LinkKind.VIEW)
    if visit.link.most_downloads is not None:
        raise Denied("links.counted", msg("Downloads of this link are counted: download the file to open it."))
    return visit


@routes.get("/{secret}/{node}/preview", guard=Guard.PUBLIC, result=PreviewView)
async def get_preview(call: Call) -> PreviewView:
    """How a file of a link can be shown; made when first asked for, `waiting` until then."""
    visit = await _enter(call)
    async with call.db.read() as tx:
        found = await service.find_preview(tx, await find_content(tx, visit.actor, call.id("node")))
    if found is not None:
        return found
    async with call.db.write() as tx:
        return await service.ask_preview(tx, await find_content(tx, visit.actor, call.id("node")))


@routes.get("/{secret}/{node}/preview/{part}", guard=Guard.PUBLIC, gives="image/webp")
async def get_part(call: Call) -> Any:
    """A part: `thumb`, `picture`, `text` or `page-N`; 202 while it is made. The first of a file is journalled."""
    visit, name, node = await _enter(call), call.text("part"), call.id("node")
    async with call.db.read() as tx:
        part: Source | None = await service.find_part(tx, await find_content(tx, visit.actor, node), name)
    if part is None:
        async with call.db.write() as tx:
            view = await service.ask_part(tx, await find_content(tx, visit.actor, node), name)
        return Answer(view, status=202, headers=SOON)
    if name in FIRST and call.request.method == "GET":
        async with call.db.write() as tx:
            await use_link(tx, visit.link, node, counts=True, shown=True)
    door = None if name == "thumb" else Door.LINK
    return await call.deps.part(Contents).send(call.request, part, door=door, reader=visit.actor)


@routes.get("/{secret}/{node}/thumbs", query=ThumbsQuery, guard=Guard.PUBLIC, result=Page[ThumbView])
async def list_thumbs(call: Call, query: ThumbsQuery) -> Page[ThumbView]:
    """Which files of a folder of the link have a small picture; what has none yet is made, a few at a time."""
    visit, folder = await _enter(call), call.id("node")
    async with call.db.read() as tx:
        thumbs = await thumbs_in_folder(tx, visit.actor, folder, query.item)
    if thumbs.owed:
        async with call.db.write() as tx:
            await owe_thumbs(tx, await thumbs_in_folder(tx, visit.actor, folder, query.item))
    return Page(items=thumbs.views, next=None)
