"""The public sees a room in a browser without account, and no longer once a host has cut it."""

import pytest
from playwright.async_api import expect

from meetings.calendar.models import Meeting, MeetingKind
from tests.browser.test_room import inside, plan
from tests.support.app import App
from tests.support.chromium import Browse, comes_true, violations

pytestmark = pytest.mark.alone

PLAYS = "[...document.querySelectorAll('.broadcast__pictures video')].some(one => one.currentTime > 0.5)"


async def test_the_public_sees_what_a_host_shows_until_it_is_cut(app: App, browse: Browse) -> None:
    browse.expect_error("409")  # asked while nothing is shown
    meeting = await plan(app)
    async with app.db.write() as tx:
        row = await tx.get(Meeting, meeting)
        assert row is not None
        row.kind = MeetingKind.PUBLIC.value
    agent = await inside(browse, app, meeting, "agent")
    await agent.get_by_role("button", name="Diffuser au public").click()
    badge = agent.locator(".room-recording.on")
    await expect(badge).to_contain_text("Diffusé au public")
    assert await violations(agent) == []
    page = await badge.get_by_role("link", name="Page publique").get_attribute("href")

    public = await browse()
    await public.goto(f"{app.url}{page}")
    await expect(public.get_by_role("heading", name="Réunion de chantier")).to_be_visible()
    await comes_true(public, PLAYS, seconds=20)
    await expect(public.locator(".broadcast__state")).to_contain_text("En direct")
    await expect(badge).to_contain_text("1 personne regarde")
    await public.get_by_role("button", name="Activer le son").click()
    await expect(public.get_by_role("button", name="Couper le son")).to_be_visible()
    assert await violations(public) == []

    await badge.get_by_role("button", name="Couper la diffusion").click()
    await expect(agent.get_by_role("button", name="Diffuser au public")).to_be_visible(timeout=2_000)
    await expect(public.locator("video")).to_have_count(0)
    await expect(public.locator(".broadcast__state")).to_contain_text("Rien n’est diffusé", timeout=10_000)
    await agent.get_by_role("button", name="Diffuser au public").click()
    await comes_true(public, PLAYS, seconds=20)
