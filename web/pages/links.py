"""Links as pages for members: those to one thing with the forms that make them, those of a space, one's own."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, Invalid, NotFound
from collab.core.i18n import msg
from collab.files.links import queries, service
from collab.files.links.access import get_link
from collab.files.links.models import Asked, BoxInput, Family, LinkInput, LinkKind, LinkView, Sharing, SharingInput
from collab.files.links.rules import MOST_DAYS, MUST_END, choices_of
from collab.files.models import NodeWithPath
from collab.files.queries import find_node
from collab.spaces.access import GRANTS, Can, get_space, require
from collab.spaces.models import DataClass
from directory.sessions.keys import Keys
from web.api.links import addresses, hashed
from web.forms import Errors, accept, errors_of, read_fields, read_form
from web.http import After, Call, Guard, page_routes
from web.page import locale_of, show
from web.pages.file_parts import item_address
from web.pages.shared import FAMILIES

routes = page_routes("pages.links")

WHO = {
    Sharing.EDITORS: msg("Editors and owners"),
    Sharing.OWNERS: msg("Owners only"),
    Sharing.NEVER: msg("Nobody"),
}
ASKED = {Asked.NO: msg("Do not ask"), Asked.OPTIONAL: msg("Ask, may stay empty"), Asked.REQUIRED: msg("Required")}
MEGABYTE = 1_000_000


async def links_panel(call: Call, tx: Tx, node: NodeWithPath, *, can_edit: bool) -> dict[str, Any] | None:
    """What parts/links.html shows on the page of a file or folder; None for those who only read."""
    if not can_edit:
        return None
    try:
        links = await queries.list_links_to(tx, call.actor, addresses(call), node.id)
    except Denied:  # a token that may only read
        return None
    return {"links": links, "may_share": await queries.may_share(tx, call.actor, node.space)}


@routes.get("/links", query=After, guard=Guard.OWN)
async def own(call: Call, query: After) -> web.Response:
    """The links that one made oneself."""
    async with call.db.read() as tx:
        links, after = await queries.list_own_links(tx, call.actor, addresses(call), after=query.after)
    return await show(
        call, "collab/files/links/own.html", at="/files", links=links, following=call.following(after), back="/links"
    )


@routes.get("/files/{space}/links", query=After)
async def of_space(call: Call, query: After) -> web.Response:
    """All links of a space, and who may make some."""
    return await _space_page(call, {}, after=query.after)


@routes.post("/files/{space}/links")
async def choose_sharing(call: Call) -> web.Response:
    """Decide who may make links in a space."""
    data, errors = accept(call.request, SharingInput, await read_form(call.request))
    if data is not None:
        try:
            async with call.db.write() as tx:
                await service.choose_sharing(tx, call.actor, call.id("space"), data)
        except Invalid as error:
            errors = errors_of(call.request, error)
        else:
            raise web.HTTPSeeOther(f"/files/{call.id('space')}/links")
    return await _space_page(call, errors)


async def _space_page(call: Call, errors: Errors, *, after: UUID | None = None) -> web.Response:
    async with call.db.read() as tx:
        links, more = await queries.list_links_of_space(tx, call.actor, addresses(call), call.id("space"), after=after)
        space = await get_space(tx, call.actor, call.id("space"), Can.EDIT)
        grants = GRANTS[await require(tx, call.actor, space.id, Can.EDIT)]
        sharing = await queries.sharing_in(tx, call.actor, space.id)
    render = locale_of(call.request).render
    data: dict[str, Any] = {
        "space": space,
        "links": links,
        "following": call.following(more),
        "can_manage": Can.MANAGE in grants,
        "sharing": sharing.value,
        "choices": [(choice.value, render(WHO[choice])) for choice in choices_of(DataClass(space.data_class))],
        "who": render(WHO[sharing]),
        "back": f"/files/{space.id}/links",
    }
    return await show(call, "collab/files/links/space.html", status=422 if errors else 200, errors=errors, **data)


@routes.get("/files/{space}/items/{file}/links")
async def of_item(call: Call) -> web.Response:
    """The links to a file or folder, and the forms that make them."""
    return await _item_page(call)


@routes.post("/files/{space}/items/{file}/links")
async def create_link(call: Call) -> web.Response:
    """Make a link."""
    values = await read_form(call.request)
    data, errors = accept(call.request, LinkInput, {**values, "expires_at": _end(call, values)})
    if data is not None:
        try:
            password = await hashed(call, data.password)
            async with call.db.write() as tx:
                made = await service.create_link(tx, call.actor, call.deps.part(Keys), call.id("file"), data, password)
        except (Invalid, Conflict) as error:
            errors = errors_of(call.request, error)
        else:
            raise web.HTTPSeeOther(f"{item_address(call, '/links')}#link-{made.id}")
    return await _item_page(call, errors, values, "link")


@routes.post("/files/{space}/items/{file}/boxes")
async def create_box(call: Call) -> web.Response:
    """Make a deposit box."""
    fields = await read_fields(call.request)
    values = {name: value for name, value in fields.items() if value.strip() and name != "kinds"}
    wanted: dict[str, Any] = {**values, "expires_at": _end(call, values), "kinds": fields.getall("kinds", [])}
    size = wanted.pop("most_megabytes", "")
    errors: Errors = {}
    if size and not (size.isascii() and size.isdigit() and int(size[:9]) > 0 and len(size) < 9):
        errors = {"most_megabytes": locale_of(call.request).render(msg("A whole number is expected here."))}
    elif size:
        wanted["most_bytes"] = int(size) * MEGABYTE
    data, faults = accept(call.request, BoxInput, wanted)
    errors |= faults
    if data is not None and not errors:
        try:
            password = await hashed(call, data.password)
            async with call.db.write() as tx:
                made = await service.create_box(tx, call.actor, call.deps.part(Keys), call.id("file"), data, password)
        except (Invalid, Conflict) as error:
            errors = errors_of(call.request, error)
        else:
            raise web.HTTPSeeOther(f"{item_address(call, '/links')}#link-{made.id}")
    return await _item_page(call, errors, {**values, "kinds": " ".join(fields.getall("kinds", []))}, "box")


@routes.get("/links/{link}/deposits", query=After)
async def deposits(call: Call, query: After) -> web.Response:
    """What came through a deposit box."""
    async with call.db.read() as tx:
        found, after = await queries.list_deposits(tx, call.actor, call.id("link"), after=query.after)
        link = await get_link(tx, call.actor, call.id("link"), Can.READ)
        space = await get_space(tx, call.actor, link.space_id, Can.EDIT)
    data: dict[str, Any] = {"deposits": found, "link": link, "space": space, "following": call.following(after)}
    return await show(call, "collab/files/links/deposits.html", at="/files", **data)


@routes.post("/links/{link}/revoke")
async def revoke(call: Call) -> web.Response:
    """Revoke a link or a deposit box."""
    async with call.db.write() as tx:
        link = await service.revoke_link(tx, call.actor, call.id("link"))
    raise web.HTTPSeeOther(f"/files/{link.space_id}/items/{link.node_id}/links")


async def _item_page(
    call: Call, errors: Errors | None = None, values: dict[str, str] | None = None, form: str = ""
) -> web.Response:
    async with call.db.read() as tx:
        node = await find_node(tx, call.actor, call.id("file"))
        if node.space != call.id("space") or node.trashed_at is not None:
            raise NotFound()
        space = await get_space(tx, call.actor, node.space, Can.EDIT)
        links: list[LinkView] = await queries.list_links_to(tx, call.actor, addresses(call), node.id)
        may_share = await queries.may_share(tx, call.actor, node.space)
        sharing = await queries.sharing_in(tx, call.actor, node.space)
    render = locale_of(call.request).render
    data: dict[str, Any] = {
        "node": node,
        "space": space,
        "links": links,
        "may_share": may_share,
        "who": render(WHO[sharing]),
        "must_end": MOST_DAYS if DataClass(space.data_class) in MUST_END else 0,
        "families": [(family.value, render(FAMILIES[family])) for family in Family],
        "asked": [(asked.value, render(words)) for asked, words in ASKED.items()],
        "values": values or {},
        "form_at": form,
        "back": item_address(call, "/links"),
        "LinkKind": LinkKind,
    }
    return await show(call, "collab/files/links/item.html", status=422 if errors else 200, errors=errors or {}, **data)


def _end(call: Call, values: dict[str, str]) -> datetime | str | None:
    """The end of a day at the place, or what was typed where it is no day, to be refused."""
    text = values.pop("until", "")
    if not text:
        return None
    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        return text
    return day.replace(hour=23, minute=59, second=59, tzinfo=ZoneInfo(call.deps.settings.place.time_zone))
