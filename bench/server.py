"""A server to measure: `hemicycle demo` in a process of its own on a temporary folder, and what it uses.

Called by the benches. The operating system is the source of truth: /proc/PID/stat for CPU, /proc/PID/status for
memory, summed over the process and its descendants.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from tests.support.ports import free_media_port, free_port
from tests.support.programs import Child

ROOT = Path(__file__).resolve().parents[1]
_COMMAND = [sys.executable, "-c", "import sys; from web.cli import main; sys.exit(main())", "demo"]
_TICKS = os.sysconf("SC_CLK_TCK")
_START_SECONDS = 60


class Server:
    """What runs, and its meters."""

    def __init__(self, pid: int, url: str, demo: dict[str, Any]) -> None:
        self.pid = pid
        self.url = url
        self.demo = demo

    def cpu(self) -> float:
        """Seconds of CPU (user and system) used so far; ended descendants included."""
        fields = [_stat(pid) for pid in self._family()]
        return sum(sum(int(ticks) for ticks in stat[11:15]) for stat in fields) / _TICKS

    def rss(self) -> int:
        """Bytes of memory that are resident now."""
        return sum(_resident(pid) for pid in self._family())

    def _family(self) -> list[int]:
        parents = {int(entry.name): int(_stat(int(entry.name))[1]) for entry in _processes()}
        family = [self.pid]
        for member in family:
            family += [pid for pid, parent in parents.items() if parent == member]
        return family


@contextmanager
def running(**environment: str) -> Iterator[Server]:
    """A server with the demo's commune, ready; `environment` adds `HEMICYCLE_*` variables."""
    folder = Path(tempfile.mkdtemp(prefix="hemicycle-bench-"))
    url = f"http://127.0.0.1:{(port := free_port())}"
    variables = {
        "HEMICYCLE_PORT": str(port),
        "HEMICYCLE_MEDIA_PORT": str(free_media_port()),
        "HEMICYCLE_DATA": str(folder / "data"),
    }
    child = Child(_COMMAND, folder / "log", environment={**variables, **environment}, folder=ROOT)
    try:
        child.wait_until(lambda: _answers(f"{url}/health"), _START_SECONDS)
        yield Server(child.process.pid, url, json.loads((folder / "data/demo.json").read_text()))
    finally:
        child.stop(signal.SIGINT)
        shutil.rmtree(folder)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


def _processes() -> list[Path]:
    return [entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and (entry / "stat").exists()]


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the command's name: state, parent, …; zeros for one that has just ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ["X"] + ["0"] * 50


def _resident(pid: int) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:")), 0)
