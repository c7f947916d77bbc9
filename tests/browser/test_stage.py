"""How one person arranges the room for themselves: layouts, pages, pins, the small window; and what is asked for."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from tests.browser.test_room import inside, media_arrives, plan, tile
from tests.support.app import App
from tests.support.chromium import Browse, comes_true, violations
from tests.support.socket import connected

pytestmark = pytest.mark.alone

CAMILLE, ZOE, YANN = "Camille Roche", "Zoé Delattre", "Yann Kermorgant"
BELOW, BESIDE, GRID = "Qui parle, les autres dessous", "Qui parle, les autres à côté", "Tout le monde en grille"
Crowd = Callable[[UUID, int], Awaitable[None]]

# Keeps what the page asks the server for: the height wished of each track.
WISHES = """
  window.wishes = {};
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    const asked = typeof data === "string" && /"room.select",(.*)\\]$/.exec(data);
    if (asked) window.wishes = JSON.parse(asked[1]).wishes;
    return send.call(this, data);
  };
"""
HEIGHTS = "Object.values(window.wishes).filter(Boolean).map((wish) => wish.height)"


@pytest.fixture
async def crowd(app: App) -> AsyncIterator[Crowd]:
    """Lets so many more people in, who send nothing."""
    async with AsyncExitStack() as stack:

        async def come(meeting: UUID, count: int) -> None:
            for number in range(count):
                socket = await stack.enter_async_context(connected(app, ("editor", "reader")[number % 2]))
                assert (await socket.call("room.join", {"meeting": str(meeting)}))["ok"]

        yield come


async def arrange(page: Page, choice: str) -> None:
    await page.locator(".room-display > summary").click()
    await page.locator(".room-display").get_by_role("button", name=choice).click()


def large(page: Page) -> Any:
    return page.locator(".tiles__stage > .tile")


async def test_who_is_pinned_stays_large_for_oneself_alone(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent, editor, _ = [await inside(browse, app, meeting, role) for role in ("agent", "editor", "reader")]
    await expect(large(agent)).to_have_count(3)
    await tile(agent, YANN).hover()
    await agent.get_by_role("button", name=f"Épingler pour moi : {YANN}").click()
    await expect(large(agent)).to_have_count(1)
    await expect(large(agent)).to_contain_text(YANN)
    await expect(agent.locator(".tiles__strip > .tile")).to_have_count(2)
    await expect(agent.locator("#announcements")).to_contain_text("Épinglée")
    await expect(large(editor)).to_have_count(3)
    await media_arrives(agent)
    await agent.get_by_role("button", name=f"Épingler pour moi : {YANN}").click()
    await expect(large(agent)).to_have_count(3)


async def test_the_layout_is_remembered_and_asks_for_the_sizes_it_shows(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    for role in ("editor", "reader"):
        await inside(browse, app, meeting, role)
    agent = await inside(browse, app, meeting, "agent", viewport={"width": 1280, "height": 800})
    await agent.add_init_script(WISHES)
    await agent.reload()
    await agent.get_by_role("button", name="Rejoindre").click()
    await comes_true(agent, f"{HEIGHTS}.length === 2 && {HEIGHTS}.every((height) => height > 300)")
    await arrange(agent, BESIDE)
    await comes_true(agent, f"{HEIGHTS}.some((height) => height >= 540) && {HEIGHTS}.some((height) => height <= 180)")
    await agent.reload()
    await agent.get_by_role("button", name="Rejoindre").click()
    await expect(large(agent)).to_have_count(1)
    await arrange(agent, "Masquer mon image")
    await expect(tile(agent, "(vous)")).to_have_count(0)
    await agent.reload()
    await agent.get_by_role("button", name="Rejoindre").click()
    await expect(large(agent)).to_have_count(1)
    await expect(tile(agent, "(vous)")).to_have_count(0)
    await media_arrives(agent)


async def test_several_screens_are_seen_at_once(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent, editor, reader = [await inside(browse, app, meeting, role) for role in ("agent", "editor", "reader")]
    for page in (agent, editor):
        await page.get_by_role("button", name="Partager l’écran").click()
    for name in (CAMILLE, ZOE):
        await expect(reader.get_by_label(f"Écran de {name}", exact=True)).to_be_visible()
    await comes_true(
        reader, "[...document.querySelectorAll('.tiles__stage video')].filter((one) => one.videoWidth > 0).length === 2"
    )
    first, second = [await one.bounding_box() for one in await large(reader).all()]
    assert first and second and (first["width"], first["height"]) == (second["width"], second["height"])
    assert first["x"] + first["width"] <= second["x"] or first["y"] + first["height"] <= second["y"]


async def test_many_people_have_pages(app: App, browse: Browse, crowd: Crowd) -> None:
    meeting = await plan(app)
    await crowd(meeting, 20)
    page = await inside(browse, app, meeting, "agent", viewport={"width": 1280, "height": 800})
    await expect(large(page)).to_have_count(16)
    await page.get_by_role("button", name="Page suivante").click()
    await expect(large(page)).to_have_count(5)
    await expect(page.locator("#announcements")).to_contain_text("Page 2 sur 2")
    await expect(page.get_by_role("button", name="Page suivante")).to_be_focused()
    await page.set_viewport_size({"width": 320, "height": 568})
    await expect(page.get_by_text("Page 2 sur 3")).to_be_visible()
    await expect(large(page)).to_have_count(8)


async def test_the_small_window_goes_on_while_the_page_is_away(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    await inside(browse, app, meeting, "editor")
    agent = await inside(browse, app, meeting, "agent")
    await media_arrives(agent)
    async with agent.context.expect_page() as opened:
        await arrange(agent, "Petite fenêtre")
    small = await opened.value
    await expect(small.get_by_text(ZOE)).to_be_visible()
    await comes_true(small, "document.querySelector('video').videoWidth > 0")
    await small.get_by_role("button", name="Couper le micro").click()
    await expect(tile(agent, CAMILLE).get_by_role("img", name="Micro coupé")).to_be_visible()
    # the page goes to the background, and stays there longer than pictures are sent for it
    await agent.evaluate(
        "Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    await agent.evaluate("new Promise((done) => setTimeout(done, 3500))")
    await media_arrives(agent)
    await arrange(agent, "Petite fenêtre")
    await comes_true(agent, "documentPictureInPicture.window === null")


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_layout_is_accessible_and_holds(
    app: App, browse: Browse, crowd: Crowd, scheme: Any, width: int
) -> None:
    meeting = await plan(app)
    await crowd(meeting, 18)
    size = {"width": width, "height": 640}
    page = await inside(browse, app, meeting, "agent", color_scheme=scheme, viewport=size, bypass_csp=True)

    async def check(what: str) -> None:
        assert await violations(page) == [], what
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), what

    await check("pages")
    await page.locator(".room-display > summary").click()
    await check("menu")
    await page.locator(".room-display > summary").click()
    for choice in (BELOW, BESIDE):
        await arrange(page, choice)
        await check(choice)
    await page.get_by_role("button", name="Partager l’écran").click()
    await expect(page.locator(".tiles__stage.screens")).to_be_visible()
    await check("screen")
