"""Fields of a board's own, rows of the board, templates and the text field, in real browsers."""

from datetime import date

from playwright.async_api import expect

from projects.boards import fields
from projects.boards.fields import ChoiceInput, FieldInput
from projects.boards.kinds import FieldKind
from projects.boards.models import CardChange
from tests.browser.test_board_cards import answer, cell, opened
from tests.support.boards import Board, Open, card
from tests.support.chromium import violations


async def test_a_field_is_defined_filled_and_seen_by_others(board: Board, open_board: Open) -> None:
    agent, reader = await open_board(), await open_board("reader")
    await agent.get_by_text("Champs et modèles").click()
    await agent.get_by_role("button", name="Champs des cartes").click()
    dialog = agent.get_by_role("dialog", name="Champs des cartes")
    for title, kind in (("Coût", "Nombre"), ("Avis", "Choix")):
        await dialog.get_by_label("Nouveau champ").fill(title)
        await dialog.get_by_label("Nature").select_option(label=kind)
        await dialog.get_by_role("button", name="Ajouter le champ").click()
        await expect(dialog.get_by_label(f"Titre du champ « {title} »")).to_be_visible()
    await dialog.get_by_label("Nouveau choix de « Avis »").fill("Favorable")
    await dialog.get_by_role("button", name="Ajouter le choix à « Avis »").click()
    await expect(dialog.get_by_label("Nom du choix Favorable")).to_be_visible()
    for shown in await dialog.get_by_role("checkbox").all():
        await shown.check()
    await dialog.get_by_role("button", name="« Avis » plus haut").click()
    await expect(dialog.locator(".own-field").first).to_contain_text("Choix")
    assert await violations(agent, "dialog[open]") == []
    await dialog.get_by_role("button", name="Fermer").click()

    form = await opened(agent, "A")
    await form.get_by_label("Coût").fill("1 200,50")
    await form.get_by_label("Avis").select_option(label="Favorable")
    await form.get_by_role("button", name="Enregistrer", exact=True).click()
    face = reader.locator(".board-card", has_text="A").first
    await expect(face).to_contain_text("Favorable")
    await expect(face).to_contain_text("1 200,5")
    assert await violations(reader) == []
    await reader.get_by_label("Avis", exact=True).select_option(label="Favorable")
    await expect(reader.locator(".board-card")).to_have_count(1)

    await agent.get_by_role("button", name="Liste", exact=True).click()
    costs = agent.locator(f'tr[data-card="{board.cards["A"]}"] [data-key]').last
    await expect(costs).to_contain_text("1 200,5")
    await costs.dblclick()
    await costs.get_by_role("textbox").fill("900")
    await agent.keyboard.press("Enter")
    await expect(face).to_contain_text("900")


async def test_a_card_goes_from_row_to_row_by_keyboard_and_pointer(board: Board, open_board: Open) -> None:
    async with board.app.db.write() as tx:
        choices = [ChoiceInput(name="Oui")]
        await fields.create_field(
            tx, board.app.actor("agent"), board.key, FieldInput(title="Avis", kind=FieldKind.CHOICE, choices=choices)
        )
    zoe = board.app.actor("editor").person_id
    await board.change("A", CardChange(assignees=[zoe] if zoe else []), 1)
    agent, reader = await open_board(), await open_board("reader")
    await agent.get_by_label("Lignes du tableau").select_option(label="Lignes par personne")
    mine = agent.locator(f'[data-lane="{zoe}"]')
    nobody = agent.locator('[data-lane=""]')
    await expect(mine.locator(".board-card")).to_have_count(1)
    await expect(nobody.locator(".board-card")).to_have_count(2)
    assert await violations(agent) == []
    await card(agent, "A").focus()
    await agent.keyboard.press("Alt+ArrowDown")
    await expect(nobody.locator(".board-card")).to_have_count(3)
    await expect(card(agent, "A")).to_be_focused()
    await expect(agent.locator("#announcements")).to_contain_text("Confiée à personne")
    await expect(reader.locator(".board-card .avatars")).to_have_count(0)
    await agent.get_by_role("button", name="Confiée à personne").click()
    await expect(agent.locator(".board-card")).to_have_count(0)
    await agent.set_viewport_size({"width": 320, "height": 640})
    assert await violations(agent) == []
    assert await agent.evaluate("document.documentElement.scrollWidth") <= 320


async def test_boards_and_cards_begin_with_templates(board: Board, open_board: Open) -> None:
    agent = await open_board()
    await board.change("A", CardChange(description="Lire tout", due=date(2030, 1, 1)), 1)
    form = await opened(agent, "A")
    await form.get_by_role("button", name="Garder comme modèle").click()
    await answer(agent, "Dossier")
    await expect(agent.locator("#toasts").get_by_text("Le modèle « Dossier » est gardé.")).to_be_visible()
    await form.get_by_role("button", name="Fermer sans enregistrer").click()
    column = agent.locator(".board-column").first
    await column.locator(".board-create__templates > summary").click()
    await column.get_by_role("button", name="Dossier").click()
    assert await violations(agent) == []
    field = column.locator(".board-create input")
    await expect(field).to_have_value("A")
    await field.fill("Dossier de Mme Roy")
    await field.press("Enter")
    new = await opened(agent, "Dossier de Mme Roy")
    await expect(new.locator(".prose")).to_contain_text("Lire tout")

    await agent.goto(str(agent.url).split("/boards/")[0] + "/projects")
    section = agent.locator("section", has=agent.get_by_role("heading", name="Nouveau tableau"))
    await section.get_by_label("Titre").fill("Fête de l’été")
    begin = section.get_by_label("Commencer avec")
    await begin.select_option(value="event")
    assert await violations(agent) == []
    await section.get_by_role("button", name="Créer le tableau").click()
    await expect(agent.get_by_role("heading", name="À prévoir")).to_be_visible()
    await expect(agent.locator(".board-column")).to_have_count(4)


async def test_lists_are_written_on_and_ticks_are_shown(board: Board, open_board: Open) -> None:
    agent = await open_board()
    form = await opened(agent, "B")
    text = form.get_by_role("textbox", name="Description")
    await text.focus()
    await form.get_by_role("button", name="Liste à cocher").first.click()
    await agent.keyboard.type("Plan")
    await agent.keyboard.press("Enter")
    await agent.keyboard.type("Devis")
    await expect(text).to_have_value("- [ ] Plan\n- [ ] Devis")
    await text.select_text()
    await agent.keyboard.press("Control+b")
    await expect(text).to_have_value("**- [ ] Plan\n- [ ] Devis**")
    await text.fill("- [x] Plan\n- [ ] Devis")
    await form.get_by_role("button", name="Aperçu").first.click()
    await expect(form.locator(".prose li")).to_have_text(["☑ Plan", "☐ Devis"])
    assert await violations(agent, "dialog[open]") == []
    assert await cell(agent, board.cards["B"]).count() == 0
