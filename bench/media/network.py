"""Two network namespaces joined by a veth pair: the load generator in one, the measured server in the other.

Janus gathers no candidate on loopback, and nothing else of the machine can disturb or be disturbed. Both end with us:
they live as long as the processes in them. Without root, a user namespace lends what is needed.
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.programs import Child, run

OURS, THEIRS = "10.99.0.2", "10.99.0.1"
_MARK = "BENCH_MEDIA_NETWORK"


def move_in(arguments: Sequence[str]) -> None:
    """Go on as the same program in a network namespace of its own; returns at once when already there."""
    if os.environ.get(_MARK):
        return
    lent = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    command = ["unshare", *lent, "--net", "--", sys.executable, "-m", "bench.media", *arguments]
    sys.stdout.flush()
    os.execvpe(command[0], command, {**os.environ, _MARK: "1"})


@contextmanager
def joined(folder: Path) -> Iterator["Side"]:
    """The other side, reachable under THEIRS; we are OURS."""
    holder = Child(["unshare", "--net", "--", "sleep", "infinity"], folder / "network.log")
    try:
        ours = Path("/proc/self/ns/net").readlink()
        deadline = time.monotonic() + 5
        while Path(f"/proc/{holder.process.pid}/ns/net").readlink() == ours:
            if holder.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"no second network namespace: {holder.tail()}")
            time.sleep(0.01)
        side = Side(holder.process.pid)
        pid = str(holder.process.pid)
        run(["ip", "link", "set", "lo", "up"])
        run(["ip", "link", "add", "bench0", "type", "veth", "peer", "name", "bench1", "netns", pid])
        for prefix, name, address in (([], "bench0", OURS), (side.prefix, "bench1", THEIRS)):
            run([*prefix, "ip", "address", "add", f"{address}/24", "dev", name])
            run([*prefix, "ip", "link", "set", name, "up"])
        run([*side.prefix, "ip", "link", "set", "lo", "up"])
        yield side
    finally:
        holder.stop()


class Side:
    """The namespace of the measured server."""

    def __init__(self, pid: int) -> None:
        self.prefix = ["nsenter", f"--net=/proc/{pid}/ns/net", "--"]
        """Put before a command, runs it there."""


def machine() -> str:
    """The machine in words, for whoever reads the figures."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    cpu = next((line.partition(":")[2].strip() for line in lines if "model name" in line), "unknown processor")
    return f"{os.cpu_count()} cores, {cpu}, load {os.getloadavg()[0]:.1f}"
