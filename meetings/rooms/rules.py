"""The state of a room, pure: who is in it, what they send, who speaks or wants to, and what is told of each change.

`live.py` feeds it with what people and the media engine do. Whatever the order of inputs, a track belongs to somebody
who is there, only they speak and only unmuted; the changes it gives, applied to an earlier snapshot, make the later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from meetings.media.port import Label
from meetings.rooms.models import (
    Change,
    Entered,
    HandsNow,
    Left,
    LockedNow,
    Participant,
    Reason,
    Snapshot,
    SpeakingNow,
    TrackGone,
    TrackSet,
    TrackView,
    ViewersNow,
)
from meetings.rooms.wire import SILENCE, FloorView, Line, LinesNow, OnAirNow, RecordedNow, RecordingView


@dataclass(frozen=True, slots=True)
class Room:
    """All of a room that its people see. `seq` counts the changes."""

    seq: int = 0
    participants: Mapping[UUID, Participant] = field(default_factory=dict)
    tracks: Mapping[str, TrackView] = field(default_factory=dict)
    speaking: tuple[UUID, ...] = ()
    viewers: int = 0
    hands: tuple[UUID, ...] = ()
    locked: bool = False
    floor: FloorView = SILENCE
    recording: RecordingView | None = None
    on_air: str = ""
    lines: tuple[Line, ...] = ()

    def snapshot(self) -> Snapshot:
        """The whole, for somebody who comes in."""
        return Snapshot(
            seq=self.seq,
            participants=list(self.participants.values()),
            tracks=list(self.tracks.values()),
            speaking=list(self.speaking),
            viewers=self.viewers,
            hands=list(self.hands),
            locked=self.locked,
            floor=self.floor,
            recording=self.recording,
            on_air=self.on_air,
            lines=self.lines,
        )


Step = tuple[Room, Sequence[Change]]


def enter(room: Room, participant: Participant) -> Step:
    """Somebody comes in, or something about them changes; nothing happens when nothing differs."""
    if room.participants.get(participant.id) == participant:
        return room, ()
    people = {**room.participants, participant.id: participant}
    return _step(replace(room, participants=people), Entered(participant=participant))


def set_away(room: Room, participant_id: UUID, away: bool) -> Step:
    """Their signalling is interrupted, or back."""
    participant = room.participants.get(participant_id)
    return (room, ()) if participant is None else enter(room, participant.model_copy(update={"away": away}))


def leave(room: Room, participant_id: UUID, reason: Reason) -> Step:
    """Somebody goes, and what they sent with them."""
    if participant_id not in room.participants:
        return room, ()
    left = replace(
        room,
        participants={key: one for key, one in room.participants.items() if key != participant_id},
        tracks={key: track for key, track in room.tracks.items() if track.participant != participant_id},
        speaking=tuple(key for key in room.speaking if key != participant_id),
        hands=tuple(key for key in room.hands if key != participant_id),
        lines=tuple(line for line in room.lines if line.participant != participant_id),
    )
    return _step(left, Left(participant=participant_id, reason=reason))


def set_track(room: Room, track: TrackView) -> Step:
    """A track is there or changed; one of somebody who is not in the room is none."""
    if track.participant not in room.participants or room.tracks.get(track.id) == track:
        return room, ()
    return _hush(_step(replace(room, tracks={**room.tracks, track.id: track}), TrackSet(track=track)))


def drop_track(room: Room, track_id: str) -> Step:
    """A track is no longer there."""
    if track_id not in room.tracks:
        return room, ()
    tracks = {key: track for key, track in room.tracks.items() if key != track_id}
    return _step(replace(room, tracks=tracks), TrackGone(track=track_id))


def set_speaking(room: Room, speaking: Sequence[UUID]) -> Step:
    """Who speaks now, loudest first."""
    muted = _muted(room)
    heard = tuple(dict.fromkeys(key for key in speaking if key in room.participants and key not in muted))
    if heard == room.speaking:
        return room, ()
    return _step(replace(room, speaking=heard), SpeakingNow(participants=list(heard)))


def set_viewers(room: Room, count: int) -> Step:
    """How many look on."""
    return (room, ()) if count == room.viewers else _step(replace(room, viewers=count), ViewersNow(count=count))


def set_hand(room: Room, participant_id: UUID, raised: bool) -> Step:
    """A hand goes up, behind those that are up already, or down."""
    if participant_id not in room.participants or (participant_id in room.hands) == raised:
        return room, ()
    others = tuple(key for key in room.hands if key != participant_id)
    hands = (*others, participant_id) if raised else others
    return _step(replace(room, hands=hands), HandsNow(participants=list(hands)))


def set_locked(room: Room, locked: bool) -> Step:
    """Nobody else is let in, or the room is open again."""
    return (room, ()) if locked == room.locked else _step(replace(room, locked=locked), LockedNow(locked=locked))


def set_recording(room: Room, recording: RecordingView | None, ending: str = "") -> Step:
    """A recording is asked for, goes on, or has ended."""
    if recording == room.recording:
        return room, ()
    return _step(replace(room, recording=recording), RecordedNow(recording=recording, ending=ending))


def set_on_air(room: Room, on_air: str) -> Step:
    """The room is shown to the public at this address, or no longer."""
    return (room, ()) if on_air == room.on_air else _step(replace(room, on_air=on_air), OnAirNow(on_air=on_air))


def set_lines(room: Room, lines: Sequence[Line]) -> Step:
    """Whose connection troubles, among those who are there."""
    here = tuple(line for line in lines if line.participant in room.participants)
    return (room, ()) if here == room.lines else _step(replace(room, lines=here), LinesNow(lines=here))


def _muted(room: Room) -> set[UUID]:
    tracks = room.tracks.values()
    return {track.participant for track in tracks if track.label is Label.MICROPHONE and track.muted}


def _hush(step: Step) -> Step:
    """Who was just muted speaks no longer, whatever the engine last said."""
    room, changes = step
    hushed, more = set_speaking(room, room.speaking)
    return hushed, (*changes, *more)


def _step(room: Room, change: Change) -> Step:
    return replace(room, seq=room.seq + 1), (change,)
