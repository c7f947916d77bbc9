"""The attendance sheet of a meeting: to be read, printed, and taken along as a table."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from collab.chat.queries import list_messages
from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Denied
from collab.core.i18n import Message, msg
from meetings.calendar.models import MeetingView
from meetings.calendar.queries import view_meeting
from meetings.recording.models import Ending, State
from meetings.recording.queries import list_recordings
from meetings.rooms.access import open_chat
from meetings.rooms.attendance import AttendanceView, Sheet, export_attendance, read_attendance, spoken_by_unit
from meetings.rooms.polling import export_poll, list_polls
from web.http import Call, page_routes
from web.page import locale_of, show
from web.sheets import Cell, ods_response, spoken
from web.tables import csv_response

routes = page_routes("pages.attendance")

HEADER: Sequence[Message] = (
    msg("Name"),
    msg("Service"),
    msg("Time of entry"),
    msg("Time of exit"),
    msg("Time present"),
    msg("Time spoken, in all"),
)


@routes.get("/meetings/{meeting}/attendance")
async def sheet(call: Call) -> web.Response:
    """Who was there from when to when, as a page to print."""
    async with call.db.read() as tx:
        view = await read_attendance(tx, call.actor, call.id("meeting"))
        if not view.hosting:
            raise Denied("meetings.host_only", msg("Only those who organise the meeting may do this."))
        meeting = await view_meeting(tx, call.actor, call.id("meeting"))
    days = call.deps.settings.meetings.attendance_days
    units = spoken_by_unit(view.items)
    page = "meetings/rooms/attendance.html"
    return await show(call, page, meeting=meeting, people=view.items, units=units, days=days, **WORDS)


@routes.get("/meetings/{meeting}/attendance.csv")
async def table(call: Call) -> web.Response:
    """The same as CSV; times in ISO 8601."""
    header, rows, meeting = await _rows(call, Sheet.CSV)
    return await csv_response(_name(call, meeting, Sheet.CSV), header, [[_said(cell) for cell in row] for row in rows])


@routes.get("/meetings/{meeting}/attendance.ods")
async def spreadsheet(call: Call) -> web.Response:
    """The same as a spreadsheet."""
    header, rows, meeting = await _rows(call, Sheet.ODS)
    return await ods_response(_name(call, meeting, Sheet.ODS), meeting.title, header, rows)


async def _rows(call: Call, kind: Sheet) -> tuple[list[str], list[list[Cell]], MeetingView]:
    async with call.db.write() as tx:
        view = await export_attendance(tx, call.actor, call.id("meeting"), kind)
        meeting = await view_meeting(tx, call.actor, call.id("meeting"))
    render = locale_of(call.request).render
    zone = ZoneInfo(call.deps.settings.place.time_zone)
    return [render(text) for text in HEADER], list(_lines(view, zone, call.db.clock.now())), meeting


def _lines(view: AttendanceView, zone: ZoneInfo, now: datetime) -> list[list[Cell]]:
    """One row a stay."""
    return [
        [
            one.name,
            one.unit,
            stay.entered_at.astimezone(zone),
            stay.left_at.astimezone(zone) if stay.left_at else None,
            (stay.left_at or now) - stay.entered_at,
            timedelta(seconds=one.spoken or 0),
        ]
        for one in view.items
        for stay in one.stays or ()
    ]


def _said(cell: Cell) -> str | int | None:
    match cell:
        case datetime():
            return cell.isoformat(timespec="seconds")
        case timedelta():
            return spoken(cell)
        case _:
            return cell


def _name(call: Call, meeting: MeetingView, kind: Sheet) -> str:
    start = meeting.starts_at.astimezone(ZoneInfo(call.deps.settings.place.time_zone))
    word = locale_of(call.request).render(msg("Attendance"))
    return f"{word} {meeting.title} {start.date()}.{kind}"


@routes.get("/meetings/{meeting}/polls/{poll}/results.csv")
async def results(call: Call) -> web.Response:
    """The results of a poll that is closed, as CSV."""
    async with call.db.write() as tx:
        poll = await export_poll(tx, call.actor, call.id("meeting"), call.id("poll"))
    render = locale_of(call.request).render
    header = [render(text) for text in (msg("Question"), msg("Answer"), msg("Votes"), msg("Who"))]
    rows = [(poll.question, one.text, one.votes, ", ".join(one.names or ())) for one in poll.options]
    return await csv_response(f"{poll.question[:80]}.csv", header, rows)


def length(seconds: int) -> str:
    """A duration as hours, minutes and seconds."""
    return spoken(timedelta(seconds=seconds))


WORDS: dict[str, Any] = {"length": length}


RECORDED: dict[State, Message] = {
    State.ASKING: msg("Waiting for everybody to agree"),
    State.RUNNING: msg("Going on"),
    State.COMPOSING: msg("The film is being made"),
    State.READY: msg("Ready"),
    State.FAILED: msg("The film could not be made"),
}
ENDINGS: dict[Ending, Message] = {
    Ending.FULL: msg("The disk was full: everything before it is kept."),
    Ending.FAILED: msg("It could not be written any more: everything before it is kept."),
    Ending.INTERRUPTED: msg("The server was interrupted: everything before it is kept."),
}


async def what_is_kept(tx: Tx, actor: Actor, meeting_id: UUID) -> dict[str, Any]:
    """What the meeting's page shows of its attendance, its polls and its chat."""
    messages, before = await list_messages(tx, await open_chat(tx, actor, meeting_id))
    return {
        "messages": messages,
        "earlier": before is not None,
        "attendance": await read_attendance(tx, actor, meeting_id),
        "polls": await list_polls(tx, actor, meeting_id),
        "recordings": (await list_recordings(tx, actor, meeting_id)).items,
        "states": RECORDED,
        "endings": ENDINGS,
        "length": length,
    }
