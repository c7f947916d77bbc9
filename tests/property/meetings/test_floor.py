"""The speaker queue under any order of events."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from meetings.media.port import Label
from meetings.rooms import floor, rules
from meetings.rooms.models import Kind, Participant, Role
from meetings.rooms.rules import Room, Step
from tests.property.meetings.test_room import follow, inputs, people

START = datetime(2026, 11, 26, 18, 30, tzinfo=UTC)
moments = st.integers(0, 3600).map(lambda seconds: START + timedelta(seconds=seconds))
turns = st.one_of(
    st.tuples(people, moments).map(lambda pair: lambda room: floor.give(room, *pair)),
    st.just(floor.end_turn),
    st.tuples(st.booleans(), st.booleans(), st.sampled_from([None, 120])).map(
        lambda chosen: lambda room: floor.choose(room, fair=chosen[0], opens=chosen[1], limit=chosen[2])
    ),
    st.dictionaries(people, st.integers(0, 900), max_size=5).map(
        lambda seconds: lambda room: floor.count(room, seconds)
    ),
)
events = st.lists(inputs | turns, max_size=50)


def spoken(room: Room, participant: UUID) -> int:
    person = room.participants[participant].person
    return next((one.seconds for one in room.floor.spoken if one.person == person), 0)


@given(events)
def test_the_queue_is_the_raised_hands_in_order(steps: list[Step]) -> None:
    room = Room()
    for step in steps:
        before = room
        room, _ = floor.settle(step(room))  # type: ignore[operator]  # a strategy of functions
        queue = room.floor.queue
        assert sorted(queue) == sorted(room.hands)
        assert room.floor.speaker is None or room.floor.speaker in room.participants
        assert (room.floor.speaker is None) == (room.floor.since is None)
        if not room.floor.fair:
            assert queue == room.hands
            if not before.floor.fair:
                stayed = [key for key in before.floor.queue if key in queue]
                assert list(queue)[: len(stayed)] == stayed
        else:
            waited = {key: place for place, key in enumerate(room.hands)}
            assert list(queue) == sorted(queue, key=lambda key: (spoken(room, key), waited[key]))


@given(events, st.integers(0, 50))
def test_a_browser_that_follows_sees_the_same_floor(steps: list[Step], joined: int) -> None:
    room = seen = Room()
    for number, step in enumerate(steps):
        if number == joined:
            seen = room
        before = room
        room, changes = floor.settle(step(room))  # type: ignore[operator]  # a strategy of functions
        assert room.seq == before.seq + len(changes)
        if number >= joined:
            seen = follow(seen, (room, changes))
    if joined < len(steps):
        assert seen == room


@given(events)
def test_where_the_queue_opens_microphones_no_other_is_open(steps: list[Step]) -> None:
    room = Room()
    for step in steps:
        room, _ = floor.settle(step(room))  # type: ignore[operator]  # a strategy of functions
        for one in room.participants.values():
            may = Label.MICROPHONE in floor.may_send(room.floor, one)
            assert may is (not room.floor.opens or one.role is Role.HOST or one.id == room.floor.speaker)


@given(st.lists(st.tuples(people, st.booleans(), st.integers(0, 60)), max_size=30))
def test_time_is_counted_once_for_each_person_whatever_their_windows(heard: list[tuple[UUID, bool, int]]) -> None:
    """Two windows of one person, and the whole of a turn, silent or not."""
    room = Room()
    for number in range(5):
        person = UUID(int=number // 2)
        one = Participant(id=UUID(int=number), person=person, name="Zoé", photo=False, role=Role.MEMBER)
        room, _ = rules.enter(room, one)
    speech, now, expected = floor.Speech(), 0.0, dict[UUID, float]()
    for who, turn, seconds in heard:
        room, _ = floor.settle(floor.give(room, who, START) if turn else rules.set_speaking(room, [who]))
        speech.follow(room, now)
        now += seconds
        talkers = {room.participants[key].person for key in {*room.speaking, room.floor.speaker} if key is not None}
        for person in talkers:
            expected[person] = expected.get(person, 0.0) + seconds
    totals = speech.totals(now)
    assert {key: much for key, much in totals.items() if much} == {key: much for key, much in expected.items() if much}


def test_a_camera_in_the_hall_counts_for_nobody() -> None:
    camera = Participant(
        id=UUID(int=1), kind=Kind.SOURCE, person=UUID(int=2), name="Salle", photo=False, role=Role.MEMBER
    )
    room, _ = rules.enter(Room(), camera)
    room, _ = rules.set_speaking(room, [camera.id])
    speech = floor.Speech()
    speech.follow(room, 0.0)
    assert speech.totals(60.0) == {}
