"""DTLS by aiortc's RTCDtlsTransport over our port: it gets DTLS datagrams alone and gives back SRTP sessions.

The server is passive: browsers then choose AES-256-GCM. Uses private names of aiortc, which is why it is pinned
below 1.17; `tests/unit/meetings/media/test_private_names.py` guards them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

from OpenSSL import SSL
from pylibsrtp import Session

from meetings.media.association import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    RTCIceTransport,
    State,
)
from meetings.media.fanout import Sender

HANDSHAKE_SECONDS = 20.0
_QUEUE = 32
_RECORD = 13
_ALERT, _APPLICATION_DATA = 21, 23
Fingerprints = tuple[tuple[str, str], ...]


def may_be_ours(datagram: bytes) -> bool:
    """Whether these are whole DTLS records (RFC 6347 4.1) that a browser may send: no alert and no application data in
    the clear, with which somebody who forges addresses would end a handshake under way."""
    at, size = 0, len(datagram)
    while at < size:
        if size - at < _RECORD or datagram[at + 1] != 0xFE:
            return False
        if datagram[at] in (_ALERT, _APPLICATION_DATA) and datagram[at + 3 : at + 5] == b"\0\0":
            return False
        at += _RECORD + (datagram[at + 11] << 8 | datagram[at + 12])
    return at == size


class Certificate(RTCCertificate):
    """Ours, with one OpenSSL context for all connections: each takes 20 KB and a moment.

    Nothing is resumed, so connections share nothing but what they are set up with; buffers are kept only while a record
    is in them."""

    def _create_ssl_context(self, srtp_profiles: list[Any]) -> SSL.Context:
        known: dict[tuple[bytes, ...], SSL.Context] = self.__dict__.setdefault("_contexts", {})
        key = tuple(profile.openssl_profile for profile in srtp_profiles)
        if key not in known:
            context = known[key] = super()._create_ssl_context(srtp_profiles)
            context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
            context.set_mode(SSL.MODE_RELEASE_BUFFERS)
        return known[key]


class _Datagrams:
    """What RTCDtlsTransport needs of an ICE transport: `_recv`, `_send` and `role`."""

    role = "controlled"

    def __init__(self) -> None:
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue(_QUEUE)
        self.send: Sender | None = None

    async def _recv(self) -> bytes:
        data = await self.queue.get()
        if data is None:
            raise ConnectionError("closed")
        return data

    async def _send(self, data: bytes) -> None:
        if self.send is not None:
            self.send(data)


class DtlsServer:
    """One connection. `feed` takes datagrams whose first byte is 20-63; `run` lives as long as the association."""

    def __init__(self, certificate: RTCCertificate, fingerprints: Fingerprints) -> None:
        self.fingerprints = fingerprints
        self._datagrams = _Datagrams()
        self._transport = RTCDtlsTransport(cast("RTCIceTransport", self._datagrams), [certificate])
        self._transport._set_role("server")

    def use(self, send: Sender) -> None:
        """Where to send from now on."""
        self._datagrams.send = send

    def feed(self, datagram: bytes) -> bool:
        """Hand over one datagram; False when it can only be forged, or too many wait already."""
        if not may_be_ours(datagram):
            return False
        try:
            self._datagrams.queue.put_nowait(datagram)
        except asyncio.QueueFull:
            return False
        return True

    async def run(self, ready: Callable[[Session, Session], None]) -> None:
        """Shake hands, call `ready(receiving session, sending session)`, return when the peer closes or it fails."""
        transport = self._transport
        closed = asyncio.Event()
        transport.on("statechange", lambda: closed.set() if transport._state in (State.CLOSED, State.FAILED) else None)
        parameters = RTCDtlsParameters([RTCDtlsFingerprint(*item) for item in self.fingerprints], role="client")
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                await transport.start(parameters)
            if transport._state is State.CONNECTED:
                ready(transport._rx_srtp, transport._tx_srtp)
                await closed.wait()
        except TimeoutError:
            return
        finally:
            task = transport._task
            await transport.stop()
            if task is not None:
                await asyncio.wait([task])
