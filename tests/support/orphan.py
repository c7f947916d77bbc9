"""A space whose only owner has left: for whoever tests what becomes of it."""

from uuid import UUID

from collab.core.access import Actor, ActorKind, job_actor
from collab.core.database import Tx
from collab.core.ids import new_id
from collab.spaces.models import SpaceInput
from collab.spaces.service import create_space
from directory.people.models import PersonInput
from directory.people.service import add_person, disable_person

SETUP = job_actor("set-up of the tests")


async def add_orphan(tx: Tx, title: str = "Affaire du lavoir") -> UUID:
    """Make it. The one who owned it is called Odile Partie."""
    leaver = await add_person(tx, SETUP, PersonInput(login=f"odile{new_id()}"[:60], display_name="Odile Partie"))
    space = await create_space(tx, Actor(ActorKind.PERSON, leaver.id), SpaceInput(title=title))
    await disable_person(tx, SETUP, leaver.id, "left")
    return space.id
