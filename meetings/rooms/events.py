"""Who comes and goes in a meeting's room, for those who look at it from outside (its page, other processes)."""

from uuid import UUID

from collab.core.events import Announcement, Fact


def topic_of(meeting_id: UUID) -> str:
    """The topic of a meeting's room."""
    return f"room:{meeting_id}"


class RoomEntered(Announcement):
    """Somebody is in the room now."""

    visit: UUID
    person: UUID
    name: str


class RoomLeft(Announcement):
    """A stay has ended."""

    visit: UUID


class MediaTokenRevoked(Fact):
    """A media token is worth nothing any more: the sessions that it opened end."""

    meeting_id: UUID
