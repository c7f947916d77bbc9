"""Reactions and troubled connections, as everybody in the room hears of them."""

import asyncio
from uuid import UUID

import pytest

from meetings.calendar import service
from meetings.media import port as media
from meetings.rooms.live import Rooms
from tests.realtime.test_rooms import PLACE, Town, room_event, town

__all__ = ["town"]


async def test_everybody_sees_a_reaction_and_no_more_than_a_few(town: Town) -> None:
    agent, _ = await town.joined("agent")
    editor, me = await town.joined("editor")
    for reaction in ("applause", "heart", "agreed"):
        assert (await editor.call("room.react", {"reaction": reaction}))["ok"]
        told = await agent.until(room_event("reacted", reaction=reaction))
        assert told["seq"] == 0 and told["event"]["participant"] == me
        await editor.until(room_event("reacted", reaction=reaction))
    refused = await editor.call("room.react", {"reaction": "heart"})
    assert (refused["error"]["status"], refused["error"]["code"]) == (429, "rooms.too_many_reactions")
    assert (await agent.call("room.react", {"reaction": "question"}))["ok"], "each has their own measure"


@pytest.mark.parametrize("data", [{}, {"reaction": "💣"}, {"reaction": "heart", "participant": None}, {"reaction": 1}])
async def test_what_is_no_reaction_is_refused(town: Town, data: dict[str, object]) -> None:
    editor, _ = await town.joined("editor")
    assert (await editor.call("room.react", data))["error"]["status"] == 422


async def test_who_is_not_or_may_not_be_in_the_room_cannot_react(town: Town) -> None:
    agent, _ = await town.joined("agent")
    outside = await town.socket("reader")
    assert (await outside.call("room.react", {"reaction": "heart"}))["error"]["code"] == "media.not_admitted"
    editor, _ = await town.joined("editor")
    async with town.app.db.write() as tx:
        await service.cancel_meeting(tx, town.app.actor("agent"), UUID(town.meeting), PLACE)
    assert (await editor.call("room.react", {"reaction": "heart"}))["error"]["status"] in (404, 409)
    await asyncio.sleep(0.1)
    assert not [data for event, data in agent.heard if room_event("reacted")(event, data)]


async def test_a_troubled_connection_is_told_to_all_and_to_who_comes_in(town: Town) -> None:
    agent, _ = await town.joined("agent")
    _, them = await town.joined("editor")
    rooms = town.app.deps.part(Rooms)
    bad = media.ParticipantStats(them, 1, 1, 0.2, 0.0, None)
    for _ in range(2):
        rooms._hear(media.Stats(town.meeting, (bad,)))
    line = {"participant": them, "level": "poor", "trouble": "sending"}
    await agent.until(room_event("lines", lines=[line]))
    late = await town.socket("reader")
    assert (await late.call("room.join", {"meeting": town.meeting}))["room"]["lines"] == [line]
