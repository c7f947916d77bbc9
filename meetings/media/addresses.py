"""Which addresses the engine binds and which ones it tells browsers.

A wildcard is replaced by the machine's own addresses, because an answer from another address than the one that was
asked never completes ICE. `ports.py` looks again from time to time: a laptop changes networks, a lease ends.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

import ifaddr

from collab.core.places import Place

RESOLVE_PATIENCE = 5.0


def has_wildcard(listen: Sequence[str]) -> bool:
    return any(ipaddress.ip_address(text).is_unspecified for text in listen)


def is_loopback(address: str) -> bool:
    return ipaddress.ip_address(address).is_loopback


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


async def resolve(announced: Sequence[Place]) -> list[Place]:
    """Host names replaced by their addresses; a name that does not resolve now is left out."""
    found: list[Place] = []
    for host, port in announced:
        try:
            found.append(Place(str(ipaddress.ip_address(host)), port))
            continue
        except ValueError:
            pass
        try:
            async with asyncio.timeout(RESOLVE_PATIENCE):
                answers = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError):  # not known, no answer in time, no name at all
            continue
        found += [Place(str(answer[4][0]), port) for answer in answers]
    return list(dict.fromkeys(found))
