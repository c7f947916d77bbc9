"""The parent's side of a process that reads files from strangers: it asks, waits so long, and kills.

One line of JSON goes in for each request, one comes back. The child (inside.py) has no network, sees no file but those
of its folder and the system's programs, and has limits on memory and on what it writes. Used by texts/ and previews/.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collab.files.apart.kernel import TMP
from collab.files.storage import Content, Storage

MB = 1 << 20
BLOCK = 1 << 20
ANSWER = 8 * MB  # no answer is longer
MESSAGE = 300


class Broken(Exception):
    """The child died, took too long or said nonsense; the text says which. Another child may do the rest."""


class Refused(Exception):
    """The child looked at the file and will not read it; the text says why."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a child may use. `memory`: of each of its processes; `file`: the largest it writes; both in bytes."""

    memory: int
    file: int
    seconds: float


class Apart:
    """A child that does one kind of work, request by request."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, limits: Limits) -> None:
        self._process = process
        self._limits = limits
        self.folder = folder

    async def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """The child's answer. Raises Refused, or Broken after which there is no child any more."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            async with asyncio.timeout(self._limits.seconds):
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
                await self._process.stdin.drain()
                line = await self._process.stdout.readline()
            answer = json.loads(line)
        except TimeoutError:
            await self.end()
            raise Broken(f"took longer than {self._limits.seconds:g} s") from None
        except (OSError, ValueError):
            await self.end()
            raise Broken(f"ended with status {self._process.returncode}") from None
        if not isinstance(answer, dict):
            await self.end()
            raise Broken("gave nonsense")
        if "refused" in answer:
            raise Refused(str(answer["refused"])[:MESSAGE])
        if "broken" in answer:
            raise Broken(str(answer["broken"])[:MESSAGE])
        return answer

    async def end(self) -> None:
        """Kill it, with all that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        # What it had written is read away: a child that waits for us to read would not be reaped.
        await self._process.communicate()


@asynccontextmanager
async def apart(work: str, limits: Limits) -> AsyncIterator[Apart]:
    """A child that does `work` (a module with a function `answer`), with a folder of its own; both go in the end."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="hemicycle-apart-"))
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "collab.files.apart.inside",
            work,
            str(folder),
            str(limits.memory),
            str(limits.file),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,  # it may quote the file
            env={
                "PATH": os.defpath,
                "LANG": "C.UTF-8",
                "HOME": str(TMP),  # the folder, as the child sees it
                "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            },
            start_new_session=True,
            limit=ANSWER,
        )
        child = Apart(process, folder, limits)
        try:
            yield child
        finally:
            await child.end()
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def copy_out(storage: Storage, key: str, target: Path) -> None:
    """An object's bytes as a file for a child. Raises Damaged."""
    async with storage.open(key) as content:
        out = await asyncio.to_thread(target.open, "wb")
        try:
            async for block in _blocks(content):
                await asyncio.to_thread(out.write, block)
        finally:
            await asyncio.to_thread(out.close)


async def _blocks(content: Content) -> AsyncIterator[bytes]:
    for start in range(0, content.size, BLOCK):
        yield await content.read(start, min(BLOCK, content.size - start))
