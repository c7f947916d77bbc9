"""Bytes in and out over HTTP: request bodies into the storage, stored objects into answers with ranges.

Used by every door that carries files. The domain decides who may; nothing here asks. Memory is bounded: one block is
under way in each direction, and the next is read while one is sent.
"""

import asyncio
import hashlib
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import aclosing, asynccontextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import quote
from uuid import UUID

import structlog
from aiohttp import hdrs, web
from aiohttp.http_exceptions import HttpProcessingError
from multidict import CIMultiDict

from collab.core.access import Actor
from collab.core.database import Database
from collab.core.errors import DomainError, Invalid
from collab.core.i18n import Message, msg
from collab.files.queries import Source
from collab.files.readings import Door, Readings
from collab.files.safety import mark_damaged
from collab.files.storage import Content, Damaged, Storage, Stored, copy_object
from collab.files.versions import check_restored_version
from web.http import TooLarge, TooSlow
from web.identity import IDENTITY
from web.pace import Pace
from web.page import REQUEST_ID, locale_of
from web.problems import json_response
from web.ranges import Part, Unsatisfiable, http_date, parse_range, precondition, range_applies

log = structlog.get_logger()

BLOCK = 512 << 10
SMALL = 64 << 10
STALL_SECONDS = 60
# What is sent is somebody's file: it runs nothing and is a page of nobody.
POLICY = "sandbox; default-src 'none'; frame-ancestors 'none'"
PDF_POLICY = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'"

ReadBlock = Callable[[], Awaitable[bytes]]


class Contents:
    """The storage as web handlers use it."""

    def __init__(self, db: Database, storage: Storage, readings: Readings) -> None:
        self._db = db
        self.storage = storage
        self.readings = readings

    async def receive_body(self, request: web.Request) -> Stored:
        """The whole raw body, durable. Raises Invalid when it is not as long as announced or stops coming."""
        if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
            raise Invalid("files.encoded", msg("Send the file as it is, without Content-Encoding."))
        stored = await self.receive(request.content.readany)
        if request.content_length is not None and stored.size != request.content_length:
            await self.storage.delete([stored.key])
            raise _cut()
        return stored

    async def receive(self, read: ReadBlock, most: int | None = None) -> Stored:
        """All that `read` gives until it gives nothing, durable. Raises TooLarge beyond `most` bytes."""
        async with self.storage.receive() as upload:
            pace, size = Pace(), 0
            while block := await next_block(read, pace):
                size += len(block)
                if most is not None and size > most:
                    raise TooLarge("too_large", msg("This is more than can be accepted here."))
                await upload.write(block)
            return await upload.finish()

    @asynccontextmanager
    async def keeping(self, stored: Stored) -> AsyncIterator[None]:
        """Around the transaction that names what was stored: a refusal destroys it.

        After any other failure it is not known whether the transaction was committed: the sweep decides later.
        """
        try:
            yield
        except DomainError:
            await self.storage.delete([stored.key])
            raise

    async def copy_version(self, actor: Actor, file_id: UUID, number: int) -> Stored:
        """A copy of a former version's bytes, for whoever may make it the current one again."""
        async with self._db.read() as tx:
            version = await check_restored_version(tx, actor, file_id, number)
        return await copy_object(self.storage, version.key, version.sha256)

    async def send(
        self,
        request: web.Request,
        source: Source,
        etag: str = "",
        *,
        door: Door | None = Door.DOWNLOAD,
        reader: Actor | None = None,
        inline: bool = False,
        whole: bool = False,
    ) -> web.StreamResponse:
        """The answer to a GET or HEAD of these bytes, with conditions and ranges unless all is sent as a `whole`.
        Who is given them is noted, with the `door` (None: not noted); `reader`: who is no identity of the request.

        `etag`: another than their hash. `inline`: to be seen in the browser; the caller knows that its type runs
        nothing there.
        """
        etag = etag or f'"{source.sha256}"'
        headers = _headers_of(source, etag)
        if inline:
            headers[hdrs.CONTENT_DISPOSITION] = disposition(source.name).replace("attachment", "inline", 1)
            if source.media_type == "application/pdf":  # whose viewers do not work in a sandbox; it is one itself
                headers["Content-Security-Policy"] = PDF_POLICY
        if whole:
            headers[hdrs.CACHE_CONTROL] = "no-store"
        status = None if whole else precondition(request.headers, etag, source.made_at)
        if status == HTTPStatus.PRECONDITION_FAILED:
            message = msg("This file has changed since you last saw it.")
            return refuse(request, status, "precondition_failed", message, {"ETag": etag})
        if status is not None:
            return web.Response(status=status, headers=headers)
        parts = None
        if not whole and request.method == "GET" and range_applies(request.headers, etag, source.made_at):
            try:
                parts = parse_range(request.headers.get(hdrs.RANGE, ""), source.size)
            except Unsatisfiable:
                size = {"Content-Range": f"bytes */{source.size}"}
                message = msg("The file does not reach that far.")
                return refuse(request, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "no_such_range", message, size)
        async with self.storage.open(source.key) as content:
            try:
                if content.size != source.size:
                    raise Damaged()
                if request.method == "GET" and door is not None:
                    self.readings.note(reader or request[IDENTITY].actor, source.file_id, source.number, door)
                if parts is None:
                    return await _send_whole(request, content, source, headers)
                if len(parts) == 1:
                    return await _send_part(request, content, source, headers, parts[0])
                return await _send_parts(request, content, source, headers, list(parts))
            except Damaged:
                log.error("file_damaged", key=source.key)
                async with self._db.write() as tx:
                    await mark_damaged(tx, source.key)
                raise


def refuse(
    request: web.Request, status: int, code: str, message: Message, headers: Mapping[str, str]
) -> web.StreamResponse:
    """A problem whose status is no error of the domain's."""
    body = {
        "type": "about:blank",
        "status": status,
        "code": code,
        "title": locale_of(request).render(message),
        "request_id": request[REQUEST_ID],
    }
    return json_response(body, headers)


def _cut() -> Invalid:
    return Invalid("files.cut", msg("The file did not arrive whole and was not kept. Please send it again."))


async def next_block(read: ReadBlock, pace: Pace) -> bytes:
    """What `read` gives next, nothing at the end. Raises TooSlow, and Invalid when the connection was cut."""
    started = time.monotonic()
    try:
        async with asyncio.timeout(STALL_SECONDS):
            block = await read()
            pace.note(len(block), time.monotonic() - started)
            return block
    except TimeoutError:
        raise TooSlow() from None
    except (HttpProcessingError, web.RequestPayloadError, ConnectionError, ValueError):
        raise _cut() from None


def disposition(name: str) -> str:
    """Content-Disposition that saves under this name: RFC 6266, with an ASCII form for what knows no better."""
    plain = "".join(char if " " <= char <= "~" and char not in '"\\%;' else "_" for char in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _headers_of(source: Source, etag: str) -> CIMultiDict[str]:
    return CIMultiDict(
        {
            hdrs.CONTENT_TYPE: source.media_type,
            hdrs.CONTENT_DISPOSITION: disposition(source.name),
            hdrs.ETAG: etag,
            hdrs.LAST_MODIFIED: http_date(source.made_at),
            hdrs.ACCEPT_RANGES: "bytes",
            hdrs.CACHE_CONTROL: "private, no-cache",
            "Content-Security-Policy": POLICY,
        }
    )


async def _blocks(content: Content, part: Part, sha256: str | None = None) -> AsyncIterator[bytes]:
    """The bytes of a part. With `sha256`, the last block comes only when all of it has this hash. Raises Damaged."""
    digest = hashlib.sha256() if sha256 is not None else None

    def read(start: int) -> Coroutine[Any, Any, bytes]:
        return content.read(start, min(BLOCK, part.end - start), digest)

    position, ahead = part.start, None
    try:
        while position < part.end:
            block = await (ahead or read(position))
            position += len(block)
            ahead = asyncio.create_task(read(position), name="read ahead") if position < part.end else None
            if digest is not None and position == part.end and digest.hexdigest() != sha256:
                raise Damaged()
            yield block
    finally:
        if ahead is not None:  # given up
            ahead.cancel()
            await asyncio.gather(ahead, return_exceptions=True)


async def _send_whole(
    request: web.Request, content: Content, source: Source, headers: CIMultiDict[str]
) -> web.StreamResponse:
    blocks = _blocks(content, Part(0, source.size), sha256=source.sha256)
    if source.size <= SMALL and request.method != "HEAD":  # one block, sent with its headers
        return web.Response(body=b"".join([block async for block in blocks]), headers=headers)
    return await _stream(request, 200, headers, source.size, blocks)


async def _send_part(
    request: web.Request, content: Content, source: Source, headers: CIMultiDict[str], part: Part
) -> web.StreamResponse:
    headers[hdrs.CONTENT_RANGE] = part.content_range(source.size)
    return await _stream(request, 206, headers, part.size, _blocks(content, part))


async def _send_parts(
    request: web.Request, content: Content, source: Source, headers: CIMultiDict[str], parts: list[Part]
) -> web.StreamResponse:
    """Several parts as multipart/byteranges (RFC 9110, section 14.6)."""
    boundary = secrets.token_hex(16)
    heads = [
        f"\r\n--{boundary}\r\nContent-Type: {source.media_type}\r\n"
        f"Content-Range: {part.content_range(source.size)}\r\n\r\n".encode()
        for part in parts
    ]
    end = f"\r\n--{boundary}--\r\n".encode()
    size = sum(len(head) + part.size for head, part in zip(heads, parts, strict=True)) + len(end)

    async def body() -> AsyncIterator[bytes]:
        for head, part in zip(heads, parts, strict=True):
            yield head
            async for block in _blocks(content, part):
                yield block
        yield end

    headers[hdrs.CONTENT_TYPE] = f"multipart/byteranges; boundary={boundary}"
    return await _stream(request, 206, headers, size, body())


async def _stream(
    request: web.Request, status: int, headers: CIMultiDict[str], size: int, blocks: AsyncIterator[bytes]
) -> web.StreamResponse:
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = size
    async with aclosing(blocks):  # type: ignore[type-var]  # an async generator
        if request.method == "HEAD":
            await response.prepare(request)
            return response
        # The first block comes before the headers: what is short is known to be whole before it is promised.
        block = await anext(blocks, b"")
        await response.prepare(request)
        try:
            while block:
                await response.write(block)
                block = await anext(blocks, b"")
        except DomainError:
            # Too late for another status: the connection is cut, so that nobody takes it for the whole.
            if request.transport is not None:
                request.transport.abort()
            raise
        await response.write_eof()
    return response
