"""`python -m bench.media`: run the load generator against this server and against Janus, and print the table.

    python -m bench.media --case 2x20 --seconds 5 --repeats 1 --no-janus        one short case
    python -m bench.media --write                                               all, into bench/README.md

Needs Linux, Go with pion (Debian: golang-go golang-github-pion-webrtc.v3-dev golang-github-gorilla-websocket-dev), and
root or user namespaces.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.media import report
from bench.media.network import OURS, Side, joined, move_in
from bench.media.servers import Running, hemicycle, janus

_HERE = Path(__file__).parent
_GO = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": ""}


@dataclass(frozen=True, slots=True)
class Variant:
    """A server in one of its forms."""

    name: str
    start: Callable[[Side], AbstractContextManager[Running]]


def main(arguments: Sequence[str]) -> int:
    """Exit status 1 when a run failed."""
    options = _options(arguments)
    move_in(arguments)
    runs: list[dict[str, Any]] = []
    with TemporaryDirectory(prefix="hemicycle-bench-") as name:
        folder = Path(name)
        generator = _build(folder)
        with joined(folder) as side:
            for variant in _variants(options):
                for case in options.case:
                    runs += _measure(options, variant, case, side, generator, folder)
    print("\n" + report.table(runs))
    if options.json:
        Path(options.json).write_text(json.dumps(runs, indent=1))
    if options.write:
        report.write(runs)
    return 0 if all(run["streams_missing"] == 0 and run["sub_fail"] == 0 for run in runs) else 1


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.media", description="What forwarding media costs.")
    add = parser.add_argument
    add("--case", action="append", choices=[*report.CASES, report.SCALE], help="publishers x viewers; may be repeated")
    add("--seconds", type=int, default=20, help="of each measured window")
    add("--repeats", type=int, default=3, help="of each case; the table shows medians")
    add("--workers", type=int, action="append", help="media workers of this server; may be repeated (default 0)")
    add("--plane", action="append", choices=["auto", "python", "c"], help="data plane; may be repeated")
    add("--set", action="append", default=[], metavar="HEMICYCLE_X=Y", help="another variable of this server")
    add("--cipher", choices=["gcm", "cm"], default="gcm", help="AES-128-GCM or AES128_CM_SHA1_80")
    add("--no-janus", action="store_true", help="this server alone")
    add("--only-janus", action="store_true", help="the yardstick alone")
    add("--json", metavar="FILE", help="every run, as the load generator tells it")
    add("--write", action="store_true", help="put the table into bench/README.md")
    options = parser.parse_args(arguments)
    options.case = options.case or list(report.CASES)
    options.workers = options.workers or [0]
    return options


def _build(folder: Path) -> Path:
    program = folder / "loadgen"
    environment = {**_GO, "GOCACHE": str(Path.home() / ".cache/go-build"), "PATH": "/usr/bin:/bin:/usr/local/go/bin"}
    done = subprocess.run(
        ["go", "build", "-o", program, "."], cwd=_HERE, env=environment, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise SystemExit(f"the load generator cannot be built: {done.stderr}")
    return program


def _variants(options: argparse.Namespace) -> list[Variant]:
    found: list[Variant] = []
    extra = dict(item.split("=", 1) for item in options.set)
    if not options.only_janus:
        for workers in options.workers:
            for plane in options.plane or [""]:
                variables = {**extra}
                if workers:
                    variables["HEMICYCLE_MEDIA_WORKERS"] = str(workers)
                if plane:
                    variables["HEMICYCLE_MEDIA_PLANE"] = plane
                found.append(Variant(f"Hémicycle, workers = {workers}", partial(hemicycle, environment=variables)))
    if not options.no_janus:
        found.append(Variant("Janus as packaged", partial(janus, event_loops=0)))
        found.append(Variant("Janus, event_loops = 1", partial(janus, event_loops=1)))
    return found


def _measure(
    options: argparse.Namespace, variant: Variant, case: str, side: Side, generator: Path, folder: Path
) -> list[dict[str, Any]]:
    """The runs of one case, on one server."""
    out = folder / "runs.jsonl"
    out.unlink(missing_ok=True)
    with variant.start(side) as server:
        print(f"# {variant.name}, {case}: process {server.pid}, data plane {server.about}", flush=True)
        for _ in range(options.repeats):
            command = [
                str(generator),
                "-ip",
                OURS,
                "-pid",
                str(server.pid),
                "-t",
                f"{options.seconds}s",
                "-json",
                str(out),
            ]
            command += ["-srtp", options.cipher, "-label", variant.name, *server.flags, *report.flags_of(case)]
            subprocess.run(command, check=True)
        about = server.about
    return [{**json.loads(line), "case": case, "plane": about} for line in out.read_text().splitlines()]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
