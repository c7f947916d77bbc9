"""A board comes in from a file and leaves again, in a real browser: what a person sees before, meanwhile and after."""

import json
from pathlib import Path

import pytest
from playwright.async_api import expect

from collab.core.jobs import Worker
from tests.support.boards import Board, Open, card, shows
from tests.support.chromium import Browse, violations
from tests.unit.projects.exchange.files import TRELLO, as_json
from web import scheduled

TABLE = "Sujet;Etape;Pour le;Qui\nNid-de-poule;À faire;31/12/2026;Zoé Delattre\n;x;;\nBanc;Fait;;Personne\n"


async def work(board: Board) -> None:
    await Worker(board.app.db, scheduled.handlers(board.app.deps)).run_due()


async def test_a_table_is_looked_at_read_anew_and_becomes_a_board(board: Board, open_board: Open) -> None:
    agent = await open_board("agent", "/projects")
    await agent.get_by_role("link", name="Importer un tableau").click()
    assert await violations(agent) == []
    file = {"name": "voirie.csv", "mimeType": "text/csv", "buffer": TABLE.encode("cp1252")}
    await agent.get_by_label("Fichier", exact=True).set_input_files(file)  # type: ignore[arg-type]
    await agent.get_by_role("button", name="Examiner le fichier").click()
    await expect(agent.get_by_label("Titre du tableau")).to_have_value("voirie")
    lost = agent.get_by_role("region", name="Ce qui ne peut pas être repris")
    await expect(lost).to_contain_text("Lignes sans titre, qui ne font aucune carte : 3.")
    await expect(lost).to_contain_text("lu comme un fichier de Windows")
    await expect(lost).to_contain_text("Colonnes du fichier non reprises : Pour le, Qui.")
    assert await violations(agent) == []
    await agent.get_by_label("Ce que « Pour le » veut dire").select_option(label="Échéance")
    await agent.get_by_label("Ce que « Qui » veut dire").select_option(label="Confiée à")
    await agent.get_by_role("button", name="Relire ainsi").click()
    held = agent.get_by_role("region", name="Ce que contient le fichier")
    await expect(held).to_contain_text("est Zoé Delattre dans cet espace")
    await expect(lost).to_contain_text("Personnes qui ne sont pas dans cet espace : Personne.")
    await agent.get_by_label("Titre du tableau").fill("Voirie de 2026")
    await agent.get_by_role("button", name="Créer le tableau").click()
    await work(board)
    await expect(agent.get_by_text("2 cartes importées.")).to_be_visible()
    assert await violations(agent) == []
    await agent.get_by_role("link", name="Ouvrir le tableau").click()
    await expect(agent.get_by_role("heading", level=1)).to_have_text("Voirie de 2026")
    await shows(agent, ["Nid-de-poule"], ["Banc"])
    await expect(agent.locator(".board-card", has_text="Nid-de-poule")).to_contain_text("31")
    await expect(agent.get_by_role("img", name="Confiée à Zoé Delattre")).to_be_visible()


async def test_the_progress_of_an_import_is_followed(board: Board, open_board: Open) -> None:
    agent = await open_board("agent", "/projects/import")
    file = {"name": "trello.json", "mimeType": "application/json", "buffer": as_json(TRELLO)}
    await agent.get_by_label("Fichier", exact=True).set_input_files(file)  # type: ignore[arg-type]
    await agent.get_by_role("button", name="Examiner le fichier").click()
    await expect(agent.get_by_text("Export de Trello")).to_be_visible()
    await agent.get_by_role("button", name="Créer le tableau").click()
    await work(board)
    await expect(agent.get_by_text("2 cartes importées.")).to_be_visible()
    await agent.get_by_role("link", name="Ouvrir le tableau").click()
    await card(agent, "Toiture de l’école").click()
    dialog = agent.get_by_role("dialog")
    await expect(dialog.locator(".card-comment").first).to_contain_text("repris par Camille Roche")
    await expect(dialog.get_by_role("button", name="Modifier votre commentaire")).to_have_count(0)
    await expect(dialog.get_by_role("checkbox", name="Plan", exact=True)).to_be_visible()


async def test_a_wrong_file_is_refused_in_words(board: Board, open_board: Open, browse: Browse) -> None:
    browse.expect_error("422")
    agent = await open_board("agent", "/projects/import")
    file = {"name": "image.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n\0\0"}
    await agent.get_by_label("Fichier", exact=True).set_input_files(file)  # type: ignore[arg-type]
    await agent.get_by_role("button", name="Examiner le fichier").click()
    await expect(agent.locator(".field__error")).to_contain_text("ni un tableau de données ni un des exports")
    assert await violations(agent) == []


@pytest.mark.parametrize("width", [1280, 320])
async def test_a_board_leaves_in_every_form(board: Board, open_board: Open, width: int) -> None:
    reader = await open_board("reader", viewport={"width": width, "height": 900})
    for name, ending in (("Tableau entier (JSON)", ".json"), ("Tableau de données (CSV)", ".csv"), ("Feuille", ".ods")):
        await reader.locator("summary", has_text="Exporter").click()
        async with reader.expect_download() as waiting:
            await reader.get_by_role("link", name=name).click()
        download = await waiting.value
        assert download.suggested_filename.endswith(ending)
        content = Path(await download.path()).read_bytes()
        if ending == ".json":
            assert [one["title"] for one in json.loads(content)["cards"]] == ["A", "B", "C"]
        elif ending == ".csv":
            assert content.decode("utf-8-sig").splitlines()[1].startswith("A;À faire;")
        else:
            assert content.startswith(b"PK")
        await reader.keyboard.press("Escape")
    await reader.goto(f"{board.app.url}{board.path}/print")
    await expect(reader.get_by_role("article", name="B")).to_be_visible()
    await expect(reader.get_by_role("button", name="Imprimer ou garder en PDF")).to_be_visible()
    assert await violations(reader) == []
    assert await reader.evaluate("document.documentElement.scrollWidth <= innerWidth")
