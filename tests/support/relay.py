"""A TCP relay that a test can cut: what a broken network or a restarted server looks like from outside."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tests.support.ports import LOOPBACK


@asynccontextmanager
async def relay(port: int, cut: Callable[[int], bool] = lambda _: False) -> AsyncIterator[int]:
    """Relays to `port` of loopback; gives its own port.

    `cut` is asked with the number of bytes that the server has sent so far on this connection, before more is passed
    on; once it says yes, half of what had come is passed on and the connection ends.
    """
    tasks: set[asyncio.Task[None]] = set()

    async def serve(near: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        far, ask = await asyncio.open_connection(LOOPBACK, port)
        try:
            async with asyncio.TaskGroup() as both:
                forth = both.create_task(_pump(near, ask, lambda _: False))
                await _pump(far, answer, cut)
                forth.cancel()
        finally:
            for writer in (answer, ask):
                writer.transport.abort()

    def accept(near: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(serve(near, answer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, LOOPBACK, 0)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter, cut: Callable[[int], bool]) -> None:
    passed = 0
    try:
        while data := await source.read(4096):
            passed += len(data)
            if cut(passed):
                target.write(data[: len(data) // 2])
                await target.drain()
                return
            target.write(data)
            await target.drain()
    except ConnectionError:
        pass
