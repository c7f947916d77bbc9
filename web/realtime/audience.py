"""Who hears what of a topic, as Socket.IO rooms: all of it, or only what concerns them. Pure.

Whoever hears all of a topic is in the room of its name, the others in that of its parts; both are in one room for each
id under which they are known. What is told first at a rev is what a client takes: the others are told the rev alone.
"""

from collections.abc import Collection, Iterator
from enum import StrEnum
from typing import Any
from uuid import UUID

from collab.core.events import Announcement, TopicMoved


class Hearing(StrEnum):
    """How much of a topic somebody hears."""

    WHOLE = "whole"
    PART = "part"


def rooms_of(topic: str, principals: Collection[UUID], hearing: Hearing) -> frozenset[str]:
    """The rooms of a subscriber of a topic that is told in parts."""
    first = topic if hearing is Hearing.WHOLE else part_of(topic)
    return frozenset({first, *(_of(topic, principal) for principal in principals)})


def part_of(topic: str) -> str:
    """The room of those who hear only what concerns them."""
    return f"{topic}/part"


def deliveries(fact: Announcement) -> Iterator[tuple[list[str], Announcement | None]]:
    """What is told to which rooms of a topic in parts, in this order; None: they ask for the topic anew."""
    audience = fact.audience
    if audience is None:
        yield [fact.topic, part_of(fact.topic)], fact
        return
    rest = [part_of(fact.topic)]
    heard = [_of(fact.topic, principal) for principal in sorted(audience.principals)]
    lost = [_of(fact.topic, principal) for principal in sorted(audience.lost)]
    if audience.whole:
        heard.insert(0, fact.topic)
    elif audience.lost_whole:
        lost.insert(0, fact.topic)
    else:
        rest.insert(0, fact.topic)
    if heard:
        yield heard, fact
    if lost and audience.instead is not None:
        yield lost, audience.instead
    yield rest, None if audience.again else TopicMoved(topic=fact.topic, rev=fact.rev)


def body_of(fact: Announcement) -> dict[str, Any]:
    """An announcement as it travels."""
    return {"topic": fact.topic, "rev": fact.rev, "type": fact.wire, "data": fact.payload()}


def _of(topic: str, principal: UUID) -> str:
    return f"{topic}/{principal}"
