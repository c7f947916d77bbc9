"""Who sits in a room and how to reach them; what the engine refuses, as the house's errors.

`live.py` keeps the seats; the doors make a Caller of each socket and of each program.
"""

import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from collab.core.access import Actor
from collab.core.errors import Conflict, Invalid, Unavailable
from collab.core.i18n import msg
from meetings.media import port as media
from meetings.rooms import rules
from meetings.rooms.floor import Speech
from meetings.rooms.models import Participant, RoomEvent, SlotsNow
from meetings.rooms.quality import RoomQuality


@dataclass(frozen=True, slots=True)
class Caller:
    """One socket, and who speaks through it; for a person, `actor.credential` is their session.

    `hears`: False for a program that came in over HTTP, to which nothing can be said. `via`: the process that has the
    socket, where it is another one.
    """

    socket: str
    actor: Actor
    hears: bool = True
    via: UUID | None = None


Tell = Callable[[str, RoomEvent], None]
"""Send an event to a socket; it must keep the order and not wait."""
Identify = Callable[[Collection[UUID]], Awaitable[Mapping[UUID, Actor]]]
"""Who speaks through each of these sessions now; those that have ended are left out."""


@dataclass(slots=True)
class Seat:
    """Who a participant is, how to reach them, since when their socket is gone, and what their slots carry."""

    caller: Caller
    participant: Participant
    away_since: float | None = None
    slots: SlotsNow | None = None
    watches: bool = False
    """A host who wants to know of everybody's connection."""
    reacted: deque[float] = field(default_factory=deque)
    """When they reacted of late (reactions.py)."""

    @property
    def hears(self) -> bool:
        """Whether telling them anything makes sense now."""
        return self.away_since is None and self.caller.hears


@dataclass(slots=True)
class Live:
    """A room that somebody is in."""

    state: rules.Room = field(default_factory=rules.Room)
    seats: dict[UUID, Seat] = field(default_factory=dict)
    quality: RoomQuality = field(default_factory=RoomQuality)
    speech: Speech = field(default_factory=Speech)


def begin(state: rules.Room) -> Live:
    """A room whose first person comes in."""
    return Live(state, speech=Speech({one.person: float(one.seconds) for one in state.floor.spoken}))


def not_admitted() -> Conflict:
    return Conflict(media.NotAdmitted.code, msg("You are not in this room any more. Join again."))


def unreachable() -> Unavailable:
    """The process that keeps the room does not answer; it will, or another one keeps it soon."""
    return Unavailable("rooms.unreachable", msg("The server that keeps this room does not answer. Trying again."))


@contextlib.contextmanager
def engine_errors() -> Iterator[None]:
    """The engine's refusals as the house's errors."""
    try:
        yield
    except media.NotAdmitted:
        raise not_admitted() from None
    except media.BadOffer:
        raise Invalid(media.BadOffer.code, msg("The media offer of this browser cannot be understood.")) from None
    except media.NotRunning:
        raise Unavailable(media.NotRunning.code, msg("Sound and picture are not available at the moment.")) from None
