"""Meetings as pages: one's list, a new one, one of them with those invited, and the room."""

import contextlib
from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, DomainError, Invalid, StaleRevision
from collab.core.i18n import Message, msg, nmsg
from collab.core.text import Input, Text, Title
from collab.spaces import access as spaces
from collab.spaces.queries import list_spaces
from directory.people.queries import list_named, list_people
from directory.sessions.keys import Keys
from meetings.calendar import queries, service
from meetings.calendar.access import Can, get_meeting
from meetings.calendar.models import (
    MOST_INVITED,
    Answer,
    AnswerInput,
    InviteInput,
    MeetingChange,
    MeetingInput,
    MeetingKind,
    MeetingSummary,
    MeetingView,
    Minutes,
)
from meetings.rooms.access import approach
from meetings.rooms.guest_models import GuestLinkView
from meetings.rooms.guests import list_links
from meetings.rooms.models import BanView
from meetings.rooms.queries import count_present, list_bans, read_presence
from meetings.rooms.service import lift_ban
from web.api.meetings import place_of
from web.forms import Errors, accept, errors_of, read_fields, read_form
from web.http import After, Call, Guard, page_routes, parse
from web.page import language_of, locale_of, show
from web.pages.attendance import what_is_kept
from web.render.formats import clock, day
from web.render.pages import NextMeeting
from web.versions import Saved, differences, find_saved

routes = page_routes("pages.meetings")

PAST = 30
FOUND = 10

ANSWERS: dict[Answer, Message] = {
    Answer.ACCEPTED: msg("Coming"),
    Answer.TENTATIVE: msg("Perhaps"),
    Answer.DECLINED: msg("Not coming"),
    Answer.WAITING: msg("No answer yet"),
}
ANSWER_KINDS = {Answer.ACCEPTED: "success", Answer.TENTATIVE: "warning", Answer.DECLINED: "danger", Answer.WAITING: ""}
DURATIONS: dict[int, Message] = {
    **{minutes: nmsg("%(count)s minute", "%(count)s minutes", minutes) for minutes in (15, 30, 45)},
    60: msg("1 hour"),
    90: msg("1 hour 30"),
    **{60 * hours: nmsg("%(count)s hour", "%(count)s hours", hours) for hours in (2, 3, 4, 6, 8)},
}
ROOMS: dict[MeetingKind, tuple[Message, Message]] = {
    MeetingKind.MEMBERS: (
        msg("Members"),
        msg("The people of the space and those invited come in directly. Nobody without an account."),
    ),
    MeetingKind.LOBBY: (
        msg("Lobby"),
        msg("Everybody waits until somebody who organises the meeting lets them in. Guests come by a link."),
    ),
    MeetingKind.PUBLIC: (
        msg("Open to guests"),
        msg("The people of the space, those invited and whoever has a link come in directly."),
    ),
}
WORDS: dict[str, Any] = {"rooms": ROOMS, "answers": ANSWERS, "answer_kinds": ANSWER_KINDS, "durations": DURATIONS}


class MeetingForm(Input):
    """What the form of a meeting sends; its time is the place's."""

    title: Title
    description: Text = ""
    date: Annotated[date, Field(ge=date(1900, 1, 1), lt=date(2200, 1, 1))]
    time: time
    duration: Minutes
    kind: MeetingKind = MeetingKind.MEMBERS
    opens_at_start: bool = False


class NewMeetingForm(MeetingForm):
    """The same, with the space it is in."""

    space: UUID


class ChangeForm(MeetingForm):
    """The same, with the rev that was shown."""

    rev: int


class Chosen(BaseModel):
    """The space that a new meeting is for, where one comes from it."""

    model_config = ConfigDict(extra="forbid")
    space: UUID | None = None


class Search(BaseModel):
    """Whom to look for, to invite them."""

    model_config = ConfigDict(extra="forbid")
    search: Annotated[str, Field(max_length=100)] = ""


async def next_meeting(call: Call) -> dict[str, NextMeeting | None]:
    """The header's next meeting."""
    async with call.db.read() as tx:
        found = await queries.find_next_meeting(tx, call.actor, call.db.clock.now())
    if found is None:
        return {"next_meeting": None}
    url = f"/meetings/{found.id}"
    join = f"{url}/room" if found.joinable else None
    return {"next_meeting": NextMeeting(title=found.title, starts_at=found.starts_at, url=url, join_url=join)}


@routes.get("/meetings", query=After, guard=Guard.OWN)
async def meetings(call: Call, query: After) -> web.Response:
    """The meetings at which one is expected: those to come by day, then those that are over, part `after` part."""
    now = call.db.clock.now()
    async with call.db.read() as tx:
        coming = await queries.list_my_meetings(tx, call.actor, now, None)
        over = await queries.page_my_meetings(
            tx, call.actor, None, now, after=query.after, limit=PAST, newest_first=True
        )
        present = await count_present(tx, [one.id for one in coming])
    past = [one for one in over.items if one.ends_at < now]
    days = _by_day(coming, _zone(call))
    following = f"{there}#past" if (there := call.following(over.next)) else None
    return await show(call, "meetings/calendar/list.html", days=days, past=past, present=present, following=following)


@routes.get("/meetings/new", query=Chosen, guard=Guard.OWN)
async def new_meeting(call: Call, query: Chosen) -> web.Response:
    """The form of a new meeting; it proposes the next full hour."""
    start = call.db.clock.now().astimezone(_zone(call)).replace(minute=0, second=0) + timedelta(hours=1)
    values = {"date": start.date().isoformat(), "time": f"{start:%H:%M}", "duration": "60"}
    return await _new_page(call, {**values, "space": str(query.space or "")}, {})


@routes.post("/meetings/new", guard=Guard.OWN)
async def create_meeting(call: Call) -> web.Response:
    """Make a meeting."""
    values = await read_form(call.request)
    values.pop("invitees", None)
    invitees = (await read_fields(call.request)).getall("invitees", [])
    form, errors = accept(call.request, NewMeetingForm, values)
    if form is None:
        return await _new_page(call, values, errors, invitees)
    try:
        data = parse(MeetingInput, {**_meeting_of(form, _zone(call)), "invitees": invitees}, "form")
        async with call.db.write() as tx:
            meeting = await service.create_meeting(tx, call.actor, form.space, data, place_of(call))
    except DomainError as error:
        if not error.errors:
            raise
        return await _new_page(call, values, _by_field(errors_of(call.request, error)), invitees)
    raise web.HTTPSeeOther(f"/meetings/{meeting.id}")


@routes.get("/meetings/{meeting}", query=Search)
async def one_meeting(call: Call, query: Search) -> web.Response:
    """A meeting: when, who, and the way in."""
    return await meeting_page(call, query.search, {})


@routes.get("/meetings/{meeting}/edit")
async def edit_meeting(call: Call) -> web.Response:
    """The form of a meeting's details."""
    async with call.db.read() as tx:
        await get_meeting(tx, call.actor, call.id("meeting"), Can.EDIT)
        view = await queries.view_meeting(tx, call.actor, call.id("meeting"))
    values = {**_values_of(view, _zone(call)), "rev": str(view.rev)}
    return await _edit_page(call, view, values, {})


@routes.post("/meetings/{meeting}/edit")
async def update_meeting(call: Call) -> web.Response:
    """Change a meeting."""
    values = {"description": "", **await read_form(call.request)}
    form, errors = accept(call.request, ChangeForm, values)
    is_stale, saved = False, None
    if form is not None:
        try:
            change = parse(MeetingChange, _meeting_of(form, _zone(call)), "form")
            async with call.db.write() as tx:
                await service.update_meeting(tx, call.actor, call.id("meeting"), change, form.rev, place_of(call))
        except StaleRevision:
            is_stale = True
        except Invalid as error:
            if not error.errors:
                raise
            errors = _by_field(errors_of(call.request, error))
    async with call.db.read() as tx:
        await get_meeting(tx, call.actor, call.id("meeting"), Can.EDIT)
        view = await queries.view_meeting(tx, call.actor, call.id("meeting"))
        if is_stale and (fields := _differences(call, values, view)):
            saved = await find_saved(tx, call.actor, view.id, "meetings", view.rev, fields)
    if saved is None and not errors:
        raise web.HTTPSeeOther(f"/meetings/{view.id}")
    return await _edit_page(call, view, values, errors, saved)


async def _edit_page(
    call: Call, view: MeetingView, values: dict[str, str], errors: Errors, saved: Saved | None = None
) -> web.Response:
    if saved is not None:
        values = {**values, "rev": str(saved.rev)}
    status = 412 if saved else 422 if errors else 200
    page = "meetings/calendar/edit.html"
    return await show(call, page, status=status, meeting=view, values=values, errors=errors, saved=saved, **WORDS)


def _differences(call: Call, values: dict[str, str], view: MeetingView) -> dict[str, str]:
    """What is saved of the fields that differ, in words."""
    zone, language = _zone(call), language_of(call.request)
    start = view.starts_at.astimezone(zone)
    minutes = nmsg("%(count)s minute", "%(count)s minutes", view.duration)
    words = {
        "kind": locale_of(call.request).render(ROOMS[view.kind][0]),
        "date": day(start.date(), language, call.today),
        "time": clock(start, language),
        "duration": locale_of(call.request).render(DURATIONS.get(view.duration, minutes)),
    }
    return differences(values, _values_of(view, zone), words)


def _values_of(view: MeetingView, zone: ZoneInfo) -> dict[str, str]:
    """The meeting as the fields of its form hold it."""
    start = view.starts_at.astimezone(zone)
    return {
        "title": view.title,
        "description": view.description,
        "date": start.date().isoformat(),
        "time": f"{start:%H:%M}",
        "duration": str(view.duration),
        "kind": view.kind.value,
        "opens_at_start": "true" if view.opens_at_start else "",
    }


@routes.post("/meetings/{meeting}/cancel")
async def cancel_meeting(call: Call) -> web.Response:
    """Cancel a meeting."""
    async with call.db.write() as tx:
        await service.cancel_meeting(tx, call.actor, call.id("meeting"), place_of(call))
    raise web.HTTPSeeOther(f"/meetings/{call.id('meeting')}")


@routes.post("/meetings/{meeting}/invitees")
async def invite(call: Call) -> web.Response:
    """Invite somebody more."""
    data, errors = accept(call.request, InviteInput, await read_form(call.request))
    async with call.db.write() as tx:
        await get_meeting(tx, call.actor, call.id("meeting"), Can.EDIT)
        if data is not None:
            await service.invite(tx, call.actor, call.id("meeting"), data.person_id, place_of(call))
    if errors:
        return await meeting_page(call, "", errors)
    raise web.HTTPSeeOther(f"/meetings/{call.id('meeting')}#invited")


@routes.post("/meetings/{meeting}/invitees/{person}/remove")
async def uninvite(call: Call) -> web.Response:
    """Take somebody off the list."""
    async with call.db.write() as tx:
        await service.uninvite(tx, call.actor, call.id("meeting"), call.id("person"), place_of(call))
    raise web.HTTPSeeOther(f"/meetings/{call.id('meeting')}#invited")


@routes.post("/meetings/{meeting}/answer")
async def answer(call: Call) -> web.Response:
    """Say whether one comes."""
    data, errors = accept(call.request, AnswerInput, await read_form(call.request))
    async with call.db.write() as tx:
        await get_meeting(tx, call.actor, call.id("meeting"), Can.JOIN)
        if data is not None:
            await service.answer(tx, call.actor, call.id("meeting"), data)
    if errors:
        return await meeting_page(call, "", errors)
    raise web.HTTPSeeOther(f"/meetings/{call.id('meeting')}")


@routes.post("/meetings/{meeting}/bans/{banned}/lift")
async def let_back(call: Call) -> web.Response:
    """Let somebody back into the room who was put out of it for good."""
    async with call.db.write() as tx:
        await lift_ban(tx, call.actor, call.id("meeting"), call.id("banned"))
    raise web.HTTPSeeOther(f"/meetings/{call.id('meeting')}")


@routes.get("/meetings/{meeting}/room")
async def room(call: Call) -> web.Response:
    """The door of a meeting's room, and the room behind it."""
    async with call.db.read() as tx:
        await approach(tx, call.actor, call.id("meeting"))
        view = await queries.view_meeting(tx, call.actor, call.id("meeting"))
    return await show(call, "meetings/rooms/room.html", meeting=view)


def _by_field(errors: Errors) -> Errors:
    """The form asks for a day and an hour: what is wrong with the instant that they make stands under the day."""
    return {"date" if name == "starts_at" else name: text for name, text in errors.items()}


async def _new_page(call: Call, values: dict[str, str], errors: Errors, invitees: Collection[str] = ()) -> web.Response:
    """`invitees`: the ids of those who were chosen, given back where the form is refused."""
    async with call.db.read() as tx:
        mine = await list_spaces(tx, call.actor)
        people = await list_named(tx, call.actor, _ids(invitees)) if invitees else []
    editable = [space for space in mine if spaces.Can.EDIT in spaces.GRANTS[space.role]]
    status = 422 if errors else 200
    page = "meetings/calendar/new.html"
    chosen = [one.model_dump(mode="json", include={"id", "display_name", "title"}) for one in people]
    return await show(call, page, status=status, spaces=editable, values=values, errors=errors, chosen=chosen, **WORDS)


def _ids(sent: Collection[str]) -> list[UUID]:
    """Those of the ids that are ids."""
    found = []
    for one in list(sent)[:MOST_INVITED]:
        with contextlib.suppress(ValueError):
            found.append(UUID(one))
    return found


async def meeting_page(call: Call, search: str, errors: Errors) -> web.Response:
    """The page of a meeting."""
    async with call.db.read() as tx:
        view = await queries.view_meeting(tx, call.actor, call.id("meeting"))
        present = await _present(tx, call, view)
        links = await _guest_links(tx, call, view)
        bans = await _bans(tx, call, view)
        kept = await what_is_kept(tx, call.actor, view.id)
        found = []
        if search and view.can_edit:
            taken = {invitee.person_id for invitee in view.invitees} | {view.organiser_id}
            people = await list_people(tx, call.actor, search=search, limit=FOUND + len(taken))
            found = [one for one in people.items if one.id not in taken][:FOUND]
    mine = next((one for one in view.invitees if one.person_id == call.actor.person_id), None)
    return await show(
        call,
        "meetings/calendar/meeting.html",
        status=422 if errors else 200,
        meeting=view,
        present=present,
        guest_links=links,
        mine=mine,
        bans=bans,
        search=search,
        found=found,
        errors=errors,
        **kept,
        **WORDS,
    )


async def _present(tx: Tx, call: Call, view: MeetingView) -> list[dict[str, Any]] | None:
    """Who is in the room; None for those whom a lobby keeps from knowing."""
    try:
        found: list[dict[str, Any]] = (await read_presence(tx, call.actor, view.id))["present"]
    except Denied:
        return None
    return found


async def _guest_links(tx: Tx, call: Call, view: MeetingView) -> list[GuestLinkView] | None:
    """The links for guests, for those who may revoke them."""
    try:
        return await list_links(tx, call.actor, call.deps.part(Keys), view.id, call.deps.settings.public_url)
    except Denied:
        return None


async def _bans(tx: Tx, call: Call, view: MeetingView) -> list[BanView]:
    """Who was put out for good, shown to those who may let them back."""
    try:
        return await list_bans(tx, call.actor, view.id)
    except (Denied, Conflict):  # who does not organise it; a meeting that is cancelled
        return []


def _zone(call: Call) -> ZoneInfo:
    return ZoneInfo(call.deps.settings.place.time_zone)


def _meeting_of(form: MeetingForm, zone: ZoneInfo) -> dict[str, Any]:
    """The fields of a meeting, its time made an instant in the place's zone."""
    starts_at = datetime.combine(form.date, form.time.replace(tzinfo=None), zone)
    return {
        "title": form.title,
        "description": form.description,
        "starts_at": starts_at,
        "duration": form.duration,
        "kind": form.kind,
        "opens_at_start": form.opens_at_start,
    }


def _by_day(found: Iterable[MeetingSummary], zone: ZoneInfo) -> list[tuple[date, list[MeetingSummary]]]:
    by_day = groupby(found, key=lambda one: one.starts_at.astimezone(zone).date())
    return [(day, list(group)) for day, group in by_day]
