"""The directory: tree of services, search, a person's page with photo."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, Field

from collab.core.errors import NotFound
from directory.people.queries import list_people, read_photo, view_person
from directory.units.queries import list_units
from web.http import Call, page_routes
from web.page import show

PHOTO_SECONDS = 3600

routes = page_routes("pages.directory")


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


class DirectoryQuery(BaseModel):
    """What is looked for; a form sends its empty fields too."""

    search: Annotated[str, Field(max_length=100)] = ""
    unit: Annotated[UUID | None, BeforeValidator(_blank_is_none)] = None
    after: Annotated[UUID | None, BeforeValidator(_blank_is_none)] = None


@routes.get("/directory", query=DirectoryQuery)
async def directory(call: Call, query: DirectoryQuery) -> web.Response:
    """Services on one side, the people of the chosen one on the other."""
    async with call.db.read() as tx:
        units = await list_units(tx, call.actor)
        page = await list_people(tx, call.actor, search=query.search, unit=query.unit, after=query.after)
    chosen = next((unit for unit in units if unit.id == query.unit), None)
    following = None
    if page.next is not None:
        following = str(call.request.rel_url.update_query(after=str(page.next)))
    return await show(
        call,
        "directory/people.html",
        units=units,
        chosen=chosen,
        people_list=page.items,
        following=following,
        query=query,
    )


@routes.get("/directory/people/{person}")
async def person(call: Call) -> web.Response:
    """A person: who they are, where they work, how to reach them."""
    async with call.db.read() as tx:
        view = await view_person(tx, call.actor, call.id("person"))
    return await show(call, "directory/person.html", person=view)


@routes.get("/directory/people/{person}/photo")
async def photo(call: Call) -> web.Response:
    """The picture from the directory."""
    async with call.db.read() as tx:
        data, digest = await read_photo(tx, call.actor, call.id("person"))
    if not data:
        raise NotFound()
    etag = f'"{digest}"'
    headers = {"ETag": etag, "Cache-Control": f"private, max-age={PHOTO_SECONDS}"}
    if call.request.headers.get("If-None-Match") == etag:
        return web.Response(status=304, headers=headers)
    return web.Response(body=data, content_type="image/jpeg", headers=headers)
