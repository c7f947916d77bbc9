"""What rooms tell browsers about the floor and about recording: parts of what models.py puts together."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Wire(BaseModel):
    """A message, or a part of one: what it does not know it refuses."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Spoken(Wire):
    """For how many seconds somebody has spoken in this meeting, in all their windows."""

    person: UUID
    seconds: int


class FloorView(Wire):
    """Who speaks by turn and who is next. `since`: when the turn began; `limit`: seconds that a turn should last.

    `fair`: those who have spoken least come first; `opens`: only hosts and whoever has the floor may use a microphone.
    `queue`: participants, the next one first. `spoken`: only those who have spoken."""

    speaker: UUID | None = None
    since: datetime | None = None
    fair: bool = False
    opens: bool = False
    limit: int | None = None
    queue: tuple[UUID, ...] = ()
    spoken: tuple[Spoken, ...] = ()


SILENCE = FloorView()


class FloorNow(Wire):
    """The floor is another: a turn began or ended, the queue or its order changed, a host chose how it works."""

    type: Literal["floor"] = "floor"
    floor: FloorView


class Profile(StrEnum):
    """How those in a room are asked. CONSENT: whoever does not agree leaves; NOTICE: they are told, and may object."""

    CONSENT = "consent"
    NOTICE = "notice"


class RecordingView(Wire):
    """That the room is recorded (`since` then), or that its hosts ask for it. `answered`: persons who have said
    whether they agree; `objected`: those of them who are kept out of it."""

    profile: Profile
    since: datetime | None = None
    answered: tuple[UUID, ...] = ()
    objected: tuple[UUID, ...] = ()


class RecordedNow(Wire):
    """A recording is asked for, goes on, or no longer (null; `ending` says why, such as `full`)."""

    type: Literal["recorded"] = "recorded"
    recording: RecordingView | None
    ending: str = ""
