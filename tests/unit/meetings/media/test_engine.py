"""The engine's life without browsers: ports, grants, refusals, and nothing left when it ends."""

import asyncio
import socket

import pytest

from meetings.media.port import BadOffer, Joined, Left, MediaPort, MediaSettings, NotAdmitted, NotRunning, RoomEvent
from meetings.media.worker import Engine
from tests.support.rtp_packets import audio, offer, video


async def test_one_room_from_admission_to_close() -> None:
    engine: MediaPort = Engine(MediaSettings(announced=("203.0.113.9",)))
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


async def test_strangers_are_refused_and_revoking_them_is_no_error() -> None:
    engine = Engine(MediaSettings())
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


async def test_who_never_connects_leaves() -> None:
    engine = Engine(MediaSettings(lost_after=0.1))
    events: list[RoomEvent] = []
    engine.listen(events.append)
    await engine.start()
    await engine.admit("r", "a")
    async with asyncio.timeout(5):
        while engine.counters.rooms:
            await asyncio.sleep(0.02)
    assert events == [Left("r", "a", "lost")]
    await engine.stop()


async def test_a_listener_that_fails_does_not_break_the_call(caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine(MediaSettings())

    def fail(_: RoomEvent) -> None:
        raise RuntimeError("broken listener")

    engine.listen(fail)
    await engine.start()
    await engine.admit("r", "a")
    assert "a=recvonly" in await engine.publish("r", "a", offer(audio()))
    await engine.stop()
    assert "broken listener" in caplog.text


async def test_a_port_that_is_taken_is_an_error_and_leaves_nothing_open() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        engine = Engine(MediaSettings(port=taken.getsockname()[1]))
        with pytest.raises(OSError):
            await engine.start()
        await engine.stop()
