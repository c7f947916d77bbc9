"""How a room's queue works and how long people have spoken, as the database has it; live.py begins a room with it."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from collab.core.database import Tx
from meetings.calendar.models import Meeting
from meetings.rooms.kept import RoomFloor, RoomSpeech
from meetings.rooms.models import RoomVisit
from meetings.rooms.orders import NO_ORDER, find_orders
from meetings.rooms.wire import FloorView, Spoken


async def find_floor(tx: Tx, meeting_id: UUID) -> FloorView:
    """The floor of a room that nobody is in yet."""
    row = await tx.get(RoomFloor, meeting_id) or RoomFloor(meeting_id=meeting_id)
    seconds = await read_speech(tx, meeting_id)
    spoken = tuple(Spoken(person=person, seconds=much) for person, much in sorted(seconds.items()))
    order = (await find_orders(tx, [meeting_id])).get(meeting_id, NO_ORDER)
    silenced = tuple(sorted(order.silenced))
    return FloorView(fair=row.fair, opens=row.opens, limit=row.turn_limit, spoken=spoken, silenced=silenced)


async def read_speech(tx: Tx, meeting_id: UUID) -> dict[UUID, int]:
    """For how many seconds each has spoken."""
    rows = await tx.rows(
        select(col(RoomSpeech.person_id), col(RoomSpeech.seconds)).where(col(RoomSpeech.meeting_id) == meeting_id)
    )
    return {row[0]: row[1] for row in rows}


async def save_speech(tx: Tx, meeting_id: UUID, seconds: Mapping[UUID, int]) -> None:
    """Write down for how long each has spoken by now."""
    values = [
        {"meeting_id": meeting_id, "person_id": person, "seconds": much} for person, much in sorted(seconds.items())
    ]
    if values:
        insert = (postgresql.insert if tx.dialect == "postgresql" else sqlite.insert)(RoomSpeech).values(values)
        await tx.execute(
            insert.on_conflict_do_update(
                index_elements=[col(RoomSpeech.meeting_id), col(RoomSpeech.person_id)],
                set_={"seconds": insert.excluded.seconds},
            )
        )


async def open_floor(tx: Tx, meeting_id: UUID) -> None:
    """The last one has left: the queue decides nothing any more."""
    await tx.execute(delete(RoomFloor).where(col(RoomFloor.meeting_id) == meeting_id))


async def forget_speech(tx: Tx, days: int) -> None:
    """Forget how long people spoke where it is no longer known that they were there."""
    over = select(col(Meeting.id)).where(col(Meeting.ends_at) < tx.now - timedelta(days=days))
    known = select(col(RoomVisit.meeting_id))
    await tx.execute(
        delete(RoomSpeech).where(col(RoomSpeech.meeting_id).in_(over), col(RoomSpeech.meeting_id).not_in(known))
    )
