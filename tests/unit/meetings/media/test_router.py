"""The room's machine with a data plane that writes down what it is given."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from aiortc.rtp import (
    RtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSenderInfo,
    RtcpSrPacket,
)
from pylibsrtp import Policy, Session

from meetings.media import rtp, sdp
from meetings.media.clocks import to_ntp
from meetings.media.fanout import Inbox, Path
from meetings.media.forwarding import Rewrite, rewritten
from meetings.media.intake import Intake, Watched
from meetings.media.port import (
    EVERYTHING,
    Label,
    Left,
    MediaSettings,
    NotAdmitted,
    RoomEvent,
    Slots,
    Speaking,
    Stats,
    TrackAdded,
    TrackChanged,
    TrackRemoved,
    Wish,
)
from meetings.media.reception import Arrivals, Progress
from meetings.media.router import Room
from tests.support.rtp_packets import audio, offer, packet, video, vp8
from tests.support.wire import Kept


@dataclass
class Notebook:
    """A `Plane` that keeps every packet in the clear, by the path it would have taken."""

    dropped: int = 0
    sent: int = 0
    now: float = 0.0
    outputs: dict[int, tuple[Path, Rewrite | None]] = field(default_factory=dict)
    packets: list[tuple[Path, bytes]] = field(default_factory=list)
    reports: list[tuple[Path, bytes]] = field(default_factory=list)

    name: str = "notebook"
    taken: int = 0
    forged: int = 0
    armed: int = 0

    def inbox(self, descriptor: array[int]) -> Inbox:
        raise NotImplementedError

    def progress(self) -> Progress:
        return Progress()

    def arm(self, intake: Intake, watched: Watched) -> None:
        self.armed += 1
        watched.progress.armed = 1

    def add(self, path: Path) -> int:
        self.outputs[len(self.outputs) + 1] = (path, None)
        return len(self.outputs)

    def set(self, output: int, rewrite: Rewrite) -> None:
        self.outputs[output] = (self.outputs[output][0], rewrite)

    def remove(self, output: int) -> None:
        self.outputs[output] = (self.outputs[output][0], None)

    def push(self, packet: bytes, header: rtp.Header, vp8: rtp.Vp8 | None, outputs: Sequence[int]) -> None:
        for output in outputs:
            path, rewrite = self.outputs[output]
            assert rewrite is not None
            self.send(path, rewritten(packet, header, vp8, rewrite))

    def send(self, path: Path, packet: bytes | bytearray, transport_at: int = 0) -> None:
        self.sent += 1
        self.packets.append((path, bytes(packet)))

    def send_rtcp(self, path: Path, packet: bytes) -> None:
        self.reports.append((path, packet))

    def flush(self) -> None:
        pass


class Scene:
    """A room with people in it; each has both connections up."""

    def __init__(self, *names: str, **settings: int) -> None:
        self.plane = Notebook()
        self.events: list[RoomEvent] = []
        self.room = Room("r", self.plane, MediaSettings(**settings), self.events.append, 0.0)  # type: ignore[arg-type]
        self.paths: dict[tuple[str, str], Path] = {}
        for name in names:
            self.enter(name)

    def enter(
        self,
        name: str,
        publish: frozenset[Label] = EVERYTHING,
        up: Sequence[str] | None = None,
        down: tuple[str, str] | None = None,
    ) -> None:
        """`up` and `down`: m-lines instead of the usual ones; three slots of the first of `down`, one of the second."""
        self.room.admit(name, 0.0, publish)
        self.offer_up(name, *(up or (audio(), video())))
        sound, picture = down or (audio("recvonly"), video("recvonly"))
        slots = [sound] * 3 + [picture]
        self.room.receive(name, sdp.parse_offer(offer(*slots)), 0.0)
        member = self.room.members[name]
        for direction in ("up", "down"):
            session = Session(Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND))
            self.paths[name, direction] = Path(session, Kept())
        self.room.up_ready(member, self.paths[name, "up"])
        self.room.down_ready(member, self.paths[name, "down"], 0.0)

    def offer_up(self, name: str, *sections: str) -> None:
        base = 1000 * (ord(name[0]) - 96)
        named = [
            section
            + f"\na=ssrc:{base + index} cname:x"
            + (f"\na=ssrc-group:FID {base + index} {base + index + 500}")
            + f"\na=ssrc:{base + index + 500} cname:x"
            for index, section in enumerate(sections)
        ]
        self.room.publish(name, sdp.parse_offer(offer(*named)), None, 0.0)

    def speak(self, name: str, seq: int, now: float, level: int = 40) -> None:
        base = 1000 * (ord(name[0]) - 96)
        data = packet(seq, 960 * seq, base, payload_type=111, extensions={1: bytes([level])})
        assert self.room.on_rtp(self.up(name), data, now)

    def picture(self, name: str, seq: int, now: float, keyframe: bool = False, **more: int) -> None:
        base = 1000 * (ord(name[0]) - 96)
        data = packet(seq, round(now * 90_000), base + 1, payload=vp8(seq, keyframe=keyframe), **more)  # type: ignore[arg-type]
        assert self.room.on_rtp(self.up(name), data, now)

    def up(self, name: str):  # type: ignore[no-untyped-def]
        return self.room.members[name].up

    def select(self, name: str, of: str, now: float = 0.0) -> None:
        track = next(
            key for key, item in self.room.tracks.items() if item.track.participant == of and item.kind == "video"
        )
        self.room.select(name, {"3": Wish(track)}, now)

    def received(self, name: str, kind: int) -> list[rtp.Header]:
        found = [rtp.parse(data) for path, data in self.plane.packets if path is self.paths[name, "down"]]
        return [header for header in found if header is not None and header.payload_type == kind]

    def payloads(self, name: str, kind: int) -> list[bytes]:
        """What came to this receiver under a payload type."""
        sent = [data for path, data in self.plane.packets if path is self.paths[name, "down"]]
        return [data[h.payload : h.end] for data in sent if (h := rtp.parse(data)) and h.payload_type == kind]

    def asked(self, name: str, kind: type) -> list[object]:
        found: list[object] = []
        for path, data in self.plane.reports:
            if path is self.paths[name, "up"]:
                found += [item for item in RtcpPacket.parse(data) if isinstance(item, kind)]
        return found

    def all(self, kind: type[RoomEvent]) -> list[RoomEvent]:
        return [event for event in self.events if isinstance(event, kind)]


def test_sound_goes_to_everybody_else_and_nobody_hears_themself() -> None:
    scene = Scene("a", "b", "c")
    for seq in range(5):
        scene.speak("a", seq, seq * 0.02)
    assert len(scene.received("b", 111)) == len(scene.received("c", 111)) == 5
    assert scene.received("a", 111) == []


def test_a_picture_starts_with_a_keyframe_that_was_asked_for() -> None:
    scene = Scene("a", "b")
    scene.select("b", "a")
    scene.picture("a", 1, 0.1)
    scene.room.tick(0.12)
    assert [item.media_ssrc for item in scene.asked("a", RtcpPsfbPacket)] == [1001]  # type: ignore[attr-defined]
    assert scene.received("b", 96) == []
    scene.picture("a", 2, 0.2, keyframe=True)
    scene.picture("a", 3, 0.3)
    seqs = [header.seq for header in scene.received("b", 96)]
    assert seqs == [seqs[0], seqs[0] + 1]


def test_losses_are_asked_for_upstream_and_repaired_downstream() -> None:
    scene = Scene("a", "b")
    scene.select("b", "a")
    scene.picture("a", 1, 0.1, keyframe=True)
    scene.picture("a", 3, 0.12)
    scene.room.tick(0.2)
    (asked,) = scene.asked("a", RtcpRtpfbPacket)
    assert asked.lost == [2]  # type: ignore[attr-defined]
    scene.picture("a", 2, 0.22)
    first, third, second = scene.received("b", 96)
    assert (second.seq, third.seq) == (first.seq + 1, first.seq + 2)
    scene.picture("a", 2, 0.23)
    assert len(scene.received("b", 96)) == 3, "a duplicate is forwarded once"
    down = scene.room.members["b"].down
    assert down is not None
    slot = down.slots["3"]
    lost = RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=slot.ssrc, lost=[second.seq])
    assert scene.room.on_receiver_rtcp(down, bytes(lost), 0.3)
    (repeated,) = scene.received("b", 97)
    assert repeated.ssrc == slot.repair_ssrc


def test_lost_sound_is_asked_for_and_repeated_as_it_was_where_it_was_agreed() -> None:
    scene = Scene("b")
    nack = "a=rtcp-fb:111 nack"
    scene.enter("a", up=(audio("sendonly", nack), video()), down=(audio("recvonly", nack), video("recvonly")))
    scene.enter("c", down=(audio("recvonly", nack), video("recvonly")))
    scene.speak("a", 1, 0.02)
    scene.speak("a", 3, 0.06)
    scene.speak("b", 1, 0.02)
    scene.speak("b", 3, 0.06)
    scene.room.tick(0.1)
    assert [item.lost for item in scene.asked("a", RtcpRtpfbPacket)] == [[2]]  # type: ignore[attr-defined]
    assert scene.asked("b", RtcpRtpfbPacket) == []
    scene.speak("a", 2, 0.12)
    down = scene.room.members["c"].down
    assert down is not None
    before = [data for path, data in scene.plane.packets if path is scene.paths["c", "down"]]
    slot = next(slot for slot in down.slots.values() if slot.source and slot.source.track.participant == "a")
    seqs = sorted(header.seq for header in scene.received("c", 111) if header.ssrc == slot.ssrc)
    assert seqs == [seqs[0], seqs[0] + 1, seqs[0] + 2]
    lost = RtcpRtpfbPacket(fmt=1, ssrc=1, media_ssrc=slot.ssrc, lost=[seqs[1]])
    assert scene.room.on_receiver_rtcp(down, bytes(lost), 0.3)
    again = [data for path, data in scene.plane.packets if path is scene.paths["c", "down"]][-1]
    assert again in before, "the same bytes: a key stream must not be used for two packets"


def test_repairs_from_the_publisher_are_unwrapped_and_probes_dropped() -> None:
    scene = Scene("a", "b")
    scene.select("b", "a")
    scene.picture("a", 1, 0.1, keyframe=True)
    scene.picture("a", 3, 0.12)
    inner = packet(2, 90, 1001, payload=vp8(2))
    header = rtp.parse(inner)
    assert header is not None
    scene.room.on_rtp(scene.up("a"), rtp.wrap_rtx(inner, header, 1501, 97, 1), 0.13)
    scene.room.on_rtp(scene.up("a"), packet(2, 90, 1501, payload=b"", padding=100, payload_type=97), 0.14)
    seqs = [item.seq for item in scene.received("b", 96)]
    assert sorted(seqs) == list(range(seqs[0], seqs[0] + 3))


def test_padding_alone_closes_up() -> None:
    scene = Scene("a", "b")
    scene.select("b", "a")
    scene.picture("a", 1, 0.1, keyframe=True)
    scene.room.on_rtp(scene.up("a"), packet(2, 90, 1001, payload=b"", padding=100), 0.11)
    scene.picture("a", 3, 0.12)
    seqs = [item.seq for item in scene.received("b", 96)]
    assert seqs == [seqs[0], seqs[0] + 1]


def test_the_three_loudest_have_the_slots() -> None:
    scene = Scene("a", "b", "c", "d", "e")
    for step in range(50):
        now = step * 0.02
        for name, level in (("a", 90), ("b", 30), ("c", 35), ("d", 40)):
            scene.speak(name, step, now, level)
        scene.room.tick(now)
    shown = [event for event in scene.events if isinstance(event, Slots) and event.participant == "e"][-1]
    owners = {scene.room.tracks[key].track.participant for mid, key in shown.slots.items() if key and mid != "3"}
    assert owners == {"b", "c", "d"}
    assert scene.all(Speaking)[-1] == Speaking("r", ("b", "c", "d"))


def test_muting_and_grants_stop_packets_between_two_of_them() -> None:
    scene = Scene("a", "b")
    scene.speak("a", 1, 0.0)
    scene.room.mute("a", Label.MICROPHONE, True)
    scene.speak("a", 2, 0.02)
    assert len(scene.received("b", 111)) == 1
    scene.room.mute("a", Label.MICROPHONE, False)
    scene.speak("a", 3, 0.04)
    first, second = scene.received("b", 111)
    assert second.seq == first.seq + 1
    scene.room.grant("a", frozenset({Label.CAMERA}))
    scene.speak("a", 4, 0.06)
    assert len(scene.received("b", 111)) == 2
    assert [event.track.muted for event in scene.all(TrackChanged)] == [True, False, True]  # type: ignore[union-attr]


def test_who_is_put_out_is_neither_heard_nor_served() -> None:
    scene = Scene("a", "b")
    scene.speak("a", 1, 0.0)
    up = scene.up("a")
    scene.room.remove("a", "revoked")
    scene.room.on_rtp(up, packet(2, 960, 1000, payload_type=111), 0.02)
    scene.speak("b", 1, 0.02)
    assert len(scene.received("b", 111)) == 1
    assert scene.received("a", 111) == []
    assert Left("r", "a", "revoked") in scene.events
    assert len(scene.all(TrackRemoved)) == 2
    assert scene.paths["a", "down"].session is None
    with pytest.raises(NotAdmitted):
        scene.room.select("a", {}, 0.0)


def test_a_viewer_publishes_nothing() -> None:
    scene = Scene("b")
    scene.enter("a", frozenset())
    assert all(event.track.muted for event in scene.all(TrackAdded)[2:])  # type: ignore[union-attr]
    scene.speak("a", 1, 0.0)
    assert scene.received("b", 111) == []


def test_a_wish_waits_for_its_track() -> None:
    scene = Scene("a", "b")
    scene.select("b", "a")
    scene.room.mute("a", Label.CAMERA, True)
    scene.room.mute("a", Label.CAMERA, False)
    scene.picture("a", 1, 0.1, keyframe=True)
    assert len(scene.received("b", 96)) == 1


def test_lips_stay_in_sync_by_the_publishers_reports() -> None:
    scene = Scene("a", "b")
    scene.speak("a", 1, 0.0)
    report = RtcpSrPacket(1000, RtcpSenderInfo(77 << 32, 960, 1, 100))
    assert scene.room.on_publisher_rtcp(scene.up("a"), bytes(report), 0.1)
    (sent,) = [RtcpPacket.parse(data)[0] for path, data in scene.plane.reports if path is scene.paths["b", "down"]]
    assert isinstance(sent, RtcpSrPacket)
    assert sent.sender_info.ntp_timestamp == to_ntp(0.1), "on our clock, whatever the publisher's says"
    assert sent.sender_info.rtp_timestamp == scene.received("b", 111)[0].timestamp


def test_an_inactive_section_removes_its_track_and_it_may_return() -> None:
    scene = Scene("a")
    scene.offer_up("a", audio(), video("inactive"))
    assert len(scene.room.tracks) == 1
    scene.offer_up("a", audio(), video(), video())
    labels = {item.track.label for item in scene.room.tracks.values()}
    assert labels == {Label.MICROPHONE, Label.CAMERA, Label.SCREEN}


def test_figures_are_told_every_two_seconds() -> None:
    scene = Scene("a", "b")
    for step in range(250):
        scene.speak("a", step, step * 0.02)
        scene.room.tick(step * 0.02)
    stats = [event for event in scene.events if isinstance(event, Stats)][-1]
    (a, b) = stats.participants
    assert a.up_bps > 5_000
    assert b.up_bps == 0
    assert a.up_loss == 0


def test_padded_feedback_does_not_hide_what_comes_with_it() -> None:
    """Browsers put transport-wide feedback, which may have padding, into one compound with their reports."""
    scene = Scene("a", "b")
    scene.select("b", "a")
    scene.picture("a", 1, 0.1, keyframe=True)
    down = scene.room.members["b"].down
    assert down is not None
    slot = next(slot for slot in down.slots.values() if slot.layer is not None)
    arrivals = Arrivals()
    arrivals.came(7, 0.1)
    (feedback,) = arrivals.feedback(1, 2)
    assert feedback is not None
    assert feedback[0] & 0x20, "it has padding"
    report = bytes(RtcpRrPacket(1, [RtcpReceiverInfo(slot.ssrc, 64, 1, 1, 0, 0, 0)]))
    assert scene.room.on_receiver_rtcp(down, feedback, 0.2), "alone it is fine"
    assert scene.room.on_receiver_rtcp(down, report + feedback, 0.2)
    assert slot.lost == 0.25
