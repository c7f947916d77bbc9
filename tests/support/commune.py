"""People and spaces to act with in service tests."""

from uuid import UUID

from collab.core.access import Actor, ActorKind
from collab.core.database import Tx
from collab.core.ids import new_id
from collab.spaces.models import MemberInput, PrincipalKind, Role, Space, SpaceInput
from collab.spaces.service import create_space, set_member
from directory.people.models import Person, Source


async def add_person(tx: Tx, name: str) -> Actor:
    """A local account, as the actor it is when signed in."""
    key = new_id()
    tx.add(
        Person(
            id=key,
            source=Source.LOCAL,
            source_key=str(key),
            login=name.lower(),
            display_name=name,
            sort_name=name.lower(),
            created_at=tx.now,
            updated_at=tx.now,
        )
    )
    await tx.flush()
    return Actor(ActorKind.PERSON, key)


async def add_space(tx: Tx, owner: Actor, title: str = "Voirie", **roles: UUID | None) -> Space:
    """A space of `owner`; further members by role, as `editor=id, reader=id`."""
    space = await create_space(tx, owner, SpaceInput(title=title))
    for role, person in roles.items():
        assert person is not None
        member = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=person, role=Role(role))
        await set_member(tx, owner, space.id, member)
    return space
