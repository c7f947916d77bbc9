"""The file list in a real browser: dropped files with their progress, conflicts, rename, move, trash and undo, live."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import CDPSession, FilePayload, Page, expect

from tests.support.app import PASSWORD, SAME_ORIGIN, App
from tests.support.chromium import Browse, violations


async def open_files(browse: Browse, app: App, role: str = "agent", path: str = "", **options: Any) -> Page:
    """The folder of the space, with this person signed in."""
    page = await browse(**options)
    page.set_default_timeout(10_000)
    answer = await page.request.post(
        f"{app.url}/api/v1/sessions", data={"login": role, "password": PASSWORD}, headers=SAME_ORIGIN
    )
    assert answer.status == 201
    await page.goto(f"{app.url}/files/{app.space}{path}")
    await page.evaluate("() => customElements.whenDefined('hc-files').then(() => true)")
    return page


async def drop(page: Page, **files: str) -> None:
    """Let go of files over the page; a name's `__` is a dot."""
    contents = {name.replace("__", "."): content for name, content in files.items()}
    data = await page.evaluate_handle(
        """files => {
          const data = new DataTransfer();
          for (const [name, content] of Object.entries(files)) data.items.add(new File([content], name));
          return data;
        }""",
        contents,
    )
    await page.dispatch_event("hc-files", "dragover", {"dataTransfer": data})
    await expect(page.get_by_text("Déposez les fichiers")).to_be_visible()
    await page.dispatch_event("hc-files", "drop", {"dataTransfer": data})


async def names(page: Page, *expected: str) -> None:
    await expect(page.locator(".files__table tbody th bdi")).to_have_text(list(expected))


async def test_dropped_files_are_sent_and_seen_by_others(app: App, browse: Browse) -> None:
    agent, reader = await open_files(browse, app), await open_files(browse, app, "reader")
    await drop(agent, a__txt="un", plan__pdf="deux")
    await names(agent, "a.txt", "plan.pdf")
    await names(reader, "a.txt", "plan.pdf")  # without a reload
    await expect(agent.get_by_role("heading", name="Tout a été envoyé")).to_be_visible()
    await expect(reader.get_by_role("link", name="Ajouter des fichiers")).to_have_count(0)
    async with agent.expect_download() as started:
        await agent.get_by_role("link", name="a.txt").click()
    download = await started.value
    assert download.suggested_filename == "a.txt"
    assert Path(await download.path()).read_bytes() == b"un"


async def test_a_large_file_shows_how_far_it_is_and_can_be_stopped(app: App, browse: Browse, tmp_path: Path) -> None:
    page = await open_files(browse, app)
    session = await page.context.new_cdp_session(page)
    await session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 2_000_000},
    )
    large = tmp_path / "film.mp4"
    large.write_bytes(bytes(40_000_000))
    await page.locator('input[type="file"]').set_input_files(large)
    progress = page.get_by_role("progressbar", name="Envoi de film.mp4")
    await expect(progress).to_be_visible()
    await expect(page.get_by_text(re.compile(r"[1-9][0-9,]*\sMo sur 40\sMo"))).to_be_visible()
    await page.get_by_role("button", name="Arrêter l’envoi de film.mp4").click()
    await expect(progress).to_have_count(0)
    await expect(page.get_by_role("heading", name="Ce dossier est vide")).to_be_visible()
    folder = app.deps.settings.data.dir / "files"
    for _ in range(100):
        left = [path for path in folder.rglob("*") if path.is_file()]
        if not left:
            break
        await page.wait_for_timeout(50)
    assert left == []


async def test_a_taken_name_is_asked_about(app: App, browse: Browse) -> None:
    page = await open_files(browse, app)
    await drop(page, a__txt="un")
    await names(page, "a.txt")
    await drop(page, A__txt="deux")
    await page.get_by_role("button", name="Garder les deux").click()
    await names(page, "a.txt", "A (2).txt")
    await drop(page, A__TXT="trois")
    await page.get_by_role("button", name="Nouvelle version").click()
    await expect(page.locator('[data-stage="done"]')).to_have_count(3)
    await drop(page, a__txt="quatre")
    await page.get_by_role("button", name="Ne pas envoyer").click()
    await names(page, "a.txt", "A (2).txt")
    await page.get_by_role("row", name="a.txt", exact=False).first.locator("summary").click()
    await page.get_by_role("link", name="Détails et versions").first.click()
    await expect(page.get_by_role("link", name="Télécharger la version")).to_have_count(2)


async def test_rename_in_place_by_keyboard(app: App, browse: Browse) -> None:
    page = await open_files(browse, app)
    await drop(page, a__txt="un", b__txt="deux")
    await names(page, "a.txt", "b.txt")
    await page.get_by_role("link", name="a.txt").focus()
    await page.keyboard.press("F2")
    field = page.get_by_role("textbox", name="Nouveau nom de a.txt")
    await expect(field).to_be_focused()
    browse.expect_error("409")
    await field.fill("B.txt")
    await field.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("existe déjà dans ce dossier")
    await field.fill("c.txt")
    await field.press("Enter")
    await names(page, "b.txt", "c.txt")
    await page.get_by_role("link", name="c.txt").focus()
    await page.keyboard.press("F2")
    await page.keyboard.press("Escape")
    await names(page, "b.txt", "c.txt")


async def test_a_folder_and_a_move(app: App, browse: Browse) -> None:
    page = await open_files(browse, app)
    await drop(page, a__txt="un", b__txt="deux")
    await page.get_by_role("link", name="Nouveau dossier").click()
    browse.expect_error("422")
    await page.get_by_role("textbox", name="Nom").fill("a/b")
    await page.get_by_role("button", name="Créer le dossier").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Un nom ne contient pas")
    await page.get_by_role("textbox", name="Nom").fill("Plans")
    await page.get_by_role("button", name="Créer le dossier").click()
    await names(page, "Plans", "a.txt", "b.txt")
    for name in ("a.txt", "b.txt"):
        await page.get_by_role("checkbox", name=f"Sélectionner {name}").check()
    await page.get_by_role("group", name="Actions sur la sélection").get_by_role("button", name="Déplacer").click()
    await page.get_by_role("radio", name="Plans").check()
    await page.get_by_role("dialog").get_by_role("button", name="Déplacer").click()
    await names(page, "Plans")
    await page.get_by_role("link", name="Plans").click()
    await names(page, "a.txt", "b.txt")
    await expect(page.get_by_role("heading", name="Plans", level=1)).to_be_visible()


async def test_the_trash_and_undo(app: App, browse: Browse) -> None:
    page = await open_files(browse, app)
    await drop(page, a__txt="un", b__txt="deux")
    await names(page, "a.txt", "b.txt")
    await page.get_by_role("checkbox", name="Tout sélectionner").check()
    await page.get_by_role("button", name="Mettre à la corbeille").last.click()
    await expect(page.get_by_role("heading", name="Ce dossier est vide")).to_be_visible()
    await page.get_by_role("button", name="Annuler").click()
    await names(page, "a.txt", "b.txt")
    await page.get_by_role("link", name="a.txt").focus()
    await page.keyboard.press("Delete")
    await names(page, "b.txt")
    await page.locator("summary", has_text="Plus").click()
    await page.get_by_role("link", name="Corbeille").click()
    await page.get_by_role("button", name="Détruire a.txt").click()
    await page.get_by_role("dialog").get_by_role("button", name="Détruire").click()
    await expect(page.get_by_role("heading", name="La corbeille est vide")).to_be_visible()


async def test_a_folder_of_the_desktop_is_made_on_the_server(app: App, browse: Browse, tmp_path: Path) -> None:
    page = await open_files(browse, app)
    inner = tmp_path / "Plans" / "Étage 1"
    inner.mkdir(parents=True)
    (tmp_path / "Plans" / "a.txt").write_text("un")
    (inner / "b.txt").write_text("deux")
    await page.locator("summary", has_text="Plus").click()
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("link", name="Ajouter un dossier entier").click()
    await (await chooser.value).set_files(tmp_path / "Plans")
    await expect(page.get_by_role("heading", name="Tout a été envoyé")).to_be_visible()
    await names(page, "Plans")
    await page.get_by_role("link", name="Plans").click()
    await names(page, "Étage 1", "a.txt")
    await page.get_by_role("link", name="Étage 1").click()
    await names(page, "b.txt")


async def test_several_are_chosen_by_keyboard_and_copied_to_one_s_own_files(app: App, browse: Browse) -> None:
    page = await open_files(browse, app)
    await drop(page, a__txt="un", b__txt="deux", c__txt="trois")
    await names(page, "a.txt", "b.txt", "c.txt")
    await page.get_by_role("link", name="a.txt").focus()
    await page.keyboard.press("Shift+ArrowDown")
    bar = page.get_by_role("group", name="Actions sur la sélection")
    await expect(bar.get_by_role("status")).to_have_text("2 sélectionnés")
    await bar.get_by_role("button", name="Copier").click()
    dialog = page.get_by_role("dialog")
    await dialog.locator("summary", has_text="Mes fichiers").click()
    await dialog.get_by_role("radio", name="Mes fichiers").check()
    await dialog.get_by_role("button", name="Copier").click()
    await expect(page.locator(".toast__text")).to_contain_text("2 éléments copiés dans")
    await page.goto(f"{app.url}/files/mine")
    await names(page, "a.txt", "b.txt")


async def test_a_comment_is_seen_by_others_without_a_reload(app: App, browse: Browse) -> None:
    agent, reader = await open_files(browse, app), await open_files(browse, app, "reader")
    await drop(agent, a__txt="un")
    await reader.locator("tbody summary").click()
    await reader.get_by_role("link", name="Détails et versions").click()
    await agent.locator("tbody summary").click()
    await agent.get_by_role("link", name="Détails et versions").click()
    await agent.get_by_label("Écrire un commentaire").press_sequentially("Merci @ro")
    await agent.locator(".mentions [role=option]").first.click()
    await agent.get_by_role("button", name="Commenter").click()
    await expect(reader.locator(".files__text")).to_contain_text("Merci @")
    await expect(reader.locator("[data-part=activity]")).to_contain_text("a commenté")


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_pages_are_accessible_and_hold(app: App, browse: Browse, scheme: str, width: int) -> None:
    page = await open_files(
        browse,
        app,
        color_scheme=scheme,
        viewport={"width": width, "height": 3000},
        bypass_csp=True,
        reduced_motion="reduce",
    )

    async def look() -> None:
        assert await violations(page) == [], page.url
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url

    await look()
    long = "Plan de voirie du quartier de la gare, version de travail n° 12 avec annexes.pdf"
    await page.locator('input[type="file"]').set_input_files(
        [FilePayload(name=name, mimeType="text/plain", buffer=b"un") for name in ("a.txt", long)]
    )
    await names(page, "a.txt", long)
    await page.locator('input[type="file"]').set_input_files(
        [FilePayload(name="A.TXT", mimeType="text/plain", buffer=b"x")]
    )
    await page.get_by_role("checkbox", name="Sélectionner a.txt").check()
    await look()
    await page.get_by_role("button", name="Ne pas envoyer").click()
    await page.locator("tbody summary").last.click()
    await look()
    details = await page.get_by_role("link", name="Détails et versions").last.get_attribute("href")
    await page.get_by_role("button", name="Déplacer").last.click()
    await look()
    records = (f"/files/{app.space}/records", f"{details}/history")
    for path in ("/files", details or "", f"/files/{app.space}/trash", *records):
        await page.goto(app.url + path)
        await look()


LARGE = 24_000_000


async def choose(page: Page, button: str, file: Path) -> None:
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name=button).click()
    await (await chooser.value).set_files(file)


async def slowly(session: CDPSession, bytes_per_second: int, *, offline: bool = False) -> None:
    conditions = {"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": bytes_per_second}
    await session.send("Network.emulateNetworkConditions", conditions)


async def content_of(page: Page, name: str) -> bytes:
    async with page.expect_download() as started:
        await page.get_by_role("link", name=name).click()
    return Path(await (await started.value).path()).read_bytes()


async def test_a_large_file_goes_on_after_the_page_was_closed(app: App, browse: Browse, tmp_path: Path) -> None:
    page = await open_files(browse, app)
    large, other = tmp_path / "film.mp4", tmp_path / "autre.mp4"
    data = bytes(range(250)) * (LARGE // 250)
    large.write_bytes(data)
    other.write_bytes(data)
    network = await page.context.new_cdp_session(page)
    await slowly(network, 4_000_000)
    await page.locator('input[type="file"]').set_input_files(large)
    await expect(page.get_by_text(re.compile(r"[3-9][0-9,]*\sMo sur 24\sMo"))).to_be_visible()
    again = await page.context.new_page()
    await page.close()  # as a browser that is closed: nobody is asked
    await again.goto(f"{app.url}/files/{app.space}")
    await expect(again.get_by_text("Interrompu à la fermeture de la page")).to_be_visible()
    assert await violations(again) == []
    await choose(again, "Reprendre", other)
    await expect(again.get_by_text("Ce n’est pas le même fichier")).to_be_visible()
    sent: list[int] = []
    again.on("request", lambda request: sent.append(int(request.headers.get("upload-offset", -1))))
    await choose(again, "Reprendre", large)
    await names(again, "film.mp4")
    assert max(sent) > 0  # not from the start
    assert await content_of(again, "film.mp4") == data
    await again.reload()
    await expect(again.get_by_role("heading", name="fichier à envoyer")).to_have_count(0)


async def test_a_large_file_is_paused_and_survives_a_lost_network(app: App, browse: Browse, tmp_path: Path) -> None:
    page = await open_files(browse, app)
    large = tmp_path / "film.mp4"
    large.write_bytes(bytes(LARGE))
    network = await page.context.new_cdp_session(page)
    await slowly(network, 4_000_000)
    await page.locator('input[type="file"]').set_input_files(large)
    await page.get_by_role("button", name="Mettre en pause l’envoi de film.mp4").click()
    await expect(page.get_by_text("En pause")).to_be_visible()
    await page.get_by_role("button", name="Reprendre").click()
    await expect(page.get_by_text(re.compile(r"[1-9][0-9,]*\sMo sur 24\sMo"))).to_be_visible()
    browse.expect_error("ERR_INTERNET_DISCONNECTED")
    await slowly(network, 0, offline=True)
    await expect(page.get_by_text("La connexion est perdue")).to_be_visible()
    await slowly(network, -1)
    await names(page, "film.mp4")
    assert len(await content_of(page, "film.mp4")) == LARGE
