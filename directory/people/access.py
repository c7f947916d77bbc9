"""Who may see and change people. The only way to obtain a Person by id.

Everybody who can sign in sees the directory; one's own choices are one's own; the rest is the administrators'.
Outsiders (guests, links, the public) do not learn that anybody exists.
"""

from enum import StrEnum
from uuid import UUID

from collab.core.access import Actor, ActorKind, decided
from collab.core.database import Tx
from collab.core.errors import Denied, NotFound
from directory.people.models import Person


class Can(StrEnum):
    """What may be done in the directory."""

    READ = "read"
    CHOOSE = "choose"
    ADMINISTER = "administer"


# What a restricted token must carry for each right.
SCOPES: dict[Can, str] = {Can.READ: "read", Can.CHOOSE: "manage", Can.ADMINISTER: "admin"}
INSIDERS = frozenset({ActorKind.PERSON, ActorKind.TOKEN, ActorKind.JOB})


def require(actor: Actor, can: Can, *, own: bool = False) -> None:
    """Raise unless the actor may do this; `own` says that it is about themselves. NotFound for outsiders."""
    decided(f"directory:{can}")
    if actor.kind not in INSIDERS:
        raise NotFound()
    if actor.scopes is not None and SCOPES[can] not in actor.scopes:
        raise Denied("token_scope")
    allowed = {Can.READ: True, Can.CHOOSE: own, Can.ADMINISTER: actor.admin or actor.kind is ActorKind.JOB}
    if not allowed[can]:
        raise Denied()


async def get_person(tx: Tx, actor: Actor, person_id: UUID, can: Can) -> Person:
    """The person, if the actor may do this with them. Those who left are seen by administrators alone."""
    require(actor, can, own=person_id == actor.person_id)
    person = await tx.get(Person, person_id)
    if person is None or not (person.active or actor.admin or actor.kind is ActorKind.JOB):
        raise NotFound()
    return person
