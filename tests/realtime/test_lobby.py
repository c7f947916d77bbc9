"""Rooms with a lobby and guests: who waits knows of nobody, hosts decide, a guest has one room and no more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import socketio
from sqlalchemy import select, update
from sqlmodel import col

from collab.core.ids import new_id
from collab.core.journal import JournalEntry
from collab.notifications.models import Kind, Notification
from directory.sessions.keys import Keys
from meetings.calendar import service
from meetings.calendar.models import Meeting, MeetingChange, MeetingInput, MeetingKind
from meetings.rooms import guests
from meetings.rooms.guest_models import GuestLink, GuestLinkInput
from meetings.rooms.lobby_models import RoomWait
from tests.realtime.test_room_queries import counting
from tests.realtime.test_rooms import PLACE, Town, room_event
from tests.support.app import App
from tests.support.socket import Socket
from web.identity import guest_cookie
from web.realtime.everywhere import VERBS


class Door(Town):
    """A meeting with a lobby, and guests of it."""

    async def link(self, name: str | None = None) -> GuestLink:
        async with self.app.db.write() as tx:
            keys = self.app.deps.part(Keys)
            data = GuestLinkInput(name=name)
            return await guests.create_link(tx, self.app.actor("agent"), keys, UUID(self.meeting), data)

    async def guest(self, name: str, link: GuestLink | None = None) -> Socket:
        """A socket of somebody who came by a link, for everybody where none is given."""
        link = link or await self.link()
        async with self.app.db.write() as tx:
            meeting = await tx.get(Meeting, UUID(self.meeting))
            assert meeting is not None
            _, secret = await guests.come_in(tx, self.app.deps.part(Keys), link, meeting, name)
        return await self.socket_with(secret)

    async def socket_with(self, secret: str) -> Socket:
        client = socketio.AsyncClient(reconnection=False)
        socket = Socket(client)
        cookie = f"{guest_cookie(UUID(self.meeting), secure=False)}={secret}"
        await client.connect(
            self.app.url,
            transports=["websocket"],
            headers={"Cookie": cookie, "Origin": self.app.url},
            auth={"guest": self.meeting},
        )
        self._stack.push_async_callback(client.disconnect)
        return socket

    async def host(self) -> tuple[Socket, dict[str, Any]]:
        agent, _ = await self.joined("agent")
        answer = await agent.call("subscribe", {"topic": f"lobby:{self.meeting}"})
        assert answer["ok"], answer
        return agent, answer["snapshot"]

    async def knocks(self, socket: Socket) -> str:
        answer = await socket.call("room.knock", {"meeting": self.meeting})
        assert answer["ok"] and answer["state"] == "waiting", answer
        followed = await socket.call("subscribe", {"topic": f"wait:{answer['wait']}"})
        assert followed["snapshot"] == {"state": "waiting", "message": ""}
        wait: str = answer["wait"]
        return wait

    async def journal(self) -> list[str]:
        async with self.app.db.read() as tx:
            actions = select(col(JournalEntry.action)).order_by(col(JournalEntry.seq))
            return [one for one in await tx.all(actions) if one.startswith("rooms.")]


@pytest.fixture
async def door(app: App) -> AsyncIterator[Door]:
    async with AsyncExitStack() as stack:
        async with app.db.write() as tx:
            data = MeetingInput(title="Entretiens", starts_at=tx.now, kind=MeetingKind.LOBBY)
            meeting = await service.create_meeting(tx, app.actor("agent"), app.space, data, PLACE)
        yield Door(app, meeting.id, stack)


def told(kind: str, **fields: Any) -> Any:
    def is_wanted(event: str, data: Any) -> bool:
        return event == "event" and data["type"] == kind and fields.items() <= data["data"].items()

    return is_wanted


async def test_hosts_let_in_one_by_one_and_see_names(door: Door) -> None:
    agent, _ = await door.host()
    zoe, ada = await door.socket("editor"), await door.guest("Ada <b>Lovelace</b>")
    assert (await zoe.call("room.join", {"meeting": door.meeting}))["error"]["code"] == "rooms.lobby"
    assert (await ada.call("room.join", {"meeting": door.meeting}))["error"]["code"] == "rooms.lobby"
    first, second = await door.knocks(zoe), await door.knocks(ada)
    asked = await agent.until(lambda event, data: told("lobby.asked")(event, data) and data["data"]["waiting"]["guest"])
    assert asked["data"]["waiting"]["name"] == "Ada <b>Lovelace</b>"
    snapshot = (await agent.call("subscribe", {"topic": f"lobby:{door.meeting}"}))["snapshot"]
    assert [one["wait"] for one in snapshot["waiting"]] == [first, second]
    assert (await agent.call("room.let_in", {"meeting": door.meeting, "wait": second}))["ok"]
    await ada.until(told("wait.changed", state="let_in"))
    await agent.until(told("lobby.passed", wait=second))
    joined = await ada.call("room.join", {"meeting": door.meeting})
    assert joined["ok"], joined
    entered = await agent.until(
        lambda event, data: room_event("entered")(event, data) and data["event"]["participant"]["guest"]
    )
    assert entered["event"]["participant"]["name"] == "Ada <b>Lovelace</b>"
    assert (await zoe.call("room.join", {"meeting": door.meeting}))["error"]["code"] == "rooms.lobby"
    assert "rooms.let_in" in await door.journal()


async def test_who_waits_learns_nothing_of_the_room_or_of_others(door: Door) -> None:
    agent, _ = await door.host()
    zoe, ada = await door.socket("editor"), await door.guest("Ada Lovelace")
    await door.knocks(zoe)
    wait = await door.knocks(ada)
    for socket in (zoe, ada):
        for topic in (f"room:{door.meeting}", f"chat:{door.meeting}", f"lobby:{door.meeting}"):
            assert not (await socket.call("subscribe", {"topic": topic}))["ok"], topic
        for verb in VERBS:
            answer = await socket.call(f"room.{verb}", SAID.get(verb, {}))
            assert answer["error"]["status"] == 409, (verb, answer)
        for verb, data in (("let_in", {}), ("refuse", {"wait": wait}), ("tell_waiting", {"text": "x"})):
            answer = await socket.call(f"room.{verb}", {"meeting": door.meeting, **data})
            assert answer["error"]["status"] in (403, 404), (verb, answer)
    assert not (await zoe.call("subscribe", {"topic": f"wait:{wait}"}))["ok"]
    await agent.call("room.tell_waiting", {"meeting": door.meeting, "text": "Cinq minutes encore."})
    await ada.until(told("wait.changed", message="Cinq minutes encore."))
    heard = str([*zoe.heard, *ada.heard])
    for secret in ("Camille", "Zoé", "Ada", str(door.app.people["agent"]), "room.event"):
        assert secret not in heard, secret


SAID: dict[str, Any] = {
    "publish": {"sdp": "v=0"},
    "receive": {"sdp": "v=0"},
    "select": {"wishes": {}},
    "mute": {"label": "microphone", "muted": True},
    "report": {"freezes": 0, "frozen": 0, "concealed": 0},
    "watch": {"on": True},
    "hand": {"raised": True},
    "silence": {"label": "microphone"},
    "send_out": {"participant": str(new_id())},
    "lock": {"locked": True},
    "floor": {"fair": True, "opens": False},
    "react": {"reaction": "heart"},
    "broadcast": {"on": True},
    "record": {"on": True},
    "consent": {"agrees": True},
}


async def test_a_guest_in_the_room_has_no_word_of_a_host_and_no_other_room(door: Door) -> None:
    agent, _ = await door.host()
    ada = await door.guest("Ada Lovelace")
    await agent.call("room.let_in", {"meeting": door.meeting, "wait": await door.knocks(ada)})
    me = (await ada.call("room.join", {"meeting": door.meeting}))["participant"]
    for verb in ("watch", "silence", "send_out", "lock", "end", "broadcast", "record"):
        answer = await ada.call(f"room.{verb}", SAID.get(verb, {}))
        assert answer["error"]["status"] == 403, (verb, answer)
    kinds = ("space", "person", "board", "files", "room", "chat", "lobby", "wait")
    for kind in kinds:
        for thing in (door.app.space, door.app.people["agent"], door.meeting, new_id()):
            assert not (await ada.call("subscribe", {"topic": f"{kind}:{thing}"}))["ok"], kind
    async with door.app.db.write() as tx:
        data = MeetingInput(title="Autre", starts_at=tx.now, kind=MeetingKind.PUBLIC)
        other = await service.create_meeting(tx, door.app.actor("agent"), door.app.space, data, PLACE)
    assert (await ada.call("room.hand", {"raised": True}))["ok"]
    await agent.until(room_event("hands", participants=[me]))
    for verb in ("join", "knock"):
        assert (await ada.call(f"room.{verb}", {"meeting": str(other.id)}))["error"]["status"] == 404


async def test_the_same_guest_is_the_same_after_a_drop_and_waits_again_after_being_sent_out(door: Door) -> None:
    agent, _ = await door.host()
    ada = await door.guest("Ada Lovelace", await door.link("Ada Lovelace"))
    await agent.call("room.let_in", {"meeting": door.meeting, "wait": await door.knocks(ada)})
    me = (await ada.call("room.join", {"meeting": door.meeting}))["participant"]
    await ada.client.disconnect()
    async with door.app.db.read() as tx:
        link = await tx.one(select(GuestLink))
    again = await door.guest("Ada Lovelace", link)
    back = await again.call("room.join", {"meeting": door.meeting, "previous": me})
    assert back["ok"] and back["participant"] == me
    assert (await agent.call("room.send_out", {"participant": me}))["ok"]
    assert (await again.call("room.join", {"meeting": door.meeting}))["error"]["code"] == "rooms.lobby"
    second = (await again.call("room.knock", {"meeting": door.meeting}))["wait"]
    assert (await agent.call("room.refuse", {"meeting": door.meeting, "wait": second}))["ok"]
    refused = await again.call("room.knock", {"meeting": door.meeting})
    assert refused["error"]["code"] == "rooms.refused"


async def test_who_left_a_minute_ago_asks_again(door: Door) -> None:
    agent, _ = await door.host()
    ada = await door.guest("Ada Lovelace")
    await agent.call("room.let_in", {"meeting": door.meeting, "wait": await door.knocks(ada)})
    for _ in range(2):  # a page that is loaded anew is back at once
        assert (await ada.call("room.join", {"meeting": door.meeting}))["ok"]
        await ada.call("room.leave", {})
    async with door.app.db.write() as tx:
        await tx.execute(update(RoomWait).values(left_at=tx.now - timedelta(seconds=61)))
    assert (await ada.call("room.join", {"meeting": door.meeting}))["error"]["code"] == "rooms.lobby"


async def test_a_revoked_link_puts_its_guests_out(door: Door) -> None:
    agent, _ = await door.host()
    link = await door.link()
    ada = await door.guest("Ada Lovelace", link)
    await agent.call("room.let_in", {"meeting": door.meeting, "wait": await door.knocks(ada)})
    assert (await ada.call("room.join", {"meeting": door.meeting}))["ok"]
    async with door.app.db.write() as tx:
        await guests.revoke_link(tx, door.app.actor("agent"), UUID(door.meeting), link.id)
    await agent.until(room_event("left", reason="removed"))
    async with asyncio.timeout(5):
        while ada.client.connected:
            await asyncio.sleep(0.02)
    with pytest.raises(socketio.exceptions.ConnectionError):
        await door.socket_with(guests.pass_of(door.app.deps.part(Keys), new_id()))


async def test_a_lobby_that_opens_with_the_start_lets_everybody_in(door: Door) -> None:
    ada = await door.guest("Ada Lovelace")
    await door.knocks(ada)
    change = MeetingChange(opens_at_start=True)
    async with door.app.db.write() as tx:
        await service.update_meeting(tx, door.app.actor("agent"), UUID(door.meeting), change, 1, PLACE)
    await ada.until(told("wait.changed", state="let_in"), seconds=8)
    assert (await ada.call("room.join", {"meeting": door.meeting}))["ok"]


async def test_hosts_who_are_not_there_are_notified_once(door: Door) -> None:
    ada = await door.guest("Ada Lovelace")
    for _ in range(3):
        await door.knocks(ada)
    async with door.app.db.read() as tx:
        found = await tx.all(select(Notification).where(col(Notification.kind) == Kind.LOBBY.value))
    assert [(one.person_id, one.params["name"]) for one in found] == [(door.app.people["agent"], "Ada Lovelace")]


async def test_those_inside_stay_when_the_room_gets_a_lobby_and_guests_go_with_it(door: Door) -> None:
    editor = await door.socket("editor")
    agent, _ = await door.host()
    ada = await door.guest("Ada Lovelace")
    rev = 1
    for kind in (MeetingKind.PUBLIC, MeetingKind.LOBBY, MeetingKind.MEMBERS):
        async with door.app.db.write() as tx:
            change = MeetingChange(kind=kind)
            rev = (
                await service.update_meeting(tx, door.app.actor("agent"), UUID(door.meeting), change, rev, PLACE)
            ).rev
        if kind is MeetingKind.PUBLIC:
            for socket in (editor, ada):
                assert (await socket.call("room.join", {"meeting": door.meeting}))["ok"]
        if kind is MeetingKind.LOBBY:
            assert (await editor.call("room.hand", {"raised": True}))["ok"]
            assert (await ada.call("room.hand", {"raised": True}))["ok"]
    await agent.until(room_event("left", reason="removed"))
    assert (await editor.call("room.hand", {"raised": False}))["ok"]


async def test_the_names_of_many_who_wait_cost_as_much_as_those_of_one(door: Door) -> None:
    agent, _ = await door.host()
    counts = []
    for names in (["Ada"], ["Grace", "Hedy", "Radia"]):
        for name in names:
            await door.knocks(await door.guest(name))
        with counting(door.app.db) as seen:
            answer = await agent.call("subscribe", {"topic": f"lobby:{door.meeting}"})
        assert {"Ada", *names} <= {one["name"] for one in answer["snapshot"]["waiting"]}
        counts.append(len(seen))
        await agent.call("unsubscribe", {"topic": f"lobby:{door.meeting}"})
    assert counts[0] == counts[1], seen
