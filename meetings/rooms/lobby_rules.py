"""When a door with a lobby opens to somebody, pure."""

from datetime import datetime, timedelta

from meetings.calendar.models import Meeting, MeetingKind
from meetings.rooms.lobby_models import RoomWait

GRACE = timedelta(seconds=60)
"""Who was let in and left, or lost the network, comes back in this time without asking again."""
ASK_AGAIN = timedelta(seconds=60)
SILENT = timedelta(seconds=15)
"""A page that waits says so every five seconds; one that has not for this long is closed."""


def has_lobby(meeting: Meeting) -> bool:
    """Whether those who do not organise the meeting are let in one by one."""
    return meeting.kind == MeetingKind.LOBBY


def is_let_in(wait: RoomWait | None, meeting: Meeting, now: datetime) -> bool:
    """Whether somebody at this door may be in the room: a host let them in, or it opens with the scheduled start."""
    if wait is not None and wait.let_in_at is not None and (wait.left_at is None or now - wait.left_at < GRACE):
        return True
    opened = meeting.opens_at_start and now >= meeting.starts_at
    return opened and (wait is None or wait.refused_at is None)


def is_waiting(wait: RoomWait, now: datetime) -> bool:
    """Whether somebody stands at the door this moment."""
    return wait.seen_at is not None and now - wait.seen_at < SILENT and wait.refused_at is None


def may_ask(wait: RoomWait | None, now: datetime) -> bool:
    """Whether they may ask: who was refused, only after a while."""
    return wait is None or wait.refused_at is None or now - wait.refused_at >= ASK_AGAIN
