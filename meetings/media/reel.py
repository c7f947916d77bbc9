"""The files of a recording while it runs: records appended in the order in which they came, one file per track.

A record is its kind (one byte), its length (four bytes, big-endian) and its bytes; a file that ends in the middle of
one is whole up to there, so that whatever ends the process loses nothing that was written. `tape.py` says what is
written, a thread writes it: the loop never waits for a disk. `meetings/recording/reading.py` reads it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import queue
import shutil
import threading
import time
from pathlib import Path
from struct import Struct

RECORD = Struct("!cI")
"""Kind and length."""
BACKLOG = 64 * 1024 * 1024
"""Bytes that may wait for the disk."""
_LOOK, _SYNC = 2.0, 10.0
"""Seconds between looks at the room that is left, and between requests to make everything durable."""


def record(kind: bytes, data: bytes) -> bytes:
    """The bytes of one record."""
    return RECORD.pack(kind, len(data)) + data


class Reel:
    """Appends to the files of one folder. `failed` says why it writes no more: `full`, or `failed`."""

    def __init__(self, folder: Path, spare: int) -> None:
        """`spare`: bytes to leave free on the disk, which others need too. Raises OSError."""
        folder.mkdir(mode=0o700, parents=True)
        self.failed = ""
        self._folder = folder
        self._spare = spare
        self._waiting = 0
        self._queue: queue.SimpleQueue[tuple[str, bytes] | None] = queue.SimpleQueue()
        self._files: dict[str, int] = {}
        self._looked = self._synced = time.monotonic()
        self._look()
        self._thread = threading.Thread(target=self._work, name="recording", daemon=True)
        self._thread.start()

    def write(self, name: str, data: bytes) -> None:
        """Append to a file, soon; nothing once it has failed."""
        if self.failed:
            return
        if self._waiting > BACKLOG:
            self.failed = "failed"
            return
        self._waiting += len(data)
        self._queue.put((name, data))

    def close(self) -> None:
        """Nothing more comes: `join` waits until everything is on the disk."""
        self._queue.put(None)

    def join(self) -> None:
        """Wait for the thread; not to be called on the loop."""
        self._thread.join()

    def _work(self) -> None:
        try:
            while (item := self._queue.get()) is not None:
                name, data = item
                try:
                    if not self.failed:
                        self._append(name, data)
                except OSError as error:
                    self.failed = "full" if is_full(error) else "failed"
                self._waiting -= len(data)
        finally:
            for file in self._files.values():
                with contextlib.suppress(OSError):
                    os.fdatasync(file)
                os.close(file)

    def _append(self, name: str, data: bytes) -> None:
        """All of it, or nothing."""
        self._look()
        file = self._files.get(name)
        if file is None:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            file = self._files[name] = os.open(self._folder / name, flags, 0o600)
        before = os.fstat(file).st_size
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(file, view) :]
        except OSError:
            os.ftruncate(file, before)
            raise

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._synced > _SYNC:
            self._synced = now
            for file in self._files.values():
                os.fdatasync(file)
        if self._spare and (now - self._looked > _LOOK or not self._files):
            self._looked = now
            if shutil.disk_usage(self._folder).free < self._spare:
                raise OSError(errno.ENOSPC, "the disk is nearly full")


def is_full(error: OSError) -> bool:
    """Whether it says that there is no room."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT)
