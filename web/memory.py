"""What a process does with its memory once it has started; called by the server, the worker and the test bed."""

import ctypes
import gc
import sys

from sqlalchemy.orm import configure_mappers


def settle() -> None:
    """Take what is loaded by now out of garbage collection: modules, routes and models live as long as the process.

    A full collection that walks them holds the event loop for some 80 ms; without them it takes a few. What starting
    needed and nothing uses any more goes back to the system, which glibc does not do by itself.
    """
    configure_mappers()  # else the first statement does it, some 40 ms
    gc.collect()
    gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)
