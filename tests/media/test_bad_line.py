"""Calls of real browsers over a bad line, in short: what bench/media_network.py measures at length.

Bounds are those of something broken, not of a good machine; the figures are the bench's. The second person, bruno, sits
behind the line that changes.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Playwright, async_playwright

from meetings.media.port import Joined, MediaSettings
from tests.support.chromium import FLAGS
from tests.support.films import film, voice
from tests.support.media_lab import Lab, figures, media_lab, rises, until, watch
from tests.support.netlab import Network, Way, bad_network, inside
from tests.support.programs import find_program

pytestmark = pytest.mark.alone

WIDE = Way()


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with bad_network() as made:
        yield made


@pytest.fixture(scope="module")
async def browsers(network: Network, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Sequence[Browser]]:
    """One in each side of the network."""
    folder = tmp_path_factory.mktemp("bad-line")
    film(folder / "camera.mjpeg", 5)
    voice(folder / "voice.wav", 130, 3.1, 5)
    async with async_playwright() as playwright:
        made = [await _browser(playwright, network, side, folder) for side in "ab"]
        yield made
        for browser in made:
            await browser.close()


async def _browser(playwright: Playwright, network: Network, side: str, folder: Path) -> Browser:
    script = network.wrapper(side, find_program("chromium", "chromium"), folder)
    flags = [
        *FLAGS,
        f"--use-file-for-fake-video-capture={folder / 'camera.mjpeg'}",
        f"--use-file-for-fake-audio-capture={folder / 'voice.wav'}",
        f"--unsafely-treat-insecure-origin-as-secure=http://{network.addresses[0]}:{PORT}",
    ]
    return await playwright.chromium.launch(executable_path=str(script), args=flags)


PORT = 8099
"""In a network of its own every port is free, and Chromium is told at its start which page may use a camera."""


@dataclass
class Call:
    lab: Lab
    network: Network
    pages: dict[str, Page]
    busy: float = 0.0
    """Share of the time for which pictures stand still on a good line: the machine's doing."""

    async def during(self, seconds: float) -> dict[str, dict[str, Any]]:
        """What each person suffers in the next seconds."""
        before = {name: await figures(page) for name, page in self.pages.items()}
        await asyncio.sleep(seconds)
        after = {name: await figures(page) for name, page in self.pages.items()}
        found = {}
        for name, now in after.items():
            then = before[name]
            samples = max(1, now["samples"] - then["samples"])
            found[name] = {
                "frozen": now["frozen"] - then["frozen"],
                "concealed": (now["concealed"] - then["concealed"]) / samples,
                "height": max(now["heights"], default=0),
                "frames": now["frames"] - then["frames"],
            }
        print(found)
        return found

    async def grows(self, name: str, seconds: float) -> None:
        """This person comes to see more than the small layer."""

        async def larger() -> bool:
            return max((await figures(self.pages[name]))["heights"], default=0) > 160

        await until(larger, seconds)


@pytest.fixture
async def joining(network: Network, browsers: Sequence[Browser]) -> AsyncIterator[Call]:
    """The engine runs, the pages are open, nobody has joined."""
    async with AsyncExitStack() as stack:
        network.set(WIDE)
        with inside(network.namespace("a")):
            settings = MediaSettings(listen=(network.addresses[0],), lost_after=30)
            lab = await stack.enter_async_context(media_lab(settings, network.addresses[0], PORT))
        pages = {}
        for name, browser in zip(("anne", "bruno"), browsers, strict=True):
            context = await browser.new_context(permissions=["camera", "microphone"])
            stack.push_async_callback(context.close)
            pages[name] = await context.new_page()
            await pages[name].goto(f"{lab.url}/?name={name}")
        yield Call(lab, network, pages)


@pytest.fixture
async def call(joining: Call) -> Call:
    """Both see and hear each other; what they suffer undisturbed tells how busy the machine is with others."""
    for page in joining.pages.values():
        await page.evaluate("join()")
    await meet(joining)
    await asyncio.sleep(2)
    joining.busy = max(suffered["frozen"] for suffered in (await joining.during(3)).values()) / 3
    return joining


async def meet(call: Call) -> None:
    await watch(call.lab, call.pages["anne"], "bruno")
    await watch(call.lab, call.pages["bruno"], "anne")
    for page in call.pages.values():
        await rises(page)


async def test_losses_are_repaired(call: Call) -> None:
    call.network.set(Way(loss_pct=5))
    for suffered in (await call.during(8)).values():
        assert suffered["frozen"] < 1.5 + 16 * call.busy
        assert suffered["concealed"] < 0.03 + call.busy


async def test_a_line_that_narrows_keeps_the_sound_and_a_small_picture_then_all(call: Call) -> None:
    call.network.set(Way(rate_kbit=400))
    for suffered in (await call.during(10)).values():
        assert suffered["frozen"] < 4 + 20 * call.busy
        assert suffered["concealed"] < 0.08 + call.busy
        assert suffered["height"] <= 160
        assert suffered["frames"] > 30
    call.network.set(Way(rate_kbit=5000))
    await call.grows("bruno", 40)


async def test_an_interruption_ends_with_the_line(call: Call) -> None:
    call.network.set(Way(down=True))
    await asyncio.sleep(2)
    call.network.set(WIDE)
    for page in call.pages.values():
        await rises(page, 5)
    assert len(call.lab.all(Joined)) == 2


async def test_where_no_udp_passes_they_meet_over_tcp(joining: Call) -> None:
    joining.network.set(Way(no_udp=True))
    for page in joining.pages.values():
        await page.evaluate("join()")
    await meet(joining)
    bruno = joining.pages["bruno"]
    assert await kinds(bruno) == {"tcp"}
    print(f"join to first picture over TCP: {await bruno.evaluate('firstFrame - startedAt'):.0f} ms")


async def test_udp_that_is_cut_in_mid_call_gives_way_to_tcp(call: Call) -> None:
    bruno = call.pages["bruno"]
    assert await kinds(bruno) == {"udp"}
    since = asyncio.get_running_loop().time()
    call.network.set(Way(no_udp=True))

    async def moved() -> bool:
        return await kinds(bruno) == {"tcp"}

    await until(moved, 15)
    await rises(bruno, 10)
    print(f"UDP cut to pictures over TCP: {asyncio.get_running_loop().time() - since:.1f} s")
    assert len(call.lab.all(Joined)) == 2, "nobody had to join again"


async def test_another_address_in_mid_call(call: Call) -> None:
    """A laptop that goes from one network to another."""
    since = asyncio.get_running_loop().time()
    call.network.move("b", "10.77.0.7")
    try:
        for page in call.pages.values():
            await rises(page, 15)
        print(f"another address to pictures: {asyncio.get_running_loop().time() - since:.1f} s")
        connections = next(iter(call.lab.engine._rooms.values()))._connections
        assert all(
            item.chosen is not None and item.chosen[1][0] == "10.77.0.7"
            for (name, _), item in connections.items()
            if name == "bruno"
        )
        assert len(call.lab.all(Joined)) == 2, "nobody had to join again"
    finally:
        call.network.move("b", "10.77.0.2")


async def kinds(page: Page) -> set[str]:
    """The protocols of the paths that this page's connections use now."""
    return {kind for kind, _, _ in await page.evaluate("paths()")}
