"""Favourites: the files and folders that one person keeps within reach. Nobody else's business, so not journalled."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import and_, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Field, SQLModel, col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Denied
from collab.core.models import utc_field
from collab.files.access import get_node
from collab.files.models import Node, NodeView
from collab.files.queries import views_of
from collab.spaces.access import Can, readable_spaces
from collab.spaces.models import Space

PAGE = 100
MOST = 1000


class FileFavourite(SQLModel, table=True):
    """That a person keeps a file or folder within reach."""

    __tablename__ = "file_favourite"

    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    node_id: UUID = Field(primary_key=True, foreign_key="file_node.id", ondelete="CASCADE", index=True)
    made_at: datetime = utc_field()


class FavouriteView(BaseModel):
    """A favourite and where it lies. `personal`: among the files of the person alone, whose space has no title."""

    item: NodeView
    space_title: str
    personal: bool


async def set_favourite(tx: Tx, actor: Actor, node_id: UUID) -> None:
    """Keep it within reach."""
    person = _who(actor)
    await get_node(tx, actor, node_id, Can.READ)
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    values = {"person_id": person, "node_id": node_id, "made_at": tx.now}
    await tx.execute(insert(FileFavourite).values(**values).on_conflict_do_nothing())


async def drop_favourite(tx: Tx, actor: Actor, node_id: UUID) -> None:
    """No longer."""
    person = _who(actor)
    await get_node(tx, actor, node_id, Can.READ)
    await tx.execute(
        delete(FileFavourite).where(col(FileFavourite.person_id) == person, col(FileFavourite.node_id) == node_id)
    )


async def list_favourites(
    tx: Tx, actor: Actor, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[list[FavouriteView], UUID | None]:
    """One's favourites that are still there and still open to one, newest first; and the id to go on `after`."""
    spaces = readable_spaces(actor)  # raises before anything is asked
    if actor.person_id is None:
        return [], None
    when, key, mine = col(FileFavourite.made_at), col(Node.id), col(FileFavourite.person_id) == actor.person_id
    statement = (
        select(Node)
        .join(FileFavourite, col(FileFavourite.node_id) == key)
        .where(mine, col(Node.trash_id).is_(None), col(Node.space_id).in_(spaces))
    )
    since = select(when).where(mine, col(FileFavourite.node_id) == after)
    last: datetime | None = await tx.one(since) if after is not None else None
    if last is not None:
        statement = statement.where(or_(when < last, and_(when == last, key > after)))
    found: Sequence[Node] = await tx.all(statement.order_by(when.desc(), key).limit(limit + 1))
    nodes = found[:limit]
    rows = await tx.rows(
        select(col(Space.id), col(Space.title), col(Space.owner_id)).where(
            col(Space.id).in_({node.space_id for node in nodes})
        )
    )
    titles = {space: (title, owner is not None) for space, title, owner in rows}
    views = [
        FavouriteView(item=view, space_title=titles[view.space][0], personal=titles[view.space][1])
        for view in await views_of(tx, nodes)
    ]
    return views, nodes[-1].id if len(found) > limit else None


async def list_favourite_ids(tx: Tx, actor: Actor, space_id: UUID) -> list[UUID]:
    """Which things of a space are favourites of the actor, MOST at most."""
    if actor.person_id is None:
        return []
    return list(
        await tx.all(
            select(col(FileFavourite.node_id))
            .join(Node, col(Node.id) == col(FileFavourite.node_id))
            .where(col(FileFavourite.person_id) == actor.person_id, col(Node.space_id) == space_id)
            .limit(MOST)
        )
    )


def _who(actor: Actor) -> UUID:
    if actor.person_id is None or (actor.scopes is not None and "write" not in actor.scopes):
        raise Denied()
    return actor.person_id
