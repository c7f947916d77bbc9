"""One participant of a room as the engine knows them: their grant, their wishes and their two connections.

Sans-I/O state of `router.py`.
"""

from __future__ import annotations

from collections.abc import Mapping

from meetings.media import control
from meetings.media.port import Label, Wish
from meetings.media.slots import Downlink
from meetings.media.streams import Published, Uplink


class Member:
    """One participant of the room."""

    def __init__(self, name: str, publish: frozenset[Label], now: float) -> None:
        self.name = name
        self.publish = publish
        self.muted: set[Label] = set()
        self.wishes: dict[str, Wish | None] = {}
        self.up: Uplink | None = None
        self.down: Downlink | None = None
        self.joined = False
        self.meter = control.Meter(now)

    def shows(self, track: Published) -> bool:
        """Whether one of their slots has this track as its source."""
        return self.down is not None and any(slot.source is track for slot in self.down.slots.values())

    def wish(self, wishes: Mapping[str, Wish | None], most: int) -> None:
        """Take wishes by mid. They may come before the offer that brings their slot, but no more than `most`."""
        self.wishes.update(wishes)
        if len(self.wishes) > most:
            slots = self.down.slots if self.down is not None else {}
            self.wishes = {mid: wish for mid, wish in self.wishes.items() if mid in slots}
