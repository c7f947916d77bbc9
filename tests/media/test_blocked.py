"""Real browsers where the network is against them: UDP blocked from the start or in mid-call, IPv6 alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from playwright.async_api import Page

from meetings.media.port import Joined, MediaSettings
from tests.support.chromium import Browse
from tests.support.media_lab import ROOM, Lab, join_page, media_lab, rises, until, watch
from tests.support.ports import free_media_port
from tests.support.relay import forwarded

pytestmark = pytest.mark.alone

Labs = Callable[[MediaSettings], Awaitable[Lab]]


@pytest.fixture
async def labs() -> AsyncIterator[Labs]:
    """Starts engines; to be asked for before `browse`, so that they outlive the pages."""
    async with AsyncExitStack() as stack:
        yield lambda settings: stack.enter_async_context(media_lab(settings))


async def protocols(page: Page) -> set[tuple[str, str]]:
    """(protocol, server's address) of the path each connection of this page uses now."""
    return {(kind, address) for kind, address, _ in await page.evaluate("paths()")}


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_without_udp_they_meet_over_tcp_by_themselves(labs: Labs, browse: Browse, host: str) -> None:
    lab = await labs(MediaSettings((host,), lost_after=4.0))
    lab.block_udp()
    anne, bruno = await join_page(lab, browse, "anne"), await join_page(lab, browse, "bruno")
    await watch(lab, anne, "bruno")
    await watch(lab, bruno, "anne")
    await rises(anne)
    await rises(bruno)
    assert await protocols(anne) == await protocols(bruno) == {("tcp", host)}
    print(f"join to first picture over TCP: {await bruno.evaluate('firstFrame - startedAt'):.0f} ms")


async def test_ipv6_is_as_good(labs: Labs, browse: Browse) -> None:
    lab = await labs(MediaSettings(("::1",)))
    await join_page(lab, browse, "anne")
    bruno = await join_page(lab, browse, "bruno")
    await watch(lab, bruno, "anne")
    await rises(bruno)
    assert await protocols(bruno) == {("udp", "::1")}


async def test_behind_a_router_that_maps_the_port_to_another_number(labs: Labs, browse: Browse) -> None:
    port = free_media_port()
    async with forwarded(port) as outer:
        lab = await labs(MediaSettings(announced=(f"localhost:{outer}",), port=port))
        await join_page(lab, browse, "anne")
        bruno = await join_page(lab, browse, "bruno")
        await watch(lab, bruno, "anne")
        await rises(bruno)
        connections = lab.engine._rooms[ROOM]._connections.values()
        assert all(item.chosen is not None for item in connections)
        assert len({item.chosen for item in connections}) == len(connections) == 4
        assert await bruno.evaluate("paths()") == [["udp", "127.0.0.1", outer]] * 2


async def test_udp_that_is_cut_in_mid_call_gives_way_to_tcp(labs: Labs, browse: Browse) -> None:
    lab = await labs(MediaSettings(lost_after=20.0))
    await join_page(lab, browse, "anne")
    bruno = await join_page(lab, browse, "bruno")
    await watch(lab, bruno, "anne")
    await rises(bruno)
    assert {kind for kind, _ in await protocols(bruno)} == {"udp"}
    since = asyncio.get_running_loop().time()
    lab.block_udp()
    await until(lambda: moved(bruno, "tcp"), 30)
    await rises(bruno)
    print(f"UDP cut to picture over TCP: {asyncio.get_running_loop().time() - since:.1f} s")
    assert len(lab.all(Joined)) == 2, "nobody had to join again"


async def moved(page: Page, protocol: str) -> bool:
    return {kind for kind, _ in await protocols(page)} == {protocol}
