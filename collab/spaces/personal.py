"""Personal files: the space of one person alone, made at its first use.

It is a space like any other to whatever hangs on one, but no list of spaces names it and nobody can be added to it
(service.py). When its person has left, nobody owns it: whom an administrator names gets it as a shared space.
"""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Denied
from collab.core.ids import new_id
from collab.spaces.access import forget_roles
from collab.spaces.models import DataClass, PrincipalKind, Role, Space, SpaceMember
from directory.people.models import Person


async def find_personal_space(tx: Tx, actor: Actor) -> UUID | None:
    """The id of the actor's personal space, if it was made already; nobody else's can be asked for."""
    decided("space:personal")
    if actor.person_id is None:
        return None
    found: UUID | None = await tx.one(select(col(Space.id)).where(col(Space.owner_id) == actor.person_id))
    return found


async def personal_space(tx: Tx, actor: Actor) -> UUID:
    """The id of the actor's personal space, made now if this is its first use. Raises Denied for who is no person."""
    found = await find_personal_space(tx, actor)
    if found is not None:
        return found
    # One at a time for one person: two windows that open at once make one space.
    person = await tx.lock(Person, actor.person_id) if actor.person_id else None
    if person is None:
        raise Denied()
    return await find_personal_space(tx, actor) or (await _make(tx, actor, person)).id


async def _make(tx: Tx, actor: Actor, person: Person) -> Space:
    space = Space(
        id=new_id(),
        title=person.display_name,
        owner_id=person.id,
        data_class=DataClass.PERSONAL.value,
        created_at=tx.now,
        updated_at=tx.now,
    )
    tx.add(space)
    await tx.flush()
    kind = PrincipalKind.PERSON.value
    forget_roles(tx)
    tx.add(SpaceMember(space_id=space.id, principal_id=person.id, principal_kind=kind, role=Role.OWNER.value))
    await tx.flush()
    tx.record(actor, "spaces.create_personal", space=space.id, subject=space.id, title=space.title)
    return space
