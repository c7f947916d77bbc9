"""No sequence of joins, drops and marks gives a wrong quorum: presence by video against another reading of R3."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from meetings.council.rules.entries import Assembly
from meetings.council.rules.remote import Attendance
from meetings.council.sittings.law import Body
from meetings.council.sittings.lines import Lines
from meetings.council.sittings.rules import Happened, How, Kind, Setting, State, count, electors, fold

MEMBERS = [f"m{number}" for number in range(5)]
SETTING = Setting(Body(Assembly.EPCI), date(2026, 11, 26), MEMBERS, {}, president="m0", remote=True, measured=True)
AT = datetime(2026, 11, 26, 18, tzinfo=UTC)
GRACE = 30

steps = st.lists(
    st.tuples(
        st.sampled_from(["room", "leaves", "line"]),
        st.sampled_from(MEMBERS),
        st.tuples(st.booleans(), st.booleans()),
        st.integers(1, 40),
    ),
    max_size=40,
)


@dataclass
class Known:
    """One member as rule R3 reads, by itself. `left`: the clerk entered that they left while their line was up, which
    then counts again only once it was lost."""

    marked: bool = False
    both: bool = False
    is_up: bool = False
    both_at: float = 0.0
    left: bool = False

    def pass_to(self, now: float) -> None:
        if self.both:
            self.both_at = now
        was_up, self.is_up = self.is_up, self.both or (self.is_up and now - self.both_at <= GRACE)
        if was_up is not self.is_up:
            self.left = False

    @property
    def counts(self) -> bool:
        return self.marked or (self.is_up and not self.left)


def entered(done: list[Happened], kind: Kind, member: str) -> None:
    done.append(Happened(len(done) + 1, kind, AT, member=member, how=How.ROOM))


@given(steps)
def test_who_counts_is_who_rule_r3_says(played: list[tuple[str, str, tuple[bool, bool], int]]) -> None:
    lines, done, now = Lines(timedelta(seconds=GRACE)), list[Happened](), 0.0
    readings: dict[str, Attendance] = {}
    known = {who: Known() for who in MEMBERS}
    for what, member, (sound, picture), seconds in played:
        state, one = fold(done), known[member]
        if what == "room" and state.present.get(member) is not How.ROOM:
            entered(done, Kind.PRESENT, member)
            one.marked, one.left = True, False
        elif what == "leaves" and (member in state.present or member in state.cut):
            entered(done, Kind.LEFT, member)
            one.marked, one.left = False, True
        elif what == "line":
            readings[member] = Attendance(sound=sound, picture=picture)
            one.both = sound and picture
        for _ in range(seconds):
            now += 1
            for who, is_up in lines.follow(readings, now).items():
                entered(done, Kind.VIDEO_UP if is_up else Kind.VIDEO_LOST, who)
            for each in known.values():
                each.pass_to(now)
        state = fold(done)
        there = {who for who, each in known.items() if each.counts}
        assert set(state.present) == there
        assert count(SETTING, state).present == len(there) <= len(MEMBERS)
        assert set(electors(SETTING, state, "")) == there
        assert not state.cut & there


@given(st.lists(st.tuples(st.sampled_from(MEMBERS), st.sampled_from([Kind.VIDEO_UP, Kind.VIDEO_LOST])), max_size=60))
def test_for_somebody_marked_in_the_room_devices_change_nothing(told: list[tuple[str, Kind]]) -> None:
    done = list[Happened]()
    for who in MEMBERS:
        entered(done, Kind.PRESENT, who)
    for who, kind in told:
        entered(done, kind, who)
    assert fold(done).present == dict.fromkeys(MEMBERS, How.ROOM)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 29)), max_size=40))
def test_a_line_that_comes_back_within_the_grace_was_never_lost(drops: list[tuple[bool, int]]) -> None:
    lines, now = Lines(timedelta(seconds=GRACE)), 0.0
    up = Attendance(sound=True, picture=True)
    assert lines.follow({"m0": up}, now) == {"m0": True}
    for is_gone, seconds in drops:
        for _ in range(seconds):
            now += 1
            assert lines.follow({} if is_gone else {"m0": Attendance(sound=True)}, now) == {}
        now += 1
        assert lines.follow({"m0": up}, now) == {}


def test_who_is_out_by_order_of_the_assembly_is_not_cut_off() -> None:
    lines = Lines(timedelta(seconds=GRACE))
    assert lines.follow({"m0": Attendance(sound=True, picture=True)}, 0) == {"m0": True}
    assert lines.follow({}, 500, held={"m0"}) == {}
    assert lines.follow({}, 529) == {}
    assert lines.follow({}, 531) == {"m0": False}


def test_a_proxy_sleeps_while_its_holder_is_cut_off_and_ends_when_its_giver_comes() -> None:
    done = list[Happened]()
    for kind, who in ((Kind.VIDEO_UP, "m0"), (Kind.PRESENT, "m1")):
        entered(done, kind, who)
    done.append(Happened(3, Kind.PROXY_GIVEN, AT, member="m2", other="m0"))

    def after(kind: Kind, who: str) -> State:
        entered(done, kind, who)
        return fold(done)

    assert set(electors(SETTING, fold(done), "")) == {"m0", "m1", "m2"}
    assert set(electors(SETTING, after(Kind.VIDEO_LOST, "m0"), "")) == {"m1"}
    assert set(electors(SETTING, after(Kind.VIDEO_UP, "m0"), "")) == {"m0", "m1", "m2"}
    state = after(Kind.VIDEO_UP, "m2")
    assert state.proxies == {} and set(electors(SETTING, state, "")) == {"m0", "m1", "m2"}
