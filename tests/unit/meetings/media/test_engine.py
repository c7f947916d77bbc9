"""The engine's life without browsers: ports, grants, refusals, and nothing left when it ends."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiortc.rtp import RtcpRrPacket
from pylibsrtp import Policy, Session

from meetings.media.pool import Pool
from meetings.media.port import BadOffer, Joined, Left, MediaPort, MediaSettings, NotAdmitted, NotRunning, RoomEvent
from meetings.media.remote import RemoteEngine
from meetings.media.runner import MAX_SSRCS
from meetings.media.worker import Engine
from tests.support.rtp_packets import audio, offer, packet, video
from tests.support.stun_checks import check, credentials

Make = Callable[[MediaSettings], MediaPort]


@pytest.fixture(params=["in this process", "in a worker", "in a pool"])
async def make(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Make]:
    """Each form of the port, stopped at the end of the test."""
    forms: dict[str, Make] = {
        "in this process": Engine,
        "in a worker": lambda settings: RemoteEngine(settings, tmp_path / "media" / "0.sock"),
        "in a pool": lambda settings: Pool(settings, 1, tmp_path / "media"),
    }
    async with AsyncExitStack() as stack:

        def one(settings: MediaSettings) -> MediaPort:
            engine = forms[request.param](settings)
            stack.push_async_callback(engine.stop)
            return engine

        yield one


async def test_one_room_from_admission_to_close(make: Make) -> None:
    engine = make(MediaSettings(announced=("203.0.113.9",)))
    events: list[RoomEvent] = []
    engine.listen(events.append)
    await engine.start()
    try:
        await engine.admit("r", "a")
        answer = await engine.publish("r", "a", offer(audio(), video()))
        assert f"203.0.113.9 {engine.port} typ host" in answer
        assert "a=recvonly" in answer
        assert "a=sendonly" in await engine.receive("r", "a", offer(audio("recvonly")))
        assert {track.label for track in await engine.tracks("r")} == {"microphone", "camera"}
        assert engine.counters.participants == 1
        with pytest.raises(BadOffer):
            await engine.publish("r", "a", "nonsense")
        assert len(await engine.tracks("r")) == 2, "a bad offer changes nothing"
        await engine.close("r")
        assert Left("r", "a", "closed") in events
        assert not [event for event in events if isinstance(event, Joined)]
        with pytest.raises(NotAdmitted):
            await engine.publish("r", "a", offer(audio()))
    finally:
        await engine.stop()


async def test_strangers_are_refused_and_revoking_them_is_no_error(make: Make) -> None:
    engine = make(MediaSettings())
    with pytest.raises(NotRunning):
        await engine.admit("r", "a")
    await engine.start()
    await engine.revoke("r", "nobody")
    await engine.close("nowhere")
    assert await engine.tracks("nowhere") == ()
    with pytest.raises(NotAdmitted):
        await engine.receive("r", "nobody", offer(audio()))
    await engine.admit("r", "a")
    with pytest.raises(NotAdmitted):
        await engine.select("r", "nobody", {})
    await engine.stop()
    with pytest.raises(NotRunning):
        await engine.admit("r", "a")


async def test_who_never_connects_leaves(make: Make) -> None:
    engine = make(MediaSettings(lost_after=0.1))
    events: list[RoomEvent] = []
    engine.listen(events.append)
    await engine.start()
    await engine.admit("r", "a")
    async with asyncio.timeout(5):
        while engine.counters.rooms:
            await asyncio.sleep(0.02)
    assert events == [Left("r", "a", "lost")]
    await engine.stop()


async def test_a_listener_that_fails_does_not_break_the_call(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    engine = make(MediaSettings())

    def fail(_: RoomEvent) -> None:
        raise RuntimeError("broken listener")

    engine.listen(fail)
    await engine.start()
    await engine.admit("r", "a")
    assert "a=recvonly" in await engine.publish("r", "a", offer(audio()))
    await engine.stop()
    assert "broken listener" in caplog.text


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open(make: Make) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        engine = make(MediaSettings(port=taken.getsockname()[1]))
        with pytest.raises(OSError):
            await engine.start()
        await engine.stop()


class Caller:
    """Asks the engine's UDP port from a socket of its own."""

    def __init__(self, engine: Engine) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect(("127.0.0.1", engine.port))

    async def ask(self, data: bytes, seconds: float = 1.0) -> bytes | None:
        self.socket.send(data)
        try:
            return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self.socket, 2048), seconds)
        except TimeoutError:
            return None


async def test_names_of_old_restarts_are_forgotten_and_addresses_are_few() -> None:
    engine = Engine(MediaSettings())
    await engine.start()
    await engine.admit("r", "a")
    callers = []
    for number in range(40):
        answer = await engine.publish("r", "a", offer(audio(), ufrag=f"abcd{number}"))
        callers.append(Caller(engine))
        assert await callers[-1].ask(check(*credentials(answer))) is not None
    assert len(engine._ufrags) <= 2
    assert len(engine._sources) <= 16
    for caller in callers:
        caller.socket.close()
    await engine.stop()
    assert not engine._ufrags
    assert not engine._sources


async def test_the_chosen_address_is_kept_however_many_others_knock() -> None:
    engine = Engine(MediaSettings())
    await engine.start()
    await engine.admit("r", "a")
    ufrag, password = credentials(await engine.publish("r", "a", offer(audio())))
    callers = [Caller(engine) for _ in range(40)]
    assert await callers[0].ask(check(ufrag, password)) is not None
    chosen = next(iter(engine._sources))
    for caller in callers[1:]:
        await caller.ask(check(ufrag, password, nominate=False))
    assert chosen in engine._sources
    assert len(engine._sources) == 16
    for caller in callers:
        caller.socket.close()
    await engine.stop()


async def test_who_knows_a_name_but_not_its_password_is_soon_not_looked_at() -> None:
    engine = Engine(MediaSettings())
    await engine.start()
    await engine.admit("r", "a")
    ufrag, password = credentials(await engine.publish("r", "a", offer(audio())))
    friend, forger = Caller(engine), Caller(engine)
    assert await friend.ask(check(ufrag, password)) is not None
    for _ in range(300):
        forger.socket.send(check(ufrag, "x" * 24))
    assert await forger.ask(check(ufrag, "x" * 24), 0.3) is None
    dropped = engine.counters.dropped
    assert dropped["stun"] + dropped["flood"] == 301
    assert dropped["flood"] >= 200
    assert await friend.ask(check(ufrag, password)) is not None, "whom we know is answered all the same"
    for caller in (friend, forger):
        caller.socket.close()
    await engine.stop()


async def test_a_publisher_that_invents_ssrcs_is_heard_for_so_many_only() -> None:
    engine = Engine(MediaSettings())
    await engine.start()
    await engine.admit("r", "a")
    await engine.publish("r", "a", offer(audio(), video()))
    connection = engine._rooms["r"]._connections["a", "up"]
    connection._receiving = Session(Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_INBOUND))
    sending = Session(Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND))
    said = Counter[str | None]()
    for ssrc in range(1, 2001):
        said[connection.on_media(sending.protect(packet(1, 1, ssrc)), 1.0)] += 1
    assert said == {"rtp": MAX_SSRCS, "srtp": 2000 - MAX_SSRCS}
    assert connection.on_media(sending.protect(packet(2, 1, 7)), 1.0) == "rtp", "whom it knows it goes on hearing"
    report = bytes(RtcpRrPacket(ssrc=9_999))
    assert connection.on_media(sending.protect_rtcp(report), 1.0) == "srtp"
    await engine.stop()
