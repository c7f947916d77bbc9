"""Spaces: one's list, a new one, and the page of one with its members."""

from typing import Annotated, Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from collab.core.database import Tx
from collab.core.errors import DomainError, StaleRevision
from collab.core.i18n import Message, msg
from collab.files.queries import list_recent
from collab.spaces import queries, service
from collab.spaces.access import GRANTS, Can, get_space, require
from collab.spaces.models import DataClass, MemberInput, PrincipalKind, Role, Space, SpaceChange, SpaceInput, SpaceView
from directory.groups.queries import list_groups
from directory.people.queries import list_people
from directory.units.queries import list_units
from meetings.calendar.models import MeetingState
from meetings.calendar.queries import list_meetings
from projects.boards.queries import list_boards
from web.forms import Errors, accept, errors_of, read_form
from web.http import After, Call, Guard, page_routes
from web.page import locale_of, show
from web.versions import Saved, differences, find_saved

routes = page_routes("pages.spaces")

SHOWN = 5
SHOWN_MEMBERS = 8

ROLES: dict[Role, Message] = {Role.OWNER: msg("Owner"), Role.EDITOR: msg("Editor"), Role.READER: msg("Reader")}
ROLE_HINTS: dict[Role, Message] = {
    Role.OWNER: msg("Changes everything, members included"),
    Role.EDITOR: msg("Adds and changes cards, files and meetings"),
    Role.READER: msg("Reads, and joins meetings"),
}
DATA_CLASSES: dict[DataClass, Message] = {
    DataClass.ORDINARY: msg("Ordinary"),
    DataClass.PERSONAL: msg("Personal data"),
    DataClass.FINANCIAL: msg("Financial data"),
    DataClass.PUBLIC: msg("Public"),
    DataClass.ARCHIVE: msg("Archive"),
}
WORDS: dict[str, Any] = {"roles": ROLES, "role_hints": ROLE_HINTS, "data_classes": DATA_CLASSES}


class SpaceForm(SpaceChange):
    """The form of a space's settings: the rev that was shown goes along."""

    rev: int


class Candidates(BaseModel):
    """Whom to look for as a new member."""

    model_config = ConfigDict(extra="forbid")
    search: Annotated[str, Field(max_length=100)] = ""


@routes.get("/spaces", query=After, guard=Guard.OWN)
async def spaces(call: Call, query: After) -> web.Response:
    """One's spaces."""
    async with call.db.read() as tx:
        found, after = await queries.page_spaces(tx, call.actor, after=query.after)
    return await show(call, "collab/spaces/list.html", spaces=found, following=call.following(after), **WORDS)


@routes.get("/spaces/new", guard=Guard.OWN)
async def new_space(call: Call) -> web.Response:
    """The form of a new space."""
    return await show(call, "collab/spaces/new.html", values={}, errors={}, **WORDS)


@routes.post("/spaces/new", guard=Guard.OWN)
async def create_space(call: Call) -> web.Response:
    """Make a space."""
    values = await read_form(call.request)
    data, errors = accept(call.request, SpaceInput, values)
    if data is None:
        return await show(call, "collab/spaces/new.html", status=422, values=values, errors=errors, **WORDS)
    async with call.db.write() as tx:
        space = await service.create_space(tx, call.actor, data)
    raise web.HTTPSeeOther(f"/spaces/{space.id}")


@routes.get("/spaces/{space}")
async def one_space(call: Call) -> web.Response:
    """What a space holds: next meetings, boards, recent files, members."""
    now = call.db.clock.now()
    async with call.db.read() as tx:
        space = await _shared(tx, call, Can.READ)
        role = await require(tx, call.actor, space.id, Can.READ)
        members = await queries.list_members(tx, call.actor, space.id)
        boards = await list_boards(tx, call.actor, call.today, space_id=space.id)
        files = await list_recent(tx, call.actor, SHOWN, space_id=space.id)
        meetings = (await list_meetings(tx, call.actor, space.id, since=now)).items
    return await show(
        call,
        "collab/spaces/space.html",
        space=queries.view_of(space, role),
        editable=Can.EDIT in GRANTS[role],
        members=members,
        boards=boards,
        files=files,
        meetings=[one for one in meetings if one.state == MeetingState.PLANNED][:SHOWN],
        shown=SHOWN_MEMBERS,
        **WORDS,
    )


@routes.get("/spaces/{space}/members", query=Candidates)
async def members(call: Call, query: Candidates) -> web.Response:
    """Who is in the space, and who could be."""
    return await _members_page(call, query.search, {})


@routes.post("/spaces/{space}/members")
async def set_member(call: Call) -> web.Response:
    """Give somebody a role."""
    data, errors = accept(call.request, MemberInput, await read_form(call.request))
    if data is not None:
        try:
            async with call.db.write() as tx:
                await service.set_member(tx, call.actor, call.id("space"), data)
        except DomainError as error:
            if not error.errors and error.code != "spaces.last_owner":
                raise
            errors = errors_of(call.request, error)
    if errors:
        return await _members_page(call, "", errors)
    raise web.HTTPSeeOther(f"/spaces/{call.id('space')}/members")


@routes.post("/spaces/{space}/members/{principal}/remove")
async def remove_member(call: Call) -> web.Response:
    """Take a role away."""
    try:
        async with call.db.write() as tx:
            await service.remove_member(tx, call.actor, call.id("space"), call.id("principal"))
    except DomainError as error:
        if error.code != "spaces.last_owner":
            raise
        return await _members_page(call, "", errors_of(call.request, error))
    leaving = call.id("principal") == call.actor.person_id
    raise web.HTTPSeeOther("/spaces" if leaving else f"/spaces/{call.id('space')}/members")


async def _shared(tx: Tx, call: Call, can: Can) -> Space:
    """The space; of personal files, the only page is that of the files."""
    space = await get_space(tx, call.actor, call.id("space"), can)
    if space.owner_id is not None:
        raise web.HTTPSeeOther(f"/files/{space.id}")
    return space


async def _members_page(call: Call, search: str, errors: Errors) -> web.Response:
    async with call.db.read() as tx:
        space = await _shared(tx, call, Can.READ)
        role = await require(tx, call.actor, space.id, Can.READ)
        current = await queries.list_members(tx, call.actor, space.id)
        taken: set[UUID] = {member.principal_id for member in current}
        found: list[tuple[PrincipalKind, UUID, str, str]] = []
        if role is Role.OWNER and search:
            people = await list_people(tx, call.actor, search=search, limit=10)
            found += [(PrincipalKind.PERSON, one.id, one.display_name, one.title) for one in people.items]
            wanted = search.casefold()
            for kind, groups in (
                (PrincipalKind.GROUP, await list_groups(tx, call.actor)),
                (PrincipalKind.UNIT, await list_units(tx, call.actor)),
            ):
                found += [(kind, one.id, one.name, "") for one in groups if wanted in one.name.casefold()][:5]
    return await show(
        call,
        "collab/spaces/members.html",
        status=422 if errors else 200,
        space=queries.view_of(space, role),
        members=current,
        found=[one for one in found if one[1] not in taken],
        search=search,
        errors=errors,
        **WORDS,
    )


@routes.get("/spaces/{space}/settings")
async def settings(call: Call) -> web.Response:
    """What a space says of itself."""
    async with call.db.read() as tx:
        space = await _shared(tx, call, Can.MANAGE)
        role = await require(tx, call.actor, space.id, Can.READ)
    view = queries.view_of(space, role)
    return await _settings_page(call, view, _values_of(view), {})


@routes.post("/spaces/{space}/settings")
async def update_space(call: Call) -> web.Response:
    """Change what a space says of itself."""
    values = {"description": "", **await read_form(call.request)}
    form, errors = accept(call.request, SpaceForm, values)
    saved = None
    if form is not None:
        change = SpaceChange.model_validate(form.model_dump(exclude={"rev"}, exclude_unset=True))
        try:
            async with call.db.write() as tx:
                await service.update_space(tx, call.actor, call.id("space"), change, form.rev)
        except StaleRevision:
            saved = await _saved_settings(call, values)
    if saved is None and not errors:
        raise web.HTTPSeeOther(f"/spaces/{call.id('space')}")
    async with call.db.read() as tx:
        space = await get_space(tx, call.actor, call.id("space"), Can.MANAGE)
        role = await require(tx, call.actor, space.id, Can.READ)
    return await _settings_page(call, queries.view_of(space, role), values, errors, saved)


async def _saved_settings(call: Call, values: dict[str, str]) -> Saved | None:
    """The version that was saved meanwhile; None if it says the same."""
    async with call.db.read() as tx:
        space = await get_space(tx, call.actor, call.id("space"), Can.MANAGE)
        theirs = _values_of(space)
        word = locale_of(call.request).render(DATA_CLASSES[DataClass(space.data_class)])
        fields = differences(values, theirs, {"data_class": word})
        return await find_saved(tx, call.actor, space.id, "spaces", space.rev, fields) if fields else None


def _values_of(space: Space | SpaceView) -> dict[str, str]:
    return {"title": space.title, "description": space.description, "data_class": str(space.data_class)}


async def _settings_page(
    call: Call, view: SpaceView, values: dict[str, str], errors: Errors, saved: Saved | None = None
) -> web.Response:
    rev = saved.rev if saved else values.get("rev", view.rev)
    return await show(
        call,
        "collab/spaces/settings.html",
        status=412 if saved else 422 if errors else 200,
        space=view,
        values=values,
        rev=rev,
        errors=errors,
        saved=saved,
        **WORDS,
    )
