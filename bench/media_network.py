"""A call of two Chromiums over a bad line: `python -m bench.media_network [-n RUNS] [--write] [SCENARIO]…`

Each run is a new call of the product's own media client with the engine, a 640x480 camera at 30 fps and a voice, 7 s
on a clean line and then the scenario, always on the line of the second person. Printed are medians over the runs, for
both persons; `--write` puts them into bench/README.md. `FIELD` holds what Galène 0.7.2 gave with the same scenarios.
"""

import argparse
import asyncio
import math
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import uvloop
from playwright.async_api import Browser, Page, Playwright, async_playwright

from bench import figures
from meetings.media.port import Label, MediaSettings, TrackAdded
from tests.support.chromium import FLAGS
from tests.support.films import film, voice
from tests.support.media_lab import Lab, media_lab, until
from tests.support.netlab import Network, Way, bad_network, enter
from tests.support.programs import find_program

CLEAN_SECONDS, SECONDS = 7.0, 30.0

PROBE = """
const shownAt = [], timeline = [];
function watchFrames() { const video = document.querySelector("video");
  const on = () => { shownAt.push(performance.timeOrigin + performance.now()); video.requestVideoFrameCallback(on); };
  video.requestVideoFrameCallback(on); }
async function probe() {
  const found = { at: performance.now(), frozen: 0, freezes: 0, concealed: 0, silent: 0, samples: 0, bytes: 0,
    height: 0, frames: 0, nacks: 0, plis: 0, audioLost: 0, audioIn: 0, sent: {}, out: 0, rtt: 0, state: session.state };
  for (const pc of live()) for (const report of (await pc.getStats()).values()) {
    if (report.type === "inbound-rtp" && report.kind === "video") { found.frozen += report.totalFreezesDuration;
      found.freezes += report.freezeCount; found.bytes += report.bytesReceived; found.frames += report.framesDecoded;
      found.height = Math.max(found.height, report.frameHeight ?? 0); found.nacks += report.nackCount;
      found.plis += report.pliCount; }
    else if (report.type === "inbound-rtp") { found.concealed += report.concealedSamples; found.samples +=
      report.totalSamplesReceived; found.silent += report.silentConcealedSamples; found.audioLost += report.packetsLost;
      found.audioIn += report.packetsReceived; }
    else if (report.type === "outbound-rtp" && report.kind === "video") found.sent[report.rid ?? ""] =
      [report.frameHeight ?? 0, report.targetBitrate ?? 0, report.framesPerSecond ?? 0, report.active];
    else if (report.type === "candidate-pair" && report.nominated) { found.out = Math.max(found.out,
      report.availableOutgoingBitrate ?? 0); found.rtt = report.currentRoundTripTime ?? 0; }
  }
  return found;
}
setInterval(async () => { if (session) timeline.push(await probe()); }, 500);
"""


@dataclass(frozen=True)
class Step:
    """The line from `at` seconds after the clean stretch; None: clean."""

    at: float
    way: Way


@dataclass(frozen=True)
class Scenario:
    steps: tuple[Step, ...]
    field: str
    """The same with Galène 0.7.2."""
    frozen: float | None = None
    """Seconds, at most."""
    concealed: float | None = None
    """Per cent, at most, for both persons."""
    back: float | None = None
    """Seconds from the link to the picture, at most."""
    height: int | None = None
    kbit: int | None = None
    """Lowest median height and mean bitrate over the scenario."""
    first: float | None = None
    sharp: float | None = None
    """Seconds from joining to the first picture and to 480 lines, at most."""


SCENARIOS = {
    "clean": Scenario((), "480p after 22-33 s, first picture 1.3 s", 0, 1, height=480, first=0.4, sharp=5),
    "loss5": Scenario((Step(0, Way(loss_pct=5)),), "0-1 freezes; 4.3 % / 1.8 %", 0, 1),
    "burst5": Scenario((Step(0, Way(loss_pct=5, burst=3)),), "", 0, 1),
    "loss10": Scenario((Step(0, Way(loss_pct=10)),), "1.3-2.3 s; 9 % / 5 %", 0.5, 3),
    "jitter": Scenario(
        (Step(0, Way(delay_ms=50, jitter_ms=30)),), "no freeze, 240p at 190 kbit/s", 0, height=480, kbit=600
    ),
    "narrow": Scenario(
        (Step(0, Way(rate_kbit=5000)), Step(5, Way(rate_kbit=400)), Step(20, Way(rate_kbit=5000))),
        "5.6 s; 14 %",
        1,
        2,
    ),
    "down2": Scenario((Step(0, Way(down=True)), Step(2, Way())), "0.4 s", back=0.5),
    "down5": Scenario((Step(0, Way(down=True)), Step(5, Way())), "0.5 s", back=0.5),
    "down15": Scenario((Step(0, Way(down=True)), Step(15, Way())), "6 s", back=0.5),
}


@dataclass(frozen=True)
class Result:
    """One person of one run."""

    frozen: float
    concealed: float
    height: float
    kbit: float
    sharp: float
    """Seconds from the beginning of the call until 480 lines, infinite if never."""
    first: float
    """Seconds from joining to the first picture."""
    back: float
    """Seconds from the last change of the line to the next picture that goes on moving."""
    load: float
    """Of the machine: on two cores, more than two means that somebody waited."""


async def _browser(playwright: Playwright, network: Network, side: str, folder: Path, origin: str) -> Browser:
    """Chromium in one side of the network, with a camera and a microphone that play the films."""
    script = network.wrapper(side, find_program("chromium", "chromium"), folder)
    flags = [
        *FLAGS,
        f"--use-file-for-fake-video-capture={folder / 'camera.mjpeg'}",
        f"--use-file-for-fake-audio-capture={folder / f'voice-{side}.wav'}",
        f"--unsafely-treat-insecure-origin-as-secure={origin}",
    ]
    return await playwright.chromium.launch(executable_path=str(script), args=flags)


class Call:
    """Two people in the lab; `anne` has a good line, `bruno` the bad one."""

    def __init__(self, lab: Lab, anne: Page, bruno: Page) -> None:
        self.lab = lab
        self.pages = (anne, bruno)

    async def begin(self) -> None:
        for name, page in zip(("anne", "bruno"), self.pages, strict=True):
            await page.goto(f"{self.lab.url}/?name={name}")
            await page.evaluate("([code]) => { const tag = document.createElement('script'); tag.textContent = code;"
                                " document.head.append(tag); }", [PROBE])  # fmt: skip
            await page.evaluate("join()")
        for page, other in zip(self.pages, ("bruno", "anne"), strict=True):
            await page.evaluate("([track]) => session.show([{ track, height: 480 }])", [await self._camera(other)])
            await page.evaluate("watchFrames()")

    async def _camera(self, name: str) -> str:
        def published() -> list[str]:
            tracks = [event.track for event in self.lab.all(TrackAdded)]
            return [item.id for item in tracks if item.participant == name and item.label is Label.CAMERA]

        await until(published)
        return published()[-1]

    async def probe(self) -> list[dict[str, Any]]:
        return list(await asyncio.gather(*(page.evaluate("probe()") for page in self.pages)))


async def _watch_engine(lab: Lab, rows: list[str]) -> None:
    """Every half second what the engine thinks of each receiver's line."""
    while True:
        await asyncio.sleep(0.5)
        for runner in lab.engine._rooms.values():
            for name, member in runner.room.members.items():
                down = member.down
                if down is None:
                    continue
                estimator, slot = down.estimator, next(one for one in down.slots.values() if one.kind == "video")
                layers = list(slot.source.layers.values()) if slot.source is not None else []
                rows.append(
                    f"{time.time():.1f} {name} estimate {estimator.available / 1000:6.0f}"
                    f" wanted {down.wanted / 1000:6.0f}"
                    f" arrives {estimator.throughput() / 1000:6.0f} sent {down.sending.rate / 1000:6.0f}"
                    f" loss {estimator.loss:.2f} fed {estimator.fed} {estimator._trend.state}"
                    f" layer {slot.layer.rid if slot.layer else '-'} next {slot.target.rid if slot.target else '-'}"
                    f" paused {slot.paused}"
                    f" {[(one.rid, one.bitrate // 1000, one.pace, one.starved) for one in layers]}"
                )


def _result(before: dict[str, Any], after: dict[str, Any], seen: dict[str, Any], changed: float) -> Result:
    samples = max(1, after["samples"] - before["samples"])
    heard = after["concealed"] - after["silent"] - before["concealed"] + before["silent"]
    during = [point for point in seen["timeline"] if before["at"] < point["at"] <= after["at"]]
    seconds = (after["at"] - before["at"]) / 1000
    sharp = [point["at"] for point in seen["timeline"] if point["height"] >= 480]
    shown: list[float] = seen["shownAt"]
    return Result(
        frozen=after["frozen"] - before["frozen"],
        concealed=100 * heard / samples,
        height=median(point["height"] for point in during) if during else 0,
        kbit=8 * (after["bytes"] - before["bytes"]) / seconds / 1000,
        sharp=(min(sharp) - seen["startedAt"]) / 1000 if sharp else math.inf,
        first=(seen["firstFrame"] - seen["startedAt"]) / 1000,
        back=min((at / 1000 - changed for at in _moving(shown) if at / 1000 > changed), default=math.inf),
        load=os.getloadavg()[0],
    )


def _moving(shown: Sequence[float]) -> list[float]:
    """The pictures (ms) that five others followed within half a second: one that came late and alone is none."""
    return [at for at, later in zip(shown, shown[5:], strict=False) if later - at < 500]


async def _once(
    scenario: Scenario, network: Network, browsers: Sequence[Browser], lab: Lab, folder: Path | None
) -> list[Result]:
    network.set(Way())
    contexts = [await browser.new_context(permissions=["camera", "microphone"]) for browser in browsers]
    call = Call(lab, *[await context.new_page() for context in contexts])
    await call.begin()
    lines: list[str] = []
    watching = asyncio.create_task(_watch_engine(lab, lines))
    await asyncio.sleep(CLEAN_SECONDS)
    before = await call.probe()
    began = changed = time.time()
    for step in scenario.steps:
        await asyncio.sleep(max(0.0, began + step.at - time.time()))
        network.set(step.way)
        changed = time.time()
    await asyncio.sleep(max(0.0, began + SECONDS - time.time()))
    after = await call.probe()
    seen = [await page.evaluate("({ timeline, shownAt, startedAt, firstFrame })") for page in call.pages]
    network.set(Way())
    watching.cancel()
    if folder is not None:
        (folder / f"engine-{time.time():.0f}.txt").write_text("\n".join([f"{began:.1f} begins", *lines]) + "\n")
        for name, one in zip(("anne", "bruno"), seen, strict=True):
            rows = [
                f"{(point['at'] - before[0]['at']) / 1000:6.1f} {point['height']:4} {point['frames']:5} "
                f"frozen {point['frozen']:6.2f} concealed {point['concealed'] - point['silent']:7}"
                f" out {point['out'] / 1000:6.0f}"
                f" nack {point['nacks']:4} pli {point['plis']:3} bytes {point['bytes']:9} {point['sent']}"
                f" rtt {point['rtt']:.3f} {point['state']}"
                for point in one["timeline"]
            ]
            (folder / f"{name}-{time.time():.0f}.txt").write_text("\n".join(rows) + "\n")
    for context in contexts:
        await context.close()
    return [_result(*four) for four in zip(before, after, seen, (changed, changed), strict=True)]


def _row(name: str, scenario: Scenario, runs: Sequence[Sequence[Result]]) -> str:
    """Medians as a row: the good line's person (who sees and hears the bad one's), then the bad line's."""

    def both(field: str, digits: int) -> list[float]:
        return [round(median(getattr(run[person], field) for run in runs), digits) for person in (0, 1)]

    frozen, concealed, height = both("frozen", 2), both("concealed", 2), both("height", 0)
    kbit, sharp, back, first = both("kbit", 0), both("sharp", 1), both("back", 2), both("first", 2)
    good = (
        (scenario.frozen is None or max(frozen) <= scenario.frozen)
        and (scenario.concealed is None or max(concealed) <= scenario.concealed)
        and (scenario.back is None or max(back) <= scenario.back)
        and (scenario.height is None or min(height) >= scenario.height)
        and (scenario.kbit is None or min(kbit) >= scenario.kbit)
        and (scenario.first is None or first[1] <= scenario.first)
        and (scenario.sharp is None or max(sharp) <= scenario.sharp)
    )
    wanted = [
        f"frozen {scenario.frozen} s" if scenario.frozen is not None else "",
        f"concealed {scenario.concealed} %" if scenario.concealed is not None else "",
        f"back {scenario.back} s" if scenario.back is not None else "",
        f"{scenario.height}p" if scenario.height else "",
        f"{scenario.kbit} kbit/s" if scenario.kbit else "",
        f"first picture {scenario.first} s" if scenario.first else "",
        f"480p after {scenario.sharp:g} s" if scenario.sharp else "",
    ]
    load = f"{median(run[0].load for run in runs):.1f}"
    pairs = [f"{here:g} / {there:g}" for here, there in (frozen, concealed, height, kbit, sharp)]
    returned = f"{back[0]:g} / {back[1]:g}" if scenario.back is not None else ""
    targets = ", ".join(text for text in wanted if text)
    # the first person's is the time until the second one comes
    cells = [
        name,
        str(len(runs)),
        *pairs,
        f"{first[1]:g}",
        returned,
        load,
        targets,
        scenario.field,
        "yes" if good else "**no**",
    ]
    return f"| {' | '.join(cells)} |"


LEGEND = "Medians; the person with the good line / with the bad one."
HEAD = (
    "| | runs | frozen s | sound concealed % | height | kbit/s | 480p after s | first picture s | back after s | load "
    "| target | Galène | reached |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)


async def measure(names: Sequence[str], runs: int, details: Path | None) -> list[str]:
    """Each scenario `runs` times; the rows of the table."""
    rows = []
    with TemporaryDirectory(prefix="hemicycle-network-") as temporary, bad_network() as network:
        folder = Path(temporary)
        film(folder / "camera.mjpeg")
        voice(folder / "voice-a.wav", 130, 3.1)
        voice(folder / "voice-b.wav", 210, 4.3)
        enter(network.namespace("a"))
        print(HEAD, flush=True)
        async with async_playwright() as playwright:
            for name in names:
                results = []
                for _ in range(runs):
                    settings = MediaSettings(listen=(network.addresses[0],), lost_after=30)
                    async with media_lab(settings, network.addresses[0]) as lab:
                        browsers = [await _browser(playwright, network, side, folder, lab.url) for side in "ab"]
                        results.append(await _once(SCENARIOS[name], network, browsers, lab, details))
                        for browser in browsers:
                            await browser.close()
                rows.append(_row(name, SCENARIOS[name], results))
                print(rows[-1], flush=True)
    return rows


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="bench.media_network")
    parser.add_argument("-n", "--runs", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the table into bench/README.md")
    parser.add_argument("--details", type=Path, help="a folder for what was seen every half second")
    parser.add_argument("scenarios", nargs="*", choices=[[], *SCENARIOS], metavar="SCENARIO")
    options = parser.parse_args(arguments)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        rows = runner.run(measure(options.scenarios or list(SCENARIOS), options.runs, options.details))
    if options.write:
        figures.write("network", table(figures.read("network"), rows))
    return 0


def table(before: str, rows: Sequence[str]) -> str:
    """The table with these rows in it; others stay as they were measured."""
    kept = {row.split("|")[1].strip(): row for row in [*before.splitlines(), *rows] if row.startswith("| ")}
    return "\n".join([LEGEND, "", HEAD, *(kept[name] for name in SCENARIOS if name in kept)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
