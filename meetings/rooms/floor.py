"""The speaker queue, pure: who has the floor, who is next, how long everybody has spoken, who may use a microphone.

Raised hands (rules.py) are the queue; this gives it an order. `settle` follows every change of a room (seating.py), so
that whatever happens only somebody who is there has the floor, and the queue is those who have a hand up.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from meetings.media.port import EVERYTHING, Label
from meetings.rooms import rules
from meetings.rooms.models import Change, Kind, Participant, Role
from meetings.rooms.rules import Room, Step
from meetings.rooms.wire import FloorNow, FloorView, Spoken

WITHOUT_MICROPHONE = EVERYTHING - {Label.MICROPHONE}


def settle(step: Step) -> Step:
    """The step, and what follows from it for the floor."""
    room, changes = step
    speaker = room.floor.speaker
    return _set(room, changes) if speaker in room.participants else _set(room, changes, speaker=None, since=None)


def give(room: Room, participant_id: UUID, now: datetime) -> Step:
    """This one has the floor from now on; their hand goes down. Nothing happens for who is not there or has it."""
    if participant_id not in room.participants or room.floor.speaker == participant_id:
        return room, ()
    lowered, changes = rules.set_hand(room, participant_id, raised=False)
    return _set(lowered, changes, speaker=participant_id, since=now)


def end_turn(room: Room) -> Step:
    """Nobody has the floor."""
    return _set(room, (), speaker=None, since=None)


def choose(room: Room, *, fair: bool, opens: bool, limit: int | None) -> Step:
    """How the queue works."""
    return _set(room, (), fair=fair, opens=opens, limit=limit)


def silence(room: Room, people: Collection[UUID]) -> Step:
    """Whose microphone stays closed by order of who presides."""
    return _set(room, (), silenced=tuple(sorted(people)))


def count(room: Room, seconds: Mapping[UUID, int]) -> Step:
    """For how long everybody has spoken."""
    spoken = tuple(Spoken(person=person, seconds=much) for person, much in sorted(seconds.items()) if much)
    return _set(room, (), spoken=spoken)


def may_send(floor: FloorView, participant: Participant) -> frozenset[Label]:
    """What somebody may send as the queue decides; programs and hosts are not in it."""
    if participant.person in floor.silenced and participant.kind is Kind.PERSON:
        return WITHOUT_MICROPHONE
    free = participant.role is Role.HOST or participant.kind is not Kind.PERSON or participant.id == floor.speaker
    return EVERYTHING if free or not floor.opens else WITHOUT_MICROPHONE


def _order(room: Room, floor: FloorView) -> tuple[UUID, ...]:
    if not floor.fair:
        return room.hands
    seconds = {one.person: one.seconds for one in floor.spoken}
    return tuple(sorted(room.hands, key=lambda key: seconds.get(room.participants[key].person, 0)))


def _set(room: Room, changes: Sequence[Change], **update: object) -> Step:
    """The floor with this changed, and the queue as it then is; told once."""
    floor = room.floor.model_copy(update=update)
    floor = floor.model_copy(update={"queue": _order(room, floor)})
    if floor == room.floor:
        return room, changes
    return replace(room, floor=floor, seq=room.seq + 1), (*changes, FloorNow(floor=floor))


@dataclass(slots=True)
class Speech:
    """For how many seconds each person has spoken: while they are heard, and all of their turn.

    Times are seconds of any steady clock. Programs count for nobody: a camera in a hall is many voices."""

    seconds: dict[UUID, float] = field(default_factory=dict)
    talking: frozenset[UUID] = frozenset()
    since: float = 0.0

    def follow(self, room: Room, now: float) -> None:
        """The room is so from now on."""
        talkers = {*room.speaking, room.floor.speaker}
        talking = frozenset(
            one.person for key, one in room.participants.items() if key in talkers and one.kind is Kind.PERSON
        )
        if talking != self.talking:
            self._count(now)
            self.talking = talking

    def totals(self, now: float) -> dict[UUID, int]:
        """Whole seconds of each, up to now."""
        self._count(now)
        return {person: int(much) for person, much in self.seconds.items()}

    def _count(self, now: float) -> None:
        for person in self.talking:
            self.seconds[person] = self.seconds.get(person, 0.0) + max(now - self.since, 0.0)
        self.since = now
