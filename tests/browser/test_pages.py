"""Every page of the route table in a real browser: accessible, light and dark, wide and narrow; reached by keyboard."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page

from tests.support.app import PASSWORD, SAME_ORIGIN, App
from tests.support.chromium import WCAG, Browse, comes_true, stands_still
from tests.support.furnished import furnish, page_paths

AXE = "rules => axe.run({runOnly: rules}).then(found => found.violations.map(v => `${v.id}: ${v.nodes[0].html}`))"
WIDER = "document.documentElement.scrollWidth - innerWidth"


async def sign_in(page: Page, app: App, role: str) -> None:
    answer = await page.request.post(
        f"{app.url}/api/v1/sessions", data={"login": role, "password": PASSWORD}, headers=SAME_ORIGIN
    )
    assert answer.status == 201


async def faults(page: Page, url: str) -> list[str]:
    """What is wrong with a page, in light and in dark."""
    await page.goto(url)
    await page.evaluate("document.fonts.ready")
    await page.evaluate(AXE_SCRIPT)
    found = []
    for scheme, rules in (("light", WCAG), ("dark", ["color-contrast"])):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # a literal of the tuple above
        await stands_still(page)
        found += [f"{scheme}, {fault}" for fault in await page.evaluate(AXE, rules)]
    if (wider := await page.evaluate(WIDER)) > 0:
        found.append(f"{wider} px too wide")
    return found


@pytest.mark.parametrize("width", [1280, 320])
async def test_every_page_is_accessible_and_holds(app: App, browse: Browse, width: int) -> None:
    ids = await furnish(app)
    # As high as the longest page: axe takes what lies under the header at some scroll position for a small target.
    page = await browse(viewport={"width": width, "height": 5000}, bypass_csp=True, reduced_motion="reduce")
    found = {"signed out": await faults(page, app.url)}
    await sign_in(page, app, "admin")
    for path in page_paths(ids):
        found[path] = await faults(page, app.url + path)
    assert {path: faults for path, faults in found.items() if faults} == {}


async def test_from_home_to_a_colleague_by_keyboard(app: App, browse: Browse) -> None:
    page = await browse()
    await sign_in(page, app, "agent")
    await page.goto(app.url)
    await tab_to(page, "Annuaire")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/directory")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")  # past the rail
    await comes_true(page, "document.activeElement.id === 'content'")
    await tab_to(page, "Chercher quelqu’un")
    await page.keyboard.type("kermo")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/directory?search=kermo*")
    await tab_to(page, "Yann Kermorgant")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/directory/people/*")
    assert await page.get_by_role("heading", level=1).inner_text() == "Yann Kermorgant"
    await tab_to(page, "Services techniques")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**/directory?unit={app.unit}")
    assert await page.locator(".directory__tree [aria-current=page]").inner_text() == "Services techniques"


async def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has this name has the focus."""
    for _ in range(60):
        await page.keyboard.press("Tab")
        found = await page.evaluate("(e => e.ariaLabel || e.textContent.trim())(document.activeElement)")
        if found == name:
            return
    raise AssertionError(f"no way to {name} with the Tab key")


async def test_a_member_is_removed_only_once_confirmed(app: App, browse: Browse) -> None:
    page = await browse()
    await sign_in(page, app, "agent")
    await page.goto(f"{app.url}/spaces/{app.space}/members")
    remove = page.get_by_role("button", name="Retirer Chefs de projet")
    await remove.click()
    dialog = page.get_by_role("dialog", name="Retirer Chefs de projet\u00a0?")
    assert "Rénovation de l’école" in await dialog.inner_text()
    await page.keyboard.press("Escape")
    await dialog.wait_for(state="detached")
    await remove.click()
    await dialog.get_by_role("button", name="Retirer").click()
    await remove.wait_for(state="detached")
    assert await page.get_by_text("Chefs de projet").count() == 0
