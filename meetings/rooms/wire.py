"""What rooms tell browsers about the floor, connections and reactions: parts of the signalling that models.py puts
together."""

from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from meetings.rooms.reactions import Reaction


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


class Level(StrEnum):
    """How much a connection troubles: FAIR can be noticed, POOR is."""

    FAIR = "fair"
    POOR = "poor"


class Trouble(StrEnum):
    """Why. SENDING: what they send is lost on the way; RECEIVING: what they are sent; FAR: everything takes long;
    NARROW: their line has no room for all pictures."""

    SENDING = "sending"
    RECEIVING = "receiving"
    FAR = "far"
    NARROW = "narrow"


class Line(Wire):
    """That somebody's connection troubles."""

    participant: UUID
    level: Level
    trouble: Trouble


class LinesNow(Wire):
    """Whose connection troubles; of the others nothing is to be said."""

    type: Literal["lines"] = "lines"
    lines: tuple[Line, ...]


class Reacted(Wire):
    """Somebody shows a sign; told outside of the room's order, and kept by nobody."""

    type: Literal["reacted"] = "reacted"
    participant: UUID
    reaction: Reaction
