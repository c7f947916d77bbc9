"""A deadline for the headers of a connection's first request.

aiohttp closes a connection that idles between requests, but none that sends its first headers a byte a second; this
does, at the price of one timer a connection.
"""

import asyncio
from collections.abc import Callable

from aiohttp import web

HEADER_SECONDS = 10.0


class HeaderDeadline:
    """A protocol factory around aiohttp's: what has not asked for anything in time is closed."""

    def __init__(self, factory: Callable[[], asyncio.Protocol], seconds: float = HEADER_SECONDS) -> None:
        self._factory = factory
        self._seconds = seconds
        self._waiting: dict[asyncio.BaseProtocol, asyncio.TimerHandle] = {}

    def __call__(self) -> asyncio.Protocol:
        protocol = self._factory()
        loop = asyncio.get_running_loop()
        self._waiting[protocol] = loop.call_later(self._seconds, self._give_up, protocol)
        return protocol

    def heard(self, request: web.Request) -> None:
        """A request has begun on this connection."""
        timer = self._waiting.pop(request.protocol, None)
        if timer is not None:
            timer.cancel()

    def stop(self) -> None:
        """No connection is waited for any more."""
        for timer in self._waiting.values():
            timer.cancel()
        self._waiting.clear()

    def _give_up(self, protocol: asyncio.BaseProtocol) -> None:
        self._waiting.pop(protocol, None)
        transport: asyncio.Transport | None = getattr(protocol, "transport", None)
        if transport is not None:
            transport.abort()
