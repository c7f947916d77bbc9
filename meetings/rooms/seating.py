"""Who sits where in the rooms of this process, and what all of them are told: bookkeeping, without database or engine.

live.py is built on it and is its only writer; hosting.py reads it.
"""

import time
from collections.abc import Callable, Mapping
from uuid import UUID

from collab.core.access import Actor, ActorKind
from meetings.rooms import floor, rules
from meetings.rooms.models import Kind, RoomEvent, Silenced, SlotsNow
from meetings.rooms.quality import Totals
from meetings.rooms.seats import Caller, Live, Seat, Tell, not_admitted
from meetings.rooms.signals import STALE, Signal, signals_of
from meetings.rooms.wire import Reacted


class Seating:
    """Rooms by meeting, and the socket of everybody in them."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._rooms: dict[UUID, Live] = {}
        self._sockets: dict[str, tuple[UUID, UUID]] = {}

    @property
    def present(self) -> int:
        """How many participants there are, in all rooms."""
        return sum(len(live.seats) for live in self._rooms.values())

    def totals(self) -> dict[UUID, Totals]:
        """How each room's connections fare, by meeting."""
        return {meeting: live.quality.totals() for meeting, live in self._rooms.items()}

    def is_present(self, meeting: UUID, participant: UUID) -> bool:
        """Whether this participant is in the room now."""
        live = self._rooms.get(meeting)
        return live is not None and participant in live.seats

    def seats(self, meeting: UUID) -> Mapping[UUID, Seat]:
        """Who sits in a room kept here; nobody where it is not."""
        live = self._rooms.get(meeting)
        return live.seats if live is not None else {}

    def _has_people(self, meeting: UUID) -> bool:
        """Whether somebody is in a room, and not only programs."""
        return any(seat.participant.kind is Kind.PERSON for seat in self.seats(meeting).values())

    def state(self, meeting: UUID) -> rules.Room:
        """What a room's people see of it."""
        live = self._rooms.get(meeting)
        return live.state if live is not None else rules.Room()

    def meetings(self) -> list[UUID]:
        """The meetings whose rooms are kept here and somebody is in."""
        return list(self._rooms)

    def spoken(self, meeting: UUID) -> dict[UUID, int]:
        """For how many seconds each person has spoken in this room."""
        live = self._rooms.get(meeting)
        return live.speech.totals(time.monotonic()) if live is not None else {}

    def signals(self, meeting: UUID, now: float) -> dict[UUID, Signal]:
        """What passes between the room and each person in it, at this time of the event loop."""
        live = self._rooms.get(meeting)
        is_known = live is not None and now - live.quality.at < STALE
        return signals_of(live.state, live.quality.figures) if live is not None and is_known else {}

    def change(self, meeting: UUID, change: Callable[[rules.Room], rules.Step]) -> None:
        """Change a room and tell everybody in it. Nothing happens when the last one has left."""
        live = self._rooms.get(meeting)
        if live is not None:
            self._step(meeting, change(live.state))

    def tell(self, meeting: UUID, participant: UUID, told: Silenced | Reacted) -> None:
        """Tell one of them something."""
        seat = self.seats(meeting).get(participant)
        if seat is not None and seat.hears:
            self._tell(seat.caller.socket, RoomEvent(meeting=meeting, seq=0, event=told))

    def tell_all(self, meeting: UUID, told: Reacted) -> None:
        """Tell all of them something that is no part of the room's state."""
        for participant in self.seats(meeting):
            self.tell(meeting, participant, told)

    def place(self, caller: Caller) -> tuple[UUID, UUID]:
        """Which room the caller is in, and as whom. Raises Conflict (media.not_admitted)."""
        place = self._sockets.get(caller.socket)
        if place is None:
            raise not_admitted()
        return place

    def _is_theirs(self, meeting: UUID, participant: UUID, actor: Actor) -> bool:
        live = self._rooms.get(meeting)
        found = live.state.participants.get(participant) if live else None
        who = actor.id if actor.kind is ActorKind.GUEST else actor.person_id
        return found is not None and found.kind is Kind.PERSON and found.person == who

    def _step(self, meeting: UUID, step: rules.Step) -> None:
        live = self._rooms[meeting]
        live.state, changes = floor.settle(step)
        live.speech.follow(live.state, time.monotonic())
        for seq, change in enumerate(changes, live.state.seq - len(changes) + 1):
            event = RoomEvent(meeting=meeting, seq=seq, event=change)
            for seat in live.seats.values():
                if seat.hears:
                    self._tell(seat.caller.socket, event)

    def _tell_slots(self, meeting: UUID, participant: UUID, slots: SlotsNow) -> None:
        seat = self._rooms[meeting].seats.get(participant)
        if seat is None:
            return
        seat.slots = slots
        if seat.hears:
            self._tell(seat.caller.socket, RoomEvent(meeting=meeting, seq=0, event=slots))
