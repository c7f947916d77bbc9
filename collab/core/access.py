"""Who acts, and the trace that somebody asked whether they may.

An Actor is all that core knows of whoever is behind a request, a socket or a job. Each slice's access.py is the only
way to obtain its things by id; it reports each decision here, and an edge that saw none refuses to answer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    """What kind of being acts."""

    PERSON = "person"
    GUEST = "guest"
    LINK = "link"
    TOKEN = "token"  # noqa: S105 - a kind of actor, not a secret
    JOB = "job"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever acts. `id` is the person's for PERSON and TOKEN, the guest's or link's own otherwise.

    `groups`: ids of the groups and units (with the units above) that the actor belongs to.
    `admin`: may administer the platform, which gives no right to read any space.
    `credential`: the session or token that speaks. `scopes`: what a token may do; None means no restriction.
    `reason`: why a job acts.
    """

    kind: ActorKind
    id: UUID | None = None
    groups: frozenset[UUID] = frozenset()
    admin: bool = False
    credential: UUID | None = None
    scopes: frozenset[str] | None = None
    reason: str | None = None

    @property
    def person_id(self) -> UUID | None:
        """The person on whose behalf this is done, if it is a person."""
        return self.id if self.kind in (ActorKind.PERSON, ActorKind.TOKEN) else None

    @property
    def principals(self) -> frozenset[UUID]:
        """Every id under which a space may know this actor; empty for those who are members of nothing."""
        return self.groups | {self.id} if self.person_id and self.id else frozenset()


PUBLIC = Actor(ActorKind.PUBLIC)


def job_actor(reason: str) -> Actor:
    """The actor of a job; `reason` goes into the journal."""
    return Actor(ActorKind.JOB, reason=reason)


_decisions: ContextVar[list[str] | None] = ContextVar("access_decisions", default=None)


def decided(what: str) -> None:
    """Called by every access function once it has decided; `what` names the decision, such as `board:edit`."""
    seen = _decisions.get()
    if seen is not None:
        seen.append(what)


@contextmanager
def watching() -> Iterator[list[str]]:
    """Collect the decisions that are taken inside the block."""
    seen: list[str] = []
    token = _decisions.set(seen)
    try:
        yield seen
    finally:
        _decisions.reset(token)
