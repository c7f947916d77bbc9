"""Presence by video from the media engine to the sitting: who sends and is sent counts, who falls silent does not."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from meetings.council.assemblies.models import Assembly
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.sittings.models import Sitting
from meetings.council.sittings.remote import VideoPresence
from meetings.media import port as media
from meetings.media.port import Label
from meetings.rooms.live import Rooms
from tests.http.council_things import ZONE
from tests.realtime.test_hosting import sending
from tests.realtime.test_rooms import Town, town
from tests.realtime.test_sittings import council_of

__all__ = ["town"]
BOTH = frozenset({Label.MICROPHONE, Label.CAMERA})


async def remote(town: Town) -> dict[str, str]:
    """A grouping's sitting by videoconference, today, in the town's room; the agent presides."""
    made = await council_of(town.app, "/live", {"sitting"})
    async with town.app.db.write() as tx:
        sitting, assembly = await tx.get(Sitting, UUID(made["sitting"])), await tx.get(Assembly, UUID(made["assembly"]))
        assert sitting is not None and assembly is not None
        assembly.kind = Kind.EPCI.value
        sitting.remote, sitting.meeting_id, sitting.starts_at = True, UUID(town.meeting), tx.now + timedelta(minutes=5)
    return made


@pytest.mark.parametrize("what", ["leaves", "no packets", "camera off"])
async def test_the_engine_says_who_is_there_and_who_no_longer_is(town: Town, what: str) -> None:
    made = await remote(town)
    agent, me = await town.joined("agent")
    rooms = town.app.deps.part(Rooms)
    meter = VideoPresence(town.app.db, rooms, ZONE, 0.2)
    client = await town.app.client("agent")

    async def status(wanted: str, arriving: frozenset[Label]) -> None:
        async with asyncio.timeout(5):
            while True:
                rooms._hear(media.Stats(town.meeting, (media.ParticipantStats(me, 1, 1, 0, 0, None, (), arriving),)))
                await meter.look()
                async with client.get(f"/api/v1/council/sittings/{made['sitting']}/live") as answer:
                    live = await answer.json()
                if live["members"][0]["status"] == wanted:
                    return
                await asyncio.sleep(0.05)

    await status("absent", BOTH)
    await sending(agent)
    await status("video", BOTH)
    if what == "leaves":
        await agent.call("room.leave", {})
    elif what == "camera off":
        await agent.call("room.mute", {"label": "camera", "muted": True})
    await status("cut", BOTH if what == "camera off" else frozenset())
    if what == "leaves":
        answer = await agent.call("room.join", {"meeting": town.meeting})
        me = answer["participant"]
        await sending(agent)
    elif what == "camera off":
        await agent.call("room.mute", {"label": "camera", "muted": False})
    await status("video", BOTH)
    await agent.call("room.mute", {"label": "microphone", "muted": True})
    await status("video", BOTH - {Label.MICROPHONE})
