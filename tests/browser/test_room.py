"""Rooms in real browsers: people see and hear each other, write, share, are put out, and come back by themselves."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
import pytest
from playwright.async_api import Page, expect

from collab.spaces.service import remove_member
from meetings.calendar import service
from meetings.calendar.invitations import Place
from meetings.calendar.models import MeetingInput
from tests.support.app import PASSWORD, SAME_ORIGIN, App, running
from tests.support.chromium import Browse, comes_true, violations
from tests.support.joining import CLICK_TO_FRAME
from tests.support.ports import free_port
from tests.support.programs import Child

pytestmark = pytest.mark.alone

PLACE = Place("Europe/Paris", "http://127.0.0.1")
SLOW = 15_000

# Keeps the page's peer connections, so that a test can read what they have received.
SPY = """
  window.peers = [];
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) { super(...options); window.peers.push(this); }
  };
"""
RECEIVED = """async () => {
  const found = { frames: 0, energy: 0 };
  for (const peer of window.peers) {
    if (peer.connectionState !== "connected") continue;
    for (const report of (await peer.getStats()).values()) {
      if (report.type !== "inbound-rtp") continue;
      if (report.kind === "video") found.frames += report.framesDecoded ?? 0;
      else found.energy += report.totalAudioEnergy ?? 0;
    }
  }
  return found;
}"""


async def plan(app: App) -> UUID:
    """A meeting of now, to which the editor and the reader are invited."""
    invited = [app.people["editor"], app.people["reader"]]
    async with app.db.write() as tx:
        data = MeetingInput(title="Réunion de chantier", starts_at=tx.now, invitees=invited)
        return (await service.create_meeting(tx, app.actor("agent"), app.space, data, PLACE)).id


async def sign_in(browse: Browse, url: str, role: str, **options: Any) -> Page:
    page = await browse(**options)
    page.set_default_timeout(SLOW)
    await page.add_init_script(SPY)
    answer = await page.request.post(
        f"{url}/api/v1/sessions", data={"login": role, "password": PASSWORD}, headers=SAME_ORIGIN
    )
    assert answer.status == 201
    return page


async def at_the_door(browse: Browse, url: str, meeting: UUID, role: str, **options: Any) -> Page:
    """A page before the door, its devices open."""
    page = await sign_in(browse, url, role, **options)
    await page.goto(f"{url}/meetings/{meeting}/room")
    await expect(page.get_by_label("Votre image")).to_be_visible(timeout=SLOW)
    return page


async def inside(browse: Browse, app: App, meeting: UUID, role: str, **options: Any) -> Page:
    page = await at_the_door(browse, app.url, meeting, role, **options)
    await page.get_by_role("button", name="Rejoindre").click()
    await expect(page.get_by_role("button", name="Quitter")).to_be_visible(timeout=SLOW)
    return page


async def media_arrives(page: Page, seconds: float = 15) -> None:
    """Pictures are decoded and sound is heard, more and more of both."""
    before = await page.evaluate(RECEIVED)
    deadline = time.monotonic() + seconds
    while True:
        now = await page.evaluate(RECEIVED)
        if now["frames"] > before["frames"] + 5 and now["energy"] > before["energy"]:
            return
        assert time.monotonic() < deadline, (before, now)
        await asyncio.sleep(0.1)


def tile(page: Page, name: str) -> Any:
    return page.locator(".tile.person", has_text=name)


async def test_two_people_see_and_hear_each_other(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent = await inside(browse, app, meeting, "agent")
    editor = await at_the_door(browse, app.url, meeting, "editor")
    await expect(editor.get_by_text("Dans la salle : Camille Roche")).to_be_visible()
    took = await editor.evaluate(CLICK_TO_FRAME)
    print(f"join: click to first decoded frame {took:.0f} ms")
    for page, other in ((agent, "Zoé Delattre"), (editor, "Camille Roche")):
        await expect(tile(page, other)).to_be_visible()
        await media_arrives(page)


async def test_a_message_arrives_and_stays(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent, editor = [await inside(browse, app, meeting, role) for role in ("agent", "editor")]
    await agent.get_by_role("button", name="Discussion").click()
    await agent.get_by_label("Votre message").fill("Bonjour à <tous>")
    await agent.keyboard.press("Enter")
    chat = editor.get_by_role("button", name="Discussion")
    await expect(chat).to_contain_text("1 non lus")
    await chat.click()
    await expect(editor.get_by_role("log").get_by_text("Bonjour à <tous>")).to_be_visible()
    await expect(chat).not_to_contain_text("non lus")
    await editor.reload()
    await editor.get_by_role("button", name="Rejoindre").click()
    await editor.get_by_role("button", name="Discussion").click()
    await expect(editor.get_by_role("log").get_by_text("Bonjour à <tous>")).to_be_visible()


async def test_a_message_written_without_a_server_waits_and_leaves_once(app: App, browse: Browse) -> None:
    browse.expect_error("ERR_INTERNET_DISCONNECTED")
    meeting = await plan(app)
    agent, editor = [await inside(browse, app, meeting, role) for role in ("agent", "editor")]
    await editor.get_by_role("button", name="Discussion").click()
    await agent.get_by_role("button", name="Discussion").click()
    await agent.context.set_offline(True)
    await agent.get_by_label("Votre message").fill("Plus tard")
    await agent.keyboard.press("Enter")
    await expect(agent.get_by_text("Gardé ici")).to_be_visible()
    await agent.context.set_offline(False)
    await expect(editor.get_by_role("log").get_by_text("Plus tard")).to_have_count(1)
    await expect(agent.get_by_text("Gardé ici")).to_have_count(0)
    await expect(agent.get_by_role("log").get_by_text("Plus tard")).to_have_count(1)


async def test_who_is_muted_shows(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent, editor = [await inside(browse, app, meeting, role) for role in ("agent", "editor")]
    muted = tile(editor, "Camille Roche").get_by_role("img", name="Micro coupé")
    await media_arrives(editor)
    await expect(muted).to_have_count(0)
    await agent.get_by_role("button", name="Couper le micro").click()
    await expect(muted).to_be_visible()
    await agent.get_by_role("button", name="Ouvrir le micro").click()
    await expect(muted).to_have_count(0)
    await agent.get_by_role("button", name="Couper la caméra").click()
    await expect(tile(editor, "Camille Roche").locator("video")).to_have_count(0)
    await agent.get_by_role("button", name="Ouvrir la caméra").click()
    await expect(tile(editor, "Camille Roche").locator("video")).to_be_visible()
    await media_arrives(editor)


async def test_a_shared_screen_is_seen_until_it_ends(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent, editor = [await inside(browse, app, meeting, role) for role in ("agent", "editor")]
    await agent.get_by_role("button", name="Partager l’écran").click()
    screen = editor.get_by_label("Écran de Camille Roche", exact=True)
    await expect(screen).to_be_visible()
    await comes_true(editor, "document.querySelector('.tile.screen video').videoWidth > 0")
    await agent.get_by_role("button", name="Arrêter le partage").click()
    await expect(screen).to_have_count(0)
    await agent.get_by_role("button", name="Partager l’écran").click()
    await expect(screen).to_be_visible()


async def test_who_leaves_is_gone_and_may_come_back(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent, editor = [await inside(browse, app, meeting, role) for role in ("agent", "editor")]
    await expect(tile(agent, "Zoé Delattre")).to_be_visible()
    await editor.get_by_role("button", name="Quitter").click()
    await expect(editor.get_by_text("Vous avez quitté la réunion.")).to_be_visible()
    await expect(tile(agent, "Zoé Delattre")).to_have_count(0)
    await editor.get_by_role("button", name="Rejoindre").click()
    await expect(tile(agent, "Zoé Delattre")).to_have_count(1)
    await media_arrives(agent)
    await editor.close()
    await expect(tile(agent, "Zoé Delattre")).to_have_count(0, timeout=3_000)  # a closed page leaves no ghost


async def test_who_loses_the_right_is_put_out_and_told(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent, reader = [await inside(browse, app, meeting, role) for role in ("agent", "reader")]
    async with app.db.write() as tx:
        await service.uninvite(tx, app.actor("agent"), meeting, app.people["reader"], PLACE)
    await expect(tile(agent, "Yann Kermorgant")).to_be_visible()  # still in the space
    async with app.db.write() as tx:
        await remove_member(tx, app.actor("agent"), app.space, app.unit)
    await expect(tile(agent, "Yann Kermorgant")).to_have_count(0)
    await expect(reader.get_by_text("Vous ne pouvez plus participer à cette réunion.")).to_be_visible()
    await expect(reader.get_by_role("button", name="Rejoindre")).to_have_count(0)


async def test_a_lost_network_is_said_and_heals_by_itself(app: App, browse: Browse) -> None:
    browse.expect_error("ERR_INTERNET_DISCONNECTED")
    meeting = await plan(app)
    agent, editor = [await inside(browse, app, meeting, role) for role in ("agent", "editor")]
    await media_arrives(agent)
    await agent.context.set_offline(True)  # the socket is cut; UDP is not, in this browser
    await expect(tile(editor, "Camille Roche")).to_contain_text("De retour dans un instant", timeout=SLOW)
    await agent.context.set_offline(False)
    await expect(tile(editor, "Camille Roche")).not_to_contain_text("De retour dans un instant", timeout=SLOW)
    await expect(tile(editor, "Camille Roche")).to_have_count(1)
    await media_arrives(agent)
    await media_arrives(editor)


async def test_what_is_muted_while_the_network_is_away_is_told_when_it_is_back(app: App, browse: Browse) -> None:
    browse.expect_error("ERR_INTERNET_DISCONNECTED")
    meeting = await plan(app)
    agent, editor = [await inside(browse, app, meeting, role) for role in ("agent", "editor")]
    await media_arrives(agent)
    muted = tile(editor, "Camille Roche").get_by_role("img", name="Micro coupé")
    for button, count in (("Couper le micro", 1), ("Ouvrir le micro", 0)):
        await agent.context.set_offline(True)
        await expect(tile(editor, "Camille Roche")).to_contain_text("De retour dans un instant", timeout=SLOW)
        await agent.get_by_role("button", name=button).click()
        await agent.context.set_offline(False)
        await expect(tile(editor, "Camille Roche")).not_to_contain_text("De retour dans un instant", timeout=SLOW)
        await expect(muted).to_have_count(count)


async def test_the_door_without_devices_explains_and_lets_in(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    page = await sign_in(browse, app.url, "agent", permissions=[])
    await page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));"
    )
    await page.goto(f"{app.url}/meetings/{meeting}/room")
    await expect(page.get_by_text("n’autorise pas cette page à utiliser le micro")).to_be_visible()
    await expect(page.get_by_text("n’autorise pas cette page à utiliser la caméra")).to_be_visible()
    await page.get_by_role("button", name="Rejoindre").click()
    await expect(tile(page, "Camille Roche").get_by_role("img", name="Micro coupé")).to_be_visible()


async def test_the_speaker_is_tried_before_the_door(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    page = await at_the_door(browse, app.url, meeting, "agent")
    await page.evaluate(
        "() => { window.played = new Promise((done) => { const play = HTMLMediaElement.prototype.play;"
        " HTMLMediaElement.prototype.play = function () {"
        " done([this.srcObject.getAudioTracks().length, this.sinkId]); return play.call(this); }; }); }"
    )
    await page.get_by_label("Haut-parleur").select_option(index=1)
    chosen = await page.get_by_label("Haut-parleur").input_value()
    await page.get_by_role("button", name="Essayer le haut-parleur").click()
    await expect(page.locator("#toasts")).to_contain_text("deux notes")
    assert await page.evaluate("window.played") == [1, chosen]


async def test_from_the_home_page_it_takes_two_clicks(app: App, browse: Browse) -> None:
    await plan(app)
    page = await sign_in(browse, app.url, "agent")
    await page.goto(f"{app.url}/")
    await page.get_by_role("link", name="Rejoindre").first.click()
    await page.get_by_role("button", name="Rejoindre").click()
    await expect(page.get_by_role("button", name="Quitter")).to_be_visible()


async def test_everything_is_reached_with_the_keyboard(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    page = await at_the_door(browse, app.url, meeting, "agent")
    await page.get_by_role("button", name="Rejoindre").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Réunion de chantier")).to_be_focused()
    await page.get_by_role("button", name="Personnes").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Personnes")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("button", name="Personnes")).to_be_focused()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Quitter")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name="Rejoindre")).to_be_focused()


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_state_is_accessible_and_holds(app: App, browse: Browse, scheme: Any, width: int) -> None:
    meeting = await plan(app)
    size = {"width": width, "height": 740}
    page = await sign_in(browse, app.url, "agent", color_scheme=scheme, viewport=size, bypass_csp=True)

    async def check(what: str) -> None:
        await page.evaluate("document.fonts.ready")
        assert await violations(page) == [], what
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), what

    for path in ("/meetings", "/meetings/new", f"/meetings/{meeting}", f"/meetings/{meeting}/edit"):
        await page.goto(app.url + path)
        await check(path)
    await page.goto(f"{app.url}/meetings/{meeting}/room")
    await expect(page.get_by_label("Votre image")).to_be_visible()
    await check("door")
    await page.get_by_role("button", name="Rejoindre").click()
    for panel in ("Discussion", "Personnes"):
        await page.get_by_role("button", name=panel).click()
        await check(panel)
    await page.get_by_role("button", name="Personnes").click()
    await page.get_by_role("button", name="Couper le micro").click()
    await check("room")
    await page.get_by_role("button", name="Quitter").click()
    await check("left")


async def test_people_are_chosen_with_the_keyboard(app: App, browse: Browse) -> None:
    page = await sign_in(browse, app.url, "agent")
    await page.goto(f"{app.url}/meetings/new")
    await page.get_by_label("Titre").fill("Point")
    field = page.get_by_role("combobox", name="Personnes invitées")
    await field.fill("zoe")
    await expect(page.get_by_role("option", name="Zoé Delattre")).to_be_visible()
    await field.press("Enter")
    await page.get_by_role("button", name="Prévoir la réunion").click()
    await expect(page.get_by_role("heading", name="Point")).to_be_visible()
    await expect(page.locator("#invited").get_by_text("Zoé Delattre")).to_be_visible()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[str, UUID, Any]]:
    """A server in a process of its own: its address, a meeting, and how to start it (again)."""
    port = free_port()
    async with running(tmp_path) as app:
        meeting = await plan(app)
    url = f"http://127.0.0.1:{port}"
    settings = [f"HEMICYCLE_PORT={port}", f"HEMICYCLE_DATA={tmp_path}"]
    command = ["env", *settings, f"HEMICYCLE_DATABASE_URL=sqlite:///{tmp_path}/hemicycle.sqlite3"]
    started: list[Child] = []

    async def start() -> Child:
        child = Child([*command, sys.executable, "-m", "web.cli", "serve"], tmp_path / "server.log")
        started.append(child)
        async with aiohttp.ClientSession() as session:
            while child.process.poll() is None:
                try:
                    async with session.get(f"{url}/health") as answer:
                        if answer.status == 200:
                            return child
                except aiohttp.ClientError:
                    await asyncio.sleep(0.05)
        raise AssertionError(child.tail())

    yield url, meeting, start
    for child in started:
        child.stop()


async def test_a_killed_server_that_returns_has_everybody_back(served: tuple[str, UUID, Any], browse: Browse) -> None:
    browse.expect_error("ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|WebSocket")
    url, meeting, start = served
    server = await start()
    pages = [await at_the_door(browse, url, meeting, role) for role in ("agent", "editor")]
    for page in pages:
        await page.get_by_role("button", name="Rejoindre").click()
    for page in pages:
        await media_arrives(page)
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    for page in pages:
        await expect(page.get_by_text("Vous serez de retour sans rien faire")).to_be_visible(timeout=SLOW)
    await start()
    answered = time.monotonic()
    for page, other in zip(pages, ("Zoé Delattre", "Camille Roche"), strict=True):
        await page.evaluate("window.peers.length = 0")  # what was received before says nothing
        await expect(tile(page, other)).to_have_count(1)
    await asyncio.gather(*(media_arrives(page) for page in pages))
    took = time.monotonic() - answered
    print(f"restart: server answers to both see and hear each other {took:.1f} s")
    assert took < 5
