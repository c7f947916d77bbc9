"""Gives the tasks that python-engineio starts an owner.

engineio keeps no handle of the task that waits before each ping: it sleeps on for up to `ping_interval` after its
socket is gone. The hub ends them when it stops, so that a stopped server leaves no task.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import socketio


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
