"""Real browsers meet through the engine: pictures and sound arrive, and come back when something breaks."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from playwright.async_api import Page

from meetings.media.port import (
    Joined,
    Label,
    Left,
    MediaSettings,
    NotAdmitted,
    Speaking,
    TrackChanged,
    TrackRemoved,
)
from tests.support.chromium import Browse
from tests.support.media_lab import ROOM, Lab, camera_of, figures, join_page, media_lab, rises, until, watch

pytestmark = pytest.mark.alone

Join = Callable[[str], Awaitable[Page]]


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with media_lab(MediaSettings(lost_after=4.0)) as running:
        yield running


@pytest.fixture
def join(lab: Lab, browse: Browse) -> Join:
    async def enter(name: str) -> Page:
        return await join_page(lab, browse, name)

    return enter


async def test_two_people_see_and_hear_each_other_and_a_third_joins(lab: Lab, join: Join) -> None:
    anne = await join("anne")
    bruno = await join("bruno")
    await watch(lab, anne, "bruno")
    await watch(lab, bruno, "anne")
    await rises(anne)
    await rises(bruno)
    chloe = await join("chloe")
    await watch(lab, chloe, "anne")
    await rises(chloe)
    await rises(anne)
    assert [event.participant for event in lab.all(Joined)] == ["anne", "bruno", "chloe"]
    await until(lambda: lab.all(Speaking))
    assert lab.engine.counters.dropped["send"] == 0


async def test_the_first_picture_comes_within_a_second(lab: Lab, join: Join) -> None:
    await join("anne")
    bruno = await join("bruno")
    await bruno.evaluate("([track]) => session.show([{track, height: 480}])", [camera_of(lab, "anne")])
    await rises(bruno)
    milliseconds = await bruno.evaluate("firstFrame - startedAt")
    print(f"join to first picture: {milliseconds:.0f} ms")
    assert 0 < milliseconds < 5000  # the figure is the bench's business, a hang is ours


async def test_each_viewer_gets_the_layer_that_fits_its_tile(lab: Lab, join: Join) -> None:
    await join("anne")
    bruno = await join("bruno")
    await watch(lab, bruno, "anne", height=180)

    async def height() -> int:
        return max((await figures(bruno))["heights"], default=0)

    async def is_small() -> bool:
        return 0 < await height() <= 240

    async def is_large() -> bool:
        return await height() > 240

    await until(is_small)
    await watch(lab, bruno, "anne", height=720)
    await until(is_large)
    await watch(lab, bruno, "anne", height=180)
    await until(is_small)
    await rises(bruno)
    assert (await figures(bruno))["frozen"] < 1


async def test_a_slot_goes_from_one_person_to_another(lab: Lab, join: Join) -> None:
    await join("anne")
    await join("bruno")
    chloe = await join("chloe")
    for name in ("anne", "bruno", "anne"):
        await watch(lab, chloe, name)
        await rises(chloe)


async def test_ice_restart_keeps_the_call(lab: Lab, join: Join) -> None:
    await join("anne")
    bruno = await join("bruno")
    await watch(lab, bruno, "anne")
    await rises(bruno)
    before = await bruno.evaluate("live().map(pc => pc.localDescription.sdp.match(/ice-ufrag:(.*)/)[1])")
    await bruno.evaluate("session.recover()")
    after = await bruno.evaluate("live().map(pc => pc.localDescription.sdp.match(/ice-ufrag:(.*)/)[1])")
    assert set(before).isdisjoint(after)
    await rises(bruno)
    assert len(lab.all(Joined)) == 2


async def test_screen_sharing_is_added_and_ends(lab: Lab, join: Join) -> None:
    anne = await join("anne")
    bruno = await join("bruno")
    drawn = """() => { const canvas = document.createElement("canvas"); canvas.width = 640; canvas.height = 360;
      const pen = canvas.getContext("2d"); let step = 0;
      setInterval(() => { pen.fillStyle = `hsl(${step += 9} 80% 50%)`; pen.fillRect(0, 0, 640, 360); }, 50);
      return session.share(canvas.captureStream(20).getVideoTracks()[0]); }"""
    await anne.evaluate(drawn)
    shared = next(track for track in await lab.engine.tracks(ROOM) if track.label is Label.SCREEN)
    await bruno.evaluate("([track]) => session.show([{track, height: 720}])", [shared.id])
    await rises(bruno)
    await anne.evaluate("session.share(null)")
    assert [event.track.id for event in lab.all(TrackRemoved)] == [shared.id]
    await anne.evaluate(drawn)
    assert any(track.label is Label.SCREEN for track in await lab.engine.tracks(ROOM))


async def test_more_tiles_are_negotiated_when_the_grid_grows(lab: Lab, join: Join) -> None:
    await join("anne")
    await join("bruno")
    chloe = await join("chloe")
    tracks = [camera_of(lab, "anne"), camera_of(lab, "bruno")]
    await chloe.evaluate("tracks => session.show(tracks.map(track => ({track, height: 240})))", tracks)

    async def both() -> bool:
        return len((await figures(chloe))["heights"]) == 2

    await until(both)
    await rises(chloe)


async def test_muting_stops_the_sound_and_unmuting_brings_it_back(lab: Lab, join: Join) -> None:
    await join("anne")
    bruno = await join("bruno")
    await watch(lab, bruno, "anne")
    await rises(bruno)
    await lab.engine.mute(ROOM, "anne", Label.MICROPHONE, True)
    assert [event.track.muted for event in lab.all(TrackChanged)] == [True]
    await asyncio.sleep(0.5)
    before = (await figures(bruno))["packets"]
    await asyncio.sleep(1)
    assert (await figures(bruno))["packets"] == before
    await lab.engine.mute(ROOM, "anne", Label.MICROPHONE, False)
    await rises(bruno)


async def test_who_is_revoked_is_out_at_once(lab: Lab, join: Join) -> None:
    await join("anne")
    bruno = await join("bruno")
    await watch(lab, bruno, "anne")
    await rises(bruno)
    lab.admits = False
    await lab.engine.revoke(ROOM, "bruno")
    sent = lab.engine.counters.packets_out
    await asyncio.sleep(0.5)
    assert lab.engine.counters.packets_out == sent, "nobody is left to send to"
    assert [(event.participant, event.reason) for event in lab.all(Left)] == [("bruno", "revoked")]
    with pytest.raises(NotAdmitted):
        await lab.engine.receive(ROOM, "bruno", "v=0")
    await until(lambda: bruno.evaluate("states.at(-1) === 'reconnecting' || states.at(-1) === 'refused'"))


async def test_who_vanishes_leaves_after_a_while(lab: Lab, join: Join) -> None:
    await join("anne")
    bruno = await join("bruno")
    await bruno.close()
    await until(lambda: [event for event in lab.all(Left) if event.reason == "lost"], 10)
    assert {event.track.participant for event in lab.all(TrackRemoved)} == {"bruno"}


async def test_a_publisher_that_dies_in_the_middle_of_a_frame(lab: Lab, join: Join) -> None:
    anne = await join("anne")
    bruno = await join("bruno")
    chloe = await join("chloe")
    await watch(lab, chloe, "anne")
    await watch(lab, bruno, "chloe")
    await rises(chloe)
    debugger = await anne.context.new_cdp_session(anne)
    async with anne.expect_event("crash", timeout=10_000):
        dying = asyncio.create_task(debugger.send("Page.crash"))
        await asyncio.sleep(0)
    await watch(lab, chloe, "bruno")
    await rises(chloe)
    await until(lambda: [event for event in lab.all(Left) if event.participant == "anne"], 10)
    dying.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    await join("anne")
    await watch(lab, chloe, "anne")
    await rises(chloe)
    await rises(bruno)


async def test_a_restarted_server_gets_everybody_back(lab: Lab, join: Join) -> None:
    anne = await join("anne")
    bruno = await join("bruno")
    await watch(lab, bruno, "anne")
    await rises(bruno)
    lab.events.clear()
    await lab.restart()
    for page in (anne, bruno):
        await page.evaluate("session.recover()")
    await until(lambda: len(lab.all(Joined)) == 2, 10)
    await watch(lab, bruno, "anne")
    await rises(bruno)


async def test_garbage_on_the_port_harms_nobody(lab: Lab, join: Join) -> None:
    await join("anne")
    bruno = await join("bruno")
    await watch(lab, bruno, "anne")
    await rises(bruno)
    rng = random.Random(8)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        stranger.connect(("127.0.0.1", lab.engine.port))
        for round_ in range(3000):
            first = rng.choice((0, 1, 22, 63, 64, 128, 144, 191, 255))
            stranger.send(bytes([first]) + rng.randbytes(rng.randrange(0, 1400)))
            if round_ % 100 == 0:
                await asyncio.sleep(0.01)
    await rises(bruno)
    dropped = lab.engine.counters.dropped
    assert dropped["stranger"] + dropped["stun"] > 2000
