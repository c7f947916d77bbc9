"""The data plane's interface: receive and decrypt, rewrite one packet for many receivers, encrypt and send.

The router says which outputs there are and how each rewrites (`add`, `set`), and of which streams the next packet needs
no decision (`arm`): those go on from the `inbox` by themselves. For others there is one `push` for all outputs, and one
`flush` per wake-up. Outputs are numbers, so that a form may keep its state outside Python: `fanout_python.py` and
`inbox.py` need nothing but wheels, `fanout_c.py` drives `_fanout.c`. `planes.py` chooses.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from pylibsrtp import Session

from meetings.media import rtp
from meetings.media.forwarding import Rewrite
from meetings.media.intake import Intake, Watched
from meetings.media.reception import Progress
from meetings.media.sent import SentHistory


class Sender(Protocol):
    """Sends one datagram on the socket and to the address that ICE chose; False when it could not."""

    @property
    def descriptor(self) -> array[int] | None:
        """One int: the number of the datagram socket, for sending many at once, -1 when it is closed. None: call."""

    @property
    def sockaddr(self) -> bytes:
        """The address as the kernel has it (`struct sockaddr`); empty without a descriptor."""

    def __call__(self, datagram: bytes) -> bool: ...


class Path:
    """Where one connection's packets go: set when DTLS is done, `close` cuts it at once.

    `wire` is what a data plane made of it; the plane is told through `follow` when `send` changes or it closes."""

    __slots__ = ("__weakref__", "_send", "follow", "sent", "session", "totals", "transport_id", "wire")

    def __init__(self, session: Session, send: Sender) -> None:
        self.session: Session | None = session
        self._send = send
        self.sent = SentHistory()
        self.transport_id = 0
        """The receiver's extension id of transport-wide numbers, 0 when it did not ask for them."""
        self.totals = array("Q", [0, 0])
        """RTP packets and their bytes before encryption, as the data plane counts them."""
        self.wire: Any = None
        self.follow: Callable[[Path], None] | None = None

    @property
    def packets(self) -> int:
        return self.totals[0]

    @property
    def octets(self) -> int:
        return self.totals[1]

    @property
    def send(self) -> Sender:
        return self._send

    @send.setter
    def send(self, send: Sender) -> None:
        self._send = send
        if self.follow is not None:
            self.follow(self)

    def close(self) -> None:
        self.session = None
        if self.follow is not None:
            self.follow(self)


Came = tuple[bytes, bytes, bool]
"""A datagram, its sender's `struct sockaddr`, and whether it is the decrypted RTP packet of a known stream."""


class Inbox(Protocol):
    """What comes to one datagram socket. What needs no decision goes on from here by itself; the rest is received."""

    def receive(self, now: float) -> Iterator[Came]:
        """What waits, at most `batches.SIZE` datagrams. Each is to be dealt with before the next is asked for."""

    def route(self, sockaddr: bytes, intake: Intake) -> None:
        """Packets from this address belong to `intake`, until `forget`."""

    def forget(self, sockaddr: bytes) -> None: ...


class Plane(Protocol):
    name: str
    """`python` or `c`."""
    now: float
    """Monotonic seconds, set once per wake-up: when what is sent counts as sent."""

    @property
    def sent(self) -> int:
        """RTP packets encrypted and given to a socket."""

    @property
    def dropped(self) -> int:
        """Packets and reports that libsrtp or the socket refused."""

    @property
    def taken(self) -> int:
        """Datagrams that an inbox dealt with by itself, "forged" ones included."""

    @property
    def forged(self) -> int:
        """Those of a known stream that libsrtp could not decrypt, or had seen."""

    def inbox(self, descriptor: array[int]) -> Inbox:
        """For the datagram socket with this number, in a shared cell that becomes -1 when it closes."""

    def progress(self) -> Progress:
        """Where a new stream is counted."""

    def arm(self, intake: Intake, watched: Watched) -> None:
        """The next packet of this stream needs no decision, nor do those after it, until its progress is disarmed.

        That holds for the packet after the newest one alone, of the same format, with a payload and whole, and no VP8
        keyframe: what else comes of it is received decrypted."""

    def add(self, path: Path) -> int:
        """A new output on `path`; it sends nothing before `set`."""

    def set(self, output: int, rewrite: Rewrite) -> None: ...

    def remove(self, output: int) -> None: ...

    def push(self, packet: bytes, header: rtp.Header, vp8: rtp.Vp8 | None, outputs: Sequence[int]) -> None:
        """Send one packet, whose header is `header`, to each output, rewritten for it."""

    def send(self, path: Path, packet: bytes | bytearray, transport_at: int = 0) -> None:
        """Send one finished RTP packet (a repetition, a probe).

        `transport_at`: where its transport-wide number belongs, 0 for none."""

    def send_rtcp(self, path: Path, packet: bytes) -> None: ...

    def flush(self) -> None:
        """What is still queued goes out."""
