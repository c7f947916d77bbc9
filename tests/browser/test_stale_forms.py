"""A form that came back with both versions, in a real browser: the notice has the focus, its links lead to fields."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page, expect

from collab.spaces.models import DataClass, SpaceChange
from collab.spaces.service import update_space
from tests.browser.test_pages import AXE, WIDER, sign_in
from tests.support.app import App
from tests.support.chromium import WCAG, Browse, stands_still

DESCRIPTION = "Suivi des travaux et des subventions.\nLots 1 à 4, avec la mairie annexe."


async def make_stale(page: Page, app: App) -> None:
    """Open the settings, let somebody else save first, then save."""
    await page.goto(f"{app.url}/spaces/{app.space}/settings")
    async with app.db.write() as tx:
        theirs = SpaceChange(title="École Jules-Verne", description=DESCRIPTION, data_class=DataClass.FINANCIAL)
        await update_space(tx, app.actor("agent"), app.space, theirs, 1)
    await page.get_by_label("Titre").fill("École Louise-Michel")
    await page.get_by_role("button", name="Enregistrer").click()


@pytest.mark.parametrize("width", [1280, 320])
async def test_both_versions_are_shown_and_nothing_is_lost(app: App, browse: Browse, width: int) -> None:
    browse.expect_error("412")
    page = await browse(viewport={"width": width, "height": 900}, bypass_csp=True, reduced_motion="reduce")
    await sign_in(page, app, "agent")
    await make_stale(page, app)
    notice = page.get_by_role("alert", name="Vous avez modifié ceci ailleurs entre-temps")
    await expect(notice).to_be_focused()
    title = page.get_by_label("Titre")
    await expect(title).to_have_value("École Louise-Michel")
    await expect(title).to_have_accessible_description("Version enregistrée\u00a0: École Jules-Verne")
    await page.set_viewport_size({"width": width, "height": 2000})
    await page.evaluate(AXE_SCRIPT)
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)
        await stands_still(page)
        assert await page.evaluate(AXE, WCAG) == []
    assert await page.evaluate(WIDER) <= 0
    await notice.focus()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/settings#title")
    await page.get_by_role("button", name="Enregistrer").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("École Louise-Michel")


async def test_the_saved_version_can_be_kept(app: App, browse: Browse) -> None:
    browse.expect_error("412")
    page = await browse(java_script_enabled=False)
    await sign_in(page, app, "agent")
    await make_stale(page, app)
    await page.get_by_role("link", name="gardez la version enregistrée").click()
    await expect(page.get_by_label("Titre")).to_have_value("École Jules-Verne")
    await expect(page.get_by_role("alert")).to_have_count(0)
