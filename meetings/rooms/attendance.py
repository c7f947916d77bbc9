"""Who was in a meeting's room from when to when: the attendance, for its page and its exports.

Visits are the source of truth (service.py, homes.py write them). Hosts see the times; others who may read the meeting
see who was there. Visits are forgotten after a time that the settings give.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import delete, func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Denied
from collab.core.i18n import msg
from directory.people.models import Person
from directory.units.models import Unit
from meetings.calendar.models import Meeting
from meetings.rooms.access import get_with_hosting
from meetings.rooms.guest_models import Guest, GuestLink, GuestVisit
from meetings.rooms.lobby_models import RoomWait
from meetings.rooms.models import RoomVisit
from meetings.rooms.speech import forget_speech, read_speech

BREATH = timedelta(seconds=30)
"""Out for less than this is not out: a page loaded again, a line that was lost."""


class Sheet(StrEnum):
    """How a table leaves the house."""

    CSV = "csv"
    ODS = "ods"


@dataclass(frozen=True, slots=True)
class Stay:
    """From one entry to the exit that followed; `left_at` is None while it lasts."""

    entered_at: datetime
    left_at: datetime | None


class StayView(BaseModel):
    """One stay in the room; `left_at` is null while it lasts."""

    entered_at: datetime
    left_at: datetime | None


class AttendantView(BaseModel):
    """Somebody who was in the room. `stays`, `seconds` (in all) and `spoken` are null for who does not host.

    Of a `guest`, `person_id` is who they are in this meeting alone."""

    person_id: UUID
    guest: bool
    name: str
    unit: str
    has_photo: bool
    stays: list[StayView] | None
    seconds: int | None
    spoken: int | None


class AttendanceView(BaseModel):
    """Everybody who was in the room, by name. `hosting`: whether the reader organises the meeting."""

    items: list[AttendantView]
    hosting: bool


def stays_of(visits: Iterable[Stay]) -> list[Stay]:
    """One person's visits, of several windows perhaps, as stays that do not touch, in order of time."""
    stays: list[Stay] = []
    for visit in sorted(visits, key=lambda one: one.entered_at):
        last = stays[-1] if stays else None
        if last is None or (last.left_at is not None and visit.entered_at - last.left_at > BREATH):
            stays.append(visit)
            continue
        ends = None if last.left_at is None or visit.left_at is None else max(last.left_at, visit.left_at)
        stays[-1] = Stay(last.entered_at, ends)
    return stays


def time_in(stays: Iterable[Stay], now: datetime) -> timedelta:
    """How long these stays are together, those that last counted until now."""
    return sum((max((stay.left_at or now) - stay.entered_at, timedelta()) for stay in stays), timedelta())


def spoken_by_unit(people: Iterable[AttendantView]) -> list[tuple[str, int]]:
    """For how many seconds each service has spoken, the one that has most first; those without one come under ""."""
    seconds: dict[str, int] = {}
    for one in people:
        seconds[one.unit] = seconds.get(one.unit, 0) + (one.spoken or 0)
    return sorted(((unit, much) for unit, much in seconds.items() if much), key=lambda pair: (-pair[1], pair[0]))


async def read_attendance(tx: Tx, actor: Actor, meeting_id: UUID) -> AttendanceView:
    """Who was in the meeting's room; with times for its hosts."""
    meeting, hosting = await get_with_hosting(tx, actor, meeting_id)
    there = [*await _people(tx, meeting.id), *await _guests(tx, meeting.id)]
    spoken = await read_speech(tx, meeting.id) if hosting else {}
    now = tx.now if hosting else None
    return AttendanceView(items=[_view(who, now, spoken.get(who.id, 0)) for who in there], hosting=hosting)


@dataclass(frozen=True, slots=True)
class _Attendant:
    id: UUID
    name: str
    unit: str = ""
    has_photo: bool = False
    guest: bool = False
    visits: list[Stay] = field(default_factory=list)


async def _people(tx: Tx, meeting_id: UUID) -> Iterable[_Attendant]:
    """By name."""
    rows = await tx.rows(
        select(RoomVisit, Person, col(Unit.name))
        .join(Person, col(Person.id) == col(RoomVisit.person_id))
        .outerjoin(Unit, col(Unit.id) == col(Person.unit_id))
        .where(col(RoomVisit.meeting_id) == meeting_id)
        .order_by(col(Person.sort_name), col(Person.id), col(RoomVisit.entered_at))
    )
    found: dict[UUID, _Attendant] = {}
    for visit, person, unit in rows:
        who = _Attendant(person.id, person.display_name, unit or "", bool(person.photo_hash))
        found.setdefault(person.id, who).visits.append(Stay(visit.entered_at, visit.left_at))
    return found.values()


async def _guests(tx: Tx, meeting_id: UUID) -> Iterable[_Attendant]:
    """By name."""
    rows = await tx.rows(
        select(GuestVisit, Guest)
        .join(Guest, col(Guest.id) == col(GuestVisit.guest_id))
        .where(col(GuestVisit.meeting_id) == meeting_id)
        .order_by(func.lower(col(Guest.name)), col(Guest.id), col(GuestVisit.entered_at))
    )
    found: dict[UUID, _Attendant] = {}
    for visit, guest in rows:
        who = _Attendant(guest.id, guest.name, guest=True)
        found.setdefault(guest.id, who).visits.append(Stay(visit.entered_at, visit.left_at))
    return found.values()


async def export_attendance(tx: Tx, actor: Actor, meeting_id: UUID, sheet: Sheet) -> AttendanceView:
    """The attendance, to be taken out of the house; journalled. Raises Denied for who does not organise the meeting."""
    meeting, hosting = await get_with_hosting(tx, actor, meeting_id)
    if not hosting:
        raise Denied("meetings.host_only", msg("Only those who organise the meeting may do this."))
    tx.record(actor, "rooms.export_attendance", space=meeting.space_id, subject=meeting_id, format=sheet.value)
    return await read_attendance(tx, actor, meeting_id)


async def forget_visits(tx: Tx, days: int) -> None:
    """Forget who was in rooms, `days` after they left."""
    over = tx.now - timedelta(days=days)
    await tx.execute(delete(RoomVisit).where(col(RoomVisit.left_at) < over))
    await tx.execute(delete(GuestVisit).where(col(GuestVisit.left_at) < over))
    await _forget_guests(tx, over)
    await forget_speech(tx, days)


async def _forget_guests(tx: Tx, over: datetime) -> None:
    """Forget who waited, and the names of guests and links, once neither a stay nor a good link needs them."""
    ended = select(col(Meeting.id)).where(col(Meeting.ends_at) < over)
    await tx.execute(delete(RoomWait).where(col(RoomWait.meeting_id).in_(ended)))
    seen = select(col(GuestVisit.guest_id))
    gone = delete(Guest).where(col(Guest.meeting_id).in_(ended), col(Guest.id).not_in(seen))
    await tx.execute(gone.execution_options(synchronize_session=False))
    used = select(col(Guest.link_id))
    links = delete(GuestLink).where(
        col(GuestLink.meeting_id).in_(ended), col(GuestLink.expires_at) < over, col(GuestLink.id).not_in(used)
    )
    await tx.execute(links.execution_options(synchronize_session=False))


def _view(who: _Attendant, now: datetime | None, spoken: int) -> AttendantView:
    """`now`: None for readers who are not shown times."""
    stays = stays_of(who.visits)
    return AttendantView(
        person_id=who.id,
        guest=who.guest,
        name=who.name,
        unit=who.unit,
        has_photo=who.has_photo,
        stays=[StayView(entered_at=one.entered_at, left_at=one.left_at) for one in stays] if now else None,
        seconds=round(time_in(stays, now).total_seconds()) if now else None,
        spoken=spoken if now else None,
    )
