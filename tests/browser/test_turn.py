"""Where nothing but a relay is left: browsers that may only use TURN join through the one that the settings name."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.browser.test_room import SLOW, inside, media_arrives, plan
from tests.support.app import running
from tests.support.chromium import Browse
from tests.support.coturn import Coturn

pytestmark = pytest.mark.alone

RELAY_ONLY = """
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(options) { super({ ...options, iceTransportPolicy: "relay" }); }
    setConfiguration(options) { super.setConfiguration({ ...options, iceTransportPolicy: "relay" }); }
  };
"""
PATHS = """async () => {
  const found = [];
  for (const peer of window.peers) {
    const all = await peer.getStats();
    for (const report of all.values()) {
      const pair = report.type === "transport" && all.get(report.selectedCandidatePairId);
      const local = pair && all.get(pair.localCandidateId);
      if (local) found.push(`${local.candidateType} ${local.relayProtocol}`);
    }
  }
  return found;
}"""


@pytest.fixture
def coturn() -> Iterator[Coturn]:
    server = Coturn()
    yield server
    server.stop()


@pytest.mark.parametrize("protocol", ["udp", "tcp"])
async def test_two_people_meet_through_a_relay(coturn: Coturn, protocol: str, tmp_path: Path, browse: Browse) -> None:
    media = {"turn_urls": [coturn.url(protocol)], "turn_secret": coturn.secret}
    async with running(tmp_path, media=media) as app:
        meeting = await plan(app)

        async def enter(role: str) -> Page:
            page = await browse()
            await page.context.add_init_script(RELAY_ONLY)
            return await inside(browse, app, meeting, role, of=page)

        agent, editor = await enter("agent"), await enter("editor")
        await media_arrives(agent)
        await media_arrives(editor)
        for page in (agent, editor):
            assert await page.evaluate(PATHS) == [f"relay {protocol}"] * 2
        await agent.get_by_role("button", name="Quitter").click()
        await expect(agent.get_by_role("button", name="Quitter")).to_have_count(0, timeout=SLOW)
        for page in (agent, editor):
            await page.goto("about:blank")
