"""Senders that keep what they are given, for tests of the media engine without a socket."""

from collections.abc import Callable


class Kept:
    """A `Sender` without a datagram socket. `refusing`: what it answers as a full socket does."""

    descriptor = None
    sockaddr = b""

    def __init__(self, tell: Callable[[bytes], None] | None = None) -> None:
        self.datagrams: list[bytes] = []
        self.refusing = False
        self._tell = tell

    def __call__(self, datagram: bytes) -> bool:
        if self.refusing:
            return False
        self.datagrams.append(datagram)
        if self._tell is not None:
            self._tell(datagram)
        return True
