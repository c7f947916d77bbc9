"""The room's state under any order of inputs."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from meetings.media.port import Label
from meetings.rooms import rules
from meetings.rooms.models import (
    Entered,
    HandsNow,
    Left,
    LockedNow,
    Participant,
    Reason,
    Role,
    SpeakingNow,
    TrackGone,
    TrackSet,
    TrackView,
)
from meetings.rooms.rules import Room, Step
from meetings.rooms.wire import FloorNow, Level, Line, LinesNow, Trouble

people = st.integers(0, 4).map(lambda number: UUID(int=number))
participants = st.builds(
    Participant, id=people, person=people, name=st.just("Zoé"), photo=st.booleans(), role=st.sampled_from(Role)
)
tracks = st.builds(
    TrackView,
    id=st.integers(0, 6).map(str),
    participant=people,
    label=st.sampled_from(Label),
    muted=st.booleans(),
)
lines = st.builds(Line, participant=people, level=st.sampled_from(Level), trouble=st.sampled_from(Trouble))
inputs = st.one_of(
    participants.map(lambda one: lambda room: rules.enter(room, one)),
    st.tuples(people, st.booleans()).map(lambda pair: lambda room: rules.set_away(room, *pair)),
    st.tuples(people, st.sampled_from(Reason)).map(lambda pair: lambda room: rules.leave(room, *pair)),
    tracks.map(lambda track: lambda room: rules.set_track(room, track)),
    st.integers(0, 6).map(lambda number: lambda room: rules.drop_track(room, str(number))),
    st.lists(people, max_size=5).map(lambda heard: lambda room: rules.set_speaking(room, heard)),
    st.tuples(people, st.booleans()).map(lambda pair: lambda room: rules.set_hand(room, *pair)),
    st.booleans().map(lambda locked: lambda room: rules.set_locked(room, locked)),
    st.lists(lines, max_size=3).map(lambda found: lambda room: rules.set_lines(room, found)),
)


def follow(room: Room, step: Step) -> Room:
    """What a browser makes of the changes that it is told."""
    for change in step[1]:
        people, sent, speaking = dict(room.participants), dict(room.tracks), room.speaking
        hands, locked, floor, troubled = room.hands, room.locked, room.floor, room.lines
        match change:
            case Entered(participant=one):
                people[one.id] = one
            case Left(participant=gone):
                del people[gone]
                sent = {key: track for key, track in sent.items() if track.participant != gone}
                speaking = tuple(key for key in speaking if key != gone)
                hands = tuple(key for key in hands if key != gone)
                troubled = tuple(line for line in troubled if line.participant != gone)
            case TrackSet(track=track):
                sent[track.id] = track
            case TrackGone(track=key):
                del sent[key]
            case SpeakingNow(participants=heard):
                speaking = tuple(heard)
            case HandsNow(participants=up):
                hands = tuple(up)
            case LockedNow(locked=now):
                locked = now
            case FloorNow(floor=given):
                floor = given
            case LinesNow(lines=found):
                troubled = found
        room = Room(room.seq + 1, people, sent, speaking, hands=hands, locked=locked, floor=floor, lines=troubled)
    return room


@given(st.lists(inputs, max_size=40))
def test_whatever_happens_tracks_belong_to_people_who_are_there(steps: list[rules.Step]) -> None:
    room = Room()
    for step in steps:
        room, _ = step(room)  # type: ignore[operator]  # a strategy of functions
        assert {track.participant for track in room.tracks.values()} <= room.participants.keys()
        assert set(room.speaking) <= room.participants.keys()
        silent = {one.participant for one in room.tracks.values() if one.muted and one.label is Label.MICROPHONE}
        assert not silent & set(room.speaking)
        assert set(room.hands) <= room.participants.keys()
        assert len(set(room.hands)) == len(room.hands)
        assert {line.participant for line in room.lines} <= room.participants.keys()


@given(st.lists(inputs, max_size=40))
def test_hands_stay_in_the_order_in_which_they_went_up(steps: list[rules.Step]) -> None:
    room = Room()
    for step in steps:
        before = room.hands
        room, _ = step(room)  # type: ignore[operator]  # a strategy of functions
        stayed = [key for key in before if key in room.hands]
        assert list(room.hands)[: len(stayed)] == stayed


@given(st.lists(inputs, max_size=40), st.integers(0, 40))
def test_the_changes_lead_from_any_snapshot_to_the_end(steps: list[rules.Step], joined: int) -> None:
    room = seen = Room()
    for number, step in enumerate(steps):
        if number == joined:
            seen = room
        before = room
        room, changes = step(room)  # type: ignore[operator]  # a strategy of functions
        assert room.seq == before.seq + len(changes)
        if number >= joined:
            seen = follow(seen, (room, changes))
    if joined < len(steps):
        assert seen == room
