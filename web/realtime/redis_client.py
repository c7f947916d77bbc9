"""The client of Redis, loaded only where settings name one: some 7 MB that a server on its own never uses.

python-socketio imports it wherever it is installed; the package imports python-socketio through here first.
"""

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from socketio import AsyncRedisManager


def load_socketio() -> None:
    """Import python-socketio as if the client were not installed, unless one of them is there already."""
    if "socketio" in sys.modules or "redis" in sys.modules:
        return
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment] # None: importing it fails
    modules["redis"] = None
    try:
        importlib.import_module("socketio")
    finally:
        del modules["redis"]


def make_manager(url: str) -> "AsyncRedisManager":
    """What tells the sockets of every web process; needs the extra `redis`."""
    module = importlib.import_module("socketio.async_redis_manager")
    if module.aioredis is None:
        module = importlib.reload(module)
    manager: AsyncRedisManager = module.AsyncRedisManager(url)
    return manager
