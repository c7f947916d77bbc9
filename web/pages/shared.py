"""What those see who come through a link, without an account: a file, a folder, the password, a deposit box.

All of it works without scripts. Whatever does not open answers alike; nothing here is kept by search engines.
"""

import contextlib
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, Field

from collab.core.database import Tx
from collab.core.errors import Denied, DomainError, Invalid, NotFound, Unavailable
from collab.core.i18n import msg
from collab.files import queries
from collab.files.access import get_node
from collab.files.links.deposits import check_deposit, deposit_file, families_of, receipt_of
from collab.files.links.models import Asked, DepositInput, Family, LinkKind, Receipt
from collab.files.links.rules import is_shown
from collab.files.links.service import use_folder, use_link
from collab.files.models import Kind, NodeView
from collab.files.previews.kinds import PAGED, PreviewKind, preview_kind
from collab.files.previews.models import PreviewView
from collab.files.previews.service import shown_so_far
from collab.files.readings import Door
from collab.spaces.access import Can
from web.contents import Contents
from web.forms import Errors, errors_of, read_form
from web.http import After, Call, Guard, page_routes, parse
from web.page import locale_of, show
from web.parts import broken, parts_of, text_of
from web.receiving import Receiving
from web.visits import Visit, count_deposit, enter, enter_open, unlock
from web.zips import send_zip

routes = page_routes("pages.shared")

PRIVATE = {"X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}
FAMILIES = {
    Family.PDF: msg("PDF"),
    Family.OFFICE: msg("office documents"),
    Family.IMAGE: msg("pictures"),
    Family.TEXT: msg("plain text"),
    Family.SOUND: msg("sound"),
    Family.FILM: msg("film"),
    Family.ARCHIVE: msg("ZIP and other archives"),
}
MAX_FIELDS = 10
MOST_FILES = 200


class PasswordForm(BaseModel):
    """The password of a link."""

    model_config = ConfigDict(extra="forbid")
    password: str = Field(default="", max_length=1000)


@routes.get("/l/{secret}", query=After, guard=Guard.PUBLIC)
async def link(call: Call, query: After) -> web.Response:
    """What a link leads to."""
    visit = await enter(call, LinkKind.VIEW)
    if not visit.is_open:
        return await _password_page(call, {})
    return await _shared_page(call, visit, visit.link.node_id, query.after)


@routes.post("/l/{secret}", guard=Guard.PUBLIC)
async def open_link(call: Call) -> web.Response:
    """Show the password of a link."""
    return await _unlock(call, await enter(call, LinkKind.VIEW), f"/l/{call.text('secret')}")


@routes.get("/l/{secret}/{node}", query=After, guard=Guard.PUBLIC)
async def below(call: Call, query: After) -> web.Response:
    """A file or folder below what a link leads to."""
    visit = await enter(call, LinkKind.VIEW)
    if not visit.is_open:
        return await _password_page(call, {})
    return await _shared_page(call, visit, call.id("node"), query.after)


@routes.get("/l/{secret}/{node}/content", guard=Guard.PUBLIC)
async def content(call: Call) -> web.StreamResponse:
    """Download a file through a link."""
    visit = await enter_open(call, LinkKind.VIEW)
    if visit.link.view_only:
        raise Denied("links.view_only", msg("This link is for looking only."))
    return await _send(call, visit, shown=False)


@routes.get("/l/{secret}/{node}/view", guard=Guard.PUBLIC)
async def view(call: Call) -> web.StreamResponse:
    """See a file in the browser, of the kinds that run nothing there."""
    return await _send(call, await enter_open(call, LinkKind.VIEW), shown=True)


async def _send(call: Call, visit: Visit, *, shown: bool) -> web.StreamResponse:
    """With a limit on downloads a file is always sent whole, so that no part comes without being counted."""
    request, is_limited = call.request, visit.link.most_downloads is not None
    starts = request.headers.get(hdrs.RANGE, "bytes=0-").replace(" ", "").startswith("bytes=0-")
    counts = request.method == "GET" and (is_limited or starts)
    async with call.db.write() as tx:
        source = await use_link(tx, visit.link, call.id("node"), counts=counts, shown=shown)
        if shown and not is_shown(source.media_type):
            raise NotFound()
    return await call.deps.part(Contents).send(
        request, source, door=Door.LINK, reader=visit.actor, inline=shown, whole=is_limited
    )


@routes.get("/l/{secret}/{node}/zip", guard=Guard.PUBLIC)
async def folder_zip(call: Call) -> web.StreamResponse:
    """Download a folder through a link, as a ZIP."""
    visit = await enter_open(call, LinkKind.VIEW)
    if visit.link.view_only:
        raise Denied("links.view_only", msg("This link is for looking only."))
    async with call.db.write() as tx:
        name, leaves = await use_folder(tx, visit.link, call.id("node"), counts=call.request.method == "GET")
    return await send_zip(call, name, leaves, reader=visit.actor)


async def _shared_page(call: Call, visit: Visit, node_id: UUID, after: UUID | None) -> web.Response:
    link, top = visit.link, f"/l/{call.text('secret')}"
    items: list[NodeView] = []
    more = None
    async with call.db.read() as tx:
        node = await get_node(tx, visit.actor, node_id, Can.READ)
        path = await queries.path_to(tx, node.id if node.kind == Kind.FOLDER else node.folder_id)
        if node.kind == Kind.FOLDER:
            items, more = await queries.list_folder(tx, visit.actor, node.space_id, node.id, after=after)
        [shown] = await queries.views_of(tx, [node])
        preview = await _preview_of(tx, visit, shown)
    ids = [step.id for step in path]
    path = path[ids.index(link.node_id) :] if link.node_id in ids else []
    template = "folder" if shown.kind is Kind.FOLDER else "file"
    data: dict[str, Any] = {
        "link": link,
        "node": shown,
        "steps": [step for step in path if step.id != node.id],
        "items": items,
        "following": call.following(more),
        "top": top,
        "is_shown": is_shown(shown.media_type),
        "preview": preview,
        "parts": f"/api/v1/shared/{call.text('secret')}/{shown.id}",
        "has_thumbs": link.most_downloads is None,
    }
    return await _private(call, f"collab/files/links/{template}.html", **data)


async def _preview_of(tx: Tx, visit: Visit, node: NodeView) -> PreviewView | None:
    """What the server makes of a file that browsers do not show by themselves in a page; None with a limit on
    downloads, and for what may not be given out."""
    if node.kind is Kind.FOLDER or visit.link.most_downloads is not None:
        return None
    if preview_kind(node.name, node.size) not in (*PAGED, PreviewKind.TEXT):
        return None
    with contextlib.suppress(Denied):
        return await shown_so_far(tx, await queries.find_content(tx, visit.actor, node.id))
    return None


async def _private(call: Call, template: str, *, status: int = 200, **data: Any) -> web.Response:
    page = await show(call, template, status=status, **data)
    page.headers.update(PRIVATE)
    return page


async def _password_page(call: Call, errors: Errors) -> web.Response:
    return await _private(call, "collab/files/links/password.html", status=422 if errors else 200, errors=errors)


async def _unlock(call: Call, visit: Visit, target: str) -> web.Response:
    form: PasswordForm = parse(PasswordForm, await read_form(call.request), "form")
    if visit.is_open:
        raise web.HTTPSeeOther(target)
    cookie = await unlock(call, visit, form.password)
    if cookie is None:
        words = locale_of(call.request).render(msg("This is not the password of this link."))
        return await _password_page(call, {"password": words})
    raise web.HTTPSeeOther(target, headers={"Set-Cookie": cookie})


@routes.get("/d/{secret}", guard=Guard.PUBLIC)
async def box(call: Call) -> web.Response:
    """A deposit box."""
    visit = await enter(call, LinkKind.BOX)
    return await (_box_page(call, visit) if visit.is_open else _password_page(call, {}))


@routes.post("/d/{secret}", guard=Guard.PUBLIC)
async def open_box(call: Call) -> web.Response:
    """Show the password of a deposit box."""
    return await _unlock(call, await enter(call, LinkKind.BOX), f"/d/{call.text('secret')}")


@routes.post("/d/{secret}/files", guard=Guard.PUBLIC)
async def deposit(call: Call) -> web.Response:
    """Deposit files without scripts: several, streamed to the disk one after the other."""
    visit, contents = await enter_open(call, LinkKind.BOX), call.deps.part(Contents)
    most = min(visit.link.most_bytes or (1 << 62), call.deps.part(Receiving).limits.most_bytes)
    fields: dict[str, str] = {}
    receipts: list[Receipt] = []
    errors: Errors = {}
    is_ours = False
    try:
        async for part in parts_of(call.request):
            if part.filename is None:
                if len(fields) == MAX_FIELDS:
                    raise broken()
                fields[part.name or ""] = await text_of(part)
            elif part.filename:
                if len(receipts) == MOST_FILES:
                    raise broken()
                said: DepositInput = parse(DepositInput, _said(fields), "form")
                await count_deposit(call)
                async with call.db.read() as tx:
                    await check_deposit(tx, visit.actor, said, part.filename, 0)
                stored = await contents.receive(partial(part.read_chunk, 1 << 16), most)
                async with contents.keeping(stored), call.db.write() as tx:
                    receipts.append(receipt_of(await deposit_file(tx, visit.actor, said, part.filename, stored)))
        if not receipts:
            raise Invalid(errors={"file": msg("Choose a file first.")})
    except NotFound:
        raise
    except DomainError as error:
        errors = errors_of(call.request, error)
        is_ours = isinstance(error, Unavailable)
    return await _box_page(call, visit, errors, fields, receipts, is_ours=is_ours)


def _said(fields: dict[str, str]) -> dict[str, str]:
    return {name: fields[name] for name in DepositInput.model_fields if name in fields}


async def _box_page(
    call: Call,
    visit: Visit,
    errors: Errors | None = None,
    values: dict[str, str] | None = None,
    receipts: list[Receipt] | None = None,
    *,
    is_ours: bool = False,
) -> web.Response:
    """`is_ours`: what went wrong is the server's to mend, not the visitor's."""
    link = visit.link
    render = locale_of(call.request).render
    async with call.db.read() as tx:
        folder = await get_node(tx, visit.actor, link.node_id, Can.EDIT)
    state = {
        "secret": call.text("secret"),
        "link": str(link.id),
        "ask_name": link.ask_name,
        "ask_note": link.ask_note,
        "zone": call.deps.settings.place.time_zone,
    }
    data: dict[str, Any] = {
        "link": link,
        "title": link.label or folder.name,
        "kinds": [render(FAMILIES[family]) for family in families_of(link)],
        "state": state,
        "Asked": Asked,
        "values": values or {},
        "receipts": receipts or [],
    }
    refused = HTTPStatus.SERVICE_UNAVAILABLE if is_ours else HTTPStatus.UNPROCESSABLE_ENTITY
    status = refused if errors and not receipts else HTTPStatus.OK
    return await _private(call, "collab/files/links/box.html", status=status, errors=errors or {}, **data)
