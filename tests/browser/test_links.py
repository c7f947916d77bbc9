"""Links and deposit boxes in a real browser: made by a member, used by somebody without an account, at any width."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.test_files import open_files, slowly
from tests.support.app import App
from tests.support.chromium import Browse, violations


async def folder_of(app: App) -> str:
    agent = await app.client("agent")
    async with agent.post(f"/api/v1/spaces/{app.space}/folders", json={"name": "Candidatures"}) as answer:
        folder: str = (await answer.json())["id"]
    path = f"/api/v1/spaces/{app.space}/files?name=fiche.txt&folder={folder}"
    async with agent.post(path, data=BytesIO("Chargé de voirie".encode())) as answer:
        assert answer.status == 201
    return folder


async def box_of(app: App, folder: str, **data: Any) -> str:
    agent = await app.client("agent")
    async with agent.post(f"/api/v1/files/{folder}/boxes", json=data) as answer:
        assert answer.status == 201, await answer.text()
        url: str = (await answer.json())["url"]
        return url


async def stranger(browse: Browse, url: str, **options: Any) -> Page:
    page = await browse(**options)
    page.set_default_timeout(10_000)
    await page.goto(url)
    return page


async def test_a_member_makes_a_link_and_somebody_without_an_account_opens_it(app: App, browse: Browse) -> None:
    folder = await folder_of(app)
    page = await open_files(browse, app)
    await page.goto(f"{app.url}/files/{app.space}/items/{folder}")
    await page.get_by_role("link", name="Partager par un lien").click()
    assert await violations(page) == []
    form = page.locator("form", has=page.get_by_role("heading", name="Nouveau lien"))
    await form.get_by_label("À quoi il sert").fill("Pour la presse")
    await form.get_by_label("Mot de passe").fill("mot de passe du lien")
    await form.get_by_role("button", name="Créer le lien").click()
    await page.get_by_role("button", name="Afficher").click()
    url = await page.locator("hc-secret code").inner_text()
    visitor = await stranger(browse, url, viewport={"width": 320, "height": 700}, color_scheme="dark")
    assert await violations(visitor) == []
    await visitor.get_by_label("Mot de passe").fill("mot de passe du lien")
    await visitor.get_by_role("button", name="Ouvrir").click()
    await expect(visitor.get_by_role("heading", name="Candidatures")).to_be_visible()
    assert await violations(visitor) == []
    assert await visitor.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    async with visitor.expect_download() as started:
        await visitor.get_by_role("link", name="Télécharger fiche.txt").click()
    assert Path(await (await started.value).path()).read_text() == "Chargé de voirie"
    await page.get_by_role("button", name="Révoquer").click()
    await page.get_by_role("dialog").get_by_role("button", name="Révoquer").click()
    await expect(page.get_by_role("heading", name="Aucun lien")).to_be_visible()
    browse.expect_error("404")
    await visitor.reload()
    await expect(visitor.get_by_text("ne fonctionne plus")).to_be_visible()


async def test_a_deposit_goes_on_after_the_page_was_closed_and_gets_its_receipt(
    app: App, browse: Browse, tmp_path: Path
) -> None:
    folder = await folder_of(app)
    url = await box_of(app, folder, label="Candidatures de voirie")
    page = await stranger(browse, url, viewport={"width": 320, "height": 700})
    await page.get_by_role("button", name="Choisir des fichiers").click()
    await expect(page.get_by_text("Cette réponse est nécessaire.")).to_be_visible()
    await expect(page.get_by_label("Votre nom")).to_be_focused()
    assert await violations(page) == []
    await page.get_by_label("Votre nom").fill("Inès Morel")
    large = tmp_path / "dossier.zip"
    large.write_bytes(bytes(16_000_000))
    await slowly(await page.context.new_cdp_session(page), 3_000_000)
    await page.locator('input[type="file"]').set_input_files(large)
    await expect(page.get_by_text(re.compile(r"[2-9][0-9,]*\sMo sur 16\sMo"))).to_be_visible()
    again = await page.context.new_page()
    await page.close()
    await again.goto(url)
    async with again.expect_file_chooser() as chooser:
        await again.get_by_role("button", name="Reprendre").click()
    await (await chooser.value).set_files(large)
    await expect(again.get_by_role("heading", name="Reçu")).to_be_visible()
    await expect(again.get_by_text("SHA-256")).to_be_visible()
    assert await violations(again) == []
    assert "fiche.txt" not in await again.content()


async def test_a_deposit_works_without_scripts(app: App, browse: Browse) -> None:
    url = await box_of(app, await folder_of(app), ask_note="no")
    page = await stranger(browse, url, java_script_enabled=False)
    await page.get_by_label("Votre nom").fill("Inès Morel")
    files = [{"name": name, "mimeType": "text/plain", "buffer": b"x"} for name in ("a.txt", "b.txt")]
    await page.get_by_label("Fichiers").set_input_files(files)  # type: ignore[arg-type]  # dicts of the right shape
    await page.get_by_role("button", name="Envoyer").click()
    await expect(page.get_by_text("SHA-256")).to_have_count(2)
