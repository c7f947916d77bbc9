"""An administrator in a real browser: a service, a group and an account are kept by hand, an orphan gets an owner."""

from playwright.async_api import Page, expect

from tests.browser.test_pages import sign_in
from tests.support.app import App
from tests.support.chromium import Browse
from tests.support.orphan import add_orphan


async def confirm(page: Page, button: str, title: str) -> None:
    """Press a button that asks first, and say yes."""
    await page.get_by_role("button", name=button, exact=True).click()
    dialog = page.get_by_role("dialog", name=title)
    await dialog.get_by_role("button").last.click()
    await dialog.wait_for(state="detached")


async def test_what_is_kept_by_hand(app: App, browse: Browse) -> None:
    page = await browse(reduced_motion="reduce")
    await sign_in(page, app, "admin")
    await page.goto(f"{app.url}/admin/units")
    await page.get_by_role("link", name="Nouveau service").click()
    await page.get_by_label("Nom").fill("Voirie")
    await page.get_by_label("Fait partie de").select_option(label="Services techniques")
    await page.get_by_role("button", name="Créer le service").click()
    await page.get_by_role("link", name="Voirie").click()
    await page.get_by_label("Fait partie de").select_option(label="Aucun autre service")
    await page.get_by_role("button", name="Enregistrer").click()
    await page.get_by_role("link", name="Voirie").click()
    await expect(page.get_by_label("Fait partie de")).to_have_value("")
    await confirm(page, "Supprimer ce service", "Supprimer le service Voirie\u00a0?")
    await expect(page.get_by_role("link", name="Voirie")).to_have_count(0)

    await page.get_by_role("link", name="Groupes").click()
    await page.get_by_role("link", name="Nouveau groupe").click()
    await page.get_by_label("Nom").fill("Astreinte")
    await page.get_by_role("button", name="Créer le groupe").click()
    await page.get_by_role("searchbox", name="Chercher quelqu’un").fill("kermo")
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="Ajouter Yann Kermorgant").click()
    await page.get_by_role("link", name="Yann Kermorgant").click()
    await page.get_by_role("link", name="Modifier la fiche").click()
    await page.get_by_label("Fonction").fill("Chef d’équipe")
    await page.get_by_role("button", name="Enregistrer").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Yann Kermorgant")
    await expect(page.get_by_text("Chef d’équipe")).to_be_visible()


async def test_an_orphan_gets_an_owner(app: App, browse: Browse) -> None:
    async with app.db.write() as tx:
        await add_orphan(tx)
    page = await browse(reduced_motion="reduce")
    await sign_in(page, app, "admin")
    await page.goto(f"{app.url}/admin/spaces")
    await page.get_by_role("link", name="Désigner un propriétaire").click()
    await page.get_by_role("searchbox", name="Chercher quelqu’un").fill("sow")
    await page.keyboard.press("Enter")
    name = "Désigner Fatou Sow comme propriétaire"
    await confirm(page, name, f"{name}\u00a0?")
    await expect(page.get_by_role("heading", name="Espaces sans propriétaire")).to_have_count(0)
    await expect(page.get_by_role("rowheader", name="Fatou Sow")).to_be_visible()
