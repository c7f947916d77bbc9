"""The engine's TCP port, for networks that let no UDP pass: passive ICE-TCP candidates (RFC 6544), frames of RFC 4571.

A connection is one more way for datagrams to come and go; `worker.py` tells them apart as it does those of UDP.
Strangers are few and short-lived: the first frame of a connection must be a check that is valid. A peer that reads
slowly loses packets, as on a narrow UDP path, and never makes the queue grow.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import socket
from collections import Counter
from collections.abc import Callable, Sequence

from meetings.media.framing import BadFrame, Deframer, frame
from meetings.media.ice import Address
from meetings.media.intake import Intake

_log = logging.getLogger(__name__)

STRANGER_SECONDS = 5.0
"""How long a connection may wait with its first check."""
STALL_SECONDS = 10.0
"""How long a peer may read nothing while something waits for it."""
FAREWELL_SECONDS = 1.0
"""How long a connection outlives its participant, for DTLS to say goodbye."""
MAX_CONNECTIONS = 1024
MAX_STRANGERS = 128
MAX_STRANGERS_OF_ONE = 32
MAX_WAITING = 64 * 1024
_KERNEL_BYTES = 128 * 1024
_READ_BYTES = 64 * 1024
_BACKLOG = 128
_ACCEPTS = 32
_SWEEP = 1.0
_NO_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)


class TcpConnection:
    """One accepted connection; also the sender on it."""

    descriptor = None
    """No datagram socket: what batches datagrams must call this object instead."""
    sockaddr = b""

    def __init__(self, port: TcpPort, accepted: socket.socket, address: Address, now: float) -> None:
        self.address = address
        self.trusted = False
        """A valid check came."""
        self.since = now
        self._port = port
        self._socket = accepted
        self._loop = asyncio.get_running_loop()
        self._frames = Deframer()
        self._waiting = bytearray()
        self._moved = now
        self._farewell: asyncio.TimerHandle | None = None
        self._closed = False
        self._loop.add_reader(accepted.fileno(), self._readable)

    @property
    def waiting(self) -> int:
        """Bytes that the kernel has not taken yet."""
        return len(self._waiting)

    def route(self, source: Address, intake: Intake) -> None:
        """Its frames are always looked at."""

    def forget(self, source: Address) -> None: ...

    def sender(self, _address: Address) -> TcpConnection:
        """There is one peer only."""
        return self

    def __call__(self, datagram: bytes) -> bool:
        """Send one datagram; False when it is lost because the peer reads too slowly or is gone."""
        if self._closed:
            return False
        data = frame(datagram)
        if self._waiting:
            if len(self._waiting) + len(data) > MAX_WAITING:
                return False
            self._waiting += data
            return True
        try:
            sent = self._socket.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            # the caller may be in the middle of its tables
            self._loop.call_soon(self.close)
            return False
        self._moved = self._loop.time()
        if sent < len(data):
            self._waiting += data[sent:]
            self._loop.add_writer(self._socket.fileno(), self._writable)
        return True

    def _writable(self) -> None:
        try:
            sent = self._socket.send(self._waiting)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.close()
            return
        del self._waiting[:sent]
        self._moved = self._loop.time()
        if not self._waiting:
            self._loop.remove_writer(self._socket.fileno())

    def _readable(self) -> None:
        try:
            data = self._socket.recv(_READ_BYTES)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            data = b""
        if not data:
            self.close()
            return
        try:
            datagrams = self._frames.feed(data)
        except BadFrame:
            self._port.refused += 1
            self.close()
            return
        for datagram in datagrams:
            good = self._port.datagram(datagram, self.address, self)
            if self._closed:
                return
            if not self.trusted:
                if not good:
                    self._port.refused += 1
                    self.close()
                    return
                self.trusted = True
                self._port.trust(self)
        self._port.drained()

    def is_overdue(self, now: float) -> bool:
        """Whether it has waited too long: with its first check, or with reading what is sent to it."""
        if not self.trusted:
            return now - self.since > STRANGER_SECONDS
        return bool(self._waiting) and now - self._moved > STALL_SECONDS

    def release(self) -> None:
        """Its participant is gone: close it when the last words are out."""
        if not self._closed and self._farewell is None:
            self._farewell = self._loop.call_later(FAREWELL_SECONDS, self.close)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._waiting.clear()
        if self._farewell is not None:
            self._farewell.cancel()
        descriptor = self._socket.fileno()
        self._loop.remove_reader(descriptor)
        self._loop.remove_writer(descriptor)
        self._socket.close()
        self._port.closed(self)


Datagrams = Callable[[bytes, Address, TcpConnection], bool]


class TcpPort:
    """Listens on the same port of every address. Raises OSError when it cannot be had.

    `datagram` says whether it had a use for what came; `drained` follows each batch, `gone` each end of a connection.
    """

    def __init__(
        self,
        addresses: Sequence[str],
        port: int,
        datagram: Datagrams,
        drained: Callable[[], None],
        gone: Callable[[TcpConnection], None],
    ) -> None:
        self.datagram = datagram
        self.drained = drained
        self.refused = 0
        """Connections that ended because of what they sent, or did not send."""
        self._gone = gone
        self._loop = asyncio.get_running_loop()
        self._connections: dict[TcpConnection, None] = {}
        self._strangers: dict[TcpConnection, None] = {}
        self._strangers_of: Counter[str] = Counter()
        self._listeners: dict[str, socket.socket] = {}
        self._pauses: set[asyncio.TimerHandle] = set()
        self._timer: asyncio.TimerHandle | None = None
        self.port = port
        try:
            for address in addresses:
                self.add(address)
        except OSError:
            self.close()
            raise
        self._timer = self._loop.call_later(_SWEEP, self._sweep)

    @property
    def connections(self) -> int:
        return len(self._connections)

    @property
    def strangers(self) -> int:
        """Connections without a valid check so far."""
        return len(self._strangers)

    @property
    def addresses(self) -> list[str]:
        return list(self._listeners)

    def add(self, address: str) -> None:
        """Listen on one more address. Raises OSError."""
        family = socket.AF_INET if ipaddress.ip_address(address).version == 4 else socket.AF_INET6
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setblocking(False)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind((address, self.port))
            listener.listen(_BACKLOG)
        except OSError:
            listener.close()
            raise
        self.port = listener.getsockname()[1]
        self._listeners[address] = listener
        self._loop.add_reader(listener.fileno(), self._acceptable, listener)

    def remove(self, address: str) -> None:
        """Listen there no more; connections that are open stay."""
        listener = self._listeners.pop(address, None)
        if listener is not None:
            self._loop.remove_reader(listener.fileno())
            listener.close()

    def trust(self, connection: TcpConnection) -> None:
        self._no_stranger(connection)

    def closed(self, connection: TcpConnection) -> None:
        self._connections.pop(connection, None)
        self._no_stranger(connection)
        self._gone(connection)

    def close(self) -> None:
        for address in list(self._listeners):
            self.remove(address)
        for connection in list(self._connections):
            connection.close()
        for pause in self._pauses:
            pause.cancel()
        if self._timer is not None:
            self._timer.cancel()

    def _acceptable(self, listener: socket.socket) -> None:
        for _ in range(_ACCEPTS):
            try:
                accepted, source = listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return
            except OSError as error:
                if error.errno in _NO_DESCRIPTORS:
                    self._pause(listener)
                return
            self._take(accepted, source[:2])

    def _take(self, accepted: socket.socket, source: Address) -> None:
        try:
            accepted.setblocking(False)
            accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            accepted.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KERNEL_BYTES)
        except OSError:
            accepted.close()
            return
        if self._strangers_of[source[0]] >= MAX_STRANGERS_OF_ONE:
            self._refuse(next(item for item in self._strangers if item.address[0] == source[0]))
        elif len(self._strangers) >= MAX_STRANGERS:
            self._refuse(next(iter(self._strangers)))
        if len(self._connections) >= MAX_CONNECTIONS:
            self.refused += 1
            accepted.close()
            return
        connection = TcpConnection(self, accepted, source, self._loop.time())
        self._connections[connection] = None
        self._strangers[connection] = None
        self._strangers_of[source[0]] += 1

    def _refuse(self, connection: TcpConnection) -> None:
        self.refused += 1
        connection.close()

    def _no_stranger(self, connection: TcpConnection) -> None:
        if connection not in self._strangers:
            return
        del self._strangers[connection]
        address = connection.address[0]
        self._strangers_of[address] -= 1
        if not self._strangers_of[address]:
            del self._strangers_of[address]

    def _pause(self, listener: socket.socket) -> None:
        """Without a free descriptor the listener would stay readable and the loop spin: make room, look again later."""
        _log.warning("no descriptor left for a media connection over TCP")
        if self._strangers:
            self._refuse(next(iter(self._strangers)))
        self._loop.remove_reader(listener.fileno())

        def resume() -> None:
            self._pauses.discard(timer)
            if listener.fileno() >= 0:
                self._loop.add_reader(listener.fileno(), self._acceptable, listener)

        timer = self._loop.call_later(_SWEEP, resume)
        self._pauses.add(timer)

    def _sweep(self) -> None:
        now = self._loop.time()
        for connection in [item for item in self._connections if item.is_overdue(now)]:
            self._refuse(connection)
        self._timer = self._loop.call_later(_SWEEP, self._sweep)
