"""Channels hang on something else, whose access decides: whoever holds a Channel has been let in by it.

A channel is never obtained here by its id: the owner's access.py (meetings.rooms) checks and hands one out.
"""

from dataclasses import dataclass
from uuid import UUID

from collab.core.access import Actor
from collab.core.errors import Denied


@dataclass(frozen=True, slots=True)
class Channel:
    """The right of `actor` to read the channel, and to write in it when `writable`."""

    id: UUID
    actor: Actor
    writable: bool


def require_writer(channel: Channel) -> UUID:
    """The person who writes. Raises Denied for those who only read."""
    if not channel.writable or channel.actor.person_id is None:
        raise Denied()
    return channel.actor.person_id
