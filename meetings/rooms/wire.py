"""What rooms tell browsers about the floor, recordings, connections and reactions: parts of what models.py puts
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
    `queue`: participants, the next one first. `spoken`: only those who have spoken. `silenced`: persons whose
    microphone who presides the assembly has closed, for as long as that lasts."""

    speaker: UUID | None = None
    since: datetime | None = None
    fair: bool = False
    opens: bool = False
    limit: int | None = None
    queue: tuple[UUID, ...] = ()
    spoken: tuple[Spoken, ...] = ()
    silenced: tuple[UUID, ...] = ()


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


class OnAirNow(Wire):
    """The room is shown to the public from now on, at the address of the page `on_air`, or no longer (empty)."""

    type: Literal["on_air"] = "on_air"
    on_air: str


class PictureQuality(Wire):
    """What somebody is sent of one picture: `height` in pixels (0: unknown), or `paused` where the line has no room."""

    track: str
    layer: str
    height: int
    paused: bool


class Quality(Wire):
    """How somebody's connection fares: bits per second and share lost since the last time, round trip in seconds.

    `freezes` and `frozen` (seconds) since they came in, `concealed` lately, as their browser reports; null before."""

    participant: UUID
    up_bps: int
    down_bps: int
    up_loss: float
    down_loss: float
    round_trip: float | None
    pictures: list[PictureQuality]
    freezes: int | None
    frozen: float | None
    concealed: float | None


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
