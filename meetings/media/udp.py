"""The engine's UDP port: one socket per bound address, drained in batches.

A wildcard is replaced by the machine's own addresses, because an answer from another address than the one that was
asked never completes ICE. `worker.py` opens and closes it and gives it the function that takes datagrams.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Callable, Sequence

import ifaddr

from meetings.media.fanout import Sender
from meetings.media.ice import Address

BATCH = 64
_BUFFER_BYTES = 4 * 1024 * 1024
Datagrams = Callable[[bytes, Address, "UdpSocket"], None]


def expand(listen: Sequence[str]) -> list[str]:
    """Replace wildcards by this machine's addresses (without link-local IPv6, which needs a zone)."""
    found: list[str] = []
    for text in listen:
        address = ipaddress.ip_address(text)
        if not address.is_unspecified:
            found.append(str(address))
            continue
        for adapter in ifaddr.get_adapters():
            for ip in adapter.ips:
                own = ipaddress.ip_address(ip.ip if isinstance(ip.ip, str) else ip.ip[0])
                if own.version == address.version and not own.is_link_local:
                    found.append(str(own))
    return list(dict.fromkeys(found))


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

    def close(self) -> None:
        self._socket.close()


class UdpPort:
    """The same port number on every address. Raises OSError when it cannot be had."""

    def __init__(self, addresses: Sequence[str], port: int, datagram: Datagrams, drained: Callable[[], None]) -> None:
        self._datagram = datagram
        self._drained = drained
        self.sockets: list[UdpSocket] = []
        self._loop = asyncio.get_running_loop()
        try:
            for address in addresses:
                self.sockets.append(UdpSocket(address, self.sockets[0].port if self.sockets else port))
        except OSError:
            self.close()
            raise
        self.port = self.sockets[0].port
        for item in self.sockets:
            self._loop.add_reader(item.fileno(), self._readable, item)

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
        for item in self.sockets:
            self._loop.remove_reader(item.fileno())
            item.close()
        self.sockets.clear()
