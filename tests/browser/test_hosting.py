"""What the hosts of a room do in their browser, and what it does in those of the others."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.test_room import SLOW, inside, media_arrives, plan, tile
from tests.support.app import App
from tests.support.chromium import Browse

pytestmark = pytest.mark.alone

ZOE, YANN, CAMILLE = "Zoé Delattre", "Yann Kermorgant", "Camille Roche"


async def people(page: Page) -> None:
    await page.get_by_role("button", name="Personnes").click()
    await expect(page.get_by_role("heading", name="Personnes")).to_be_visible()


async def choose(page: Page, name: str, action: str) -> None:
    """What a host chooses from somebody's menu."""
    await page.get_by_label(f"Agir sur {name}").click()
    await page.locator("details[open]").get_by_role("button", name=action).click()


def muted(page: Page, name: str) -> Any:
    return tile(page, name).get_by_role("img", name="Micro coupé")


async def test_a_host_silences_one_and_all_who_may_speak_again(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent, editor, reader = [await inside(browse, app, meeting, role) for role in ("agent", "editor", "reader")]
    await media_arrives(agent)
    await people(agent)
    await choose(agent, ZOE, "Couper le micro")
    await expect(editor.locator("#toasts")).to_contain_text(f"{CAMILLE} a coupé votre micro")
    for page in (agent, reader):
        await expect(muted(page, ZOE)).to_be_visible()
        await expect(muted(page, YANN)).to_have_count(0)
    await editor.get_by_role("button", name="Ouvrir le micro").click()
    await expect(muted(agent, ZOE)).to_have_count(0)
    await agent.get_by_role("button", name="Couper tous les micros").click()
    for name in (ZOE, YANN):
        await expect(muted(agent, name)).to_be_visible()
    await expect(muted(reader, CAMILLE)).to_have_count(0)  # hosts are spared
    await expect(agent.get_by_role("button", name="Couper tous les micros")).to_be_disabled()


async def test_who_is_sent_out_comes_back_and_who_is_banned_does_not(app: App, browse: Browse) -> None:
    browse.expect_error("403")
    meeting = await plan(app)
    agent, editor = [await inside(browse, app, meeting, role) for role in ("agent", "editor")]
    await people(agent)
    await choose(agent, ZOE, "Faire sortir de la salle")
    await expect(editor.get_by_text("vous a fait sortir de la salle")).to_be_visible()
    await expect(tile(agent, ZOE)).to_have_count(0)
    await editor.get_by_role("button", name="Rejoindre").click()
    await expect(tile(agent, ZOE)).to_be_visible()
    await choose(agent, ZOE, "Exclure définitivement")
    await agent.get_by_role("dialog").get_by_role("button", name="Exclure définitivement").click()
    await expect(tile(agent, ZOE)).to_have_count(0)
    await expect(editor.get_by_text("Vous ne pouvez plus participer")).to_be_visible()
    await expect(editor.get_by_role("button", name="Rejoindre")).to_have_count(0)
    await editor.reload()
    await expect(editor.get_by_role("button", name="Rejoindre")).to_have_count(0)


async def test_a_locked_room_says_so_and_opens_again(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent, reader = [await inside(browse, app, meeting, role) for role in ("agent", "reader")]
    await people(agent)
    await agent.get_by_role("button", name="Verrouiller la salle").click()
    await people(reader)
    await expect(reader.get_by_text("La salle est verrouillée").first).to_be_visible()
    await reader.get_by_role("button", name="Quitter").click()
    await reader.get_by_role("button", name="Rejoindre").click()
    await expect(reader.locator(".door__notice")).to_contain_text("verrouillée")
    await agent.get_by_role("button", name="Rouvrir la salle").click()
    await reader.get_by_role("button", name="Rejoindre").click()
    await expect(tile(agent, YANN)).to_be_visible()


async def test_raised_hands_stand_in_their_order(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent, editor, reader = [await inside(browse, app, meeting, role) for role in ("agent", "editor", "reader")]
    await people(agent)
    hands = agent.locator(".room-hands li")
    for count, page in enumerate((reader, editor), 1):
        await page.get_by_role("button", name="Lever la main").click()
        await expect(hands).to_have_count(count)
    await expect(hands.nth(0)).to_contain_text(YANN)
    await expect(hands.nth(1)).to_contain_text(ZOE)
    await expect(tile(agent, ZOE).get_by_role("img", name="Main levée, numéro 2")).to_be_visible()
    await hands.nth(0).get_by_role("button", name="Baisser").click()
    await expect(hands).to_have_count(1)
    await expect(reader.get_by_role("button", name="Lever la main")).to_be_visible()
    await expect(editor.get_by_role("button", name="Baisser la main")).to_be_visible()


async def test_the_end_for_all_leaves_nobody(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent, editor = [await inside(browse, app, meeting, role) for role in ("agent", "editor")]
    await people(agent)
    await agent.get_by_role("button", name="Terminer pour tous").click()
    await agent.get_by_role("dialog").get_by_role("button", name="Terminer pour tous").click()
    for page in (agent, editor):
        await expect(page.get_by_text("La réunion est terminée pour tout le monde.")).to_be_visible(timeout=SLOW)
