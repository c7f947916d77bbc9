"""Files that arrive in parts, over tus: used by the API for people and by the deposit boxes for their visitors.

How much has arrived is asked of the storage, never remembered here, so that a killed server goes on where the disk is.
Of those who send to one upload the latest comes first: the earlier one may hang on a connection that is dead.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from aiohttp import web

from collab.core.access import Actor
from collab.core.database import Database, Tx
from collab.core.errors import Conflict, DomainError, NotFound
from collab.core.i18n import msg
from collab.files.storage import Busy, Damaged, Growing, Storage, Stored
from collab.files.uploads.access import get_upload
from collab.files.uploads.models import Upload, UploadEnd, UploadLimits, UploadView
from collab.files.uploads.service import abandon_upload, finish_upload, needs_renewal, renew_upload
from collab.spaces.access import Can
from web import tus
from web.contents import next_block, refuse
from web.http import TooLarge
from web.pace import Pace
from web.ranges import http_date

WAY_SECONDS = 10

Start = Callable[[Tx, str], Awaitable[Upload]]
Finish = Callable[[Tx, Actor, UUID, Stored, UploadEnd | None], Awaitable[Upload]]


class _Turn:
    """One request at one upload."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self._reading: asyncio.Timeout | None = None
        self._asked = False

    def give_way(self) -> None:
        """Stop waiting for bytes; what came is kept."""
        self._asked = True
        if self._reading is not None:
            self._reading.reschedule(asyncio.get_running_loop().time())

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[None]:
        """Around the wait for bytes. Raises Busy when somebody else wants to go on."""
        try:
            async with asyncio.timeout(0 if self._asked else None) as self._reading:
                yield
        except TimeoutError:
            raise Busy() from None
        finally:
            self._reading = None


class Turns:
    """Who is at which upload, in this process; between processes the storage's own lock decides."""

    def __init__(self) -> None:
        self._now: dict[UUID, _Turn] = {}

    @asynccontextmanager
    async def take(self, upload: UUID) -> AsyncIterator[_Turn]:
        """Alone at this upload, once the one before has given way. Raises Busy."""
        try:
            async with asyncio.timeout(WAY_SECONDS):
                while (before := self._now.get(upload)) is not None:
                    before.give_way()
                    await before.over.wait()
        except TimeoutError:
            raise Busy() from None
        turn = self._now[upload] = _Turn()
        try:
            yield turn
        finally:
            del self._now[upload]
            turn.over.set()


class Elsewhere(Conflict):
    """The part does not begin where the upload ends."""

    def __init__(self, offset: int) -> None:
        super().__init__("files.upload_offset", msg("This part does not follow what has arrived."), offset=offset)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Door:
    """Where an upload came in: who sends, under which address its uploads stand, what makes the file in the end."""

    actor: Actor
    address: str
    finish: Finish = finish_upload


class Receiving:
    """Uploads in parts as web handlers use them."""

    def __init__(self, db: Database, storage: Storage, limits: UploadLimits) -> None:
        self._db = db
        self._storage = storage
        self._turns = Turns()
        self.limits = limits

    def describe(self) -> web.Response:
        """The answer to OPTIONS."""
        return web.Response(status=204, headers=tus.abilities(self.limits.most_bytes))

    def check_size(self, size: int) -> None:
        """Raise TooLarge for more than one upload may have."""
        if size > self.limits.most_bytes:
            message = msg("This file is larger than can be accepted here.")
            raise TooLarge("files.upload_too_big", message, max=self.limits.most_bytes)

    async def create(self, request: web.Request, door: Door, size: int, start: Start) -> web.StreamResponse:
        """A new upload of `size` bytes, with its first ones where they were sent along."""
        has_body = request.body_exists
        if has_body:
            tus.check_type(request.content_type)
        key = await self._storage.begin(size)
        try:
            async with self._db.write() as tx:
                upload = await start(tx, key)
        except DomainError:
            await self._storage.delete([key])
            raise
        location = {"Location": f"{door.address}/{upload.id}"}
        if not has_body and size:
            return self._answer(201, upload, 0, location)
        async with self._turns.take(upload.id) as turn:
            try:
                offset = await self._receive(request, turn, upload, 0) if has_body else 0
            except _Mismatch:
                return _mismatch(request)
            return self._answer(201, await self._ended(door, upload, offset), offset, location)

    async def append(self, request: web.Request, door: Door, upload_id: UUID) -> web.StreamResponse:
        """The next bytes; answered once they are durable, and once the file is made when they are the last."""
        tus.check_type(request.content_type)
        start = tus.offset_of(request.headers)
        async with self._turns.take(upload_id) as turn:
            upload, arrived = await self._find(door.actor, upload_id)
            if start != arrived:
                raise Elsewhere(arrived)
            try:
                offset = await self._receive(request, turn, upload, start)
            except _Mismatch:
                return _mismatch(request)
            return self._answer(204, await self._ended(door, upload, offset), offset)

    async def look(self, door: Door, upload_id: UUID) -> tuple[Upload, int]:
        """How far an upload is; one whose last answer was lost to a crash is finished first."""
        async with self._turns.take(upload_id):
            upload, offset = await self._find(door.actor, upload_id)
            if offset == upload.size:
                upload = await self._ended(door, upload, offset)
            return upload, offset

    async def end(self, door: Door, upload_id: UUID, end: UploadEnd) -> Upload:
        """Make the file of an upload that is all there, with another answer to what was in its way."""
        async with self._turns.take(upload_id):
            upload, offset = await self._find(door.actor, upload_id)
            if offset < upload.size:
                raise Conflict("files.upload_unfinished", msg("The file has not arrived whole yet."))
            return await self._ended(door, upload, offset, end)

    async def abandon(self, door: Door, upload_id: UUID) -> web.Response:
        """Forget it."""
        async with self._turns.take(upload_id):
            async with self._db.write() as tx:
                keys = await abandon_upload(tx, door.actor, upload_id)
            await self._storage.delete(keys)  # the job would, later
        return web.Response(status=204)

    def headers_of(self, upload: Upload, offset: int) -> dict[str, str]:
        """How far it is, how long it is kept, and what it became."""
        headers = {"Upload-Offset": str(offset), "Upload-Length": str(upload.size)}
        if upload.file_id is None:
            headers["Upload-Expires"] = http_date(upload.expires_at)
        elif upload.link_id is None:
            headers["Content-Location"] = f"/api/v1/files/{upload.file_id}"
        return headers

    async def view_of(self, upload: Upload, offset: int | None = None) -> UploadView:
        """As its person sees it."""
        return UploadView(
            id=upload.id,
            space=upload.space_id,
            folder=None if upload.folder_id == upload.space_id else upload.folder_id,
            name=upload.name,
            size=upload.size,
            offset=await self._arrived(upload) if offset is None else offset,
            created_at=upload.created_at,
            expires_at=upload.expires_at,
            file=upload.file_id,
        )

    async def _find(self, actor: Actor, upload_id: UUID) -> tuple[Upload, int]:
        """The upload and how much of it is there. Raises NotFound when its bytes are lost, so that it is sent anew."""
        async with self._db.read() as tx:
            upload = await get_upload(tx, actor, upload_id, Can.EDIT)
            is_old = needs_renewal(upload, self.limits, tx)
        if is_old:
            async with self._db.write() as tx:
                upload = await renew_upload(tx, actor, self.limits, upload_id)
        return upload, await self._arrived(upload)

    async def _arrived(self, upload: Upload) -> int:
        if upload.file_id is not None:
            return upload.size
        try:
            return await self._storage.received(upload.key)
        except Damaged:
            raise NotFound() from None

    async def _receive(self, request: web.Request, turn: _Turn, upload: Upload, start: int) -> int:
        """Put the body behind what is there; gives how much there is then, durably."""
        checksum, room = tus.checksum_of(request.headers), upload.size - start
        if (request.content_length or 0) > room:
            raise _too_much()
        if room == 0:
            return start
        async with self._storage.grow(upload.key) as growing:
            if growing.size != start:
                raise Elsewhere(growing.size)
            try:
                async with turn.reading():
                    await _pour(request, growing, room)
            except BaseException as error:
                # A part whose checksum cannot be compared is not believed, nor one that is too long.
                if checksum is not None or isinstance(error, TooLarge):
                    await growing.cut()
                elif not isinstance(error, asyncio.CancelledError):
                    await growing.sync()
                if isinstance(error, Busy) and request.transport is not None:
                    request.transport.abort()  # nobody may be there any more: do not linger for the rest
                raise
            if checksum is None:
                return await growing.sync()
            found = checksum.start()
            offset = await growing.sync(found)
            if found.digest() != checksum.digest:
                await growing.take_back(start)
                raise _Mismatch
            return offset

    async def _ended(self, door: Door, upload: Upload, offset: int, end: UploadEnd | None = None) -> Upload:
        """The file made, once all is there."""
        if offset < upload.size or upload.file_id is not None:
            return upload
        stored = await self._storage.complete(upload.key)
        async with self._db.write() as tx:
            return await door.finish(tx, door.actor, upload.id, stored, end)

    def _answer(
        self, status: int, upload: Upload, offset: int, more: dict[str, str] | None = None
    ) -> web.StreamResponse:
        return web.Response(status=status, headers={**self.headers_of(upload, offset), **(more or {})})


class _Mismatch(Exception):
    """The bytes of a part are not those of its checksum; nothing of it is kept."""


async def _pour(request: web.Request, growing: Growing, room: int) -> None:
    pace = Pace()
    while block := await next_block(request.content.readany, pace):
        room -= len(block)
        if room < 0:
            raise _too_much()
        await growing.write(block)


def _too_much() -> TooLarge:
    return TooLarge("files.upload_too_long", msg("More was sent than the file was said to have."))


def _mismatch(request: web.Request) -> web.StreamResponse:
    message = msg("This part was changed on its way and was not kept. Please send it again.")
    return refuse(request, tus.CHECKSUM_MISMATCH, "files.checksum", message, {})
