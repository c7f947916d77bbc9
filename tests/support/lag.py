"""Measures for how long the event loop is held: the promise is never over 20 ms.

`async with LoopLag() as lag: ...` and then `lag.worst` in seconds. What counts is the time in which our
own code keeps the loop from running; the time in which the machine gave the processor to other
processes is taken out of it (Linux keeps that sum per thread), so a busy machine fails no test.
"""

import asyncio
import threading
import time
from pathlib import Path
from types import TracebackType


class LoopLag:
    """Ticks every millisecond while entered and keeps the longest delay between two ticks."""

    def __init__(self, interval: float = 0.001) -> None:
        self.worst = 0.0
        self._interval = interval

    async def __aenter__(self) -> "LoopLag":
        self._queue_times = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat")
        self._loop = asyncio.get_running_loop()
        self._mark()
        self._timer = self._loop.call_later(self._interval, self._tick)
        await asyncio.sleep(0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._measure()

    def _tick(self) -> None:
        self._measure()
        self._mark()
        self._timer = self._loop.call_later(self._interval, self._tick)

    def _mark(self) -> None:
        self._waited = self._waiting_for_a_processor()
        self._last = time.perf_counter()

    def _measure(self) -> None:
        elapsed = time.perf_counter() - self._last - self._interval
        waited = self._waiting_for_a_processor() - self._waited
        self.worst = max(self.worst, elapsed - waited)

    def _waiting_for_a_processor(self) -> float:
        return int(self._queue_times.read_text().split()[1]) / 1e9


class LoopWork(LoopLag):
    """The longest stretch of processor time that the loop's own thread spent between two ticks.

    Other threads and other processes are not in it, so that it can be asserted on a machine that is busy.
    """

    def _mark(self) -> None:
        self._last = time.thread_time()

    def _measure(self) -> None:
        self.worst = max(self.worst, time.thread_time() - self._last)
