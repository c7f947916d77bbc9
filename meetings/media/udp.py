"""The engine's UDP port: one socket per bound address, drained in batches.

`ports.py` opens and closes it together with the TCP one and gives it the function that takes datagrams.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import socket
import time
from array import array
from collections.abc import Callable, Iterator, Sequence
from struct import Struct

from meetings.media.batches import SIZE, can_batch
from meetings.media.fanout import Inbox, Plane
from meetings.media.ice import Address
from meetings.media.intake import Intake

_log = logging.getLogger(__name__)
_MAX_NAMES = 4096
_BUFFER_BYTES = 4 * 1024 * 1024
_FAMILY = Struct("=H")
Datagrams = Callable[[bytes, Address, "UdpSocket", bool], object]
"""Takes a datagram, or where the last argument says so a decrypted RTP packet of a known stream."""


def pack_sockaddr(address: Address) -> bytes:
    """`struct sockaddr_in` or `sockaddr_in6` (without scope) as Linux has them."""
    ip = ipaddress.ip_address(address[0])
    if ip.version == 4:
        return _FAMILY.pack(socket.AF_INET) + address[1].to_bytes(2, "big") + ip.packed + bytes(8)
    return _FAMILY.pack(socket.AF_INET6) + address[1].to_bytes(2, "big") + bytes(4) + ip.packed + bytes(4)


def unpack_sockaddr(name: bytes) -> Address:
    """The address of a `struct sockaddr_in` or `sockaddr_in6`."""
    port = int.from_bytes(name[2:4], "big")
    if _FAMILY.unpack_from(name)[0] == socket.AF_INET:
        return socket.inet_ntop(socket.AF_INET, name[4:8]), port
    return socket.inet_ntop(socket.AF_INET6, name[8:24]), port


class UdpSender:
    """Sends to one address. `descriptor` holds the socket's number, -1 once it is closed: whoever sends by number
    reads it there, so that a number which the kernel has given to another file is never written to."""

    __slots__ = ("_address", "_sendto", "descriptor", "sockaddr")

    def __init__(self, out: socket.socket, descriptor: array[int], address: Address) -> None:
        self._sendto = out.sendto
        self._address = address
        self.descriptor = descriptor
        self.sockaddr = pack_sockaddr(address)

    def __call__(self, datagram: bytes) -> bool:
        try:
            self._sendto(datagram, self._address)
        except OSError:  # full, refused, or closed
            return False
        return True


class UdpSocket:
    """One bound address. `inbox` makes what receives; without it, and where the kernel has no call for many datagrams,
    they are read one by one."""

    def __init__(self, address: str, port: int, inbox: Callable[[array[int]], Inbox] | None = None) -> None:
        version = ipaddress.ip_address(address).version
        self._socket = socket.socket(socket.AF_INET if version == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
                self._socket.setsockopt(socket.SOL_SOCKET, option, _BUFFER_BYTES)
            self._socket.bind((address, port))
        except OSError:
            self._socket.close()
            raise
        self.address = address
        self.port: int = self._socket.getsockname()[1]
        self._descriptor = array("i", [self._socket.fileno()])
        self._inbox = inbox(self._descriptor) if inbox is not None and can_batch() else None
        self._names: dict[bytes, Address] = {}

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self, now: float) -> Iterator[tuple[bytes, Address, bool]]:
        """Datagrams that wait, at most SIZE, by one call of the kernel where it has one for many."""
        if self._inbox is not None:
            for data, name, plain in self._inbox.receive(now):
                yield data, self._address_of(name), plain
            return
        for _ in range(SIZE):
            try:
                data, source = self._socket.recvfrom(2048)
            except (BlockingIOError, InterruptedError):
                break
            except OSError:  # an ICMP error of an earlier send: the datagram it stands for is gone
                continue
            yield data, source[:2], False

    def route(self, source: Address, intake: Intake) -> None:
        """What comes from there belongs to this connection."""
        if self._inbox is not None:
            self._inbox.route(pack_sockaddr(source), intake)

    def forget(self, source: Address) -> None:
        if self._inbox is not None:
            self._inbox.forget(pack_sockaddr(source))

    def _address_of(self, name: bytes) -> Address:
        known = self._names.get(name)
        if known is None:
            if len(self._names) >= _MAX_NAMES:  # strangers; those who talk are back with their next datagram
                self._names.clear()
            known = self._names[name] = unpack_sockaddr(name)
        return known

    def sender(self, address: Address) -> UdpSender:
        """Send to one address; a full or refusing socket loses the packet, as a network may."""
        return UdpSender(self._socket, self._descriptor, address)

    def release(self) -> None:
        """A participant who sent here is gone; the others go on."""

    def close(self) -> None:
        self._descriptor[0] = -1
        self._socket.close()


class UdpPort:
    """The same port number on every address; `plane` receives and sends on. Raises OSError when it cannot be had."""

    def __init__(
        self, addresses: Sequence[str], port: int, datagram: Datagrams, drained: Callable[[], None], plane: Plane
    ) -> None:
        self._datagram = datagram
        self._plane = plane
        self._drained = drained
        self.sockets: list[UdpSocket] = []
        self._loop = asyncio.get_running_loop()
        self.port = port
        try:
            for address in addresses:
                self.add(address)
        except OSError:
            self.close()
            raise

    def add(self, address: str) -> None:
        """Take the port on one more address. Raises OSError."""
        item = UdpSocket(address, self.port, self._plane.inbox)
        self.port = item.port
        self.sockets.append(item)
        self._loop.add_reader(item.fileno(), self._readable, item)

    def remove(self, address: str) -> None:
        for item in [item for item in self.sockets if item.address == address]:
            self.sockets.remove(item)
            self._loop.remove_reader(item.fileno())
            item.close()

    def _readable(self, item: UdpSocket) -> None:
        self._plane.now = now = time.monotonic()
        try:
            for data, source, plain in item.receive(now):
                if data:
                    self._take(data, source, item, plain)
        finally:
            self._drained()

    def _take(self, data: bytes, source: Address, item: UdpSocket, plain: bool) -> None:
        try:
            self._datagram(data, source, item, plain)
        except Exception:  # one datagram must not cost those that came with it
            _log.exception("a datagram could not be taken")

    def close(self) -> None:
        for address in [item.address for item in self.sockets]:
            self.remove(address)
