"""A process that has loaded the server's code and forks servers: hundreds of starts without hundreds of imports.

What is forked is `hemicycle` as it always runs: its own memory, its own arguments, environment and log; only the
seconds that Python takes to read the code are spent once.
"""

import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.programs import Child

ROOT = Path(__file__).resolve().parents[2]
_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


class Forked(Child):
    """A server that the forge made; it ends when the forge does."""

    def __init__(self, pid: int, log: Path, command: Sequence[str]) -> None:
        self.log = log
        self.process: Any = _Process(pid, command)


class _Process:
    """As much of subprocess.Popen as Child and the tests use; how it ended is not told to who is not its parent."""

    def __init__(self, pid: int, args: Sequence[str]) -> None:
        self.pid, self.args, self.returncode = pid, args, None
        self._descriptor = os.pidfd_open(pid)

    def poll(self) -> int | None:
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int | None:
        ended = self._ended(timeout)
        if ended is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return ended

    def _ended(self, timeout: float | None) -> int | None:
        if self._descriptor >= 0:
            if not select.select([self._descriptor], [], [], timeout)[0]:
                return None
            os.close(self._descriptor)
            self._descriptor = -1
        return 0

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, number: signal.Signals) -> None:
        if self._descriptor >= 0:
            signal.pidfd_send_signal(self._descriptor, number)


class Forge:
    """`start` as often as needed."""

    def __init__(self, control: socket.socket) -> None:
        self._control = control

    def start(self, arguments: Sequence[str], log: Path, environment: Mapping[str, str]) -> Forked:
        order = {"arguments": list(arguments), "log": str(log), "environment": dict(environment)}
        self._control.sendall(json.dumps(order).encode())
        return Forked(int(self._control.recv(100)), log, arguments)


@contextmanager
def forging() -> Iterator[Forge]:
    """A forge, whose servers all end on leaving."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        with theirs:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", sys.executable, "-m", "tests.support.forge"],
                stdin=theirs.fileno(),
                cwd=ROOT,
            )
        yield Forge(ours)
        process.kill()
        process.wait()


def _main() -> None:
    from web import main, migrations  # noqa: F401 - loaded here, so that no server needs to
    from web.cli import main as hemicycle

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    control = socket.socket(fileno=os.dup(0))
    while order := control.recv(100_000):
        pid = os.fork()
        if pid == 0:
            control.close()
            _become(json.loads(order))
            os._exit(hemicycle(json.loads(order)["arguments"]))
        control.send(str(pid).encode())


def _become(order: Mapping[str, Any]) -> None:
    ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.update(order["environment"])
    log = os.open(order["log"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)


if __name__ == "__main__":
    _main()
