"""Free ports on loopback for the servers that tests start.

They lie below those that the kernel gives to connections, and each worker of a test run has a lane of its own: between
the look and the start of the server nobody else takes the number. All lie above 10080, the last number that browsers
refuse to open.
"""

import os
import random
import socket
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import product

LOOPBACK = "127.0.0.1"
LANE = 2_000
MOST = 8  # numbers on end that are ever asked for
_lane = 12_000 + LANE * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 10)
_next = random.randrange(LANE - MOST)  # other test runs may go on beside this one


def free_port() -> int:
    """A TCP port of loopback that is free now."""
    return _free(1, (socket.SOCK_STREAM,))


def free_media_port(count: int = 1) -> int:
    """A number that is free on loopback for TCP and for UDP alike, as the media port needs; the next ones too."""
    return _free(count, (socket.SOCK_STREAM, socket.SOCK_DGRAM))


def _free(count: int, kinds: Sequence[socket.SocketKind]) -> int:
    """The first of so many numbers on end that are free for all of these kinds."""
    global _next
    for _ in range(LANE):
        first = _lane + _next
        _next = (_next + count) % (LANE - MOST)
        with ExitStack() as stack:
            try:
                for number, kind in product(range(count), kinds):
                    stack.enter_context(socket.socket(type=kind)).bind((LOOPBACK, first + number))
            except OSError:
                continue
        return first
    raise OSError(f"no port is free from {_lane} on")


def is_listening(port: int) -> bool:
    """Whether something accepts TCP connections on this port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
