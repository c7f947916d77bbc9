"""Reactions: a sign that everybody in the room sees for a few seconds, and that nothing keeps.

Pure; hosting.py tells them. Each may give a few at once and then has to wait a moment.
"""

from collections import deque
from enum import StrEnum
from math import ceil

from collab.core.errors import TooMany
from collab.core.i18n import msg
from collab.core.text import Input

AT_ONCE = 3
WITHIN = 3.0
"""Seconds in which so many may be given."""


class Reaction(StrEnum):
    """What one may show."""

    AGREED = "agreed"
    APPLAUSE = "applause"
    HEART = "heart"
    LAUGHTER = "laughter"
    SURPRISE = "surprise"
    QUESTION = "question"


class React(Input):
    """`room.react`: show everybody in the room a sign."""

    reaction: Reaction


def pace(given: deque[float], now: float) -> None:
    """Note that one more is given now. Raises TooMany; times are the event loop's, in seconds."""
    while given and now - given[0] >= WITHIN:
        given.popleft()
    if len(given) >= AT_ONCE:
        raise TooMany(
            ceil(WITHIN - (now - given[0])), "rooms.too_many_reactions", msg("One moment before you react again.")
        )
    given.append(now)
