"""Sittings as pages: the convocation with its agenda, its acknowledgement, and the forms that prepare them."""

import contextlib
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from collab.core.database import Tx
from collab.core.errors import Conflict, DomainError, NotFound, StaleRevision
from collab.core.text import Input, Title
from collab.files.models import Kind as NodeKind
from collab.files.queries import list_recent
from meetings.calendar.queries import list_meetings
from meetings.council.assemblies.access import Can, get_assembly
from meetings.council.assemblies.models import Office
from meetings.council.assemblies.queries import list_members, view_assembly
from meetings.council.rules.delays import Reason
from meetings.council.sittings import convening, queries, service
from meetings.council.sittings.access import get_item, get_sitting
from meetings.council.sittings.inputs import ConveneInput, ItemInput, ItemView, SittingChange, SittingInput, SittingView
from web.api.sittings import By, zone_of
from web.forms import Errors, accept, errors_of, read_form
from web.http import Call, page_routes, rev_of
from web.page import show
from web.pages.sitting_words import WORDS
from web.versions import Saved, differences, find_saved

routes = page_routes("pages.sittings")

OFFERED = 100


class SittingForm(Input):
    """What the form of a sitting sends; its time is the place's."""

    title: Title
    date: Annotated[date, Field(ge=date(1900, 1, 1), lt=date(2200, 1, 1))]
    time: time
    place: Title
    remote: bool = False
    urgent: bool = False
    reason: Reason | None = None
    meeting_id: UUID | None = None


class Under(BaseModel):
    """Under which item a new one stands."""

    model_config = ConfigDict(extra="forbid")
    parent: UUID | None = None


class Move(Input):
    """One place up or down."""

    direction: Literal["up", "down"]


class FileInput(Input):
    """Which file goes with an item."""

    file: UUID


@routes.get("/council/assemblies/{assembly}/sittings/new")
async def new_sitting(call: Call) -> web.Response:
    """The form of a new sitting: in two weeks, at half past six."""
    day = call.today + timedelta(days=14)
    return await _new_page(call, {"date": day.isoformat(), "time": "18:30"}, {})


@routes.post("/council/assemblies/{assembly}/sittings/new")
async def create_sitting(call: Call) -> web.Response:
    """Make a sitting."""
    values = await read_form(call.request)
    async with call.db.read() as tx:
        await get_assembly(tx, call.actor, call.id("assembly"), Can.RUN)
    form, errors = accept(call.request, SittingForm, values)
    if form is not None:
        try:
            async with call.db.write() as tx:
                made = await service.create_sitting(tx, call.actor, call.id("assembly"), _input_of(call, form))
            raise web.HTTPSeeOther(f"/council/sittings/{made.id}")
        except DomainError as error:
            errors = errors_of(call.request, error)
    return await _new_page(call, values, errors)


@routes.get("/council/sittings/{sitting}")
async def one_sitting(call: Call) -> web.Response:
    """A sitting: when, where, its agenda, who has acknowledged."""
    return await _sitting_page(call, {})


@routes.get("/council/sittings/{sitting}/edit")
async def edit_sitting(call: Call) -> web.Response:
    """The form of a draft."""
    async with call.db.read() as tx:
        await get_sitting(tx, call.actor, call.id("sitting"), Can.RUN)
        view = await queries.view_sitting(tx, call.actor, call.id("sitting"))
    return await _edit_page(call, view, {**_values_of(call, view), "rev": str(view.rev)}, {})


@routes.post("/council/sittings/{sitting}/edit")
async def update_sitting(call: Call) -> web.Response:
    """Change a draft."""
    values = await read_form(call.request)
    async with call.db.read() as tx:
        await get_sitting(tx, call.actor, call.id("sitting"), Can.RUN)
    rev = rev_of(values.pop("rev", ""))
    form, errors = accept(call.request, SittingForm, values)
    is_stale, saved = False, None
    if form is not None:
        try:
            data = SittingChange(**_input_of(call, form).model_dump())
            async with call.db.write() as tx:
                await service.update_sitting(tx, call.actor, call.id("sitting"), data, rev)
        except StaleRevision:
            is_stale = True
        except DomainError as error:
            errors = errors_of(call.request, error)
    async with call.db.read() as tx:
        view = await queries.view_sitting(tx, call.actor, call.id("sitting"))
        if is_stale and (fields := differences(values, _values_of(call, view), {})):
            saved = await find_saved(tx, call.actor, view.id, "council", view.rev, fields)
    if saved is None and not errors:
        raise web.HTTPSeeOther(f"/council/sittings/{view.id}")
    return await _edit_page(call, view, {**values, "rev": str(saved.rev if saved else rev)}, errors, saved)


@routes.post("/council/sittings/{sitting}/cancel")
async def cancel_sitting(call: Call) -> web.Response:
    """It does not take place."""
    async with call.db.write() as tx:
        await convening.cancel_sitting(tx, call.actor, call.id("sitting"))
    raise web.HTTPSeeOther(f"/council/sittings/{call.id('sitting')}")


@routes.post("/council/sittings/{sitting}/acknowledge")
async def acknowledge(call: Call) -> web.Response:
    """Say that one has one's convocation."""
    async with call.db.write() as tx:
        await convening.acknowledge(tx, call.actor, call.id("sitting"))
    raise web.HTTPSeeOther(f"/council/sittings/{call.id('sitting')}")


@routes.get("/council/sittings/{sitting}/convocation", query=By)
async def convocation(call: Call, query: By) -> web.Response:
    """What is to be known before the convocation leaves, and the button that sends it."""
    return await _convocation_page(call, str(query.by or ""), {})


@routes.post("/council/sittings/{sitting}/convocation")
async def convene(call: Call) -> web.Response:
    """Send the convocation."""
    values = await read_form(call.request)
    async with call.db.read() as tx:
        await get_sitting(tx, call.actor, call.id("sitting"), Can.RUN)
    data, errors = accept(call.request, ConveneInput, values)
    if data is not None:
        try:
            async with call.db.write() as tx:
                zone = call.deps.settings.place.time_zone
                await convening.convene(tx, call.actor, call.id("sitting"), data, zone)
            raise web.HTTPSeeOther(f"/council/sittings/{call.id('sitting')}")
        except Conflict as error:
            errors = errors_of(call.request, error)
    return await _convocation_page(call, values.get("by", ""), errors)


@routes.get("/council/sittings/{sitting}/items/new", query=Under)
async def new_item(call: Call, query: Under) -> web.Response:
    """The form of a new item."""
    return await _new_item_page(call, {"parent_id": str(query.parent or "")}, {})


@routes.post("/council/sittings/{sitting}/items/new")
async def add_item(call: Call) -> web.Response:
    """Put an item on the agenda."""
    values = await read_form(call.request)
    async with call.db.read() as tx:
        await get_sitting(tx, call.actor, call.id("sitting"), Can.RUN)
    data, errors = accept(call.request, ItemInput, _shown(values))
    if data is not None:
        try:
            async with call.db.write() as tx:
                await service.add_item(tx, call.actor, call.id("sitting"), data)
            raise web.HTTPSeeOther(f"/council/sittings/{call.id('sitting')}#agenda")
        except DomainError as error:
            errors = errors_of(call.request, error)
    return await _new_item_page(call, values, errors)


@routes.get("/council/items/{item}")
async def edit_item(call: Call) -> web.Response:
    """The form of an item, and its files."""
    view, item = await _item(call)
    return await _item_page(call, view, item, {**_values_of_item(item), "rev": str(item.rev)}, {})


@routes.post("/council/items/{item}")
async def update_item(call: Call) -> web.Response:
    """Change an item."""
    values = await read_form(call.request)
    view, item = await _item(call)
    rev = rev_of(values.pop("rev", ""))
    data, errors = accept(call.request, ItemInput, _shown(values))
    is_stale, saved = False, None
    if data is not None:
        try:
            async with call.db.write() as tx:
                await service.update_item(tx, call.actor, item.id, data, rev)
        except StaleRevision:
            is_stale = True
        except DomainError as error:
            errors = errors_of(call.request, error)
    if is_stale:
        view, item = await _item(call)
        if fields := differences(values, _values_of_item(item), {}):
            async with call.db.read() as tx:
                saved = await find_saved(tx, call.actor, view.id, "council", item.rev, fields)
    if saved is None and not errors:
        raise web.HTTPSeeOther(f"/council/sittings/{view.id}#agenda")
    return await _item_page(call, view, item, {**values, "rev": str(saved.rev if saved else rev)}, errors, saved)


@routes.post("/council/items/{item}/move")
async def move_item(call: Call) -> web.Response:
    """One place up or down among its neighbours."""
    view, item = await _item(call)
    move, _ = accept(call.request, Move, await read_form(call.request))
    position = item.position + {"up": -1, "down": 1}.get(move.direction if move else "", 0)
    last = max(one.position for one in view.items if one.parent_id == item.parent_id)
    if move is not None and 1 <= position <= last:
        fields = item.model_dump(include=set(ItemInput.model_fields))
        async with call.db.write() as tx:
            await service.update_item(tx, call.actor, item.id, ItemInput(**{**fields, "position": position}), item.rev)
    raise web.HTTPSeeOther(f"/council/sittings/{view.id}#agenda")


@routes.post("/council/items/{item}/remove")
async def remove_item(call: Call) -> web.Response:
    """Take an item off the agenda."""
    async with call.db.write() as tx:
        sitting = await service.remove_item(tx, call.actor, call.id("item"))
    raise web.HTTPSeeOther(f"/council/sittings/{sitting}#agenda")


@routes.post("/council/items/{item}/files")
async def attach_file(call: Call) -> web.Response:
    """Let a shared file go with an item."""
    data, errors = accept(call.request, FileInput, await read_form(call.request))
    view, item = await _item(call)
    if data is None:
        return await _item_page(call, view, item, {**_values_of_item(item), "rev": str(item.rev)}, errors)
    async with call.db.write() as tx:
        await service.attach_file(tx, call.actor, item.id, data.file)
    raise web.HTTPSeeOther(f"/council/items/{item.id}#files")


@routes.post("/council/items/{item}/files/{file}/remove")
async def detach_file(call: Call) -> web.Response:
    """Take it off again."""
    async with call.db.write() as tx:
        await service.detach_file(tx, call.actor, call.id("item"), call.id("file"))
    raise web.HTTPSeeOther(f"/council/items/{call.id('item')}#files")


async def _new_page(call: Call, values: dict[str, str], errors: Errors) -> web.Response:
    async with call.db.read() as tx:
        await get_assembly(tx, call.actor, call.id("assembly"), Can.RUN)
        assembly = await view_assembly(tx, call.actor, call.id("assembly"))
        rooms = await _rooms(tx, call, assembly.space_id)
    page, status = "meetings/council/sitting_new.html", 422 if errors else 200
    return await show(call, page, status=status, assembly=assembly, rooms=rooms, values=values, errors=errors, **WORDS)


async def _edit_page(
    call: Call, view: SittingView, values: dict[str, str], errors: Errors, saved: Saved | None = None
) -> web.Response:
    async with call.db.read() as tx:
        rooms = await _rooms(tx, call, view.space_id)
    page, status = "meetings/council/sitting_edit.html", 412 if saved else 422 if errors else 200
    return await show(
        call, page, status=status, sitting=view, rooms=rooms, values=values, errors=errors, saved=saved, **WORDS
    )


async def _sitting_page(call: Call, errors: Errors) -> web.Response:
    async with call.db.read() as tx:
        view = await queries.view_sitting(tx, call.actor, call.id("sitting"))
    page, status = "meetings/council/sitting.html", 422 if errors else 200
    return await show(call, page, status=status, sitting=view, errors=errors, **WORDS)


async def _convocation_page(call: Call, by: str, errors: Errors) -> web.Response:
    async with call.db.read() as tx:
        await get_sitting(tx, call.actor, call.id("sitting"), Can.RUN)
        view = await queries.view_sitting(tx, call.actor, call.id("sitting"))
        members = await list_members(tx, view.assembly_id, in_exercise=True)
        judgement = await convening.judge(tx, call.actor, view.id, None, zone_of(call))
    authors = [one for one in members if one.office is not Office.MEMBER]
    page, status = "meetings/council/convocation_send.html", 422 if errors else 200
    return await show(
        call,
        page,
        status=status,
        sitting=view,
        members=members,
        authors=authors,
        judgement=judgement,
        by=by,
        errors=errors,
        **WORDS,
    )


async def _new_item_page(call: Call, values: dict[str, str], errors: Errors) -> web.Response:
    async with call.db.read() as tx:
        await get_sitting(tx, call.actor, call.id("sitting"), Can.RUN)
        view = await queries.view_sitting(tx, call.actor, call.id("sitting"))
        members = await list_members(tx, view.assembly_id, in_exercise=True)
    page, status = "meetings/council/item_new.html", 422 if errors else 200
    return await show(call, page, status=status, sitting=view, members=members, values=values, errors=errors, **WORDS)


async def _item_page(
    call: Call, view: SittingView, item: ItemView, values: dict[str, str], errors: Errors, saved: Saved | None = None
) -> web.Response:
    files = []
    async with call.db.read() as tx:
        members = await list_members(tx, view.assembly_id, in_exercise=True)
        with contextlib.suppress(NotFound):  # a clerk who is not in the space sees no files of it
            files = await list_recent(tx, call.actor, OFFERED, space_id=view.space_id)
    there = {one.id for one in item.files}
    offered = [one for one in files if one.kind is NodeKind.FILE and one.id not in there]
    page, status = "meetings/council/item.html", 412 if saved else 422 if errors else 200
    return await show(
        call,
        page,
        status=status,
        sitting=view,
        item=item,
        members=members,
        files=offered,
        values=values,
        errors=errors,
        saved=saved,
        **WORDS,
    )


async def _item(call: Call) -> tuple[SittingView, ItemView]:
    """An item with its sitting, for those who run it."""
    async with call.db.read() as tx:
        _, sitting = await get_item(tx, call.actor, call.id("item"), Can.RUN)
        view = await queries.view_sitting(tx, call.actor, sitting.id)
    return view, next(one for one in view.items if one.id == call.id("item"))


async def _rooms(tx: Tx, call: Call, space_id: UUID) -> list[tuple[str, str]]:
    """The meetings to come of the space, whose room a sitting may use."""
    with contextlib.suppress(NotFound):
        page = await list_meetings(tx, call.actor, space_id, since=call.db.clock.now())
        return [(str(one.id), one.title) for one in page.items]
    return []


def _input_of(call: Call, form: SittingForm) -> SittingInput:
    """The sitting, its time made an instant in the place's zone."""
    starts_at = datetime.combine(form.date, form.time.replace(tzinfo=None), zone_of(call))
    return SittingInput(**form.model_dump(exclude={"date", "time"}), starts_at=starts_at)


def _values_of(call: Call, view: SittingView) -> dict[str, str]:
    """The sitting as the fields of its form hold it."""
    start = view.starts_at.astimezone(zone_of(call))
    return {
        "title": view.title,
        "date": start.date().isoformat(),
        "time": f"{start:%H:%M}",
        "place": view.place,
        "remote": "true" if view.remote else "",
        "urgent": "true" if view.urgent else "",
        "reason": view.reason or "",
        "meeting_id": str(view.meeting_id or ""),
    }


def _values_of_item(item: ItemView) -> dict[str, str]:
    """The item as the fields of its form hold it."""
    return {
        "title": item.title,
        "kind": item.kind.value,
        "closed": "" if item.public else "true",
        "rapporteur_id": str(item.rapporteur_id or ""),
        "note": item.note,
        "draft": item.draft,
        "parent_id": str(item.parent_id or ""),
    }


def _shown(values: dict[str, str]) -> dict[str, Any]:
    """The form asks whether an item is dealt with in closed session; the item says whether it is public."""
    return {**{name: one for name, one in values.items() if name != "closed"}, "public": "closed" not in values}
