"""Both forms of the data plane send the same datagrams, byte for byte, whatever they are given."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from struct import pack
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy, Session

from meetings.media import rtp, srtp
from meetings.media.fanout import Path, Plane
from meetings.media.fanout_c import CPlane
from meetings.media.fanout_python import PythonPlane
from meetings.media.forwarding import Rewrite
from meetings.media.udp import UdpSocket
from tests.support.wire import Kept

U16, U32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
PROFILES = [Policy.SRTP_PROFILE_AEAD_AES_256_GCM, Policy.SRTP_PROFILE_AES128_CM_SHA1_80]


def session(profile: int, direction: int, key: int = 0) -> Session:
    policy = Policy(bytes([key]) + bytes(range(1, 44)), direction, srtp_profile=profile)
    policy.allow_repeat_tx = True  # hypothesis repeats numbers
    return Session(policy)


@dataclass
class Bench:
    """One plane with its paths and their outputs."""

    plane: Plane
    kept: list[Kept] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)

    def enter(self, profile: int, outputs: int) -> None:
        """One more path of so many outputs."""
        self.kept.append(Kept())
        self.paths.append(Path(session(profile, Policy.SSRC_ANY_OUTBOUND, len(self.paths)), self.kept[-1]))
        self.outputs += [self.plane.add(self.paths[-1]) for _ in range(outputs)]

    def push(self, packet: bytes, vp8: rtp.Vp8 | None, outputs: list[int]) -> None:
        header = rtp.parse(packet)
        assert header is not None
        self.plane.push(packet, header, vp8, [self.outputs[output] for output in outputs])

    def seen(self) -> tuple[object, ...]:
        records = [bytes(path.sent.records) for path in self.paths]
        totals = [(path.packets, path.octets, path.sent.next) for path in self.paths]
        return [kept.datagrams for kept in self.kept], records, totals, self.plane.sent, self.plane.dropped


@st.composite
def tables(draw: st.DrawFn) -> bytes:
    table = bytearray(256)
    for number, ours in draw(st.dictionaries(st.integers(0, 255), st.integers(0, 255), max_size=6)).items():
        table[number] = ours
    for number in draw(st.sets(st.integers(1, 15))):
        table[number] = draw(st.integers(0, 20))
    table[0] = draw(st.sampled_from([0, 0, 3, 14, 15, 255]))
    return bytes(table)


@st.composite
def extension_blocks(draw: st.DrawFn) -> bytes:
    """Well-formed elements of one form, or whatever bytes."""
    kind: Literal["one", "two", "noise"] = draw(st.sampled_from(["one", "two", "noise"]))
    if kind == "noise":
        body = draw(st.binary(max_size=40))
        profile = draw(st.sampled_from([0xBEDE, 0x1000, 0x100F, 0x1234]))
    elif kind == "one":
        elements = draw(st.lists(st.tuples(st.integers(1, 14), st.binary(min_size=1, max_size=16)), max_size=5))
        body = b"".join(bytes([number << 4 | len(value) - 1]) + value for number, value in elements)
        profile = 0xBEDE
    else:
        elements = draw(st.lists(st.tuples(st.integers(1, 255), st.binary(max_size=40)), max_size=5))
        body = b"".join(bytes([number, len(value)]) + value for number, value in elements)
        profile = 0x1000
    body += bytes(-len(body) % 4)
    return pack("!HH", profile, len(body) // 4) + body


@st.composite
def packets(draw: st.DrawFn) -> bytes:
    sources = draw(st.lists(U32, max_size=2))
    block = draw(st.one_of(st.just(b""), extension_blocks()))
    size = draw(st.sampled_from([1, 20, 80, 1100, 1990]))
    payload = draw(st.binary(max_size=30)).ljust(size, b"\x5a")
    padding = draw(st.integers(0, 8))
    first = 0x80 | len(sources) | (0x10 if block else 0) | (0x20 if padding else 0)
    head = pack("!BBHII", first, draw(st.integers(0, 255)), draw(U16), draw(U32), draw(U32))
    head += b"".join(pack("!I", source) for source in sources)
    return head + block + payload + (bytes(padding - 1) + bytes([padding]) if padding else b"")


@st.composite
def pictures(draw: st.DrawFn, packet: bytes) -> rtp.Vp8 | None:
    """Running numbers anywhere in the packet, as a parser could have found them."""
    header = rtp.parse(packet)
    if header is None or draw(st.booleans()):
        return None
    picture_at = picture = tl0_at = tl0 = 0
    bits = draw(st.sampled_from([7, 15, 16]))
    values = [(start, end) for _, _, start, end in rtp.extensions(packet, header) if end - start >= 2]
    place = draw(st.sampled_from(["none", "payload", "extension"]))
    if place == "payload" and header.end - header.payload > 3:
        picture_at = draw(st.integers(header.payload, header.end - 2))
    elif place == "extension" and bits == 16 and values:
        start, end = draw(st.sampled_from(values))
        picture_at = draw(st.integers(start, end - 2))
    if picture_at:
        both = packet[picture_at] << 8 | packet[picture_at + 1]
        picture = packet[picture_at] & 0x7F if bits == 7 else both & (0x7FFF if bits == 15 else 0xFFFF)
    if draw(st.booleans()) and header.end > header.payload:
        tl0_at = draw(st.integers(header.payload, header.end - 1))
        overlaps = picture_at and picture_at <= tl0_at <= picture_at + 1
        tl0_at = 0 if overlaps else tl0_at
        tl0 = packet[tl0_at] if tl0_at else 0
    return rtp.Vp8(picture_at, bits if picture_at else 0, picture, tl0_at, tl0, False, 0)


REWRITES = st.builds(
    Rewrite, U32, st.integers(0, 127), U16, U32, U16, st.integers(0, 255), st.one_of(st.just(bytes(256)), tables())
)


@given(st.data())
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_both_forms_send_the_same(data: st.DataObject) -> None:
    benches = [Bench(PythonPlane()), Bench(CPlane())]
    count = data.draw(st.integers(1, 4))
    for _ in range(count):
        profile, outputs = data.draw(st.sampled_from(PROFILES)), data.draw(st.integers(1, 2))
        for bench in benches:
            bench.enter(profile, outputs)
    total = len(benches[0].outputs)
    for step in range(data.draw(st.integers(1, 12))):
        deed = data.draw(st.sampled_from(["set", "set", "push", "push", "push", "send", "rtcp", "close", "flush"]))
        index, path = data.draw(st.integers(0, total - 1)), data.draw(st.integers(0, count - 1))
        now = step / 8
        if deed == "set":
            rewrite = data.draw(REWRITES)
            for bench in benches:
                bench.plane.set(bench.outputs[index], rewrite)
        elif deed == "push":
            packet = data.draw(packets())
            if rtp.parse(packet) is None:
                continue
            vp8 = data.draw(pictures(packet))
            chosen = data.draw(st.lists(st.integers(0, total - 1), max_size=6))
            for bench in benches:
                bench.plane.now = now
                bench.push(packet, vp8, chosen)
        elif deed == "send":
            packet = data.draw(packets())
            at = data.draw(st.sampled_from([0, 4]))
            for bench in benches:
                bench.plane.now = now
                bench.plane.send(bench.paths[path], packet, at)
        elif deed == "rtcp":
            report = pack("!BBHI", 0x80, 201, 1, 7) + data.draw(st.binary(max_size=40))
            for bench in benches:
                bench.plane.send_rtcp(bench.paths[path], report)
        elif deed == "close":
            for bench in benches:
                bench.paths[path].close()
        else:
            for bench in benches:
                bench.plane.flush()
    for bench in benches:
        bench.plane.flush()
    assert benches[0].seen() == benches[1].seen()


def both() -> list[Plane]:
    return [PythonPlane(), CPlane()]


@pytest.mark.parametrize(("payload", "fits"), [(srtp.MAX_PACKET - 12, True), (srtp.MAX_PACKET - 11, False)])
def test_what_counts_is_the_size_with_which_a_packet_leaves(payload: int, fits: bool) -> None:
    block = pack("!HH", 0xBEDE, 11) + bytes(44)
    packet = pack("!BBHII", 0x90, 96, 1, 1, 1) + block + bytes(payload)
    for plane in both():
        bench = Bench(plane)
        bench.enter(PROFILES[0], 1)
        plane.set(bench.outputs[0], Rewrite(7, 96, 0, 0, 0, 0, bytes(256)))
        bench.push(packet, None, [0])
        plane.flush()
        assert (plane.sent, plane.dropped) == (fits, not fits)


def test_many_datagrams_leave_a_socket_in_order() -> None:
    for plane in both():
        out = UdpSocket("127.0.0.1", 0)
        sinks = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
        readers = []
        for sink in sinks:
            sink.bind(("127.0.0.1", 0))
            sink.settimeout(5)
            readers.append(session(PROFILES[0], Policy.SSRC_ANY_INBOUND))
        paths = [Path(session(PROFILES[0], Policy.SSRC_ANY_OUTBOUND), out.sender(sink.getsockname())) for sink in sinks]
        outputs = [plane.add(path) for path in paths]
        for output in outputs:
            plane.set(output, Rewrite(7, 96, 0, 0, 0, 0, bytes(256)))
        for seq in range(60):
            packet = pack("!BBHII", 0x80, 96, seq, seq, 1) + bytes(1000)
            header = rtp.parse(packet)
            assert header is not None
            plane.push(packet, header, None, outputs)
        plane.flush()
        for sink, reader in zip(sinks, readers, strict=True):
            plain = [srtp.unprotect(reader, sink.recv(2048)) or b"" for _ in range(60)]
            assert [(rtp.parse(data) or pytest.fail("no packet")).seq for data in plain] == list(range(60))
        assert (plane.sent, plane.dropped) == (180, 0)
        out.close()
        for sink in sinks:
            sink.close()


def test_a_closed_socket_and_one_that_refuses_lose_packets_and_nothing_else() -> None:
    for plane in both():
        out = UdpSocket("127.0.0.1", 0)
        gone = Path(session(PROFILES[0], Policy.SSRC_ANY_OUTBOUND), out.sender(("127.0.0.1", 9)))
        refusing = Kept()
        refusing.refusing = True
        deaf = Path(session(PROFILES[0], Policy.SSRC_ANY_OUTBOUND), refusing)
        packet = pack("!BBHII", 0x80, 96, 1, 1, 1) + bytes(100)
        plane.send(gone, packet)
        out.close()
        heir = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # the kernel gives the same number again
        plane.send(deaf, packet)
        plane.flush()
        assert plane.dropped == 2
        plane.send(gone, packet)
        plane.flush()
        assert plane.dropped == 3
        heir.close()


def test_nothing_leaves_after_a_path_is_closed_and_a_new_way_is_taken_at_once() -> None:
    for plane in both():
        first, second = Kept(), Kept()
        path = Path(session(PROFILES[0], Policy.SSRC_ANY_OUTBOUND), first)
        packet = pack("!BBHII", 0x80, 96, 1, 1, 1) + bytes(100)
        plane.send(path, packet)
        path.send = second
        plane.send(path, packet[:2] + b"\0\2" + packet[4:])
        plane.flush()
        assert (len(first.datagrams), len(second.datagrams)) == (1, 1)
        path.close()
        plane.send(path, packet[:2] + b"\0\3" + packet[4:])
        plane.send_rtcp(path, pack("!BBHI", 0x80, 201, 1, 7))
        plane.flush()
        assert len(second.datagrams) == 1


def test_outputs_come_and_go() -> None:
    for plane in both():
        kept = [Kept() for _ in range(60)]
        paths = [Path(session(PROFILES[0], Policy.SSRC_ANY_OUTBOUND), one) for one in kept]
        outputs = [plane.add(path) for path in paths]
        for output in outputs:
            plane.set(output, Rewrite(7, 96, 0, 0, 0, 0, bytes(256)))
        for output in outputs[::2]:
            plane.remove(output)
        again = [plane.add(path) for path in paths[::2]]
        packet = pack("!BBHII", 0x80, 96, 1, 1, 1) + bytes(100)
        header = rtp.parse(packet)
        assert header is not None
        plane.push(packet, header, None, [*outputs[1::2], *again])
        plane.flush()
        assert [len(one.datagrams) for one in kept] == [0, 1] * 30, "an output sends nothing before it is set"
