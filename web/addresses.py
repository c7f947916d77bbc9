"""Where a request comes from: the peer, or what proxies that we trust say of it.

Given to throttling and to the security log, never to the application log.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from aiohttp import web

from web.deps import DEPS

Network = IPv4Network | IPv6Network


def address_of(request: web.Request) -> str:
    """The address of whoever asks."""
    trusted = [ip_network(entry, strict=False) for entry in request.app[DEPS].settings.server.trusted_proxies]
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
    return client_address(request.remote or "", forwarded, trusted)


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Walk X-Forwarded-For from its end while the speaker is trusted; what stands further left may be invented."""
    address = peer
    for claimed in reversed([_without_port(part.strip()) for part in forwarded.split(",") if part.strip()]):
        if not _is_trusted(address, trusted) or not _is_address(claimed):
            break
        address = claimed
    return address


def _without_port(claimed: str) -> str:
    """The address of an entry; some proxies write the port too: `192.0.2.1:5678`, `[2001:db8::1]:80`."""
    if claimed.startswith("["):
        return claimed[1:].partition("]")[0]
    return claimed.partition(":")[0] if claimed.count(":") == 1 else claimed


def _is_trusted(address: str, trusted: Sequence[Network]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in trusted)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
