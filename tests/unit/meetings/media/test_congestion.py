"""A room in simulated time: a publisher with two layers and a voice, a viewer behind a line that changes.

Everything of the engine is real from the publisher's packets to the viewer's feedback, encryption included; the clock
and the line are not, so that the machine's speed has no say.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from aiortc.rtp import RtcpPsfbPacket, RtcpRtpfbPacket, pack_remb_fci
from pylibsrtp import Policy, Session

from meetings.media import rtp, sdp, srtp
from meetings.media.control import parse
from meetings.media.fanout import Path
from meetings.media.fanout_python import PythonPlane
from meetings.media.port import MediaSettings, RoomEvent, Slots, Wish
from meetings.media.reception import Arrivals
from meetings.media.router import Room
from meetings.media.slots import Downlink
from tests.support.netlab import Direction, Way
from tests.support.rtp_packets import audio, offer, packet, video, vp8
from tests.support.wire import Kept

MID, RID, NUMBERS = 4, 10, 3
CC = (f"a=extmap:{NUMBERS} {sdp.TRANSPORT_CC}", "a=rtcp-fb:96 transport-cc")
LAYERS = {"h": (1_500_000, 480), "l": (150_000, 160)}


@dataclass
class Sender:
    """One simulcast layer as a browser sends it."""

    rid: str
    ssrc: int
    seq: int = 0
    picture: int = 0
    credit: float = 0.0
    keyframe: bool = True
    every: int = 1
    """Of so many frames it sends one."""
    keyframes: list[float] = field(default_factory=list)
    """When it sent one."""
    lost: int = 0
    """Of five packets its line loses so many."""


@dataclass
class Viewer:
    """What arrived: (when, how long it took) of sound, heights of the layers by time of arrival."""

    sound: list[tuple[float, float]] = field(default_factory=list)
    frames: list[tuple[float, int]] = field(default_factory=list)
    padding: int = 0


class Call:
    STEP = 0.005

    def __init__(self, way: Way, feedback: bool = True) -> None:
        self.now = 100.0
        self.reports_lost = 0
        """Of five reports of the viewer so many are lost."""
        self.reports_late = 0.02
        self._reports = 0
        self.events: list[RoomEvent] = []
        self.plane = PythonPlane()
        self.room = Room("r", self.plane, MediaSettings(), self.events.append, self.now)
        self.link = Direction(3)
        self.link.way = way
        self.back: list[tuple[float, Callable[[], object]]] = []
        self.viewer = Viewer()
        self.layers = [Sender("h", 7001), Sender("l", 7002)]
        self._voice = 0
        self._tick = 0
        self._arrivals = Arrivals()
        self._expected: int | None = None
        self._missing: dict[int, float] = {}
        self._heights: dict[int, int] = {}
        self._wire = Kept()
        self._asked = Kept()
        self._reader = Session(Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_INBOUND))
        self._control = Session(Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_INBOUND))
        self._join(feedback)

    def _join(self, feedback: bool) -> None:
        picture = video("sendonly", "a=rid:h send", "a=rid:l send", "a=simulcast:send h;l")
        for name, sections in (
            ("a", (audio(), picture)),
            ("b", (audio("recvonly"), video("recvonly", *CC[: 2 * feedback]))),
        ):
            self.room.admit(name, self.now)
            parsed = sdp.parse_offer(offer(*sections))
            if name == "a":
                self.room.publish(name, parsed, None, self.now)
            else:
                self.room.receive(name, parsed, self.now)
        policy = Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND)
        policy.allow_repeat_tx = True
        self.room.up_ready(self.room.members["a"], Path(Session(policy), self._asked))
        self.room.down_ready(self.room.members["b"], Path(Session(policy), self._wire), self.now)
        track = next(key for key, item in self.room.tracks.items() if item.kind == "video")
        self.room.select("b", {"1": Wish(track, 480)}, self.now)

    def run(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self._tick += 1
            self.now += self.STEP
            self.plane.now = self.now
            if self._tick % 4 == 0:
                self._speak()
                self.room.tick(self.now)
            if self._tick % 6 == 0:
                self._film()
            self.plane.flush()
            self._obey()
            self.plane.flush()
            for datagram in self._wire.datagrams:
                self.link.take(datagram, self.now)
            self._wire.datagrams.clear()
            self._arrive()
            if self._tick % 10 == 0:
                self._report()
            due = [item for item in self.back if item[0] <= self.now]
            self.back = [item for item in self.back if item[0] > self.now]
            for _, act in due:
                act()
            self.plane.flush()

    def _speak(self) -> None:
        up = self.room.members["a"].up
        assert up is not None
        self._voice += 1
        stamp = round(self.now * 1000).to_bytes(8, "big")
        mid = {MID: b"0", 1: bytes([30])}
        data = packet(self._voice, 960 * self._voice, 7000, stamp + bytes(90), 111, extensions=mid)
        self.room.on_rtp(up, data, self.now)

    def _film(self) -> None:
        up = self.room.members["a"].up
        assert up is not None
        for layer in self.layers:
            rate, height = LAYERS[layer.rid]
            if self._tick // 6 % layer.every:
                continue
            layer.credit += rate * 6 * self.STEP / 8
            layer.picture += 1
            named = {MID: b"1", RID: layer.rid.encode()}
            first = True
            size = min(1100, int(rate / 8 / 30))
            while layer.credit >= size:
                layer.credit -= size
                layer.seq += 1
                head = vp8(layer.picture, keyframe=layer.keyframe and first, height=height)
                body = head + bytes(size - len(head) - 30)
                if not first:
                    body = bytes([body[0] & ~0x10]) + body[1:]
                stamp = round(self.now * 90_000)
                if layer.seq % 5 < layer.lost:
                    continue
                self.room.on_rtp(up, packet(layer.seq, stamp, layer.ssrc, body, extensions=named), self.now)
                first = False
            if layer.keyframe:
                layer.keyframes.append(self.now)
            layer.keyframe = False

    def _obey(self) -> None:
        """The publisher gives the keyframes that it is asked for."""
        for datagram in self._asked.datagrams:
            plain = srtp.unprotect_rtcp(self._control, datagram)
            for item in parse(plain or b"") or ():
                if isinstance(item, RtcpPsfbPacket) and item.fmt == 1:
                    for layer in self.layers:
                        layer.keyframe = layer.keyframe or layer.ssrc == item.media_ssrc
        self._asked.datagrams.clear()

    def _arrive(self) -> None:
        while (at := self.link.next_at()) is not None and at <= self.now:
            for datagram in self.link.leave(at):
                if 192 <= datagram[1] <= 223:
                    continue
                plain = srtp.unprotect(self._reader, datagram)
                header = rtp.parse(plain or b"")
                assert plain is not None
                assert header is not None
                for number, _, start, end in rtp.extensions(plain, header):
                    if number == NUMBERS:
                        self._arrivals.came(int.from_bytes(plain[start:end], "big"), at)
                if header.payload_type == 111:
                    sent = int.from_bytes(plain[header.payload : header.payload + 8], "big") / 1000
                    self.viewer.sound.append((at, at - sent))
                elif header.payload_type == 96:
                    self._see(plain, header, at)
                elif header.payload == header.end:
                    self.viewer.padding += len(plain)
                else:
                    again = rtp.unwrap_rtx(plain, header, 1, 96)
                    repeated = rtp.parse(again or b"")
                    if again is not None and repeated is not None:
                        self._missing.pop(repeated.seq, None)
                        self._look(again, repeated, at)

    def _see(self, plain: bytes, header: rtp.Header, at: float) -> None:
        expected = header.seq if self._expected is None else self._expected
        gap = (header.seq - expected) & 0xFFFF
        if gap < 0x8000:
            self._missing.update({(expected + step) & 0xFFFF: at for step in range(min(gap, 100))})
            self._expected = (header.seq + 1) & 0xFFFF
        else:
            self._missing.pop(header.seq, None)
        self._look(plain, header, at)

    def _look(self, plain: bytes, header: rtp.Header, at: float) -> None:
        head = rtp.parse_vp8(plain, header.payload, header.end)
        assert head is not None
        if head.keyframe:
            self._heights[0] = head.height
        if self._heights:
            self.viewer.frames.append((at, self._heights[0]))

    def _report(self) -> None:
        down = self.room.members["b"].down
        feedback = self._arrivals.feedback(1, 2)
        assert down is not None
        ssrc = down.slots["1"].ssrc
        if self._missing and self.now - min(self._missing.values()) > 3.0:
            self._missing.clear()
            self._tell(down, bytes(RtcpPsfbPacket(fmt=1, ssrc=1, media_ssrc=ssrc)))
        elif self._missing:
            self._tell(down, bytes(RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=ssrc, lost=sorted(self._missing))))
        for part in feedback:
            self._tell(down, part)

    def _tell(self, down: Downlink, report: bytes) -> None:
        self._reports += 1
        if self._reports % 5 >= self.reports_lost:
            at = self.now + self.reports_late
            self.back.append((at, lambda: self.room.on_receiver_rtcp(down, report, self.now)))

    def heights(self, since: float, until: float = 1e9) -> list[int]:
        return [height for at, height in self.viewer.frames if since < at < until]


WIDE, NARROW = Way(delay_ms=10), Way(delay_ms=10, rate_kbit=400)


def test_a_wide_line_has_the_large_picture_soon() -> None:
    call = Call(WIDE)
    call.run(10)
    first = min(at for at, height in call.viewer.frames if height == 480) - 100
    assert first < 3
    assert set(call.heights(103)) == {480}


def test_when_the_line_narrows_sound_goes_on_and_the_picture_gets_small_then_large_again() -> None:
    call = Call(Way(delay_ms=10, rate_kbit=5000))
    call.run(8)
    assert set(call.heights(105)) == {480}
    call.link.way = NARROW
    call.run(15)
    assert set(call.heights(110)) == {160}
    late = [wait for at, wait in call.viewer.sound if 108 < at < 123 and wait > 0.2]
    assert len(late) < 0.06 * 15 * 50
    expected, heard = 15 * 50, len([at for at, _ in call.viewer.sound if 108 < at <= 123])
    assert heard > 0.97 * expected
    gaps = [at for at, _ in call.viewer.frames if 108 < at < 123]
    assert max(after - before for before, after in itertools.pairwise(gaps)) < 0.7
    call.link.way = Way(delay_ms=10, rate_kbit=5000)
    call.run(15)
    assert set(call.heights(134)) == {480}


def test_a_line_that_is_full_both_ways_gets_the_small_picture_before_it_says_so() -> None:
    """The viewer's own pictures fill the way back: what it reports comes late, or not at all."""
    call = Call(Way(delay_ms=10, rate_kbit=5000))
    call.run(8)
    call.link.way, call.reports_late, call.reports_lost = NARROW, 0.3, 4
    call.run(1)
    call.reports_late, call.reports_lost = 0.02, 0
    call.run(9)
    frames = [at for at, height in call.viewer.frames if at > 108]
    assert max(after - before for before, after in itertools.pairwise(frames)) < 0.7
    assert set(call.heights(108.8)) == {160}
    expected, heard = 10 * 50, len([at for at, _ in call.viewer.sound if 108 < at <= 118])
    assert heard > 0.96 * expected


def test_a_line_for_sound_alone_has_sound_alone_and_the_viewer_is_told() -> None:
    call = Call(Way(delay_ms=10, rate_kbit=150, queue_ms=300))
    call.run(20)
    (*_, last) = [event for event in call.events if isinstance(event, Slots)]
    assert last.slots["1"] is None
    assert last.slots["0"] is not None
    waits = [wait for at, wait in call.viewer.sound if at > 110]
    assert sum(wait < 0.15 for wait in waits) > 0.9 * len(waits)
    assert len(waits) > 0.95 * 10 * 50
    call.link.way = WIDE
    call.run(25)
    assert set(call.heights(call.now - 2)) == {480}, "what was paused comes back by itself"


def test_a_viewer_on_a_small_line_takes_nothing_from_others() -> None:
    call = Call(NARROW)
    call.run(10)
    assert set(call.heights(104)) == {160}


@pytest.mark.parametrize("rate", [400_000, 4_000_000])
def test_a_receiver_without_numbers_is_held_back_by_its_own_estimate(rate: int) -> None:
    call = Call(WIDE, feedback=False)
    down = call.room.members["b"].down
    assert down is not None
    call.run(2)
    assert set(call.heights(101)) == {480}
    fci = pack_remb_fci(rate, [down.slots["1"].ssrc])
    for _ in range(4):
        call.room.on_receiver_rtcp(down, bytes(RtcpPsfbPacket(fmt=15, ssrc=1, media_ssrc=0, fci=fci)), call.now)
        call.run(1)
    assert set(call.heights(104)) == {160 if rate < 1_000_000 else 480}


@pytest.mark.parametrize(
    "way",
    [
        Way(delay_ms=50, jitter_ms=30),
        Way(delay_ms=10, loss_pct=5),
        Way(delay_ms=10, loss_pct=5, burst=3),
        Way(delay_ms=10, loss_pct=10),
    ],
)
def test_jitter_and_loss_do_not_make_the_picture_small(way: Way) -> None:
    call = Call(WIDE)
    call.run(7)
    call.link.way = way
    call.run(30)
    heights = call.heights(107)
    assert heights.count(480) > 0.95 * len(heights)


def test_a_large_layer_that_its_publisher_starves_is_not_shown() -> None:
    call = Call(WIDE)
    call.run(4)
    call.layers[0].every = 8
    call.run(6)
    assert set(call.heights(108)) == {160}
    call.layers[0].every = 1
    call.run(6)
    assert set(call.heights(114)) == {480}


def test_after_an_interruption_the_viewer_gets_a_keyframe_at_once() -> None:
    call = Call(WIDE)
    call.run(6)
    call.link.way = Way(down=True)
    call.run(3)
    call.link.way = WIDE
    call.layers[0].keyframes.clear()
    call.run(0.4)
    assert [at for at in call.layers[0].keyframes if at - 109 < 0.25]
    assert call.heights(109)


def test_a_large_layer_that_is_mostly_lost_on_the_way_in_gives_way_at_once() -> None:
    call = Call(WIDE)
    call.run(4)
    call.layers[0].lost = 4
    call.run(1.2)
    assert set(call.heights(call.now - 0.4)) == {160}
    call.layers[0].lost = 0
    call.run(5)
    assert set(call.heights(call.now - 1)) == {480}
