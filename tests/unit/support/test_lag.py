"""The probe sees a loop that is held, and a free one even beside a busy thread pool."""

import asyncio
import hashlib
import time

from tests.support.lag import LoopLag, LoopWork


async def test_sees_a_call_that_holds_the_loop() -> None:
    async with LoopLag() as lag:
        await asyncio.sleep(0.01)
        time.sleep(0.05)
        await asyncio.sleep(0.01)
    assert 0.045 < lag.worst < 0.2


async def test_sees_a_hold_just_before_the_end() -> None:
    async with LoopLag() as lag:
        time.sleep(0.05)
    assert lag.worst > 0.045


async def test_work_in_threads_does_not_count() -> None:
    data = bytes(40_000_000)  # made before: making it holds the loop
    async with LoopLag() as lag:
        await asyncio.gather(*(asyncio.to_thread(hashlib.sha256, data) for _ in range(4)))
    assert lag.worst < 0.02


async def test_work_of_the_loop_is_told_from_work_of_others() -> None:
    def work() -> None:
        end = time.thread_time() + 0.03
        while time.thread_time() < end:
            pass

    async with LoopWork() as own:
        await asyncio.sleep(0)
        work()
    async with LoopWork() as others:
        await asyncio.to_thread(work)
    assert own.worst >= 0.03
    assert others.worst < 0.03
