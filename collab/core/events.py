"""Facts: what has happened, and who is told.

A service emits a fact in its transaction. Handlers registered with `within` run in that transaction (what must hold or
be owed together with it); those registered with `after` are awaited once it is committed (enforcements); announcements
go to browsers, best effort, in the order of their commits. web/wiring.py is the one place that registers handlers.
"""

import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from uuid import UUID

import structlog
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from collab.core.database import Tx

log = structlog.get_logger()


class Fact(BaseModel):
    """Something that has happened; named in the past tense."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Announcement(Fact):
    """A fact that browsers are told: everybody subscribed to `topic`, ordered by the topic's `rev`.

    `audience`: which of them, where it is not everybody; the others are told that the rev was raised.
    """

    wire: ClassVar[str] = ""
    topic: str
    rev: int
    audience: "Audience | None" = Field(default=None, exclude=True)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        words = [word.lower() for word in re.findall(r"[A-Z][a-z0-9]*", cls.__name__)]
        cls.wire = "_".join(words[:-1]) + "." + words[-1]

    def payload(self) -> dict[str, Any]:
        """What travels beside topic, rev and type, as JSON values."""
        return self.model_dump(mode="json", exclude={"topic", "rev", "audience"})


class TopicMoved(Announcement):
    """Something happened on the topic that this subscriber does not hear of."""


class Audience(Fact):
    """Who hears an announcement: those who hear all of the topic (`whole`), and those known by one of `principals`.

    Those whom it takes something away from (`lost_whole`, `lost`) hear `instead`, unless they hear it anyhow.
    `again`: whoever hears only what concerns them asks for the topic anew.
    """

    whole: bool = True
    principals: frozenset[UUID] = frozenset()
    lost_whole: bool = False
    lost: frozenset[UUID] = frozenset()
    instead: Announcement | None = None
    again: bool = False


Announcement.model_rebuild()

F = TypeVar("F", bound=Fact)
Within = Callable[["Tx", Any], Awaitable[None]]
After = Callable[[Any], Awaitable[None]]
Sink = Callable[[Announcement], None]


class Bus:
    """Carries facts from the transactions that made them to whoever was wired to them."""

    def __init__(self) -> None:
        self._within: dict[type[Fact], list[Within]] = defaultdict(list)
        self._after: dict[type[Fact], list[After]] = defaultdict(list)
        self._sinks: list[Sink] = []

    def within(self, kind: type[F], handler: Callable[["Tx", F], Awaitable[None]]) -> None:
        """Run `handler` before the commit, in the same transaction; if it raises, all is rolled back."""
        self._within[kind].append(handler)

    def after(self, kind: type[F], handler: Callable[[F], Awaitable[None]]) -> None:
        """Await `handler` after the commit, before whoever asked is answered."""
        self._after[kind].append(handler)

    def announce_to(self, sink: Sink) -> None:
        """Give every committed announcement to `sink`, which must not wait."""
        self._sinks.append(sink)

    async def run_within(self, tx: "Tx", fact: Fact) -> None:
        """Run the handlers that belong to the transaction of `fact`."""
        for handler in self._within[type(fact)]:
            await handler(tx, fact)

    async def publish(self, facts: Sequence[Fact]) -> None:
        """Tell everybody what was committed. A handler that fails is logged: the commit stands."""
        for fact in facts:
            if isinstance(fact, Announcement):
                for sink in self._sinks:
                    sink(fact)
        for fact in facts:
            for handler in self._after[type(fact)]:
                try:
                    await handler(fact)
                except Exception:
                    log.exception("event_handler_failed", fact=type(fact).__name__)
