"""Both forms of the data plane take the same packets by themselves and leave the same ones to the router."""

from __future__ import annotations

import socket
from array import array
from dataclasses import dataclass, field
from struct import pack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy

from meetings.media import srtp
from meetings.media.fanout import Path, Plane
from meetings.media.fanout_c import CPlane
from meetings.media.fanout_python import PythonPlane
from meetings.media.forwarding import Rewrite
from meetings.media.intake import Intake, Watched
from meetings.media.nack import Ring
from meetings.media.reception import Progress
from meetings.media.udp import UdpSocket
from tests.property.media.test_planes import extension_blocks, session, tables
from tests.support.wire import Kept

PROFILE = Policy.SRTP_PROFILE_AEAD_AES_256_GCM
SOUND, PICTURE, UNKNOWN = 1, 2, 3
KEYFRAME = b"\x10\0\0\x9d\x01\x2a\x80\x02\xe0\x01"
COUNTS = tuple(name for name in Progress.__slots__ if name != "generation")


@dataclass
class Side:
    """One form with a socket that receives, one sender's intake of a voice and a picture, and two receivers."""

    plane: Plane
    kept: list[Kept] = field(default_factory=lambda: [Kept(), Kept()])
    came: list[tuple[bytes, bool]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.socket = UdpSocket("127.0.0.1", 0, self.plane.inbox)
        self.source = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.source.bind(("127.0.0.1", 0))
        self.sending = session(PROFILE, Policy.SSRC_ANY_OUTBOUND)
        self.intake = Intake()
        self.intake.session = session(PROFILE, Policy.SSRC_ANY_INBOUND)
        self.intake.transport_id, self.intake.level_id = 3, 1
        paths = [Path(session(PROFILE, Policy.SSRC_ANY_OUTBOUND, key + 1), kept) for key, kept in enumerate(self.kept)]
        self.outputs = [self.plane.add(path) for path in paths]
        self.loudness = array("d", [0.0, 0.0])
        self.streams = {ssrc: self.plane.progress() for ssrc in (SOUND, PICTURE)}
        self.rings = {ssrc: Ring(16, 1 << 13) for ssrc in (SOUND, PICTURE)}
        for ssrc, stream in self.streams.items():  # as the router leaves it after a first packet
            self.rings[ssrc].put(99, b"before")
            stream.seq, stream.highest, stream.received = 99, 99, 1
            self.arm(ssrc)
        self.socket.route(self.source.getsockname(), self.intake)

    def arm(self, ssrc: int, outputs: slice = slice(None)) -> None:
        sound = ssrc == SOUND
        loudness = self.loudness if sound else None
        kind, clock = (111, 48_000) if sound else (96, 90_000)
        stream, ring = self.streams[ssrc], self.rings[ssrc]
        watched = Watched(stream, ssrc, kind, clock, not sound, ring, loudness, self.outputs[outputs])
        self.plane.arm(self.intake, watched)

    def encrypt(self, packet: bytes) -> bytes:
        return srtp.protect(self.sending, packet) or b""

    def receive(self, datagrams: list[bytes], now: float) -> None:
        for datagram in datagrams:
            self.source.sendto(datagram, ("127.0.0.1", self.socket.port))
        for data, address, plain in self.socket.receive(now):
            assert address == self.source.getsockname()
            self.came.append((data, plain))
        self.plane.flush()

    def seen(self) -> dict[str, object]:
        arrivals = self.intake.arrivals
        return {
            "came": self.came,
            "sent": [kept.datagrams for kept in self.kept],
            "counts": {ssrc: [getattr(one, name) for name in COUNTS] for ssrc, one in self.streams.items()},
            "kept": {ssrc: [ring.get(seq) for seq in range(80, 300)] for ssrc, ring in self.rings.items()},
            "octets": self.intake.totals[0],
            "loudness": list(self.loudness),
            "line": arrivals.feedback(1, 2),
            "plane": (self.plane.sent, self.plane.dropped, self.plane.taken, self.plane.forged),
        }

    def close(self) -> None:
        self.socket.close()
        self.source.close()


@st.composite
def descriptors(draw: st.DrawFn) -> bytes:
    """A VP8 payload, or what is none."""
    if draw(st.integers(0, 5)) == 0:
        return draw(st.binary(max_size=12))
    first = draw(st.sampled_from([0x00, 0x10, 0x10, 0x80, 0x90, 0x90, 0x91, 0xB0]))
    data = bytes([first])
    if first & 0x80:
        flags = draw(st.sampled_from([0x80, 0xC0, 0xF0, 0x40, 0x20, 0x00]))
        data += bytes([flags])
        if flags & 0x80:
            picture = draw(st.integers(0, 0x7FFF))
            data += pack("!H", 0x8000 | picture) if draw(st.booleans()) else bytes([picture & 0x7F])
        if flags & 0x40:
            data += bytes([draw(st.integers(0, 255))])
        if flags & 0x30:
            data += b"\x20"
    start = draw(
        st.sampled_from([KEYFRAME, KEYFRAME[:9], KEYFRAME[:1], b"\x10\0\0\x9d\x01\x2b\0\0\0\0", *[b"\x11\0\0"] * 8])
    )
    return data + start + bytes(draw(st.integers(0, 40)) if len(start) in (3, 10) else 0)


@st.composite
def incoming(draw: st.DrawFn, numbers: dict[int, int]) -> bytes:
    """Mostly the next packet of its stream; `numbers` are the last ones."""
    ssrc = draw(st.sampled_from([SOUND, SOUND, PICTURE, PICTURE, PICTURE, UNKNOWN]))
    numbers[ssrc] += draw(st.sampled_from([1, 1, 1, 1, 1, 1, 2, 0, -3]))
    kind = draw(st.sampled_from([111] * 9 + [96])) if ssrc == SOUND else draw(st.sampled_from([96] * 9 + [97]))
    block = draw(st.one_of(st.just(b""), st.just(b"\xbe\xde\0\2\x10\x28\x31\1\2\0\0\0"), extension_blocks()))
    padding = draw(st.sampled_from([0, 0, 0, 0, 1, 7]))
    payload = draw(descriptors()) if ssrc == PICTURE else draw(st.sampled_from([b"", b"x", bytes(80), bytes(1000)]))
    first = 0x80 | (0x10 if block else 0) | (0x20 if padding else 0)
    marker = draw(st.sampled_from([0, 0x80]))
    head = pack("!BBHII", first, kind | marker, numbers[ssrc] & 0xFFFF, draw(st.integers(0, 9)) * 960, ssrc)
    return head + block + payload + (bytes(padding - 1) + bytes([padding]) if padding else b"")


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_both_forms_take_and_leave_the_same(data: st.DataObject) -> None:
    sides = [Side(PythonPlane()), Side(CPlane())]
    try:
        rewrites = [
            Rewrite(0x100 + place, 100, 7, 11, 13, 17, data.draw(st.one_of(st.just(bytes(256)), tables())))
            for place in range(2)
        ]
        for side in sides:
            for output, rewrite in zip(side.outputs, rewrites, strict=True):
                side.plane.set(output, rewrite)
        numbers = dict.fromkeys((SOUND, PICTURE, UNKNOWN), 99)
        for turn in range(data.draw(st.integers(1, 4))):
            deed = data.draw(st.sampled_from(["", "", "arm", "arm", "disarm", "lose", "forget", "route", "close"]))
            ssrc, part = data.draw(st.sampled_from([SOUND, PICTURE])), data.draw(st.sampled_from([1, 2]))
            plain = [data.draw(incoming(numbers)) for _ in range(data.draw(st.integers(0, 6)))]
            spoilt = data.draw(st.sets(st.integers(0, 5)))
            for side in sides:
                if deed == "arm" and len(side.outputs) > 1:
                    side.streams[ssrc].seq = numbers[ssrc] & 0xFFFF
                    side.arm(ssrc, slice(part))
                elif deed == "disarm":
                    side.streams[ssrc].armed = 0
                elif deed == "lose" and len(side.outputs) > 1:
                    side.plane.remove(side.outputs.pop())
                elif deed == "forget":
                    side.socket.forget(side.source.getsockname())
                elif deed == "route":
                    side.socket.route(side.source.getsockname(), side.intake)
                elif deed == "close":
                    side.intake.close()
                datagrams = []
                for place, packet in enumerate(plain):
                    datagram = side.encrypt(packet)
                    if place in spoilt and len(datagram) > 20:
                        datagram = datagram[:-1] + bytes([datagram[-1] ^ 1])
                    datagrams += [datagram or packet[:5], b"\0\1noise", b"\x80\xc9\0\1\0\0\0\1"]
                side.receive(datagrams, 5.0 + turn / 8)
        assert sides[0].seen() == sides[1].seen()
    finally:
        for side in sides:
            side.close()


def both() -> list[Side]:
    return [Side(PythonPlane()), Side(CPlane())]


def picture(seq: int) -> bytes:
    return pack("!BBHII", 0x80, 96, seq, 3000 * seq, PICTURE) + b"\x80\x80\x91\x92\x01" + bytes(100)


def test_the_next_packets_go_on_without_a_question() -> None:
    for side in both():
        for output in side.outputs:
            side.plane.set(output, Rewrite(7, 100, 0, 0, 0, 0, bytes(256)))
        side.receive([side.encrypt(picture(seq)) for seq in range(100, 110)], 1.0)
        assert side.came == []
        assert [len(kept.datagrams) for kept in side.kept] == [10, 10]
        assert (side.plane.sent, side.plane.taken, side.streams[PICTURE].seq) == (20, 10, 109)
        assert side.streams[PICTURE].picture == 0x1192
        assert side.rings[PICTURE].get(105) == picture(105)
        side.close()


def test_a_gap_a_repetition_and_a_foreign_packet_are_questions() -> None:
    for side in both():
        first, second = side.encrypt(picture(100)), side.encrypt(picture(102))
        side.receive([first, first, second, side.encrypt(picture(98)), b"\x16\xfe\xfdhello, DTLS"], 1.0)
        assert side.came == [(picture(102), True), (picture(98), True), (b"\x16\xfe\xfdhello, DTLS", False)]
        assert (side.plane.forged, side.plane.taken) == (1, 2), "libsrtp knows a packet that it had before"
        side.close()


@pytest.mark.parametrize(("payload", "left"), [(KEYFRAME, True), (KEYFRAME[:9], False), (KEYFRAME[:1], False)])
def test_a_keyframe_is_a_question_and_one_cut_short_is_none(payload: bytes, left: bool) -> None:
    for side in both():
        packet = pack("!BBHII", 0x80, 96, 100, 0, PICTURE) + b"\x10" + payload
        side.receive([side.encrypt(packet)], 1.0)
        assert side.came == [(packet, True)] * left
        side.close()


def test_an_output_that_ended_is_never_sent_to_by_what_was_armed_with_it() -> None:
    for side in both():
        for output in side.outputs:
            side.plane.set(output, Rewrite(7, 100, 0, 0, 0, 0, bytes(256)))
        side.plane.remove(side.outputs[1])
        heir = Path(session(PROFILE, Policy.SSRC_ANY_OUTBOUND, 9), side.kept[1])
        side.plane.set(side.plane.add(heir), Rewrite(7, 100, 0, 0, 0, 0, bytes(256)))
        side.receive([side.encrypt(picture(100))], 1.0)
        assert [len(kept.datagrams) for kept in side.kept] == [0, 0]
        assert side.came == [(picture(100), True)]
        side.close()


def test_what_is_closed_is_decrypted_no_more() -> None:
    for side in both():
        datagram = side.encrypt(picture(100))
        side.intake.close()
        side.receive([datagram], 1.0)
        assert side.came == [(datagram, False)]
        side.close()


def test_a_full_wake_up_leaves_the_rest_for_the_next() -> None:
    for side in both():
        side.receive([side.encrypt(picture(seq)) for seq in range(100, 200)], 1.0)
        assert side.streams[PICTURE].seq == 163
        side.receive([], 1.0)
        assert side.streams[PICTURE].seq == 199
        side.close()


def test_rings_forget_the_oldest_bytes() -> None:
    ring = Ring(16, 1 << 12)
    for seq in range(10):
        assert ring.put(seq, bytes([seq]) * 1000)
    assert [ring.get(seq) for seq in range(6)] == [None] * 6
    assert [ring.get(seq) for seq in range(6, 10)] == [bytes([seq]) * 1000 for seq in range(6, 10)]
    assert not ring.put(9, b"again")
