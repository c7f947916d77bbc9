"""Recordings over the socket: who begins and ends them, who is asked or told, what is written of whom."""

import asyncio
import io
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import av
import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.jobs import Worker
from collab.core.journal import JournalEntry
from collab.files.records.models import FileRecord, RecordType
from meetings.calendar.models import Meeting, MeetingKind
from meetings.recording.jobs import settle_recordings
from meetings.recording.models import Recording, RecordingNow
from meetings.recording.reading import frames, read_parts
from tests.realtime.test_rooms import Town, plan, room_event, town
from tests.support.app import App, running
from tests.support.sending import really_sending
from tests.support.socket import Socket
from web import scheduled

__all__ = ["town"]


@pytest.fixture(params=[0, 1], ids=["in this process", "in a worker"])
async def made(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """A town whose engine is in this process, or in another."""
    async with AsyncExitStack() as stack:
        media = {"workers": request.param, "port": 0}
        app = await stack.enter_async_context(running(tmp_path, media=media))
        yield Town(app, await plan(app), stack)


def recorded(**wanted: Any) -> Any:
    """Whether a message says that the room is recorded so; `None` alone: not at all."""

    def is_wanted(event: str, data: Any) -> bool:
        if not room_event("recorded")(event, data):
            return False
        recording = data["event"]["recording"]
        if not wanted:
            return recording is None
        return recording is not None and all(recording[key] == value for key, value in wanted.items())

    return is_wanted


def going_on(event: str, data: Any) -> bool:
    return room_event("recorded")(event, data) and bool((data["event"]["recording"] or {}).get("since"))


async def open_to_guests(town: Town) -> None:
    async with town.app.db.write() as tx:
        meeting = await tx.one(select(Meeting))
        assert meeting is not None
        meeting.kind = MeetingKind.PUBLIC.value


async def journalled(app: App) -> list[str]:
    async with app.db.read() as tx:
        wanted = select(col(JournalEntry.action)).where(col(JournalEntry.action).like("recordings.%"))
        return [action.removeprefix("recordings.") for action in await tx.all(wanted.order_by(col(JournalEntry.seq)))]


async def items(town: Town, role: str = "agent") -> list[dict[str, Any]]:
    async with (await town.app.client(role)).get(f"/api/v1/meetings/{town.meeting}/recordings") as answer:
        found: list[dict[str, Any]] = (await answer.json())["items"]
        return found


async def content(town: Town, file_id: str) -> bytes:
    async with (await town.app.client("agent")).get(f"/api/v1/files/{file_id}/content") as answer:
        assert answer.status == 200
        return await answer.read()


async def work(town: Town) -> None:
    worker = Worker(town.app.db, scheduled.handlers(town.app.deps))
    await worker.run_due()


def folder(town: Town) -> Path:
    (only,) = (town.app.deps.settings.data.dir / "recordings").iterdir()
    return only


def written(town: Town) -> dict[str, int]:
    """How many frames are on the disk, by participant."""
    counts: dict[str, int] = {}
    for part in read_parts(folder(town)):
        for track in part.tracks:
            counts[track.participant] = counts.get(track.participant, 0) + sum(1 for _ in frames(track))
    return counts


async def grows(town: Town, participant: str, by: int = 40) -> None:
    """Wait until so much more of this participant is on the disk."""
    async with asyncio.timeout(20):
        before: int | None = None
        while True:
            now = (written(town) if (town.app.deps.settings.data.dir / "recordings").exists() else {}).get(participant)
            before = now if before is None else before
            if now is not None and before is not None and now >= before + by:
                return
            await asyncio.sleep(0.1)


async def test_nobody_is_recorded_before_everybody_has_agreed(town: Town) -> None:
    agent, _ = await town.joined("agent")
    editor, _ = await town.joined("editor")
    assert (await editor.call("room.record", {"on": True}))["error"]["status"] == 403
    assert (await agent.call("room.record", {"on": True}))["ok"]
    assert (await agent.call("room.record", {"on": True}))["error"]["code"] == "recording.goes_on"
    await editor.until(recorded(profile="consent", since=None, answered=[str(town.app.people["agent"])]))
    refused = await editor.call("room.consent", {"agrees": False})
    assert refused["error"]["code"] == "recording.agree_or_leave"
    late = await town.socket("reader")
    assert (await late.call("room.join", {"meeting": town.meeting}))["error"]["code"] == "recording.consent"
    answer = await late.call("room.join", {"meeting": town.meeting, "recorded": False})
    assert answer["error"]["code"] == "recording.agree_or_leave"
    answer = await late.call("room.join", {"meeting": town.meeting, "recorded": True})
    assert answer["ok"] and answer["room"]["recording"]["since"] is None
    assert not (town.app.deps.settings.data.dir / "recordings").exists()
    assert (await editor.call("room.consent", {"agrees": True}))["ok"]
    await late.until(going_on)
    assert (await editor.call("room.record", {"on": False}))["error"]["status"] == 403
    assert (await agent.call("room.record", {"on": False}))["ok"]
    await late.until(recorded())
    assert (await agent.call("room.record", {"on": False}))["error"]["code"] == "recording.none"
    assert await journalled(town.app) == ["ask", "agree", "agree", "begin", "end"]
    again = await town.socket("reader")
    assert (await again.call("room.join", {"meeting": town.meeting}))["ok"]


async def test_who_does_not_agree_and_leaves_holds_up_nothing(town: Town) -> None:
    agent, _ = await town.joined("agent")
    editor, _ = await town.joined("editor")
    assert (await agent.call("room.record", {"on": True}))["ok"]
    await editor.until(recorded(since=None))
    assert (await editor.call("room.leave", {}))["ok"]
    await agent.until(going_on)


async def test_a_question_may_be_taken_back(town: Town) -> None:
    agent, _ = await town.joined("agent")
    editor, _ = await town.joined("editor")
    assert (await agent.call("room.record", {"on": True}))["ok"]
    assert (await agent.call("room.record", {"on": False}))["ok"]
    await editor.until(recorded())
    assert await items(town) == []


async def test_a_film_comes_of_it_in_the_space(made: Town) -> None:
    agent, me = await made.joined("agent")
    async with really_sending(agent):
        assert (await agent.call("room.record", {"on": True}))["ok"]
        await agent.until(going_on)
        await grows(made, me, 150)
        assert (await agent.call("room.record", {"on": False}))["ok"]
    (item,) = await items(made)
    assert item["state"] == "composing"
    await work(made)
    (item,) = await items(made)
    assert item["state"] == "ready" and item["seconds"] >= 1 and item["gaps"] == []
    film = await content(made, item["film_id"])
    with av.open(io.BytesIO(film), "r") as opened:
        assert sorted(stream.codec_context.name for stream in opened.streams) == ["opus", "vp8"]
        assert opened.duration is not None and abs(opened.duration / 1e6 - item["seconds"]) < 1.5
    space = made.app.space
    async with (await made.app.client("agent")).get(
        f"/api/v1/spaces/{space}/files", params={"folder": item["folder_id"]}
    ) as answer:
        names = [one["name"] for one in (await answer.json())["items"]]
    assert len(names) == 3 and any("Camille Roche caméra" in name for name in names), names
    async with made.app.db.read() as tx:
        code = select(col(RecordType.code)).join(FileRecord, col(FileRecord.type_id) == col(RecordType.id))
        assert await tx.all(code) == ["enregistrements"]
    assert not any((made.app.deps.settings.data.dir / "recordings").iterdir())
    assert await items(made, "reader") == [item]
    async with (await made.app.client("agent")).get(f"/meetings/{made.meeting}") as page:
        text = await page.text()
    assert "Enregistrements" in text and item["film_id"] in text


async def test_where_people_are_told_one_may_object_and_is_kept_out(town: Town) -> None:
    await open_to_guests(town)
    agent, me = await town.joined("agent")
    editor, them = await town.joined("editor")
    async with really_sending(agent), really_sending(editor):
        assert (await agent.call("room.record", {"on": True}))["ok"]
        await editor.until(going_on)
        await grows(town, me)
        await grows(town, them)
        assert (await editor.call("room.consent", {"agrees": False}))["ok"]
        before = written(town)[them]
        await grows(town, me, 60)
        assert written(town)[them] <= before + 10  # what was on its way to the disk
        late = await town.socket("reader")
        assert (await late.call("room.join", {"meeting": town.meeting}))["error"]["code"] == "recording.notice"
        joined = await late.call("room.join", {"meeting": town.meeting, "recorded": False})
        assert joined["ok"]
        async with really_sending(late):
            await grows(town, me, 60)
        assert joined["participant"] not in written(town)
        assert (await editor.call("room.consent", {"agrees": True}))["ok"]
        await grows(town, them)
    assert await journalled(town.app) == ["ask", "begin", "object", "object", "agree"]


async def test_it_ends_with_the_last_who_leaves(town: Town) -> None:
    agent, me = await town.joined("agent")
    async with really_sending(agent):
        assert (await agent.call("room.record", {"on": True}))["ok"]
        await grows(town, me)
        assert (await agent.call("room.leave", {}))["ok"]
    await town.ended(me)
    await work(town)
    (item,) = await items(town)
    assert (item["state"], item["ending"]) == ("ready", "left")


async def test_a_full_disk_ends_it_and_the_room_is_told(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(running(tmp_path, meetings={"recording_keeps_free_mb": 10**9}))
        town = Town(app, await plan(app), stack)
        agent, _ = await town.joined("agent")
        assert (await agent.call("room.record", {"on": True}))["ok"]
        told = await agent.until(recorded())
        assert told["event"]["ending"] == "full"
        assert (await items(town))[0]["ending"] == "full"
        assert (await agent.call("room.record", {"on": True}))["ok"], "it may be tried again"


async def test_what_a_killed_server_wrote_becomes_a_film_with_its_gap(town: Town) -> None:
    agent, me = await town.joined("agent")
    async with really_sending(agent):
        assert (await agent.call("room.record", {"on": True}))["ok"]
        await grows(town, me, 100)
    place = folder(town)
    kept = [(path.relative_to(place), path.read_bytes()) for path in sorted(place.rglob("*.tape"))]
    assert kept, "as much as a killed process leaves"
    await agent.call("room.leave", {})
    await town.ended(me)
    async with town.app.db.write() as tx:  # as a killed process leaves the database
        row = await tx.one(select(Recording))
        assert row is not None
        row.state, row.ended_at, row.ending = "running", None, None
        tx.add(RecordingNow(meeting_id=row.meeting_id, recording_id=row.id))
    again, back = await comes_back(town)
    async with really_sending(again):
        await grows(town, back, 100)
        assert (await again.call("room.record", {"on": False}))["ok"]
    async with town.app.db.write() as tx:
        row = await tx.one(select(Recording))
        assert row is not None and row.state == "composing"
    for path, data in kept:  # the last record of each file was being written
        (place / path).write_bytes(data[:-3])
    from meetings.recording.compose import Request, compose  # PyAV, where it is needed

    out = town.app.deps.settings.data.dir / "out"
    out.mkdir()
    answer = compose(Request(place, out, {}, "gap"))
    assert len(answer["gaps"]) == 1 and answer["gaps"][0]["seconds"] > 0
    with av.open(str(out / answer["film"])) as opened:
        assert len(opened.chapters()) == 2


async def comes_back(town: Town) -> tuple[Socket, str]:
    """Somebody who agreed before is not asked again."""
    return await town.joined("agent")


async def test_what_nobody_came_back_to_ends_by_itself(town: Town) -> None:
    agent, me = await town.joined("agent")
    assert (await agent.call("room.record", {"on": True}))["ok"]
    await settle_recordings(town.app.db)
    assert (await items(town))[0]["state"] == "running"
    async with town.app.db.write() as tx:
        row = await tx.one(select(Recording))
        assert row is not None
        kept = (row.meeting_id, row.id)
    await agent.call("room.leave", {})
    await town.ended(me)
    async with town.app.db.write() as tx:
        row = await tx.get(Recording, kept[1])
        assert row is not None
        row.state, row.ending, row.ended_at = "running", None, None
        tx.add(RecordingNow(meeting_id=kept[0], recording_id=kept[1]))
    await settle_recordings(town.app.db)
    assert (await items(town))[0]["state"] == "running", "people may still come back"
