"""Whether sound and picture pass between a room and each person in it, both ways: what presence by video rests on.

Pure: from the room's tracks and the engine's figures, never from what a browser says of itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from meetings.media.port import Label, ParticipantStats
from meetings.rooms.models import Kind
from meetings.rooms.rules import Room

STALE = 5.0
"""Seconds after which the engine's figures say nothing of now: it reports every two."""


@dataclass(frozen=True, slots=True)
class Signal:
    """What passes. `sound`: their microphone is open to the room, or closed by themselves or by who presides;
    `picture`: their camera is on and its packets come. Neither where nothing reaches them."""

    sound: bool = False
    picture: bool = False


def signals_of(room: Room, figures: Mapping[UUID, ParticipantStats]) -> dict[UUID, Signal]:
    """What passes for each person, on that device of theirs which has most; guests and programs are left out."""
    found: dict[UUID, Signal] = {}
    for key, participant in room.participants.items():
        if participant.kind is not Kind.PERSON or participant.guest:
            continue
        signal, before = _signal(room, key, figures.get(key)), found.get(participant.person, Signal())
        if (signal.picture, signal.sound) >= (before.picture, before.sound):
            found[participant.person] = signal
    return found


def _signal(room: Room, key: UUID, figures: ParticipantStats | None) -> Signal:
    own = {track.label: track for track in room.tracks.values() if track.participant == key}
    others_send = any(track.participant != key and not track.muted for track in room.tracks.values())
    if figures is None or (others_send and not figures.down_bps):
        return Signal()
    microphone, camera = own.get(Label.MICROPHONE), own.get(Label.CAMERA)
    return Signal(
        sound=microphone is not None and (microphone.muted or Label.MICROPHONE in figures.arriving),
        picture=camera is not None and not camera.muted and Label.CAMERA in figures.arriving,
    )
