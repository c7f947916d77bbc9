"""Free ports on loopback for the servers that tests start.

The source of truth is the kernel: bind port 0, read the number, let go. Another process can take the
number in between, so whoever starts a server on it must tolerate a retry.
"""

import socket
from contextlib import ExitStack

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A TCP port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


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
