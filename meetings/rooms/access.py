"""Who may enter a meeting's room, as what, and who may read and write in its chat.

The meeting's own access decides; a room adds what it is now. Asked when somebody enters and again every few seconds.
"""

from dataclasses import dataclass
from uuid import UUID

from collab.chat.access import Channel
from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied
from collab.core.i18n import msg
from meetings.calendar.access import Can, get_meeting, get_with_standing
from meetings.calendar.models import MeetingState
from meetings.rooms.models import Role


@dataclass(frozen=True, slots=True)
class Admission:
    """That a person may be in a room, and as what."""

    meeting_id: UUID
    person_id: UUID
    role: Role


async def admit(tx: Tx, actor: Actor, meeting_id: UUID) -> Admission:
    """Raise unless the actor may be in the room now. Hosts are the organiser and the owners of the space."""
    meeting, standing = await get_with_standing(tx, actor, meeting_id, Can.JOIN)
    if meeting.state == MeetingState.CANCELLED:
        raise Conflict("meetings.cancelled", msg("This meeting is cancelled."))
    if actor.person_id is None:
        raise Denied()
    host = actor.person_id == meeting.organiser_id or standing.role == "owner"
    return Admission(meeting_id, actor.person_id, Role.HOST if host else Role.MEMBER)


async def open_chat(tx: Tx, actor: Actor, meeting_id: UUID, *, write: bool = False) -> Channel:
    """The meeting's chat, which outlives it: a cancelled meeting's is only read."""
    meeting = await get_meeting(tx, actor, meeting_id, Can.JOIN if write else Can.READ)
    if write and meeting.state == MeetingState.CANCELLED:
        raise Conflict("meetings.cancelled", msg("This meeting is cancelled."))
    return Channel(meeting.id, actor, writable=write)
