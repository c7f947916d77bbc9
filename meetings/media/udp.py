"""The engine's UDP port: one socket per bound address, drained in batches.

`ports.py` opens and closes it together with the TCP one and gives it the function that takes datagrams.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Sequence

from meetings.media.fanout import Sender
from meetings.media.ice import Address

BATCH = 64
_BUFFER_BYTES = 4 * 1024 * 1024
Datagrams = Callable[[bytes, Address, "UdpSocket"], object]


class UdpSocket:
    """One bound address."""

    def __init__(self, address: str, port: int) -> None:
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

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self) -> tuple[bytes, Address] | None:
        """The next waiting datagram, None when there is none."""
        try:
            data, source = self._socket.recvfrom(2048)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:  # an ICMP error of an earlier send: the datagram it stands for is gone
            return b"", ("", 0)
        return data, source[:2]

    def sender(self, address: Address) -> Sender:
        """Send to one address; a full or refusing socket loses the packet, as a network may."""
        sendto = self._socket.sendto

        def send(datagram: bytes) -> bool:
            try:
                sendto(datagram, address)
            except OSError:  # full, refused, or closed
                return False
            return True

        return send

    def release(self) -> None:
        """A participant who sent here is gone; the others go on."""

    def close(self) -> None:
        self._socket.close()


class UdpPort:
    """The same port number on every address. Raises OSError when it cannot be had."""

    def __init__(self, addresses: Sequence[str], port: int, datagram: Datagrams, drained: Callable[[], None]) -> None:
        self._datagram = datagram
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
        item = UdpSocket(address, self.port)
        self.port = item.port
        self.sockets.append(item)
        self._loop.add_reader(item.fileno(), self._readable, item)

    def remove(self, address: str) -> None:
        for item in [item for item in self.sockets if item.address == address]:
            self.sockets.remove(item)
            self._loop.remove_reader(item.fileno())
            item.close()

    def _readable(self, item: UdpSocket) -> None:
        for _ in range(BATCH):
            received = item.receive()
            if received is None:
                break
            data, source = received
            if data:
                self._datagram(data, source, item)
        self._drained()

    def close(self) -> None:
        for address in [item.address for item in self.sockets]:
            self.remove(address)
