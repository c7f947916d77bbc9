"""Handshakes with a real DTLS client: which cipher is chosen, who is refused, and what forged datagrams can do."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest
from aiortc.rtcdtlstransport import (
    SRTP_AEAD_AES_128_GCM,
    SRTP_AEAD_AES_256_GCM,
    SRTP_AES128_CM_SHA1_80,
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    SRTPProtectionProfile,
)
from aiortc.rtcicetransport import RTCIceTransport
from pylibsrtp import Session

from meetings.media.dtls import Certificate, DtlsServer
from tests.support.rtp_packets import packet
from tests.support.wire import Kept

CERTIFICATES = Certificate.generateCertificate(), RTCCertificate.generateCertificate()
GCM256, GCM128, CM128 = SRTP_AEAD_AES_256_GCM, SRTP_AEAD_AES_128_GCM, SRTP_AES128_CM_SHA1_80


class Wire:
    """What the client's RTCDtlsTransport needs of an ICE transport."""

    role = "controlling"

    def __init__(self, deliver: Callable[[bytes], object]) -> None:
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._deliver = deliver

    async def _recv(self) -> bytes:
        data = await self.queue.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._deliver(data)


def digest(certificate: RTCCertificate) -> tuple[tuple[str, str], ...]:
    return tuple((item.algorithm, item.value) for item in certificate.getFingerprints())


class Pair:
    """A server of ours and a client that offers `profiles`. `between`: what happens to the client's datagrams."""

    def __init__(
        self,
        profiles: list[SRTPProtectionProfile],
        between: Callable[[DtlsServer, bytes], None] = lambda server, data: cast("None", server.feed(data)),
        known: tuple[tuple[str, str], ...] = (),
    ) -> None:
        ours, theirs = CERTIFICATES
        self.server = DtlsServer(ours, known or digest(theirs))
        self.wire = Wire(lambda data: between(self.server, data))
        self.server.use(Kept(self.wire.queue.put_nowait))
        self.client = RTCDtlsTransport(cast("RTCIceTransport", self.wire), [theirs])
        self.client._srtp_profiles = profiles
        self.client._set_role("client")
        self.ready: asyncio.Future[tuple[Session, Session]] = asyncio.get_running_loop().create_future()

    @asynccontextmanager
    async def shaking(self) -> AsyncIterator[asyncio.Task[None]]:
        """Both sides at work; gives the server's task."""
        served = asyncio.create_task(self.server.run(lambda *both: self.ready.set_result(both)))
        expected = [RTCDtlsFingerprint(*item) for item in digest(CERTIFICATES[0])]
        asked = asyncio.create_task(self.client.start(RTCDtlsParameters(expected, role="server")))
        try:
            yield served
        finally:
            for task in (asked, served):
                task.cancel()
            await asyncio.gather(asked, served, return_exceptions=True)
            inner = self.client._task
            await self.client.stop()
            self.wire.queue.put_nowait(None)
            if inner is not None:
                await asyncio.wait([inner])

    async def talk(self) -> None:
        """Packets go both ways."""
        receiving, sending = await asyncio.wait_for(self.ready, 10)
        async with asyncio.timeout(10):
            while self.client._tx_srtp is None:
                await asyncio.sleep(0.01)
        for out, into in ((self.client._tx_srtp, receiving), (sending, self.client._rx_srtp)):
            assert into.unprotect(out.protect(packet(1))) == packet(1)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([CM128, GCM128, GCM256], GCM256),
        ([CM128, GCM128], GCM128),
        ([CM128], CM128),
        ([GCM256], GCM256),
    ],
    ids=lambda value: "" if isinstance(value, list) else value.openssl_profile.decode(),
)
async def test_the_best_cipher_that_both_know_is_taken(
    offered: list[SRTPProtectionProfile], chosen: SRTPProtectionProfile
) -> None:
    pair = Pair(offered)
    async with pair.shaking():
        await pair.talk()
        assert pair.server._transport._ssl is not None
        assert pair.server._transport._ssl.get_selected_srtp_profile() == chosen.openssl_profile


async def test_another_certificate_than_the_offered_one_is_refused() -> None:
    pair = Pair([GCM256], known=digest(RTCCertificate.generateCertificate()))
    async with pair.shaking() as served:
        await asyncio.wait_for(served, 10)
        assert not pair.ready.done()


def forgeries(data: bytes, rng: random.Random) -> list[bytes]:
    """Garbage that looks like records, this datagram cut, a change of cipher out of turn, fatal alerts."""
    return [
        b"\x16\xfe\xfd" + rng.randbytes(60),
        b"\x17\xfe\xfd" + bytes(8) + b"\x00\x30" + rng.randbytes(48),
        data[: len(data) // 2],
        b"\x14\xfe\xfd" + bytes(8) + b"\x00\x01\x01",
        b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28",
        data + b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28",
        b"\x3f" + rng.randbytes(99),
    ]


async def test_a_handshake_among_forged_datagrams_succeeds() -> None:
    rng = random.Random(4)

    def between(server: DtlsServer, data: bytes) -> None:
        for bad in forgeries(data, rng):
            server.feed(bad)
        server.feed(data)
        server.feed(data)

    pair = Pair([GCM256], between)
    async with pair.shaking():
        await pair.talk()


async def test_an_association_outlives_replays_and_forgeries() -> None:
    heard: list[bytes] = []
    rng = random.Random(4)

    def between(server: DtlsServer, data: bytes) -> None:
        heard.append(data)
        server.feed(data)

    pair = Pair([GCM256], between)
    async with pair.shaking() as served:
        await pair.talk()
        alert = b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28"
        close = b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x01\x00"
        for _ in range(20):
            for data in [*heard, alert, close, *forgeries(heard[0], rng)]:
                pair.server.feed(data)
            await asyncio.sleep(0.01)
        assert not served.done()
        before = len(heard)
        await pair.client.stop()
        await asyncio.wait_for(served, 10)
        assert len(heard) > before, "the client's own goodbye is believed"
