"""Boards made from others: templates that a space keeps, ready-made ones, copies. All go through a blueprint.

A template holds columns, labels, fields and templates of cards, and the cards where that was asked for: what they say,
without days and people. A copy takes those along too. Comments, files, dependencies and history stay where they are.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, StrictBool
from sqlalchemy import JSON, func, select
from sqlmodel import Field, col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Invalid, NotFound
from collab.core.i18n import Message, msg
from collab.core.ids import new_id
from collab.core.models import Record, utc_field
from collab.core.text import Input, Title
from collab.spaces.access import Can, get_space, readable_spaces, require
from collab.spaces.models import Space
from projects.boards import access
from projects.boards.blueprints import Blueprint
from projects.boards.copying import make_board, take_blueprint
from projects.boards.models import Board
from projects.boards.ready_made import ready_made
from projects.boards.rules import FIRST_COLUMNS
from projects.boards.service import create_board

MAX_TEMPLATES = 200
MOST_LISTED = 500
NOT_THERE = msg("This template is not there any more.")


class BoardTemplate(Record, table=True):
    """A template of boards that a space keeps. `content`: a Blueprint; `cards`: how many it holds."""

    __tablename__ = "board_template"

    space_id: UUID = Field(foreign_key="space.id", ondelete="CASCADE", index=True)
    title: str = Field(max_length=200)
    cards: int = Field(default=0)
    content: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = utc_field()


class BoardTemplateInput(Input):
    """A board to be kept as a template of its space. `cards`: with its cards."""

    title: Title
    cards: StrictBool = False


class BoardCopyInput(Input):
    """A board to be made like another. `space`: where, or in the same one; `cards`: with its cards."""

    title: Title
    space: UUID | None = None
    cards: StrictBool = False


class BoardTemplateView(BaseModel):
    """A template of boards. `cards`: how many it holds."""

    id: UUID
    space: UUID
    space_title: str
    title: str
    cards: int


async def list_board_templates(tx: Tx, actor: Actor, space_id: UUID | None = None) -> list[BoardTemplateView]:
    """The templates of a space, or of all the actor's spaces, by title."""
    if space_id is not None:
        await require(tx, actor, space_id, Can.READ)
    spaces = [space_id] if space_id is not None else readable_spaces(actor)
    columns: Sequence[Any] = [getattr(BoardTemplate, name) for name in ("id", "space_id", "title", "cards")]
    statement = select(*columns, col(Space.title).label("space_title")).join(
        Space, col(Space.id) == col(BoardTemplate.space_id)
    )
    statement = statement.where(col(BoardTemplate.space_id).in_(spaces))
    rows = await tx.rows(statement.order_by(col(BoardTemplate.title), col(BoardTemplate.id)).limit(MOST_LISTED))
    return [
        BoardTemplateView(id=row.id, space=row.space_id, space_title=row.space_title, title=row.title, cards=row.cards)
        for row in rows
    ]


async def save_board_template(tx: Tx, actor: Actor, board_id: UUID, data: BoardTemplateInput) -> BoardTemplateView:
    """Keep a board as a template of its space."""
    place = await access.find_board(tx, actor, board_id, Can.EDIT, archived=True)
    if (await tx.one(select(func.count()).where(col(BoardTemplate.space_id) == place.space))) >= MAX_TEMPLATES:
        most = msg("A space keeps %(most)s templates of boards at most.", most=MAX_TEMPLATES)
        raise Invalid("boards.too_many_templates", most)
    blueprint = await take_blueprint(tx, actor, board_id, cards=data.cards)
    made = BoardTemplate(
        id=new_id(),
        space_id=place.space,
        title=data.title,
        cards=len(blueprint.cards),
        content=blueprint.model_dump(mode="json"),
        created_at=tx.now,
    )
    tx.add(made)
    tx.record(actor, "boards.template_save", space=place.space, subject=board_id, title=data.title, cards=made.cards)
    space = await get_space(tx, actor, place.space, Can.READ)
    return BoardTemplateView(id=made.id, space=place.space, space_title=space.title, title=made.title, cards=made.cards)


async def remove_board_template(tx: Tx, actor: Actor, template_id: UUID) -> None:
    """Forget a template; the boards that were made from it stay."""
    found = await _find(tx, actor, template_id, Can.EDIT)
    tx.record(actor, "boards.template_remove", space=found.space_id, subject=found.id, title=found.title)
    await tx.delete(found)


async def _find(tx: Tx, actor: Actor, template_id: UUID, can: Can) -> BoardTemplate:
    decided(f"board_template:{can}")
    found = await tx.get(BoardTemplate, template_id)
    if found is None:
        raise NotFound()
    await require(tx, actor, found.space_id, can)
    return found


async def begin_board(
    tx: Tx, actor: Actor, space_id: UUID, title: str, template: str, render: Callable[[Message], str]
) -> Board:
    """A new board in the words of whoever makes it: from a template, or with the first columns."""
    if template:
        return await create_from_template(tx, actor, space_id, title, template, render)
    columns = [(render(name), done) for name, done in FIRST_COLUMNS]
    return await create_board(tx, actor, space_id, title, columns)


async def create_from_template(
    tx: Tx, actor: Actor, space_id: UUID, title: str, template: str, render: Callable[[Message], str]
) -> Board:
    """A new board from a template: by id, one of whatever space the actor reads; by name, one that is ready-made."""
    await require(tx, actor, space_id, Can.EDIT)
    made = ready_made(render)
    if template in made:
        return await make_board(tx, actor, space_id, title, made[template].blueprint)
    try:
        found = await _find(tx, actor, UUID(template), Can.READ)
    except (ValueError, NotFound):
        raise Invalid("boards.no_such_template", errors={"template": NOT_THERE}) from None
    return await make_board(tx, actor, space_id, title, Blueprint.model_validate(found.content))


async def copy_board(tx: Tx, actor: Actor, board_id: UUID, data: BoardCopyInput) -> Board:
    """A new board like another, in its space or in another one that the actor may edit."""
    place = await access.find_board(tx, actor, board_id, Can.READ)
    space = data.space or place.space
    await require(tx, actor, space, Can.EDIT)
    blueprint = await take_blueprint(tx, actor, board_id, cards=data.cards, with_people=True)
    return await make_board(tx, actor, space, data.title, blueprint)
