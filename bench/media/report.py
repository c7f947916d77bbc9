"""From runs of the load generator to the table of bench/README.md."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from bench import figures
from bench.media.network import machine

CASES: Mapping[str, tuple[str, ...]] = {
    "2x20": ("-p", "2", "-s", "20"),
    "5x20": ("-p", "5", "-s", "20"),
    "10x40": ("-p", "10", "-s", "40"),
}
SCALE = "scale"
# A council of 50 seats, each of which sees 9 others as small tiles, and 200 who watch whoever has the floor.
_SCALE = ("-p", "50", "-s", "50", "-slots", "9", "-s2", "200", "-slots2", "1")
# Small tiles: 250 kbit/s of picture, 25 frames a second in one packet each, as a 320x180 layer has.
_TILES = ("-vpps", "28", "-fps", "25", "-par", "8")

TARGETS = {
    "target, C": ("4.5", "3.5", "2.7", "150 MB", "0.3 ms"),
    "target, Python": ("10", "8", "5.4", "150 MB", "0.6 ms"),
}
Run = Mapping[str, Any]


def flags_of(case: str) -> tuple[str, ...]:
    """What tells the load generator about a case."""
    return (*_SCALE, *_TILES) if case == SCALE else CASES[case]


def table(runs: Sequence[Run]) -> str:
    """Medians, a row for each server and form."""
    ordinary = [run for run in runs if run["case"] != SCALE]
    lines = []
    if ordinary:
        cases = list(CASES)
        lines += [
            f"| CPU µs per forwarded packet | data plane | cipher | {' | '.join(cases).replace('x', ' x ')} "
            "| memory at 10 x 40 | p50 at 10 x 40 | lost |",
            f"|{'---|' * (len(cases) + 6)}",
        ]
        lines += [
            _row(kind, [run for run in ordinary if _kind(run) == kind]) for kind in dict.fromkeys(map(_kind, ordinary))
        ]
        lines += [
            f"| {name} | | | {' | '.join(values[:3])} | {values[3]} | {values[4]} | |"
            for name, values in TARGETS.items()
        ]
    for run in runs:
        if run["case"] == SCALE:
            lines += ["", scale(run)]
    return "\n".join(lines)


def _kind(run: Run) -> tuple[str, str, str]:
    return run["label"], run["plane"], run["srtp"]


def _row(kind: tuple[str, str, str], runs: Sequence[Run]) -> str:
    by_case = {case: [run for run in runs if run["case"] == case] for case in CASES}
    cost = [_median((run["us_pkt"] for run in found), "{:.1f}") for found in by_case.values()]
    largest = by_case["10x40"]
    memory = _median((run["rss_mb"] for run in largest), "{:.0f} MB")
    latency = _median((run["lat_p50_ms"] for run in largest), "{:.2f} ms")
    lost = _median((run["loss_pct"] for run in runs), "{:.3g} %")
    return f"| {' | '.join(kind)} | {' | '.join(cost)} | {memory} | {latency} | {lost} |"


def _median(values: Iterable[float], form: str) -> str:
    found = list(values)
    return form.format(median(found)) if found else ""


def scale(run: Run) -> str:
    """The large case in words."""
    return (
        f"{run['label']} ({run['plane']}, {run['srtp']}), 50 seats of 9 tiles and 200 viewers of one: "
        f"{run['pps']:,.0f} packets/s ({run['mbps']:.0f} Mbit/s), {run['cores']:.2f} cores of the server "
        f"({run['us_pkt']:.1f} µs a packet), {run['gen_cores']:.2f} of the load generator, {run['rss_mb']:.0f} MB, "
        f"latency p50 {run['lat_p50_ms']:.2f} ms, p99 {run['lat_p99_ms']:.1f} ms, lost {run['loss_pct']:.3f} %, "
        f"streams missing {run['streams_missing']}, all set up in {run['setup_s']:.1f} s."
    )


def write(runs: Sequence[Run]) -> None:
    """Put the table into bench/README.md."""
    kinds = [(run["label"], run["plane"], run["case"]) for run in runs]
    repeats = max(kinds.count(kind) for kind in set(kinds))
    about = f"medians of {repeats} runs of {runs[0]['secs']:.0f} s" if repeats > 1 else f"{runs[0]['secs']:.0f} s each"
    figures.write("media", f"{machine()}; {about}\n\n{table(runs)}")
