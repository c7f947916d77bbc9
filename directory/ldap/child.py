"""Reads the directory in a process of its own, so that decoding five thousand entries takes nothing from the web.

In a thread it would contend for the interpreter's lock, and its garbage would stop everybody else's work for up to
50 ms. The request goes over standard input (it holds a password), the answer comes back in small frames: four bytes of
length, then a pickle; both ends are this file. Called by directory.py; `python -m directory.ldap.child` is the child.
"""

import asyncio
import os
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO

from directory.ldap import errors
from directory.ldap.errors import DirectoryTrouble, IncompleteRead
from directory.ldap.reading import DirectoryRead, read_directory
from directory.ldap.settings import LdapConfig

SLICE = 200
SIZE = 4
LARGEST = 64 * 1024 * 1024  # more than a slice can be


@dataclass(frozen=True, slots=True)
class Request:
    """What the child is to read, as reading.read_directory takes it."""

    config: LdapConfig
    known_photos: Mapping[str, str]
    now: datetime


async def read_in_child(request: Request) -> DirectoryRead:
    """What reading.read_directory gives or raises; a child that dies is an IncompleteRead."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,  # Ctrl-C is ours to handle
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(pickle.dumps(request))
        process.stdin.write_eof()
        return await _receive(process.stdout)
    except (asyncio.IncompleteReadError, ConnectionError) as error:
        raise IncompleteRead("the reading process ended before its work") from error
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _receive(stream: asyncio.StreamReader) -> DirectoryRead:
    lists: dict[str, list[Any]] = {"people": [], "units": [], "groups": [], "skipped": [], "photos": []}
    while True:
        size = int.from_bytes(await stream.readexactly(SIZE), "big")
        if size > LARGEST:
            raise IncompleteRead("the reading process gave nonsense")
        # Only our own child writes here, and nothing of the directory is unpickled that it did not build itself.
        kind, content = pickle.loads(await stream.readexactly(size))  # noqa: S301
        if kind == "end":
            return DirectoryRead(
                people=tuple(lists["people"]),
                units=tuple(lists["units"]),
                groups=tuple(lists["groups"]),
                skipped=tuple(lists["skipped"]),
                photos=dict(lists["photos"]),
            )
        if kind == "trouble":
            name, detail = content
            raise getattr(errors, name)(detail)
        lists[kind].extend(content)
        await asyncio.sleep(0)


def _answer(request: Request) -> Iterator[tuple[str, Any]]:
    """The frames: slices of each list, then the end; or the trouble alone."""
    from directory.ldap.client import LdapClient  # in the child alone: ldap3 is loaded only where it is used

    try:
        read = read_directory(LdapClient(request.config), request.known_photos, request.now)
    except DirectoryTrouble as trouble:
        yield "trouble", (type(trouble).__name__, trouble.detail)
        return
    except Exception as error:  # the parent must hear of it, without what the message may quote of people
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
        yield "trouble", (IncompleteRead.__name__, f"{type(error).__name__} at {where}")
        return
    for kind in ("people", "units", "groups", "skipped"):
        yield from ((kind, part) for part in _slices(getattr(read, kind)))
    for photo in read.photos.items():
        yield "photos", [photo]
    yield "end", None


def _slices(items: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(items), SLICE):
        yield list(items[start : start + SLICE])


def _serve(requests: BinaryIO, answers: BinaryIO) -> None:
    request: Request = pickle.loads(requests.read())  # noqa: S301 - from our parent alone
    for frame in _answer(request):
        data = pickle.dumps(frame)
        answers.write(len(data).to_bytes(SIZE, "big") + data)
    answers.flush()


if __name__ == "__main__":
    _serve(sys.stdin.buffer, sys.stdout.buffer)
