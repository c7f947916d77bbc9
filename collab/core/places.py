"""How a setting names a place on the network: an address or a host name, and maybe a port.

`settings.py` refuses what `parse_place` does not read; the media engine announces what it gives.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

_WITH_PORT = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?))(?::(?P<port>[0-9]{1,5}))?"
)


class Place(NamedTuple):
    """An address or a host name; `port` where one is written."""

    host: str
    port: int | None


def parse_place(text: str) -> Place:
    """`203.0.113.9`, `203.0.113.9:40000`, `2001:db8::9`, `[2001:db8::9]:40000`, `visio.example.fr[:40000]`.

    Raises ValueError."""
    try:
        return Place(str(ipaddress.ip_address(text)), None)
    except ValueError:
        found = _WITH_PORT.fullmatch(text)
    if found is None:
        raise ValueError(f"neither an address nor a host name: {text}")
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 0 < port < 65536:
        raise ValueError(f"no port number: {text}")
    host = str(ipaddress.IPv6Address(found["six"])) if found["six"] else found["name"]
    return Place(host, port)
