"""Administration of what is kept by hand: details of local accounts, services, groups.

What comes from the directory is shown beside it, read-only. Each form that carries a rev keeps both versions.
"""

from typing import Annotated, Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from collab.core.database import Tx
from collab.core.errors import Conflict, Invalid, NotFound, StaleRevision
from directory.groups import service as groups
from directory.groups.models import GroupInput
from directory.groups.queries import list_groups, list_member_ids, view_group
from directory.people.models import PersonChange, PersonView, Source
from directory.people.queries import list_people, view_person
from directory.people.service import update_person
from directory.units import service as units
from directory.units.models import UnitChange, UnitInput, UnitView
from directory.units.queries import closed_parent, list_units
from web.forms import Errors, accept, errors_of, read_form
from web.http import Call, Guard, page_routes
from web.pages.admin import page
from web.versions import Saved, differences, find_saved

routes = page_routes("pages.admin_structure")

FOUND = 10
DETAILS = ("display_name", "given_name", "family_name", "mail", "phone", "title")


class PersonForm(PersonChange):
    """The form of an account: the rev that was shown goes along."""

    rev: int


class UnitForm(UnitInput):
    """The form of a service, with the rev that was shown."""

    rev: int


class GroupForm(GroupInput):
    """The form of a group's name, with the rev that was shown."""

    rev: int


class MemberForm(BaseModel):
    """Who is to join a group."""

    model_config = ConfigDict(extra="forbid")
    person_id: UUID


class MembersQuery(BaseModel):
    """`search`: whom to add; `after`: the last member of the page before."""

    model_config = ConfigDict(extra="forbid")
    search: Annotated[str, Field(max_length=100)] = ""
    after: Annotated[UUID | None, BeforeValidator(lambda value: value or None)] = None


@routes.get("/admin/people/{person}/edit", guard=Guard.ADMIN)
async def edit_person(call: Call) -> web.Response:
    """The form of a local account's details."""
    async with call.db.read() as tx:
        person = await view_person(tx, call.actor, call.id("person"))
    if person.source != Source.LOCAL:
        raise web.HTTPSeeOther(f"/admin/people/{person.id}")
    return await _person_page(call, person, {**_details_of(person), "rev": str(person.rev)}, {})


@routes.post("/admin/people/{person}/edit", guard=Guard.ADMIN)
async def change_person(call: Call) -> web.Response:
    """Save the details of a local account."""
    sent = await read_form(call.request)
    form, errors = accept(call.request, PersonForm, {**dict.fromkeys(DETAILS[1:], ""), "unit_id": None, **sent})
    saved, fields = None, None
    if form is not None:
        change = PersonChange.model_validate(form.model_dump(exclude={"rev"}))
        try:
            async with call.db.write() as tx:
                await update_person(tx, call.actor, call.id("person"), change, form.rev)
        except StaleRevision:
            fields = sent
        except (Conflict, Invalid) as error:
            errors = errors_of(call.request, error)
    async with call.db.read() as tx:
        person = await view_person(tx, call.actor, call.id("person"))
        words = {"unit_id": person.unit.name if person.unit else ""}
        if fields is not None and (found := differences(fields, _details_of(person), words)):
            saved = await find_saved(tx, call.actor, person.id, "people", person.rev, found)
    if saved is None and not errors:
        raise web.HTTPSeeOther(f"/admin/people/{person.id}")
    return await _person_page(call, person, sent, errors, saved)


def _details_of(person: PersonView) -> dict[str, str]:
    return {name: getattr(person, name) for name in DETAILS} | {"unit_id": str(person.unit.id) if person.unit else ""}


async def _person_page(
    call: Call, person: PersonView, values: dict[str, str], errors: Errors, saved: Saved | None = None
) -> web.Response:
    async with call.db.read() as tx:
        tree = await list_units(tx, call.actor)
    return await _form(call, "people", "person_edit", values, errors, saved, person=person, options=_indented(tree))


@routes.get("/admin/units", guard=Guard.ADMIN)
async def show_units(call: Call) -> web.Response:
    """The tree of services, with what may be changed here."""
    async with call.db.read() as tx:
        tree = await list_units(tx, call.actor)
    return await page(call, "units", "units", units=tree)


@routes.get("/admin/units/new", guard=Guard.ADMIN)
async def new_unit(call: Call) -> web.Response:
    """The form of a new service."""
    return await _unit_page(call, None, {}, {})


@routes.post("/admin/units/new", guard=Guard.ADMIN)
async def add_unit(call: Call) -> web.Response:
    """Make a service."""
    values = await read_form(call.request)
    data, errors = accept(call.request, UnitInput, values)
    if data is not None:
        try:
            async with call.db.write() as tx:
                await units.add_unit(tx, call.actor, data)
        except Invalid as error:
            errors = errors_of(call.request, error)
        else:
            raise web.HTTPSeeOther("/admin/units")
    return await _unit_page(call, None, values, errors)


@routes.get("/admin/units/{unit}", guard=Guard.ADMIN)
async def one_unit(call: Call) -> web.Response:
    """A service: its name and place, to change where it is kept by hand."""
    async with call.db.read() as tx:
        unit = await _unit(call, tx)
    return await _unit_page(call, unit, {**_place_of(unit), "rev": str(unit.rev)}, {})


@routes.post("/admin/units/{unit}", guard=Guard.ADMIN)
async def change_unit(call: Call) -> web.Response:
    """Rename or move a service."""
    values = await read_form(call.request)
    form, errors = accept(call.request, UnitForm, values)
    saved, is_stale = None, False
    if form is not None:
        change = UnitChange(name=form.name, parent_id=form.parent_id)
        try:
            async with call.db.write() as tx:
                await units.change_unit(tx, call.actor, call.id("unit"), change, form.rev)
        except StaleRevision:
            is_stale = True
        except (Conflict, Invalid) as error:
            errors = errors_of(call.request, error)
    async with call.db.read() as tx:
        unit = await _unit(call, tx)
        if is_stale:
            above = {one.id: one.name for one in await list_units(tx, call.actor)}
            parent = above.get(unit.parent_id) if unit.parent_id else ""
            words = {"parent_id": await closed_parent(tx, call.actor, unit) if parent is None else parent}
            if found := differences(values, _place_of(unit), words):
                saved = await find_saved(tx, call.actor, unit.id, "units", unit.rev, found)
    if saved is None and not errors:
        raise web.HTTPSeeOther("/admin/units")
    return await _unit_page(call, unit, values, errors, saved)


@routes.post("/admin/units/{unit}/remove", guard=Guard.ADMIN)
async def remove_unit(call: Call) -> web.Response:
    """Take an empty service out of the tree."""
    try:
        async with call.db.write() as tx:
            await units.remove_unit(tx, call.actor, call.id("unit"))
    except Conflict as error:
        async with call.db.read() as tx:
            unit = await _unit(call, tx)
        values = {**_place_of(unit), "rev": str(unit.rev)}
        return await _unit_page(call, unit, values, errors_of(call.request, error), status=409)
    raise web.HTTPSeeOther("/admin/units")


async def _unit(call: Call, tx: Tx) -> UnitView:
    for unit in await list_units(tx, call.actor):
        if unit.id == call.id("unit"):
            return unit
    raise NotFound()


def _place_of(unit: UnitView) -> dict[str, str]:
    return {"name": unit.name, "parent_id": str(unit.parent_id or "")}


def _indented(tree: list[UnitView], besides: UUID | None = None) -> list[tuple[UUID, str]]:
    """The tree as the options of a select, without the branch of a service itself."""
    left_out: set[UUID | None] = {besides} if besides else set()
    options = []
    for unit in tree:  # parents come before children
        if unit.id in left_out or unit.parent_id in left_out:
            left_out.add(unit.id)
        else:
            options.append((unit.id, "\u2003" * unit.depth + unit.name))
    return options


async def _unit_page(
    call: Call,
    unit: UnitView | None,
    values: dict[str, str],
    errors: Errors,
    saved: Saved | None = None,
    status: int | None = None,
) -> web.Response:
    async with call.db.read() as tx:
        tree = await list_units(tx, call.actor)
        closed = await closed_parent(tx, call.actor, unit) if unit else ""
    options = _indented(tree, unit.id if unit else None)
    if unit and unit.parent_id and closed:
        options.insert(0, (unit.parent_id, closed))  # a new name alone moves it nowhere
    return await _form(call, "units", "unit", values, errors, saved, status=status, unit=unit, options=options)


@routes.get("/admin/groups", guard=Guard.ADMIN)
async def show_groups(call: Call) -> web.Response:
    """The groups, with what may be changed here."""
    async with call.db.read() as tx:
        found = await list_groups(tx, call.actor)
    return await page(call, "groups", "groups", groups=found)


@routes.get("/admin/groups/new", guard=Guard.ADMIN)
async def new_group(call: Call) -> web.Response:
    """The form of a new group."""
    return await page(call, "groups", "group_new", values={}, errors={})


@routes.post("/admin/groups/new", guard=Guard.ADMIN)
async def add_group(call: Call) -> web.Response:
    """Make a group with nobody in it."""
    values = await read_form(call.request)
    data, errors = accept(call.request, GroupInput, values)
    if data is None:
        return await page(call, "groups", "group_new", status=422, values=values, errors=errors)
    async with call.db.write() as tx:
        group = await groups.add_group(tx, call.actor, data)
    raise web.HTTPSeeOther(f"/admin/groups/{group.id}")


@routes.get("/admin/groups/{group}", query=MembersQuery, guard=Guard.ADMIN)
async def one_group(call: Call, query: MembersQuery) -> web.Response:
    """A group and who is in it."""
    return await _group_page(call, query, None, {})


@routes.post("/admin/groups/{group}", guard=Guard.ADMIN)
async def rename_group(call: Call) -> web.Response:
    """Call a group something else."""
    values = await read_form(call.request)
    form, errors = accept(call.request, GroupForm, values)
    saved = None
    if form is not None:
        try:
            async with call.db.write() as tx:
                await groups.rename_group(tx, call.actor, call.id("group"), GroupInput(name=form.name), form.rev)
        except StaleRevision:
            async with call.db.read() as tx:
                group = await view_group(tx, call.actor, call.id("group"))
                if found := differences(values, {"name": group.name}, {}):
                    saved = await find_saved(tx, call.actor, group.id, "groups", group.rev, found)
        except Conflict as error:
            errors = errors_of(call.request, error)
    if saved is None and not errors:
        raise web.HTTPSeeOther(f"/admin/groups/{call.id('group')}")
    return await _group_page(call, MembersQuery(), values, errors, saved)


@routes.post("/admin/groups/{group}/members", guard=Guard.ADMIN)
async def add_member(call: Call) -> web.Response:
    """Take somebody into a group."""
    form, errors = accept(call.request, MemberForm, await read_form(call.request))
    if form is not None:
        try:
            async with call.db.write() as tx:
                await groups.add_group_member(tx, call.actor, call.id("group"), form.person_id)
        except (Conflict, Invalid) as error:
            errors = errors_of(call.request, error)
        else:
            raise web.HTTPSeeOther(f"/admin/groups/{call.id('group')}")
    return await _group_page(call, MembersQuery(), None, errors)


@routes.post("/admin/groups/{group}/members/{person}/remove", guard=Guard.ADMIN)
async def remove_member(call: Call) -> web.Response:
    """Take somebody out of a group."""
    return await _group_change(call, remove_person=True)


@routes.post("/admin/groups/{group}/remove", guard=Guard.ADMIN)
async def remove_group(call: Call) -> web.Response:
    """Close a group: the rights it was given mean nothing any more."""
    return await _group_change(call, remove_person=False)


async def _group_change(call: Call, *, remove_person: bool) -> web.Response:
    group_id = call.id("group")
    try:
        async with call.db.write() as tx:
            if remove_person:
                await groups.remove_group_member(tx, call.actor, group_id, call.id("person"))
            else:
                await groups.remove_group(tx, call.actor, group_id)
    except Conflict as error:  # it is the directory's
        return await _group_page(call, MembersQuery(), None, errors_of(call.request, error))
    raise web.HTTPSeeOther(f"/admin/groups/{group_id}" if remove_person else "/admin/groups")


async def _group_page(
    call: Call, query: MembersQuery, values: dict[str, str] | None, errors: Errors, saved: Saved | None = None
) -> web.Response:
    async with call.db.read() as tx:
        group = await view_group(tx, call.actor, call.id("group"))
        members = await list_people(tx, call.actor, group=group.id, after=query.after)
        found = []
        if query.search and group.local:
            inside = await list_member_ids(tx, call.actor, group.id)
            people = await list_people(tx, call.actor, search=query.search)
            found = [one for one in people.items if one.id not in inside][:FOUND]
    shown = {"name": group.name, "rev": str(group.rev)} if values is None else values
    more: dict[str, Any] = {
        "group": group,
        "members": members.items,
        "following": call.following(members.next),
        "found": found,
        "search": query.search,
    }
    return await _form(call, "groups", "group", shown, errors, saved, **more)


async def _form(
    call: Call,
    section: str,
    template: str,
    values: dict[str, str],
    errors: Errors,
    saved: Saved | None,
    *,
    status: int | None = None,
    **data: Any,
) -> web.Response:
    """The page of a form as it was typed, with what is wrong or what was saved meanwhile."""
    if saved is not None:
        values = {**values, "rev": str(saved.rev)}
    status = status or (412 if saved else 422 if errors else 200)
    return await page(call, section, template, status=status, values=values, errors=errors, saved=saved, **data)
