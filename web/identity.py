"""Who is behind a request: from the session cookie, a bearer token or an application password to an Actor.

The look-up itself is directory/sessions'; here it is remembered for at most RECHECK seconds, so that a burst of
requests costs one look-up and a withdrawn session is noticed at once in this process and within RECHECK in any other.
"""

import hashlib
import time
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from aiohttp import web

from collab.core.access import PUBLIC, Actor
from directory.sessions.models import Owes
from directory.sessions.second_factor import Subject

Theme = Literal["system", "light", "dark"]

RECHECK = 5.0
REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Pending:
    """Somebody who has shown a password and still owes the second factor."""

    subject: Subject
    owes: Owes


@dataclass(frozen=True, slots=True)
class Identity:
    """An actor, and how to speak to them. `theme`: system, light or dark.

    `pending`: the password was right and the second factor is owed; until then the actor is nobody (PUBLIC), so that
    every door is closed to them but those which finish the sign-in.
    """

    actor: Actor
    name: str = ""
    login: str = ""
    language: str = ""  # empty: not chosen
    theme: Theme = "system"
    has_photo: bool = False
    pending: Pending | None = None

    @property
    def person_id(self) -> UUID | None:
        """Whose identity it is, let in or not."""
        return self.pending.subject.person_id if self.pending else self.actor.person_id


NOBODY = Identity(PUBLIC)
IDENTITY: web.RequestKey[Identity] = web.RequestKey("identity", Identity)


def guest_cookie(meeting_id: UUID, *, secure: bool) -> str:
    """The cookie with which a browser is a guest of this meeting, and nothing else."""
    return f"{'__Host-' if secure else ''}guest-{meeting_id.hex}"


class Lookup(Protocol):
    """Where secrets are looked up."""

    async def find(self, kind: str, secret: str) -> Identity | None:
        """`kind`: `session`, `guest`, `bearer` or `basic` (then `secret` is `login:password`)."""
        ...

    async def list_valid(self, sessions: Collection[UUID]) -> set[UUID]:
        """Those of these sessions, and of these guests, that still let their person in."""
        ...

    async def list_actors(self, sessions: Collection[UUID]) -> dict[UUID, Actor]:
        """Who speaks through those of these sessions that still let their person in."""
        ...


class Identities:
    """Remembers look-ups."""

    def __init__(self, lookup: Lookup) -> None:
        self._lookup = lookup
        self._known: OrderedDict[bytes, tuple[float, Identity]] = OrderedDict()
        self._forgotten = 0

    async def find(self, kind: str, secret: str) -> Identity | None:
        """The identity, or None when the secret is not (or no more) worth anything."""
        key = hashlib.sha256(f"{kind}:{secret}".encode("utf-8", "surrogatepass")).digest()
        known = self._known.get(key)
        now = time.monotonic()
        if known is not None and known[0] > now:
            return known[1]
        forgotten = self._forgotten
        identity = await self._lookup.find(kind, secret)
        self._known.pop(key, None)
        if identity is not None and forgotten == self._forgotten:  # else it may be what was just withdrawn
            self._known[key] = (now + RECHECK, identity)
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return identity

    async def list_valid(self, sessions: Collection[UUID]) -> set[UUID]:
        """Those of these sessions that still let their person in; never remembered."""
        return await self._lookup.list_valid(sessions) if sessions else set()

    async def list_actors(self, sessions: Collection[UUID]) -> dict[UUID, Actor]:
        """Who speaks through those of these sessions that still let their person in; never remembered."""
        return await self._lookup.list_actors(sessions) if sessions else {}

    def forget(self, person_id: UUID | None = None) -> None:
        """Look up anew: this person, or everybody (groups changed)."""
        self._forgotten += 1
        if person_id is None:
            self._known.clear()
            return
        for key in [key for key, (_, identity) in self._known.items() if identity.person_id == person_id]:
            del self._known[key]
