"""Every GET page of the route table, as a browser shows it: axe, light and dark, wide and 320 px; the keyboard path."""

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Page

from tests.support.app import PASSWORD, SAME_ORIGIN, App
from tests.support.chromium import Browse
from tests.support.furnished import furnish, page_paths

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

AXE = "rules => axe.run({runOnly: rules}).then(found => found.violations.map(v => `${v.id}: ${v.nodes[0].html}`))"
# Colours glide from one scheme to the other.
SETTLED = """new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))
  .then(() => Promise.allSettled(document.getAnimations().map(one => one.finished)))"""
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
    for scheme, rules in (("light", RULES), ("dark", ["color-contrast"])):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type] # a literal of the tuple above
        await page.evaluate(SETTLED)
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
