"""The data plane: rewrite one packet for many receivers, encrypt and send.

`Plane` is the interface, `PythonPlane` its form that needs nothing but wheels. The router says which outputs
there are and how each rewrites (`add`, `set`); per packet there is one `push` for all of them, and one `flush`
per wake-up. Outputs are numbers, so that another form may keep its state outside Python.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pylibsrtp import Session

from meetings.media import rtp, srtp
from meetings.media.forwarding import Rewrite, map_extensions, write_header, write_vp8


class Sender(Protocol):
    """Sends one datagram on the socket and to the address that ICE chose; False when it could not."""

    def __call__(self, datagram: bytes) -> bool: ...


class Path:
    """Where one connection's packets go: set when DTLS is done, `close` cuts it at once."""

    __slots__ = ("octets", "packets", "send", "session")

    def __init__(self, session: Session, send: Sender) -> None:
        self.session: Session | None = session
        self.send = send
        self.packets = 0
        self.octets = 0

    def close(self) -> None:
        self.session = None


class Plane(Protocol):
    dropped: int
    """Packets that libsrtp or the socket refused."""
    sent: int

    def add(self, path: Path) -> int:
        """A new output on `path`; it sends nothing before `set`."""

    def set(self, output: int, rewrite: Rewrite) -> None: ...

    def remove(self, output: int) -> None: ...

    def push(self, packet: bytes, header: rtp.Header, vp8: rtp.Vp8 | None, outputs: Sequence[int]) -> None:
        """Send one packet to each output, rewritten for it."""

    def send(self, path: Path, packet: bytes) -> None:
        """Send one finished RTP packet (a repetition)."""

    def send_rtcp(self, path: Path, packet: bytes) -> None: ...

    def flush(self) -> None:
        """What is still queued goes out."""


class PythonPlane:
    def __init__(self) -> None:
        self.dropped = 0
        self.sent = 0
        self._outputs: dict[int, tuple[Path, Rewrite | None]] = {}
        self._last = 0

    def add(self, path: Path) -> int:
        self._last += 1
        self._outputs[self._last] = (path, None)
        return self._last

    def set(self, output: int, rewrite: Rewrite) -> None:
        self._outputs[output] = (self._outputs[output][0], rewrite)

    def remove(self, output: int) -> None:
        del self._outputs[output]

    def push(self, packet: bytes, header: rtp.Header, vp8: rtp.Vp8 | None, outputs: Sequence[int]) -> None:
        table: bytes | None = None
        buffer = bytearray(packet)
        known = self._outputs
        for output in outputs:
            path, rewrite = known[output]
            if rewrite is None:
                continue
            # receivers of the same browser share their table: extensions are mapped once for all of them
            if header.extensions and rewrite.table != table:
                table = rewrite.table
                buffer = bytearray(packet)
                map_extensions(buffer, header, table)
            write_header(buffer, header, rewrite)
            if vp8 is not None:
                write_vp8(buffer, vp8, rewrite)
            self.send(path, buffer)

    def send(self, path: Path, packet: bytes | bytearray) -> None:
        session = path.session
        if session is None:
            return
        datagram = srtp.protect(session, packet)
        if datagram is not None and path.send(datagram):
            self.sent += 1
            path.packets += 1
            path.octets += len(packet)
        else:
            self.dropped += 1

    def send_rtcp(self, path: Path, packet: bytes) -> None:
        if path.session is None:
            return
        datagram = srtp.protect_rtcp(path.session, packet)
        if datagram is None or not path.send(datagram):
            self.dropped += 1

    def flush(self) -> None:
        """Nothing waits here: each packet was sent by `push`."""
