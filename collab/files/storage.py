"""The port to where bytes lie. Every version is an object of its own under a random key; nothing is shared.

Bytes are complete and durable before a transaction names them, and are destroyed by a job after the transaction that
forgot them: at worst there is an object too many, which the sweep removes, never one too few. collab/files/disk.py is
the plain-disk form; main.py chooses.
"""

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from collab.core.errors import Conflict, Unavailable
from collab.core.i18n import msg


class StorageFull(Unavailable):
    """No room for these bytes; nothing of them is kept."""

    def __init__(self) -> None:
        super().__init__(
            "files.storage_full",
            msg("The server's disk is full: this was not saved. Keep your copy and tell your administrator."),
        )


class StorageFailed(Unavailable):
    """The disk refused to write or to read."""

    def __init__(self) -> None:
        super().__init__(
            "files.storage_failed", msg("The server's disk does not work. This file was not saved: keep your copy.")
        )


class Damaged(Unavailable):
    """What is stored is not, or no longer, what was sent."""

    def __init__(self) -> None:
        super().__init__("files.damaged", msg("This version is damaged on the server's disk. Tell your administrator."))


class Busy(Conflict):
    """Somebody else is writing this object."""

    def __init__(self) -> None:
        super().__init__("files.upload_busy", msg("This file is being sent from elsewhere too. Try again in a moment."))


@dataclass(frozen=True, slots=True)
class Stored:
    """A complete, durable object: its key, its size in bytes, its SHA-256 in hexadecimal."""

    key: str
    size: int
    sha256: str


class Upload(Protocol):
    """Bytes that are arriving."""

    async def write(self, data: bytes) -> None:
        """Take the next bytes; waits when the disk is slower than the sender. Raises StorageFull, StorageFailed."""
        ...

    async def finish(self) -> Stored:
        """Make them durable, or raise StorageFull or StorageFailed and keep nothing."""
        ...


class Growing(Protocol):
    """An object that arrives in parts, open for its next bytes; nobody else writes it meanwhile."""

    @property
    def size(self) -> int:
        """How many bytes of it are durable."""
        ...

    async def write(self, data: bytes) -> None:
        """Take the next bytes; waits when the disk is slower than the sender. Raises StorageFull, StorageFailed."""
        ...

    async def sync(self, checksum: "hashlib._Hash | None" = None) -> int:
        """Make durable what was written, which `checksum` is fed with, and tell how much there is in all."""
        ...

    async def cut(self) -> None:
        """Take back what was written since the last `sync`, or since it was opened."""
        ...

    async def take_back(self, size: int) -> None:
        """Keep only the first `size` bytes."""
        ...


class Content(Protocol):
    """An open object."""

    @property
    def size(self) -> int:
        """In bytes."""
        ...

    async def read(self, start: int, length: int, digest: "hashlib._Hash | None" = None) -> bytes:
        """Exactly these bytes, which `digest` is fed with. Raises Damaged when they are not there."""
        ...


class Storage(Protocol):
    """Where objects lie."""

    def receive(self) -> AbstractAsyncContextManager[Upload]:
        """A new object; leaving the block without `finish` having returned leaves nothing behind."""
        ...

    def open(self, key: str) -> AbstractAsyncContextManager[Content]:
        """An object to read from. Raises Damaged when there is none."""
        ...

    async def copy(self, key: str) -> Stored:
        """A new object with the same bytes, durable. Raises Damaged, StorageFull, StorageFailed."""
        ...

    async def begin(self, size: int) -> str:
        """The key of an object that will arrive in parts, `size` bytes in all. Raises StorageFull without the room."""
        ...

    def grow(self, key: str) -> AbstractAsyncContextManager[Growing]:
        """Open it for its next bytes. Raises Busy while somebody else does, Damaged when there is none."""
        ...

    async def received(self, key: str) -> int:
        """How many bytes of it are durable, whole or not. Raises Damaged when there is none."""
        ...

    async def complete(self, key: str) -> Stored:
        """What has arrived is all of it: an object now. Again is no error. Raises Busy, Damaged."""
        ...

    async def measure(self, key: str) -> Stored:
        """What really lies under the key: read whole. Raises Damaged when there is none."""
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """Destroy these objects, whole or not; those that are gone already are no error."""
        ...

    def list_older(self, before: datetime) -> AsyncIterator[Sequence[str]]:
        """The keys of the objects written before an instant, whole or not, in lots."""
        ...


async def copy_object(storage: Storage, key: str, sha256: str) -> Stored:
    """The same bytes as an object of its own. Raises Damaged when they are no longer those that were sent."""
    stored = await storage.copy(key)
    if stored.sha256 != sha256:
        await storage.delete([stored.key])
        raise Damaged()
    return stored
