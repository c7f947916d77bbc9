"""Assemblies as pages: the council's place, an assembly with its table of members, and their forms."""

from typing import Annotated, Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from collab.core.errors import DomainError, StaleRevision
from collab.core.i18n import Message, msg
from collab.spaces import access as spaces
from collab.spaces.queries import list_spaces
from directory.people.queries import list_people, view_person
from meetings.council.assemblies import queries, service
from meetings.council.assemblies.access import Can, get_assembly, get_member
from meetings.council.assemblies.models import (
    AssemblyChange,
    AssemblyInput,
    AssemblyView,
    Channel,
    ClerkInput,
    MemberChange,
    MemberInput,
    MemberView,
    Office,
)
from meetings.council.publishing.queries import has_page
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.rules.entries import Authority, LocalLaw
from meetings.council.sittings.queries import list_coming, list_sittings
from web.forms import Errors, accept, errors_of, read_form
from web.http import Call, Guard, page_routes, rev_of
from web.page import locale_of, show
from web.pages.council import CALCULATORS
from web.pages.sitting_words import STATE_KINDS, STATES
from web.versions import Saved, differences, find_saved

routes = page_routes("pages.assemblies")

FOUND = 10

KINDS: dict[Kind, Message] = {
    Kind.COMMUNE: msg("Municipal council"),
    Kind.EPCI: msg("Council of an EPCI"),
    Kind.SYNDICAT: msg("Committee of a syndicat or a PETR"),
    Kind.OPEN_SYNDICAT: msg("Committee of an open syndicat mixte"),
    Kind.DEPARTEMENT: msg("Departmental council"),
    Kind.REGION: msg("Regional council"),
    Kind.PERMANENT_COMMISSION: msg("Permanent commission"),
    Kind.CCAS: msg("Board of a CCAS"),
    Kind.CST: msg("Social committee (CST)"),
    Kind.CAP: msg("Joint committee (CAP)"),
    Kind.MUNICIPAL_COMMISSION: msg("Municipal commission"),
    Kind.EPCI_BUREAU: msg("Bureau of an EPCI"),
    Kind.TENDER_COMMISSION: msg("Tender commission"),
    Kind.FREE: msg("Another assembly, by its own rules"),
}
OFFICES: dict[Office, Message] = {
    Office.PRESIDENT: msg("Mayor or president"),
    Office.DEPUTY: msg("Deputy or vice-president"),
    Office.MEMBER: msg("Member"),
}
CHANNELS: dict[Channel, Message] = {Channel.MAIL: msg("By mail"), Channel.PAPER: msg("On paper, as they asked")}
LOCAL_LAWS: dict[str, Message] = {"": msg("General law"), LocalLaw.ALSACE_MOSELLE: msg("Alsace and Moselle")}
AUTHORITIES: dict[str, Message] = {
    "": msg("None"),
    Authority.DEPARTEMENT: msg("Of a département"),
    Authority.REGION: msg("Of a region"),
}
WORDS: dict[str, Any] = {
    "kinds": KINDS,
    "offices": OFFICES,
    "channels": CHANNELS,
    "local_laws": LOCAL_LAWS,
    "authorities": AUTHORITIES,
    "states": STATES,
    "state_kinds": STATE_KINDS,
}


class NewAssembly(AssemblyInput):
    """What the form of a new assembly sends."""

    space: UUID


class Chosen(BaseModel):
    """The space that a new assembly is for, where one comes from it."""

    model_config = ConfigDict(extra="forbid")
    space: UUID | None = None


class Search(BaseModel):
    """Whom to look for, to make them a member or a clerk."""

    model_config = ConfigDict(extra="forbid")
    search: Annotated[str, Field(max_length=100)] = ""


class Whom(BaseModel):
    """Who becomes a member."""

    model_config = ConfigDict(extra="forbid")
    person: UUID | None = None


@routes.get("/council", guard=Guard.OWN)
async def council(call: Call) -> web.Response:
    """The council's place: one's assemblies, and the calculators."""
    async with call.db.read() as tx:
        found = await queries.list_assemblies(tx, call.actor)
        coming = await list_coming(tx, call.actor)
    page = "meetings/council/council.html"
    return await show(call, page, assemblies=found, coming=coming, calculators=CALCULATORS, **WORDS)


@routes.get("/council/assemblies/new", query=Chosen, guard=Guard.OWN)
async def new_assembly(call: Call, query: Chosen) -> web.Response:
    """The form of a new assembly."""
    values = {"kind": Kind.COMMUNE.value, "term_from": call.today.isoformat(), "space": str(query.space or "")}
    return await _new_page(call, values, {})


@routes.post("/council/assemblies/new", guard=Guard.OWN)
async def create_assembly(call: Call) -> web.Response:
    """Make an assembly."""
    values = await read_form(call.request)
    form, errors = accept(call.request, NewAssembly, values)
    if form is not None:
        try:
            async with call.db.write() as tx:
                data = AssemblyInput(**form.model_dump(exclude={"space"}))
                made = await service.create_assembly(tx, call.actor, form.space, data)
            raise web.HTTPSeeOther(f"/council/assemblies/{made.id}")
        except DomainError as error:
            if not error.errors:
                raise
            errors = errors_of(call.request, error)
    return await _new_page(call, values, errors)


@routes.get("/council/assemblies/{assembly}", query=Search)
async def one_assembly(call: Call, query: Search) -> web.Response:
    """An assembly: its members in the order of the table, its clerks."""
    return await _assembly_page(call, query.search, {})


@routes.get("/council/assemblies/{assembly}/edit")
async def edit_assembly(call: Call) -> web.Response:
    """The form of what an assembly is."""
    async with call.db.read() as tx:
        await get_assembly(tx, call.actor, call.id("assembly"), Can.MANAGE)
        view = await queries.view_assembly(tx, call.actor, call.id("assembly"))
    return await _edit_page(call, view, {**_values_of(view), "rev": str(view.rev)}, {})


@routes.post("/council/assemblies/{assembly}/edit")
async def update_assembly(call: Call) -> web.Response:
    """Change what an assembly is."""
    values = await read_form(call.request)
    async with call.db.read() as tx:
        await get_assembly(tx, call.actor, call.id("assembly"), Can.MANAGE)
    rev = rev_of(values.pop("rev", ""))
    data, errors = accept(call.request, AssemblyChange, values)
    is_stale, saved = False, None
    if data is not None:
        try:
            async with call.db.write() as tx:
                await service.update_assembly(tx, call.actor, call.id("assembly"), data, rev)
        except StaleRevision:
            is_stale = True
        except DomainError as error:
            if not error.errors:
                raise
            errors = errors_of(call.request, error)
    async with call.db.read() as tx:
        view = await queries.view_assembly(tx, call.actor, call.id("assembly"))
        if is_stale and (fields := differences(values, _values_of(view), _words(call, KINDS, LOCAL_LAWS, AUTHORITIES))):
            saved = await find_saved(tx, call.actor, view.id, "council", view.rev, fields)
    if saved is None and not errors:
        raise web.HTTPSeeOther(f"/council/assemblies/{view.id}")
    return await _edit_page(call, view, {**values, "rev": str(saved.rev if saved else rev)}, errors, saved)


@routes.get("/council/assemblies/{assembly}/members/new", query=Whom)
async def new_member(call: Call, query: Whom) -> web.Response:
    """The form of a new mandate; who it is for is chosen on the assembly's page."""
    if query.person is None:
        return await _assembly_page(call, "", {})
    return await _member_page(call, query.person, {"joined": call.today.isoformat()}, {})


@routes.post("/council/assemblies/{assembly}/members/new")
async def add_member(call: Call) -> web.Response:
    """Make somebody a member."""
    values = await read_form(call.request)
    async with call.db.read() as tx:
        await get_assembly(tx, call.actor, call.id("assembly"), Can.MANAGE)
    data, errors = accept(call.request, MemberInput, values)
    if data is None:
        whom, _ = accept(call.request, ClerkInput, {"person_id": values.get("person_id", "")})
        if whom is None:
            return await _assembly_page(call, "", errors)
        return await _member_page(call, whom.person_id, values, errors)
    try:
        async with call.db.write() as tx:
            await service.add_member(tx, call.actor, call.id("assembly"), data)
    except DomainError as error:
        return await _member_page(call, data.person_id, values, errors_of(call.request, error))
    raise web.HTTPSeeOther(f"/council/assemblies/{call.id('assembly')}")


@routes.get("/council/members/{member}")
async def edit_member(call: Call) -> web.Response:
    """The form of a mandate."""
    async with call.db.read() as tx:
        assembly, _ = await get_member(tx, call.actor, call.id("member"), Can.MANAGE)
        view = await queries.view_assembly(tx, call.actor, assembly.id)
    member = _find(view, call.id("member"))
    return await _mandate_page(call, view, member, {**_values_of_member(member), "rev": str(member.rev)}, {})


@routes.post("/council/members/{member}")
async def update_member(call: Call) -> web.Response:
    """Change a mandate, or end it."""
    values = await read_form(call.request)
    async with call.db.read() as tx:
        assembly, _ = await get_member(tx, call.actor, call.id("member"), Can.MANAGE)
    rev = rev_of(values.pop("rev", ""))
    data, errors = accept(call.request, MemberChange, values)
    is_stale, saved = False, None
    if data is not None:
        try:
            async with call.db.write() as tx:
                await service.update_member(tx, call.actor, call.id("member"), data, rev)
        except StaleRevision:
            is_stale = True
        except DomainError as error:
            errors = errors_of(call.request, error)
    async with call.db.read() as tx:
        view = await queries.view_assembly(tx, call.actor, assembly.id)
        member = _find(view, call.id("member"))
        if is_stale and (fields := differences(values, _values_of_member(member), _words(call, OFFICES, CHANNELS))):
            saved = await find_saved(tx, call.actor, member.person_id, "council", member.rev, fields)
    if saved is None and not errors:
        raise web.HTTPSeeOther(f"/council/assemblies/{view.id}")
    return await _mandate_page(call, view, member, {**values, "rev": str(saved.rev if saved else rev)}, errors, saved)


@routes.post("/council/assemblies/{assembly}/clerks")
async def add_clerk(call: Call) -> web.Response:
    """Let somebody prepare and run the sittings."""
    async with call.db.read() as tx:
        await get_assembly(tx, call.actor, call.id("assembly"), Can.MANAGE)
    data, errors = accept(call.request, ClerkInput, await read_form(call.request))
    if data is None:
        return await _assembly_page(call, "", errors)
    async with call.db.write() as tx:
        await service.add_clerk(tx, call.actor, call.id("assembly"), data.person_id)
    raise web.HTTPSeeOther(f"/council/assemblies/{call.id('assembly')}#clerks")


@routes.post("/council/assemblies/{assembly}/clerks/{person}/remove")
async def remove_clerk(call: Call) -> web.Response:
    """Take that away. Who took it from themselves may see the assembly no more."""
    async with call.db.write() as tx:
        await service.remove_clerk(tx, call.actor, call.id("assembly"), call.id("person"))
    is_own = call.id("person") == call.actor.person_id
    raise web.HTTPSeeOther("/council" if is_own else f"/council/assemblies/{call.id('assembly')}#clerks")


async def _new_page(call: Call, values: dict[str, str], errors: Errors) -> web.Response:
    async with call.db.read() as tx:
        mine = await list_spaces(tx, call.actor)
    owned = [space for space in mine if spaces.Can.MANAGE in spaces.GRANTS[space.role] and not space.personal]
    status, page = 422 if errors else 200, "meetings/council/assembly_new.html"
    return await show(call, page, status=status, spaces=owned, values=values, errors=errors, **WORDS)


async def _edit_page(
    call: Call, view: AssemblyView, values: dict[str, str], errors: Errors, saved: Saved | None = None
) -> web.Response:
    status, page = 412 if saved else 422 if errors else 200, "meetings/council/assembly_edit.html"
    return await show(call, page, status=status, assembly=view, values=values, errors=errors, saved=saved, **WORDS)


async def _assembly_page(call: Call, search: str, errors: Errors) -> web.Response:
    async with call.db.read() as tx:
        view = await queries.view_assembly(tx, call.actor, call.id("assembly"))
        found = await list_people(tx, call.actor, search=search, limit=FOUND) if search and view.can_manage else None
        sittings = await list_sittings(tx, call.actor, view.id)
        is_public = await has_page(tx, call.actor, view.id)
    page, status = "meetings/council/assembly.html", 422 if errors else 200
    taken = {one.person_id for one in view.members_list if one.vacated is None}
    people = found.items if found else []
    return await show(
        call,
        page,
        status=status,
        assembly=view,
        search=search,
        found=people,
        members=taken,
        sittings=sittings,
        is_public=is_public,
        errors=errors,
        **WORDS,
    )


async def _member_page(call: Call, person_id: UUID, values: dict[str, str], errors: Errors) -> web.Response:
    async with call.db.read() as tx:
        await get_assembly(tx, call.actor, call.id("assembly"), Can.MANAGE)
        view = await queries.view_assembly(tx, call.actor, call.id("assembly"))
        person = await view_person(tx, call.actor, person_id)
    page, status = "meetings/council/member_new.html", 422 if errors else 200
    values = {"function": person.title, **values} if not errors else values
    return await show(call, page, status=status, assembly=view, person=person, values=values, errors=errors, **WORDS)


async def _mandate_page(
    call: Call,
    view: AssemblyView,
    member: MemberView,
    values: dict[str, str],
    errors: Errors,
    saved: Saved | None = None,
) -> web.Response:
    page, status = "meetings/council/member.html", 412 if saved else 422 if errors else 200
    return await show(
        call, page, status=status, assembly=view, member=member, values=values, errors=errors, saved=saved, **WORDS
    )


def _find(view: AssemblyView, member_id: UUID) -> MemberView:
    return next(one for one in view.members_list if one.id == member_id)


def _words(call: Call, *tables: Any) -> dict[str, str]:
    """The reading of values that are keys."""
    render = locale_of(call.request).render
    return {str(key): render(text) for table in tables for key, text in table.items() if key}


def _values_of(view: AssemblyView) -> dict[str, str]:
    """The assembly as the fields of its form hold it."""
    return {
        "title": view.title,
        "kind": view.kind.value,
        "population": str(view.population),
        "local_law": view.local_law or "",
        "authority": view.authority or "",
        "seats": str(view.seats),
        "term_from": view.term_from.isoformat(),
        "term_to": view.term_to.isoformat() if view.term_to else "",
    }


def _values_of_member(member: MemberView) -> dict[str, str]:
    """The mandate as the fields of its form hold it."""
    return {
        "office": member.office.value,
        "function": member.function,
        "party": member.party,
        "channel": member.channel.value,
        "joined": member.joined.isoformat(),
        "place": str(member.place),
        "vacated": member.vacated.isoformat() if member.vacated else "",
        "vacated_why": member.vacated_why,
        "weight": str(member.weight),
    }
