"""Administration of room: what each space's files take and may take; what they are is for their members alone."""

from typing import Annotated

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from collab.files.quotas import QuotaInput, Usage, list_largest, set_quota
from web.forms import Errors, accept, read_form
from web.http import Call, Guard, page_routes
from web.pages.admin import page

routes = page_routes("pages.admin_storage")

MEGABYTE = 10**6


class RoomForm(BaseModel):
    """Megabytes that a space may hold; empty: what the settings say; 0: without limit."""

    model_config = ConfigDict(extra="forbid")
    megabytes: Annotated[int | None, BeforeValidator(lambda value: value or None), Field(ge=0, le=10**12)] = None


@routes.get("/admin/storage", guard=Guard.ADMIN)
async def storage(call: Call) -> web.Response:
    """What spaces take, the largest first."""
    return await _page(call, {})


@routes.post("/admin/storage/{any_space}", guard=Guard.ADMIN)
async def set_room(call: Call) -> web.Response:
    """Allow one space more, or less."""
    form, errors = accept(call.request, RoomForm, await read_form(call.request))
    if form is None:
        return await _page(call, errors)
    allowed = None if form.megabytes is None else form.megabytes * MEGABYTE
    async with call.db.write() as tx:
        await set_quota(tx, call.actor, call.id("any_space"), QuotaInput(allowed=allowed))
    raise web.HTTPSeeOther("/admin/storage")


async def _page(call: Call, errors: Errors) -> web.Response:
    async with call.db.read() as tx:
        spaces = await list_largest(tx)
    data = {"spaces": spaces, "megabytes": _megabytes, "errors": errors}
    return await page(call, "storage", "storage", status=422 if errors else 200, **data)


def _megabytes(usage: Usage) -> str:
    """What was set for this space, as it is typed."""
    return "" if not usage.own else str((usage.allowed or 0) // MEGABYTE)
