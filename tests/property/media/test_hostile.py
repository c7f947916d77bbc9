"""Whatever arrives, no parser of the engine lets an exception escape."""

from hypothesis import given
from hypothesis import strategies as st

from meetings.media import control, rtp, sdp
from meetings.media.codecs import av1, h264, red, vp9
from meetings.media.ice import Agent, parse_check
from meetings.media.port import BadOffer
from tests.support.rtp_packets import audio, offer, packet, video, vp8
from tests.unit.meetings.media.test_router import Scene

GOOD = offer(
    audio("sendrecv", "a=rtcp-fb:111 transport-cc", "a=fmtp:111 minptime=10;useinbandfec=1"),
    video(
        "sendonly", "a=rid:h send", "a=rid:l send", "a=simulcast:send h;~l", "a=ssrc-group:FID 1 2", "a=ssrc:1 cname:x"
    ),
)
PACKETS = [
    packet(1, 2, 1001, vp8(3, 4, keyframe=True), extensions={1: b"\x30", 4: b"1", 10: b"h"}),
    packet(1, 2, 1000, payload_type=111, extensions={1: b"\x30"}, padding=3),
    bytes.fromhex("81cc0006000000010000000200000003"),
]


@st.composite
def mutated(draw: st.DrawFn, source: bytes) -> bytes:
    """`source` with some bytes changed, cut out or repeated."""
    data = bytearray(source)
    for _ in range(draw(st.integers(1, 6))):
        if not data:
            break
        at = draw(st.integers(0, len(data) - 1))
        match draw(st.integers(0, 2)):
            case 0:
                data[at] = draw(st.integers(0, 255))
            case 1:
                del data[at : at + draw(st.integers(1, 40))]
            case _:
                data[at:at] = data[at : at + draw(st.integers(1, 40))]
    return bytes(data)


@given(st.one_of(st.text(max_size=300), mutated(GOOD.encode()).map(lambda data: data.decode("utf8", "replace"))))
def test_an_offer_is_read_or_refused(text: str) -> None:
    try:
        parsed = sdp.parse_offer(text)
    except BadOffer:
        return
    scene = Scene("b")
    scene.room.admit("x", 0.0)
    local = sdp.Local("u" * 8, "p" * 24, ("sha-256", "AA"), [sdp.Candidate("udp", "127.0.0.1", 1)])
    for sections in (scene.room.publish("x", parsed, None, 0.0), scene.room.receive("x", parsed, 0.0)):
        assert sdp.write_answer(parsed, sections, local).startswith("v=0")


@given(st.one_of(st.binary(max_size=200), *(mutated(item) for item in PACKETS)))
def test_packets_are_used_or_dropped(data: bytes) -> None:
    header = rtp.parse(data)
    if header is not None:
        assert 12 <= header.payload <= header.end <= len(data)
        assert all(end <= header.payload for _, _, _, end in rtp.extensions(data, header))
        rtp.parse_vp8(data, header.payload, header.end)
        vp9.parse(data, header.payload, header.end)
        h264.keyframe(data, header.payload, header.end)
        av1.begins_sequence(data, header)
        av1.parse(data, header.payload, header.end, None)
        red.primary(data, header, 111)
        rtp.unwrap_rtx(data, header, 1, 96)
    scene = Scene("a", "b")
    scene.select("b", "a")
    scene.picture("a", 1, 0.1, keyframe=True)
    scene.room.on_rtp(scene.up("a"), data, 0.2)
    scene.room.on_publisher_rtcp(scene.up("a"), data, 0.2)
    down = scene.room.members["b"].down
    assert down is not None
    scene.room.on_receiver_rtcp(down, data, 0.2)
    scene.room.tick(0.3)


@given(st.binary(max_size=120))
def test_control_packets_are_read_or_refused(data: bytes) -> None:
    control.parse(b"\x81\xcd" + data)
    control.parse(b"\x81\xc8" + data)
    control.parse(b"\x9f\xca" + data)


@given(st.binary(max_size=100), st.booleans())
def test_stun_is_read_or_dropped(data: bytes, framed: bool) -> None:
    if framed:
        data = b"\x00\x01" + len(data).to_bytes(2, "big") + bytes.fromhex("2112a442") + bytes(12) + data
    message = parse_check(data)
    agent = Agent(0.0)
    agent.negotiate("abcd", "p" * 24)
    if message is not None:
        assert agent.check(message, ("127.0.0.1", 1), 1.0) is None
