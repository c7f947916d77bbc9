"""A space with an editor, a reader and a board, on each database."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, ActorKind
from collab.core.database import Database
from collab.core.ids import new_id
from collab.core.text import sort_key
from collab.spaces import service as spaces
from collab.spaces.models import MemberInput, PrincipalKind, Role, SpaceInput
from directory.people.models import Person
from projects.boards import cards, queries, service
from projects.boards.models import CardInput

COLUMNS = [("À faire", False), ("En cours", False), ("Fait", True)]


@dataclass
class World:
    """Who and what is there; each change and each look is a transaction of its own."""

    db: Database
    owner: Actor
    editor: Actor
    reader: Actor
    stranger: Actor
    space: UUID
    board: UUID

    async def do(self, verb: Callable[..., Awaitable[Any]], *args: Any, actor: Actor | None = None) -> Any:
        """Call a service in a transaction, as the owner if nobody else is named."""
        async with self.db.write() as tx:
            return await verb(tx, actor or self.owner, *args)

    async def see(self, board: UUID | None = None) -> dict[str, Any]:
        """The whole board."""
        async with self.db.read() as tx:
            return await queries.read_board(tx, self.owner, board or self.board)

    async def titles(self) -> list[list[str]]:
        """The titles of the cards, column by column."""
        return [[card["title"] for card in column["cards"]] for column in (await self.see())["columns"]]

    async def columns(self) -> list[UUID]:
        """The ids of the columns."""
        return [UUID(column["id"]) for column in (await self.see())["columns"]]

    async def add_cards(self, column: UUID, *titles: str) -> list[UUID]:
        """New cards."""
        made = [await self.do(cards.create_card, self.board, CardInput(column=column, title=t)) for t in titles]
        return [card.id for card in made]


async def add_person(db: Database, name: str) -> Actor:
    """Somebody with a local account."""
    async with db.write() as tx:
        key = new_id()
        person = Person(
            id=key,
            source="local",
            source_key=str(key),
            login=sort_key(name).replace(" ", "."),
            display_name=name,
            sort_name=sort_key(name),
            created_at=tx.now,
            updated_at=tx.now,
        )
        tx.add(person)
    return Actor(ActorKind.PERSON, key)


@pytest.fixture
async def world(db: Database) -> World:
    """The space « Voirie » with its board « Travaux »."""
    names = ("Élodie Martin", "Bruno Petit", "Chloé Roux", "Denis Noir")
    owner, editor, reader, stranger = [await add_person(db, name) for name in names]
    async with db.write() as tx:
        space = await spaces.create_space(tx, owner, SpaceInput(title="Voirie"))
        for actor, role in ((editor, Role.EDITOR), (reader, Role.READER)):
            assert actor.id
            member = MemberInput(principal_kind=PrincipalKind.PERSON, principal_id=actor.id, role=role)
            await spaces.set_member(tx, owner, space.id, member)
        board = await service.create_board(tx, owner, space.id, "Travaux", COLUMNS)
    return World(db, owner, editor, reader, stranger, space.id, board.id)


async def rows_of(world: World, model: Any) -> dict[UUID, Any]:
    """Every row of a table, by id."""
    async with world.db.read() as tx:
        return {row.id: row for row in await tx.all(select(model).order_by(col(model.id)))}
