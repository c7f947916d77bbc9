"""Debian's Chromium through Playwright: one browser per test process, one fresh context per page.

tests/conftest.py makes the fixtures `chromium` and `browse` of it. Camera and microphone are Chromium's
own fakes. A page that logs an error or lets one escape fails its test, unless the test announced it.
"""

import asyncio
import re
import time
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Error, Page, Playwright

from tests.support.programs import find_program

FLAGS = [
    "--no-sandbox",  # the tests may run as root, where Chromium's sandbox does not start
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MOVING = """new Promise(done => requestAnimationFrame(() => done(document.getAnimations()
  .filter(one => one.playState === "running" && one.effect.getComputedTiming().endTime < Infinity)
  .map(one => one.effect.target?.outerHTML.slice(0, 80)))))"""


async def launch(playwright: Playwright, *flags: str) -> Browser:
    """Start headless Chromium with the flags above and `flags`."""
    program = find_program("chromium", "chromium")
    return await playwright.chromium.launch(executable_path=program, args=[*FLAGS, *flags])


class Browse:
    """Opens pages for one test and collects what goes wrong in them.

    `page = await browse()` is a person at their own computer: cookies are shared with no other page.
    `await browse(of=page)` is another tab of the same person.
    """

    def __init__(self, browser: Browser, pictures: Path) -> None:
        self.pictures = pictures
        self.errors: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._expected: list[re.Pattern[str]] = []

    async def __call__(self, of: Page | None = None, **options: Any) -> Page:
        """A new page; `options` are those of Playwright's `new_context` (viewport, color_scheme, locale…)."""
        context = of.context if of is not None else await self._new_context(options)
        page = await context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", self._escaped)
        return page

    def expect_error(self, pattern: str) -> None:
        """Errors that match `pattern` (a regular expression) belong to this test and do not fail it."""
        self._expected.append(re.compile(pattern))

    async def close(self) -> None:
        """Close all pages, then fail on errors that were not announced."""
        for number, context in enumerate(self._contexts):
            if self._unexpected():
                for place, page in enumerate(context.pages):
                    await page.screenshot(path=self.pictures / f"{number}-{place}.png")
            await context.close()
        if errors := self._unexpected():
            raise AssertionError("the pages reported errors:\n" + "\n".join(errors) + f"\nsee {self.pictures}")

    async def _new_context(self, options: dict[str, Any]) -> BrowserContext:
        defaults = {"locale": "fr-FR", "timezone_id": "Europe/Paris", "permissions": ["camera", "microphone"]}
        context = await self._browser.new_context(**{**defaults, **options})
        self._contexts.append(context)
        return context

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url', '')})")

    def _escaped(self, error: Error) -> None:
        self.errors.append(f"uncaught: {error}")

    def _unexpected(self) -> list[str]:
        return [text for text in self.errors if not any(known.search(text) for known in self._expected)]


async def comes_true(page: Page, expression: str, seconds: float = 10.0) -> None:
    """Wait until the page finds `expression` true.

    Playwright's own `wait_for_function` evaluates inside the page, which our content security policy forbids.
    """
    end = time.monotonic() + seconds
    while not await page.evaluate(f"Boolean({expression})"):
        assert time.monotonic() < end, f"never true: {expression}"
        await asyncio.sleep(0.02)


async def stands_still(page: Page, seconds: float = 10.0) -> None:
    """Wait until nothing moves any more, so that colours and places are the final ones.

    `Animation.finished` is not awaited: Chromium never settles it inside what was closed or removed meanwhile.
    """
    end = time.monotonic() + seconds
    while moving := await page.evaluate(MOVING):
        assert time.monotonic() < end, f"still moving: {moving}"
        await asyncio.sleep(0.02)


async def violations(page: Page, within: str | None = None) -> list[str]:
    """What axe finds against WCAG in the page, or `within` a selector, once it stands still: `rule: selector`."""
    await stands_still(page)
    results = await Axe().run(page, context=within, options={"runOnly": WCAG})
    return [f"{found['id']}: {found['nodes'][0]['target']}" for found in results.response["violations"]]
