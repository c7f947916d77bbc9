"""The real-time door against a real Socket.IO client: who gets in, what they hear, and when they hear no more."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
import socketio
from aiohttp import WSMsgType

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import NotFound
from collab.core.ids import new_id
from collab.spaces.models import MemberInput, PrincipalKind, Role, Space, SpaceChange
from collab.spaces.service import remove_member, set_member, update_space
from directory.groups.service import set_group_members
from directory.people.service import disable_person
from tests.support.app import SETUP, App, beside, running
from tests.support.listener import Socket, connected
from tests.support.redis import RedisServer
from web.realtime import hub as hub_module
from web.realtime.hub import MAX_MESSAGE, MAX_TOPICS, Hub

SETTLE = 0.2  # seconds in which what must not come would have come


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as made:
        yield made


class Door:
    """Opens sockets for people of the app; they close with the test."""

    def __init__(self, app: App, stack: AsyncExitStack) -> None:
        self.app = app
        self.space = f"space:{app.space}"
        self._stack = stack

    async def enter(self, role: str, **headers: str) -> Socket:
        return await self._stack.enter_async_context(connected(await self.app.client(role), self.app.url, **headers))

    async def rename(self, title: str) -> None:
        app = self.app
        async with app.db.read() as tx:
            space = await tx.get(Space, app.space)
            assert space is not None
            rev = space.rev
        async with app.db.write() as tx:
            await update_space(tx, app.actor("agent"), app.space, SpaceChange(title=title), rev)


@pytest.fixture
async def door(app: App, stack: AsyncExitStack) -> Door:
    return Door(app, stack)


def person(app: App, role: str, given: Role) -> MemberInput:
    return MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=app.people[role], role=given)


async def refused(session: aiohttp.ClientSession, url: str, **headers: str) -> bool:
    try:
        async with connected(session, url, **headers):
            return False
    except socketio.exceptions.ConnectionError:
        return True


async def test_nobody_enters_without_a_session(app: App) -> None:
    assert await refused(app.anybody(), app.url)
    assert await refused(app.anybody(), app.url, Cookie="hemicycle=invented")
    token = await app.bearer("agent")
    assert await refused(app.anybody(), app.url, Authorization=token.headers["Authorization"])
    ended = await app.client("agent")
    async with ended.delete("/api/v1/sessions/current") as answer:
        assert answer.status == 204
    assert await refused(ended, app.url)


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null", "http://127.0.0.1:1", "http://127.0.0.1"])
async def test_pages_of_other_sites_do_not_enter(app: App, origin: str) -> None:
    assert await refused(await app.client("agent"), app.url, Origin=origin)


async def test_polling_is_not_offered(app: App) -> None:
    agent = await app.client("agent")
    async with agent.get("/socket.io/", params={"EIO": "4", "transport": "polling"}) as answer:
        assert answer.status == 400


async def test_a_subscriber_begins_with_a_snapshot_and_hears_in_order(door: Door) -> None:
    socket = await door.enter("reader")
    begun = await socket.subscribe(door.space)
    assert begun["snapshot"] == {"id": str(door.app.space), "title": "Rénovation de l’école"}
    for number in range(5):
        await door.rename(f"Titre {number}")
    events = await socket.wait_for("event", 5)
    assert [event["rev"] for event in events] == [begun["rev"] + step for step in range(1, 6)]
    assert {(event["topic"], event["type"]) for event in events} == {(door.space, "space.changed")}
    assert events[-1]["data"] == {"space_id": str(door.app.space), "title": "Titre 4"}
    again = await socket.subscribe(door.space)
    assert (again["rev"], again["snapshot"]["title"]) == (events[-1]["rev"], "Titre 4")


async def test_whoever_unsubscribes_hears_no_more(door: Door) -> None:
    socket = await door.enter("reader")
    await socket.subscribe(door.space)
    assert (await socket.ask("unsubscribe", {"topic": door.space}))["ok"]
    assert (await socket.ask("unsubscribe", {"topic": door.space}))["ok"]  # twice does no harm
    await door.rename("Autre")
    await asyncio.sleep(SETTLE)
    assert socket.all("event") == []


async def test_revs_tell_of_an_event_that_was_lost(door: Door) -> None:
    socket = await door.enter("reader")
    begun = await socket.subscribe(door.space)
    door.app.db.bus._sinks.clear()  # as if the announcement had died with its process
    await door.rename("Perdu")
    await door.app.deps.part(Hub).recheck()
    assert (await socket.wait_for("revs"))[-1] == {door.space: begun["rev"] + 1}
    assert socket.all("event") == []


async def test_revs_come_by_themselves(app: App, stack: AsyncExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "WATCH_SECONDS", 0.05)
    app.deps.part(Hub)._tasks.append(asyncio.create_task(app.deps.part(Hub)._watch()))
    door = Door(app, stack)
    socket = await door.enter("reader")
    begun = await socket.subscribe(door.space)
    assert (await socket.wait_for("revs", 2))[0] == {door.space: begun["rev"]}


async def test_strangers_learn_and_hear_nothing(door: Door) -> None:
    for role in ("stranger", "admin"):
        socket = await door.enter(role)
        answers = [await socket.ask("subscribe", {"topic": topic}) for topic in (door.space, f"space:{new_id()}")]
        assert answers[0] == answers[1]
        assert (answers[0]["ok"], answers[0]["error"]["status"]) == (False, 404)
        await door.rename(f"Sans {role}")
        await asyncio.sleep(SETTLE)
        assert socket.heard == []


async def test_one_hears_ones_own_notifications_and_nobody_elses(door: Door) -> None:
    socket = await door.enter("reader")
    assert (await socket.subscribe(f"person:{door.app.people['reader']}"))["snapshot"] == {"unread": 0}
    answer = await socket.ask("subscribe", {"topic": f"person:{door.app.people['agent']}"})
    assert answer["error"]["status"] == 404


async def test_a_right_that_is_withdrawn_ends_the_subscription(door: Door) -> None:
    app = door.app
    async with app.db.write() as tx:
        await set_member(tx, app.actor("agent"), app.space, person(app, "stranger", Role.READER))
    socket, editor = await door.enter("stranger"), await door.enter("editor")
    await socket.subscribe(door.space)
    await editor.subscribe(door.space)
    async with app.db.write() as tx:
        await remove_member(tx, app.actor("agent"), app.space, app.people["stranger"])
    assert socket.all("gone") or await socket.wait_for("gone", seconds=1) == [
        {"topic": door.space, "code": "not_found"}
    ]
    await door.rename("Sans lui")
    await editor.wait_for("event")
    await asyncio.sleep(SETTLE)
    assert socket.all("event") == []
    assert (await socket.ask("subscribe", {"topic": door.space}))["error"]["status"] == 404


async def test_whoever_leaves_a_group_loses_what_it_gave(door: Door) -> None:
    app = door.app
    socket = await door.enter("editor")
    await socket.subscribe(door.space)
    async with app.db.write() as tx:
        await set_group_members(tx, SETUP, app.group, [])
    await socket.wait_for("gone", seconds=1)
    await door.rename("Sans elle")
    await asyncio.sleep(SETTLE)
    assert socket.all("event") == []


@pytest.mark.parametrize("withdrawn", ["before", "during", "after"])
async def test_a_right_withdrawn_while_one_subscribes_does_not_outlive_it(door: Door, withdrawn: str) -> None:
    """`before` the second look at the right, `during` it (it saw the old state), or `after`, as always."""
    hub = door.app.deps.part(Hub)
    looks = 0
    allowed = True

    async def snapshot(_tx: Tx, _actor: Actor, _key: UUID) -> dict[str, Any]:
        nonlocal looks, allowed
        looks += 1
        if looks == 2 and withdrawn == "before":
            allowed = False
        may = allowed
        if looks == 2 and withdrawn == "during":
            allowed = False
            hub._rights = -1
            await hub.recheck()
        if not may:
            raise NotFound()
        return {}

    hub.serve_topic("thing", snapshot)
    topic = f"thing:{new_id()}"
    socket = await door.enter("reader")
    await socket.ask("subscribe", {"topic": topic})
    if withdrawn == "after":
        allowed = False
        hub._rights = -1
        await hub.recheck()
    await hub._sio.emit("event", {"secret": True}, room=topic)
    await asyncio.sleep(SETTLE)
    assert socket.all("event") == []
    assert all(not peer.topics for peer in hub._peers.values())


async def test_whoever_is_disabled_is_out_at_once(door: Door) -> None:
    socket, other = await door.enter("reader"), await door.enter("agent")
    await socket.subscribe(door.space)
    async with door.app.db.write() as tx:
        await disable_person(tx, SETUP, door.app.people["reader"], "left")
    await socket.wait_for("disconnect", seconds=1)
    assert not socket.client.connected
    assert other.client.connected


async def test_a_session_that_ends_takes_its_socket_along(door: Door) -> None:
    app = door.app
    session, kept = await app.client("reader"), await door.enter("reader")
    async with connected(session, app.url) as socket:
        async with session.delete("/api/v1/sessions/current") as answer:
            assert answer.status == 204
        await socket.wait_for("disconnect", seconds=1)
    assert kept.client.connected


WRONG: list[Any] = [
    None,
    "space",
    [],
    42,
    {},
    {"topic": None},
    {"topic": 1},
    {"topic": "x" * 81},
    {"topic": "space"},
    {"topic": "space:"},
    {"topic": "space:not-an-id"},
    {"topic": "nothing:018f0000-0000-7000-8000-000000000000"},
    {"topic": "space:018f0000-0000-7000-8000-000000000000", "more": 1},
    {"topic": "\ud800"},
    {"topic": "space:\x00"},
    {"topic": {"a": {"b": [1] * 100}}},
    b"\x00\xff",
    {"topic": b"\xff"},
]


async def test_a_wrong_message_gets_an_answer_in_french_and_the_socket_lives_on(door: Door) -> None:
    socket = await door.enter("reader")
    for message in WRONG:
        answer = await socket.ask("subscribe", message)
        assert answer["ok"] is False, message
        error = answer["error"]
        assert error["status"] in (404, 422), message
        assert error["code"]
        assert "é" in error["title"] or "être" in error["title"] or "pas" in error["title"], error
        assert "Traceback" not in json.dumps(answer)
    await socket.subscribe(door.space)


async def test_errors_are_spoken_in_the_language_of_the_socket(door: Door) -> None:
    socket = await door.enter("reader", **{"Accept-Language": "en"})
    answer = await socket.ask("subscribe", {"topic": "space:nothing"})
    assert answer["error"]["title"].startswith("This page or item")


async def test_nobody_opens_topics_without_end(door: Door) -> None:
    hub = door.app.deps.part(Hub)

    async def snapshot(_tx: Tx, _actor: Actor, _key: UUID) -> dict[str, Any]:
        return {}

    hub.serve_topic("thing", snapshot)
    socket = await door.enter("reader")
    topics = [f"thing:{new_id()}" for _ in range(MAX_TOPICS)]
    for topic in topics:
        await socket.subscribe(topic)
    answer = await socket.ask("subscribe", {"topic": f"thing:{new_id()}"})
    assert answer["error"]["code"] == "realtime.too_many_topics"
    await socket.subscribe(topics[0])


async def test_nobody_opens_windows_without_end(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "MAX_SOCKETS", 3)
    client = await door.app.client("reader")
    async with AsyncExitStack() as windows:
        for _ in range(3):
            await windows.enter_async_context(connected(client, door.app.url))
        socket = await greeted(door.app, client)
        assert await socket.receive_str() == '44{"message":"too_many_sockets"}'
        await socket.close()
        await door.enter("agent")  # others are not counted with them
    hub = door.app.deps.part(Hub)
    async with asyncio.timeout(5):
        while len(hub._peers) > 1:
            await asyncio.sleep(0.01)
    await door.enter("reader")  # what was closed counts no more


async def raw_socket(app: App, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    """A WebSocket on which Engine.IO and Socket.IO were greeted by hand."""
    socket = await greeted(app, session)
    assert (await socket.receive_str()).startswith("40{")
    return socket


async def greeted(app: App, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    """The same, before Socket.IO has answered."""
    url = f"{app.url}/socket.io/?EIO=4&transport=websocket"
    socket = await session.ws_connect(url, headers={"Origin": app.url}, max_msg_size=0)
    assert (await socket.receive_str()).startswith("0{")
    await socket.send_str("40")
    return socket


GARBAGE: list[str | bytes] = [
    b"\x00\x01\x02\xff" * 10,
    "",
    "9",
    "4",
    "42",
    "42[",
    '42["subscribe"',
    "42{}",
    "42[]",
    '42["unknown",{}]',
    '429999999999999999999["subscribe",{}]',
    '451-["subscribe",{"_placeholder":true,"num":0}]',
    '459999999999-["subscribe",{"_placeholder":true,"num":7}]',
    "40/other,",
    '42["subscribe",' + "[" * 5_000 + "]" * 5_000 + "]",
    "6",
    "5",
    "\u0000",
    "40",
    "41",
]


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda garbage: repr(garbage)[:30])
async def test_garbage_harms_nobody_else(door: Door, garbage: str | bytes) -> None:
    other = await door.enter("agent")
    async with await raw_socket(door.app, await door.app.client("reader")) as socket:
        await (socket.send_bytes(garbage) if isinstance(garbage, bytes) else socket.send_str(garbage))
        await asyncio.sleep(0.02)
    await other.subscribe(door.space)
    await door.rename("Toujours là")
    await other.wait_for("event")


async def test_a_message_that_is_too_large_closes_its_socket(door: Door) -> None:
    other = await door.enter("agent")
    async with await raw_socket(door.app, await door.app.client("reader")) as socket:
        await socket.send_str('42["subscribe",{"topic":"' + "x" * (MAX_MESSAGE + 50_000) + '"}]')
        async with asyncio.timeout(5):
            while (message := await socket.receive()).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED):
                assert message.type is WSMsgType.TEXT
    await other.subscribe(door.space)


async def test_two_processes_tell_each_others_subscribers(tmp_path: Path, redis_server: RedisServer) -> None:
    """Two applications over one database and one Redis, as two processes would be."""
    redis = {"url": redis_server.url}
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(running(tmp_path, redis=redis))
        second = await stack.enter_async_context(beside(first))
        socket = await Door(second, stack).enter("reader")
        mine = await Door(first, stack).enter("reader")
        topic = f"space:{first.space}"
        begun = await socket.subscribe(topic)
        await mine.subscribe(topic)
        await Door(first, stack).rename("Vu de l’autre côté")
        [event] = await socket.wait_for("event")
        assert event["rev"] == begun["rev"] + 1
        assert len(await mine.wait_for("event")) == 1
        async with first.db.write() as tx:
            await disable_person(tx, SETUP, first.people["reader"], "left")
        await mine.wait_for("disconnect", seconds=1)
        await second.deps.part(Hub).recheck()  # which comes by itself every five seconds
        await socket.wait_for("disconnect", seconds=1)
        await asyncio.sleep(SETTLE)
        assert len(socket.all("event")) == 1
