"""A folder, or some things of one, as a ZIP that is made while it is sent: nothing is stored, memory is flat.

Written by Python's zipfile onto a sink that cannot be sought: sizes follow each file, ZIP64 from the start, names in
UTF-8. Contents are stored as they are (what fills drives is compressed already). Each file passes the same gate as a
download of it alone; what may not leave, or has left meanwhile, is named in a note at the end.
"""

import asyncio
import hashlib
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import IO, cast
from zoneinfo import ZoneInfo

import structlog
from aiohttp import hdrs, web

from collab.core.access import Actor
from collab.core.errors import DomainError
from collab.core.i18n import msg
from collab.files.entries import Leaf
from collab.files.queries import Source, find_content
from collab.files.readings import Door
from collab.files.storage import Damaged
from web.contents import POLICY, Contents, disposition
from web.http import Call
from web.page import locale_of

log = structlog.get_logger()

BLOCK = 1 << 20
# So small that hashing it in the loop is cheaper than a thread.
IN_LOOP = 16 << 10
NOTE = msg("Not included.txt")


class _Sink:
    """What zipfile writes to: gathers, and gives away what was gathered."""

    def __init__(self) -> None:
        self._gathered: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._gathered.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        gathered, self._gathered = self._gathered, []
        return b"".join(gathered)


async def send_zip(call: Call, name: str, leaves: Sequence[Leaf], *, reader: Actor | None = None) -> web.StreamResponse:
    """The answer: a ZIP of these files, for the caller or for who came through a link (`reader`).

    When one turns out damaged the connection is cut, so that nobody keeps it.
    """
    headers = {
        hdrs.CONTENT_TYPE: "application/zip",
        hdrs.CONTENT_DISPOSITION: disposition(f"{name}.zip"),
        "Content-Security-Policy": POLICY,
        "X-Accel-Buffering": "no",
    }
    answer = web.StreamResponse(headers=headers)
    await answer.prepare(call.request)
    if call.request.method == "HEAD":
        return answer
    try:
        await _Zip(call, answer, reader).send(leaves)
    except DomainError:
        if call.request.transport is not None:
            call.request.transport.abort()
        raise
    await answer.write_eof()
    return answer


class _Zip:
    """One ZIP under way."""

    def __init__(self, call: Call, answer: web.StreamResponse, reader: Actor | None) -> None:
        self._call = call
        self._actor = reader or call.actor
        self._door = Door.ARCHIVE if reader is None else Door.LINK
        self._answer = answer
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(cast("IO[bytes]", self._sink), "w", zipfile.ZIP_STORED)
        self._zone = ZoneInfo(call.deps.settings.place.time_zone)

    async def send(self, leaves: Sequence[Leaf]) -> None:
        left_out: list[str] = []
        render = locale_of(self._call.request).render
        for leaf in leaves:
            if leaf.id is None:
                self._zip.writestr(self._info(leaf.path + "/", leaf.changed_at), b"")
                continue
            try:
                async with self._call.db.read() as tx:
                    source = await find_content(tx, self._actor, leaf.id)
            except DomainError as error:
                left_out.append(f"{leaf.path}: {render(error.message)}")
                continue
            await self._file(leaf.path, source)
            readings = self._call.deps.part(Contents).readings
            readings.note(self._actor, source.file_id, source.number, self._door)
        if left_out:
            note = ("\r\n".join(left_out) + "\r\n").encode()
            self._zip.writestr(self._info(render(NOTE), self._call.db.clock.now()), note)
        self._zip.close()
        await self._answer.write(self._sink.take())

    async def _file(self, path: str, source: Source) -> None:
        digest = hashlib.sha256()
        async with self._call.deps.part(Contents).storage.open(source.key) as content:
            with self._zip.open(self._info(path, source.made_at), "w", force_zip64=True) as entry:
                for start in range(0, source.size, BLOCK):
                    block = await content.read(start, min(BLOCK, source.size - start), digest)
                    if len(block) <= IN_LOOP:
                        entry.write(block)
                    else:
                        await asyncio.to_thread(entry.write, block)
                    await self._answer.write(self._sink.take())
        if digest.hexdigest() != source.sha256:
            log.error("file_damaged", key=source.key)
            raise Damaged()

    def _info(self, path: str, at: datetime) -> zipfile.ZipInfo:
        """ZIP knows no zone, nothing before 1980, and takes a backslash for a folder."""
        local = max(at, datetime(1980, 1, 2, tzinfo=UTC)).astimezone(self._zone)
        info = zipfile.ZipInfo(path.replace("\\", "_"), local.timetuple()[:6])
        info.external_attr = (0o40755 << 16 | 0x10) if path.endswith("/") else 0o100644 << 16
        return info
