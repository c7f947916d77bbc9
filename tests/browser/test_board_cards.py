"""What hangs on cards, and the ways of looking at a board, in real browsers: as the people who use them would."""

import re
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Locator, Page, Route, expect

from projects.boards import comments, dependencies, labels, queries, service
from projects.boards.labels import LabelInput
from projects.boards.models import CardChange
from projects.boards.parts import CommentInput
from tests.http.test_search import settle
from tests.support.boards import Board, Open, card, shows
from tests.support.chromium import Browse, violations


def today(board: Board) -> date:
    return board.app.db.clock.now().astimezone(ZoneInfo("Europe/Paris")).date()


async def opened(page: Page, title: str) -> Any:
    await card(page, title).click()
    dialog = page.get_by_role("dialog", name=title)
    await expect(dialog.get_by_role("heading", name="Commentaires")).to_be_visible()
    return dialog


async def answer(page: Page, text: str) -> None:
    """Type into the small dialog that is open, and say yes."""
    field = page.get_by_role("dialog").last.get_by_role("textbox")
    await field.fill(text)
    await field.press("Enter")


async def test_a_checklist_is_made_ticked_and_given_away(board: Board, open_board: Open) -> None:
    agent, editor = await open_board(), await open_board("editor")
    dialog, seen = await opened(agent, "A"), await opened(editor, "A")
    await dialog.get_by_role("button", name="Ajouter une liste").click()
    await answer(agent, "Pièces du dossier")
    field = dialog.get_by_role("textbox", name="Nouvel élément dans Pièces du dossier")
    for title in ("Plan", "Devis"):
        await field.fill(title)
        await field.press("Enter")
        await expect(field).to_have_value("")
    await dialog.get_by_role("checkbox", name="Plan", exact=True).check()
    await expect(seen.get_by_role("checkbox", name="Plan", exact=True)).to_be_checked()
    await expect(agent.locator(".board-card", has_text="A")).to_contain_text("1 cochés sur 2")
    assert await violations(agent, "dialog[open]") == []
    await dialog.get_by_label("Actions de « Devis »").click()
    menu = dialog.locator("details[open]")
    await menu.get_by_label("Confiée à").select_option(label="Zoé Delattre")
    await expect(seen.locator(".card-task", has_text="Devis")).to_contain_text("Zoé Delattre")
    await menu.get_by_label("Échéance").fill("2020-01-02")
    await expect(seen.locator(".card-task", has_text="Devis")).to_contain_text("En retard")
    await menu.get_by_role("button", name="Monter").click()
    await expect(seen.locator(".card-task .choice")).to_have_text(["Devis", "Plan"])
    await dialog.get_by_role("button", name="Supprimer « Pièces du dossier »").click()
    await expect(seen.get_by_role("checkbox", name="Plan", exact=True)).to_have_count(0)


async def test_comments_are_written_changed_and_answered_by_signs(board: Board, open_board: Open) -> None:
    agent, reader = await open_board(), await open_board("reader")
    dialog, seen = await opened(agent, "A"), await opened(reader, "A")
    field = dialog.get_by_role("textbox", name="Nouveau commentaire")
    await field.fill("Vu avec **l’entreprise**, @Yann Kermorgant")
    await dialog.get_by_role("button", name="Commenter").click()
    comment = seen.locator(".card-comment")
    await expect(comment.locator("strong", has_text="l’entreprise")).to_be_visible()
    await expect(field).to_have_value("")
    await comment.get_by_role("button", name="D’accord").click()
    await expect(dialog.get_by_role("button", name="D’accord : 1 personne")).to_have_attribute("aria-pressed", "false")
    await expect(comment.get_by_role("button", name="D’accord : 1 personne")).to_have_attribute("aria-pressed", "true")
    await expect(comment.get_by_role("button", name="Modifier votre commentaire")).to_have_count(0)
    assert await violations(agent, "dialog[open]") == []
    await dialog.get_by_role("button", name="Modifier votre commentaire").click()
    await dialog.get_by_role("textbox", name="Votre commentaire").fill("Vu avec la mairie")
    await dialog.get_by_role("button", name="Enregistrer", exact=True).last.click()
    await expect(comment).to_contain_text("Vu avec la mairie")
    await expect(comment).to_contain_text("modifié")
    await dialog.get_by_role("button", name="Supprimer le commentaire").click()
    await expect(comment).to_have_count(0)


async def test_an_archived_board_offers_no_comment(board: Board, open_board: Open) -> None:
    async with board.app.db.write() as tx:
        agent = board.app.actor("agent")
        await comments.add_comment(tx, agent, board.cards["A"], CommentInput(text="Reçu"))
        await service.archive_board(tx, agent, board.key)
    for role in ("agent", "reader"):
        page = await open_board(role)
        dialog = await opened(page, "A")
        await expect(dialog.locator(".card-comment")).to_contain_text("Reçu")
        await expect(dialog.get_by_role("textbox")).to_have_count(0)
        await expect(dialog.get_by_role("button", name="D’accord")).to_be_disabled()
        for action in ("Commenter", "Modifier votre commentaire", "Supprimer le commentaire"):
            await expect(dialog.get_by_role("button", name=action)).to_have_count(0)
        assert await violations(page, "dialog[open]") == []
        await page.keyboard.press("Escape")
        await opened(page, "B")
        await expect(page.get_by_role("dialog")).to_contain_text("Aucun commentaire.")


async def test_a_card_waits_for_another_until_that_one_is_done(board: Board, open_board: Open) -> None:
    await settle(board.app)  # what is to be found is indexed
    agent, reader = await open_board(), await open_board("reader")
    dialog = await opened(agent, "A")
    await dialog.get_by_role("button", name="Attend une autre carte").click()
    chooser = agent.get_by_role("dialog", name="Quelle carte attend-elle ?")
    await board.add("Devis du maçon")
    await settle(board.app)
    await chooser.get_by_role("searchbox").fill("maçon")
    await chooser.get_by_role("button", name="Devis du maçon").click()
    await expect(dialog.get_by_role("region", name="Attend", exact=True)).to_contain_text("Devis du maçon")
    waiting = reader.locator(".board-card", has_text="Attend 1 carte")
    await expect(waiting).to_contain_text("A")
    assert await violations(agent, "dialog[open]") == []
    await agent.keyboard.press("Escape")
    # Moved to where things are done, and back; then its whole column is finished, then it goes.
    await card(agent, "Devis du maçon").focus()
    for _ in range(2):
        await agent.keyboard.press("Alt+ArrowRight")
    await expect(waiting).to_have_count(0)
    await agent.keyboard.press("Alt+ArrowLeft")
    await expect(waiting).to_have_count(1)
    await agent.get_by_label("Actions de la colonne En cours").click()
    await agent.get_by_role("button", name="Ses cartes sont terminées").click()
    await expect(waiting).to_have_count(0)
    await agent.get_by_label("Actions de la colonne En cours").click()
    await agent.get_by_role("button", name="Ses cartes ne sont pas terminées").click()
    await expect(waiting).to_have_count(1)
    await opened(agent, "Devis du maçon")
    await agent.get_by_role("button", name="Retirer la carte").click()
    await expect(waiting).to_have_count(0)


async def test_a_circle_of_dependencies_is_refused_in_words(board: Board, open_board: Open, browse: Browse) -> None:
    browse.expect_error("409")
    async with board.app.db.write() as tx:
        await dependencies.add_dependency(tx, board.app.actor("agent"), board.cards["B"], board.cards["A"])
    await board.add("Devis du maçon")
    async with board.app.db.write() as tx:
        agent_ = board.app.actor("agent")
        await dependencies.add_dependency(tx, agent_, board.cards["Devis du maçon"], board.cards["B"])
    await settle(board.app)
    agent = await open_board()
    dialog = await opened(agent, "A")
    await expect(dialog.get_by_role("region", name="Bloque")).to_contain_text("B")
    await dialog.get_by_role("button", name="Attend une autre carte").click()
    chooser = agent.get_by_role("dialog", name="Quelle carte attend-elle ?")
    await chooser.get_by_role("searchbox").fill("maçon")
    await chooser.get_by_role("button", name="Devis du maçon").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("rien ne pourrait commencer")


async def test_filters_stand_in_the_address_and_are_kept_as_views(board: Board, open_board: Open) -> None:
    person = board.app.people["editor"]
    async with board.app.db.write() as tx:
        urgent = await labels.create_label(tx, board.app.actor("agent"), board.key, LabelInput(name="Urgent"))
    await board.change("A", CardChange(title="Élagage", labels=[urgent.id], assignees=[person]), 1)
    await board.change("B", CardChange(due=today(board) - timedelta(days=1), assignees=[person]), 1)
    agent = await open_board()
    bar = agent.get_by_role("search", name="Cartes affichées")
    await bar.get_by_label("Confiée à").select_option(label="Zoé Delattre")
    await shows(agent, ["Élagage", "B"], "", "")
    await expect(agent.locator("#announcements")).to_contain_text("2 cartes affichées.")
    await bar.get_by_label("Échéance").select_option(label="En retard")
    await shows(agent, "B", "", "")
    await agent.locator(".board-views summary").click()
    await agent.get_by_role("button", name="Garder cette vue pour tous").click()
    await answer(agent, "Retards de Zoé")
    reader = await open_board("reader")
    await shows(reader, ["Élagage", "B", "C"], "", "")
    await reader.locator(".board-views summary").click()
    await reader.get_by_role("button", name="Retards de Zoé").click()
    await shows(reader, "B", "", "")
    assert f"person={person}" in reader.url
    assert "due=late" in reader.url
    assert await violations(reader) == []
    await reader.reload()
    await shows(reader, "B", "", "")
    await reader.get_by_role("button", name="Afficher toutes les cartes").click()
    await reader.get_by_role("searchbox", name="Mots des cartes").fill("elagage")
    await shows(reader, ["Élagage"], "", "")
    await reader.get_by_role("searchbox", name="Mots des cartes").fill("")
    await reader.get_by_label("Étiquette").select_option(label="Urgent")
    await shows(reader, ["Élagage"], "", "")
    # What is moved among the cards that are shown keeps its place among the others.
    await card(agent, "B").focus()
    await agent.keyboard.press("Alt+ArrowRight")
    await shows(agent, "", "B", "")
    await reader.get_by_role("button", name="Afficher toutes les cartes").click()
    await shows(reader, ["Élagage", "C"], "B", "")
    assert await board.order() == [["Élagage", "C"], ["B"], []]


def cell(page: Page, key: UUID, column: str = "title") -> Locator:
    return page.locator(f'[role=gridcell][data-row="{key}"][data-key="{column}"]')


async def test_cells_of_the_table_are_changed_by_keyboard(board: Board, open_board: Open) -> None:
    agent, reader = await open_board(), await open_board("reader")
    await agent.get_by_role("button", name="Liste", exact=True).click()
    first = cell(agent, board.cards["A"])
    await first.click()
    await expect(first).to_be_focused()
    await agent.keyboard.press("Enter")
    await agent.get_by_role("textbox", name="Titre de « A »").fill("Toiture")
    assert await violations(agent) == []
    await agent.keyboard.press("Enter")
    await expect(card(reader, "Toiture")).to_be_visible()
    await expect(cell(agent, board.cards["B"])).to_be_focused()
    # Escape leaves a cell as it was; a letter begins a new text.
    await agent.keyboard.press("z")
    await expect(agent.get_by_role("textbox", name="Titre de « B »")).to_have_value("z")
    await agent.keyboard.press("Escape")
    await expect(cell(agent, board.cards["B"])).to_have_text("B")
    await agent.keyboard.press("ArrowRight")
    await agent.keyboard.press("F2")
    await agent.get_by_label("Colonne de « B »").select_option(label="Fait")
    await agent.keyboard.press("Enter")
    await shows(reader, ["Toiture", "C"], "", "B")
    await cell(agent, board.cards["A"], "due").dblclick()
    await agent.get_by_label("Échéance de « Toiture »").fill("2020-02-29")
    await agent.keyboard.press("Tab")
    await expect(reader.locator(".board-card", has_text="Toiture")).to_contain_text("En retard")
    await expect(cell(agent, board.cards["A"], "labels")).to_be_focused()
    await agent.get_by_role("button", name="Titre", exact=True).click()
    await agent.get_by_role("button", name="Titre", exact=True).click()
    await expect(agent.locator("tbody tr").first).to_contain_text("Toiture")
    await expect(agent).to_have_url(re.compile("sort=-title"))
    await agent.get_by_text("Colonnes affichées").click()
    await agent.get_by_role("checkbox", name="Début").uncheck()
    await expect(agent.get_by_role("columnheader", name="Début")).to_have_count(0)
    assert await violations(agent) == []
    await reader.get_by_role("button", name="Liste", exact=True).click()
    await expect(reader.get_by_role("row")).to_have_count(4)
    await cell(reader, board.cards["A"]).dblclick()
    await expect(reader.locator("td :is(input, select)")).to_have_count(0)
    await reader.get_by_role("button", name="Ouvrir « Toiture »").click()
    await expect(reader.get_by_role("dialog", name="Toiture")).to_be_visible()


async def test_a_stale_cell_keeps_what_is_typed_and_shows_both_versions(
    board: Board, open_board: Open, browse: Browse
) -> None:
    browse.expect_error("412")
    agent = await open_board()
    await agent.get_by_role("button", name="Liste", exact=True).click()
    here = cell(agent, board.cards["A"])
    await here.dblclick()
    editor = here.get_by_role("textbox")
    await editor.press("End")
    await editor.press_sequentially(" à nous")
    await board.change("A", CardChange(title="Leur titre"), 1)
    await board.change("C", CardChange(position=0))  # told after it
    await expect(agent.locator("tbody tr").first).to_contain_text("C")
    await expect(editor).to_have_value("A à nous")
    await editor.press("Enter")
    dialog = agent.get_by_role("dialog", name="Deux versions de cette carte")
    await expect(dialog).to_be_visible()
    mine, theirs = await dialog.locator(".board-version").all()
    await expect(mine).to_contain_text("A à nous")
    await expect(theirs).to_contain_text("Leur titre")
    assert await violations(agent, "dialog[open]") == []
    await dialog.get_by_role("button", name="Garder ma version").click()
    await expect(dialog).to_be_hidden()
    await expect(here).to_have_text("A à nous")
    # What does not meet is brought together without a question.
    await here.dblclick()
    await editor.fill("Nouveau titre")
    await board.change("A", CardChange(due=date(2030, 1, 1)), 3)
    await editor.press("Enter")
    await expect(here).to_have_text("Nouveau titre")
    await expect(cell(agent, board.cards["A"], "due").locator("time")).to_have_attribute("datetime", "2030-01-01")
    async with board.app.db.read() as tx:
        kept = await queries.read_card(tx, board.app.actor("agent"), board.cards["A"])
    assert (kept.title, kept.due) == ("Nouveau titre", date(2030, 1, 1))


async def test_a_stale_cell_can_be_given_up(board: Board, open_board: Open, browse: Browse) -> None:
    browse.expect_error("412|ERR_FAILED")
    agent = await open_board()
    await agent.get_by_role("button", name="Liste", exact=True).click()
    here = cell(agent, board.cards["A"])
    await here.dblclick()
    editor = here.get_by_role("textbox")
    await editor.fill("Notre titre")
    await board.change("A", CardChange(title="Leur titre"), 1)
    await editor.press("Enter")
    await agent.get_by_role("dialog").get_by_role("button", name="Garder la version enregistrée").click()
    await expect(agent.get_by_role("dialog")).to_have_count(0)
    await expect(here).to_have_text("Leur titre")

    async def refuse(route: Route) -> None:
        await route.abort("failed")

    # Where nobody answers, what was typed stays in its cell.
    await agent.route("**/api/v1/cards/*", refuse)
    await here.dblclick()
    await editor.fill("Sans réseau")
    await editor.press("Enter")
    await expect(agent.locator(".toast")).to_contain_text("ne répond")
    await board.add("D")
    await expect(agent.locator("tbody tr")).to_have_count(4)
    await expect(editor).to_have_value("Sans réseau")


@pytest.mark.parametrize("width", [1280, 320])
async def test_the_calendar_shows_what_is_due(board: Board, open_board: Open, width: int) -> None:
    day = today(board)
    await board.change("A", CardChange(due=day), 1)
    await board.change("B", CardChange(due=day - timedelta(days=1)), 1)
    page = await open_board(viewport={"width": width, "height": 1200})
    await page.get_by_role("button", name="Calendrier", exact=True).click()
    here = page.locator(".board-day[aria-current=date]")
    await expect(here.get_by_role("button")).to_have_text(["A"])
    await expect(page.get_by_text("1 carte sans échéance")).to_be_visible()
    if day.day > 1:
        await expect(page.get_by_role("button", name="En retard B")).to_be_visible()
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    month = page.get_by_role("heading", level=2)
    shown = await month.text_content() or ""
    await page.get_by_role("button", name="Le mois suivant").click()
    await expect(month).not_to_have_text(shown)
    await page.get_by_role("button", name="Le mois précédent").click()
    await expect(month).to_have_text(shown)
    await here.get_by_role("button", name="A").click()
    await expect(page.get_by_role("dialog", name="A")).to_be_visible()
