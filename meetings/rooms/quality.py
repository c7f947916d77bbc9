"""How a room's connections fare: the engine's figures and what browsers report, for its hosts and for /metrics.

`live.py` feeds it; nothing of it is kept when the room is empty. Times are the event loop's, in seconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from uuid import UUID

from collab.core.errors import TooMany
from meetings.media import port as media
from meetings.rooms.lines import Lines, judge
from meetings.rooms.models import QualityNow, Report
from meetings.rooms.wire import PictureQuality, Quality

REPORT_GAP = 2.0
"""A browser reports every five seconds; one that reports faster than this is told so."""


@dataclass(slots=True)
class Experience:
    """What one browser reported since it came."""

    freezes: int = 0
    frozen: float = 0.0
    concealed: float = 0.0
    """Of the last report."""
    at: float = -REPORT_GAP


@dataclass(frozen=True, slots=True)
class Totals:
    """A room in a few numbers: sums of rates (bits per second) and freezes, the worst of the others."""

    people: int
    up_bps: int
    down_bps: int
    up_loss: float
    down_loss: float
    round_trip: float
    paused: int
    freezes: int
    frozen: float
    pictures: Mapping[str, int]
    """How many are sent of each size; `SIZES`."""


SIZES = {"small": 240, "medium": 480, "large": 10_000}
"""Below which height (lines) a layer is so called: senders name and size their layers as they like."""


def _sizes(pictures: Iterable[media.PictureStats]) -> Mapping[str, int]:
    counts = dict.fromkeys(SIZES, 0)
    for picture in pictures:
        if picture.height:
            counts[next(name for name, limit in SIZES.items() if picture.height < limit)] += 1
    return counts


@dataclass(slots=True)
class RoomQuality:
    """The newest figures of one room."""

    figures: Mapping[UUID, media.ParticipantStats] = field(default_factory=dict)
    reported: dict[UUID, Experience] = field(default_factory=dict)
    lines: Lines = field(default_factory=Lines)
    at: float = -inf
    """When they came."""
    gone: Experience = field(default_factory=Experience)
    """What those had reported who are no longer there: totals never fall."""

    def heard(self, stats: media.Stats, now: float = 0.0) -> None:
        """The engine's figures, every two seconds."""
        self.at = now
        self.figures = {UUID(one.participant): one for one in stats.participants}
        told = {key: self.reported[key].concealed if key in self.reported else 0.0 for key in self.figures}
        self.lines.follow({key: judge(one, told[key]) for key, one in self.figures.items()})

    def report(self, participant: UUID, data: Report, now: float) -> None:
        """What a browser says of the time since its last report. Raises TooMany."""
        known = self.reported.setdefault(participant, Experience())
        if now - known.at < REPORT_GAP:
            raise TooMany(round(REPORT_GAP))
        known.at = now
        known.freezes += data.freezes
        known.frozen += data.frozen
        known.concealed = data.concealed

    def leave(self, participant: UUID) -> None:
        """Somebody went."""
        known = self.reported.pop(participant, None)
        if known is not None:
            self.gone.freezes += known.freezes
            self.gone.frozen += known.frozen

    def view(self) -> QualityNow:
        """Of each participant, for the hosts."""
        return QualityNow(participants=[self._one(key, stats) for key, stats in self.figures.items()])

    def _one(self, participant: UUID, stats: media.ParticipantStats) -> Quality:
        told = self.reported.get(participant)
        return Quality(
            participant=participant,
            up_bps=stats.up_bps,
            down_bps=stats.down_bps,
            up_loss=stats.up_loss,
            down_loss=stats.down_loss,
            round_trip=stats.round_trip,
            pictures=[
                PictureQuality(track=one.track, layer=one.layer, height=one.height, paused=one.paused)
                for one in stats.pictures
            ],
            freezes=told.freezes if told else None,
            frozen=round(told.frozen, 3) if told else None,
            concealed=told.concealed if told else None,
        )

    def totals(self) -> Totals:
        """Of the whole room, without anybody's name."""
        all_ = list(self.figures.values())
        told = [*self.reported.values(), self.gone]
        return Totals(
            people=len(all_),
            up_bps=sum(one.up_bps for one in all_),
            down_bps=sum(one.down_bps for one in all_),
            up_loss=max((one.up_loss for one in all_), default=0.0),
            down_loss=max((one.down_loss for one in all_), default=0.0),
            round_trip=max((one.round_trip or 0.0 for one in all_), default=0.0),
            paused=sum(picture.paused for one in all_ for picture in one.pictures),
            freezes=sum(one.freezes for one in told),
            frozen=sum(one.frozen for one in told),
            pictures=_sizes(picture for one in all_ for picture in one.pictures if not picture.paused),
        )
