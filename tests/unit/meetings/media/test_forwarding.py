"""Packet maps: numbers that never show a seam."""

from meetings.media import rtp
from meetings.media.forwarding import (
    NO_EXTENSIONS,
    OutMap,
    Position,
    Shaped,
    extension_table,
    padding,
    rewritten,
    shape,
)
from meetings.media.lanes import Closing
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


def elements(data: bytes) -> list[tuple[int, bytes]]:
    header = rtp.parse(data)
    assert header is not None
    return [(number, data[start:end]) for number, _, start, end in rtp.extensions(data, header)]


def shaped(data: bytes, table: bytes) -> Shaped:
    header = rtp.parse(data)
    assert header is not None
    result = shape(data, header, rtp.parse_vp8(data, header.payload, header.end), table)
    assert result.data[result.payload :] == data[header.payload :]
    return result


def test_extensions_are_renumbered_and_those_nobody_asked_for_left_out() -> None:
    data = packet(5, extensions={1: b"\x50", 3: b"\xab\xcd"}, payload=vp8(1))
    out = shaped(data, extension_table({"level": 1, "cc": 3}, {"level": 9})).data
    assert elements(bytes(out)) == [(9, b"\x50")]
    assert len(out) == len(data) - 4
    assert shaped(data, NO_EXTENSIONS).data == b"\x80" + data[1:12] + data[24:]


def test_a_place_for_the_transport_wide_number_is_made_where_there_was_none() -> None:
    for data in (packet(5, payload=vp8(1)), packet(5, extensions={1: b"\x50"}, payload=vp8(1))):
        out = shaped(data, extension_table({"level": 1}, {"level": 9}, transport=3))
        out.data[out.transport_at : out.transport_at + 2] = b"\x12\x34"
        assert elements(bytes(out.data))[-1] == (3, b"\x12\x34")
        assert rtp.parse(bytes(out.data)) is not None


def test_the_longer_form_is_taken_where_an_id_or_a_length_needs_it() -> None:
    data = packet(5, extensions={1: b"\x50"}, payload=vp8(1))
    far = extension_table({"level": 1}, {"level": 200}, transport=15)
    out = shaped(data, far).data
    assert elements(bytes(out)) == [(200, b"\x50"), (15, b"\0\0")]
    back = shaped(bytes(out), extension_table({"level": 200}, {"level": 1})).data
    assert back == data
    long = bytes(out[:12]) + b"\x10\x00\x00\x05" + bytes([4, 17]) + bytes(range(17)) + b"\0" + bytes(out[24:])
    assert elements(bytes(shaped(long, extension_table({"d": 4}, {"d": 5})).data)) == [(5, bytes(range(17)))]


def test_contributing_sources_stay() -> None:
    data = b"\x92" + packet(5)[1:12] + bytes(range(8)) + b"\xbe\xde\x00\x01\x10\x50\x00\x00" + b"payload"
    out = shaped(data, extension_table({"level": 1}, {"level": 2}, transport=3))
    assert out.data[:20] == data[:20]
    assert elements(bytes(out.data)) == [(2, b"\x50"), (3, b"\0\0")]


def test_padding_is_a_packet_of_its_own() -> None:
    for transport in (0, 3, 20):
        data, at = padding(7, 97, 65535, 1 << 31, 255, transport)
        header = rtp.parse(bytes(data))
        assert header is not None
        assert (header.ssrc, header.payload_type, header.seq, header.timestamp) == (7, 97, 65535, 1 << 31)
        assert header.payload == header.end == len(data) - 255
        assert elements(bytes(data)) == ([(transport, b"\0\0")] if transport else [])
        assert bool(at) == bool(transport)


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


def test_a_source_that_goes_on_for_hours_is_still_repeated_and_put_in_order() -> None:
    out = OutMap(1, 30_000, 0, 90_000)
    rewrite = out.enter("a", Position(60_000, 0, 0, 0, 0.0), 96, NO_EXTENSIONS)
    for count in range(200_000):
        seq = (60_000 + count) & 0xFFFF
        if count % 500 == 0:
            out.renew(seq)
        if count % 997 == 0 and count:
            late = (seq - 200) & 0xFFFF if count > 200 else seq
            assert out.late("a", late) == rewrite
            assert out.original((late + rewrite.seq) & 0xFFFF) == ("a", late, rewrite)


def test_numbers_that_close_up_do_so_for_hours() -> None:
    numbers = Closing()
    left_out = 0
    for count in range(150_000):
        seq = (40_000 + count) & 0xFFFF
        if count == 10:
            numbers.drop(seq)
            left_out += 1
            continue
        assert numbers.keep(seq) == (seq - left_out) & 0xFFFF
        if count > 300:
            assert numbers.late((seq - 100) & 0xFFFF) == (seq - 100 - left_out) & 0xFFFF
