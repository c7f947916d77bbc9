"""A ZIP that is written as it is sent: members come one after the other, a block at a time, none of it on disk.

Stored, not compressed: office documents, pictures and films are compressed already. Sizes stand behind each member
(data descriptors, ZIP64), since they are not known before. In memory is what ZIP wants at the end: a line a member.
"""

import io
import zipfile
from collections.abc import AsyncIterator
from contextlib import aclosing

from collab.files.records.export import Member

EARLIEST = (1980, 1, 1, 0, 0, 0)  # of a date in a ZIP


class _Sink(io.RawIOBase):
    """Takes what zipfile writes until it is taken away."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: "bytes | memoryview") -> int:  # type: ignore[override]  # what zipfile gives
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        """What was written since."""
        parts, self._parts = self._parts, []
        return b"".join(parts)


async def pack(members: AsyncIterator[Member]) -> AsyncIterator[bytes]:
    """The archive's bytes."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        async with aclosing(members):  # type: ignore[type-var]  # an async generator
            async for member in members:
                info = zipfile.ZipInfo(member.path, max(member.changed.timetuple()[:6], EARLIEST))
                info.external_attr = 0o600 << 16
                with archive.open(info, "w", force_zip64=True) as file:
                    async for block in member.blocks:
                        file.write(block)
                        yield sink.take()
                yield sink.take()
    yield sink.take()
