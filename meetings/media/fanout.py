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
from meetings.media.forwarding import Rewrite, Shaped, shape, write_header, write_picture
from meetings.media.sent import SentHistory


class Sender(Protocol):
    """Sends one datagram on the socket and to the address that ICE chose; False when it could not."""

    @property
    def fileno(self) -> int:
        """The datagram socket, for sending many at once; -1 when there is none, or no more."""

    @property
    def sockaddr(self) -> bytes:
        """The address as the kernel has it (`struct sockaddr`)."""

    def __call__(self, datagram: bytes) -> bool: ...


class Path:
    """Where one connection's packets go: set when DTLS is done, `close` cuts it at once."""

    __slots__ = ("octets", "packets", "send", "sent", "session", "transport_id")

    def __init__(self, session: Session, send: Sender) -> None:
        self.session: Session | None = session
        self.send = send
        self.sent = SentHistory()
        self.transport_id = 0
        """The receiver's extension id of transport-wide numbers, 0 when it did not ask for them."""
        self.packets = 0
        self.octets = 0

    def close(self) -> None:
        self.session = None


class Plane(Protocol):
    dropped: int
    """Packets that libsrtp or the socket refused."""
    sent: int
    now: float
    """Monotonic seconds, set once per wake-up: when what is sent counts as sent."""

    def add(self, path: Path) -> int:
        """A new output on `path`; it sends nothing before `set`."""

    def set(self, output: int, rewrite: Rewrite) -> None: ...

    def remove(self, output: int) -> None: ...

    def push(self, packet: bytes, header: rtp.Header, vp8: rtp.Vp8 | None, outputs: Sequence[int]) -> None:
        """Send one packet to each output, rewritten for it."""

    def send(self, path: Path, packet: bytes | bytearray, transport_at: int = 0) -> None:
        """Send one finished RTP packet (a repetition, a probe).

        `transport_at`: where its transport-wide number belongs, 0 for none."""

    def send_rtcp(self, path: Path, packet: bytes) -> None: ...

    def flush(self) -> None:
        """What is still queued goes out."""


class PythonPlane:
    def __init__(self) -> None:
        self.dropped = 0
        self.sent = 0
        self.now = 0.0
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
        shaped: Shaped | None = None
        table = b""
        known = self._outputs
        for output in outputs:
            path, rewrite = known[output]
            if rewrite is None:
                continue
            # receivers of the same browser share their table: the packet is shaped once for all of them
            if shaped is None or rewrite.table != table:
                table = rewrite.table
                shaped = shape(packet, header, vp8, table)
            write_header(shaped.data, header, rewrite)
            if vp8 is not None:
                write_picture(shaped, vp8, rewrite)
            self._send(path, shaped.data, shaped.transport_at)

    def send(self, path: Path, packet: bytes | bytearray, transport_at: int = 0) -> None:
        self._send(path, bytearray(packet), transport_at)

    def _send(self, path: Path, packet: bytearray, transport_at: int) -> None:
        session = path.session
        if session is None:
            return
        number = path.sent.next
        if transport_at:
            packet[transport_at : transport_at + 2] = number.to_bytes(2, "big")
        datagram = srtp.protect(session, packet)
        if datagram is None:
            self.dropped += 1
            return
        if transport_at:
            path.sent.add(number, len(datagram), self.now)
        if path.send(datagram):
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
