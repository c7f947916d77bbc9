"""Views: what somebody looks at of a board, kept under a name, for themselves or for everybody who reads the board.

A view is the query of the board's address (`view=table&person=me`): the page reads it, and ignores what it does not
know.
"""

from typing import Annotated
from uuid import UUID

from annotated_types import MaxLen
from pydantic import BaseModel, StrictBool, StringConstraints
from sqlalchemy import func, or_, select
from sqlmodel import Field, col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Denied, Invalid, NotFound
from collab.core.i18n import msg
from collab.core.models import Record
from collab.core.text import Input, Title
from collab.spaces.access import Can
from projects.boards import access
from projects.boards.roles import BoardRole

MAX_VIEWS = 50


class BoardSavedView(Record, table=True):
    """A view of a board that somebody keeps."""

    __tablename__ = "board_view"

    board_id: UUID = Field(foreign_key="board.id", ondelete="CASCADE", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    title: str = Field(max_length=60)
    query: str = Field(max_length=1000)
    shared: bool = Field(default=False)


class ViewInput(Input):
    """A view to keep. `query`: that of the board's address. `shared`: for everybody who reads the board."""

    title: Annotated[Title, MaxLen(60)]
    query: Annotated[str, StringConstraints(max_length=1000, pattern=r"^[A-Za-z0-9_.~%=&+*-]*$")]
    shared: StrictBool = False


class SavedView(BaseModel):
    """A view as one sees it. `mine`: one made it."""

    id: UUID
    title: str
    query: str
    shared: bool
    mine: bool


async def list_views(tx: Tx, actor: Actor, board_id: UUID) -> list[SavedView]:
    """One's own views of a board and those that are shared with all who see it whole, by title."""
    place = await access.find_board(tx, actor, board_id, Can.READ)
    own = col(BoardSavedView.person_id) == actor.person_id
    statement = select(BoardSavedView).where(col(BoardSavedView.board_id) == board_id)
    statement = statement.where(own if place.role is BoardRole.OWN else or_(own, col(BoardSavedView.shared)))
    views = await tx.all(statement.order_by(col(BoardSavedView.title), col(BoardSavedView.id)))
    return [_shown(view, actor) for view in views]


async def save_view(tx: Tx, actor: Actor, board_id: UUID, data: ViewInput) -> SavedView:
    """Keep a view; only who may edit the board shares one."""
    await access.find_board(tx, actor, board_id, Can.EDIT if data.shared else Can.READ, archived=True)
    person = _writer(actor)
    own = (col(BoardSavedView.board_id) == board_id, col(BoardSavedView.person_id) == person)
    if (await tx.one(select(func.count()).where(*own))) >= MAX_VIEWS:
        raise Invalid("boards.too_many_views", msg("One keeps %(most)s views of a board at most.", most=MAX_VIEWS))
    view = BoardSavedView(board_id=board_id, person_id=person, **data.model_dump())
    tx.add(view)
    return _shown(view, actor)


async def remove_view(tx: Tx, actor: Actor, view_id: UUID) -> None:
    """Forget a view: one's own, or a shared one as an owner of the space."""
    decided("board_view:remove")
    view = await tx.get(BoardSavedView, view_id)
    if view is None or (view.person_id != actor.person_id and not view.shared):
        raise NotFound()
    can = Can.READ if view.person_id == actor.person_id else Can.MANAGE
    await access.find_board(tx, actor, view.board_id, can, archived=True)
    _writer(actor)
    await tx.delete(view)


def _writer(actor: Actor) -> UUID:
    if actor.person_id is None or (actor.scopes is not None and "write" not in actor.scopes):
        raise Denied("token_scope")
    return actor.person_id


def _shown(view: BoardSavedView, actor: Actor) -> SavedView:
    return SavedView(
        id=view.id, title=view.title, query=view.query, shared=view.shared, mine=view.person_id == actor.person_id
    )
