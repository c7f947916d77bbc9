"""Who is in a meeting's room, for those who look at it from outside."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from directory.people.models import Person
from meetings.calendar.access import Can, get_meeting
from meetings.rooms.models import RoomVisit


async def read_presence(tx: Tx, actor: Actor, meeting_id: UUID) -> dict[str, Any]:
    """What a subscriber of `room:…` begins with: the visits that go on, in the order of entry."""
    await get_meeting(tx, actor, meeting_id, Can.READ)
    rows = await tx.rows(
        select(col(RoomVisit.id), col(Person.id), col(Person.display_name))
        .join(Person, col(Person.id) == col(RoomVisit.person_id))
        .where(col(RoomVisit.meeting_id) == meeting_id, col(RoomVisit.left_at).is_(None))
        .order_by(col(RoomVisit.entered_at), col(RoomVisit.id))
    )
    return {"present": [{"visit": str(visit), "person": str(person), "name": name} for visit, person, name in rows]}


async def count_present(tx: Tx, meeting_ids: list[UUID]) -> dict[UUID, int]:
    """How many people are in each of these rooms; for lists that were filtered by actor before."""
    people = func.count(func.distinct(col(RoomVisit.person_id)))
    rows = await tx.rows(
        select(col(RoomVisit.meeting_id), people)
        .where(col(RoomVisit.meeting_id).in_(meeting_ids), col(RoomVisit.left_at).is_(None))
        .group_by(col(RoomVisit.meeting_id))
    )
    return {row[0]: int(row[1]) for row in rows}
