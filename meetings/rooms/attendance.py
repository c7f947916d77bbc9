"""Who was in a meeting's room from when to when: the attendance, for its page and its exports.

Visits are the source of truth (service.py, homes.py write them). Hosts see the times; others who may read the meeting
see who was there. Visits are forgotten after a time that the settings give.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import delete, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Denied
from collab.core.i18n import msg
from directory.people.models import Person
from directory.units.models import Unit
from meetings.rooms.access import get_with_hosting
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
    """Somebody who was in the room. `stays`, `seconds` (in all) and `spoken` are null for who does not host."""

    person_id: UUID
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
    rows = await tx.rows(
        select(RoomVisit, Person, col(Unit.name))
        .join(Person, col(Person.id) == col(RoomVisit.person_id))
        .outerjoin(Unit, col(Unit.id) == col(Person.unit_id))
        .where(col(RoomVisit.meeting_id) == meeting.id)
        .order_by(col(Person.sort_name), col(Person.id), col(RoomVisit.entered_at))
    )
    people: dict[UUID, tuple[Person, str, list[Stay]]] = {}
    for visit, person, unit in rows:
        people.setdefault(person.id, (person, unit or "", []))[2].append(Stay(visit.entered_at, visit.left_at))
    spoken = await read_speech(tx, meeting.id) if hosting else {}
    now = tx.now if hosting else None
    return AttendanceView(
        items=[_view(person, unit, visits, now, spoken.get(person.id, 0)) for person, unit, visits in people.values()],
        hosting=hosting,
    )


async def export_attendance(tx: Tx, actor: Actor, meeting_id: UUID, sheet: Sheet) -> AttendanceView:
    """The attendance, to be taken out of the house; journalled. Raises Denied for who does not organise the meeting."""
    meeting, hosting = await get_with_hosting(tx, actor, meeting_id)
    if not hosting:
        raise Denied("meetings.host_only", msg("Only those who organise the meeting may do this."))
    tx.record(actor, "rooms.export_attendance", space=meeting.space_id, subject=meeting_id, format=sheet.value)
    return await read_attendance(tx, actor, meeting_id)


async def forget_visits(tx: Tx, days: int) -> None:
    """Forget who was in rooms, `days` after they left."""
    await tx.execute(delete(RoomVisit).where(col(RoomVisit.left_at) < tx.now - timedelta(days=days)))
    await forget_speech(tx, days)


def _view(person: Person, unit: str, visits: Sequence[Stay], now: datetime | None, spoken: int) -> AttendantView:
    """`now`: None for readers who are not shown times."""
    stays = stays_of(visits)
    return AttendantView(
        person_id=person.id,
        name=person.display_name,
        unit=unit,
        has_photo=bool(person.photo_hash),
        stays=[StayView(entered_at=one.entered_at, left_at=one.left_at) for one in stays] if now else None,
        seconds=round(time_in(stays, now).total_seconds()) if now else None,
        spoken=spoken if now else None,
    )
