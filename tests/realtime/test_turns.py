"""Turns to speak over the socket: who gives the floor, what the engine forwards meanwhile, what is written down."""

import asyncio
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from meetings.rooms.kept import RoomFloor, RoomSpeech
from tests.realtime.test_hosting import actions, sending
from tests.realtime.test_rooms import Town, room_event, town

__all__ = ["town"]

RULES = {"fair": False, "opens": True, "limit": 120}


async def floor_where(socket: Any, **wanted: Any) -> dict[str, Any]:
    def is_it(event: str, data: dict[str, Any]) -> bool:
        if not room_event("floor")(event, data):
            return False
        floor = data["event"]["floor"]
        return all(floor[key] == value for key, value in wanted.items())

    told: dict[str, Any] = (await socket.until(is_it))["event"]["floor"]
    return told


async def test_the_floor_goes_from_one_to_the_next(town: Town) -> None:
    agent, _ = await town.joined("agent")
    editor, first = await town.joined("editor")
    reader, second = await town.joined("reader")
    for socket in (editor, reader):
        assert (await socket.call("room.hand", {"raised": True}))["ok"]
    assert (await reader.call("room.turn", {"next": True}))["error"]["status"] == 403
    assert (await agent.call("room.turn", {"next": True}))["ok"]
    floor = await floor_where(reader, speaker=first)
    assert floor["queue"] == [second] and floor["since"]
    assert (await reader.call("room.turn", {}))["error"]["status"] == 403  # it is not theirs to end
    assert (await editor.call("room.turn", {}))["ok"]
    await floor_where(reader, speaker=None)
    assert (await agent.call("room.turn", {"next": True}))["ok"]
    assert (await agent.call("room.turn", {"next": True}))["error"]["code"] == "rooms.nobody_next"
    await reader.call("room.leave", {})
    await floor_where(agent, speaker=None, queue=[])


async def test_where_the_queue_opens_microphones_the_engine_forwards_no_other(town: Town) -> None:
    agent, _ = await town.joined("agent")
    editor, them = await town.joined("editor")
    await sending(editor)
    assert (await editor.call("room.floor", RULES))["error"]["status"] == 403
    assert (await agent.call("room.floor", RULES))["ok"]
    await floor_where(editor, opens=True, limit=120)
    assert (await editor.call("room.mute", {"label": "microphone", "muted": False}))["ok"]  # which opens nothing
    late, _ = await town.joined("reader")
    await sending(late)
    assert await open_microphones(town, agent) == set()
    assert (await agent.call("room.turn", {"participant": them}))["ok"]
    assert await open_microphones(town, agent) == {them}
    again = await editor.call("room.join", {"meeting": town.meeting, "previous": them})  # after a cut
    assert again["ok"] and again["room"]["floor"]["speaker"] == them
    await sending(editor)
    assert await open_microphones(town, agent) == {them}
    assert (await agent.call("room.turn", {}))["ok"]
    assert await open_microphones(town, agent) == set()
    assert (await agent.call("room.floor", {**RULES, "opens": False}))["ok"]
    assert len(await open_microphones(town, agent)) == 2
    assert await actions(town.app) == ["rooms.floor", "rooms.floor"]


async def test_a_queue_outlives_the_process_and_not_the_last_person(town: Town) -> None:
    agent, visit = await town.joined("agent")
    assert (await agent.call("room.floor", RULES))["ok"]
    async with town.app.db.read() as tx:
        assert [row.turn_limit for row in await tx.all(select(RoomFloor))] == [120]
    await agent.call("room.leave", {})
    await town.ended(visit)
    async with town.app.db.read() as tx:
        assert await tx.all(select(RoomFloor)) == []


async def test_the_time_of_a_turn_is_written_down_and_goes_on_where_it_was(town: Town) -> None:
    agent, visit = await town.joined("agent")
    assert (await agent.call("room.turn", {"participant": visit}))["ok"]
    await asyncio.sleep(1.2)  # the time that is measured
    await agent.call("room.leave", {})
    await town.ended(visit)
    async with town.app.db.read() as tx:
        wanted = select(col(RoomSpeech.seconds)).where(col(RoomSpeech.person_id) == town.app.people["agent"])
        assert await tx.all(wanted) == [1]
    agent, _ = await town.joined("agent")
    room = (await agent.call("room.join", {"meeting": town.meeting}))["room"]
    assert [one["seconds"] for one in room["floor"]["spoken"]] == [1]


async def open_microphones(town: Town, socket: Any) -> set[str]:
    room = (await socket.call("room.join", {"meeting": town.meeting}))["room"]
    return {one["participant"] for one in room["tracks"] if one["label"] == "microphone" and not one["muted"]}
