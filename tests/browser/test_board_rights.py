"""Who sees which cards, in real browsers: hidden from one's neighbour, shared with a guest, taken to another board."""

from uuid import UUID

from playwright.async_api import Page, expect

from collab.spaces.models import PrincipalKind
from projects.boards import queries, service, sharing
from projects.boards.models import CardChange
from projects.boards.roles import BoardMemberInput, BoardRole, Opening
from tests.browser.test_board_cards import opened
from tests.support.boards import Board, Open, card, shows
from tests.support.chromium import violations


async def say_hidden(page: Page, title: str, *, hidden: bool) -> None:
    """Hide a card, or show it again, as one does it in its dialog."""
    dialog = await opened(page, title)
    box = dialog.get_by_role("checkbox", name="Carte masquée")
    await box.set_checked(hidden)
    assert await violations(page, "dialog[open]") == []
    await dialog.get_by_role("button", name="Enregistrer", exact=True).first.click()
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_a_hidden_card_leaves_the_others_board_at_once_and_comes_back(board: Board, open_board: Open) -> None:
    agent, editor = await open_board(), await open_board("editor", viewport={"width": 1280, "height": 900})
    await shows(editor, ["A", "B", "C"])
    await say_hidden(agent, "B", hidden=True)
    await shows(editor, ["A", "C"])
    await expect(editor.locator(".board-count").first).to_have_text("2")
    hidden = agent.locator(".board-card", has_text="B").first
    await expect(hidden.locator(".board-card__lock")).to_be_visible()
    assert await violations(agent, "hc-board") == []
    await board.change("B", CardChange(column=board.columns[1]))
    await board.change("A", CardChange(column=board.columns[2]))
    await shows(editor, ["C"], [], ["A"])
    answer = await editor.request.get(f"{board.app.url}/cards/{board.cards['B']}")
    assert answer.status == 404
    await agent.get_by_role("button", name="Carte masquée : B").click()
    dialog = agent.get_by_role("dialog", name="B")
    await dialog.get_by_role("checkbox", name="Carte masquée").uncheck()
    await dialog.get_by_role("button", name="Enregistrer", exact=True).first.click()
    await shows(editor, ["C"], ["B"], ["A"])


async def test_a_board_is_shared_with_a_guest_who_sees_their_card_and_moves_it(board: Board, open_board: Open) -> None:
    agent = await open_board()
    await agent.get_by_role("button", name="Partager", exact=True).click()
    dialog = agent.get_by_role("dialog", name="Partager ce tableau")
    await expect(dialog.get_by_role("radio", name="Comme dans l’espace")).to_be_checked()
    await dialog.get_by_role("searchbox", name="Partager avec quelqu’un d’autre").fill("Fatou")
    await dialog.get_by_role("button", name="Fatou Sow").click()
    await expect(dialog.locator(".sharing__line", has_text="personne invitée")).to_have_count(1)
    assert await violations(agent, "dialog[open]") == []
    await dialog.get_by_role("radio", name="Lecture pour tous").check()
    await expect(dialog.get_by_role("radio", name="Lecture pour tous")).to_be_checked()


async def test_guests_have_their_own_cards(board: Board, open_board: Open) -> None:
    stranger = board.app.people["stranger"]
    async with board.app.db.write() as tx:
        guest = BoardMemberInput(principal_kind=PrincipalKind.PERSON, principal_id=stranger, role=BoardRole.OWN)
        await sharing.set_member(tx, board.app.actor("agent"), board.key, guest)
    await board.change("B", CardChange(assignees=[stranger]), rev=1)
    page, agent = await open_board("stranger"), await open_board()
    await shows(page, ["B"])
    assert await violations(page) == []
    await board.change("C", CardChange(assignees=[stranger]), rev=1)
    await shows(page, ["B", "C"])
    await card(page, "B").press("Alt+ArrowRight")
    await shows(page, ["C"], ["B"])
    await shows(agent, ["A", "C"], ["B"])  # told once it is saved
    assert await board.order() == [["A", "C"], ["B"], []]
    async with board.app.db.write() as tx:
        await sharing.remove_member(tx, board.app.actor("agent"), board.key, stranger)
    await expect(page.locator("#toasts")).to_contain_text("n’est plus partagé avec vous")


async def test_the_mover_is_told_before_a_card_goes_to_another_board(board: Board, open_board: Open) -> None:
    agent_of = board.app.actor("agent")
    async with board.app.db.write() as tx:
        other = await service.create_board(tx, agent_of, board.app.space, "Réservé", [("Ici", False)])
        await sharing.set_opening(tx, agent_of, other.id, Opening.CLOSED)
    await board.change("A", CardChange(assignees=[board.app.people["editor"]]), rev=1)
    page, editor = await open_board(), await open_board("editor")
    dialog = await opened(page, "A")
    await dialog.get_by_role("button", name="Porter sur un autre tableau").click()
    asked = page.get_by_role("dialog", name="Porter « A » sur un autre tableau")
    await asked.get_by_label("Tableau").select_option(index=1)
    await expect(asked.locator(".transfer")).to_contain_text("Ne la verront plus")
    await expect(asked.locator(".transfer")).to_contain_text("Seront retirés de la carte")
    assert await violations(page, "dialog[open] .transfer") == []
    await asked.get_by_role("button", name="L’y porter").click()
    await shows(page, ["B", "C"])
    await shows(editor, ["B", "C"])
    async with board.app.db.read() as tx:
        whole = await queries.read_board(tx, agent_of, other.id)
    (there,) = whole["columns"][0]["cards"]
    assert (UUID(there["id"]), there["assignees"]) == (board.cards["A"], [])
