"""Templates of cards: what a board's editors begin new cards with. Each is made from a card and filled in by cards.py.

A template keeps the ids of labels, fields and choices: what the board has lost meanwhile is left out of the card.
"""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from annotated_types import MaxLen
from pydantic import BaseModel
from sqlalchemy import JSON, insert, select
from sqlmodel import Field, SQLModel, UniqueConstraint, col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, Invalid, NotFound
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.models import Record
from collab.core.text import Input, Title, sort_key
from collab.core.topics import raise_rev
from collab.spaces.access import Can
from projects.boards import access, full, queries
from projects.boards.access import BoardPlace, CardPlace
from projects.boards.blueprints import CardPlan, ListPlan
from projects.boards.contents import write_marks
from projects.boards.events import topic_of
from projects.boards.fields import fields_of
from projects.boards.labels import labels_of
from projects.boards.models import PersonView
from projects.boards.roles import BoardRole
from projects.boards.rules import spread
from projects.boards.values import write_values

MAX_TEMPLATES = 50
_LISTS, _TASKS = (SQLModel.metadata.tables[name] for name in ("card_checklist", "card_task"))


class CardTemplate(Record, table=True):
    """A template of a board's cards. `content`: a CardPlan whose keys are ids; `name_key`: equal for equal names."""

    __tablename__ = "card_template"
    __table_args__ = (UniqueConstraint("board_id", "name_key"),)

    board_id: UUID = Field(foreign_key="board.id", ondelete="CASCADE")
    name: str = Field(max_length=100)
    name_key: str = Field(max_length=200)
    content: dict[str, Any] = Field(sa_type=JSON)


TemplateName = Annotated[Title, MaxLen(100)]


class CardTemplateInput(Input):
    """A new template, made from a card of the board; one of that name is written anew."""

    name: TemplateName
    card: UUID


class CardTemplateChange(Input):
    """Another name."""

    name: TemplateName


class CardTemplateView(BaseModel):
    """A template as the board's editors see it. `title`: what its cards are called at first."""

    id: UUID
    name: str
    title: str
    description: str
    checklists: list[str]


async def templates_of(tx: Tx, board_id: UUID) -> Sequence[CardTemplate]:
    """The templates of a board that the caller has found through access, by name."""
    found: Sequence[CardTemplate] = await tx.all(select(CardTemplate).where(col(CardTemplate.board_id) == board_id))
    return sorted(found, key=lambda one: (one.name_key, one.id))


async def list_card_templates(tx: Tx, actor: Actor, board_id: UUID) -> list[CardTemplateView]:
    """The templates of a board's cards, by name."""
    place = await access.find_board(tx, actor, board_id, Can.READ)
    if place.role is BoardRole.OWN:
        raise Denied()
    return [_view(one) for one in await templates_of(tx, board_id)]


def _view(one: CardTemplate) -> CardTemplateView:
    plan = CardPlan.model_validate(one.content)
    lists = [each.title for each in plan.checklists]
    return CardTemplateView(id=one.id, name=one.name, title=plan.title, description=plan.description, checklists=lists)


async def save_card_template(tx: Tx, actor: Actor, board_id: UUID, data: CardTemplateInput) -> CardTemplateView:
    """Make a template of a card of the board, or write the one of that name anew."""
    place = await access.find_board(tx, actor, board_id, Can.EDIT)
    await raise_rev(tx, topic_of(board_id))
    card = await queries.read_card(tx, actor, data.card)
    if card.board != board_id:
        raise NotFound()
    if card.hidden:
        text = msg("A hidden card cannot be a template: everybody who writes on the board would read it.")
        raise Conflict("boards.hidden_template", text)
    lists = await full.checklists_of(tx, card.id)
    plan = CardPlan(
        title=card.title,
        description=card.description,
        labels=[str(label) for label in card.labels],
        values={str(key): plain(value) for key, value in card.values.items()},
        checklists=[ListPlan(title=one.title, tasks=[task.title for task in one.tasks]) for one in lists],
    )
    known = await templates_of(tx, board_id)
    same = next((one for one in known if one.name_key == sort_key(data.name)), None)
    if same is None:
        if len(known) >= MAX_TEMPLATES:
            most = msg("A board has %(most)s templates of cards at most.", most=MAX_TEMPLATES)
            raise Invalid("boards.too_many_templates", most)
        same = CardTemplate(id=new_id(), board_id=board_id, name=data.name, name_key=sort_key(data.name), content={})
        tx.add(same)
    same.name, same.content = data.name, plan.model_dump()
    tx.record(actor, "boards.card_template_save", space=place.space, subject=board_id, name=data.name)
    return _view(same)


def plain(value: str | PersonView) -> str:
    """A value as it is kept: somebody by their id."""
    return value if isinstance(value, str) else str(value.id)


async def rename_card_template(tx: Tx, actor: Actor, template_id: UUID, change: CardTemplateChange) -> CardTemplateView:
    """Give a template another name. Raises Conflict when the board has one of it."""
    place, found = await _take(tx, actor, template_id)
    key = sort_key(change.name)
    if any(one.name_key == key and one.id != template_id for one in await templates_of(tx, found.board_id)):
        raise Conflict("boards.template_taken", msg("This board already has a template of that name."))
    tx.record(actor, "boards.card_template_rename", space=place.space, subject=place.board, name=change.name)
    found.name, found.name_key = change.name, key
    return _view(found)


async def remove_card_template(tx: Tx, actor: Actor, template_id: UUID) -> None:
    """Forget a template; the cards that were made from it stay as they are."""
    place, found = await _take(tx, actor, template_id)
    tx.record(actor, "boards.card_template_remove", space=place.space, subject=place.board, name=found.name)
    await tx.delete(found)


async def _take(tx: Tx, actor: Actor, template_id: UUID) -> tuple[BoardPlace, CardTemplate]:
    decided(f"board:{Can.EDIT}")
    board_id: UUID | None = await tx.one(select(col(CardTemplate.board_id)).where(col(CardTemplate.id) == template_id))
    if board_id is None:
        raise NotFound()
    place = await access.find_board(tx, actor, board_id, Can.EDIT)
    await raise_rev(tx, topic_of(board_id))
    found = await tx.lock(CardTemplate, template_id)
    if found is None:
        raise NotFound()
    return place, found


async def find_plan(tx: Tx, board_id: UUID, template_id: UUID) -> CardPlan:
    """What a template of this board, which the caller has found through access, fills a card with."""
    found = await tx.get(CardTemplate, template_id)
    if found is None or found.board_id != board_id:
        raise Invalid("boards.no_such_template", errors={"template": msg("This template is not on this board.")})
    return CardPlan.model_validate(found.content)


async def fill_card(tx: Tx, actor: Actor, place: CardPlace, plan: CardPlan) -> None:
    """Hang on a new card what its template has besides the description."""
    labels = {str(label.id): label.id for label in await labels_of(tx, place.board)}
    fields = {str(field.id): field for field in await fields_of(tx, place.board) if not field.archived}
    wanted = {labels[key] for key in plan.labels if key in labels}
    if wanted:
        await write_marks(tx, actor, place, "labels", wanted, plan.title)
    kept = {fields[key].id: value for key, value in plan.values.items() if key in fields}
    if kept:
        await _say(tx, actor, place, kept)
    lists, tasks = rows_of_lists(place.card, plan.checklists)
    if lists:
        await tx.execute(insert(_LISTS), lists)
    if tasks:
        await tx.execute(insert(_TASKS), tasks)


async def _say(tx: Tx, actor: Actor, place: CardPlace, kept: dict[UUID, str]) -> None:
    """Fill the fields; somebody who has left the space is left out."""
    try:
        await write_values(tx, actor, place, kept)
    except Invalid as error:
        bad = {key for key in kept if f"values.{key}" in error.errors}
        await write_values(tx, actor, place, {key: value for key, value in kept.items() if key not in bad})


def rows_of_lists(card_id: UUID, plans: Sequence[ListPlan]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Checklists of a new card and their tasks, as rows."""
    lists, tasks = [], []
    for plan, key in zip(plans, sorted(new_id() for _ in plans), strict=True):
        lists.append({"id": key, "card_id": card_id, "title": plan.title})
        tasks += [
            {
                "id": new_id(),
                "checklist_id": key,
                "rank": rank,
                "title": title,
                "done": False,
                "person_id": None,
                "due": None,
            }
            for title, rank in zip(plan.tasks, spread(len(plan.tasks)), strict=True)
        ]
    return lists, tasks
