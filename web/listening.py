"""A deadline for the headers of a connection's first request.

aiohttp closes a connection that idles between requests, but none that sends its first headers a byte a second; this
does, at the price of one timer a connection.
"""

import asyncio
import weakref
from collections.abc import Callable

from aiohttp import web

HEADER_SECONDS = 10.0


class HeaderDeadline:
    """A protocol factory around aiohttp's: what has not asked for anything in time is closed."""

    def __init__(self, factory: Callable[[], asyncio.Protocol], seconds: float = HEADER_SECONDS) -> None:
        self._factory = factory
        self._seconds = seconds
        self._heard: weakref.WeakSet[asyncio.Protocol] = weakref.WeakSet()

    def __call__(self) -> asyncio.Protocol:
        protocol = self._factory()
        asyncio.get_running_loop().call_later(self._seconds, self._check, weakref.ref(protocol))
        return protocol

    def heard(self, request: web.Request) -> None:
        """A request has begun on this connection."""
        self._heard.add(request.protocol)

    def _check(self, reference: weakref.ref[asyncio.Protocol]) -> None:
        protocol = reference()
        if protocol is None or protocol in self._heard:
            return
        transport: asyncio.Transport | None = getattr(protocol, "transport", None)
        if transport is not None:
            transport.abort()
