"""A TCP relay that a test can cut, as a broken network or a restarted server looks, and a port that a router maps."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

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


class _Mapping(asyncio.DatagramProtocol):
    """What comes to this socket is given to `heard` with its source."""

    def __init__(self, heard: Callable[[bytes, Any], None]) -> None:
        self._heard = heard

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self._heard(data, addr)


@asynccontextmanager
async def forwarded(port: int) -> AsyncIterator[int]:
    """A router that forwards a UDP port of its own to `port` of loopback, each peer from another port, as NAT does;
    gives its port."""
    loop = asyncio.get_running_loop()
    inside: dict[Any, asyncio.DatagramTransport] = {}
    waiting: dict[Any, asyncio.Task[None]] = {}

    def arrived(data: bytes, peer: Any) -> None:
        if peer in inside:
            inside[peer].sendto(data)
        elif peer not in waiting:
            waiting[peer] = loop.create_task(map_peer(peer))

    async def map_peer(peer: Any) -> None:
        own, _ = await loop.create_datagram_endpoint(
            lambda: _Mapping(lambda data, _: outer.sendto(data, peer)), remote_addr=(LOOPBACK, port)
        )
        inside[peer] = own

    outer, _ = await loop.create_datagram_endpoint(lambda: _Mapping(arrived), local_addr=(LOOPBACK, 0))
    try:
        yield int(outer.get_extra_info("sockname")[1])
    finally:
        await asyncio.gather(*waiting.values(), return_exceptions=True)
        for transport in (outer, *inside.values()):
            transport.close()
