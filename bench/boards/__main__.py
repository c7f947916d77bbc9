"""`python -m bench.boards [--write]`: boards of 1,000 and 10,000 cards in Chromium.

Usable: from asking for the address, with a cold cache, until the first of all cards opens its dialog when clicked.
Scrolling: the wheel turns over a column for ten seconds; a frame is the time between two of its animation frames. The
boards come in through an import, which is timed too. `--write` keeps the table.
"""

import argparse
import asyncio
import statistics
import time
from typing import Any

import aiohttp
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from bench import figures
from bench.figures import Figure
from bench.server import Server, running
from tests.support.app import SAME_ORIGIN
from tests.support.chromium import launch

SECONDS = 10
TURNS = 7
FRAMES = """() => {
  window.frames_ = [];
  let last = performance.now();
  const look = (now) => { window.frames_.push(now - last); last = now; window.looking_ = requestAnimationFrame(look); };
  window.looking_ = requestAnimationFrame(look);
}"""


async def main(write: bool) -> None:
    """Measure and print."""
    found: list[Figure] = []
    with running() as server:
        small, large = [await imported(server, count, found) for count in (1_000, 10_000)]
        async with async_playwright() as playwright:
            browser = await launch(playwright)
            times = [await usable(browser, server, small) for _ in range(TURNS)]
            found.append(Figure("1,000 cards, usable in the browser (median)", statistics.median(times), "ms", 1000))
            found.append(Figure("the same, worst", max(times), "ms"))
            times = [await usable(browser, server, large) for _ in range(3)]
            found.append(Figure("10,000 cards, usable in the browser (median)", statistics.median(times), "ms"))
            frames = await scrolled(browser, server, large)
            found.append(Figure("10,000 cards, longest frame of 10 s of scrolling", max(frames), "ms", 50))
            found.append(Figure("the same, frames over 50 ms", sum(one > 50 for one in frames), "frames", 0))
            found.append(Figure("the same, frames", len(frames), "frames"))
            await browser.close()
    print(figures.table(found))
    if write:
        figures.write("boards", figures.table(found))


def _agent(server: Server) -> dict[str, Any]:
    account: dict[str, Any] = next(one for one in server.demo["accounts"] if one["role"] == "agent")
    return account


async def imported(server: Server, count: int, found: list[Figure]) -> str:
    """A board of so many cards in four columns; gives its id."""
    rows = "".join(
        f"Carte {n} : réfection de la chaussée, tranche {n % 9};Étape {n % 4};2026-12-{n % 28 + 1:02};Lot {n % 5}\n"
        for n in range(count)
    )
    table = f"Titre;Colonne;Échéance;Étiquettes\n{rows}".encode()
    headers = {"Authorization": f"Bearer {_agent(server)['api_token']}"}
    async with aiohttp.ClientSession(f"{server.url}/api/v1/", headers=headers) as http:
        started, cpu = time.monotonic(), server.cpu()
        async with http.post(f"spaces/{server.demo['ids']['space']}/imports?name=cartes.csv", data=table) as answer:
            answer.raise_for_status()
            key = (await answer.json())["id"]
        async with http.post(f"imports/{key}/start") as answer:
            answer.raise_for_status()
        while True:
            async with http.get(f"imports/{key}") as answer:
                view = await answer.json()
            if view["state"] != "running":
                break
            await asyncio.sleep(0.2)
    if (view["state"], view["done"]) != ("done", count):
        raise RuntimeError(f"the import ended so: {view['state']} {view['failure']} {view['done']}")
    found.append(Figure(f"a CSV of {count:,} lines becomes a board", time.monotonic() - started, "s"))
    found.append(Figure("the same, CPU of the server", server.cpu() - cpu, "s"))
    return str(view["board"])


async def _context(browser: Browser, server: Server) -> BrowserContext:
    context = await browser.new_context(locale="fr-FR", viewport={"width": 1440, "height": 900})
    account = _agent(server)
    known = {"login": account["login"], "password": account["password"]}
    answer = await context.request.post(f"{server.url}/api/v1/sessions", data=known, headers=SAME_ORIGIN)
    if answer.status != 201:
        raise RuntimeError(f"signing in answered {answer.status}")
    return context


async def usable(browser: Browser, server: Server, board: str) -> float:
    """Milliseconds until a card opens."""
    context = await _context(browser, server)
    page = await context.new_page()
    started = time.monotonic()
    await page.goto(f"{server.url}/boards/{board}", wait_until="commit")
    card = page.locator("button.board-card__title").first
    await card.click()
    await page.locator("dialog[open]").wait_for()
    taken = 1000 * (time.monotonic() - started)
    await context.close()
    return taken


async def scrolled(browser: Browser, server: Server, board: str) -> list[float]:
    """The frames of ten seconds of scrolling, in milliseconds."""
    context = await _context(browser, server)
    page = await context.new_page()
    await page.goto(f"{server.url}/boards/{board}")
    await page.locator("button.board-card__title").first.wait_for()
    await _rest(page)
    await page.mouse.move(300, 500)
    await page.evaluate(FRAMES)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        await page.mouse.wheel(0, 400)
        await asyncio.sleep(0.016)
    frames: list[float] = await page.evaluate("() => { cancelAnimationFrame(window.looking_); return window.frames_; }")
    top = await page.evaluate(
        "() => Math.max(...[...document.querySelectorAll('.board-column__cards')].map(e => e.scrollTop))"
    )
    if top < 1000:
        raise RuntimeError(f"nothing was scrolled ({top} px)")
    await context.close()
    return frames[1:]


async def _rest(page: Page) -> None:
    """Until the page has nothing to do."""
    await page.evaluate("() => new Promise(done => requestIdleCallback(done))")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    asyncio.run(main(parser.parse_args().write))
