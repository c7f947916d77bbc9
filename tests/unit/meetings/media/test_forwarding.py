"""Packet maps: numbers that never show a seam."""

from meetings.media import rtp
from meetings.media.forwarding import NO_EXTENSIONS, OutMap, Position, extension_table, rewritten
from tests.support.rtp_packets import packet, vp8


def test_the_first_source_starts_where_the_map_does() -> None:
    rewrite = OutMap(7, 100, 5000, 90_000).enter("a", Position(65535, 10, 0, 0, 1.0), 96, NO_EXTENSIONS)
    assert ((65535 + rewrite.seq) & 0xFFFF, 10 + rewrite.timestamp) == (100, 5000)
    assert rewrite.ssrc == 7


def test_the_first_sequence_number_lies_in_the_lower_half() -> None:
    rewrite = OutMap(7, 40_000, 0, 90_000).enter("a", Position(0, 0, 0, 0, 0.0), 96, NO_EXTENSIONS)
    assert rewrite.seq < 32768


def test_a_switch_continues_by_the_time_that_passed() -> None:
    out = OutMap(7, 0, 0, 90_000)
    out.enter("a", Position(10, 1000, 5, 5, 1.0), 96, NO_EXTENSIONS)
    out.leave(Position(19, 4000, 9, 7, 2.0))
    rewrite = out.enter("b", Position(60000, 77, 30000, 250, 2.5), 98, NO_EXTENSIONS)
    assert (60000 + rewrite.seq) & 0xFFFF == 10
    assert (77 + rewrite.timestamp) & rtp.TS == 3000 + 45_000
    assert (30000 + rewrite.picture) & 0x7FFF == (9 - 5) + 1
    assert (250 + rewrite.tl0) & 0xFF == (7 - 5) + 1


def test_a_skipped_packet_leaves_no_hole_and_late_ones_keep_their_place() -> None:
    out = OutMap(7, 100, 0, 90_000)
    out.enter("a", Position(10, 0, 0, 0, 0.0), 96, NO_EXTENSIONS)
    closer = out.skip(12)  # 10 → 100, 11 → 101, 12 left out, 13 → 102
    assert (13 + closer.seq) & 0xFFFF == 102
    late = out.late("a", 11)
    assert late is not None
    assert (11 + late.seq) & 0xFFFF == 101
    assert out.late("b", 11) is None
    assert out.late("a", 9) is None
    found = out.original(102)
    assert found is not None
    assert found[:2] == ("a", 13)
    found = out.original(101)
    assert found is not None
    assert found[:2] == ("a", 11)


def test_extensions_are_renumbered_or_blanked_in_place() -> None:
    data = packet(5, extensions={1: b"\x50", 3: b"\xab\xcd"}, payload=vp8(1))
    header = rtp.parse(data)
    assert header is not None
    table = extension_table({"level": 1, "cc": 3}, {"level": 9})
    rewrite = OutMap(7, 0, 0, 90_000).enter("a", Position(5, 0, 0, 0, 0.0), 96, table)
    out = rewritten(data, header, None, rewrite)
    again = rtp.parse(out)
    assert again is not None
    assert [(number, out[start:end]) for number, _, start, end in rtp.extensions(out, again)] == [(9, b"\x50")]
    assert len(out) == len(data)


def test_picture_numbers_are_shifted() -> None:
    data = packet(5, payload=vp8(0x7FFF, tl0=255))
    header = rtp.parse(data)
    assert header is not None
    before = rtp.parse_vp8(data, header.payload, header.end)
    out = OutMap(7, 0, 0, 90_000)
    out.enter("a", Position(0, 0, 0, 0, 0.0), 96, NO_EXTENSIONS)
    out.leave(Position(0, 0, 41, 8, 0.0))
    rewrite = out.enter("b", Position(5, 0, 0x7FFF, 255, 0.0), 96, NO_EXTENSIONS)
    result = rewritten(data, header, before, rewrite)
    after = rtp.parse_vp8(result, header.payload, header.end)
    assert after is not None
    assert (after.picture, after.tl0) == (42, 9)


def test_rtx_wraps_and_unwraps() -> None:
    data = packet(5, 99, ssrc=3, marker=True, extensions={1: b"\x50"}, payload=b"abc", padding=4)
    header = rtp.parse(data)
    assert header is not None
    wrapped = rtp.wrap_rtx(data, header, 8, 97, 1234)
    outer = rtp.parse(wrapped)
    assert outer is not None
    assert (outer.seq, outer.ssrc, outer.payload_type) == (1234, 8, 97)
    inner = rtp.unwrap_rtx(wrapped, outer, 3, 96)
    assert inner == packet(5, 99, ssrc=3, marker=True, extensions={1: b"\x50"}, payload=b"abc")
    probe = packet(1, payload=b"", padding=200)
    head = rtp.parse(probe)
    assert head is not None
    assert rtp.unwrap_rtx(probe, head, 3, 96) is None
