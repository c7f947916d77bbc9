"""The search field and the preview of files in a real browser: by keyboard, in both schemes, wide and narrow."""

import asyncio
import re
from typing import Any

import pytest
from playwright.async_api import Page, Route, expect

from collab.core.jobs import Worker
from collab.core.noted import Noted
from tests.http.test_previews import upload
from tests.http.test_search import settle
from tests.support import documents
from tests.support.app import PASSWORD, SAME_ORIGIN, App
from tests.support.chromium import Browse, comes_true, violations
from web import scheduled


async def open_page(browse: Browse, app: App, path: str, role: str = "reader", **options: Any) -> Page:
    page = await browse(locale="fr-FR", **options)
    page.set_default_timeout(10_000)
    answer = await page.request.post(
        f"{app.url}/api/v1/sessions", data={"login": role, "password": PASSWORD}, headers=SAME_ORIGIN
    )
    assert answer.status == 201
    await page.goto(f"{app.url}{path}")
    # The page loads before its words; that of the results has no field in its header.
    await comes_true(page, "[...document.querySelectorAll('hc-search')].every(one => one.hasUpdated)")
    return page


async def test_what_is_found_shows_while_one_types(app: App, browse: Browse) -> None:
    editor = await app.bearer("editor")
    await upload(app, editor, "Budget primitif.txt", b"Le conseil vote")
    await upload(app, editor, "Lettre.txt", b"Objet : les budgets annexes")
    await settle(app)
    page = await open_page(browse, app, "/files")
    field = page.get_by_role("combobox", name="Chercher")
    await page.keyboard.press("/")
    await expect(field).to_be_focused()
    await page.keyboard.type("budge")
    found = page.get_by_role("option")
    await expect(found).to_have_count(3)
    await expect(found.first).to_contain_text("Budget primitif.txt")
    await expect(found.nth(1).locator("mark")).to_have_text("budgets")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("ArrowDown")
    await expect(found.nth(1)).to_have_attribute("aria-selected", "true")
    assert await violations(page) == []
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/items/*")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Lettre.txt")
    await page.keyboard.press("Control+k")
    await page.keyboard.type("budget")
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile("/search"))
    await expect(page.locator(".search__hits .row")).to_have_count(2)


async def test_what_is_typed_before_the_page_is_whole_goes_on(app: App, browse: Browse) -> None:
    editor = await app.bearer("editor")
    await upload(app, editor, "Budget primitif.txt", b"Le conseil vote")
    await settle(app)
    page = await open_page(browse, app, "/files")
    words = asyncio.Event()

    async def later(route: Route) -> None:
        await words.wait()
        await route.continue_()

    await page.route("**/static/fr-*.json", later)
    await page.reload()
    field = page.locator("hc-search input")
    await field.press_sequentially("budg")
    assert not await page.evaluate("Boolean(document.querySelector('hc-search').hasUpdated)")
    words.set()
    await comes_true(page, "document.querySelector('hc-search').hasUpdated")
    await expect(field).to_be_focused()
    await field.press_sequentially("et")
    await expect(field).to_have_value("budget")
    await expect(page.get_by_role("option").first).to_contain_text("Budget primitif.txt")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
async def test_the_page_of_results(app: App, browse: Browse, scheme: Any, width: int) -> None:
    editor = await app.bearer("editor")
    await upload(app, editor, "Délibération-au-nom-très-long-sans-aucune-espace-pour-couper.txt", b"Le conseil vote")
    await settle(app)
    size: Any = {"width": width, "height": 800}
    page = await open_page(browse, app, "/search?q=conseils", color_scheme=scheme, viewport=size)
    await expect(page.locator("mark")).to_have_text("conseil")
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.goto(f"{app.url}/search?q=introuvable")
    await expect(page.get_by_role("heading", level=2)).to_have_text("Aucun résultat pour «\u00a0introuvable\u00a0»")
    assert await violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
async def test_pages_are_looked_through(app: App, browse: Browse, scheme: Any, width: int) -> None:
    """A PDF appears once it is made, without loading the page again; then its pages, its size and the next file."""
    editor = await app.bearer("editor")
    file = await upload(app, editor, "a.pdf", documents.pdf(*(f"Page {number}" for number in range(1, 7))))
    await upload(app, editor, "b.svg", b"<svg><script>document.title = 'mine'</script></svg>")
    worker = Worker(app.db, scheduled.handlers(app.deps), poll=0.2)
    app.db.on_job = worker.wake
    size: Any = {"width": width, "height": 800}
    page = await open_page(browse, app, f"/files/{app.space}/items/{file}/preview", color_scheme=scheme, viewport=size)
    await expect(page.get_by_text("L’aperçu se prépare")).to_be_visible()
    await worker.start()
    try:
        await expect(page.get_by_role("img", name="Page 1")).to_be_visible(timeout=60_000)
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        before = await page.locator(".preview__sheet").first.bounding_box()
        await page.keyboard.press("+")
        await expect(page.get_by_title("Ajuster à la largeur")).to_have_text("125 %")
        after = await page.locator(".preview__sheet").first.bounding_box()
        assert before is not None
        assert after is not None
        assert after["width"] > before["width"]
        await page.get_by_role("spinbutton").fill("6")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("img", name="Page 6")).to_be_visible(timeout=60_000)
        await page.locator("h1").click()
        await page.keyboard.press("ArrowRight")
        await expect(page.get_by_role("heading", level=1)).to_have_text("b.svg")
        await expect(page.locator("pre")).to_contain_text("<script>", timeout=60_000)
        assert "mine" not in await page.title()
        assert await violations(page) == []
        await page.locator("h1").click()
        await page.keyboard.press("ArrowLeft")
        await expect(page.get_by_role("heading", level=1)).to_have_text("a.pdf")
    finally:
        await app.deps.part(Noted).owe()
        await worker.stop()
