"""A folder, or a selection of what it holds, as one ZIP."""

from typing import Annotated, Any
from uuid import UUID

from aiohttp import web
from pydantic import BeforeValidator, Field

from collab.core.text import Input
from collab.files.entries import list_branch
from collab.files.models import FolderId
from web.http import Call, Routes
from web.zips import send_zip

routes = Routes("files")

MOST_CHOSEN = 200


def _listed(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


class ZipQuery(Input):
    """Which folder (empty: the top), and which things of it; none: all that it holds."""

    folder: FolderId = None
    item: Annotated[list[UUID], BeforeValidator(_listed)] = Field(default_factory=list, max_length=MOST_CHOSEN)


@routes.get("/spaces/{space}/zip", query=ZipQuery, gives="application/zip")
async def get_zip(call: Call, query: ZipQuery) -> web.StreamResponse:
    """A folder, or some things of it, as a ZIP that is made while it is sent."""
    space = call.id("space")
    async with call.db.write() as tx:
        name, leaves = await list_branch(tx, call.actor, space, query.folder, query.item)
        tx.record(
            call.actor,
            "files.zip",
            space=space,
            subject=query.folder or space,
            name=name,
            files=sum(leaf.id is not None for leaf in leaves),
            size=sum(leaf.size for leaf in leaves),
        )
    return await send_zip(call, name, leaves)
