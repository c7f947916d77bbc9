"""Whether those who are in rooms may still be there: all of them weighed at once, in a handful of queries.

live.py asks every few seconds and whenever rights change. The rights themselves are access.py's.
"""

from collections.abc import Collection
from uuid import UUID

from collab.core.access import Actor, ActorKind
from collab.core.database import Database
from collab.core.errors import Conflict, DomainError
from meetings.rooms.access import Asking, admit_all
from meetings.rooms.models import Kind, Reason, Role
from meetings.rooms.orders import KEPT_OUT
from meetings.rooms.seats import Identify

Weighed = tuple[Actor, UUID, Kind]
"""Somebody in a room: who, the meeting, and as what."""


def _reason(refused: DomainError) -> Reason:
    if refused.code == KEPT_OUT:
        return Reason.KEPT_OUT
    return Reason.CLOSED if isinstance(refused, Conflict) else Reason.REMOVED


async def weigh(
    db: Database, identify: Identify, present: Collection[Weighed]
) -> tuple[dict[Weighed, Reason], set[Weighed]]:
    """Why some of these may no longer be there, and who is a host.

    The number of queries does not depend on how many they are."""
    sessions = {actor.credential for actor, _, _ in present if actor.kind is ActorKind.PERSON and actor.credential}
    actors = await identify(sessions) if sessions else {}
    reasons: dict[Weighed, Reason] = {}
    asking: dict[Weighed, Asking] = {}
    hosts: set[Weighed] = set()
    for key in present:
        actor, meeting, kind = key
        now = actors.get(actor.credential) if actor.kind is ActorKind.PERSON and actor.credential else actor
        if now is None:
            reasons[key] = Reason.REMOVED
        else:
            asking[key] = Asking(now, meeting, kind)
    async with db.read() as tx:
        answers = await admit_all(tx, list(asking.values()))
    for key, answer in zip(asking, answers, strict=True):
        if isinstance(answer, DomainError):
            reasons[key] = _reason(answer)
        elif answer.role is Role.HOST:
            hosts.add(key)
    return reasons, hosts
