"""What the data plane does by itself is what the router would have done with the same packets."""

from __future__ import annotations

import socket
from random import Random

import pytest
from pylibsrtp import Policy

from meetings.media import sdp, srtp
from meetings.media.fanout import Path, Plane
from meetings.media.fanout_c import CPlane
from meetings.media.fanout_python import PythonPlane
from meetings.media.intake import Intake, Watched
from meetings.media.port import EVERYTHING, Label, MediaSettings, Wish
from meetings.media.reception import Progress
from meetings.media.router import Room
from meetings.media.udp import UdpSocket
from tests.property.media.test_planes import session
from tests.support.rtp_packets import audio, offer, packet, video, vp8
from tests.support.wire import Kept

PROFILE = Policy.SRTP_PROFILE_AEAD_AES_256_GCM
SOUND, PICTURE = 10, 50


class Drawn:
    """In the place of `secrets`: the same numbers in each call."""

    def __init__(self) -> None:
        self._random = Random(7)

    def randbelow(self, limit: int) -> int:
        return self._random.randrange(limit)

    def randbits(self, bits: int) -> int:
        return self._random.getrandbits(bits)


class Asking(PythonPlane):
    """Arms nothing: the router sees every packet."""

    def arm(self, intake: Intake, watched: Watched) -> None:
        pass


class Call:
    """One who publishes over a socket and two who receive."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self.room = Room("r", plane, MediaSettings(), lambda _: None, 0.0)
        self.inbox = UdpSocket("127.0.0.1", 0, plane.inbox)
        self.source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.source.bind(("127.0.0.1", 0))
        self.sending = session(PROFILE, Policy.SSRC_ANY_OUTBOUND)
        self.asked = 0
        self.room.admit("p", 0.0)
        lines = (audio("sendonly", f"a=ssrc:{SOUND} cname:x"), video("sendonly", f"a=ssrc:{PICTURE} cname:x"))
        self.room.publish("p", sdp.parse_offer(offer(*lines)), None, 0.0)
        member = self.room.members["p"]
        receiving = session(PROFILE, Policy.SSRC_ANY_INBOUND)
        self.room.up_ready(member, Path(session(PROFILE, Policy.SSRC_ANY_OUTBOUND), Kept()), receiving)
        assert member.up is not None
        self.up = member.up
        self.kept: dict[str, Kept] = {}
        for name in ("v", "w"):
            self.enter(name)

    def enter(self, name: str) -> None:
        self.room.admit(name, 0.0, frozenset())
        self.room.receive(name, sdp.parse_offer(offer(audio("recvonly"), video("recvonly"))), 0.0)
        self.kept[name] = Kept()
        path = Path(session(PROFILE, Policy.SSRC_ANY_OUTBOUND, len(self.kept)), self.kept[name])
        self.room.down_ready(self.room.members[name], path, 0.0)
        camera = next(key for key, track in self.room.tracks.items() if track.kind == "video")
        self.room.select(name, {"1": Wish(camera)}, 0.0)

    def bring(self, now: float, *packets: bytes) -> None:
        for data in packets:
            self.source.sendto(srtp.protect(self.sending, data) or b"", ("127.0.0.1", self.inbox.port))
        self.plane.now = now
        for data, _, plain in self.inbox.receive(now):
            self.asked += 1
            assert self.up.intake.session is not None
            clear = data if plain else srtp.unprotect(self.up.intake.session, data)
            if clear is not None:
                self.room.on_rtp(self.up, clear, now)
            if self.up.intake.streams:
                self.inbox.route(self.source.getsockname(), self.up.intake)
        self.plane.flush()

    def seen(self) -> object:
        layers = self.up.layers.values()
        counts = [
            [getattr(layer.progress, name) for name in Progress.__slots__ if name not in ("armed", "generation")]
            for layer in layers
        ]
        return (
            {name: kept.datagrams for name, kept in self.kept.items()},
            counts,
            [layer.track.loudness.score for layer in layers],
            [[layer.ring.get(seq) for seq in range(300)] for layer in layers],
            [layer.reception.report(layer.ssrc, 9.0) for layer in layers],
            self.up.octets,
            (self.plane.sent, self.plane.dropped),
        )

    def close(self) -> None:
        self.inbox.close()
        self.source.close()


def voice(seq: int, level: int = 40) -> bytes:
    return packet(seq, 960 * seq, SOUND, bytes(80), 111, extensions={1: bytes([level])})


def picture(seq: int, *, keyframe: bool = False) -> bytes:
    return packet(seq, 3000 * (seq // 2), PICTURE, vp8(seq, keyframe=keyframe) + bytes(700))


def play(call: Call) -> None:
    """A call with everything that disarms: loss, lateness, a keyframe, a newcomer, a mute, somebody who leaves."""
    for seq in range(20):
        call.bring(1 + seq / 50, voice(seq, level=30 + seq), picture(2 * seq, keyframe=seq == 0), picture(2 * seq + 1))
    call.bring(2.0, picture(42), picture(43))
    call.bring(2.1, picture(41), picture(44), voice(20))
    call.enter("x")
    call.bring(2.2, picture(45), picture(46, keyframe=True), picture(47), voice(21))
    call.room.mute("p", Label.CAMERA, muted=True)
    call.bring(2.3, picture(48), voice(22))
    call.room.mute("p", Label.CAMERA, muted=False)
    call.room.select("v", {"1": Wish(next(key for key, one in call.room.tracks.items() if one.kind == "video"))}, 2.3)
    call.bring(2.4, picture(49, keyframe=True), picture(50), voice(23))
    call.room.remove("w", "left")
    call.bring(2.5, picture(51), picture(52), voice(24), voice(25))
    call.room.grant("p", EVERYTHING - {Label.MICROPHONE})
    call.bring(2.6, picture(53), voice(26))


@pytest.mark.parametrize("form", [PythonPlane, CPlane])
def test_it_does_what_the_router_would_have_done(
    form: type[PythonPlane] | type[CPlane], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    for plane in (Asking(), form()):
        monkeypatch.setattr("meetings.media.slots.secrets", Drawn())
        calls.append(Call(plane))
        play(calls[-1])
        calls[-1].close()
    asking, armed = calls
    assert asking.seen() == armed.seen()
    assert asking.asked == 80
    assert armed.asked < 25
    assert armed.asked + armed.plane.taken == 80


@pytest.mark.parametrize("form", [PythonPlane, CPlane])
def test_what_was_revoked_goes_no_further_with_the_next_packet(form: type[PythonPlane] | type[CPlane]) -> None:
    call = Call(form())
    for seq in range(10):
        call.bring(1 + seq / 50, voice(seq), picture(seq, keyframe=seq == 0))
    before = {name: len(kept.datagrams) for name, kept in call.kept.items()}
    assert before["v"] == before["w"] > 10
    call.room.grant("p", frozenset())
    call.bring(1.5, voice(10), picture(10))
    assert {name: len(kept.datagrams) for name, kept in call.kept.items()} == before
    asked = call.asked
    call.room.remove("p", "revoked")
    assert call.up.intake.session is None, "nothing decrypts any more"
    assert not call.up.intake.streams
    assert (call.asked, len(call.kept["v"].datagrams)) == (asked, before["v"])
    call.close()
