"""Lips stay in sync: whoever fills a slot, its reports and timestamps tell one time."""

from dataclasses import dataclass, field

from aiortc.rtp import RtcpPacket, RtcpSenderInfo, RtcpSrPacket
from hypothesis import given
from hypothesis import strategies as st

from meetings.media import rtp
from meetings.media.clocks import SenderClock, StreamClock, seconds, to_ntp
from meetings.media.port import Wish
from tests.support.rtp_packets import packet, vp8
from tests.unit.meetings.media.test_router import Scene

FRAME = 0.04
DELAY = 0.02
TOLERANCE = 0.005
"""Seconds: where no quick report comes, a clock may creep by SenderClock.DRIFT. Lips may be 45 ms off."""
CLOCKS = st.integers(0, 2**31).map(float)
STAMPS = st.integers(0, 2**32 - 1)


@dataclass
class Person:
    """Publishes sound and picture of the same instant; its clock and its timestamps begin anywhere."""

    scene: Scene
    name: str
    clock: float
    sound: int
    picture: int
    seq: int = 0
    sent: dict[int, float] = field(default_factory=dict)

    @property
    def base(self) -> int:
        return 1000 * (ord(self.name) - 96)

    def stamp(self, captured: float, video: bool) -> int:
        start, rate = (self.picture, 90_000) if video else (self.sound, 48_000)
        return (start + round(captured * rate)) & rtp.TS

    def send(self, captured: float, late: float, keyframe: bool) -> None:
        """What was captured then arrives `late` seconds after it, the picture with all its delay."""
        self.seq += 1
        up, room = self.scene.up(self.name), self.scene.room
        sound = packet(self.seq, self.stamp(captured, False), self.base, b"sound", 111)
        room.on_rtp(up, sound, captured + DELAY)
        picture = packet(self.seq, self.stamp(captured, True), self.base + 1, vp8(self.seq, keyframe=keyframe))
        room.on_rtp(up, picture, captured + DELAY + late)

    def report(self, captured: float, late: float) -> None:
        ntp = round((self.clock + captured) * (1 << 32))
        for video in (False, True):
            info = RtcpSenderInfo(ntp, self.stamp(captured, video), 1, 1)
            data = bytes(RtcpSrPacket(self.base + video, info))
            self.scene.room.on_publisher_rtcp(self.scene.up(self.name), data, captured + DELAY + late)


def times(scene: Scene, ssrc: int) -> list[tuple[int, float]]:
    """The reports of one outgoing stream: RTP timestamp, and its time on our clock."""
    found = []
    for path, data in scene.plane.reports:
        if path is scene.paths["c", "down"]:
            for item in RtcpPacket.parse(data):
                if isinstance(item, RtcpSrPacket) and item.ssrc == ssrc:
                    info = item.sender_info
                    found.append((info.rtp_timestamp, seconds(info.ntp_timestamp) - seconds(to_ntp(0.0))))
    return found


@given(
    st.tuples(CLOCKS, CLOCKS),
    st.tuples(STAMPS, STAMPS, STAMPS, STAMPS),
    st.lists(st.integers(5, 12), min_size=2, max_size=4),
    st.lists(st.sampled_from([0.05, 0.1, 0.17, 0.3]), min_size=8, max_size=8),
)
def test_one_slot_tells_one_time_whoever_fills_it(
    clocks: tuple[float, float], starts: tuple[int, int, int, int], turns: list[int], delays: list[float]
) -> None:
    scene = Scene("a", "b", "c")
    people = [Person(scene, "a", clocks[0], *starts[:2]), Person(scene, "b", clocks[1], *starts[2:])]
    down = scene.room.members["c"].down
    assert down is not None
    captured = 1.0
    for person in people:
        person.send(captured, 0.0, True)
        person.report(captured, 0.0)
    for turn, frames in enumerate(turns):
        name = "ab"[turn % 2]
        track = next(
            key for key, one in scene.room.tracks.items() if one.track.participant == name and one.kind == "video"
        )
        scene.room.select("c", {"3": Wish(track)}, captured)
        for frame in range(frames):
            captured += FRAME
            late = delays[(frame + frames) % 8]
            for person in people:
                person.send(captured, late if frame == 0 else 0.0, frame == 0)
        for person in people:
            person.report(captured, delays[frames % 8])
    pictures = times(scene, down.slots["3"].ssrc)
    assert pictures
    for stamp, at in pictures:
        passed = ((stamp - pictures[0][0] + 0x80000000) & rtp.TS) - 0x80000000
        assert abs(passed / 90_000 - (at - pictures[0][1])) < TOLERANCE, "timestamps and reports go on together"
    sounds = {slot.ssrc: times(scene, slot.ssrc) for slot in down.slots.values() if slot.kind == "audio"}
    newest = [told[-1][1] for told in sounds.values() if told]
    assert newest
    assert all(abs(at - pictures[-1][1]) < TOLERANCE for at in newest), "sound and picture of one instant"


@given(st.lists(st.tuples(st.floats(0.001, 2.0), st.floats(0, 0.3)), min_size=1, max_size=60), CLOCKS)
def test_a_clock_is_known_by_its_quickest_report(steps: list[tuple[float, float]], clock: float) -> None:
    sender = SenderClock()
    now, quickest = 5.0, 1.0
    for passed, delay in steps:
        now += passed
        quickest = min(quickest, delay)
        sender.report(clock + now - delay, now)
        ours = sender.ours(clock + now)
        assert ours is not None
        slack = sum(step for step, _ in steps) * SenderClock.DRIFT + 1e-4
        assert quickest - slack <= ours - now <= quickest + slack


def test_a_clock_that_was_set_is_followed_and_nonsense_is_not_believed() -> None:
    sender = SenderClock()
    sender.report(100.0, 5.0)
    sender.report(5000.0, 6.0)
    assert sender.ours(5001.0) == 7.0
    stream = StreamClock(90_000)
    assert stream.captured(1) is None
    stream.report(100 << 32, 1000, 5.0)
    assert stream.captured(91_000) == 6.0
    assert stream.captured(1000 + 90_000 * 3600) is None
