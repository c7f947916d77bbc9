"""Which addresses the engine binds and which ones it tells browsers.

A wildcard is replaced by the machine's own addresses, because an answer from another address than the one that was
asked never completes ICE. `ports.py` looks again from time to time: a laptop changes networks, a lease ends.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Sequence
from typing import NamedTuple

import ifaddr

_WITH_PORT = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?))(?::(?P<port>[0-9]{1,5}))?"
)


class Announced(NamedTuple):
    """An entry of the setting `announce`: an address or a host name, and a port where a router maps it elsewhere."""

    host: str
    port: int | None


def has_wildcard(listen: Sequence[str]) -> bool:
    return any(ipaddress.ip_address(text).is_unspecified for text in listen)


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


def parse_announced(text: str) -> Announced:
    """`203.0.113.9`, `203.0.113.9:40000`, `2001:db8::9`, `[2001:db8::9]:40000`, `visio.example.fr[:40000]`.

    Raises ValueError."""
    try:
        return Announced(str(ipaddress.ip_address(text)), None)
    except ValueError:
        found = _WITH_PORT.fullmatch(text)
    if found is None:
        raise ValueError(f"neither an address nor a host name: {text}")
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 0 < port < 65536:
        raise ValueError(f"no port number: {text}")
    host = str(ipaddress.IPv6Address(found["six"])) if found["six"] else found["name"]
    return Announced(host, port)


async def resolve(announced: Sequence[Announced]) -> list[Announced]:
    """Host names replaced by their addresses; a name that does not resolve now is left out."""
    found: list[Announced] = []
    for host, port in announced:
        try:
            found.append(Announced(str(ipaddress.ip_address(host)), port))
            continue
        except ValueError:
            pass
        try:
            answers = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_DGRAM)
        except OSError:
            continue
        found += [Announced(str(answer[4][0]), port) for answer in answers]
    return list(dict.fromkeys(found))
