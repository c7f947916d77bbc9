"""Who is up by video, from readings of the meeting room every few seconds: pure, with the grace of rule R3.

A line is up when sound and picture both are; it is lost when they were not for longer than the grace. What becomes of
that for presence is said in rules.py.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from meetings.council.rules.remote import Attendance, is_present

NOTHING = Attendance()


@dataclass(slots=True)
class Lines:
    """The lines of one sitting. `up`: as they were last told; `seen`: when each was last up, in seconds of a clock."""

    grace: timedelta
    up: set[str] = field(default_factory=set)
    seen: dict[str, float] = field(default_factory=dict)

    def follow(self, readings: Mapping[str, Attendance], now: float, held: Collection[str] = ()) -> dict[str, bool]:
        """Whose line is up from now on (True), or lost (False). `held`: who is out of the room by order of the
        assembly, whose line is not judged meanwhile."""
        turned: dict[str, bool] = {}
        for who in {*readings, *self.up}:
            reading = readings.get(who, NOTHING)
            has_both = reading.sound and reading.picture
            if has_both or who in held:
                self.seen[who] = now
            if who not in self.up:
                is_up = has_both and who not in held
            else:
                lost = timedelta(seconds=now - self.seen.setdefault(who, now))
                is_up = not lost or is_present(replace(reading, lost_for=lost), remote_sitting=True, grace=self.grace)
            if is_up is not (who in self.up):
                turned[who] = is_up
        self.up = (self.up | {who for who, is_up in turned.items() if is_up}) - {
            who for who, is_up in turned.items() if not is_up
        }
        return turned
