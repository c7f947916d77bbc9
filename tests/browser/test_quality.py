"""The hosts' panel: how everybody is connected, in the person's language, on any screen."""

import re

import pytest
from playwright.async_api import expect

from tests.browser.test_room import inside, media_arrives, plan
from tests.support.app import App
from tests.support.chromium import Browse, violations

pytestmark = pytest.mark.alone

SLOW = 15_000


async def test_a_host_sees_how_everybody_is_connected(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    host = await inside(browse, app, meeting, "agent")
    editor = await inside(browse, app, meeting, "editor")
    await media_arrives(host)
    await media_arrives(editor)
    await host.get_by_role("button", name="Personnes").click()
    await host.get_by_role("button", name="Qualité des connexions").click()
    panel = host.get_by_role("complementary", name="Qualité des connexions")
    await expect(host.get_by_role("heading", name="Qualité des connexions")).to_be_focused()
    other = panel.get_by_role("listitem").filter(has_text="Zoé Delattre")
    await expect(other).to_contain_text(re.compile(r"Envoie\s*[\d,]+\s[kM]bit/s"), timeout=SLOW)
    await expect(other).to_contain_text(re.compile(r"Images\s*\d+p"), timeout=SLOW)
    await expect(other).to_contain_text("Image figée", timeout=SLOW)
    await expect(other).to_contain_text(re.compile(r"Aller-retour\s*\d+\sms"), timeout=SLOW)
    for width, scheme in ((1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")):
        await host.set_viewport_size({"width": width, "height": 720})
        await host.emulate_media(color_scheme="light" if scheme == "light" else "dark")
        await host.screenshot(path=browse.pictures / f"quality-{width}-{scheme}.png")
        assert await violations(host) == []
        wide = await host.evaluate("document.documentElement.scrollWidth - innerWidth")
        inner = await host.evaluate(
            "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.room-quality'))"
        )
        assert (wide, inner) == (0, 0), "nothing is wider than the screen"
    await host.keyboard.press("Escape")
    await expect(panel).to_be_hidden()
    await expect(host.get_by_role("button", name="Personnes")).to_be_focused()
    await editor.get_by_role("button", name="Personnes").click()
    await expect(editor.get_by_role("complementary", name="Personnes")).to_be_visible()
    await expect(editor.get_by_role("button", name="Qualité des connexions")).to_have_count(0)
