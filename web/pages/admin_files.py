"""Administration of files, without what they hold: quarantine and damage, types of records, archivists."""

import asyncio
from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from collab.core.errors import Conflict, Invalid, NotFound, StaleRevision
from collab.core.i18n import msg
from collab.files import overview
from collab.files.records import queries, service
from collab.files.records.models import ArchivistInput, TypeChange, TypeInput, TypeView
from collab.files.scanning import ScannerFailed
from directory.people.queries import list_people
from web.api.system import CHECK_SECONDS
from web.forms import Errors, accept, errors_of, read_form
from web.http import Call, Guard, page_routes
from web.outbound.clamd import Clamd
from web.page import locale_of
from web.pages.admin import page
from web.pages.records import WORDS

routes = page_routes("pages.admin_files")

FOUND = 10


class Search(BaseModel):
    """Whom to look for as an archivist."""

    model_config = ConfigDict(extra="forbid")
    search: Annotated[str, Field(max_length=100)] = ""


class TypeForm(TypeChange):
    """The form of a type: the rev that was shown goes along; unticked boxes are not sent."""

    rev: int
    active: bool = False
    to_confirm: bool = False


class NewTypeForm(TypeInput):
    """The form of a new type."""

    to_confirm: bool = False


@routes.get("/admin/files", guard=Guard.ADMIN)
async def files(call: Call) -> web.Response:
    """What the antivirus and the check of stored bytes have found."""
    async with call.db.read() as tx:
        counts = await overview.count_scans(tx)
        quarantine = await overview.list_quarantine(tx)
        damaged = await overview.list_damaged(tx)
    clamd = call.deps.parts.get(Clamd)
    scanner = await _called(clamd) if clamd else ""
    return await page(
        call, "files", "files", counts=counts, quarantine=quarantine, damaged=damaged, configured=clamd is not None,
        scanner=scanner, refused=call.deps.settings.files.unscanned == "refuse",
    )  # fmt: skip


@routes.get("/admin/records", query=Search, guard=Guard.ADMIN)
async def records(call: Call, query: Search) -> web.Response:
    """The types of records, and who may give visas."""
    return await _records_page(call, query.search, {})


@routes.get("/admin/records/new", guard=Guard.ADMIN)
async def new_type(call: Call) -> web.Response:
    """The form of a new type."""
    return await _type_page(call, None, {"start": "event", "fate": "keep", "months": "60"}, {})


@routes.post("/admin/records/new", guard=Guard.ADMIN)
async def add_type(call: Call) -> web.Response:
    """Make a type."""
    values = await read_form(call.request)
    data, errors = accept(call.request, NewTypeForm, values)
    if data is not None:
        try:
            async with call.db.write() as tx:
                await service.add_type(tx, call.actor, data)
        except Invalid as error:
            errors = errors_of(call.request, error)
        else:
            raise web.HTTPSeeOther("/admin/records")
    return await _type_page(call, None, values, errors)


@routes.get("/admin/records/{record_type}", guard=Guard.ADMIN)
async def one_type(call: Call) -> web.Response:
    """The form of a type."""
    kind = await _find(call)
    return await _type_page(call, kind, _values(kind), {})


@routes.post("/admin/records/{record_type}", guard=Guard.ADMIN)
async def change_type(call: Call) -> web.Response:
    """Change a type, and with it when what has it is due."""
    values = await read_form(call.request)
    form, errors = accept(call.request, TypeForm, values)
    if form is not None:
        try:
            async with call.db.write() as tx:
                data = TypeChange(**form.model_dump(exclude={"rev"}))
                await service.change_type(tx, call.actor, call.id("record_type"), data, form.rev)
        except StaleRevision:
            text = msg("Somebody changed this type meanwhile: what is saved is shown, make your change again.")
            kind = await _find(call)
            return await _type_page(
                call, kind, _values(kind), {"form": locale_of(call.request).render(text)}, status=412
            )
        except Invalid as error:
            errors = errors_of(call.request, error)
        else:
            raise web.HTTPSeeOther("/admin/records")
    return await _type_page(call, await _find(call), values, errors)


@routes.post("/admin/records/archivists", guard=Guard.ADMIN)
async def name_archivist(call: Call) -> web.Response:
    """Let a person give visas."""
    form, errors = accept(call.request, ArchivistInput, await read_form(call.request))
    if form is not None:
        try:
            async with call.db.write() as tx:
                await service.name_archivist(tx, call.actor, form.person_id)
        except (Conflict, Invalid) as error:
            errors = errors_of(call.request, error)
        else:
            raise web.HTTPSeeOther("/admin/records")
    return await _records_page(call, "", errors)


@routes.post("/admin/records/archivists/{person}/dismiss", guard=Guard.ADMIN)
async def dismiss_archivist(call: Call) -> web.Response:
    """Take it away again."""
    async with call.db.write() as tx:
        await service.dismiss_archivist(tx, call.actor, call.id("person"))
    raise web.HTTPSeeOther("/admin/records")


async def _records_page(call: Call, search: str, errors: Errors) -> web.Response:
    async with call.db.read() as tx:
        types = await queries.list_types(tx)
        archivists = await queries.list_archivists(tx)
        found = []
        if search:
            known = {one.id for one in archivists} | {call.actor.person_id}
            people = await list_people(tx, call.actor, search=search)
            found = [one for one in people.items if one.id not in known][:FOUND]
    return await page(
        call, "records", "records", status=422 if errors else 200, types=types, archivists=archivists, found=found,
        search=search, errors=errors, **WORDS,
    )  # fmt: skip


async def _type_page(
    call: Call, kind: TypeView | None, values: dict[str, Any], errors: Errors, *, status: int | None = None
) -> web.Response:
    render = locale_of(call.request).render
    options = {name: [(one.value, render(text)) for one, text in WORDS[name].items()] for name in ("starts", "fates")}
    return await page(
        call, "records", "record_type", status=status or (422 if errors else 200), kind=kind, values=values,
        errors=errors, options=options,
    )  # fmt: skip


async def _find(call: Call) -> TypeView:
    async with call.db.read() as tx:
        kind = await queries.find_type(tx, call.id("record_type"))
    if kind is None:
        raise NotFound()
    return kind


def _values(kind: TypeView) -> dict[str, Any]:
    return kind.model_dump(mode="json")


async def _called(clamd: Clamd) -> str:
    """What the scanner calls itself; empty when it does not answer."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await clamd.version()
    except (ScannerFailed, TimeoutError):
        return ""
