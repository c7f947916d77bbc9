"""How connections fare: browsers report it, hosts are told, and /metrics has no names."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest

from collab.spaces.models import MemberInput, PrincipalKind, Role
from collab.spaces.service import set_member
from meetings.rooms import quality
from meetings.rooms.live import Rooms
from tests.realtime.test_rooms import Town, offer_of, plan, room_event
from tests.support.app import App


async def make(town: Town, who: str, role: Role) -> None:
    app = town.app
    async with app.db.write() as tx:
        person = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=app.people[who], role=role)
        await set_member(tx, app.actor("agent"), app.space, person)


FINE = {"freezes": 0, "frozen": 0.0, "concealed": 0.01}


@pytest.fixture
async def town(app: App) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        yield Town(app, await plan(app), stack)


async def test_a_host_is_told_of_everybody_and_of_what_they_report(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "REPORT_GAP", 0.0)
    host, first = await town.joined("agent")
    editor, second = await town.joined("editor")
    assert (await editor.call("room.publish", {"sdp": await offer_of("audio", "video")}))["ok"]
    assert (await editor.call("room.report", {"freezes": 2, "frozen": 1.5, "concealed": 0.25}))["ok"]
    assert (await editor.call("room.report", {"freezes": 1, "frozen": 0.5, "concealed": 0.0}))["ok"]
    assert (await host.call("room.watch", {"on": True}))["ok"]

    def complete(event: str, data: Any) -> bool:
        told = room_event("quality")(event, data)
        return told and {one["participant"] for one in data["event"]["participants"]} == {first, second}

    told = await host.until(complete, 5)
    assert told["seq"] == 0
    people = {one["participant"]: one for one in told["event"]["participants"]}
    assert (people[second]["freezes"], people[second]["frozen"], people[second]["concealed"]) == (3, 2.0, 0.0)
    assert people[first]["freezes"] is None, "nothing was reported yet"
    assert people[first]["round_trip"] is None
    assert (await host.call("room.watch", {"on": False}))["ok"]


async def test_members_are_not_told_how_others_are_connected(town: Town) -> None:
    await town.joined("agent")
    editor, _ = await town.joined("editor")
    refused = await editor.call("room.watch", {"on": True})
    assert refused["error"]["status"] == 403
    assert refused["error"]["title"]


async def test_who_is_no_host_any_more_is_told_no_more(town: Town) -> None:
    await make(town, "editor", Role.OWNER)
    host, _ = await town.joined("editor")
    rooms = town.app.deps.part(Rooms)
    assert (await host.call("room.watch", {"on": True}))["ok"]
    await host.until(room_event("quality"))
    await make(town, "editor", Role.EDITOR)
    await rooms.enforce()
    await asyncio.sleep(2.5)  # the engine has its figures every two seconds
    host.heard.clear()
    await asyncio.sleep(2.5)
    assert not [data for event, data in host.heard if room_event("quality")(event, data)]
    assert (await host.call("room.watch", {"on": True}))["error"]["status"] == 403


@pytest.mark.parametrize(
    "data",
    [
        {},
        FINE | {"freezes": -1},
        FINE | {"frozen": 1e9},
        FINE | {"concealed": 1.5},
        FINE | {"concealed": "much"},
        FINE | {"mood": "good"},
    ],
)
async def test_a_report_that_cannot_be_is_refused(town: Town, data: dict[str, Any]) -> None:
    agent, _ = await town.joined("agent")
    assert (await agent.call("room.report", data))["error"]["status"] == 422


async def test_reports_are_taken_at_their_pace_and_in_a_room_alone(town: Town) -> None:
    agent, _ = await town.joined("agent")
    assert (await agent.call("room.report", FINE))["ok"]
    assert (await agent.call("room.report", FINE))["error"]["status"] == 429
    outside = await town.socket("editor")
    assert (await outside.call("room.report", FINE))["error"]["code"] == "media.not_admitted"


async def test_metrics_have_rooms_by_meeting_and_only_while_somebody_is_there(town: Town) -> None:
    agent, me = await town.joined("agent")
    assert (await agent.call("room.report", {"freezes": 3, "frozen": 2.0, "concealed": 0.0}))["ok"]
    anyone = town.app.anybody()
    text = await (await anyone.get("/metrics")).text()
    label = f'{{room="{town.meeting}"}}'
    assert f"hemicycle_room_freezes_total{label} 3.0" in text
    assert f"hemicycle_room_frozen_seconds_total{label} 2.0" in text
    assert f'hemicycle_room_lost_share{{room="{town.meeting}",way="up"}} 0.0' in text
    assert f'hemicycle_room_pictures{{room="{town.meeting}",size="small"}} 0.0' in text
    assert me not in text
    assert "Camille" not in text
    assert (await agent.call("room.leave", {}))["ok"]
    await town.ended(me)
    for _ in range(20):
        text = await (await anyone.get("/metrics")).text()
        if town.meeting not in text:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the room is empty, and still in the metrics")
