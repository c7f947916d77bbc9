"""One fuzzer for each parser that meets what strangers send: none lets an exception escape or takes long.

Short in `make test`, long in `make soak`. What a fuzzer has found stands below as a test of its own.
"""

import os
import random
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

import aiortc.rtp
import pytest
from aioice import stun
from aiortc.rtp import RtcpReceiverInfo, RtcpRrPacket, RtcpSenderInfo, RtcpSrPacket

from collab.core import places
from meetings.media import (
    bandwidth,
    control,
    dtls,
    forwarding,
    framing,
    ice,
    negotiation,
    reception,
    router,
    rtp,
    sdp,
    sdpfrag,
    slots,
    strain,
    streams,
)
from meetings.media import feedback as transport_feedback
from meetings.media.codecs import av1, h264, red, vp9
from meetings.media.forwarding import Rewrite, extension_table, rewritten
from meetings.media.ice import Agent, local_ufrag, parse_check, peek_ufrag
from meetings.media.port import BadOffer
from tests.support import fuzzing, maze
from tests.support.fuzzing import fuzz
from tests.support.rtp_packets import audio, offer, packet, red_audio, video, vp8
from tests.support.scalable import Av1Camera, Vp9Camera
from tests.unit.meetings.media.test_router import Scene

REWRITE = Rewrite(5, 100, 1, 2, 3, 4, extension_table({"a": 1, "b": 4}, {"a": 3, "b": 15}, 2))
HERE = ("192.0.2.1", 4000)
OFFER = offer(
    audio("sendrecv", "a=rtcp-fb:111 transport-cc", "a=fmtp:111 minptime=10;useinbandfec=1"),
    red_audio("recvonly"),
    video(
        "sendonly", "a=rid:h send", "a=rid:l send", "a=simulcast:send h;~l", "a=ssrc-group:FID 1 2", "a=ssrc:1 cname:x"
    ),
)
FRAGMENT = (
    "a=ice-ufrag:abcd\r\na=ice-pwd:" + "p" * 24 + "\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
    "a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host generation 0\r\na=end-of-candidates\r\n"
)
LINES = [
    b"a=rid:x send\r\n",
    b"a=simulcast:send ",
    b"a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r\n",
    b"a=rtpmap:96 ",
    b"a=fmtp:96 apt=",
    b"a=rtcp-fb:* ",
    b"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n",
    b"a=group:BUNDLE ",
    b"a=ssrc-group:FID ",
    b"a=fingerprint:sha-256 ",
    b"\r\n",
    "é".encode(),
]


def checks() -> list[bytes]:
    made = []
    for extra in ({}, {"USE-CANDIDATE": None}, {"XOR-MAPPED-ADDRESS": ("2001:db8::1", 9)}, {"ERROR-CODE": (487, "x")}):
        attributes = {"USERNAME": "abcdefgh:remote", "PRIORITY": 1, "ICE-CONTROLLING": 7, **extra}
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes)
        message.add_message_integrity(b"p" * 24)
        made.append(bytes(message))
    return made


def read_stun(data: bytes) -> None:
    name, message = peek_ufrag(data), parse_check(data)
    if message is not None:
        agent = Agent(0.0)
        agent.negotiate("remote", "p" * 24)
        assert agent.check(message, HERE, 1.0) is None, "nobody can guess the password"
        if name is not None and name != local_ufrag(message):  # two user names: it is for neither
            agent.ufrag, agent.password = name, "p" * 24
            assert agent.check(message, HERE, 1.0) is None
        agent.ufrag, agent.password = local_ufrag(message), "p" * 24
        answer = agent.check(message, HERE, 1.0)
        assert answer is None or len(answer[0]) <= 3 * len(data)


MEDIA = [
    packet(1, 2, 1001, vp8(3, 4, keyframe=True), extensions={1: b"\x30", 4: b"1", 10: b"h"}),
    packet(1, 2, 1000, payload_type=111, extensions={1: b"\x30"}, padding=3),
    packet(1, 2, 1000, b"\xef\x00\x00\x05\x6fabcdefgh", 63),
    packet(9, 2, 1501, b"\x00\x01" + vp8(3, 4), 97),
    packet(2, 2, 1001, b"\x18\x00\x02\x67\x00\x00\x02\x65\x00", 102),
    b"\x90\x60\x00\x01" + bytes(8) + b"\x10\x00\x00\x02" + b"\x01\x02\xaa\xbb\x00\x05\x01\xff" + bytes(9),
]


def read_rtp(data: bytes) -> None:
    header = rtp.parse(data)
    if header is None:
        return
    assert 12 <= header.payload <= header.end <= len(data)
    for _, start, value, end in rtp.extensions(data, header):
        assert header.extensions <= start < value <= end <= header.payload
    seen = rtp.parse_vp8(data, header.payload, header.end)
    for parse in (h264.keyframe, vp9.parse, av1.frame_number):
        parse(data, header.payload, header.end)
    av1.parse(data, header.payload, header.end, None)
    av1.begins_sequence(data, header)
    rtp.unwrap_rtx(data, header, 1, 96)
    rtp.wrap_rtx(data, header, 1, 97, 5)
    for form in (red.primary, red.renumber, red.wrap):
        form(data, header, 111)
    sent = rewritten(data, header, seen, REWRITE)
    again = rtp.parse(bytes(sent))
    assert again is not None
    assert sent[again.payload : again.end][-1:] == data[header.payload : header.end][-1:]


AV1 = [piece.descriptor for key in (True, False, False) for piece in Av1Camera().picture(key)]
VP9 = [piece.payload for camera in (Vp9Camera(), Vp9Camera(by_key=False)) for piece in camera.picture(True)]
# parameter sets of 640 by 480 in baseline and of 1280 by 720 in high profile, an IDR, both in one packet, a fragment
H264 = [
    bytes.fromhex("6742c01e8c8d40501e9000"),
    bytes.fromhex("67640c1fac2b402802dd80b5060606500000"),
    bytes.fromhex("658884000c"),
    bytes.fromhex("18000a6742c01e8c8d40501e90000468ce3c80"),
    bytes.fromhex("7c8588840a"),
]


def read_av1(data: bytes) -> None:
    """The first half may bring a structure, by which the second is read."""
    half = data[0] if data else 0
    first, second = data[1 : 1 + half], data[1 + half :]
    begun = av1.parse(first, 0, len(first), None)
    known = begun.structure if begun is not None else None
    av1.parse(second, 0, len(second), known)
    if known is not None:
        assert len(known.templates) <= 64
        assert all(0 <= one < len(known.templates[0].chains) for one in known.protected_by if known.templates[0].chains)


def read_payload(data: bytes) -> None:
    shown = vp9.parse(data, 0, len(data))
    assert shown is None or shown.numbers is not None
    _, height = h264.keyframe(data, 0, len(data))
    assert 0 <= height < 1 << 20
    rtp.parse_vp8(data, 0, len(data))


RECORDS = [
    b"\x16\xfe\xfd" + bytes(8) + b"\x00\x03abc",
    b"\x16\xfe\xff" + bytes(8) + b"\x00\x01a" + b"\x17\xfe\xfd\x00\x01" + bytes(6) + b"\x00\x02ab",
]


def read_records(data: bytes) -> None:
    if dtls.may_be_ours(data) and data:
        assert len(data) >= 13
        assert data[0] not in (21, 23) or data[3:5] != b"\0\0"


def read_framing(data: bytes) -> None:
    """The same datagrams come out however the stream is cut, or the same error."""
    whole: list[bytes] | None
    try:
        whole = framing.Deframer().feed(data)
    except framing.BadFrame:
        whole = None
    deframer = framing.Deframer()
    parts: list[bytes] | None = []
    for at in range(0, len(data), 7):
        try:
            found = deframer.feed(data[at : at + 7])
        except framing.BadFrame:
            parts = None
            break
        assert parts is not None
        parts += found
        assert deframer.held <= framing.MAX_FRAME + 2
    assert parts == whole


def read_place(data: bytes) -> None:
    try:
        place = places.parse_place(data.decode("utf8", "replace"))
    except ValueError:
        return
    assert place.host
    assert place.port is None or 0 < place.port < 65536


def read_sdp(data: bytes) -> None:
    try:
        parsed = sdp.parse_offer(data.decode("utf8", "replace"))
    except BadOffer:
        return
    scene = Scene()
    scene.room.admit("x", 0.0)
    local = sdp.Local("u" * 8, "p" * 24, ("sha-256", "AA"), [sdp.Candidate("udp", "127.0.0.1", 1)])
    for sections in (scene.room.publish("x", parsed, None, 0.0), scene.room.receive("x", parsed, 0.0)):
        answer = sdp.write_answer(parsed, sections, local)
        assert answer.startswith("v=0\r\n")
        assert answer.count("\nm=") == len(parsed.sections), "what was offered adds no line of its own"


def read_fragment(data: bytes) -> None:
    text = data.decode("utf8", "replace")
    try:
        fragment = sdpfrag.read_fragment(text)
    except BadOffer:
        return
    assert sdpfrag.credentials_of(sdpfrag.with_credentials(OFFER, fragment)) == (fragment.ufrag, fragment.password)
    sdpfrag.fragment_of(text)


def feedback() -> list[bytes]:
    """Transport-wide feedback as the engine itself writes it: runs, vectors, small and large steps."""
    arrivals = reception.Arrivals()
    made = []
    for first in (65530, 90):
        for number in range(60):
            if number % 7:
                arrivals.came((first + number) & rtp.SEQ, 1.0 + number * (0.001 if number < 30 else 0.09))
        made += arrivals.feedback(1, 2)
    return made


REPORTS = [
    bytes(RtcpSrPacket(1000, RtcpSenderInfo(1 << 40, 1234, 5, 600), [RtcpReceiverInfo(7, 3, 4, 5, 6, 7, 8)])),
    bytes(RtcpRrPacket(1000, [RtcpReceiverInfo(7, 3, 4, 5, 6, 7, 8)])),
    reception.nack(1, 1000, [1, 2, 17, 18, 40]) + reception.picture_loss(1, 1001),
    bytes.fromhex("84ce0004000000010000000000000007" + "01000000"),
    bytes.fromhex("8fce00050000000100000000" + "52454d4201" + "130000" + "00000007"),
    bytes.fromhex("81cb000100000007") + bytes.fromhex("81ca0003000003e8010378797a000000"),
    bytes.fromhex("80cf0005000000010400000200000001" + "0000000200000000"),
    *feedback(),
]


class Call:
    """A call of two that goes on through whatever is thrown at it; now and then a new one."""

    def __init__(self) -> None:
        self.age = 0
        self.now = 0.0
        self.scene = Scene()

    def hear(self, data: bytes) -> None:
        if self.age % 100 == 0:
            self.scene, self.now = Scene("a", "b"), 0.1
            self.scene.select("b", "a")
            self.scene.picture("a", 1, 0.1, keyframe=True)
        self.age += 1
        self.now += 0.01
        room, up, down = self.scene.room, self.scene.up("a"), self.scene.room.members["b"].down
        assert down is not None
        room.on_rtp(up, data, self.now)
        room.on_publisher_rtcp(up, data, self.now)
        room.on_receiver_rtcp(down, data, self.now)
        room.tick(self.now)
        assert len(up.layers) + len(up.repairs) <= 64
        del self.scene.plane.packets[:-1000], self.scene.plane.reports[:-1000], self.scene.events[:]


def read_feedback(data: bytes) -> None:
    parsed = transport_feedback.parse_feedback(data)
    if parsed is not None:
        assert 0 < len(parsed.arrivals) <= transport_feedback.MAX_STATUSES
    control.parse(data)
    control.delay_report(1, data)


@dataclass(frozen=True, slots=True)
class Parser:
    target: Callable[[bytes], None]
    seeds: Sequence[bytes]
    modules: Sequence[ModuleType]
    tokens: Sequence[bytes] = ()


PARSERS = {
    "STUN": Parser(read_stun, checks(), [ice, stun]),
    "RTP and its payloads": Parser(read_rtp, MEDIA, [rtp, red, forwarding]),
    "RTCP and feedback": Parser(read_feedback, REPORTS, [control, transport_feedback, aiortc.rtp]),
    "a call": Parser(
        Call().hear,
        [*MEDIA, *REPORTS],
        [rtp, control, router, streams, slots, reception, strain, bandwidth, transport_feedback],
    ),
    "SDP": Parser(read_sdp, [OFFER.encode()], [sdp, negotiation], LINES),
    "SDP fragments": Parser(read_fragment, [FRAGMENT.encode()], [sdpfrag], LINES),
    "AV1 descriptors": Parser(read_av1, [bytes([len(one)]) + one + AV1[-1] for one in AV1], [av1]),
    "VP9 and H264 payloads": Parser(read_payload, [*VP9, *H264], [vp9, h264, rtp]),
    "DTLS records": Parser(read_records, RECORDS, [dtls]),
    "TCP framing": Parser(read_framing, [b"\x00\x03abc\x00\x00\x00\x01x", b"\x07\xff" + bytes(60)], [framing]),
    "places": Parser(read_place, [b"203.0.113.9:40000", b"[2001:db8::9]:40000", b"a.example"], [places]),
}


@pytest.mark.parametrize("name", PARSERS)
def test_nothing_escapes(name: str, pytestconfig: pytest.Config, budget: Callable[[int, int], int]) -> None:
    parser = PARSERS[name]
    seed = int.from_bytes(os.urandom(4), "big") if pytestconfig.getoption("--soak") else zlib.crc32(name.encode())
    report = fuzz(parser.target, parser.seeds, parser.modules, random.Random(seed), budget(2, 60), parser.tokens)
    print(f"{name}: {report} (seed {seed})")
    assert report.executions >= 100
    assert report.edges >= report.seeds_edges > 0


def test_the_fuzzer_finds_its_way_to_what_is_hidden() -> None:
    """It must find a fault three decisions deep, which chance alone does not."""

    def hidden(data: bytes) -> None:
        maze.walk(data)

    with pytest.raises(AssertionError, match="escaped"):
        fuzz(hidden, [b"aaaaaaaa"], [maze], random.Random(1), 60)


def test_it_calls_slow_what_is_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_: bytes) -> None:
        sum(range(400_000))

    monkeypatch.setattr(fuzzing, "SLOW", 0.001)
    with pytest.raises(AssertionError, match="s for bytes"):
        fuzz(slow, [b"x"], [maze], random.Random(1), 5)
