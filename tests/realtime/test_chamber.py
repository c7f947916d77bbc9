"""What an assembly orders in its room: closed session, withdrawals, the police of the chair; no ballot is touched."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from meetings.calendar import service
from meetings.calendar.models import MeetingInput, MeetingKind
from meetings.council.assemblies.access import Can
from meetings.council.rules.quorum import Withdrawal
from meetings.council.sittings import live
from meetings.council.sittings.access import take_sitting
from meetings.council.sittings.inputs import Entry, EventInput
from meetings.council.sittings.models import Sitting
from meetings.council.sittings.rules import Happened, Kind, fold
from meetings.media.port import Label
from meetings.rooms.live import Rooms
from tests.http.council_things import ZONE
from tests.realtime.test_hosting import sending
from tests.realtime.test_lobby import Door
from tests.realtime.test_rooms import PLACE, room_event
from tests.realtime.test_sittings import council_of
from tests.support.app import App
from tests.support.socket import Socket


class Chamber(Door):
    """A council that sits in a room open to guests: the agent presides, the stranger is a member of it."""

    made: dict[str, str]

    async def enter(self, kind: Entry, member: str = "", *, role: str = "agent", **more: Any) -> None:
        member_id = UUID(self.made[member]) if member else None
        async with self.app.db.write() as tx:
            data = EventInput(kind=kind, member_id=member_id, **more)
            await live.enter(tx, self.app.actor(role), UUID(self.made["sitting"]), data, ZONE)

    async def close_doors(self, *, closed: bool) -> None:
        """As a vote of the assembly does."""
        if not closed:
            await self.enter(Entry.DOORS_OPENED)
            return
        async with self.app.db.write() as tx:
            agent, key = self.app.actor("agent"), UUID(self.made["sitting"])
            sitting, assembly, _ = await take_sitting(tx, agent, key, Can.RUN)
            room = await live.read_room(tx, sitting, assembly, ZoneInfo(ZONE))
            new = Happened(sitting.seq + 1, Kind.DOORS_CLOSED, tx.now, item=self.made["item"])
            assert fold([*room.happened, new]).private
            await live.write(tx, agent, sitting, assembly, room, new)

    async def kept_out(self, socket: Socket) -> str:
        """Put out by order; the same page waits in the lobby, gives the wait."""
        await socket.until(room_event("put_out", reason="kept_out"))
        refused = await socket.call("room.join", {"meeting": self.meeting})
        assert refused["error"]["code"] == "rooms.kept_out", refused
        answer = await socket.call("room.knock", {"meeting": self.meeting})
        assert answer["state"] == "kept_out", answer
        followed = await socket.call("subscribe", {"topic": f"wait:{answer['wait']}"})
        assert followed["snapshot"]["state"] == "kept_out"
        return str(answer["wait"])


@pytest.fixture
async def chamber(app: App) -> AsyncIterator[Chamber]:
    async with AsyncExitStack() as stack:
        async with app.db.write() as tx:
            data = MeetingInput(title="Conseil", starts_at=tx.now, kind=MeetingKind.PUBLIC)
            meeting = await service.create_meeting(tx, app.actor("agent"), app.space, data, PLACE)
            await service.invite(tx, app.actor("agent"), meeting.id, app.people["stranger"], PLACE)
        found = Chamber(app, meeting.id, stack)
        found.made = await council_of(app, "/requests", {"sitting", "item"})
        async with app.db.write() as tx:
            sitting = await tx.get(Sitting, UUID(found.made["sitting"]))
            assert sitting is not None
            sitting.meeting_id = meeting.id
        yield found


def let_in(event: str, data: Any) -> bool:
    return event == "event" and data["type"] == "wait.changed" and data["data"]["state"] == "let_in"


async def test_in_closed_session_guests_and_onlookers_go_out_until_it_is_public_again(chamber: Chamber) -> None:
    guest = await chamber.guest("Une habitante")
    assert (await guest.call("room.join", {"meeting": chamber.meeting}))["ok"]
    reader, _ = await chamber.joined("reader")
    member, them = await chamber.joined("stranger")
    agent, _ = await chamber.joined("agent")
    await chamber.close_doors(closed=True)
    wait = await chamber.kept_out(guest)
    await chamber.kept_out(reader)
    rooms = chamber.app.deps.part(Rooms)
    assert rooms.is_present(UUID(chamber.meeting), UUID(them))
    client = await chamber.app.client("stranger")
    async with client.post(f"/api/v1/meetings/{chamber.meeting}/messages", json={"text": "Secret"}) as answer:
        assert answer.status == 403, await answer.text()
    refused = await agent.call("room.let_in", {"meeting": chamber.meeting, "wait": wait})
    assert refused["error"]["code"] == "rooms.kept_out"
    await chamber.close_doors(closed=False)
    for socket in (guest, reader):
        await socket.until(let_in, 15)
        assert (await socket.call("room.join", {"meeting": chamber.meeting}))["ok"]
    assert member.heard


@pytest.mark.parametrize("why", list(Withdrawal))
async def test_who_withdraws_waits_in_the_lobby_until_the_item_is_closed(chamber: Chamber, why: Withdrawal) -> None:
    member, _ = await chamber.joined("stranger")
    agent, _ = await chamber.joined("agent")
    item = UUID(chamber.made["item"])
    await chamber.enter(Entry.WITHDREW, "member", item_id=item, why=why)
    await chamber.kept_out(member)
    await chamber.enter(Entry.ITEM_CLOSED, item_id=item)
    await member.until(let_in, 15)
    assert (await member.call("room.join", {"meeting": chamber.meeting}))["ok"]
    assert agent.heard


async def test_the_chair_closes_a_microphone_and_nobody_opens_it_but_the_vote_is_taken(chamber: Chamber) -> None:
    member, them = await chamber.joined("stranger")
    await sending(member)
    await member.until(room_event("track"))
    await chamber.enter(Entry.MICROPHONE_TAKEN, "member")
    rooms, meeting = chamber.app.deps.part(Rooms), UUID(chamber.meeting)
    assert rooms.state(meeting).floor.silenced == (chamber.app.people["stranger"],)
    await member.call("room.mute", {"label": "microphone", "muted": False})

    def microphone() -> bool:
        tracks = rooms.state(meeting).tracks.values()
        return any(one.label is Label.MICROPHONE and not one.muted for one in tracks)

    assert not microphone(), "by no hand of their own"
    assert (await member.call("room.join", {"meeting": chamber.meeting, "previous": them}))["ok"]
    await sending(member)
    assert not microphone(), "nor by coming in again"
    client = await chamber.app.client("agent")
    async with client.post(
        f"/api/v1/council/sittings/{chamber.made['sitting']}/ballots", json={"method": "electronic"}
    ) as answer:
        ballot = (await answer.json())["id"]
    client = await chamber.app.client("stranger")
    async with client.put(f"/api/v1/council/ballots/{ballot}/vote", json={"choice": "against"}) as answer:
        assert answer.status == 200, await answer.text()
    await chamber.enter(Entry.MICROPHONE_GIVEN, "member")
    await member.call("room.mute", {"label": "microphone", "muted": False})
    async with asyncio.timeout(5):
        while not microphone():
            await asyncio.sleep(0.02)


async def test_an_elected_member_is_sent_out_by_nobody(chamber: Chamber) -> None:
    agent, _ = await chamber.joined("agent")
    _, them = await chamber.joined("stranger")
    await chamber.enter(Entry.MICROPHONE_TAKEN, "member")
    for back in (True, False):
        refused = await agent.call("room.send_out", {"participant": them, "back": back})
        assert refused["error"]["code"] == "rooms.seated" and "L2121-16" in refused["error"]["title"], refused
    guest = await chamber.guest("Un trublion")
    welcome = await guest.call("room.join", {"meeting": chamber.meeting})
    assert (await agent.call("room.send_out", {"participant": welcome["participant"]}))["ok"]
    assert chamber.app.deps.part(Rooms).is_present(UUID(chamber.meeting), UUID(them))
