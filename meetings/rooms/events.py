"""Who comes and goes in a meeting's room, for those who look at it from outside (its page, other processes)."""

from uuid import UUID

from collab.core.events import Announcement, Fact
from meetings.rooms.lobby_models import Waiting


def topic_of(meeting_id: UUID) -> str:
    """The topic of a meeting's room."""
    return f"room:{meeting_id}"


def lobby_of(meeting_id: UUID) -> str:
    """The topic of those who wait to be let into a room; for its hosts."""
    return f"lobby:{meeting_id}"


def wait_of(wait_id: UUID) -> str:
    """The topic of one wait; for who waits."""
    return f"wait:{wait_id}"


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


class GuestLinkRevoked(Fact):
    """A link for guests is worth nothing any more: who came by it is put out."""

    meeting_id: UUID


class LobbyAsked(Announcement):
    """Somebody asks to be let in."""

    waiting: Waiting


class LobbyPassed(Announcement):
    """Somebody does not wait any more: let in, refused, or gone."""

    wait: UUID


class LobbyMessage(Announcement):
    """What those who wait are told."""

    message: str


class WaitChanged(Announcement):
    """What became of one's wait, or what one is told meanwhile."""

    state: str
    message: str
