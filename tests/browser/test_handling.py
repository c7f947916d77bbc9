"""Keys, reactions, troubled connections and devices that come and go, as people meet them in the room."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from meetings.media import port as media
from meetings.rooms.live import Rooms
from tests.browser.test_room import at_the_door, inside, media_arrives, plan, sign_in, tile
from tests.support.app import App
from tests.support.chromium import Browse, comes_true, violations

pytestmark = pytest.mark.alone

CAMILLE, ZOE = "Camille Roche", "Zoé Delattre"

# Keeps the tracks that the page opened, so that a test can take the device away.
OPENED = """
  window.opened = [];
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    window.opened.push(...stream.getTracks());
    return stream;
  };
"""


def muted(page: Page, name: str) -> Any:
    return tile(page, name).get_by_role("img", name="Micro coupé")


async def unplug(page: Page, kind: str) -> None:
    """The last opened device of this kind ends, as the browser says it."""
    await page.evaluate(
        "(kind) => { const track = window.opened.filter((one) => one.kind === kind).at(-1);"
        " track.stop(); track.dispatchEvent(new Event('ended')); }",
        kind,
    )


async def settings(page: Page) -> Any:
    await page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Appareils et raccourcis")
    await expect(dialog).to_be_visible()
    return dialog


async def test_single_keys_do_what_the_list_says_until_they_are_switched_off(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    editor = await inside(browse, app, meeting, "editor")
    page = await inside(browse, app, meeting, "agent")
    for key, shown in (("m", "Ouvrir le micro"), ("v", "Ouvrir la caméra"), ("l", "Baisser la main")):
        await page.keyboard.press(key)
        await expect(page.get_by_role("button", name=shown, exact=True)).to_be_visible()
    await page.keyboard.press("d")
    await expect(page.get_by_label("Votre message")).to_be_focused()
    await page.keyboard.type("mvl? merci")
    await expect(page.get_by_label("Votre message")).to_have_value("mvl? merci")
    await expect(page.get_by_role("button", name="Baisser la main")).to_be_visible()
    await page.keyboard.press("Escape")
    dialog = await settings(page)
    await dialog.get_by_label("Des touches seules agissent").uncheck()
    await page.keyboard.press("Escape")
    await page.keyboard.press("m")
    await page.keyboard.press("l")
    await expect(page.get_by_role("button", name="Baisser la main")).to_be_visible()
    await expect(muted(editor, CAMILLE)).to_be_visible()
    await page.reload()
    await page.get_by_role("button", name="Rejoindre").click()
    await page.keyboard.press("p")
    await expect(page.get_by_role("heading", name="Réunion de chantier")).to_be_visible()
    await expect(page.get_by_role("heading", name="Personnes")).to_have_count(0)


async def test_the_space_bar_is_held_to_speak(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent, editor = [await inside(browse, app, meeting, role) for role in ("agent", "editor")]
    await agent.get_by_role("button", name="Couper le micro").click()  # which leaves the focus on it
    await expect(muted(editor, CAMILLE)).to_be_visible()
    await agent.keyboard.down(" ")
    await expect(muted(editor, CAMILLE)).to_have_count(0)
    await expect(agent.locator("#announcements")).to_contain_text("On vous entend.")
    await media_arrives(editor)
    await agent.keyboard.up(" ")
    await expect(muted(editor, CAMILLE)).to_be_visible()
    await expect(agent.locator("#announcements")).to_contain_text("de nouveau coupé")


async def test_a_reaction_is_seen_and_said_for_a_moment(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent, editor = [await inside(browse, app, meeting, role) for role in ("agent", "editor")]
    await expect(tile(editor, CAMILLE)).to_be_visible()

    async def react(what: str) -> None:
        await agent.locator(".room-react > summary").click()
        await agent.locator(".room-react").get_by_role("button", name=what).click()

    await react("Bravo")
    for page in (agent, editor):
        await expect(tile(page, CAMILLE).get_by_text("👏")).to_be_visible()
    await expect(editor.locator("#announcements")).to_contain_text(f"{CAMILLE} réagit")
    await expect(tile(editor, CAMILLE).get_by_text("👏")).to_have_count(0)
    await agent.evaluate(
        "for (let count = 0; count < 5; count++) document.querySelector('.room-react .menu__item').click()"
    )
    await expect(agent.locator("#toasts")).to_contain_text("Un instant avant de réagir de nouveau.")


async def test_a_troubled_connection_is_explained_to_all(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent, editor = [await inside(browse, app, meeting, role) for role in ("agent", "editor")]
    await expect(tile(agent, ZOE)).to_be_visible()
    rooms = app.deps.part(Rooms)
    (them,) = [key for key, one in rooms.state(meeting).participants.items() if one.name == ZOE]
    bad = media.ParticipantStats(str(them), 1, 1, 0.3, 0.0, None)
    for _ in range(2):
        rooms._hear(media.Stats(str(meeting), (bad,)))
    sign = "Mauvaise connexion – une partie de ce que cette personne envoie se perd en route"
    await expect(tile(agent, ZOE).get_by_role("img", name=sign)).to_be_visible()
    await expect(editor.locator(".room__connection")).to_contain_text("ce que vous envoyez se perd")
    await agent.keyboard.press("p")
    await expect(agent.locator(".room-people").get_by_text(sign)).to_be_visible()
    await expect(tile(agent, ZOE).get_by_role("img", name=sign)).to_have_count(0, timeout=15_000)  # it is over


async def test_an_unplugged_microphone_makes_way_and_a_camera_is_missed(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    editor = await inside(browse, app, meeting, "editor")
    agent = await sign_in(browse, app.url, "agent")
    await agent.add_init_script(OPENED)
    await agent.goto(f"{app.url}/meetings/{meeting}/room")
    await agent.get_by_role("button", name="Rejoindre").click()
    await media_arrives(editor)
    await unplug(agent, "audio")
    await expect(agent.locator("#toasts")).to_contain_text("On vous entend maintenant par un autre")
    await expect(muted(editor, CAMILLE)).to_have_count(0)
    await media_arrives(editor)
    await unplug(agent, "video")
    await expect(agent.locator("#toasts")).to_contain_text("On ne vous voit plus.")
    await expect(tile(editor, CAMILLE).locator("video")).to_have_count(0)
    await expect(agent.get_by_role("button", name="Ouvrir la caméra")).to_be_visible()


async def test_another_device_is_chosen_in_the_middle_of_the_meeting(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    agent, editor = [await inside(browse, app, meeting, role) for role in ("agent", "editor")]
    await media_arrives(editor)
    dialog = await settings(agent)
    before = await dialog.get_by_label("Micro").input_value()
    await dialog.get_by_label("Micro").select_option(index=2)
    after = await dialog.get_by_label("Micro").input_value()
    assert before != after
    await media_arrives(editor)
    await agent.reload()
    await expect(agent.get_by_role("combobox", name="Micro")).to_have_value(after)


async def test_what_was_off_at_the_door_is_off_the_next_time(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    page = await at_the_door(browse, app.url, meeting, "agent")
    await page.get_by_role("button", name="Caméra", exact=True).click()
    await expect(page.get_by_text("Votre caméra est coupée.")).to_be_visible()
    await page.add_init_script(OPENED)
    await page.reload()
    await expect(page.get_by_text("Votre caméra est coupée.")).to_be_visible()
    await comes_true(page, "window.opened.length === 1 && window.opened[0].kind === 'audio'")


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_state_is_accessible_and_holds(app: App, browse: Browse, scheme: Any, width: int) -> None:
    meeting = await plan(app)
    size = {"width": width, "height": 640}
    page = await inside(browse, app, meeting, "agent", color_scheme=scheme, viewport=size, bypass_csp=True)
    rooms = app.deps.part(Rooms)
    (me,) = rooms.state(meeting).participants

    async def check(what: str) -> None:
        assert await violations(page) == [], what
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), what

    await page.locator(".room-react > summary").click()
    await check("reactions")
    await page.locator(".room-react").get_by_role("button", name="Cœur").click()
    await expect(tile(page, CAMILLE).get_by_text("❤️")).to_be_visible()
    await check("reaction")
    for _ in range(2):
        rooms._hear(media.Stats(str(meeting), (media.ParticipantStats(str(me), 1, 1, 0.3, 0.0, None),)))
    await page.keyboard.press("p")
    await expect(page.locator(".room-people .room-line")).to_be_visible()
    await check("line")
    await settings(page)
    await check("settings")
