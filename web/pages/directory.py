"""The directory: tree of services, search, a person's page with photo."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, Field

from collab.core.errors import NotFound
from collab.core.i18n import msg
from directory.people.queries import list_people, read_photo, view_person
from directory.units.models import UnitView
from directory.units.queries import list_units
from web.http import Call, page_routes
from web.page import locale_of, show

PHOTO_SECONDS = 3600

routes = page_routes("pages.directory")


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


class DirectoryQuery(BaseModel):
    """What is looked for; a form sends its empty fields too."""

    search: Annotated[str, Field(max_length=100)] = ""
    unit: Annotated[UUID | None, BeforeValidator(_blank_is_none)] = None
    after: Annotated[UUID | None, BeforeValidator(_blank_is_none)] = None


@dataclass(slots=True)
class Branch:
    """A service in the tree of macros/tree.html. `open`: the chosen service is this one or lies below."""

    text: str
    url: str
    count: int | None = None
    open: bool = False
    children: list["Branch"] = field(default_factory=list)


def _tree(units: Sequence[UnitView], chosen: UUID | None) -> list[Branch]:
    """The services as branches, each after the one it belongs to as list_units gives them."""
    roots: list[Branch] = []
    branches: dict[UUID, Branch] = {}
    parents = {unit.id: unit.parent_id for unit in units}
    way: set[UUID] = set()
    step = chosen
    while step in parents:
        way.add(step)
        step = parents[step]
    for unit in units:
        branch = Branch(unit.name, f"/directory?unit={unit.id}", unit.people_below, unit.id in way)
        branches[unit.id] = branch
        (branches[unit.parent_id].children if unit.parent_id in branches else roots).append(branch)
    return roots


@routes.get("/directory", query=DirectoryQuery)
async def directory(call: Call, query: DirectoryQuery) -> web.Response:
    """Services on one side, the people of the chosen one on the other."""
    async with call.db.read() as tx:
        units = await list_units(tx, call.actor)
        page = await list_people(tx, call.actor, search=query.search, unit=query.unit, after=query.after)
    chosen = next((unit for unit in units if unit.id == query.unit), None)
    following = None
    everybody = locale_of(call.request).render(msg("Everybody"))
    if page.next is not None:
        following = str(call.request.rel_url.update_query(after=str(page.next)))
    return await show(
        call,
        "directory/people.html",
        units=units,
        nodes=[Branch(everybody, "/directory"), *_tree(units, query.unit)],
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
