"""Recordings for those who look: what goes on in a room, and a meeting's list."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.files.models import Node
from collab.spaces.access import find_role
from directory.people.models import Person
from meetings.calendar.access import Can, get_meeting
from meetings.recording.models import (
    Ending,
    Recording,
    RecordingAnswer,
    RecordingItem,
    RecordingNow,
    RecordingsView,
    State,
)
from meetings.rooms.wire import Profile, RecordingView


@dataclass(frozen=True, slots=True)
class Going:
    """A recording that is asked for or goes on, and what everybody has answered: person or guest → agrees."""

    id: UUID
    view: RecordingView
    answers: dict[UUID, bool]

    def allows(self, who: UUID) -> bool:
        """Whether what this person sends may be written."""
        return self.answers.get(who, self.view.profile is Profile.NOTICE)


async def list_going(tx: Tx, meetings: Collection[UUID]) -> dict[UUID, Going]:
    """What goes on in each of these rooms, by meeting."""
    rows = await tx.all(
        select(Recording)
        .join(RecordingNow, col(RecordingNow.recording_id) == col(Recording.id))
        .where(col(RecordingNow.meeting_id).in_(meetings))
    )
    if not rows:
        return {}
    answers: dict[UUID, dict[UUID, bool]] = {row.id: {} for row in rows}
    found = await tx.all(
        select(RecordingAnswer)
        .where(col(RecordingAnswer.recording_id).in_(answers))
        .order_by(col(RecordingAnswer.at), col(RecordingAnswer.who_id))
    )
    for answer in found:
        answers[answer.recording_id][answer.who_id] = answer.agrees
    return {row.meeting_id: _going(row, answers[row.id]) for row in rows}


def _going(row: Recording, answers: dict[UUID, bool]) -> Going:
    objected = tuple(who for who, agrees in answers.items() if not agrees)
    view = RecordingView(profile=Profile(row.profile), since=row.started_at, answered=tuple(answers), objected=objected)
    return Going(row.id, view, answers)


async def view_recording(tx: Tx, meeting_id: UUID) -> RecordingView | None:
    """What those in this room see of its recording."""
    going = (await list_going(tx, [meeting_id])).get(meeting_id)
    return going.view if going is not None else None


async def list_recordings(tx: Tx, actor: Actor, meeting_id: UUID) -> RecordingsView:
    """The meeting's recordings, the newest first, for those who may read it; the files only for the space's members."""
    meeting = await get_meeting(tx, actor, meeting_id, Can.READ)
    inside = await find_role(tx, actor, meeting.space_id) is not None
    rows = await tx.rows(
        select(Recording, col(Person.display_name))
        .join(Person, col(Person.id) == col(Recording.started_by))
        .where(col(Recording.meeting_id) == meeting_id, col(Recording.state) != State.EMPTY)
        .order_by(col(Recording.id).desc())
    )
    wanted = {node for row, _ in rows for node in (row.folder_id, row.film_id) if node is not None}
    there = set(await tx.all(select(col(Node.id)).where(col(Node.id).in_(wanted), col(Node.trash_id).is_(None))))
    shown = there if inside else set()
    return RecordingsView(items=[_item(row, by, shown) for row, by in rows])


def _item(row: Recording, by: str, shown: set[UUID]) -> RecordingItem:
    return RecordingItem(
        id=row.id,
        profile=Profile(row.profile),
        state=State(row.state),
        by=by,
        asked_at=row.asked_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        ending=Ending(row.ending) if row.ending else None,
        seconds=row.seconds,
        gaps=row.gaps,
        folder_id=row.folder_id if row.folder_id in shown else None,
        film_id=row.film_id if row.film_id in shown else None,
    )
