"""What follows from a meeting's times and list, without I/O: when its door is offered, who is new, what is told."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

DOOR_OPENS_BEFORE = timedelta(minutes=15)
SEARCHED_AHEAD = timedelta(days=7)


class Notice(StrEnum):
    """What somebody invited is told; the calendar method goes with it (RFC 5546, 3.2)."""

    INVITED = "invited"
    MOVED = "moved"
    CHANGED = "changed"
    CANCELLED = "cancelled"
    UNINVITED = "uninvited"

    @property
    def method(self) -> str:
        """REQUEST, or CANCEL for what no longer concerns the reader."""
        return "CANCEL" if self in (Notice.CANCELLED, Notice.UNINVITED) else "REQUEST"


def is_door_offered(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether « Rejoindre » stands in the header: from a quarter of an hour before until the end.

    The room itself may be entered at any time; this only decides what is worth showing.
    """
    return starts_at - DOOR_OPENS_BEFORE <= now < ends_at


@dataclass(frozen=True, slots=True)
class Change:
    """Who comes to the list, who leaves it, who stays."""

    added: frozenset[UUID]
    removed: frozenset[UUID]
    kept: frozenset[UUID]


def compare(current: Collection[UUID], wanted: Collection[UUID] | None, organiser: UUID) -> Change:
    """From the list there is to the list that is wanted (None: the same); the organiser is never on it."""
    before = frozenset(current)
    after = before if wanted is None else frozenset(wanted) - {organiser}
    return Change(after - before, before - after, before & after)


def notices(change: Change, *, moved: bool, changed: bool) -> dict[UUID, Notice]:
    """What each person is told. `moved`: the time is another; `changed`: title or description is."""
    told = dict.fromkeys(change.added, Notice.INVITED) | dict.fromkeys(change.removed, Notice.UNINVITED)
    if moved or changed:
        told |= dict.fromkeys(change.kept, Notice.MOVED if moved else Notice.CHANGED)
    return told
