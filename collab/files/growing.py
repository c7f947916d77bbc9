"""Objects that arrive in parts, on plain disk: `partial/` holds each until it is whole and becomes an object.

How much of one has arrived is how long its file is, told only after an fsync: nothing else keeps count, so nothing can
disagree after a crash. Its SHA-256 is computed as it grows and remembered; what this process did not see arrive (it was
started anew, or another one wrote it) is read again at the end. disk.py owns the folders and the threads.
"""

import asyncio
import errno
import fcntl
import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import structlog

from collab.files.storage import Busy, Damaged, StorageFailed, StorageFull, Stored

log = structlog.get_logger()

T = TypeVar("T")

BLOCK = 1 << 20
REMEMBERED = 256


@dataclass(slots=True)
class Digest:
    """The SHA-256 of the first `size` bytes of an object."""

    hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    size: int = 0

    def add(self, data: bytes) -> None:
        """The next bytes."""
        self.hash.update(data)
        self.size += len(data)

    def forget(self) -> None:
        """Start again: some of it was taken back."""
        self.hash, self.size = hashlib.sha256(), 0


class Digests:
    """Those of the objects that grew last."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, Digest] = OrderedDict()

    def of(self, key: str) -> Digest:
        """What is known of this object, from its start."""
        digest = self._known.pop(key, None) or Digest()
        self._known[key] = digest
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return digest

    def forget(self, key: str) -> None:
        """It is complete, or gone."""
        self._known.pop(key, None)


class DiskGrowing:
    """The event loop's side: at most one block in the threads and one being gathered; see storage.Growing."""

    def __init__(self, threads: ThreadPoolExecutor, tail: "Tail") -> None:
        self._threads = threads
        self._tail = tail
        self._gathered: list[bytes] = []
        self._size = 0
        self._writing: asyncio.Future[None] | None = None
        self.size = 0

    async def open(self) -> None:
        """Open it alone and learn how much there is."""
        with disk_errors():
            self.size = await self._run(self._tail.open)

    async def write(self, data: bytes) -> None:
        """Take bytes; see storage.Growing."""
        self._gathered.append(data)
        self._size += len(data)
        if self._size >= BLOCK:
            with disk_errors():
                await self._hand_over()

    async def sync(self, checksum: "hashlib._Hash | None" = None) -> int:
        """Make durable what was written; see storage.Growing."""
        with disk_errors():
            await self._hand_over()
            await self._written()
            self.size = await self._run(self._tail.sync, checksum, self.size)
        return self.size

    async def cut(self) -> None:
        """Take back what was written since the last sync; see storage.Growing."""
        await self.take_back(self.size)

    async def take_back(self, size: int) -> None:
        """Keep only the first `size` bytes; see storage.Growing."""
        self._gathered, self._size = [], 0
        with suppress(OSError):
            await self._written()
        with disk_errors():
            await self._run(self._tail.cut, size)
        self.size = size

    async def close(self) -> None:
        """Let others have it, behind whatever was given up."""
        if self._writing is not None and self._writing.done() and not self._writing.cancelled():
            self._writing.exception()  # seen
        await asyncio.shield(self._run(self._tail.close))

    async def _hand_over(self) -> None:
        await self._written()
        self._writing = self._run(self._tail.write, self._gathered)
        self._gathered, self._size = [], 0

    async def _written(self) -> None:
        """Wait for the block under way, which is written even when whoever waits is cancelled: no byte is left out."""
        if self._writing is not None:
            await asyncio.shield(self._writing)

    def _run(self, function: Callable[..., T], *arguments: object) -> "asyncio.Future[T]":
        return asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)


class Tail:
    """The threads' side: an append-only file, locked against other writers while it is open."""

    def __init__(self, path: Path, digest: Digest, check_room: Callable[[int], None]) -> None:
        self._path = path
        self._digest = digest
        self._check_room = check_room
        self._descriptor = -1
        self._size = 0
        self._closed = False
        self._lock = threading.Lock()

    def open(self) -> int:
        with self._lock:
            if self._closed:  # given up, and overtaken by `close` on the way to the lock
                return 0
            self._descriptor, self._size = open_alone(self._path, os.O_RDWR | os.O_APPEND)
            return self._size

    def write(self, blocks: list[bytes]) -> None:
        with self._lock:
            if self._descriptor < 0:
                raise OSError(errno.EBADF, "this was given up")
            for block in blocks:
                rest = memoryview(block)
                while rest:
                    rest = rest[os.write(self._descriptor, rest) :]
                if self._digest.size == self._size:
                    self._digest.add(block)
                self._size += len(block)
            self._check_room(self._descriptor)

    def sync(self, checksum: "hashlib._Hash | None", start: int) -> int:
        with self._lock:
            os.fsync(self._descriptor)
            if checksum is not None:
                read_into(self._descriptor, checksum.update, start, self._size)
            return self._size

    def cut(self, size: int) -> None:
        with self._lock:
            os.ftruncate(self._descriptor, size)
            os.fsync(self._descriptor)
            self._size = size
            if self._digest.size > size:
                self._digest.forget()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1


def open_alone(path: Path, flags: int) -> tuple[int, int]:
    """The file, locked, and how long it durably is. Raises Busy while another has it, FileNotFoundError for none."""
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.fsync(descriptor)
        return descriptor, os.fstat(descriptor).st_size
    except BlockingIOError:
        os.close(descriptor)
        raise Busy() from None
    except BaseException:
        os.close(descriptor)
        raise


def read_into(descriptor: int, take: Callable[[bytes], None], start: int, end: int) -> None:
    """Give these bytes to `take`, a block at a time."""
    while start < end:
        block = os.pread(descriptor, min(BLOCK, end - start), start)
        if not block:
            raise OSError(errno.EIO, "the file is shorter than it was")
        take(block)
        start += len(block)


def length_of(partial: Path, whole: Path) -> int:
    """How much durably is there of an object that grows, or has just become whole."""
    with suppress(FileNotFoundError):
        descriptor = os.open(partial, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
            return os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)
    return whole.stat().st_size


def make_whole(partial: Path, whole: Path, digest: Digest, key: str) -> Stored | None:
    """Finish its hash, fsync it and give it its place, whose folder the caller syncs; None when it was moved before."""
    try:
        descriptor, size = open_alone(partial, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        if digest.size > size:
            digest.forget()
        read_into(descriptor, digest.add, digest.size, size)
        partial.rename(whole)
        return Stored(key, size, digest.hash.hexdigest())
    finally:
        os.close(descriptor)


@contextmanager
def disk_errors() -> Iterator[None]:
    """What the operating system says, in our words."""
    try:
        yield
    except FileNotFoundError:
        log.error("storage_object_missing")
        raise Damaged() from None
    except OSError as error:
        log.error("storage_failed", errno=errno.errorcode.get(error.errno or 0))
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull() from None
        raise StorageFailed() from None
