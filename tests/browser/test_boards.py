"""A board in real browsers: moves by pointer and by keyboard, seen by others; stale edits; moves that fail."""

import re
from datetime import date
from uuid import UUID

import pytest
from playwright.async_api import Route, expect

from projects.boards import queries, service
from projects.boards.models import CARDS, CardAssignee, CardChange
from projects.boards.rules import spread
from tests.support.boards import Board, Open, card, shows
from tests.support.chromium import Browse, violations


async def test_a_card_moved_by_pointer_is_seen_by_somebody_else(board: Board, open_board: Open) -> None:
    agent, reader = await open_board(), await open_board("reader")
    await shows(reader, "ABC", "", "")
    target = agent.locator(".board-column__cards").nth(1)
    await agent.locator(".board-card", has_text="B").drag_to(target)
    for page in (agent, reader):
        await shows(page, "AC", "B", "")
    # Above the middle of A, it lands before A.
    first = agent.locator(".board-card", has_text="A")
    await agent.locator(".board-card", has_text="B").drag_to(first, target_position={"x": 80, "y": 4})
    for page in (agent, reader):
        await shows(page, "BAC", "", "")
    assert await board.order() == [["B", "A", "C"], [], []]
    await expect(reader.get_by_role("textbox")).to_have_count(0)
    await expect(reader.locator("[draggable=true]")).to_have_count(0)


@pytest.mark.parametrize("modifier", ["Alt", "Control"])
async def test_a_card_is_moved_by_keyboard_and_keeps_the_focus(board: Board, open_board: Open, modifier: str) -> None:
    agent, editor = await open_board(), await open_board("editor")
    await card(agent, "A").focus()
    await agent.keyboard.press(f"{modifier}+ArrowDown")
    await shows(editor, "BAC", "", "")
    await expect(card(agent, "A")).to_be_focused()
    await agent.keyboard.press(f"{modifier}+ArrowRight")
    await expect(card(agent, "A")).to_be_focused()
    await expect(agent.locator("#announcements")).to_contain_text("« A » : colonne En cours, place 1 sur 1.")
    for page in (agent, editor):
        await shows(page, "BC", "A", "")
    await agent.keyboard.press(f"{modifier}+ArrowUp")
    await expect(agent.locator("#announcements")).to_contain_text("ne peut pas aller plus loin")
    await agent.keyboard.press(f"{modifier}+ArrowRight")
    await agent.keyboard.press(f"{modifier}+ArrowLeft")
    await agent.keyboard.press(f"{modifier}+ArrowLeft")
    await shows(editor, "ABC", "", "")
    assert await board.order() == [["A", "B", "C"], [], []]


async def test_the_menu_of_a_card_says_where_it_can_go(board: Board, open_board: Open) -> None:
    agent = await open_board()
    await agent.get_by_role("button", name="Déplacer « C » vers…").press("Enter")
    dialog = agent.get_by_role("dialog", name="Déplacer « C » vers…")
    await expect(dialog.get_by_role("button")).to_have_text(
        ["", "Colonne En cours, à la fin", "Colonne Fait, à la fin", "Monter", "En haut de la colonne"]
    )
    await dialog.get_by_role("button", name="En haut de la colonne").press("Enter")
    await shows(agent, "CAB", "", "")
    await expect(agent.get_by_role("button", name="Déplacer « C » vers…")).to_be_focused()
    await agent.get_by_role("button", name="Déplacer « C » vers…").click()
    await agent.keyboard.press("Escape")
    await shows(agent, "CAB", "", "")


async def test_cards_are_typed_one_after_the_other(board: Board, open_board: Open) -> None:
    agent, reader = await open_board(), await open_board("reader")
    field = agent.get_by_role("textbox", name="Nouvelle carte dans En cours")
    await field.fill("D")
    await field.press("Enter")
    await shows(agent, "ABC", "D", "")
    await expect(field).to_have_value("")
    await expect(field).to_be_focused()
    await agent.keyboard.type("<b>E</b>")
    await agent.keyboard.press("Enter")
    await expect(reader.get_by_role("button", name="<b>E</b>", exact=True)).to_be_visible()


async def test_what_others_do_takes_neither_focus_nor_text(board: Board, open_board: Open) -> None:
    agent = await open_board()
    field = agent.get_by_role("textbox", name="Nouvelle carte dans À faire")
    await field.fill("Un texte en cours")
    await board.change("C", CardChange(position=0))
    await board.add("D")
    await shows(agent, "CABD", "", "")
    await expect(field).to_be_focused()
    await expect(field).to_have_value("Un texte en cours")
    await card(agent, "A").focus()
    await board.change("A", CardChange(column=board.columns[2], position=0))
    await shows(agent, "CBD", "", "A")
    await expect(card(agent, "A")).to_be_focused()


async def test_a_card_is_changed_in_its_dialog(board: Board, open_board: Open) -> None:
    agent, reader = await open_board(), await open_board("reader")
    await card(agent, "A").click()
    dialog = agent.get_by_role("dialog", name="A")
    await dialog.get_by_label("Titre").fill("Nid-de-poule")
    await dialog.get_by_label("Description").fill("Rue Haute")
    await dialog.get_by_label("Échéance").fill("2020-02-29")
    await dialog.get_by_role("group", name="Confiée à").get_by_role("checkbox", name="Zoé Delattre").check()
    await dialog.get_by_role("button", name="Enregistrer", exact=True).click()
    await expect(dialog).to_be_hidden()
    await expect(card(agent, "Nid-de-poule")).to_be_focused()
    seen = reader.locator(".board-card", has_text="Nid-de-poule")
    await expect(seen).to_contain_text(re.compile(r"En retard\s: 29\sfévr\.\s2020"))
    await expect(seen.get_by_role("img", name="Confiée à Zoé Delattre")).to_be_visible()
    await card(reader, "Nid-de-poule").click()
    await expect(reader.get_by_role("dialog")).to_contain_text("Rue Haute")
    readable = reader.get_by_role("dialog").get_by_role("textbox")
    await expect(readable).to_have_count(1)  # members comment, whatever their role
    await expect(readable).to_have_accessible_name("Nouveau commentaire")


async def test_a_stale_edit_shows_both_versions_and_lets_one_choose(
    board: Board, open_board: Open, browse: Browse
) -> None:
    browse.expect_error("412")
    agent = await open_board()
    await card(agent, "A").click()
    dialog = agent.get_by_role("dialog")
    await dialog.get_by_label("Titre").fill("Mon titre")
    await board.change("A", CardChange(title="Leur titre", due=date(2026, 12, 1)), 1)
    await dialog.get_by_role("button", name="Enregistrer", exact=True).click()
    await expect(dialog.get_by_role("heading", name="Deux versions de cette carte")).to_be_visible()
    mine, theirs = await dialog.locator(".board-version").all()
    await expect(mine).to_contain_text("Mon titre")
    await expect(theirs).to_contain_text("Leur titre")
    assert await violations(agent) == []
    await dialog.get_by_role("button", name="Garder ma version").click()
    await expect(card(agent, "Mon titre")).to_be_visible()
    async with board.app.db.read() as tx:
        kept = await queries.read_card(tx, board.app.actor("agent"), board.cards["A"])
    # Only what was changed here went over what somebody else wrote.
    assert (kept.title, kept.due, kept.rev) == ("Mon titre", date(2026, 12, 1), 3)


async def test_a_stale_edit_can_be_given_up(board: Board, open_board: Open, browse: Browse) -> None:
    browse.expect_error("412")
    agent = await open_board()
    await card(agent, "A").click()
    dialog = agent.get_by_role("dialog")
    await dialog.get_by_label("Titre").fill("Mon titre")
    await board.change("A", CardChange(title="Leur titre"), 1)
    await dialog.get_by_label("Titre").press("Enter")
    await dialog.get_by_role("button", name="Garder la version enregistrée").click()
    await expect(dialog.get_by_label("Titre")).to_have_value("Leur titre")
    await dialog.get_by_role("button", name="Annuler").click()
    await expect(card(agent, "Leur titre")).to_be_focused()


async def test_what_was_typed_is_not_lost_by_escape(board: Board, open_board: Open) -> None:
    agent = await open_board()
    await card(agent, "A").click()
    dialog = agent.get_by_role("dialog")
    await dialog.get_by_label("Titre").fill("Mon titre")
    for _ in range(3):
        await agent.keyboard.press("Escape")
    await expect(dialog.get_by_role("alert")).to_contain_text("Vous avez modifié cette carte.")
    await expect(dialog.get_by_label("Titre")).to_have_value("Mon titre")
    await dialog.get_by_role("button", name="Fermer sans enregistrer").click()
    await shows(agent, "ABC", "", "")


async def test_a_move_that_fails_goes_back_and_says_so(board: Board, open_board: Open, browse: Browse) -> None:
    browse.expect_error("ERR_CONNECTION_FAILED|net::ERR_FAILED")
    agent = await open_board()

    async def refuse(route: Route) -> None:
        await route.abort("connectionfailed")

    await agent.route("**/api/v1/cards/*", refuse)
    await card(agent, "A").focus()
    await agent.keyboard.press("Alt+ArrowRight")
    await expect(agent.locator(".toast")).to_contain_text("« A » n’a pas été déplacée et a retrouvé sa place.")
    await shows(agent, "ABC", "", "")
    assert await board.order() == [["A", "B", "C"], [], []]


async def test_a_removed_card_comes_back_by_undo(board: Board, open_board: Open) -> None:
    agent, reader = await open_board(), await open_board("reader")
    await card(agent, "B").click()
    await agent.get_by_role("button", name="Retirer la carte").click()
    for page in (agent, reader):
        await shows(page, "AC", "", "")
    await agent.get_by_role("button", name="Annuler").click()
    for page in (agent, reader):
        await shows(page, "ABC", "", "")


async def test_columns_are_added_renamed_moved_and_removed(board: Board, open_board: Open) -> None:
    agent, reader = await open_board(), await open_board("reader")
    titles = reader.locator(".board-column__head h2")

    async def act(column: str, action: str) -> None:
        await agent.get_by_label(f"Actions de la colonne {column}").click()
        await agent.locator("hc-board").get_by_role("button", name=action, exact=True).click()

    await agent.get_by_role("button", name="Ajouter une colonne").click()
    await agent.get_by_role("dialog").get_by_label("Titre").fill("Bloqué")
    await agent.keyboard.press("Enter")
    await expect(titles).to_have_text(["À faire", "En cours", "Fait", "Bloqué"])
    await act("Bloqué", "Déplacer à gauche")
    await expect(titles).to_have_text(["À faire", "En cours", "Bloqué", "Fait"])
    await act("À faire", "Renommer")
    await agent.get_by_role("dialog").get_by_label("Titre").fill("Demandes")
    await agent.get_by_role("dialog").get_by_role("button", name="Renommer").click()
    await expect(titles).to_have_text(["Demandes", "En cours", "Bloqué", "Fait"])
    await act("Demandes", "Retirer")
    await expect(titles).to_have_text(["En cours", "Bloqué", "Fait"])
    await agent.get_by_role("button", name="Annuler").click()
    await expect(titles).to_have_text(["Demandes", "En cours", "Bloqué", "Fait"])
    await shows(reader, "ABC", "", "", "")


async def test_a_board_is_renamed_archived_and_taken_up_again(board: Board, open_board: Open) -> None:
    agent, reader = await open_board(), await open_board("reader")
    await agent.get_by_role("button", name="Renommer", exact=True).click()
    await agent.get_by_role("dialog").get_by_label("Titre").fill("Travaux d’hiver")
    await agent.keyboard.press("Enter")
    await expect(reader.get_by_role("heading", level=1)).to_have_text("Travaux d’hiver")
    await agent.get_by_role("button", name="Archiver").click()
    await agent.get_by_role("dialog").get_by_role("button", name="Archiver").click()
    for page in (agent, reader):
        await expect(page.get_by_text("Ce tableau est archivé")).to_be_visible()
        await expect(page.get_by_role("textbox")).to_have_count(0)
    await agent.get_by_role("button", name="Reprendre ce tableau").click()
    await expect(agent.get_by_role("textbox").first).to_be_visible()
    await expect(reader.get_by_text("Ce tableau est archivé")).to_be_hidden()


async def test_a_narrow_screen_shows_one_column_at_a_time(board: Board, open_board: Open) -> None:
    agent = await open_board(viewport={"width": 320, "height": 700})
    await expect(card(agent, "A")).to_be_visible()
    await expect(agent.locator(".board-column:visible")).to_have_count(1)
    await agent.get_by_role("group", name="Colonne affichée").get_by_role("button", name="En cours").click()
    await expect(card(agent, "A")).to_be_hidden()
    await expect(agent.get_by_role("textbox", name="Nouvelle carte dans En cours")).to_be_visible()
    assert await agent.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_without_scripts_cards_are_made_changed_and_moved(board: Board, open_board: Open, browse: Browse) -> None:
    browse.expect_error("412")
    agent = await open_board("agent", board.path, java_script_enabled=False)
    await agent.get_by_role("textbox", name="Nouvelle carte dans Fait").fill("D")
    await agent.keyboard.press("Enter")
    await shows(agent, "ABC", "", "D")
    await agent.get_by_role("link", name="A", exact=True).click()
    await agent.get_by_label("Échéance").fill("2026-12-24")
    await agent.get_by_label("Zoé Delattre").check()
    await agent.get_by_role("button", name="Enregistrer", exact=True).click()
    await expect(agent.locator(".board-card", has_text="A")).to_contain_text("24")
    await agent.get_by_role("link", name="A", exact=True).click()
    await agent.get_by_label("Titre").fill("Mon titre")
    await board.change("A", CardChange(title="Leur titre"), 2)
    await agent.get_by_role("button", name="Enregistrer", exact=True).click()
    await expect(agent.get_by_role("heading", name="La version enregistrée")).to_be_visible()
    await expect(agent.get_by_label("Titre")).to_have_value("Mon titre")
    await agent.get_by_role("button", name="Enregistrer", exact=True).click()
    await shows(agent, ["Mon titre", "B", "C"], "", "D")
    await agent.get_by_role("link", name="B", exact=True).click()
    await agent.get_by_label("Colonne").select_option(label="En cours")
    await agent.get_by_role("button", name="Déplacer").click()
    await shows(agent, ["Mon titre", "C"], "B", "D")


async def test_boards_are_made_and_listed_by_space(board: Board, open_board: Open) -> None:
    agent = await open_board("agent", "/projects")
    await expect(agent.get_by_role("region", name="Rénovation de l’école")).to_contain_text("3 cartes")
    await agent.get_by_label("Titre").fill("Voirie")
    await agent.get_by_role("button", name="Créer le tableau").click()
    await expect(agent.get_by_role("heading", level=1)).to_have_text("Voirie")
    await shows(agent, "", "", "")
    stranger = await open_board("stranger", "/projects")
    await expect(stranger.get_by_role("heading", name="Pas encore de tableau")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_view_is_accessible(board: Board, open_board: Open, scheme: str, width: int) -> None:
    change = CardChange(due=date(2020, 1, 1), assignees=[board.app.people["agent"]], description="Rue Haute")
    await board.change("A", change, 1)
    page = await open_board(color_scheme=scheme, viewport={"width": width, "height": 1600}, bypass_csp=True)
    assert await violations(page) == []
    await card(page, "A").click()
    await expect(page.get_by_label("Titre")).to_be_visible()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Déplacer « A » vers…").click()
    assert await violations(page) == []
    await page.keyboard.press("Escape")
    await page.locator(".board-column:visible").get_by_label("Actions de la colonne À faire").click()
    assert await violations(page, "details[open]") == []
    for path in ("/projects", f"/cards/{board.cards['A']}"):
        await page.goto(board.app.url + path)
        assert await violations(page) == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_a_board_of_a_thousand_cards_is_usable(board: Board, open_board: Open) -> None:
    async with board.app.db.write() as tx:
        rows = [
            {
                "id": UUID(int=(place << 16) + column + 1),
                "board_id": board.key,
                "column_id": key,
                "title": f"Carte {place} de la colonne {column}",
                "rank": rank,
                "rev": 1,
                "description": "",
                "created_at": tx.now,
                "updated_at": tx.now,
            }
            for column, key in enumerate(board.columns[1:])
            for place, rank in enumerate(spread(500))
        ]
        await tx.execute(CARDS.insert(), rows)
        for row in rows[::2]:
            tx.add(CardAssignee(card_id=UUID(str(row["id"])), person_id=board.app.people["agent"]))
    agent = await open_board()
    await expect(agent.locator(".board-card")).to_have_count(1_003)
    usable = await agent.evaluate("performance.now()")
    print(f"1,003 cards usable {usable:.0f} ms after the address was asked for")
    await agent.locator(".board-card").last.scroll_into_view_if_needed()
    last = agent.locator(".board-card").last.locator(".board-card__title")
    await last.focus()
    await agent.keyboard.press("Alt+ArrowUp")
    await expect(agent.get_by_role("button", name="Carte 499 de la colonne 1", exact=True)).to_be_focused()
    await expect(agent.locator("#announcements")).to_contain_text("place 499 sur 500")


async def test_archiving_takes_nothing_away_from_somebody_who_writes(board: Board, open_board: Open) -> None:
    agent, editor = await open_board(), await open_board("editor")
    field = editor.locator(".board-create input").first
    await field.fill("Carte que je suis en train d’écrire")
    async with board.app.db.write() as tx:
        await service.archive_board(tx, board.app.actor("agent"), board.key)
    await expect(agent.get_by_text("Ce tableau est archivé")).to_be_visible()
    banner = editor.get_by_role("alert").filter(has_text="Ce tableau a été archivé")
    await expect(banner).to_be_visible()
    await expect(field).to_have_value("Carte que je suis en train d’écrire")
    await banner.get_by_role("link").click()
    await expect(editor.get_by_text("Ce tableau est archivé")).to_be_visible()
    await expect(editor.get_by_role("textbox")).to_have_count(0)
