"""The list of a folder in a real browser: small pictures, what readers do in it; links that show files."""

from io import BytesIO
from urllib.parse import quote

import pytest
from playwright.async_api import expect

from tests.browser.test_files import names, open_files
from tests.browser.test_links import stranger
from tests.support import documents
from tests.support.app import App
from tests.support.chromium import Browse, comes_true, violations
from web.main import working

SHOWN = "[...document.querySelectorAll('hc-thumb img')].filter(one => one.naturalWidth > 0).length"


async def bring(app: App, name: str, data: bytes, folder: str = "") -> str:
    agent = await app.client("agent")
    path = f"/api/v1/spaces/{app.space}/files?name={quote(name)}&folder={folder}"
    async with agent.post(path, data=BytesIO(data)) as answer:
        assert answer.status == 201, await answer.text()
        return str((await answer.json())["id"])


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 320)])
async def test_files_are_known_by_their_small_pictures(app: App, browse: Browse, scheme: str, width: int) -> None:
    for number in range(1, 7):
        await bring(app, f"photo {number}.jpg", documents.photo())
    await bring(app, "délibération.pdf", documents.pdf("Une page"))
    await bring(app, "page.png", b"<html>")
    await bring(app, "lisez-moi.txt", b"texte")
    async with working(app.deps):
        page = await open_files(
            browse, app, "reader", color_scheme=scheme, viewport={"width": width, "height": 2000}, bypass_csp=True
        )
        await comes_true(page, f"{SHOWN} === 7", 60)
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        editor = await open_files(browse, app)
        await comes_true(editor, f"{SHOWN} === 7", 60)
        # a new version shows its own picture, for those who look on too
        await page.evaluate("document.querySelector('hc-thumb img').dataset.old = 'yes'")
        first = page.locator("tbody tr").filter(has_text="délibération.pdf").locator("hc-thumb")
        before = await first.get_attribute("src")
        agent = await app.client("agent")
        again = f"/api/v1/spaces/{app.space}/files?name={quote('délibération.pdf')}&conflict=version"
        async with agent.post(again, data=BytesIO(documents.pdf("Une autre", "page"))) as answer:
            assert answer.status == 201
        await expect(first).not_to_have_attribute("src", before or "")
        await comes_true(page, f"!document.querySelector('hc-thumb img[data-old]') && {SHOWN} === 7", 60)


async def test_readers_choose_several_and_take_them_along(app: App, browse: Browse) -> None:
    for name in ("a.txt", "b.txt", "c.txt"):
        await bring(app, name, name.encode())
    page = await open_files(browse, app, "reader", bypass_csp=True)
    await names(page, "a.txt", "b.txt", "c.txt")
    await page.get_by_role("checkbox", name="Sélectionner a.txt").focus()
    await page.keyboard.press("Shift+ArrowDown")
    bar = page.get_by_role("group", name="Actions sur la sélection")
    await expect(bar.get_by_role("status")).to_have_text("2 sélectionnés")
    assert await bar.get_by_role("button").all_inner_texts() == ["Copier", "Favori", ""]
    assert await violations(page) == []
    async with page.expect_download() as started:
        await bar.get_by_role("link", name="Télécharger").click()
    assert (await started.value).suggested_filename.endswith(".zip")
    await bar.get_by_role("button", name="Copier").click()
    dialog = page.get_by_role("dialog")
    await dialog.locator("summary", has_text="Mes fichiers").click()
    await dialog.get_by_role("radio", name="Mes fichiers").check()
    await dialog.get_by_role("button", name="Copier").click()
    await expect(page.locator(".toast__text")).to_contain_text("2 éléments copiés dans")
    await page.get_by_role("link", name="a.txt").focus()
    await page.keyboard.press("Delete")  # which is not theirs to do
    await names(page, "a.txt", "b.txt", "c.txt")


@pytest.mark.parametrize(("scheme", "width"), [("dark", 1280), ("light", 320)])
async def test_a_link_shows_an_office_document_in_its_page(app: App, browse: Browse, scheme: str, width: int) -> None:
    agent = await app.client("agent")
    async with agent.post(f"/api/v1/spaces/{app.space}/folders", json={"name": "Presse"}) as answer:
        folder = (await answer.json())["id"]
    await bring(app, "note.docx", documents.docx("Ordre du jour du conseil"), folder)
    await bring(app, "photo.jpg", documents.photo(), folder)
    async with agent.post(f"/api/v1/files/{folder}/links", json={"view_only": True}) as answer:
        url = (await answer.json())["url"]
    async with working(app.deps):
        view = {"width": width, "height": 900}
        page = await stranger(browse, url, color_scheme=scheme, viewport=view, bypass_csp=True)
        await comes_true(page, f"{SHOWN} === 2", 90)
        assert await violations(page) == []
        await page.get_by_role("link", name="note.docx").click()
        await comes_true(page, "document.querySelector('.preview__sheet img')?.naturalWidth > 0", 90)
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await expect(page.get_by_role("link", name="Télécharger")).to_have_count(0)
