"""Datagrams sent and received many at a time, through cffi without a compiler.

`Batch` gathers for a socket what one `sendmmsg` of the C library sends, where libsrtp encrypts it; `HandOver` does for
what has no datagram socket (TCP) and for systems without such a call. Both look alike to the one who fills them, the
data plane's Python form. `Mail` is the other direction.
"""

from __future__ import annotations

import errno
import sys
from array import array
from typing import Any

from cffi import FFI

from meetings.media import srtp
from meetings.media.fanout import Sender

SIZE = 64
_INCOMING = 2048
_NAME = 28
"""Of `struct sockaddr_in6`, the longest that comes."""
_DONTWAIT = 0x40
_UDP, _SEGMENT = 17, 103
"""UDP_SEGMENT: the kernel cuts one message into datagrams of one size, the last may be shorter."""
_CONTROL, _CONTROL_SPACE = 18, 24
SEGMENT = 1400
"""Bytes of each, at most: what any line carries whole."""
_REFUSALS = 64
"""After so many the kernel is not asked again."""
_LITTLE = sys.byteorder == "little"
_FEW = 8
_STRIDE = -(-srtp.MAX_DATAGRAM // 64) * 64
"""Bytes per datagram, in whole cache lines."""

_ffi = FFI()
_ffi.cdef(
    """
    struct iovec { void *iov_base; size_t iov_len; };
    struct msghdr { void *msg_name; uint32_t msg_namelen; struct iovec *msg_iov; size_t msg_iovlen;
                    void *msg_control; size_t msg_controllen; int msg_flags; };
    struct mmsghdr { struct msghdr msg_hdr; unsigned int msg_len; };
    struct segment { size_t length; int level; int type; uint16_t segment; uint8_t room[6]; };
    int sendmmsg(int socket, struct mmsghdr *messages, unsigned int count, int flags);
    int recvmmsg(int socket, struct mmsghdr *messages, unsigned int count, int flags, void *timeout);
    """
)
_libc: Any = _ffi.dlopen(None)


def can_batch() -> bool:
    """Whether this system sends and receives many datagrams by one call (Linux)."""
    return sys.platform == "linux" and hasattr(_libc, "sendmmsg") and hasattr(_libc, "recvmmsg")


Slot = tuple[memoryview, Any, Any]
"""Where a packet is written, the same as a pointer, and as `int *` its length."""


class HandOver:
    """Datagrams for one sender, given to it one by one."""

    def __init__(self, send: Sender, size: int = _FEW) -> None:
        self._send = send
        self.count = 0
        """How many places are taken; the next datagram goes into the place of this number."""
        self.whole = True
        self._memory = _ffi.new("unsigned char[]", size * _STRIDE)
        self._lengths = _ffi.new("int[]", size)
        view = memoryview(_ffi.buffer(self._memory))
        self.slots: list[Slot] = [
            (view[at * _STRIDE : (at + 1) * _STRIDE], self._memory + at * _STRIDE, self._lengths + at)
            for at in range(size)
        ]

    def close(self, name: Any, first: int, end: int, segment: int) -> None:
        """The datagrams from place `first` to `end` go to `name`."""
        self.count = end

    def flush(self) -> int:
        """Send what is there → how many were refused."""
        count, self.count = self.count, 0
        return sum(not self._send(bytes(view[: length[0]])) for view, _, length in self.slots[:count])


class Batch:
    """Datagrams for one socket."""

    def __init__(self, descriptor: array[int], name_size: int) -> None:
        self.descriptor = descriptor
        self.count = 0
        self.whole = False
        """Whether each datagram is a message of its own: the kernel does not cut here."""
        self._refusals = self._closed = 0
        self._held: list[object] = [None] * SIZE
        """What must live until the flush: addresses."""
        self._memory = _ffi.new("unsigned char[]", SIZE * _STRIDE)
        self._vectors = _ffi.new("struct iovec[]", SIZE)
        self._controls = _ffi.new("struct segment[]", SIZE)
        self._messages = _ffi.new("struct mmsghdr[]", SIZE)
        view = memoryview(_ffi.buffer(self._memory))
        self.slots: list[Slot] = []
        self._headers = []
        for at in range(SIZE):
            vector, control, header = self._vectors + at, self._controls[at], self._messages[at].msg_hdr
            vector.iov_base = self._memory + at * _STRIDE
            control.length, control.level, control.type = _CONTROL, _UDP, _SEGMENT
            header.msg_namelen, header.msg_control = name_size, self._controls + at
            # libsrtp writes a length where the kernel reads it: the lower half, on a machine with small ends
            length = _ffi.cast("int *", _ffi.addressof(vector, "iov_len")) if _LITTLE else _ffi.new("int *")
            self.slots.append((view[at * _STRIDE : (at + 1) * _STRIDE], self._memory + at * _STRIDE, length))
            self._headers.append((header, control, vector))

    def close(self, name: Any, first: int, end: int, segment: int) -> None:
        """The datagrams from place `first` to `end` go to `name`, by one message that the kernel cuts at `segment`."""
        place = self._closed
        header, control, _ = self._headers[place]
        header.msg_name = self._held[place] = name
        header.msg_iov = self._headers[first][2]
        header.msg_iovlen = end - first
        if end - first > 1:
            control.segment = segment
            header.msg_controllen = _CONTROL_SPACE
        else:
            header.msg_controllen = 0
        self._closed = place + 1
        self.count = end

    def flush(self) -> int:
        """Send what is there → how many were refused."""
        taken, count = self.count, self._closed
        self.count = self._closed = 0
        descriptor = self.descriptor[0]
        if descriptor < 0:
            return taken
        if not _LITTLE:
            for at in range(taken):
                self._vectors[at].iov_len = self.slots[at][2][0]
        done = refused = 0
        while done < count:
            sent: int = _libc.sendmmsg(descriptor, self._messages + done, count - done, 0)
            if sent > 0:
                done += sent
            elif _ffi.errno in (errno.EAGAIN, errno.ENOBUFS):  # full: the rest is lost, as on a network
                return refused + sum(int(header.msg_iovlen) for header, _, _ in self._headers[done:count])
            elif _ffi.errno != errno.EINTR:  # this one was refused, or an ICMP error of an earlier one came
                refused += self._send_pieces(descriptor, done)
                done += 1
        return refused

    def _send_pieces(self, descriptor: int, place: int) -> int:
        """Send one by one what the kernel does not want to cut: another device, a narrow line, an old system."""
        header = self._headers[place][0]
        pieces = int(header.msg_iovlen)
        if pieces == 1:
            return 1
        self._refusals += 1
        self.whole = self._refusals >= _REFUSALS
        header.msg_iovlen, header.msg_controllen, refused = 1, 0, 0
        for _ in range(pieces):
            if _libc.sendmmsg(descriptor, self._messages + place, 1, 0) != 1:
                refused += 1
            header.msg_iov += 1
        return refused


Letter = tuple[memoryview, Any, Any, int, bytes]
"""Where a datagram lies, the same as a pointer, an `int *`, its size, and its sender's `struct sockaddr`."""


class Mail:
    """What came to one socket, many datagrams by one call."""

    def __init__(self, descriptor: array[int]) -> None:
        self._descriptor = descriptor
        self._memory = _ffi.new("unsigned char[]", SIZE * _INCOMING)
        self._names = _ffi.new("unsigned char[]", SIZE * _NAME)
        self._lengths = _ffi.new("int[]", SIZE)
        self._vectors = _ffi.new("struct iovec[]", SIZE)
        self._messages = _ffi.new("struct mmsghdr[]", SIZE)
        memory, names = memoryview(_ffi.buffer(self._memory)), memoryview(_ffi.buffer(self._names))
        self._places = [
            (
                self._messages[at],
                self._messages[at].msg_hdr,
                memory[at * _INCOMING : (at + 1) * _INCOMING],
                self._memory + at * _INCOMING,
                self._lengths + at,
                names[at * _NAME : (at + 1) * _NAME],
            )
            for at in range(SIZE)
        ]
        for at in range(SIZE):
            message = self._messages[at].msg_hdr
            message.msg_name, message.msg_namelen = self._names + at * _NAME, _NAME
            message.msg_iov, message.msg_iovlen = self._vectors + at, 1
            self._vectors[at].iov_base, self._vectors[at].iov_len = self._memory + at * _INCOMING, _INCOMING

    def fetch(self, most: int) -> list[Letter]:
        """At most so many waiting datagrams, cut at _INCOMING bytes; they stay until the next call."""
        count: int = _libc.recvmmsg(self._descriptor[0], self._messages, most, _DONTWAIT, _ffi.NULL)
        # an error is an ICMP message about an earlier send, or that nothing waits
        return [
            (view, start, length, message.msg_len, bytes(name[: header.msg_namelen]))
            for message, header, view, start, length, name in self._places[: max(0, count)]
        ]


def session_pointer(session: Any) -> Any:
    """The `srtp_t` of a pylibsrtp session; valid as long as the session lives."""
    return session._srtp[0]


def pointer(sockaddr: bytes) -> Any:
    """The same address as C has it; whoever queues it keeps it alive."""
    return _ffi.new("unsigned char[]", sockaddr)
