"""Frames out of packets, whole and hostile."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.media import rtp
from meetings.recording.frames import Pictures, assembler_for
from tests.support.rtp_packets import packet, vp8

KEY, DELTA = b"\x10\x00\x00\x9d\x01\x2a", b"\x01"


def assemble(key: str, packets: Sequence[bytes]) -> list[tuple[bytes, bool]]:
    assembler = assembler_for(key)
    assert assembler is not None
    found: list[tuple[bytes, bool]] = []
    for one in packets:
        header = rtp.parse(one)
        assert header is not None
        if header.payload < header.end:
            found += assembler.take(one, header)
    return found


def test_a_vp8_frame_of_several_packets_is_put_together() -> None:
    first, second = vp8(1, 3, keyframe=True), b"\x80\x80\x80\x01rest"  # a continuation: S is 0
    frames = assemble("vp8", [packet(1, 90, payload=first), packet(2, 90, payload=second, marker=True)])
    assert len(frames) == 1
    assert frames[0][0].startswith(KEY)
    assert frames[0][0].endswith(b"rest")
    assert frames[0][1]


def test_after_a_loss_nothing_is_given_up_to_the_next_keyframe() -> None:
    packets = [packet(n, 90 * n, payload=vp8(n, keyframe=n in (1, 6)), marker=True) for n in (1, 2, 4, 5, 6, 7)]
    assert [key for _, key in assemble("vp8", packets)] == [True, False, True, False]


def test_h264_units_become_a_byte_stream() -> None:
    aggregate = bytes([24]) + b"\x00\x03\x67ab" + b"\x00\x02\x68c"
    pieces = [bytes([0x7C, 0x85]) + b"one", bytes([0x7C, 0x45]) + b"two"]  # FU-A of an IDR slice
    packets = [
        packet(1, 90, payload=aggregate),
        packet(2, 90, payload=pieces[0]),
        packet(3, 90, payload=pieces[1], marker=True),
        packet(4, 180, payload=b"\x41next", marker=True),
    ]
    start = b"\x00\x00\x00\x01"
    assert assemble("h264-constrained-baseline", packets) == [
        (start + b"\x67ab" + start + b"\x68c" + start + b"\x65onetwo", True),
        (start + b"\x41next", False),
    ]


def test_what_cannot_be_made_into_a_film_is_known() -> None:
    assert assembler_for("av1-0") is None
    assert assembler_for("red") is not None


@pytest.mark.parametrize("key", ["vp8", "h264-high", "opus"])
@given(payloads=st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.booleans(), st.integers(0, 3)), max_size=12))
def test_noise_is_no_error(key: str, payloads: list[tuple[bytes, bool, int]]) -> None:
    assemble(key, [packet(n, 90 * at, payload=data, marker=end) for n, (data, end, at) in enumerate(payloads)])


def test_pictures_say_what_they_are() -> None:
    for key in ("vp8", "h264-high"):
        assembler = assembler_for(key)
        assert isinstance(assembler, Pictures)
        assert assembler.codec == key.partition("-")[0]
