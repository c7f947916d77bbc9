"""The engine's doors: one number on UDP and on TCP, on every address, and what browsers are told of them.

`worker.py` opens and closes them. A wildcard follows the machine's addresses as they come and go; host names in
`announce` are resolved again from time to time, as for a line whose address changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
from collections.abc import Callable

from collab.core.places import Place, parse_place
from meetings.media.addresses import expand, has_wildcard, is_loopback, resolve
from meetings.media.fanout import Plane
from meetings.media.port import MediaSettings
from meetings.media.sdp import Candidate
from meetings.media.tcp import Datagrams as TcpDatagrams
from meetings.media.tcp import TcpConnection, TcpPort
from meetings.media.udp import Datagrams as UdpDatagrams
from meetings.media.udp import UdpPort

_log = logging.getLogger(__name__)
FOLLOW_SECONDS = 5.0
RESOLVE_SECONDS = 60.0
_TRIES = 20


class Ports:
    """Both ports. `open` raises OSError when the number cannot be had on UDP and TCP alike."""

    def __init__(
        self,
        settings: MediaSettings,
        datagram: Callable[..., bool],
        drained: Callable[[], None],
        gone: Callable[[TcpConnection], None],
        plane: Plane,
    ) -> None:
        self._settings = settings
        self._plane = plane
        self._announced = tuple(parse_place(text) for text in settings.announced)
        self._resolved: dict[Place, list[Place]] = {}
        """What each announced place was when it was last known."""
        self._fixed = set(expand([text for text in settings.listen if not has_wildcard([text])]))
        self._on_udp: UdpDatagrams = datagram
        self._on_tcp: TcpDatagrams = datagram
        self._drained = drained
        self._gone = gone
        self._udp: UdpPort | None = None
        self._tcp: TcpPort | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def port(self) -> int:
        return self._udp.port if self._udp is not None else 0

    @property
    def addresses(self) -> list[str]:
        return [item.address for item in self._udp.sockets] if self._udp is not None else []

    @property
    def refused(self) -> int:
        """TCP connections that ended because of what they sent, or did not send."""
        return self._tcp.refused if self._tcp is not None else 0

    async def open(self) -> None:
        wanted = expand(self._settings.listen)
        for tries in range(_TRIES):
            try:
                self._bind(wanted)
            except OSError as error:
                self._unbind()
                if self._settings.port or error.errno != errno.EADDRINUSE or tries == _TRIES - 1:
                    raise
            else:
                break
        if has_wildcard(self._settings.listen):
            self._tasks.append(asyncio.create_task(self._follow(), name="media addresses"))
        await self._look_up()
        if any(self._resolved.get(place) != [place] for place in self._announced):
            self._tasks.append(asyncio.create_task(self._resolve(), name="media names"))

    def candidates(self) -> list[Candidate]:
        """What browsers may try: the announced addresses, else those bound; UDP first.

        The loopback addresses of a wildcard are left out: elsewhere they mean the browser's own machine."""
        places = [(item.host, item.port or self.port) for place in self._announced for item in self._resolved[place]]
        if not self._announced:
            bound = [(address, self.port) for address in self.addresses]
            places = [place for place in bound if place[0] in self._fixed or not is_loopback(place[0])] or bound
        return [Candidate(protocol, *place) for protocol in ("udp", "tcp") for place in places]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks.clear()
        self._unbind()

    def _bind(self, wanted: list[str]) -> None:
        self._udp = UdpPort([], self._settings.port, self._on_udp, self._drained, self._plane)
        self._tcp = TcpPort([], 0, self._on_tcp, self._drained, self._gone)
        missing: OSError | None = None
        for address in wanted:
            try:
                self._add(address)
            except OSError as error:
                # an address of a wildcard that is just going, or not yet confirmed on its network
                if address in self._fixed or error.errno != errno.EADDRNOTAVAIL:
                    raise
                missing = error
        if not self._udp.sockets:
            raise missing or OSError(errno.EADDRNOTAVAIL, "no address to listen on")

    def _add(self, address: str) -> None:
        if self._udp is None or self._tcp is None:
            return
        self._udp.add(address)
        try:
            self._tcp.port = self._udp.port
            self._tcp.add(address)
        except OSError:
            self._udp.remove(address)
            raise

    def _unbind(self) -> None:
        for port in (self._udp, self._tcp):
            if port is not None:
                port.close()
        self._udp = self._tcp = None

    def look(self) -> None:
        """Listen on addresses that have come, and no more on those that have gone."""
        if self._udp is None or self._tcp is None:
            return
        wanted = expand(self._settings.listen)
        for address in self.addresses:
            if address not in wanted:
                _log.info("media address %s is gone", address)
                self._udp.remove(address)
                self._tcp.remove(address)
        for address in wanted:
            if address not in self.addresses:
                try:
                    self._add(address)
                except OSError as error:
                    _log.warning("media address %s cannot be used yet: %s", address, error.strerror)
                else:
                    _log.info("media address %s is new", address)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(FOLLOW_SECONDS)
            try:
                self.look()
            except Exception:  # those that are bound go on
                _log.exception("the machine's addresses could not be read")

    async def _resolve(self) -> None:
        while True:
            await asyncio.sleep(RESOLVE_SECONDS if all(self._resolved.values()) else FOLLOW_SECONDS)
            await self._look_up()

    async def _look_up(self) -> None:
        for place in self._announced:
            found = await resolve([place])
            if not found:
                _log.warning("the announced name %s is not known", place.host)
            self._resolved[place] = found or self._resolved.get(place, [])
