"""The door of a room with a lobby, and guests without an account, in real browsers."""

from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Page, expect

from collab.core.access import Actor
from directory.sessions.keys import Keys
from meetings.calendar import service
from meetings.calendar.models import MeetingInput, MeetingKind
from meetings.rooms.guest_models import GuestLinkInput
from meetings.rooms.guests import create_link, revoke_link, secret_of
from tests.browser.test_room import PLACE, SLOW, at_the_door, inside, media_arrives, sign_in, tile
from tests.support.app import App
from tests.support.chromium import Browse, violations

pytestmark = pytest.mark.alone


async def plan(app: App, kind: MeetingKind) -> UUID:
    async with app.db.write() as tx:
        data = MeetingInput(title="Entretiens d’embauche", starts_at=tx.now, kind=kind)
        return (await service.create_meeting(tx, app.actor("agent"), app.space, data, PLACE)).id


async def link(app: App, meeting: UUID, name: str | None = None) -> tuple[str, UUID]:
    """The address of a link, and its id."""
    keys = app.deps.part(Keys)
    actor: Actor = app.actor("agent")
    async with app.db.write() as tx:
        made = await create_link(tx, actor, keys, meeting, GuestLinkInput(name=name))
    return f"{app.url}/g/{secret_of(keys, made.id)}", made.id


async def guest(browse: Browse, address: str, name: str, **options: Any) -> Page:
    """Somebody without an account before the door, their devices open."""
    page = await browse(**options)
    page.set_default_timeout(SLOW)
    await page.goto(address)
    if name:
        await page.get_by_label("Votre nom").fill(name)
    await page.get_by_role("button", name="Continuer").click()
    await expect(page.get_by_label("Votre image")).to_be_visible(timeout=SLOW)
    return page


async def test_candidates_are_let_in_one_by_one_and_never_learn_of_each_other(app: App, browse: Browse) -> None:
    meeting = await plan(app, MeetingKind.LOBBY)
    first, _ = await link(app, meeting, "Ada Lovelace")
    second, _ = await link(app, meeting)
    host = await inside(browse, app, meeting, "agent")
    ada, grace = await guest(browse, first, ""), await guest(browse, second, "Grace <i>Hopper</i>")
    for page in (ada, grace):
        await page.get_by_role("button", name="Rejoindre").click()
        await expect(page.get_by_text("va vous faire entrer").first).to_be_visible()
    await expect(host.locator("#toasts")).to_contain_text("Ada Lovelace attend")
    await host.get_by_role("button", name="Personnes").click()
    lobby = host.locator(".room-lobby li")
    await expect(lobby).to_have_count(2)
    await host.get_by_label("Message aux personnes qui attendent").fill("Nous avons cinq minutes de retard.")
    await host.keyboard.press("Enter")
    for page in (ada, grace):
        await expect(page.get_by_text("Nous avons cinq minutes de retard.")).to_be_visible()
    await lobby.filter(has_text="Ada Lovelace").get_by_role("button", name="Faire entrer").click()
    await expect(tile(host, "Ada Lovelace")).to_be_visible()
    await expect(ada.get_by_role("button", name="Quitter")).to_be_visible()
    await expect(ada.get_by_role("button", name="Discussion")).to_have_count(0)
    await expect(tile(ada, "Camille Roche")).to_be_visible()
    await media_arrives(host)
    assert "Grace" not in await ada.content()
    for name in ("Ada", "Camille"):
        assert name not in await grace.content()
    await lobby.filter(has_text="Grace <i>Hopper</i>").get_by_role("button", name="Refuser").click()
    await expect(grace.locator(".door__notice")).to_contain_text("ne vous ont pas fait entrer")
    await expect(lobby).to_have_count(0)
    await ada.reload()  # the same guest, at once
    await ada.get_by_role("button", name="Rejoindre").click()
    await expect(tile(host, "Ada Lovelace")).to_have_count(1)
    await expect(ada.get_by_role("button", name="Quitter")).to_be_visible()


async def test_a_member_waits_and_reads_the_chat_once_inside(app: App, browse: Browse) -> None:
    meeting = await plan(app, MeetingKind.LOBBY)
    host = await inside(browse, app, meeting, "agent")
    await host.get_by_role("button", name="Discussion").click()
    await host.get_by_label("Votre message").fill("Avant vous")
    await host.keyboard.press("Enter")
    await expect(host.get_by_role("log").get_by_text("Avant vous")).to_be_visible()
    zoe = await at_the_door(browse, app.url, meeting, "editor")
    await zoe.get_by_role("button", name="Rejoindre").click()
    await expect(zoe.get_by_text("va vous faire entrer").first).to_be_visible()
    assert "Camille" not in await zoe.content()
    await host.get_by_role("button", name="Personnes").click()
    await host.get_by_role("button", name="Faire entrer Zoé Delattre").click()
    await zoe.get_by_role("button", name="Discussion").click()
    await expect(zoe.get_by_role("log").get_by_text("Avant vous")).to_be_visible()


async def test_a_public_room_lets_guests_in_until_the_link_is_revoked(app: App, browse: Browse) -> None:
    browse.expect_error("404|unauthenticated|WebSocket")
    meeting = await plan(app, MeetingKind.PUBLIC)
    address, number = await link(app, meeting)
    host = await inside(browse, app, meeting, "agent")
    ada = await guest(browse, address, "Ada Lovelace")
    await ada.get_by_role("button", name="Rejoindre").click()
    await expect(tile(host, "Ada Lovelace")).to_be_visible()
    async with app.db.write() as tx:
        await revoke_link(tx, app.actor("agent"), meeting, number)
    await expect(tile(host, "Ada Lovelace")).to_have_count(0)
    await expect(ada.get_by_role("button", name="Quitter")).to_have_count(0)
    await ada.goto(address)
    await expect(ada.get_by_text("Ce lien n’ouvre aucune réunion")).to_be_visible()


async def test_links_are_made_and_revoked_on_the_meetings_page(app: App, browse: Browse) -> None:
    page = await sign_in(browse, app.url, "agent")
    await page.goto(f"{app.url}/meetings/new")
    await page.get_by_label("Titre").fill("Entretiens")
    await page.get_by_label("Salle d’attente").first.check()
    await page.get_by_role("button", name="Prévoir la réunion").click()
    await page.get_by_label("Nom de la personne").fill("Ada Lovelace")
    await page.get_by_role("button", name="Créer un lien").click()
    row = page.locator(".guest-link", has_text="Ada Lovelace")
    await row.get_by_role("button", name="Afficher").click()
    await expect(row.locator("code")).to_contain_text(f"{app.url}/g/")
    await row.get_by_role("button", name="Révoquer").click()
    await page.get_by_role("dialog").get_by_role("button").last.click()
    await expect(page.locator(".guest-link")).to_have_count(0)


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_doors_are_accessible_and_hold(app: App, browse: Browse, scheme: Any, width: int) -> None:
    meeting = await plan(app, MeetingKind.LOBBY)
    address, _ = await link(app, meeting)
    options = {"color_scheme": scheme, "viewport": {"width": width, "height": 740}, "bypass_csp": True}

    async def check(page: Page, what: str) -> None:
        await page.evaluate("document.fonts.ready")
        assert await violations(page) == [], what
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), what

    host = await inside(browse, app, meeting, "agent", **options)
    name = await browse(**options)
    await name.goto(address)
    await check(name, "name")
    ada = await guest(browse, address, "Ada Lovelace", **options)
    await check(ada, "guest-door")
    await ada.get_by_role("button", name="Rejoindre").click()
    await expect(ada.get_by_text("va vous faire entrer").first).to_be_visible()
    await check(ada, "waiting")
    await host.get_by_role("button", name="Personnes").click()
    await expect(host.locator(".room-lobby li")).to_have_count(1)
    await check(host, "lobby")
    await host.goto(f"{app.url}/meetings/{meeting}")
    await check(host, "meeting")
    await host.goto(f"{app.url}/meetings/new")
    await check(host, "new")
