"""Rooms over real sockets: who comes in, what the others hear, and how one is put out."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiortc import RTCPeerConnection
from sqlalchemy import select
from sqlmodel import col

from collab.core.ids import new_id
from collab.spaces.models import MemberInput, PrincipalKind, Role
from collab.spaces.service import remove_member, set_member
from directory.groups.service import set_group_members
from directory.people.service import disable_person
from meetings.calendar import service
from meetings.calendar.invitations import Place
from meetings.calendar.models import MeetingInput
from meetings.rooms import live
from meetings.rooms.live import Rooms
from meetings.rooms.models import RoomVisit
from tests.support.app import SETUP, App, running
from tests.support.socket import Socket, connected
from web.media import Media

PLACE = Place("Europe/Paris", "https://mairie.example")


class Town:
    """The application with a meeting, and sockets that end with the test."""

    def __init__(self, app: App, meeting: UUID, stack: AsyncExitStack) -> None:
        self.app = app
        self.meeting = str(meeting)
        self._stack = stack

    async def socket(self, role: str, **options: Any) -> Socket:
        return await self._stack.enter_async_context(connected(self.app, role, **options))

    async def joined(self, role: str, **options: Any) -> tuple[Socket, str]:
        """A socket of this person that is in the room, and who they are there."""
        socket = await self.socket(role, **options)
        answer = await socket.call("room.join", {"meeting": self.meeting})
        assert answer["ok"], answer
        return socket, answer["participant"]

    async def visits(self) -> dict[str, bool]:
        """Every visit, and whether it goes on."""
        async with self.app.db.read() as tx:
            rows = await tx.all(select(RoomVisit).order_by(col(RoomVisit.id)))
        return {str(row.id): row.left_at is None for row in rows}

    async def ended(self, visit: str, seconds: float = 2) -> None:
        """Wait until this visit is written down as over, which it is just after everybody was told."""
        async with asyncio.timeout(seconds):
            while (await self.visits())[visit]:
                await asyncio.sleep(0.01)


async def plan(app: App) -> UUID:
    async with app.db.write() as tx:
        data = MeetingInput(title="Chantier", starts_at=tx.now)
        return (await service.create_meeting(tx, app.actor("agent"), app.space, data, PLACE)).id


@pytest.fixture
async def town(app: App) -> AsyncIterator[Town]:
    async with AsyncExitStack() as stack:
        yield Town(app, await plan(app), stack)


def room_event(kind: str, **fields: Any) -> Any:
    """Whether a message is this event of a room."""

    def is_wanted(event: str, data: Any) -> bool:
        return event == "room.event" and data["event"]["type"] == kind and fields.items() <= data["event"].items()

    return is_wanted


async def offer_of(*kinds: str, direction: str = "sendonly") -> str:
    """A real offer, of another WebRTC stack."""
    peer = RTCPeerConnection()
    for kind in kinds:
        peer.addTransceiver(kind, direction=direction)
    await peer.setLocalDescription(await peer.createOffer())
    sdp: str = peer.localDescription.sdp
    await peer.close()
    return sdp


async def test_a_stranger_comes_into_no_room(town: Town) -> None:
    stranger = await town.socket("stranger")
    refused = await stranger.call("room.join", {"meeting": town.meeting})
    unknown = await stranger.call("room.join", {"meeting": str(new_id())})
    assert refused["error"]["status"] == unknown["error"]["status"] == 404
    assert refused["error"]["title"] == unknown["error"]["title"]
    answer = await stranger.call("subscribe", {"topic": f"room:{town.meeting}"})
    assert answer["error"]["status"] == 404
    assert (await stranger.call("subscribe", {"topic": f"chat:{town.meeting}"}))["error"]["status"] == 404
    assert await town.visits() == {}


async def test_administering_the_platform_opens_no_room(town: Town) -> None:
    admin = await town.socket("admin")
    assert (await admin.call("room.join", {"meeting": town.meeting}))["error"]["status"] == 404


async def test_those_in_the_room_hear_who_comes_and_goes(town: Town) -> None:
    outside = await town.socket("reader")
    assert (await outside.call("subscribe", {"topic": f"room:{town.meeting}"}))["snapshot"] == {"present": []}
    agent, first = await town.joined("agent")
    editor, second = await town.joined("editor")
    told = await agent.until(lambda event, data: room_event("entered")(event, data) and data["seq"] == 2)
    assert told["event"]["participant"]["name"] == "Zoé Delattre"
    assert told["event"]["participant"]["role"] == "member"
    assert (await outside.until(lambda event, data: data.get("type") == "room.entered"))["data"]["visit"] == first
    assert (await editor.call("room.leave", {}))["ok"]
    assert (await agent.until(room_event("left")))["event"] == {"type": "left", "participant": second, "reason": "left"}
    await outside.until(lambda event, data: data.get("type") == "room.left" and data["data"]["visit"] == second)
    assert await town.visits() == {first: True, second: False}


async def test_whoever_comes_in_sees_who_is_there(town: Town) -> None:
    _, first = await town.joined("agent")
    reader = await town.socket("reader")
    answer = await reader.call("room.join", {"meeting": town.meeting})
    assert answer["room"]["seq"] == 2
    people = {one["id"]: (one["name"], one["role"]) for one in answer["room"]["participants"]}
    assert people == {first: ("Camille Roche", "host"), answer["participant"]: ("Yann Kermorgant", "member")}


async def test_offers_are_answered_and_tracks_told(town: Town) -> None:
    agent, me = await town.joined("agent")
    editor, _ = await town.joined("editor")
    published = await agent.call("room.publish", {"sdp": await offer_of("audio", "video")})
    assert published["ok"], published
    assert "a=recvonly" in published["sdp"]
    received = await agent.call("room.receive", {"sdp": await offer_of("audio", direction="recvonly")})
    assert "a=sendonly" in received["sdp"]
    track = await editor.until(room_event("track"))
    assert track["event"]["track"] == track["event"]["track"] | {"participant": me, "label": "microphone"}
    assert (await agent.call("room.mute", {"label": "microphone", "muted": True}))["ok"]
    await editor.until(lambda event, data: room_event("track")(event, data) and data["event"]["track"]["muted"])
    assert (await agent.call("room.select", {"wishes": {"0": None, "9": {"track": "x", "height": 90}}}))["ok"]


@pytest.mark.parametrize(
    "sdp",
    ["", "v=0", "not sdp at all", "v=0\r\no=- 0 0 IN IP4 0\r\ns=-\r\nt=0 0\r\nm=video x", "\x00" * 1000, "é" * 9000],
)
async def test_a_broken_offer_is_refused_and_nothing_else_happens(town: Town, sdp: str) -> None:
    agent, _ = await town.joined("agent")
    for message in ("room.publish", "room.receive"):
        answer = await agent.call(message, {"sdp": sdp})
        assert answer["error"]["code"] == "media.bad_offer"
        assert answer["error"]["status"] == 422
    assert (await agent.call("room.publish", {"sdp": await offer_of("audio")}))["ok"]


@pytest.mark.parametrize(
    ("message", "data"),
    [
        ("room.join", None),
        ("room.join", {}),
        ("room.join", {"meeting": "no id"}),
        ("room.join", {"meeting": str(new_id()), "admin": True}),
        ("room.join", "text"),
        ("room.join", [1, 2]),
        ("room.join", b"\xff\xfe"),
        ("room.publish", {"sdp": "x" * 70_000}),
        ("room.publish", {"sdp": "v=0", "labels": {"0": "somebody"}}),
        ("room.publish", {"sdp": 7}),
        ("room.select", {"wishes": {"0": {"track": "t", "height": -1}}}),
        ("room.select", {"wishes": {str(number): None for number in range(100)}}),
        ("room.mute", {"label": "microphone", "muted": "perhaps"}),
        ("room.resume", {"meeting": str(new_id())}),
    ],
)
async def test_a_wrong_message_is_explained(town: Town, message: str, data: Any) -> None:
    agent, _ = await town.joined("agent")
    answer = await agent.call(message, data)
    assert answer["error"]["status"] == 422
    assert answer["error"]["title"]
    assert (await agent.call("room.leave", {}))["ok"]


async def test_who_is_in_no_room_says_nothing_in_one(town: Town) -> None:
    agent = await town.socket("agent")
    for message, data in (
        ("room.publish", {"sdp": "v=0"}),
        ("room.receive", {"sdp": "v=0"}),
        ("room.select", {"wishes": {}}),
        ("room.mute", {"label": "camera", "muted": True}),
    ):
        assert (await agent.call(message, data))["error"]["code"] == "media.not_admitted"
    assert (await agent.call("room.leave", {}))["ok"]


async def test_who_loses_the_space_is_out_before_the_change_is_answered(town: Town) -> None:
    app = town.app
    async with app.db.write() as tx:
        person = app.people["stranger"]
        member = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=person, role=Role.READER)
        await set_member(tx, app.actor("agent"), app.space, member)
    agent, _ = await town.joined("agent")
    late, out = await town.joined("stranger")
    await late.call("room.publish", {"sdp": await offer_of("audio", "video")})
    async with app.db.write() as tx:
        await remove_member(tx, app.actor("agent"), app.space, person)
    assert app.deps.part(Rooms).present == 1
    assert (await late.until(room_event("put_out")))["event"]["reason"] == "removed"
    assert (await agent.until(room_event("left", participant=out)))["event"]["reason"] == "removed"
    assert (await late.call("room.publish", {"sdp": await offer_of("audio")}))["error"]["code"] == "media.not_admitted"
    again = await late.call("room.join", {"meeting": town.meeting, "previous": out})
    assert again["error"]["status"] == 404
    resumed = await late.call("room.resume", {"meeting": town.meeting, "participant": out})
    assert resumed["error"]["code"] == "media.not_admitted"


async def test_who_loses_the_group_behind_the_right_is_out_within_five_seconds(town: Town) -> None:
    app = town.app
    agent, _ = await town.joined("agent")
    editor, out = await town.joined("editor")
    started = time.monotonic()
    async with app.db.write() as tx:
        await set_group_members(tx, SETUP, app.group, [])
    await editor.until(room_event("put_out"), 6)
    assert time.monotonic() - started < 6
    await agent.until(room_event("left", participant=out))


async def test_who_is_disabled_is_out_at_once(town: Town) -> None:
    agent, _ = await town.joined("agent")
    _, out = await town.joined("editor")
    async with town.app.db.write() as tx:
        await disable_person(tx, SETUP, town.app.people["editor"], "left the town hall")
    await agent.until(room_event("left", participant=out), 2)
    await town.ended(out)


async def test_who_signs_out_is_out_at_once(town: Town) -> None:
    agent, _ = await town.joined("agent")
    session = await town.app.client("editor")
    _, out = await town.joined("editor", session=session)
    async with session.delete("/api/v1/sessions/current") as answer:
        assert answer.status == 204
    await agent.until(room_event("left", participant=out), 5)


async def test_a_cancelled_meeting_puts_everybody_out(town: Town) -> None:
    sockets = [(await town.joined(role))[0] for role in ("agent", "editor")]
    async with town.app.db.write() as tx:
        await service.cancel_meeting(tx, town.app.actor("agent"), UUID(town.meeting), PLACE)
    for socket in sockets:
        assert (await socket.until(room_event("put_out")))["event"]["reason"] == "closed"
    refused = await sockets[0].call("room.join", {"meeting": town.meeting})
    assert refused["error"]["code"] == "meetings.cancelled"
    assert set((await town.visits()).values()) == {False}


async def test_a_lost_socket_is_away_and_comes_back_as_the_same(town: Town) -> None:
    agent, _ = await town.joined("agent")
    async with connected(town.app, "editor") as lost:
        me = (await lost.call("room.join", {"meeting": town.meeting}))["participant"]
    await agent.until(lambda event, data: room_event("entered")(event, data) and data["event"]["participant"]["away"])
    other = await town.socket("reader")
    stolen = await other.call("room.resume", {"meeting": town.meeting, "participant": me})
    assert stolen["error"]["code"] == "media.not_admitted"
    back = await town.socket("editor")
    answer = await back.call("room.resume", {"meeting": town.meeting, "participant": me})
    assert answer["participant"] == me
    assert len(answer["room"]["participants"]) == 2
    assert (await back.call("room.publish", {"sdp": await offer_of("audio")}))["ok"]


async def test_who_does_not_come_back_is_gone(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "AWAY_LIMIT", 0.5)
    agent, _ = await town.joined("agent")
    async with connected(town.app, "editor") as lost:
        me = (await lost.call("room.join", {"meeting": town.meeting}))["participant"]
    await agent.until(room_event("left", participant=me, reason="lost"))
    async with asyncio.timeout(5):  # the others are told first
        while (await town.visits())[me]:
            await asyncio.sleep(0.01)


async def test_joining_again_on_one_socket_leaves_no_ghost(town: Town) -> None:
    agent, first = await town.joined("agent")
    assert (await agent.call("room.publish", {"sdp": await offer_of("audio")}))["ok"]
    again = await agent.call("room.join", {"meeting": town.meeting, "previous": first})
    assert again["participant"] == first
    assert len(again["room"]["participants"]) == 1
    assert again["room"]["tracks"] == []
    assert (await agent.call("room.publish", {"sdp": await offer_of("audio")}))["ok"]


async def test_one_socket_is_in_one_room(town: Town) -> None:
    agent, first = await town.joined("agent")
    other = await plan(town.app)
    assert (await agent.call("room.join", {"meeting": str(other)}))["ok"]
    assert (await town.visits())[first] is False


async def test_many_at_once_all_see_each_other(town: Town) -> None:
    sockets = [await town.socket(role) for role in ("agent", "editor", "reader") for _ in range(4)]
    answers = await asyncio.gather(*(socket.call("room.join", {"meeting": town.meeting}) for socket in sockets))
    everybody = {answer["participant"] for answer in answers}
    assert len(everybody) == len(sockets)
    for socket, answer in zip(sockets, answers, strict=True):
        if answer["room"]["seq"] < len(sockets):
            await socket.until(lambda event, data: event == "room.event" and data["seq"] == len(sockets))
        seqs = [data["seq"] for event, data in socket.heard if event == "room.event" and data["seq"]]
        assert seqs == sorted(seqs)
    await asyncio.gather(*(socket.call("room.leave", {}) for socket in sockets))
    assert town.app.deps.part(Rooms).present == 0


async def test_rooms_that_do_not_work_show_in_the_health(app: App) -> None:
    async with app.anybody().get("/health") as answer:
        assert answer.status == 200
    await app.deps.part(Media).engine.stop()
    async with app.anybody().get("/health") as answer:
        assert (answer.status, (await answer.json())["failing"]) == (503, ["rooms"])
    agent = await app.client("agent")
    meeting = await plan(app)
    async with connected(app, "agent", agent) as socket:
        refused = await socket.call("room.join", {"meeting": str(meeting)})
    assert (refused["error"]["status"], refused["error"]["code"]) == (503, "media.not_running")
    async with app.db.read() as tx:
        assert [visit for visit in await tx.all(select(RoomVisit)) if visit.left_at is None] == []


async def test_a_process_that_starts_has_nobody_in_its_rooms(tmp_path: Path) -> None:
    async with running(tmp_path) as app:
        meeting = await plan(app)
        async with app.db.write() as tx:  # as a crash leaves it
            visit = RoomVisit(id=new_id(), meeting_id=meeting, person_id=app.people["agent"], entered_at=tx.now)
            tx.add(visit)
        rooms = app.deps.part(Rooms)
        await rooms.stop()
        await rooms.start()
        async with app.db.read() as tx:
            found = await tx.get(RoomVisit, visit.id)
    assert found is not None
    assert found.left_at is not None
