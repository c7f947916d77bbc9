"""The connection is tried at the door: each way, what the line carries, a verdict, a report."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, expect

from meetings.rooms import trials
from meetings.rooms.trials import Trials
from tests.browser.test_room import at_the_door, plan
from tests.browser.test_turn import coturn
from tests.support.app import App, running
from tests.support.chromium import Browse, comes_true, violations
from tests.support.coturn import Coturn
from tests.support.socket import connected

pytestmark = pytest.mark.alone

__all__ = ["coturn"]

LONG = 40_000
GOOD = "Votre connexion convient à une réunion avec son et images."
# As if a firewall let no UDP through: candidates of that kind do not reach the browser.
NO_UDP = """
  const set = RTCPeerConnection.prototype.setRemoteDescription;
  RTCPeerConnection.prototype.setRemoteDescription = function (given) {
    return set.call(this, { ...given, sdp: given.sdp.replace(/a=candidate:\\S+ \\d+ udp .*\\r\\n/gi, "") });
  };
"""


async def attempt(page: Page) -> Any:
    await page.get_by_role("button", name="Essayer la connexion").click()
    result = page.get_by_role("region", name="Résultat de l’essai")
    await expect(result).to_be_visible(timeout=LONG)
    return result


async def test_a_good_line_is_called_good_and_nothing_is_left(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    page = await at_the_door(browse, app.url, meeting, "agent", permissions=["clipboard-read", "clipboard-write"])
    result = await attempt(page)
    # A machine that is busy with other tests says so, rather than blaming the line.
    verdict = (await result.locator(".trial__verdict").inner_text()).strip()
    assert verdict == GOOD or "trop occupé" in verdict
    for way in ("UDP", "TCP"):
        await expect(result.locator("dl > div", has_text=way)).to_contain_text("passe, ")
    await expect(result.locator("dl > div", has_text="TURN")).to_have_count(0)
    await comes_true(
        page, "[...document.querySelectorAll('.trial dd')].filter((one) => /Mbit/.test(one.textContent)).length === 2"
    )
    print("trial:", " | ".join(await result.locator("dl > div").all_inner_texts()).replace("\n", " "))
    await result.get_by_role("button", name="Copier le compte rendu").click()
    copied = await page.evaluate("navigator.clipboard.readText()")
    assert verdict in copied and "Mbit/s" in copied and "Chrome" in copied
    assert app.deps.part(Trials).running == 0
    await page.get_by_role("button", name="Rejoindre").click()
    await expect(page.get_by_role("button", name="Quitter")).to_be_visible()


async def test_a_network_without_udp_is_told_from_one_that_is_good(app: App, browse: Browse) -> None:
    meeting = await plan(app)
    page = await at_the_door(browse, app.url, meeting, "agent")
    await page.evaluate(f"() => {{ {NO_UDP} }}")
    result = await attempt(page)
    await expect(result).to_contain_text(re.compile("ne laisse pas passer UDP|trop occupé"))
    await expect(result.locator("dl > div", has_text="UDP")).to_contain_text("ne passe pas")
    await expect(result.locator("dl > div", has_text="TCP")).to_contain_text("passe, ")


async def test_a_relay_is_tried_where_there_is_one(coturn: Coturn, tmp_path: Path, browse: Browse) -> None:
    media = {"turn_urls": [coturn.url("udp")], "turn_secret": coturn.secret}
    async with running(tmp_path, media=media) as app:
        page = await at_the_door(browse, app.url, await plan(app), "agent")
        result = await attempt(page)
        await expect(result.locator("dl > div", has_text="TURN")).to_contain_text("passe, ")
        await page.goto("about:blank")


async def test_who_has_to_wait_is_told(app: App, browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "AT_ONCE", 1)
    meeting = await plan(app)
    page = await at_the_door(browse, app.url, meeting, "agent")
    async with connected(app, "editor") as other:
        assert (await other.call("room.try", {"meeting": str(meeting)}))["ok"]
        await page.get_by_role("button", name="Essayer la connexion").click()
        await expect(page.get_by_role("alert")).to_contain_text("D’autres personnes essaient leur connexion.")
    await expect(page.get_by_role("button", name="Essayer la connexion")).to_be_enabled()


@pytest.mark.parametrize("width", [1280, 320])
async def test_the_result_is_accessible_and_holds(app: App, browse: Browse, width: int) -> None:
    meeting = await plan(app)
    size = {"width": width, "height": 640}
    page = await at_the_door(browse, app.url, meeting, "agent", viewport=size, bypass_csp=True)
    await page.get_by_role("button", name="Essayer la connexion").click()
    assert await violations(page) == []
    result = page.get_by_role("region", name="Résultat de l’essai")
    await expect(result).to_be_visible(timeout=LONG)
    await result.get_by_text("Compte rendu de l’essai", exact=True).click()
    assert await violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
