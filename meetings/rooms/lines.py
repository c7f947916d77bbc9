"""What everybody in a room may know of each other's connection: whether it troubles, and why; never the figures.

Pure. `quality.py` feeds it with what the engine and the browsers say every two seconds. A trouble is told once two
readings in a row have it and forgotten once three have none, so that one lost packet makes no noise.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from meetings.media.port import ParticipantStats
from meetings.rooms.wire import Level, Line, Trouble

SINCE = 2
UNTIL = 3
LOSS = (0.05, 0.15)
"""Share of packets from which it may be heard, and from which it surely is."""
ROUND_TRIP = (0.4, 0.8)
CONCEALED = (0.04, 0.12)

Found = tuple[Level, Trouble]


def judge(stats: ParticipantStats, concealed: float) -> Found | None:
    """The worst of what these figures show; None where nobody need notice anything.

    `concealed`: share of the sound that their browser made up."""
    measured = (
        (stats.up_loss, LOSS, Trouble.SENDING),
        (stats.down_loss, LOSS, Trouble.RECEIVING),
        (concealed, CONCEALED, Trouble.RECEIVING),
        (stats.round_trip or 0.0, ROUND_TRIP, Trouble.FAR),
    )
    found = [
        (Level.POOR if value > much else Level.FAIR, trouble)
        for value, (some, much), trouble in measured
        if value > some
    ]
    if any(picture.paused for picture in stats.pictures):
        found.append((Level.FAIR, Trouble.NARROW))
    return next((one for one in found if one[0] is Level.POOR), found[0] if found else None)


@dataclass(slots=True)
class Lines:
    """Whose connection troubles, and what the last readings of each were."""

    shown: dict[UUID, Found] = field(default_factory=dict)
    _streaks: dict[UUID, int] = field(default_factory=dict)
    """Readings in a row with a trouble, or, below zero, without."""

    def follow(self, readings: Mapping[UUID, Found | None]) -> None:
        """What was found now, of each who is there; the others are forgotten."""
        self._streaks = {key: self._streaks.get(key, 0) for key in readings}
        self.shown = {key: one for key, one in self.shown.items() if key in readings}
        for key, found in readings.items():
            streak = self._streaks[key]
            self._streaks[key] = max(streak, 0) + 1 if found else min(streak, 0) - 1
            if found and (self._streaks[key] >= SINCE or key in self.shown):
                self.shown[key] = found
            elif self._streaks[key] <= -UNTIL:
                self.shown.pop(key, None)

    def view(self) -> tuple[Line, ...]:
        """For everybody in the room."""
        return tuple(Line(participant=key, level=level, trouble=why) for key, (level, why) in self.shown.items())
