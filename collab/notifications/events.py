"""What is said on a person's own topic."""

from uuid import UUID

from collab.core.events import Announcement


def topic_of(person_id: UUID) -> str:
    """The topic that only this person hears."""
    return f"person:{person_id}"


class NotificationAdded(Announcement):
    """There is something new; `unread` is the number for the bell."""

    id: UUID
    unread: int


class NotificationsRead(Announcement):
    """Some were read, perhaps in another window."""

    unread: int
