"""Has a file read in a process of its own (child.py), and gives what that says line by line."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from collab.core.errors import Invalid
from collab.core.i18n import Message, msg
from projects.exchange.reading import Wanted

LONGEST_LINE = 1 << 26
SECONDS = 90
_BLOCK = 1 << 16


@asynccontextmanager
async def read_apart(
    raw: bytes, wanted: Wanted, *, cards: bool
) -> AsyncIterator[tuple[dict[str, Any], AsyncIterator[dict[str, Any]]]]:
    """What is to be said of the file, and its cards where they are wanted. Raises Invalid for what cannot be read."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "projects.exchange.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=LONGEST_LINE,
        env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    feeding = asyncio.create_task(_feed(process, wanted, raw, cards), name="file to be read")
    try:
        about = await _line(process)
        if about is None:
            raise Invalid("exchange.unreadable", msg("This file is too large to be read."))
        if "refused" in about:
            refused = about["refused"]
            # The texts are those of the readers, which the catalogue knows from there.
            raise Invalid("exchange.unreadable", Message(refused["text"], refused["params"]))
        yield about, _lines(process)
    finally:
        feeding.cancel()
        with contextlib.suppress(asyncio.CancelledError, BrokenPipeError, ConnectionResetError):
            await feeding
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        await process.wait()


async def _feed(process: asyncio.subprocess.Process, wanted: Wanted, raw: bytes, cards: bool) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it has given up, and says why
        process.stdin.write(json.dumps({**wanted._asdict(), "fields": list(wanted.fields), "cards": cards}).encode())
        process.stdin.write(b"\n")
        for start in range(0, len(raw), _BLOCK):
            process.stdin.write(raw[start : start + _BLOCK])
            await process.stdin.drain()
        process.stdin.close()


async def _line(process: asyncio.subprocess.Process) -> dict[str, Any] | None:
    assert process.stdout is not None
    try:
        async with asyncio.timeout(SECONDS):
            line = await process.stdout.readline()
    except (TimeoutError, ValueError):  # the second: a line that nothing can hold
        return None
    read: dict[str, Any] | None = json.loads(line) if line else None
    return read


async def _lines(process: asyncio.subprocess.Process) -> AsyncIterator[dict[str, Any]]:
    while (line := await _line(process)) is not None:
        yield line
