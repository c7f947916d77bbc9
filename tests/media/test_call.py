"""Real browsers meet through the engine: pictures and sound arrive, and come back when something breaks."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from playwright.async_api import Page

from meetings.media.port import Joined, Label, MediaSettings, Speaking, TrackAdded
from tests.support.chromium import Browse
from tests.support.media_lab import Lab, figures, media_lab, until

Join = Callable[[str], Awaitable[Page]]


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with media_lab(MediaSettings(lost_after=4.0)) as running:
        yield running


@pytest.fixture
def join(lab: Lab, browse: Browse) -> Join:
    async def enter(name: str) -> Page:
        page = await browse()
        await page.goto(f"{lab.url}/?name={name}")
        await page.evaluate("join()")
        return page

    return enter


def camera_of(lab: Lab, name: str) -> str:
    return next(
        event.track.id
        for event in reversed(lab.all(TrackAdded))
        if event.track.participant == name and event.track.label is Label.CAMERA
    )


async def watch(lab: Lab, page: Page, other: str, height: int = 480) -> None:
    await page.evaluate("([track, height]) => session.show([{track, height}])", [camera_of(lab, other), height])


async def rises(page: Page, seconds: float = 10.0) -> None:
    """Pictures go on being decoded and sound goes on arriving from now on."""
    before = await figures(page)

    async def more() -> bool:
        now = await figures(page)
        return bool(now["frames"] >= before["frames"] + 15 and now["energy"] > before["energy"])

    await until(more, seconds)


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
