"""Trials of a connection: who may, how many, for how long, and that nothing of them is left."""

import asyncio
from typing import Any

import pytest

from collab.core.ids import new_id
from meetings.rooms import trials as rules
from meetings.rooms.live import Rooms
from meetings.rooms.trials import Trials
from tests.realtime.test_rooms import Town, offer_of, town
from tests.support.socket import Socket
from web.media import Media

__all__ = ["town"]


async def begin(socket: Socket, town: Town) -> dict[str, Any]:
    return await socket.call("room.try", {"meeting": town.meeting})


async def rooms_of_the_engine(town: Town) -> int:
    return len(await town.app.deps.part(Media).engine.admitted())


async def test_what_one_sends_comes_back_and_nobody_is_in_the_meeting(town: Town) -> None:
    agent = await town.socket("agent")
    assert (await begin(agent, town))["servers"] == []
    sent = await agent.call("room.try_send", {"sdp": await offer_of("video"), "labels": {"0": "camera"}})
    received = await agent.call("room.try_receive", {"sdp": await offer_of("video", direction="recvonly")})
    for answer in (sent, received):
        assert "a=candidate:" in answer["sdp"]
    assert town.app.deps.part(Rooms).present == 0
    assert await town.visits() == {}
    assert await rooms_of_the_engine(town) == 1
    assert (await agent.call("room.try_end", {}))["ok"]
    assert await rooms_of_the_engine(town) == 0
    again = await agent.call("room.try_send", {"sdp": await offer_of("video")})
    assert (again["error"]["status"], again["error"]["code"]) == (409, "rooms.no_trial")
    assert (await agent.call("room.try_end", {}))["ok"], "twice is once"


async def test_a_stranger_tries_nothing(town: Town) -> None:
    stranger = await town.socket("stranger")
    assert (await begin(stranger, town))["error"]["status"] == 404
    unknown = await stranger.call("room.try", {"meeting": str(new_id())})
    assert unknown["error"]["status"] == 404
    assert (await stranger.call("room.try_receive", {"sdp": await offer_of("video")}))["error"]["status"] == 409
    assert await rooms_of_the_engine(town) == 0


@pytest.mark.parametrize("sdp", ["", "v=0", "x" * 70_000])
async def test_an_offer_that_is_none_is_refused(town: Town, sdp: str) -> None:
    agent = await town.socket("agent")
    await begin(agent, town)
    for message in ("room.try_send", "room.try_receive"):
        assert (await agent.call(message, {"sdp": sdp}))["error"]["status"] == 422


async def test_one_pauses_between_two_whatever_the_window(town: Town) -> None:
    first, second = await town.socket("agent"), await town.socket("agent")
    assert (await begin(first, town))["ok"]
    await first.call("room.try_end", {})
    for socket in (first, second):
        refused = await begin(socket, town)
        assert refused["error"]["status"] == 429
    assert (await begin(await town.socket("editor"), town))["ok"]


async def test_there_are_few_at_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "AT_ONCE", 1)
    assert (await begin(await town.socket("agent"), town))["ok"]
    refused = await begin(await town.socket("editor"), town)
    assert (refused["error"]["status"], refused["error"]["code"]) == (429, "rooms.too_many_trials")


async def test_it_ends_by_itself_and_with_the_socket(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "PAUSE", 0.0)
    trials = town.app.deps.part(Trials)
    agent = await town.socket("agent")
    await begin(agent, town)
    await agent.client.disconnect()
    async with asyncio.timeout(5):
        while trials.running or await rooms_of_the_engine(town):
            await asyncio.sleep(0.01)
    monkeypatch.setattr(rules, "LONGEST", 0.2)
    editor = await town.socket("editor")
    assert (await begin(editor, town))["ok"]
    async with asyncio.timeout(5):
        while trials.running or await rooms_of_the_engine(town):
            await asyncio.sleep(0.01)


async def test_beginning_anew_ends_the_former(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "PAUSE", 0.0)
    agent = await town.socket("agent")
    for _ in range(3):
        assert (await begin(agent, town))["ok"]
    assert await rooms_of_the_engine(town) == 1
