"""A room shown to the public: who may switch it, who may look on, and that nobody does once it is cut."""

import asyncio
import time
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.journal import JournalEntry
from meetings.calendar.models import Meeting, MeetingKind
from meetings.media.port import MediaPort
from meetings.rooms.broadcasts import BroadcastToken
from meetings.rooms.models import MediaToken
from tests.realtime.test_recordings import open_to_guests
from tests.realtime.test_rooms import Town, offer_of, room_event, town
from web.media import Media
from web.realtime.everywhere import Everywhere

__all__ = ["town"]

HEADERS = {"Content-Type": "application/sdp"}


async def token_of(town: Town, page: str) -> tuple[int, dict[str, Any]]:
    public = page.rpartition("/")[2]
    async with town.app.anybody().post(f"/api/v1/broadcasts/{public}/tokens") as answer:
        return answer.status, await answer.json()


async def look(town: Town, token: dict[str, Any]) -> int:
    headers = {**HEADERS, "Authorization": f"Bearer {token['token']}"}
    offer = await offer_of("audio", "video", direction="recvonly")
    async with town.app.anybody().post(token["whep"], data=offer, headers=headers) as answer:
        return answer.status


async def shown(town: Town, socket: Any) -> str:
    assert (await socket.call("room.broadcast", {"on": True}))["ok"]
    told = await socket.until(lambda event, data: room_event("on_air")(event, data) and data["event"]["on_air"] != "")
    page: str = told["event"]["on_air"]
    return page


async def test_no_more_look_on_than_the_settings_allow(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    await open_to_guests(town)
    agent, _ = await town.joined("agent")
    _, token = await token_of(town, await shown(town, agent))
    monkeypatch.setattr(town.app.deps.part(Everywhere).programs, "most_viewers", 1)
    assert [await look(town, token) for _ in range(2)] == [201, 429]


def engine(town: Town) -> MediaPort:
    return town.app.deps.part(Media).engine


async def test_only_hosts_show_a_room_and_only_one_that_is_open_to_guests(town: Town) -> None:
    agent, _ = await town.joined("agent")
    assert (await agent.call("room.broadcast", {"on": True}))["error"]["code"] == "broadcast.not_public"
    await open_to_guests(town)
    editor, _ = await town.joined("editor")
    assert (await editor.call("room.broadcast", {"on": True}))["error"]["status"] == 403
    page = await shown(town, agent)
    assert (await editor.until(room_event("on_air", on_air=page)))["event"]["on_air"] == page
    assert (await editor.call("room.broadcast", {"on": False}))["error"]["status"] == 403
    late = await town.socket("reader")
    assert (await late.call("room.join", {"meeting": town.meeting}))["room"]["on_air"] == page


async def test_the_public_looks_on_and_is_cut_before_the_host_is_told(town: Town) -> None:
    await open_to_guests(town)
    agent, me = await town.joined("agent")
    page = await shown(town, agent)
    async with town.app.anybody().get(page) as answer:
        assert answer.status == 200 and "Chantier" in await answer.text()
    status, token = await token_of(town, page)
    assert status == 201
    assert (await token_of(town, page))[1]["token"] == token["token"], "a crowd makes no rows"
    assert [await look(town, token) for _ in range(3)] == [201, 201, 201]
    assert (await agent.until(room_event("viewers", count=3)))["event"]["count"] == 3
    assert len((await engine(town).admitted())[town.meeting]) == 4
    headers = {**HEADERS, "Authorization": f"Bearer {token['token']}"}
    async with town.app.anybody().post(
        f"/whip/{town.meeting}", data=await offer_of("audio"), headers=headers
    ) as answer:
        assert answer.status == 403, "it views alone"
    async with (await town.app.client("agent")).get(f"/api/v1/meetings/{town.meeting}/tokens") as answer:
        assert (await answer.json())["items"] == []
    began = time.monotonic()
    assert (await agent.call("room.broadcast", {"on": False}))["ok"]
    took = time.monotonic() - began
    assert (await engine(town).admitted())[town.meeting] == {me}
    print(f"cut in {1000 * took:.0f} ms")
    assert took < 2
    assert await look(town, token) == 401
    assert (await token_of(town, page))[1]["code"] == "broadcast.off"
    async with town.app.db.read() as tx:
        assert not await tx.all(select(MediaToken)) and not await tx.all(select(BroadcastToken))
        wanted = select(col(JournalEntry.action)).where(col(JournalEntry.action).like("broadcasts.%"))
        assert await tx.all(wanted.order_by(col(JournalEntry.seq))) == ["broadcasts.begin", "broadcasts.end"]
    assert await shown(town, agent) == page, "its address stays"
    assert (await token_of(town, page))[0] == 201


@pytest.mark.parametrize("how", ["leaves", "ends", "closes"])
async def test_it_ends_with_the_last_in_the_room_and_with_what_allows_it(town: Town, how: str) -> None:
    await open_to_guests(town)
    agent, me = await town.joined("agent")
    page = await shown(town, agent)
    _, token = await token_of(town, page)
    assert await look(town, token) == 201
    if how != "closes":
        assert (await agent.call(f"room.{'leave' if how == 'leaves' else 'end'}", {}))["ok"]
        await town.ended(me)
        async with asyncio.timeout(3):
            while (await engine(town).admitted()).get(town.meeting):
                await asyncio.sleep(0.05)
    else:
        async with town.app.db.read() as tx:
            meeting = await tx.one(select(Meeting))
            assert meeting is not None
        data = {"kind": MeetingKind.MEMBERS.value}
        client = await town.app.client("agent")
        async with client.patch(
            f"/api/v1/meetings/{town.meeting}", json=data, headers={"If-Match": f'"{meeting.rev}"'}
        ) as answer:
            assert answer.status == 200, await answer.text()
        assert (await engine(town).admitted())[town.meeting] == {me}
    assert (await token_of(town, page))[1]["code"] == "broadcast.off"
    assert await look(town, token) == 401


async def test_an_address_that_is_none_says_nothing(town: Town) -> None:
    status, problem = await token_of(town, "/broadcasts/01900000-0000-7000-8000-000000000000")
    assert (status, problem["code"]) == (404, "not_found")
