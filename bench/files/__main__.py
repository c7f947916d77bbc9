"""`python -m bench.files [--wsgidav PYTHON] [--size MIB] [--write]`: what WebDAV costs, beside Apache and wsgidav.

A large file is timed until `sync` returns, for a server that has only filled the cache has not finished; what the hash
and the fsync cost alone stands beside. CPU is the servers' (user and system). `--write` keeps the table.
"""

import argparse
import hashlib
import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench import figures
from bench.files.servers import Drive, apache, ours, wsgidav

SMALL = os.urandom(4096)
BLOCK = os.urandom(1 << 20)
ENTRIES = 1000
LIST = (
    '<?xml version="1.0"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/><getlastmodified/><getetag/>'
    "</prop></propfind>"
)


@dataclass
class Costs:
    """Of one server: MB/s and ms of CPU a request, and MB that its memory grew with the large file."""

    name: str
    put: float = 0
    get: float = 0
    small_put: float = 0
    small_get: float = 0
    listing: float = 0
    grown: float = 0


class Client:
    """One connection that stays open."""

    def __init__(self, drive: Drive) -> None:
        self.drive = drive
        self._http = http.client.HTTPConnection("127.0.0.1", drive.port, timeout=600, blocksize=1 << 20)

    def send(self, method: str, path: str, body: object = None, **headers: str) -> bytes:
        """The answer's body; an answer that is an error ends the bench."""
        given = {**self.drive.headers, **headers}
        self._http.request(method, self.drive.base + path, body=body, headers=given)  # type: ignore[arg-type]
        answer = self._http.getresponse()
        content = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{self.drive.name}: {method} {path} {answer.status} {content[:200]!r}")
        return content

    def drain(self, path: str) -> int:
        """How many bytes a GET gives, without keeping them."""
        self._http.request("GET", self.drive.base + path, headers=dict(self.drive.headers))
        answer = self._http.getresponse()
        buffer, count = memoryview(bytearray(1 << 20)), 0
        while size := answer.readinto(buffer):
            count += size
        return count


def measure(drive: Drive, size: int, rounds: int) -> Costs:
    """All of one server's costs; `size`: of the large file in MiB."""
    costs, client = Costs(drive.name), Client(drive)
    large(drive, client, costs, size)
    client.send("MKCOL", "petits")
    costs.small_put = cpu(drive, lambda n: client.send("PUT", f"petits/{n}.bin", SMALL), ENTRIES)
    costs.small_get = cpu(drive, lambda n: client.send("GET", f"petits/{n}.bin"), rounds)
    costs.listing = cpu(drive, lambda _: client.send("PROPFIND", "petits/", LIST, Depth="1"), 30)
    print(costs, flush=True)
    return costs


def large(drive: Drive, client: Client, costs: Costs, size: int) -> None:
    """A large file there and back, the faster of two, until `sync` returns."""
    before = drive.server.rss()
    for number in range(2):
        subprocess.run(["sync"], check=True)
        started = time.perf_counter()
        client.send("PUT", f"grand{number}.bin", iter([BLOCK] * size), **{"Content-Length": str(size << 20)})
        subprocess.run(["sync"], check=True)
        costs.put = max(costs.put, size * 1.048576 / (time.perf_counter() - started))
        started = time.perf_counter()
        if client.drain(f"grand{number}.bin") != size << 20:
            raise RuntimeError(f"{drive.name} gave something else back")
        subprocess.run(["sync"], check=True)
        costs.get = max(costs.get, size * 1.048576 / (time.perf_counter() - started))
        costs.grown = max(costs.grown, (drive.server.rss() - before) / 1e6)
        client.send("DELETE", f"grand{number}.bin")


def cpu(drive: Drive, request: Callable[[int], object], count: int) -> float:
    """Milliseconds of the server's CPU a request."""
    before = drive.server.cpu()
    for number in range(count):
        request(number)
    return (drive.server.cpu() - before) / count * 1000


def alone(size: int) -> tuple[float, float]:
    """MB/s of SHA-256 alone, and of writing with one fsync alone."""
    started = time.perf_counter()
    digest = hashlib.sha256()
    for _ in range(size):
        digest.update(BLOCK)
    hashed = size * 1.048576 / (time.perf_counter() - started)
    with tempfile.TemporaryDirectory(prefix="hemicycle-bench-") as folder, Path(folder, "file").open("wb") as file:
        started = time.perf_counter()
        for _ in range(size):
            file.write(BLOCK)
        file.flush()
        os.fsync(file.fileno())
        written = size * 1.048576 / (time.perf_counter() - started)
    return hashed, written


def table(found: list[Costs], hashed: float, written: float, size: int) -> str:
    """The costs as Markdown, with what has to be reached."""
    one = found[0]
    yardstick = {costs.name: costs for costs in found}.get("Apache mod_dav")
    rows = [
        (f"PUT of {size} MiB until `sync`, MB/s", "put", 0.8 * yardstick.put if yardstick else 0, True),
        (f"GET of {size} MiB, MB/s", "get", 0.8 * yardstick.get if yardstick else 0, True),
        ("4 KiB written, ms of CPU", "small_put", 1.4, False),
        ("4 KiB read, ms of CPU", "small_get", 0.8, False),
        (f"listing of {ENTRIES:,}, ms of CPU", "listing", 30, False),
        ("memory grown by the large file, MB", "grown", 64, False),
    ]
    lines = [
        f"| | {' | '.join(costs.name for costs in found)} | target | reached |",
        f"|---|{'---|' * (len(found) + 2)}",
    ]
    for words, name, target, at_least in rows:
        mine = getattr(one, name)
        reached = mine >= target if at_least else mine <= target
        values = " | ".join(f"{getattr(costs, name):.3g}" for costs in found)
        lines.append(
            f"| {words} | {values} | {'≥' if at_least else '≤'} {target:.3g} | {'yes' if reached else '**no**'} |"
        )
    load = os.getloadavg()[0]
    return "\n".join(lines) + (
        f"\n\nAlone, on the same disk: SHA-256 {hashed:.0f} MB/s, writing with one fsync {written:.0f} MB/s. "
        f"Load of the machine: {load:.1f}."
    )


def main() -> int:
    """Measure one after the other."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--wsgidav", default="", metavar="PYTHON")
    parser.add_argument("--size", type=int, default=1024, metavar="MIB")
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--only-ours", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    starts = [ours] if options.only_ours else [ours, apache]
    found: list[Costs] = []
    for start in starts:
        with ExitStack() as stack:
            found.append(measure(stack.enter_context(start()), options.size, options.rounds))
    if options.wsgidav:
        with wsgidav(options.wsgidav) as drive:
            found.append(measure(drive, options.size, options.rounds))
    text = table(found, *alone(options.size), options.size)
    print(text)
    if options.write:
        figures.write("files", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
