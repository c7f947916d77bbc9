"""Rings, missing packets, keyframe requests, reports, loudness."""

from itertools import pairwise
from struct import pack, unpack

import pytest
from aiortc.rtp import RtcpPacket, RtcpPsfbPacket, RtcpRtpfbPacket

from meetings.media.control import delay_report
from meetings.media.nack import KeyframeRequests, Missing, Ring
from meetings.media.reception import Arrivals, Reception, nack, picture_loss
from meetings.media.speakers import MARGIN, Loudness, Ranking, fill_slots


def test_the_ring_knows_duplicates_and_forgets_the_old() -> None:
    ring = Ring(4)
    assert ring.put(1, b"a")
    assert not ring.put(1, b"again")
    assert ring.get(1) == b"a"
    assert ring.put(5, b"b")
    assert ring.get(1) is None


def test_missing_packets_are_asked_for_again_and_given_up() -> None:
    missing = Missing()
    assert missing.gap(65534, 2, now=0.0)
    assert missing.urgent
    assert missing.due(0.0, 1000) == [65535, 0, 1]
    assert not missing.urgent
    assert missing.due(0.01, 1000) == []
    missing.repaired(0, 0.2)
    assert missing.due(0.5, 1000) == [65535, 1]
    assert missing.due(1.5, 1000) == []
    assert len(missing) == 0
    assert missing.given_up == 2


@pytest.mark.parametrize(("round_trip", "low", "high"), [(0.002, 0.02, 0.02), (0.1, 0.1, 0.13), (0.9, 0.4, 0.4)])
def test_how_soon_to_ask_again_follows_the_line(round_trip: float, low: float, high: float) -> None:
    missing = Missing(give_up=5.0)
    for step in range(30):
        now = float(step)
        missing.gap(10 * step, 10 * step + 2, now)
        assert missing.due(now + 0.01, 1000 * step) == [10 * step + 1]
        missing.repaired(10 * step + 1, now + 0.01 + round_trip)
    assert low <= missing.retry <= high
    missing.gap(1000, 1002, 40.0)
    missing.due(40.01, 40_000)
    missing.due(40.5, 40_000)
    before = missing.round_trip
    missing.repaired(1001, 40.51)  # which request was answered is not known
    assert missing.round_trip == before


def test_a_line_that_reorders_is_given_time() -> None:
    missing = Missing()
    missing.gap(1, 3, 0.0)
    missing.came(2, 0.008)
    missing.gap(3, 5, 1.0)
    assert not missing.urgent
    assert missing.due(1.005, 1000) == []
    assert missing.due(1.011, 1000) == [4]
    missing.repaired(4, 1.02)
    for step in range(40):
        missing.gap(10 * step + 10, 10 * step + 12, 2.0 + step)
        missing.due(2.1 + step, 1000)
        missing.repaired(10 * step + 11, 2.2 + step)
    missing.gap(1000, 1002, 60.0)
    assert missing.urgent


def test_too_wide_a_gap_is_not_repaired() -> None:
    assert not Missing().gap(0, 1000, now=0.0)


def test_keyframe_requests_are_merged_and_repeated_ever_more_slowly_until_one_comes() -> None:
    requests = KeyframeRequests()
    assert not requests.due(0.0)
    requests.want()
    requests.want()
    asked = [step / 10 for step in range(10, 100) if requests.due(step / 10)]
    waits = [round(after - before, 1) for before, after in pairwise(asked)]
    assert waits[:3] == pytest.approx([0.3, 0.6, 1.2], abs=0.11)
    assert set(waits[3:]) <= {1.6, 1.7}
    requests.came(7, 0.0)
    assert not requests.due(11.0)
    requests.want()
    assert requests.due(20.0)
    assert requests.due(20.4)


def test_of_what_a_full_line_loses_only_a_part_is_asked_for() -> None:
    missing = Missing()
    asked = 0
    for step in range(100):  # three of four packets are lost
        missing.gap(4 * step, 4 * step + 4, step / 100)
        asked += len(missing.due(step / 100, step))
    assert asked <= Missing.AT_ONCE + Missing.SHARE * 100


def test_a_nack_wraps() -> None:
    (parsed,) = RtcpPacket.parse(nack(1, 2, [65535, 0, 1, 40]))
    assert isinstance(parsed, RtcpRtpfbPacket)
    assert [seq & 0xFFFF for seq in parsed.lost] == [65535, 0, 1, 40]
    (asked,) = RtcpPacket.parse(picture_loss(1, 2))
    assert isinstance(asked, RtcpPsfbPacket)
    assert (asked.fmt, asked.media_ssrc) == (1, 2)


def test_receiver_reports_count_losses_since_the_last() -> None:
    reception = Reception(90_000)
    for seq in (65534, 65535, 1, 2):  # 0 is lost
        reception.count(seq, 0, 100, 0.0)
    first = reception.report(9, 1.0)
    assert (first.packets_lost, first.highest_sequence, first.fraction_lost) == (1, 65538, 256 // 5)
    assert reception.report(9, 2.0).fraction_lost == 0


def test_transport_feedback_says_what_came_when() -> None:
    arrivals = Arrivals()
    for seq, at in ((65534, 10.0), (65535, 10.001), (1, 10.002)):
        arrivals.came(seq, at)
    (data,) = arrivals.feedback(1, 2)
    assert data is not None
    assert len(data) % 4 == 0
    base, count = unpack("!HH", data[12:16])
    assert (base, count) == (65534, 4)
    (chunk,) = unpack("!H", data[20:22])
    assert chunk >> 14 == 3
    assert [(chunk >> shift) & 3 for shift in (12, 10, 8, 6)] == [1, 1, 0, 1]
    assert list(data[22:25]) == [64, 4, 4]  # 10.0 s lies 64 steps of 250 µs after the reference of 156 x 64 ms
    assert arrivals.feedback(1, 2) == []
    arrivals.came(4, 10.1)
    (following,) = arrivals.feedback(1, 2)
    assert following is not None
    assert unpack("!HH", following[12:16]) == (2, 3)


def test_a_voice_is_heard_soon_and_fades() -> None:
    loudness = Loudness()
    for step in range(10):
        loudness.heard(30, step * 0.02)
    assert loudness.tick(0.2)
    for step in range(10):
        loudness.tick(1.0 + step * 0.3)
    assert not loudness.speaking


def test_slots_keep_whom_they_have_unless_another_is_much_louder() -> None:
    assert fill_slots([None, None], Ranking.of({"a": 1.0, "b": 2.0, "c": 3.0})) == ["c", "b"]
    assert fill_slots(["a", "b"], Ranking.of({"a": 50.0, "b": 60.0, "c": 50.0 + MARGIN - 1})) == ["a", "b"]
    assert fill_slots(["a", "b"], Ranking.of({"a": 50.0, "b": 60.0, "c": 90.0})) == ["c", "b"]
    assert fill_slots(["gone", "b"], Ranking.of({"b": 60.0})) == [None, "b"]
    assert fill_slots([], Ranking.of({"a": 1.0})) == []


def test_a_receiver_learns_the_round_trip_from_its_reference_time() -> None:
    head = pack("!BBHI", 0x80, 207, 4, 0xAABBCCDD)
    reference = pack("!BBHQ", 4, 0, 2, 0x1122334455667788)
    answer = delay_report(7, head + reference)
    assert answer == pack("!BBHIBBHIII", 0x80, 207, 5, 7, 5, 0, 3, 0xAABBCCDD, 0x33445566, 0)
    other = pack("!BBHI", 1, 0, 1, 0)
    assert delay_report(7, head + other + reference) == answer
    assert delay_report(7, head + other) is None
    assert delay_report(7, head + b"\x04\x00\x00\x02\x00") is None
