"""Free ports on loopback for the servers that tests start.

The source of truth is the kernel: bind port 0, read the number, let go. Another process can take the
number in between, so whoever starts a server on it must tolerate a retry.
"""

import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """A TCP port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def free_media_port() -> int:
    """A number that is free on loopback for TCP and for UDP alike, as the media port needs."""
    while True:
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind((LOOPBACK, 0))
            port = int(tcp.getsockname()[1])
            try:
                udp.bind((LOOPBACK, port))
            except OSError:
                continue
            return port


def is_listening(port: int) -> bool:
    """Whether something accepts TCP connections on this port of loopback."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0
