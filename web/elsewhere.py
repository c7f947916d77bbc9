"""Runs a function once in a process of its own, so that what it loads and uses does not stay with the caller.

Unlike a process pool it leaves nothing behind, not even a tracker. The request goes over standard input, since it may
hold a password; `python -m web.elsewhere` is the child.
"""

import asyncio
import os
import pickle
import sys
from collections.abc import Callable
from typing import Any


class FailedElsewhere(Exception):
    """The child did not do it; what it said went to standard error."""


async def run_elsewhere(function: Callable[..., None], *arguments: Any) -> None:
    """Call a module's function there and wait for its end. Raises FailedElsewhere."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        __name__,
        stdin=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        start_new_session=True,  # Ctrl-C is for the caller
    )
    try:
        await process.communicate(pickle.dumps((function, arguments)))
    except asyncio.CancelledError:
        process.terminate()
        await process.wait()
        raise
    if process.returncode:
        raise FailedElsewhere(f"{function.__module__}.{function.__name__} ended with status {process.returncode}")


if __name__ == "__main__":
    wanted, given = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by our own parent, a few lines above
    wanted(*given)
