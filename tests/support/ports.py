"""Free ports on loopback for the servers that tests start.

They lie below those that the kernel gives to connections, and each worker of a test run has a lane of its own: between
the look and the start of the server nobody else takes the number. All lie above 10080, the last number that browsers
refuse to open.
"""

import os
import random
import socket
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"
LANE = 2_000
_lane = 12_000 + LANE * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % 10)
_next = random.randrange(LANE)  # other test runs may go on beside this one


def free_port() -> int:
    """A TCP port of loopback that is free now."""
    global _next
    for _ in range(LANE):
        _next = (_next + 1) % LANE
        with socket.socket() as probe:
            try:
                probe.bind((LOOPBACK, _lane + _next))
            except OSError:
                continue
            return _lane + _next
    raise OSError(f"no port is free from {_lane} on")


def free_media_port(count: int = 1) -> int:
    """A number that is free on loopback for TCP and for UDP alike, as the media port needs; the next ones too."""
    while True:
        with ExitStack() as stack:
            first = stack.enter_context(socket.socket(type=socket.SOCK_DGRAM))
            first.bind((LOOPBACK, 0))
            port = int(first.getsockname()[1])
            try:
                for number in range(count):
                    stack.enter_context(socket.socket()).bind((LOOPBACK, port + number))
                    if number:
                        stack.enter_context(socket.socket(type=socket.SOCK_DGRAM)).bind((LOOPBACK, port + number))
            except OSError:
                continue
            return port


def is_listening(port: int) -> bool:
    """Whether something accepts TCP connections on this port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
