"""What the hosts of a room may do, and nobody else; hands that go up."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.journal import JournalEntry
from meetings.rooms.models import RoomBan, RoomLock
from tests.realtime.test_rooms import Town, offer_of, room_event, town
from tests.support.app import App
from tests.support.socket import Socket

__all__ = ["town"]


async def sending(socket: Socket) -> None:
    """Somebody who sends sound and picture, as far as signalling goes."""
    offer = await offer_of("audio", "video")
    answer = await socket.call("room.publish", {"sdp": offer, "labels": {"0": "microphone", "1": "camera"}})
    assert answer["ok"], answer


async def actions(app: App) -> list[str]:
    async with app.db.read() as tx:
        return list(
            await tx.all(
                select(col(JournalEntry.action))
                .where(col(JournalEntry.action).like("rooms.%"))
                .order_by(col(JournalEntry.seq))
            )
        )


async def test_hands_are_in_the_order_in_which_they_went_up(town: Town) -> None:
    agent, host = await town.joined("agent")
    editor, first = await town.joined("editor")
    reader, second = await town.joined("reader")
    assert (await editor.call("room.hand", {"raised": True}))["ok"]
    assert (await reader.call("room.hand", {"raised": True}))["ok"]
    await agent.until(room_event("hands", participants=[first, second]))
    assert (await reader.call("room.hand", {"raised": False, "participant": first}))["error"]["status"] == 403
    assert (await agent.call("room.hand", {"raised": True, "participant": host}))["ok"]
    assert (await agent.call("room.hand", {"raised": False, "participant": first}))["ok"]
    await editor.until(room_event("hands", participants=[second, host]))
    assert (await agent.call("room.hand", {"raised": True, "participant": first}))["error"]["status"] == 403
    await reader.call("room.leave", {})
    late, _ = await town.joined("editor")
    answer = await late.call("room.join", {"meeting": town.meeting})
    assert answer["room"]["hands"] == [host]


async def test_a_host_stops_a_microphone_and_who_sent_is_told_by_whom(town: Town) -> None:
    agent, _ = await town.joined("agent")
    editor, them = await town.joined("editor")
    await sending(editor)
    assert (await agent.call("room.silence", {"label": "microphone", "participant": them}))["ok"]
    told = await editor.until(room_event("silenced", label="microphone"))
    assert told["seq"] == 0 and told["event"]["by"]
    track = await agent.until(
        lambda event, data: (
            room_event("track")(event, data)
            and data["event"]["track"]["label"] == "microphone"
            and data["event"]["track"]["muted"]
        )
    )
    assert track["event"]["track"]["participant"] == them
    assert (await editor.call("room.mute", {"label": "microphone", "muted": False}))["ok"]  # they may speak again


async def test_silencing_everybody_spares_the_hosts(town: Town) -> None:
    agent, host = await town.joined("agent")
    editor, them = await town.joined("editor")
    await sending(agent)
    await sending(editor)
    assert (await agent.call("room.silence", {"label": "microphone"}))["ok"]
    again, _ = await town.joined("reader")
    room = (await again.call("room.join", {"meeting": town.meeting}))["room"]
    muted = {track["participant"]: track["muted"] for track in room["tracks"] if track["label"] == "microphone"}
    assert muted == {host: False, them: True}


async def test_who_is_sent_out_may_come_back_unless_it_is_for_good(town: Town) -> None:
    agent, _ = await town.joined("agent")
    editor, them = await town.joined("editor")
    assert (await agent.call("room.send_out", {"participant": them}))["ok"]
    await editor.until(room_event("put_out", reason="sent_out"))
    again = await editor.call("room.join", {"meeting": town.meeting})
    assert again["ok"]
    window, _ = await town.joined("editor")  # another window of theirs
    gone = await agent.call("room.send_out", {"participant": again["participant"], "back": False})
    assert gone["ok"]
    await editor.until(room_event("put_out", reason="removed"))
    await window.until(room_event("put_out", reason="removed"))
    refused = await editor.call("room.join", {"meeting": town.meeting})
    assert refused["error"]["code"] == "rooms.banned"
    client = await town.app.client("editor")
    async with client.post(f"/api/v1/meetings/{town.meeting}/messages", json={"text": "Encore moi"}) as answer:
        assert answer.status == 403
    async with town.app.db.read() as tx:
        assert len(await tx.all(select(RoomBan))) == 1
    assert await actions(town.app) == ["rooms.send_out", "rooms.ban"]


async def test_a_page_does_not_bring_back_whom_a_host_sent_out(town: Town) -> None:
    """Their media are gone before they hear why, and what is lost joins again by itself."""
    agent, _ = await town.joined("agent")
    editor, them = await town.joined("editor")
    assert (await agent.call("room.send_out", {"participant": them}))["ok"]
    by_itself = await editor.call("room.join", {"meeting": town.meeting, "previous": them})
    assert by_itself["error"]["code"] == "rooms.put_out"
    assert (await editor.call("room.join", {"meeting": town.meeting}))["ok"]


async def test_a_host_is_not_put_out(town: Town) -> None:
    _, host = await town.joined("agent")
    other, _ = await town.joined("agent")
    refused = await other.call("room.send_out", {"participant": host, "back": False})
    assert refused["error"]["code"] == "rooms.host_stays"


async def test_a_locked_room_lets_hosts_in_and_those_who_are_back(town: Town) -> None:
    agent, _ = await town.joined("agent")
    editor, them = await town.joined("editor")
    assert (await agent.call("room.lock", {"locked": True}))["ok"]
    await editor.until(room_event("locked", locked=True))
    late = await town.socket("reader")
    assert (await late.call("room.join", {"meeting": town.meeting}))["error"]["code"] == "rooms.locked"
    assert (await town.joined("agent"))[1]
    back = await editor.call("room.join", {"meeting": town.meeting, "previous": them})
    assert back["ok"] and back["room"]["locked"]
    assert (await agent.call("room.lock", {"locked": False}))["ok"]
    assert (await late.call("room.join", {"meeting": town.meeting}))["ok"]
    assert await actions(town.app) == ["rooms.lock", "rooms.open"]


async def test_an_empty_room_is_open_again(town: Town) -> None:
    agent, visit = await town.joined("agent")
    assert (await agent.call("room.lock", {"locked": True}))["ok"]
    await agent.call("room.leave", {})
    await town.ended(visit)
    async with town.app.db.read() as tx:
        assert await tx.all(select(RoomLock)) == []
    assert (await town.joined("reader"))[1]


async def test_the_end_is_for_all_and_answered_when_it_is_done(town: Town) -> None:
    agent, visit = await town.joined("agent")
    editor, other = await town.joined("editor")
    assert (await agent.call("room.end", {}))["ok"]
    assert await town.visits() == {visit: False, other: False}
    await editor.until(room_event("put_out", reason="ended"))
    assert await actions(town.app) == ["rooms.end"]


@pytest.mark.parametrize(
    ("message", "data"),
    [
        ("room.silence", {"label": "microphone"}),
        ("room.silence", {"label": "screen", "participant": "$host"}),
        ("room.send_out", {"participant": "$host"}),
        ("room.send_out", {"participant": "019ab2c4-0000-7000-8000-000000000000", "back": False}),
        ("room.lock", {"locked": True}),
        ("room.end", {}),
    ],
)
async def test_who_does_not_organise_is_refused(town: Town, message: str, data: dict[str, Any]) -> None:
    _, host = await town.joined("agent")
    editor, _ = await town.joined("editor")
    sent = {name: host if value == "$host" else value for name, value in data.items()}
    assert (await editor.call(message, sent))["error"]["code"] == "meetings.host_only"
    outside = await town.socket("reader")
    assert (await outside.call(message, sent))["error"]["status"] == 409
    assert all((await town.visits()).values())
