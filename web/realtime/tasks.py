"""How tasks of the real-time door end; and an owner for those that python-engineio starts.

engineio keeps no handle of the task that waits before each ping: it sleeps on for up to `ping_interval` after its
socket is gone. The hub ends them when it stops, so that a stopped server leaves no task.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection
from typing import Any

import socketio

LAST_WORDS_SECONDS = 1.0


async def spoken(queue: asyncio.Queue[Any]) -> None:
    """Wait until what is queued has been said, LAST_WORDS_SECONDS at most.

    A Redis command that is cancelled leaves its connection behind."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LAST_WORDS_SECONDS):
            await queue.join()


async def end_soon(tasks: Collection[asyncio.Task[None]]) -> None:
    """Give these LAST_WORDS_SECONDS, then cancel them."""
    if tasks:
        _, late = await asyncio.wait(tasks, timeout=LAST_WORDS_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)


class BackgroundTasks:
    """Every task a Socket.IO server starts from now on."""

    def __init__(self, sio: socketio.AsyncServer) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._start = sio.eio.start_background_task
        sio.eio.start_background_task = self._started

    def _started(self, target: Callable[..., Awaitable[Any]], *args: Any, **kwargs: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = self._start(target, *args, **kwargs)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def end(self) -> None:
        """Cancel what still runs, and wait until it has ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
