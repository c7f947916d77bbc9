"""What passes between a room and a person: from tracks and packets, never from what a browser says."""

from uuid import uuid4

import pytest

from meetings.media.port import Label, ParticipantStats
from meetings.rooms.models import Kind, Participant, Role, TrackView
from meetings.rooms.rules import Room
from meetings.rooms.signals import Signal, signals_of

ME, DESK, TABLET, OTHER = uuid4(), uuid4(), uuid4(), uuid4()
MIC, CAMERA = Label.MICROPHONE, Label.CAMERA


def room(*tracks: TrackView, guest: bool = False, kind: Kind = Kind.PERSON) -> Room:
    people = [
        Participant(id=DESK, person=ME, name="Claire", photo=False, role=Role.MEMBER, guest=guest, kind=kind),
        Participant(id=TABLET, person=ME, name="Claire", photo=False, role=Role.MEMBER, guest=guest, kind=kind),
    ]
    return Room(participants={one.id: one for one in people}, tracks={track.id: track for track in tracks})


def track(label: Label, *, muted: bool = False, of: object = DESK) -> TrackView:
    return TrackView(id=f"{of}-{label}", participant=of, label=label, muted=muted)


def figures(*arriving: Label, down: int = 1, of: object = DESK) -> ParticipantStats:
    return ParticipantStats(str(of), 1, down, 0.0, 0.0, None, arriving=frozenset(arriving))


@pytest.mark.parametrize(
    ("tracks", "stats", "expected"),
    [
        ([track(MIC), track(CAMERA)], figures(MIC, CAMERA), Signal(True, True)),
        ([track(MIC, muted=True), track(CAMERA)], figures(CAMERA), Signal(True, True)),
        ([track(MIC), track(CAMERA, muted=True)], figures(MIC), Signal(True, False)),
        ([track(MIC), track(CAMERA)], figures(MIC), Signal(True, False)),
        ([track(MIC), track(CAMERA)], figures(CAMERA), Signal(False, True)),
        ([track(CAMERA)], figures(CAMERA), Signal(False, True)),
        ([track(MIC), track(CAMERA)], figures(), Signal()),
        ([track(MIC), track(CAMERA), track(CAMERA, of=OTHER)], figures(MIC, CAMERA, down=0), Signal()),
        ([], figures(), Signal()),
    ],
)
def test_sound_and_picture_pass_while_packets_come(
    tracks: list[TrackView], stats: ParticipantStats, expected: Signal
) -> None:
    assert signals_of(room(*tracks), {DESK: stats}) == {ME: expected}


def test_of_several_devices_the_one_that_has_most_counts_and_none_is_added_to_another() -> None:
    there = room(track(MIC), track(CAMERA, of=TABLET))
    found = signals_of(there, {DESK: figures(MIC), TABLET: figures(CAMERA, of=TABLET)})
    assert found == {ME: Signal(sound=False, picture=True)}


def test_guests_and_programs_are_present_in_no_assembly() -> None:
    both = (track(MIC), track(CAMERA))
    assert signals_of(room(*both, guest=True), {DESK: figures(MIC, CAMERA)}) == {}
    assert signals_of(room(*both, kind=Kind.SOURCE), {DESK: figures(MIC, CAMERA)}) == {}


def test_nobody_is_known_where_the_engine_says_nothing() -> None:
    assert signals_of(room(track(MIC), track(CAMERA)), {}) == {ME: Signal()}
