"""What is told of a sitting while it goes on, to whoever may read it."""

from datetime import date
from typing import Any
from uuid import UUID

from collab.core.events import Announcement, Fact


def topic_of(sitting_id: UUID) -> str:
    """The topic of all that happens in a sitting."""
    return f"sitting:{sitting_id}"


class SittingChanged(Announcement):
    """Something happened; `seq` is the number of the last event. `result`: of the ballot that was closed, seen by all
    before they ask for the rest; not in closed session."""

    seq: int
    kind: str
    result: dict[str, Any] | None = None


class VoteReceived(Announcement):
    """One vote more in the open ballot; how it was cast is told with the result."""

    ballot: UUID
    received: int


class DoorsClosed(Fact):
    """The assembly sits in closed session from now on; `meeting_id`: whose room it uses."""

    sitting_id: UUID
    meeting_id: UUID | None


class SittingClosed(Fact):
    """A sitting is over: what follows from it begins. `on`: its day at the place."""

    sitting_id: UUID
    on: date
