"""What the web layer is given: everything that main.py built, in one typed bundle without globals."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web

from collab.core.database import Database
from collab.core.settings import Settings
from web.identity import Identities

T = TypeVar("T")


@dataclass(slots=True)
class Deps:
    """Built by web/main.py, read by handlers as `call.deps`.

    `checks`: what /health asks, by name; each raises when its part does not work. `surrounds`: what the header of every
    page shows (unread notifications, the next meeting), as fields of its Frame, from the Call.
    """

    settings: Settings
    db: Database
    identities: Identities
    parts: dict[type[Any], Any] = field(default_factory=dict)
    checks: dict[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    surrounds: list[Callable[[Any], Awaitable[dict[str, Any]]]] = field(default_factory=list)

    def part(self, kind: type[T]) -> T:
        """A part by its type (media engine, file storage, real-time hub); slices add theirs in main.py."""
        part: T = self.parts[kind]
        return part


DEPS: web.AppKey[Deps] = web.AppKey("deps", Deps)
