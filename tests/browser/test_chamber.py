"""The room of a sitting in browsers: the clerk closes a microphone, who withdraws waits in the lobby and comes back."""

from datetime import timedelta
from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from meetings.calendar import service
from meetings.calendar.models import MeetingInput
from meetings.council.assemblies.models import Assembly
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.sittings.models import Sitting
from tests.browser.test_pages import faults, sign_in
from tests.http.council_things import make_council
from tests.realtime.test_rooms import PLACE
from tests.support.app import App
from tests.support.chromium import Browse


async def by_video(app: App) -> tuple[dict[str, str], str]:
    """A grouping's council that sits by video; the agent presides, the stranger is a member. The room's page."""
    async with app.db.write() as tx:
        agent, stranger = app.actor("agent"), app.people["stranger"]
        made = await make_council(tx, agent, app.space, stranger, "/requests", {"sitting", "item"})
        meeting = await service.create_meeting(
            tx, agent, app.space, MeetingInput(title="Conseil", starts_at=tx.now), PLACE
        )
        await service.invite(tx, agent, meeting.id, stranger, PLACE)
        sitting, assembly = await tx.get(Sitting, UUID(made["sitting"])), await tx.get(Assembly, UUID(made["assembly"]))
        assert sitting is not None and assembly is not None
        assembly.kind = Kind.EPCI.value
        sitting.remote, sitting.meeting_id = True, meeting.id
    return made, f"{app.url}/meetings/{meeting.id}/room"


@pytest.mark.parametrize("width", [1280, 320])
async def test_who_is_cut_off_is_named_and_the_screens_are_accessible(app: App, browse: Browse, width: int) -> None:
    made, _ = await by_video(app)
    async with app.db.write() as tx:
        sitting = await tx.get(Sitting, UUID(made["sitting"]))
        assert sitting is not None
        sitting.starts_at = tx.now + timedelta(days=9)  # nothing measures it now but this test
    page = await browse(viewport={"width": width, "height": 5000}, bypass_csp=True, reduced_motion="reduce")
    url = f"{app.url}/council/sittings/{made['sitting']}/live"
    for who in ("agent", "stranger"):
        await sign_in(page, app, who)
        await page.goto(url)
        await expect(page.get_by_text("par visioconférence : 0")).to_be_visible()
        assert await faults(page, url) == [], who


async def seated(page: Page, app: App, who: str, room: str) -> None:
    await sign_in(page, app, who)
    await page.goto(room)
    await page.locator(".door__join").click()
    await expect(page.locator(".tile").first).to_be_visible()


async def test_who_withdraws_waits_outside_and_is_let_in_by_itself(app: App, browse: Browse) -> None:
    made, room = await by_video(app)
    member, clerk = await browse(), await browse()
    await seated(member, app, "stranger", room)
    await sign_in(clerk, app, "agent")
    await clerk.goto(f"{app.url}/council/sittings/{made['sitting']}/live")
    await clerk.locator("#aside").select_option(made["member"])
    await clerk.locator("#withdraw").click()
    await expect(member.get_by_text("L’assemblée vous tient hors de sa salle").first).to_be_visible()
    await clerk.locator(f"#close-{made['item']}").click()
    await expect(member.locator(".tile").first).to_be_visible(timeout=15_000)
    await clerk.locator(f"#microphone-{made['member']}").click()
    await expect(clerk.get_by_text("micro coupé par la présidence")).to_be_visible()
    await expect(member.locator(".tile").first).to_be_visible()
