"""Administration of spaces: whose they are, without what they hold; those that nobody owns get an owner here."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from collab.core.errors import Conflict, Invalid
from collab.spaces.access import require_orphan
from collab.spaces.queries import list_for_administration, list_heirs
from collab.spaces.service import name_owner
from directory.people.queries import list_people
from web.forms import Errors, accept, errors_of, read_form
from web.http import After, Call, Guard, page_routes
from web.pages.admin import page
from web.pages.spaces import DATA_CLASSES

routes = page_routes("pages.admin_spaces")

FOUND = 10


class Search(BaseModel):
    """Whom to look for as an owner."""

    model_config = ConfigDict(extra="forbid")
    search: Annotated[str, Field(max_length=100)] = ""


class OwnerForm(BaseModel):
    """Who is to own the space."""

    model_config = ConfigDict(extra="forbid")
    person_id: UUID


@routes.get("/admin/spaces", query=After, guard=Guard.ADMIN)
async def list_spaces(call: Call, query: After) -> web.Response:
    """How many spaces there are and whose, without what they are about; first those that nobody owns."""
    async with call.db.read() as tx:
        orphans, _ = await list_for_administration(tx, orphan=True) if query.after is None else ([], None)
        spaces, after = await list_for_administration(tx, orphan=False, after=query.after)
    return await page(
        call,
        "spaces",
        "spaces",
        orphans=orphans,
        spaces=spaces,
        following=call.following(after),
        data_classes=DATA_CLASSES,
    )


@routes.get("/admin/spaces/{orphan}", query=Search, guard=Guard.ADMIN)
async def one_orphan(call: Call, query: Search) -> web.Response:
    """Who could own a space that nobody owns."""
    return await _orphan_page(call, query.search, {})


@routes.post("/admin/spaces/{orphan}", guard=Guard.ADMIN)
async def set_owner(call: Call) -> web.Response:
    """Name the owner."""
    form, errors = accept(call.request, OwnerForm, await read_form(call.request))
    if form is not None:
        try:
            async with call.db.write() as tx:
                await name_owner(tx, call.actor, call.id("orphan"), form.person_id)
        except (Conflict, Invalid) as error:
            if error.code == "spaces.has_owner":
                raise
            errors = errors_of(call.request, error)
        else:
            raise web.HTTPSeeOther("/admin/spaces")
    return await _orphan_page(call, "", errors)


async def _orphan_page(call: Call, search: str, errors: Errors) -> web.Response:
    async with call.db.read() as tx:
        await require_orphan(tx, call.actor, call.id("orphan"))
        [figures], _ = await list_for_administration(tx, only=call.id("orphan"))
        heirs = await list_heirs(tx, call.actor, figures.id)
        found = []
        if search:
            known = {person.id for person in heirs} | {call.actor.person_id}
            people = await list_people(tx, call.actor, search=search)
            found = [one for one in people.items if one.id not in known][:FOUND]
    return await page(
        call,
        "spaces",
        "space_owner",
        status=422 if errors else 200,
        space=figures,
        heirs=heirs,
        found=found,
        search=search,
        errors=errors,
        data_classes=DATA_CLASSES,
    )
