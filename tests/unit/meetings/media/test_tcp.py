"""ICE over TCP: real sockets on the engine's port, as browsers and as strangers use it."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.media import tcp
from meetings.media.framing import MAX_FRAME, BadFrame, Deframer, frame
from meetings.media.ice import Address
from meetings.media.port import MediaSettings
from meetings.media.tcp import TcpConnection, TcpPort
from meetings.media.worker import Engine
from tests.support.rtp_packets import audio, offer
from tests.support.stun_checks import answered, check, credentials

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    running = Engine(MediaSettings(("127.0.0.1", "::1")))
    await running.start()
    await running.admit("r", "a")
    yield running
    await running.stop()


async def read_frame(reader: asyncio.StreamReader) -> bytes:
    size = int.from_bytes(await asyncio.wait_for(reader.readexactly(2), 5), "big")
    return await reader.readexactly(size)


async def is_cut(reader: asyncio.StreamReader, seconds: float = 5) -> bool:
    try:
        return await asyncio.wait_for(reader.read(1), seconds) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


@given(st.lists(st.binary(max_size=300)), st.lists(st.integers(1, 50)))
def test_frames_come_out_as_they_went_in_however_the_stream_is_cut(datagrams: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(frame(item) for item in datagrams)
    deframer, found, at = Deframer(), [], 0
    for size in [*cuts, len(stream)]:
        found += deframer.feed(stream[at : at + size])
        at += size
    assert found == [item for item in datagrams if item]
    assert deframer.held == 0


@given(st.lists(st.binary(max_size=4000)))
def test_no_more_than_a_frame_is_ever_held(pieces: list[bytes]) -> None:
    deframer = Deframer()
    for piece in pieces:
        try:
            assert all(0 < len(item) <= MAX_FRAME for item in deframer.feed(piece))
        except BadFrame:
            return
        assert deframer.held <= MAX_FRAME + 2


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_check_over_tcp_is_answered_on_its_connection(engine: Engine, host: str) -> None:
    answer = await engine.publish("r", "a", offer(audio()))
    assert f" {host} {engine.port} typ host tcptype passive" in answer
    ufrag, password = credentials(answer)
    reader, writer = await asyncio.open_connection(host, engine.port)
    own = writer.get_extra_info("sockname")[:2]
    for _ in range(2):
        data = frame(check(ufrag, password))
        writer.write(data[:7])
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.write(data[7:])
        assert answered(await read_frame(reader), password) == own
    await engine.revoke("r", "a")
    assert await is_cut(reader), "who is out has no connection any more"
    writer.close()


async def test_a_path_over_tcp_that_ends_gives_way_to_the_next_check(engine: Engine) -> None:
    ufrag, password = credentials(await engine.publish("r", "a", offer(audio())))
    reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
    writer.write(frame(check(ufrag, password)))
    answered(await read_frame(reader), password)
    connection = engine._rooms["r"]._connections["a", "up"]
    assert connection.chosen is not None
    assert isinstance(connection.chosen[0], TcpConnection)
    writer.close()
    async with asyncio.timeout(5):
        while connection.agent.remote is not None:
            await asyncio.sleep(0.01)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer:
        peer.setblocking(False)
        peer.connect(("127.0.0.1", engine.port))
        peer.send(check(ufrag, password, nominate=False))
        answered(await asyncio.wait_for(asyncio.get_running_loop().sock_recv(peer, 2048), 5), password)
        assert connection.chosen[1] == peer.getsockname()


@pytest.mark.parametrize(
    "words",
    [b"GET / HTTP/1.1\r\n\r\n", frame(b"\x80" * 40), frame(b"\x16\xfe\xfd" + bytes(60)), b"\xff\xff" + bytes(100)],
    ids=["HTTP", "RTP", "DTLS", "a frame too long"],
)
async def test_a_connection_that_begins_with_anything_but_a_check_is_cut(engine: Engine, words: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
    writer.write(words)
    assert await is_cut(reader)
    writer.close()
    assert engine.counters.dropped["tcp"] == 1


async def test_a_forged_check_is_cut(engine: Engine) -> None:
    ufrag, _ = credentials(await engine.publish("r", "a", offer(audio())))
    reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
    writer.write(frame(check(ufrag, "x" * 24)))
    assert await is_cut(reader)
    writer.close()


async def test_a_stranger_who_says_nothing_is_cut(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "STRANGER_SECONDS", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
    assert await is_cut(reader)
    writer.close()


async def test_a_crowd_of_strangers_does_not_keep_a_participant_out(engine: Engine) -> None:
    ufrag, password = credentials(await engine.publish("r", "a", offer(audio())))
    crowd = []
    for _ in range(tcp.MAX_STRANGERS_OF_ONE + 20):
        crowd.append(await asyncio.open_connection("127.0.0.1", engine.port))
    reader, writer = await asyncio.open_connection("127.0.0.1", engine.port)
    writer.write(frame(check(ufrag, password)))
    answered(await read_frame(reader), password)
    assert engine.counters.dropped["tcp"] == 21, "the oldest made room"
    for _, other in [*crowd, (reader, writer)]:
        other.close()


class Pair:
    """A port with one trusted connection and the raw socket at the other end of it."""

    def __init__(self) -> None:
        self.made: list[TcpConnection] = []
        self.gone: list[TcpConnection] = []
        self.port = TcpPort(["127.0.0.1"], 0, self._datagram, lambda: None, self.gone.append)

    def _datagram(self, _data: bytes, _source: Address, connection: TcpConnection) -> bool:
        self.made.append(connection)
        return True

    async def connect(self) -> tuple[TcpConnection, socket.socket]:
        loop = asyncio.get_running_loop()
        peer = socket.socket()
        peer.setblocking(False)
        await loop.sock_connect(peer, ("127.0.0.1", self.port.port))
        await loop.sock_sendall(peer, frame(b"hello"))
        async with asyncio.timeout(5):
            while not self.made:
                await asyncio.sleep(0.01)
        return self.made[-1], peer


async def test_a_slow_reader_loses_packets_and_the_queue_stays_small() -> None:
    pair = Pair()
    connection, peer = await pair.connect()
    sent = sum(connection(bytes([number % 256]) * 1200) for number in range(4000))
    assert 0 < sent < 4000
    assert connection.waiting <= tcp.MAX_WAITING
    loop, deframer, found = asyncio.get_running_loop(), Deframer(), list[bytes]()
    while len(found) < sent:
        found += deframer.feed(await asyncio.wait_for(loop.sock_recv(peer, 65536), 5))
    assert [item[0] for item in found] == [number % 256 for number in range(sent)], "whole frames, in order"
    assert connection.waiting == 0
    assert connection(b"again")
    peer.close()
    pair.port.close()


async def test_a_peer_that_never_reads_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "STALL_SECONDS", 0.2)
    pair = Pair()
    connection, peer = await pair.connect()
    while connection(bytes(1200)):
        pass
    async with asyncio.timeout(5):
        while not pair.gone:
            await asyncio.sleep(0.02)
    assert pair.gone == [connection]
    assert not connection(b"late")
    peer.close()
    pair.port.close()


async def test_a_peer_that_resets_is_forgotten() -> None:
    pair = Pair()
    connection, peer = await pair.connect()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    peer.close()
    async with asyncio.timeout(5):
        while pair.port.connections:
            await asyncio.sleep(0.01)
    assert not connection(b"late")
    pair.port.close()
    assert pair.gone == [connection]


async def test_a_tcp_port_that_is_taken_is_an_error_and_leaves_nothing_open() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        engine = Engine(MediaSettings(port=taken.getsockname()[1]))
        with pytest.raises(OSError):
            await engine.start()
        await engine.stop()
