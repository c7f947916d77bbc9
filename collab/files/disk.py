"""Plain disk as storage: `incoming/` for what is arriving, `partial/` for what arrives in parts (growing.py),
`objects/xx/` for what is complete.

Hashing, writing and fsync happen in threads of its own, a block at a time, so that an upload of any size costs a few
megabytes and never holds the event loop. A file in `incoming/` is locked by the process that writes it: what a killed
process left is found unlocked and removed at the next start, while other processes go on.
"""

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import os
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from collab.files.growing import Digests, DiskGrowing, Tail, disk_errors, length_of, make_whole
from collab.files.storage import Damaged, Stored

T = TypeVar("T")

BLOCK = 1 << 20
THREADS = 8
# So little is read whole when it is opened.
SMALL = 64 << 10
# Kept free, so that the database beside the files can still write when they have filled the disk.
RESERVE = 64 << 20
SHARDS = [f"{number:02x}" for number in range(256)]


class DiskStorage:
    """Objects in a folder. `start` before use, `stop` after."""

    def __init__(self, folder: Path, *, reserve: int = RESERVE) -> None:
        """`reserve`: bytes of the disk that uploads leave free."""
        self._incoming = folder / "incoming"
        self._objects = folder / "objects"
        self._partial = folder / "partial"
        self._digests = Digests()
        self._reserve = reserve
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="files")

    async def start(self) -> None:
        """Make the folders and remove what a killed process left half-written."""
        await self._run(self._prepare)

    async def stop(self) -> None:
        """Wait for what is being written."""
        await asyncio.to_thread(self._threads.shutdown)

    async def check(self) -> None:
        """Raise if an upload of one byte would be refused."""
        await self._run(self._check_room)

    @asynccontextmanager
    async def receive(self) -> AsyncIterator["DiskUpload"]:
        """A new object; see Storage."""
        upload = DiskUpload(self._threads, _Draft(self._incoming, self._objects, self._reserve))
        try:
            yield upload
        finally:
            upload.close()

    @asynccontextmanager
    async def open(self, key: str) -> AsyncIterator["DiskContent"]:
        """An object to read from; see Storage."""
        content = DiskContent(self._threads, _Source(self._path(key)))
        try:
            await content.open()
            yield content
        finally:
            content.close()

    async def copy(self, key: str) -> Stored:
        """A new object with the same bytes; see Storage."""
        async with self.open(key) as content, self.receive() as upload:
            for start in range(0, content.size, BLOCK):
                await upload.write(await content.read(start, min(BLOCK, content.size - start)))
            return await upload.finish()

    async def begin(self, size: int) -> str:
        """A new object that arrives in parts; see Storage."""
        key = secrets.token_hex(16)

        def make() -> None:
            descriptor = os.open(self._partial / key, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            try:
                _check_room(descriptor, self._reserve + size)
            except OSError:
                (self._partial / key).unlink()
                raise
            finally:
                os.close(descriptor)
            _sync_folder(self._partial)

        with disk_errors():
            await self._run(make)
        return key

    @asynccontextmanager
    async def grow(self, key: str) -> AsyncIterator[DiskGrowing]:
        """Open it for its next bytes; see Storage."""

        def check_room(descriptor: int) -> None:
            _check_room(descriptor, self._reserve)

        growing = DiskGrowing(self._threads, Tail(self._place(key), self._digests.of(key), check_room))
        try:
            await growing.open()
            yield growing
        finally:
            await growing.close()

    async def received(self, key: str) -> int:
        """How much there is; see Storage."""
        with disk_errors():
            return await self._run(length_of, self._place(key), self._path(key))

    async def complete(self, key: str) -> Stored:
        """Make it an object; see Storage."""
        whole, digest = self._path(key), self._digests.of(key)

        def complete() -> Stored:
            stored = make_whole(self._place(key), whole, digest, key)
            _sync_folder(whole.parent)
            return stored or _measure(whole, key)

        with disk_errors():
            stored = await self._run(complete)
        self._digests.forget(key)
        return stored

    async def measure(self, key: str) -> Stored:
        """The real size and SHA-256; see Storage."""
        with disk_errors():
            return await self._run(_measure, self._path(key), key)

    async def delete(self, keys: Sequence[str]) -> None:
        """Destroy; see Storage."""

        def unlink() -> None:
            for key in keys:
                self._place(key).unlink(missing_ok=True)
                self._path(key).unlink(missing_ok=True)

        await self._run(unlink)

    async def list_older(self, before: datetime) -> AsyncIterator[Sequence[str]]:
        """Keys written before; see Storage. A lot is a shard."""
        yield await self._run(_older, self._partial, before.timestamp())
        for shard in SHARDS:
            yield await self._run(_older, self._objects / shard, before.timestamp())

    async def _run(self, function: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    def _path(self, key: str) -> Path:
        if len(key) != 32 or not set(key) <= set("0123456789abcdef"):
            raise ValueError("not a storage key")
        return self._objects / key[:2] / key

    def _place(self, key: str) -> Path:
        """Where it grows."""
        return self._partial / self._path(key).name

    def _prepare(self) -> None:
        self._incoming.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._objects.mkdir(exist_ok=True, mode=0o700)
        self._partial.mkdir(exist_ok=True, mode=0o700)
        for shard in SHARDS:
            (self._objects / shard).mkdir(exist_ok=True, mode=0o700)
        for folder in (self._objects, self._objects.parent):
            _sync_folder(folder)
        for path in self._incoming.iterdir():
            _remove_abandoned(path)

    def _check_room(self) -> None:
        descriptor = os.open(self._objects, os.O_RDONLY)
        try:
            _check_room(descriptor, self._reserve)
        finally:
            os.close(descriptor)


class DiskUpload:
    """The event loop's side of an upload: at most one block in the threads and one being gathered."""

    def __init__(self, threads: ThreadPoolExecutor, draft: "_Draft") -> None:
        self._threads = threads
        self._draft = draft
        self._gathered: list[bytes] = []
        self._size = 0
        self._writing: asyncio.Future[None] | None = None
        self._finished = False

    async def write(self, data: bytes) -> None:
        """Take bytes; see Upload. Nothing is written before there is a block: what is small makes one trip."""
        self._gathered.append(data)
        self._size += len(data)
        if self._size < BLOCK:
            return
        await self._written()
        self._writing = self._run(self._draft.write, self._gathered)
        self._gathered, self._size = [], 0

    async def finish(self) -> Stored:
        """Write the rest, fsync, give the object its key; see Upload."""
        await self._written()
        with disk_errors():
            stored = await self._run(self._draft.finish, self._gathered)
        self._finished = True
        return stored

    def close(self) -> None:
        """Unless finished: remove all of it, without waiting, so that it also happens when cancelled."""
        if self._writing is not None and self._writing.done() and not self._writing.cancelled():
            self._writing.exception()  # seen
        if not self._finished:
            self._gathered = []
            self._threads.submit(self._draft.discard)

    async def _written(self) -> None:
        if self._writing is not None:
            with disk_errors():
                await self._writing

    def _run(self, function: Callable[..., T], *arguments: object) -> "asyncio.Future[T]":
        return asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


class _Draft:
    """The threads' side: one incoming file. The lock lets `discard` wait for a write that was given up."""

    def __init__(self, incoming: Path, objects: Path, reserve: int) -> None:
        self._key = secrets.token_hex(16)
        self._path = incoming / self._key
        self._object = objects / self._key[:2] / self._key
        self._reserve = reserve
        self._digest = hashlib.sha256()
        self._size = 0
        self._descriptor = -1
        self._lock = threading.Lock()
        self._discarded = False

    def _open(self) -> None:
        """Make the incoming file, with the lock held."""
        while self._descriptor < 0 and not self._discarded:
            descriptor = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                self._descriptor = descriptor
                _check_room(descriptor, self._reserve)
            else:  # another process, just starting, took it for abandoned
                os.close(descriptor)

    def write(self, blocks: list[bytes]) -> None:
        with self._lock:
            self._append(blocks)

    def finish(self, blocks: list[bytes]) -> Stored:
        with self._lock:
            self._append(blocks)
            os.fsync(self._descriptor)
            self._path.rename(self._object)
            _sync_folder(self._object.parent)
            os.close(self._descriptor)
            self._descriptor = -1
        return Stored(self._key, self._size, self._digest.hexdigest())

    def discard(self) -> None:
        """Remove whatever there is, whichever name it has reached."""
        with self._lock:
            self._discarded = True
            self._path.unlink(missing_ok=True)
            self._object.unlink(missing_ok=True)
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1

    def _append(self, blocks: list[bytes]) -> None:
        self._open()
        if self._descriptor < 0:
            raise OSError(errno.EBADF, "this upload was given up")
        for block in blocks:
            self._digest.update(block)
            rest = memoryview(block)
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
            self._size += len(block)
        _check_room(self._descriptor, self._reserve)


class DiskContent:
    """The event loop's side of an open object; see Content."""

    def __init__(self, threads: ThreadPoolExecutor, source: "_Source") -> None:
        self._threads = threads
        self._source = source
        self._whole: bytes | None = None
        self.size = 0

    async def open(self) -> None:
        """Open it and learn its size."""
        self.size, self._whole = await self._run(self._source.open)

    async def read(self, start: int, length: int, digest: "hashlib._Hash | None" = None) -> bytes:
        """Read in a thread, or from what opening gave; see Content."""
        if self._whole is not None:
            data = self._whole[start : start + length]
            if len(data) != length:
                raise Damaged()
            if digest is not None:
                digest.update(data)
            return data
        return await self._run(self._source.read, start, length, digest)

    def close(self) -> None:
        """Close it, without waiting, behind whatever was given up."""
        if self._whole is not None:
            return
        self._threads.submit(self._source.close)

    async def _run(self, function: Callable[..., T], *arguments: object) -> T:
        with disk_errors():
            return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


class _Source:
    """The threads' side of an open object. The lock lets `close` wait for an `open` or a `read` that was given up."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1
        self._closed = False
        self._lock = threading.Lock()

    def open(self) -> tuple[int, bytes | None]:
        """Its size, and all of it where that is little: one way to the threads and back is enough then."""
        with self._lock:
            if self._closed:  # given up, and overtaken by `close` on the way to the lock
                return 0, None
            descriptor = self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
            size = os.fstat(descriptor).st_size
            if size > SMALL:
                return size, None
            data = os.pread(descriptor, size, 0)
            os.close(descriptor)
            self._descriptor = -1
            return size, data

    def read(self, start: int, length: int, digest: "hashlib._Hash | None") -> bytes:
        with self._lock:
            data = os.pread(self._descriptor, length, start)
        if len(data) != length:
            raise Damaged()
        if digest is not None:
            digest.update(data)
        return data

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1


def _measure(path: Path, key: str) -> Stored:
    with path.open("rb", buffering=0) as file:
        digest = hashlib.file_digest(file, "sha256")
        return Stored(key, file.tell(), digest.hexdigest())


def _older(folder: Path, before: float) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if entry.stat().st_mtime < before]


def _check_room(descriptor: int, reserve: int) -> None:
    disk = os.fstatvfs(descriptor)
    if disk.f_bavail * disk.f_frsize < reserve:
        raise OSError(errno.ENOSPC, "the reserve of the disk is reached")


def _remove_abandoned(path: Path) -> None:
    """Remove an incoming file that no living process holds."""
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        path.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
