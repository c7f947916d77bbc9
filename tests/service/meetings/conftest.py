"""A space with an owner, an editor, a reader and a stranger, and a meeting in it, on each database."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from collab.core.access import Actor, ActorKind, job_actor
from collab.core.database import Database
from collab.spaces.models import MemberInput, PrincipalKind, Role, SpaceInput
from collab.spaces.service import create_space, set_member
from directory.people.models import PersonInput
from directory.people.service import add_person
from meetings.calendar import service
from meetings.calendar.invitations import Place
from meetings.calendar.models import MeetingInput

PLACE = Place("Europe/Paris", "https://mairie.example")
START = datetime(2026, 11, 26, 17, 30, tzinfo=UTC)


@dataclass
class World:
    """Who and what is there; each change and each look is a transaction of its own."""

    db: Database
    owner: Actor
    editor: Actor
    reader: Actor
    stranger: Actor
    space: UUID
    meeting: UUID

    async def do(self, verb: Callable[..., Awaitable[Any]], *args: Any, actor: Actor | None = None) -> Any:
        """Call a service in a transaction, as the owner if nobody else is named."""
        async with self.db.write() as tx:
            return await verb(tx, actor or self.owner, *args)

    async def see(self, query: Callable[..., Awaitable[Any]], *args: Any, actor: Actor | None = None) -> Any:
        """Call a query, as the owner if nobody else is named."""
        async with self.db.read() as tx:
            return await query(tx, actor or self.owner, *args)


def person_of(actor: Actor) -> UUID:
    """The person behind an actor of this world."""
    assert actor.person_id is not None
    return actor.person_id


@pytest.fixture
async def world(db: Database) -> World:
    """A populated database."""
    return await populate(db)


async def populate(db: Database) -> World:
    """The space « Voirie » and its meeting « Chantier », organised by its owner."""
    actors = []
    async with db.write() as tx:
        for login in ("elodie", "bruno", "chloe", "denis"):
            data = PersonInput(login=login, display_name=login.title(), mail=f"{login}@mairie.example")
            person = await add_person(tx, job_actor("tests"), data)
            actors.append(Actor(ActorKind.PERSON, person.id))
        owner, editor, reader, stranger = actors
        space = await create_space(tx, owner, SpaceInput(title="Voirie"))
        for actor, role in ((editor, Role.EDITOR), (reader, Role.READER)):
            member = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=person_of(actor), role=role)
            await set_member(tx, owner, space.id, member)
        planned = MeetingInput(title="Chantier", starts_at=START, duration=60)
        meeting = await service.create_meeting(tx, owner, space.id, planned, PLACE)
    return World(db, owner, editor, reader, stranger, space.id, meeting.id)
