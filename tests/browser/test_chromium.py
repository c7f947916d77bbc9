"""The browser of the test bed renders, has a camera and a microphone, and reports what goes wrong."""

import pytest
from playwright.async_api import Browser

from tests.support.chromium import Browse


async def test_renders_a_page(browse: Browse) -> None:
    page = await browse()
    await page.goto("data:text/html;charset=utf-8,<title>Séance</title><h1>Ouverte</h1>")
    assert await page.title() == "Séance"
    assert await page.get_by_role("heading", name="Ouverte").is_visible()


async def test_two_people_share_no_cookie_and_two_tabs_do(browse: Browse) -> None:
    first = await browse()
    second = await browse()
    tab = await browse(of=first)
    assert first.context is tab.context
    assert first.context is not second.context


async def test_gives_a_camera_and_a_microphone(browse: Browse) -> None:
    page = await browse()
    await page.route("https://room.test/", lambda route: route.fulfill(body="<p>", content_type="text/html"))
    await page.goto("https://room.test/")
    kinds = await page.evaluate(
        """async () => {
            const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
            const kinds = stream.getTracks().map((track) => track.kind).sort();
            stream.getTracks().forEach((track) => track.stop());
            return kinds;
        }"""
    )
    assert kinds == ["audio", "video"]


@pytest.mark.parametrize("script", ["console.error('lost')", "setTimeout(() => { throw Error('lost') })"])
async def test_an_error_in_a_page_fails_its_test(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory, script: str
) -> None:
    browse = Browse(chromium, tmp_path_factory.mktemp("pictures"))
    page = await browse()
    await page.goto(f"data:text/html,<script>{script}</script>")
    await page.wait_for_timeout(50)
    with pytest.raises(AssertionError, match="lost"):
        await browse.close()
    assert list(browse.pictures.glob("*.png"))


async def test_an_announced_error_does_not(browse: Browse) -> None:
    browse.expect_error("^foreseen")
    page = await browse()
    await page.goto("data:text/html,<script>console.error('foreseen')</script>")
    await page.wait_for_timeout(50)
    assert len(browse.errors) == 1
