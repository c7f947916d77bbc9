"""From a board to a blueprint, and from a blueprint to a board.

What is taken is what the actor may read of the board (queries.read_board), and no more. Making is a few statements of
many rows, whatever their number.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlmodel import SQLModel, col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Invalid
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.text import sort_key
from collab.spaces.access import Can, require
from collab.spaces.queries import list_members_among
from directory.units.models import Unit
from projects.boards import queries
from projects.boards.blueprints import (
    MOST_CARDS,
    Blueprint,
    CardPlan,
    ColumnPlan,
    FieldPlan,
    LabelPlan,
    ListPlan,
    NamedCard,
    PlacedCard,
    translated,
)
from projects.boards.card_templates import CardTemplate, rows_of_lists, templates_of
from projects.boards.events import CardsMade
from projects.boards.fields import ChoiceInput, FieldInput, rows_of_fields
from projects.boards.kinds import FieldKind
from projects.boards.labels import BoardLabel
from projects.boards.models import CARDS, Board, BoardColumn, Card
from projects.boards.parts import EVENTS, CardChecklist, CardTask
from projects.boards.rules import spread

_NAMES = ("card_assignee", "card_unit", "card_label", "card_value", "card_checklist", "card_task")
_TABLES = {name: SQLModel.metadata.tables[name] for name in _NAMES}


async def take_blueprint(tx: Tx, actor: Actor, board_id: UUID, *, cards: bool, with_people: bool = False) -> Blueprint:
    """A board as a blueprint. `cards`: with them; `with_people`: and with their days, people and services."""
    board = await queries.read_board(tx, actor, board_id)
    fields = [field for field in board["fields"] if not field["archived"]]
    return Blueprint(
        columns=[ColumnPlan(title=one["title"], done=one["done"], wip=one["wip"]) for one in board["columns"]],
        labels=[LabelPlan(key=one["id"], name=one["name"], colour=one["colour"]) for one in board["labels"]],
        fields=[
            FieldPlan(
                key=one["id"],
                title=one["title"],
                kind=one["kind"],
                shown=one["shown"],
                choices=[
                    LabelPlan(key=choice["id"], name=choice["name"], colour=choice["colour"])
                    for choice in one["choices"]
                    if not choice["archived"]
                ],
            )
            for one in fields
        ],
        templates=[
            NamedCard(name=one.name, card=CardPlan.model_validate(one.content))
            for one in await templates_of(tx, board_id)
        ],
        cards=await _take_cards(tx, board, with_people=with_people) if cards else [],
    )


async def _take_cards(tx: Tx, board: Mapping[str, Any], *, with_people: bool) -> list[PlacedCard]:
    seen = [
        (place, card)
        for place, column in enumerate(board["columns"])
        for card in column["cards"]
        if not card["hidden"]  # others would see its copy
    ]
    if len(seen) > MOST_CARDS:
        raise Invalid("boards.too_many_cards", msg("%(most)s cards at most can be taken along.", most=MOST_CARDS))
    ids = [UUID(card["id"]) for _, card in seen]
    texts = dict(await tx.rows(select(col(Card.id), col(Card.description)).where(col(Card.id).in_(ids))))
    lists = await _lists(tx, ids)
    plans = []
    for place, card in seen:
        key = UUID(card["id"])
        plan = PlacedCard(
            column=place,
            title=card["title"],
            description=texts.get(key, ""),
            labels=card["labels"],
            values={field: said if isinstance(said, str) else said["id"] for field, said in card["values"].items()},
            checklists=lists[key],
        )
        if with_people:
            plan.start, plan.due = card["start"], card["due"]
            plan.people = [one["id"] for one in card["assignees"]]
            plan.units = [one["id"] for one in card["units"]]
        plans.append(plan)
    return plans


async def _lists(tx: Tx, ids: Sequence[UUID]) -> Mapping[UUID, list[ListPlan]]:
    rows = await tx.rows(
        select(col(CardChecklist.card_id), col(CardChecklist.id), col(CardChecklist.title), col(CardTask.title))
        .outerjoin(CardTask, col(CardTask.checklist_id) == col(CardChecklist.id))
        .where(col(CardChecklist.card_id).in_(ids))
        .order_by(col(CardChecklist.id), col(CardTask.rank))
    )
    plans: dict[UUID, ListPlan] = {}
    found: dict[UUID, list[ListPlan]] = defaultdict(list)
    for card, key, title, task in rows:
        if key not in plans:
            plans[key] = ListPlan(title=title, tasks=[])
            found[card].append(plans[key])
        if task is not None:
            plans[key].tasks.append(task)
    return found


async def make_board(tx: Tx, actor: Actor, space_id: UUID, title: str, blueprint: Blueprint) -> Board:
    """A new board of a space in which the actor may edit."""
    await require(tx, actor, space_id, Can.EDIT)
    board = Board(id=new_id(), space_id=space_id, title=title, created_at=tx.now, updated_at=tx.now)
    tx.add(board)
    await tx.flush()
    columns = [
        BoardColumn(id=new_id(), board_id=board.id, title=one.title, done=one.done, wip=one.wip, rank=rank)
        for one, rank in zip(blueprint.columns, spread(len(blueprint.columns)), strict=True)
    ]
    tx.add(*columns)
    keys = _labels(tx, board.id, blueprint.labels) | _fields(tx, board.id, blueprint.fields)
    for one in blueprint.templates:
        content = translated(one.card, keys).model_dump()
        tx.add(
            CardTemplate(id=new_id(), board_id=board.id, name=one.name, name_key=sort_key(one.name), content=content)
        )
    await tx.flush()
    if blueprint.cards:
        await _make_cards(tx, actor, board, [column.id for column in columns], blueprint, keys)
    tx.record(actor, "boards.create", space=space_id, subject=board.id, title=title, cards=len(blueprint.cards))
    return board


def _labels(tx: Tx, board_id: UUID, labels: Sequence[LabelPlan]) -> dict[str, str]:
    keys = {}
    for one in labels:
        row = BoardLabel(id=new_id(), board_id=board_id, name=one.name, name_key=sort_key(one.name), colour=one.colour)
        tx.add(row)
        keys[one.key] = str(row.id)
    return keys


def _fields(tx: Tx, board_id: UUID, fields: Sequence[FieldPlan]) -> dict[str, str]:
    inputs = [
        FieldInput(
            title=one.title,
            kind=one.kind,
            shown=one.shown,
            choices=[ChoiceInput.model_validate({"name": each.name, "colour": each.colour}) for each in one.choices],
        )
        for one in fields
    ]
    rows = rows_of_fields(board_id, inputs)
    tx.add(*rows)
    keys = {}
    for one, row in zip(fields, rows, strict=True):
        keys[one.key] = str(row.id)
        keys |= {each.key: choice["id"] for each, choice in zip(one.choices, row.choices, strict=True)}
    return keys


async def _make_cards(
    tx: Tx, actor: Actor, board: Board, columns: Sequence[UUID], blueprint: Blueprint, keys: dict[str, str]
) -> None:
    kinds = {keys[one.key]: one.kind for one in blueprint.fields}
    known = await _known(tx, actor, board.space_id, blueprint, kinds, keys)
    ranks = {place: iter(spread(sum(one.column == place for one in blueprint.cards))) for place in range(len(columns))}
    cards: list[dict[str, Any]] = []
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _TABLES}
    for key, plan in zip(sorted(new_id() for _ in blueprint.cards), blueprint.cards, strict=True):
        lists, tasks = rows_of_lists(key, plan.checklists)
        rows["card_checklist"] += lists
        rows["card_task"] += tasks
        cards.append(_card(tx, board, key, columns[plan.column], next(ranks[plan.column]), plan, len(tasks)))
        said = translated(plan, keys)
        rows["card_label"] += [{"card_id": key, "label_id": UUID(one)} for one in said.labels]
        rows["card_assignee"] += [{"card_id": key, "person_id": UUID(one)} for one in plan.people if one in known]
        rows["card_unit"] += [{"card_id": key, "unit_id": UUID(one)} for one in plan.units if one in known]
        for field, value in said.values.items():
            somebody = kinds[field] is FieldKind.PERSON
            if not somebody or value in known:
                person = UUID(value) if somebody else None
                rows["card_value"].append(
                    {"card_id": key, "field_id": UUID(field), "value": value, "person_id": person}
                )
    await tx.execute(insert(CARDS), cards)
    for name, table in _TABLES.items():
        if rows[name]:
            await tx.execute(insert(table), rows[name])
    events: dict[str, Any] = {"person_id": actor.person_id, "action": "created", "details": {}, "at": tx.now}
    await tx.execute(insert(EVENTS), [{"id": new_id(), "card_id": card["id"], **events} for card in cards])
    tx.emit(CardsMade(cards=[card["id"] for card in cards]))


def _card(tx: Tx, board: Board, key: UUID, column: UUID, rank: str, plan: PlacedCard, tasks: int) -> dict[str, Any]:
    return {
        "id": key,
        "board_id": board.id,
        "column_id": column,
        "rank": rank,
        "rev": 1,
        "title": plan.title,
        "description": plan.description,
        "start": date.fromisoformat(plan.start) if plan.start else None,
        "due": date.fromisoformat(plan.due) if plan.due else None,
        "tasks": tasks,
        "tasks_done": 0,
        "comments": 0,
        "archived": False,
        "created_at": tx.now,
        "updated_at": tx.now,
    }


async def _known(
    tx: Tx, actor: Actor, space_id: UUID, blueprint: Blueprint, kinds: Mapping[str, FieldKind], keys: Mapping[str, str]
) -> set[str]:
    """Which people and services of the cards are still there: members of the space, services that are active."""
    people = {UUID(one) for plan in blueprint.cards for one in plan.people}
    people |= {
        UUID(value)
        for plan in blueprint.cards
        for field, value in plan.values.items()
        if field in keys and kinds[keys[field]] is FieldKind.PERSON
    }
    units = {UUID(one) for plan in blueprint.cards for one in plan.units}
    members = await list_members_among(tx, actor, space_id, people) if people else ()
    active = await tx.all(select(col(Unit.id)).where(col(Unit.id).in_(units), col(Unit.active))) if units else ()
    return {str(one) for one in (*members, *active)}
