"""Every codec that is forwarded is decoded at the other end, and its layers change without a freeze."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Page

from meetings.media.port import MediaSettings
from tests.support.chromium import Browse
from tests.support.media_lab import Lab, figures, media_lab, rises, until, watch

pytestmark = pytest.mark.alone

SENDERS = """async () => { const found = [];
  for (const pc of live()) for (const report of (await pc.getStats()).values())
    if (report.type === "outbound-rtp" && report.kind === "video") found.push(report.scalabilityMode);
  return found; }"""

KEEP_SIZE = """() => Promise.all(live().flatMap((pc) => pc.getSenders())
  .filter(({ track }) => track?.kind === "video").map((sender) =>
    sender.setParameters({ ...sender.getParameters(), degradationPreference: "maintain-resolution" })))"""


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with media_lab(MediaSettings(lost_after=4.0)) as running:
        yield running


async def enter(lab: Lab, browse: Browse, name: str, **options: Any) -> Page:
    page = await browse()
    await page.goto(f"{lab.url}/?name={name}")
    await page.evaluate("options => join(options)", options)
    return page


async def sees(page: Page, low: int, high: int, seconds: float = 20.0) -> None:
    """The picture's height comes to lie between the two."""

    async def fits() -> bool:
        return low <= max((await figures(page))["heights"], default=0) <= high

    await until(fits, seconds)


@pytest.mark.parametrize("codec", ["vp8", "vp9", "av1", "h264"])
async def test_each_codec_is_decoded_at_the_other_end(lab: Lab, browse: Browse, codec: str) -> None:
    await enter(lab, browse, "anne", codec=codec, encodings=[{"maxBitrate": 800_000}])
    bruno = await enter(lab, browse, "bruno", publish=False)
    await watch(lab, bruno, "anne")
    await rises(bruno)
    assert (await figures(bruno))["codecs"] == [f"video/{codec.upper()}"]


@pytest.mark.parametrize(
    ("codec", "mode"), [("vp9", "L3T3_KEY"), ("vp9", "L3T3"), ("av1", "L3T3_KEY"), ("av1", "L3T3")]
)
async def test_each_viewer_gets_its_size_of_a_stream_of_three(lab: Lab, browse: Browse, codec: str, mode: str) -> None:
    """Three sizes need 720 lines: Chromium makes none below 135 (VP9)."""
    anne = await enter(
        lab,
        browse,
        "anne",
        codec=codec,
        encodings=[{"maxBitrate": 2_500_000, "scalabilityMode": mode, "maxFramerate": 12}],
    )
    await anne.evaluate(KEEP_SIZE)
    viewers = {height: await enter(lab, browse, f"viewer {height}", publish=False) for height in (180, 360, 720)}
    for height, page in viewers.items():
        await watch(lab, page, "anne", height=height)
    for height, page in viewers.items():
        await sees(page, height, height, 40)
    assert mode in await anne.evaluate(SENDERS)
    small, large = viewers[180], viewers[720]
    await watch(lab, small, "anne", height=720)
    await watch(lab, large, "anne", height=180)
    await sees(small, 720, 720, 30)
    await sees(large, 180, 180, 30)
    for page in viewers.values():
        await rises(page)


@pytest.mark.parametrize(
    ("codec", "mode", "low"),
    [
        ("vp9", "L2T3_KEY", 180),
        ("vp9", "L2T3", 180),
        ("vp9", "L1T3", 360),
        ("av1", "L2T3_KEY", 180),
        ("av1", "L2T2", 180),
    ],
)
async def test_the_layers_of_one_stream_change_without_a_freeze(
    lab: Lab, browse: Browse, codec: str, mode: str, low: int
) -> None:
    # half the camera's size, and never less: what is tested is the layers, not how fast this machine encodes
    encodings = [{"maxBitrate": 1_500_000, "scalabilityMode": mode, "scaleResolutionDownBy": 2}]
    anne = await enter(lab, browse, "anne", codec=codec, encodings=encodings)
    await anne.evaluate(KEEP_SIZE)
    bruno = await enter(lab, browse, "bruno", publish=False)
    await watch(lab, bruno, "anne", height=360)
    await sees(bruno, 360, 360)
    assert mode in await anne.evaluate(SENDERS)
    busy = (await figures(bruno))["frozen"]  # before any change: on a machine that is busy with others
    for height in (low, 360, low):
        await watch(lab, bruno, "anne", height=height)
        await sees(bruno, height, height)
        await rises(bruno)
    assert (await figures(bruno))["frozen"] - busy < 1 + 2 * busy
