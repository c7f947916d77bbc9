"""Redundant audio reaches each receiver in the form it understands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.media import rtp, sdp
from meetings.media.codecs import red
from meetings.media.negotiation import accept_sending
from tests.support import rtp_packets
from tests.support.rtp_packets import audio, offer, packet, red_audio, video
from tests.unit.meetings.media.test_router import Scene

PLAIN = (audio("recvonly"), video("recvonly"))


def scene() -> Scene:
    """a sends redundant audio; b takes it, c takes it under other numbers, d knows only Opus."""
    made = Scene()
    made.enter("a", up=(red_audio(), video()))
    made.enter("b", down=(red_audio("recvonly"), video("recvonly")))
    made.enter("c", down=(red_audio("recvonly", 100, 101), video("recvonly")))
    made.enter("d", down=PLAIN)
    return made


def speak(made: Scene, seq: int, payload: bytes, payload_type: int = 63) -> bool:
    data = packet(seq, 960 * seq, 1000, payload, payload_type, extensions={1: b"\x28"})
    return made.room.on_rtp(made.up("a"), data, seq * 0.02)


def test_each_receiver_gets_what_it_agreed_to() -> None:
    made = scene()
    frames = [bytes([seq]) * (10 + seq) for seq in range(6)]
    for seq in range(1, 6):
        assert speak(made, seq, rtp_packets.red(frames[seq], frames[seq - 1]))
    assert made.payloads("b", 63) == [rtp_packets.red(frames[seq], frames[seq - 1]) for seq in range(1, 6)]
    assert made.payloads("c", 100) == [rtp_packets.red(frames[seq], frames[seq - 1], opus=101) for seq in range(1, 6)]
    assert made.payloads("d", 111) == frames[1:]
    for name, kind in (("b", 63), ("c", 100), ("d", 111)):
        seqs = [header.seq for header in made.received(name, kind)]
        assert seqs == list(range(seqs[0], seqs[0] + 5))


def test_a_plain_frame_among_redundant_ones_is_heard_by_all() -> None:
    made = scene()
    assert speak(made, 1, rtp_packets.red(b"one"))
    assert speak(made, 2, b"two", 111)
    assert speak(made, 3, rtp_packets.red(b"three", b"two"))
    assert made.payloads("b", 63)[1] == rtp_packets.red(b"two")
    assert made.payloads("d", 111) == [b"one", b"two", b"three"]


def test_a_sender_who_begins_plain_may_become_redundant() -> None:
    made = scene()
    for seq in range(1, 60):
        assert speak(made, seq, b"plain", 111)
    assert len(made.payloads("b", 111)) == 59
    assert speak(made, 60, rtp_packets.red(b"now"))
    assert made.payloads("b", 63) == [rtp_packets.red(b"now")]
    assert made.payloads("d", 111)[-1] == b"now"
    assert not speak(made, 61, b"never negotiated", 9)


def test_packets_out_of_order_and_duplicates() -> None:
    made = scene()
    for seq in (1, 2, 4, 3, 3, 5):
        speak(made, seq, rtp_packets.red(bytes([seq])))
    assert made.payloads("d", 111) == [b"\x01", b"\x02", b"\x04", b"\x03", b"\x05"]
    seqs = [header.seq for header in made.received("d", 111)]
    assert [seq - seqs[0] for seq in seqs] == [0, 1, 3, 2, 4]


def test_a_packet_without_its_own_frame_is_left_out_without_a_gap() -> None:
    made = scene()
    for seq, payload in ((1, rtp_packets.red(b"a")), (2, rtp_packets.red(b"", b"a")), (3, rtp_packets.red(b"b", b"a"))):
        speak(made, seq, payload)
    seqs = [header.seq for header in made.received("d", 111)]
    assert seqs == [seqs[0], seqs[0] + 1]


def test_redundancy_is_only_agreed_with_its_opus() -> None:
    section = sdp.parse_offer(offer(red_audio().replace("111/111", "112/112"))).sections[0]
    accepted = accept_sending(section)
    assert accepted is not None
    assert [item.key for item in accepted.formats] == ["opus"]
    accepted = accept_sending(sdp.parse_offer(offer(red_audio())).sections[0])
    assert accepted is not None
    assert [(item.key, item.inner) for item in accepted.formats] == [("red", 111), ("opus", None)]


@pytest.mark.parametrize("payload", [b"", b"\xef", b"\xef\x00\x00", b"\xef\x00\x03\xff\x6f", b"\x6f"])
def test_packets_that_lie_hold_nothing(payload: bytes) -> None:
    data = packet(1, payload=payload)
    header = rtp.parse(data)
    assert header is not None
    assert red.primary(data, header, 111) is None


@given(st.binary(max_size=60), st.lists(st.binary(max_size=40), max_size=3), st.integers(0, 127), st.booleans())
def test_blocks_are_found_again(primary: bytes, earlier: list[bytes], opus: int, marker: bool) -> None:
    data = packet(7, 960, 1, rtp_packets.red(primary, *earlier), 63, marker, {1: b"\x28"}, padding=4)
    header = rtp.parse(data)
    assert header is not None
    expected = packet(7, 960, 1, primary, 111, marker, {1: b"\x28"})
    assert red.primary(data, header, 111) == (expected if primary else None)
    other = red.renumber(data, header, opus)
    assert other == packet(
        7, 960, 1, rtp_packets.red(primary, *earlier, opus=opus), 63, marker, {1: b"\x28"}, padding=4
    )
    plain = rtp.parse(expected)
    assert plain is not None
    assert red.wrap(expected, plain, 63) == packet(7, 960, 1, b"\x6f" + primary, 63, marker, {1: b"\x28"})
