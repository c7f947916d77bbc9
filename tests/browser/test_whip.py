"""WHIP and WHEP in Chromium: the camera of another program is seen in the room, and the room by another program."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from meetings.rooms.live import Rooms
from tests.browser.test_room import inside, media_arrives, plan, tile
from tests.support.app import App
from tests.support.chromium import Browse
from tests.support.media_lab import until
from tests.support.whip_page import elsewhere

pytestmark = pytest.mark.alone


@dataclass
class Stage:
    """A meeting, a token for it, and pages of another origin."""

    app: App
    browse: Browse
    meeting: UUID
    token: dict[str, Any]
    outside: str

    async def program(self, call: str, door: str, *more: int) -> Page:
        page = await self.browse()
        await page.goto(self.outside)
        arguments = [f"{self.app.url}/{door}/{self.meeting}", self.token["token"], *more]
        await page.evaluate(f"(all) => {call}(...all)", arguments)
        return page

    async def revoke(self) -> None:
        agent = await self.app.client("agent")
        async with agent.delete(f"/api/v1/meetings/{self.meeting}/tokens/{self.token['id']}") as answer:
            assert answer.status == 204


@pytest.fixture
async def stage(app: App, browse: Browse) -> AsyncIterator[Stage]:
    meeting = await plan(app)
    agent = await app.client("agent")
    body = {"kind": "publish", "name": "Caméra de la salle"}
    async with agent.post(f"/api/v1/meetings/{meeting}/tokens", json=body) as answer:
        token = await answer.json()
    async with elsewhere() as outside:
        yield Stage(app, browse, meeting, token, outside)


async def arrives(page: Page, pictures: int = 1, seconds: float = 15) -> None:
    """So many pictures are decoded, sound is heard, and both go on."""
    before = await page.evaluate("received()")
    deadline = time.monotonic() + seconds
    while True:
        now = await page.evaluate("received()")
        if now["pictures"] >= pictures and now["frames"] > before["frames"] + 5 and now["energy"] > before["energy"]:
            return
        assert time.monotonic() < deadline, (before, now)
        await asyncio.sleep(0.1)


async def test_a_camera_is_seen_in_the_room_and_the_room_by_a_viewer(stage: Stage) -> None:
    editor = await inside(stage.browse, stage.app, stage.meeting, "editor")
    camera = await stage.program("publish", "whip")
    await expect(tile(editor, "Caméra de la salle")).to_be_visible()
    await media_arrives(editor)
    viewer = await stage.program("look", "whep", 3)
    await arrives(viewer, pictures=2)
    await editor.get_by_role("button", name="Personnes").click()
    panel = editor.locator(".room-people")
    await expect(panel.get_by_text("1 personne est dans la salle")).to_be_visible()
    await expect(panel.get_by_text("Source de diffusion")).to_be_visible()
    await expect(panel.get_by_text("1 programme regarde")).to_be_visible()
    assert await camera.evaluate("end()") == 200
    await expect(tile(editor, "Caméra de la salle")).to_be_hidden()
    await arrives(viewer)


async def test_an_ice_restart_over_patch_changes_the_path_and_loses_nothing(stage: Stage) -> None:
    await stage.program("publish", "whip")
    viewer = await stage.program("look", "whep", 1)
    await arrives(viewer)
    assert await viewer.evaluate("restart()"), "the session has a new tag"
    await arrives(viewer)
    await until(lambda: viewer.evaluate("session.peer.iceConnectionState === 'connected'"))


async def test_a_revoked_token_ends_sound_and_picture_at_once(stage: Stage) -> None:
    editor = await inside(stage.browse, stage.app, stage.meeting, "editor")
    await stage.program("publish", "whip")
    viewer = await stage.program("look", "whep", 2)
    await arrives(viewer, pictures=2)
    await stage.revoke()
    assert stage.app.deps.part(Rooms).present == 1
    await expect(tile(editor, "Caméra de la salle")).to_be_hidden(timeout=5000)
    await asyncio.sleep(0.2)  # what was on its way
    before = (await viewer.evaluate("received()"))["bytes"]
    await asyncio.sleep(1)
    assert (await viewer.evaluate("received()"))["bytes"] == before
