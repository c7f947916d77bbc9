"""A test that leaves an asyncio task or a socket behind fails.

tests/conftest.py wraps every test in `Watch`. Everything that wider fixtures opened before the test is
allowed; what the test and its own fixtures opened must be gone when they have been closed.
"""

import asyncio
import gc
from pathlib import Path

GRACE = 1.0  # seconds that a task or a closed transport gets to finish by itself


def open_sockets() -> dict[str, str]:
    """The sockets of this process: inode → file descriptor."""
    found = {}
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = str(entry.readlink())
        except FileNotFoundError:  # the descriptor of this very listing
            continue
        if target.startswith("socket:"):
            found[target] = entry.name
    return found


class Watch:
    """Remembers what is open when made; the rest finds what came since and is still there."""

    def __init__(self, grace: float = GRACE) -> None:
        self._grace = grace
        self._sockets = open_sockets()
        self._tasks: set[asyncio.Task[object]] = set()

    def note_tasks(self) -> None:
        """Allow the tasks that run now; to be called inside the loop."""
        self._tasks = asyncio.all_tasks()

    async def end_tasks(self) -> list[str]:
        """Describe the tasks that did not run before and do not end within the grace; they are cancelled."""
        left = asyncio.all_tasks() - self._tasks - {asyncio.current_task()}
        if left:
            _, left = await asyncio.wait(left, timeout=self._grace)
        described = [repr(task) for task in left]
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=self._grace)
        return described

    def check_sockets(self) -> None:
        """Fail on a socket that was not open before."""
        left = self._new_sockets()
        if left:
            gc.collect()  # one that nothing refers to any more is reported by its own ResourceWarning
            left = self._new_sockets()
        if left:
            raise AssertionError(f"the test left {len(left)} socket(s) open: {', '.join(map(_describe, left))}")

    def _new_sockets(self) -> set[str]:
        return open_sockets().keys() - self._sockets.keys()


def _describe(inode: str) -> str:
    """Addresses of the socket as the kernel lists them (hexadecimal), or its inode alone."""
    number = inode.removeprefix("socket:[").removesuffix("]")
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] == number:
                return f"{table} {fields[1]} → {fields[2]}"
    return inode
