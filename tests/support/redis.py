"""A real Redis of our own, kept in memory, that a test can take away and give back.

Fixtures in tests/conftest.py call it.
"""

import shutil
import signal
import tempfile
from pathlib import Path

from tests.support.ports import LOOPBACK, free_port, is_listening
from tests.support.programs import Child, find_program


class RedisServer:
    """Starts when made; `die()` and `start()` take it away and bring it back empty, `stop()` ends it."""

    def __init__(self) -> None:
        self._program = find_program("redis-server", "redis-server")
        self._folder = Path(tempfile.mkdtemp(prefix="hemicycle-redis-"))
        self.port = free_port()
        self.url = f"redis://{LOOPBACK}:{self.port}/0"
        self.start()

    def start(self) -> None:
        """Start on the same port as before."""
        options = ["--bind", LOOPBACK, "--port", str(self.port), "--dir", str(self._folder)]
        self._child = Child([self._program, *options, "--save", "", "--appendonly", "no"], self._folder / "log")
        self._child.wait_until(lambda: is_listening(self.port))

    def die(self) -> None:
        """End it as a crash would."""
        self._child.stop(signal.SIGKILL)

    def stop(self) -> None:
        """End it and remove its folder."""
        self._child.stop()
        shutil.rmtree(self._folder)
