"""The antivirus clamd as the port of collab/files/scanning.py: one connection a question, over TCP or a Unix socket.

clamd(8), commands zINSTREAM and zVERSION. What exceeds its StreamMaxLength it refuses by an answer and by closing while
we still send: a failed send is no end, the answer is read all the same. Alerts about its limits and about encryption
(AlertExceedsMax, AlertEncrypted) are no malware to us, but something that was not scanned. What it does not alert of,
collab/files/archives.py finds.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

from collab.files.models import ScanState
from collab.files.scanning import ScannerFailed, Verdict, Why
from collab.files.storage import Content

BLOCK = 256 << 10
STALL_SECONDS = 60
SCAN_SECONDS = 300  # after the last byte; clamd gives up after 120 by itself
LONGEST_ANSWER = 4096

Send = Callable[[bytes], Awaitable[None]]


class Clamd:
    """A clamd at a place."""

    def __init__(self, place: str, largest: int) -> None:
        """`place`: a path, or host:port; `largest`: bytes of what it is sent and of what it looks into."""
        self._place = place
        self.largest = largest

    async def scan(self, content: Content) -> Verdict:
        """See Scanner."""
        if content.size > self.largest:
            return Verdict(ScanState.UNSCANNED, Why.TOO_LARGE)

        async def stream(send: Send) -> None:
            position = 0
            while position < content.size:
                block = await content.read(position, min(BLOCK, content.size - position))
                await send(len(block).to_bytes(4, "big") + block)
                position += len(block)
            await send(bytes(4))

        return verdict_of(await self._ask(b"zINSTREAM\0", stream))

    async def version(self) -> str:
        """See Scanner: `ClamAV 1.4.6/27110/Thu Nov 26 09:25:11 2026`."""
        answer = await self._ask(b"zVERSION\0")
        if not answer.startswith("ClamAV"):
            raise ScannerFailed(f"clamd answers {answer[:100]!r}")
        return answer

    async def _ask(self, command: bytes, body: Callable[[Send], Awaitable[None]] | None = None) -> str:
        """What it answers, without its end. Raises ScannerFailed."""
        loop = asyncio.get_running_loop()
        try:
            with closing(await self._connect()) as connection:

                async def send(data: bytes) -> None:
                    async with asyncio.timeout(STALL_SECONDS):
                        await loop.sock_sendall(connection, data)

                try:
                    await send(command)
                    if body is not None:
                        await body(send)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # it closes when it has heard enough; why, it has said
                return await _receive(connection)
        except TimeoutError:
            raise ScannerFailed("clamd does not answer") from None
        except OSError as error:
            raise ScannerFailed(f"clamd cannot be reached: {error.strerror or type(error).__name__}") from None

    async def _connect(self) -> socket.socket:
        loop = asyncio.get_running_loop()
        address: Any = self._place
        family = socket.AF_UNIX
        if not self._place.startswith("/"):
            host, _, port = self._place.rpartition(":")
            found = await loop.getaddrinfo(host.strip("[]"), int(port), type=socket.SOCK_STREAM)
            family, address = found[0][0], found[0][4]
        connection = socket.socket(family, socket.SOCK_STREAM)
        connection.setblocking(False)
        try:
            async with asyncio.timeout(STALL_SECONDS):
                await loop.sock_connect(connection, address)
        except BaseException:
            connection.close()
            raise
        return connection


async def _receive(connection: socket.socket) -> str:
    loop, answer = asyncio.get_running_loop(), b""
    async with asyncio.timeout(SCAN_SECONDS):
        while not answer.endswith(b"\0"):
            part = await loop.sock_recv(connection, LONGEST_ANSWER)
            answer += part
            if not part or len(answer) > LONGEST_ANSWER:
                raise ScannerFailed("clamd ended without an answer")
    return answer.rstrip(b"\0\n").decode("utf-8", "replace")


def verdict_of(answer: str) -> Verdict:
    """What an answer to zINSTREAM means. Raises ScannerFailed for what is none. Pure."""
    text = answer.removeprefix("stream: ")
    if text == "OK":
        return Verdict(ScanState.CLEAN)
    if text.startswith("INSTREAM size limit exceeded"):
        return Verdict(ScanState.UNSCANNED, Why.TOO_LARGE)
    name = text.removesuffix(" FOUND")
    if name == text:
        raise ScannerFailed(f"clamd answers {answer[:100]!r}")
    if name.startswith("Heuristics.Limits.Exceeded"):
        return Verdict(ScanState.UNSCANNED, Why.TOO_LARGE)
    if name.startswith("Heuristics.Encrypted"):
        return Verdict(ScanState.UNSCANNED, Why.ENCRYPTED)
    return Verdict(ScanState.INFECTED, name)
