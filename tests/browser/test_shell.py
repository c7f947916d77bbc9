"""The shell in a real browser: no accessibility violation, no sideways scroll, menus and dialogs by keyboard."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp.test_utils import BaseTestServer, TestServer

from tests.browser.gallery import SAMPLES, TOPIC, Line, gallery_app
from tests.support.chromium import Browse, comes_true, violations


@pytest.fixture
def line() -> Line:
    return Line()


# Tests ask for the gallery before the browser: pages close first, and no socket tries a server that is gone.
@pytest.fixture
async def gallery(line: Line) -> AsyncIterator[BaseTestServer]:
    async with TestServer(gallery_app(line)) as server:
        yield server


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_sample_is_accessible_and_holds(
    gallery: TestServer, browse: Browse, scheme: str, width: int
) -> None:
    # As high as the longest page: axe takes what lies under the header at some scroll position for a small target.
    page = await browse(color_scheme=scheme, viewport={"width": width, "height": 5000}, bypass_csp=True)
    for sample in SAMPLES:
        await page.goto(str(gallery.make_url(f"/{sample}")))
        await page.evaluate("document.fonts.ready")
        assert await violations(page) == [], sample
        wide = "[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
        inside = "e => !e.closest('.tabs, .visually-hidden, .skip-link')"
        overflowing = await page.evaluate(f"{wide}.filter({inside}).map(e => e.outerHTML.slice(0, 80))")
        assert overflowing == [], sample
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), sample


async def test_controls_can_be_hit(gallery: TestServer, browse: Browse) -> None:
    page = await browse(viewport={"width": 320, "height": 800}, has_touch=True, is_mobile=True)
    await page.goto(str(gallery.make_url("/components")))
    low = "[...document.querySelectorAll('.button:not(.small), .icon-button, .input, .select')]"
    heights = await page.evaluate(f"{low}.filter(e => e.checkVisibility()).map(e => e.getBoundingClientRect().height)")
    assert heights
    assert min(heights) >= 44


async def test_the_policy_of_the_product_lets_everything_through(gallery: TestServer, browse: Browse) -> None:
    """Styles, fonts, icons and modules load; what the policy refuses is logged, and fails here."""
    page = await browse()
    await page.goto(str(gallery.make_url("/components")))
    await page.evaluate("document.fonts.ready")
    assert await page.evaluate("document.fonts.check('16px \"Atkinson Hyperlegible Next\"', 'é')")
    await page.get_by_role("button", name="Afficher").click()
    assert await page.get_by_text("hc_pat_3Jf8sK2mQ9xV7bT1rY6w").is_visible()
    drawn = await page.locator(".icon >> nth=0").evaluate("e => e.firstElementChild.getBoundingClientRect().width")
    assert drawn > 5


async def test_the_first_tab_stop_skips_to_the_content(gallery: TestServer, browse: Browse) -> None:
    page = await browse()
    await page.goto(str(gallery.make_url("/home")))
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Aller au contenu"
    await page.keyboard.press("Enter")
    await comes_true(page, "document.activeElement.id === 'content'")


async def test_a_menu_opens_walks_and_closes_by_keyboard(gallery: TestServer, browse: Browse) -> None:
    page = await browse()
    await page.goto(str(gallery.make_url("/home")))
    menu = page.locator("details.menu summary")
    await menu.focus()
    await page.keyboard.press("ArrowDown")
    assert await page.evaluate("document.activeElement.textContent") == "Amélie Durand"
    await page.keyboard.press("ArrowUp")
    assert "Se déconnecter" in await page.evaluate("document.activeElement.textContent")
    await page.keyboard.press("Escape")
    assert await page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert not await page.locator("details.menu").evaluate("e => e.open")


async def test_what_cannot_be_undone_is_confirmed_by_its_name(gallery: TestServer, browse: Browse) -> None:
    page = await browse()
    await page.goto(str(gallery.make_url("/components")))
    destroy = page.get_by_role("button", name="Détruire", exact=True)
    await destroy.click()
    dialog = page.get_by_role("dialog", name="Détruire ce dossier ?")
    assert "Marchés 2026" in await dialog.inner_text()
    assert await page.evaluate("document.activeElement.textContent") == "Annuler"
    await page.keyboard.press("Escape")
    await dialog.wait_for(state="detached")
    assert await destroy.evaluate("e => e === document.activeElement")
    assert page.url.endswith("/components")
    await destroy.click()
    await dialog.get_by_role("button", name="Détruire").click()
    await page.wait_for_url("**/home?")


async def test_the_theme_of_the_person_beats_the_device(gallery: TestServer, browse: Browse) -> None:
    page = await browse(color_scheme="dark")
    await page.goto(str(gallery.make_url("/home")))
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    dark = await page.evaluate(ground)
    await page.evaluate("document.documentElement.dataset.theme = 'light'")
    assert await page.evaluate(ground) != dark


async def test_forced_colours_keep_the_shapes(gallery: TestServer, browse: Browse) -> None:
    page = await browse(forced_colors="active")
    await page.goto(str(gallery.make_url("/components")))
    borders = await page.evaluate(
        "[...document.querySelectorAll('.button, .banner, .badge')]"
        ".map(e => getComputedStyle(e)).map(s => s.borderTopStyle)"
    )
    assert set(borders) == {"solid"}


async def test_nothing_moves_for_those_who_asked(gallery: TestServer, browse: Browse) -> None:
    page = await browse(reduced_motion="reduce")
    await page.goto(str(gallery.make_url("/components")))
    durations = await page.evaluate(
        "[...document.querySelectorAll('*')].map(e => getComputedStyle(e))"
        ".flatMap(s => [parseFloat(s.animationDuration), parseFloat(s.transitionDuration)])"
    )
    assert max(durations) < 0.001


async def subscribed(line: Line) -> None:
    async with asyncio.timeout(15):
        while line.subscribed == 0:
            await asyncio.sleep(0.01)


async def test_the_bell_repairs_what_is_lost(gallery: TestServer, browse: Browse, line: Line) -> None:
    """Against a real Socket.IO server: doubled, missing and last events, and a server that goes and comes back."""
    page = await browse()
    await page.goto(str(gallery.make_url("/home")))
    bell = page.locator("hc-bell .count")
    await subscribed(line)  # the page shows 3 from the start: what is emitted before is told to nobody

    async def shows(unread: int) -> None:
        await bell.filter(has_text=str(unread)).wait_for()

    await line.emit(8, 4)
    await shows(4)
    await line.emit(8, 99)
    await line.emit(7, 98)
    await line.emit(9, 5)
    await shows(5)
    assert line.subscribed == 1

    line.rev, line.unread = 12, 6
    await line.emit(12, 97)
    await shows(6)
    assert line.subscribed == 2

    line.rev, line.unread = 13, 7
    await line.sio.emit("revs", {TOPIC: 13}, room=TOPIC)
    await shows(7)
    assert line.subscribed == 3

    line.rev, line.unread = 20, 8
    for sid in list(line.sio.manager.rooms["/"][TOPIC]):
        await line.sio.disconnect(sid)
    await shows(8)
    assert line.subscribed == 4


async def test_a_session_that_ended_is_said_in_words(gallery: TestServer, browse: Browse, line: Line) -> None:
    line.refused = True
    page = await browse()
    await page.goto(str(gallery.make_url("/home")))
    indicator = page.locator("hc-connection")
    await indicator.evaluate("e => e.follow()")  # as a page with something live does
    await indicator.get_by_role("link").wait_for()
    assert await indicator.get_by_role("link").get_attribute("href") == "/?next=%2Fhome"
    assert "connecté" in await indicator.inner_text()
