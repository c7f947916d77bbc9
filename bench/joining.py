"""How long it takes to be in a meeting: from the click on "Rejoindre" to the first decoded picture, in Chromium."""

from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from playwright.async_api import Page, async_playwright, expect

from bench.account import signed_in
from bench.figures import Figure
from bench.server import Server, running
from tests.support.chromium import Browse, launch

_ROUNDS = 5
_SLOW_MS = 20_000

CLICK_TO_FRAME = """async () => {
  const started = performance.now();
  document.querySelector(".door__join").click();
  for (;;) {
    const video = document.querySelector(".tile video:not(.mirror)");
    if (video) {
      await new Promise((resolve) => video.requestVideoFrameCallback(resolve));
      return performance.now() - started;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}"""


async def measure() -> list[Figure]:
    """Milliseconds for the second person, the first being there; median and worst of several."""
    times: list[float] = []
    with running() as server, TemporaryDirectory() as folder:
        async with signed_in(server), async_playwright() as playwright:
            chromium = await launch(playwright)
            browse = Browse(chromium, Path(folder))
            first = await _at_the_door(browse, server, 0)
            await first.get_by_role("button", name="Rejoindre").click()
            await expect(first.get_by_role("button", name="Quitter")).to_be_visible(timeout=_SLOW_MS)
            for _ in range(_ROUNDS):
                second = await _at_the_door(browse, server, 1)
                times.append(await second.evaluate(CLICK_TO_FRAME))
                await second.get_by_role("button", name="Quitter").click()
                await second.context.close()
            await browse.close()
            await chromium.close()
    return [
        Figure("join: click to first decoded picture, median", median(times), "ms", 1000),
        Figure("the same, worst", max(times), "ms"),
    ]


async def _at_the_door(browse: Browse, server: Server, number: int) -> Page:
    account = server.demo["accounts"][number]
    page = await browse()
    page.set_default_timeout(_SLOW_MS)
    credentials = {"login": account["login"], "password": account["password"]}
    answer = await page.request.post(
        f"{server.url}/api/v1/sessions", data=credentials, headers={"Sec-Fetch-Site": "same-origin"}
    )
    if answer.status != 201:
        raise RuntimeError(f"{account['login']} could not sign in: {answer.status}")
    await page.goto(server.demo["pages"]["room"])
    await expect(page.get_by_label("Votre image")).to_be_visible(timeout=_SLOW_MS)
    return page
