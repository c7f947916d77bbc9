"""Outgoing numbers have no seam; feedback says what came; the data plane sends what is meant."""

from functools import partial
from itertools import pairwise
from struct import unpack

from hypothesis import given
from hypothesis import strategies as st
from pylibsrtp import Policy, Session

from meetings.media import rtp, srtp
from meetings.media.fanout import Path
from meetings.media.fanout_python import PythonPlane
from meetings.media.forwarding import NO_EXTENSIONS, OutMap, Position, rewritten
from meetings.media.reception import Arrivals
from tests.support.rtp_packets import packet, vp8
from tests.support.wire import Kept

STEPS = st.lists(st.sampled_from(["packet", "packet", "packet", "skip", "switch"]), min_size=1, max_size=60)


@given(STEPS, st.integers(0, 65535), st.integers(0, 65535), st.integers(0, 32767))
def test_the_outgoing_sequence_is_whole(steps: list[str], seq: int, other: int, start: int) -> None:
    out = OutMap(1, start, 0, 90_000)
    position = Position(seq, 0, 0, 0, 0.0)
    rewrite = out.enter("a", position, 96, NO_EXTENSIONS)
    source, sent = "a", [(seq + rewrite.seq) & rtp.SEQ]
    origins = {sent[-1]: ("a", seq)}
    stamps = [(position.timestamp + rewrite.timestamp) & rtp.TS]
    for count, step in enumerate(steps, 1):
        now = count * 0.03
        if step == "switch":
            out.leave(position)
            source += "+"
            position = Position((other + count) & rtp.SEQ, count * 7919, 0, 0, now)
            rewrite = out.enter(source, position, 96, NO_EXTENSIONS)
        else:
            position = Position((position.seq + 1) & rtp.SEQ, position.timestamp + 2700, 0, 0, now)
            if step == "skip":
                rewrite = out.skip(position.seq)
                continue
        sent.append((position.seq + rewrite.seq) & rtp.SEQ)
        stamps.append((position.timestamp + rewrite.timestamp) & rtp.TS)
        origins[sent[-1]] = (source, position.seq)
    assert sent == [(sent[0] + index) & rtp.SEQ for index in range(len(sent))]
    assert all((b - a) & rtp.TS < 1 << 31 for a, b in pairwise(stamps))
    for number, origin in origins.items():
        found = out.original(number)
        assert found is not None
        assert found[:2] == origin


@given(st.integers(0, 65535), st.integers(0, 65535), st.sampled_from([7, 15, 16]))
def test_picture_numbers_go_on_in_their_width(last: int, first: int, bits: int) -> None:
    out = OutMap(1, 0, 0, 90_000)
    entered = out.enter("a", Position(0, 0, last, 0, 0.0), 96, NO_EXTENSIONS)
    out.leave(Position(0, 0, last, 0, 0.0))
    rewrite = out.enter("b", Position(0, 0, first, 0, 0.1), 96, NO_EXTENSIONS)
    seen = []
    for number, how in ((last, entered), (first, rewrite)):
        number &= (1 << bits) - 1
        size = 1 if bits == 7 else 2
        data = bytes(12) + (number | (0x8000 if bits == 15 else 0)).to_bytes(size, "big")
        header = rtp.Header(False, 96, 0, 0, 0, 0, True, 12, len(data))
        numbers = rtp.Vp8(12, bits, number, 0, 0, False, 0)
        seen.append(int.from_bytes(rewritten(data, header, numbers, how)[12:], "big") & ((1 << bits) - 1))
    assert seen[1] == (seen[0] + 1) & ((1 << bits) - 1)


@given(st.dictionaries(st.integers(0, 300), st.floats(0, 3), min_size=1), st.integers(0, 65535))
def test_transport_feedback_is_read_back(arrived: dict[int, float], base: int) -> None:
    arrivals = Arrivals()
    for offset, at in arrived.items():
        arrivals.came((base + offset) & rtp.SEQ, 100 + at)
    (data,) = arrivals.feedback(1, 2)
    assert data is not None
    assert len(data) == 4 * (unpack("!H", data[2:4])[0] + 1)
    first, count, reference = unpack("!HHI", data[12:20])
    clock = (reference >> 8) * 256
    at, symbols = 20, list[int]()
    while len(symbols) < count:
        (chunk,) = unpack("!H", data[at : at + 2])
        at += 2
        if chunk >> 15:
            symbols += [(chunk >> shift) & 3 for shift in range(12, -1, -2)]
        else:
            symbols += [chunk >> 13] * (chunk & 0x1FFF)
    seen = {}
    for index, symbol in enumerate(symbols[:count]):
        if symbol:
            size = symbol
            clock += int.from_bytes(data[at : at + size], "big", signed=size == 2)
            at += size
            seen[(first + index - base) & rtp.SEQ] = clock / 4000
    assert seen.keys() == arrived.keys()
    assert all(abs(seen[offset] - 100 - when) < 0.001 for offset, when in arrived.items())


def gcm(direction: int) -> Session:
    """A session as DTLS makes them."""
    policy = Policy(bytes(range(44)), direction, srtp_profile=Policy.SRTP_PROFILE_AEAD_AES_256_GCM)
    policy.window_size = 1024
    return Session(policy)


def keep(wire: list[tuple[int, bytes]], index: int, datagram: bytes) -> None:
    wire.append((index, datagram))


@given(st.lists(st.tuples(st.integers(0, 65535), st.integers(0, 2**32 - 1), st.booleans()), min_size=1, max_size=8))
def test_the_data_plane_sends_what_the_maps_say(packets: list[tuple[int, int, bool]]) -> None:
    plane = PythonPlane()
    wire: list[tuple[int, bytes]] = []
    outputs, rewrites = [], []
    for index in range(3):
        session = gcm(Policy.SSRC_ANY_OUTBOUND)
        path = Path(session, Kept(partial(keep, wire, index)))
        outputs.append(plane.add(path))
        table = bytes(range(256)) if index else NO_EXTENSIONS
        rewrites.append(OutMap(index + 1, 9, 0, 90_000).enter("a", Position(packets[0][0], 0, 0, 0, 0.0), 100, table))
        plane.set(outputs[-1], rewrites[-1])
    readers = [gcm(Policy.SSRC_ANY_INBOUND) for _ in outputs]
    seen = set()
    for seq, timestamp, marker in packets:
        if seq in seen or (seq - packets[0][0]) & rtp.SEQ > 1000:
            continue
        seen.add(seq)
        data = packet(seq, timestamp, 5, vp8(seq), marker=marker, extensions={1: b"\x20", 5: b"abc"})
        header = rtp.parse(data)
        assert header is not None
        picture = rtp.parse_vp8(data, header.payload, header.end)
        wire.clear()
        plane.push(data, header, picture, outputs)
        plane.flush()
        assert [index for index, _ in wire] == [0, 1, 2]
        for (index, encrypted), rewrite in zip(wire, rewrites, strict=True):
            assert srtp.unprotect(readers[index], encrypted) == rewritten(data, header, picture, rewrite)
