"""What a ZIP (an office document is one) holds that a scanner has not looked into.

clamd calls clean what inflates beyond its MaxFileSize, even where it is told to say so (ClamAV 1.4), and so does not
see what stands behind 300 MB of zeros. Who is told "clean" must not be told it of that. Nothing is written to disk or
kept; an archive inside is read up to a bound. Names and links inside do not matter: nothing is ever unpacked here.
"""

import asyncio
import io
import zipfile
import zlib

from collab.files.scanning import Why
from collab.files.storage import Content

SECONDS = 60
END = b"PK\x05\x06"
LONGEST_END = 22 + 65_535
# Of a directory of members: more than an office ever packs, few enough to hold.
LONGEST_DIRECTORY = 2 << 20
MOST_MEMBERS = 10_000
DEEPEST = 5
# clamd's MaxScanSize is four times its MaxFileSize, as delivered and in Debian.
WHOLE = 4
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


async def unseen(content: Content, largest: int) -> Why | None:
    """Why a scanner that looks into members of at most `largest` bytes has not seen all of this; None when it has."""
    tail = await content.read(start := max(0, content.size - LONGEST_END), content.size - start)
    at = tail.rfind(END)
    if at < 0 or len(tail) < at + 22:
        return None
    if int.from_bytes(tail[at + 12 : at + 16], "little") > LONGEST_DIRECTORY:
        return Why.TOO_LARGE
    file = _File(content, asyncio.get_running_loop())
    return await asyncio.to_thread(look, io.BufferedReader(file, 1 << 16), largest)


def look(file: io.BufferedIOBase, largest: int, depth: int = DEEPEST) -> Why | None:
    """The same of an open archive; what is none, or a broken one, hides nothing."""
    try:
        with zipfile.ZipFile(file) as archive:
            return _look_into(archive, largest, depth)
    except BROKEN:
        return None


def _look_into(archive: zipfile.ZipFile, largest: int, depth: int) -> Why | None:
    members = archive.infolist()
    if any(member.flag_bits & 1 for member in members):
        return Why.ENCRYPTED
    sizes = [member.file_size for member in members]
    if len(members) > MOST_MEMBERS or max(sizes, default=0) > largest or sum(sizes) > WHOLE * largest:
        return Why.TOO_LARGE
    for member in members:
        with archive.open(member) as inner:
            if inner.read(4) != b"PK\x03\x04":
                continue
            if depth == 0:
                return Why.TOO_LARGE
            rest = b"PK\x03\x04" + inner.read(largest)
            directory = int.from_bytes(rest[rest.rfind(END) + 12 :][:4], "little")
        found = Why.TOO_LARGE if directory > LONGEST_DIRECTORY else look(io.BytesIO(rest), largest, depth - 1)
        if found is not None:
            return found
    return None


class _File(io.RawIOBase):
    """An open object as a file for a thread; the loop reads it."""

    def __init__(self, content: Content, loop: asyncio.AbstractEventLoop) -> None:
        self._content = content
        self._loop = loop
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._content.size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # what io gives
        length = max(0, min(len(buffer), self._content.size - self._position))
        if length:
            reading = asyncio.run_coroutine_threadsafe(self._content.read(self._position, length), self._loop)
            buffer[:length] = reading.result(SECONDS)
            self._position += length
        return length
