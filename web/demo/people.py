"""People of the demonstration by their login, as the services know them."""

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, ActorKind
from collab.core.database import Tx
from directory.people.models import Person
from directory.people.queries import principals_of


async def person_of(tx: Tx, login: str) -> Person:
    """Somebody who is there. Raises LookupError."""
    found: Person | None = await tx.one(select(Person).where(col(Person.login) == login, col(Person.active)))
    if found is None:
        raise LookupError(f"nobody is called {login}")
    return found


async def actor_of(tx: Tx, login: str) -> Actor:
    """The same as who acts."""
    person = await person_of(tx, login)
    return Actor(ActorKind.PERSON, id=person.id, groups=await principals_of(tx, person))
