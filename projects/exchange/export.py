"""A board as it leaves: the whole of it, in the format that own.py reads, and as the rows of a table.

What was removed stays where it is; what is archived goes along. Files go by their names, to those who may read them.
Composing is left to a thread: ten thousand cards take longer than others should wait.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.text import sort_key
from collab.files.access import list_readable
from collab.spaces.access import Can
from directory.people.models import Person
from directory.units.models import Unit
from projects.boards import access
from projects.boards.fields import fields_of
from projects.boards.labels import BoardLabel, CardLabel, labels_of
from projects.boards.models import (
    Board,
    BoardColumn,
    Card,
    CardAssignee,
    CardMember,
    CardUnit,
    FieldView,
    LabelView,
)
from projects.boards.parts import (
    CardBlocker,
    CardChecklist,
    CardComment,
    CardEvent,
    CardFile,
    CardReaction,
    CardTask,
)
from projects.boards.seeing import seen_by
from projects.exchange.fields import composed, values_of, words_of
from projects.exchange.own import FORMAT, VERSION


class Form(StrEnum):
    """The forms in which a board leaves."""

    JSON = "json"
    CSV = "csv"
    ODS = "ods"
    PRINT = "print"


@dataclass(slots=True)
class Whole:
    """The rows of a board. What hangs on cards is by their ids; `people` by theirs: login and name."""

    board: Board
    columns: Sequence[BoardColumn]
    cards: Sequence[Card]
    labels: Sequence[LabelView]
    people: dict[UUID, tuple[str, str]]
    assignees: dict[UUID, list[UUID]]
    units: dict[UUID, list[str]]
    fields: Sequence[FieldView]
    values: dict[UUID, dict[UUID, tuple[str, UUID | None]]]
    named: dict[UUID, list[str]]
    members: dict[UUID, list[UUID]]
    member_units: dict[UUID, list[str]]
    blockers: dict[UUID, list[UUID]]
    files: dict[UUID, list[str]]
    checklists: dict[UUID, list[CardChecklist]]
    tasks: dict[UUID, list[CardTask]]
    comments: dict[UUID, list[CardComment]]
    reactions: dict[UUID, list[CardReaction]]
    events: dict[UUID, list[CardEvent]]


async def record_export(tx: Tx, actor: Actor, board_id: UUID, form: Form) -> None:
    """Write into the journal that the actor takes a board along. Raises what access does."""
    place = await access.find_board(tx, actor, board_id, Can.READ)
    board = await tx.get(Board, board_id)
    assert board is not None
    tx.record(actor, "boards.export", space=place.space, subject=board_id, title=board.title, form=form.value)


async def gather(tx: Tx, actor: Actor, board_id: UUID) -> Whole:
    """All of a board that the actor may read, in its order."""
    board = await access.get_board(tx, actor, board_id, Can.READ)
    stays = col(BoardColumn.removed_at).is_(None) | col(BoardColumn.archived)
    columns = await tx.all(
        select(BoardColumn).where(col(BoardColumn.board_id) == board_id, stays).order_by(col(BoardColumn.rank))
    )
    places = {column.id: place for place, column in enumerate(columns)}
    here = (
        col(Card.board_id) == board_id,
        col(Card.column_id).in_(select(col(BoardColumn.id)).where(col(BoardColumn.board_id) == board_id, stays)),
        col(Card.removed_at).is_(None) | col(Card.archived),
        seen_by(actor),
    )
    cards = await tx.all(select(Card).where(*here).order_by(col(Card.rank)))
    cards = sorted(cards, key=lambda card: places[card.column_id])
    ids = select(col(Card.id)).where(*here)
    checklists = await tx.all(
        select(CardChecklist).where(col(CardChecklist.card_id).in_(ids)).order_by(col(CardChecklist.id))
    )
    lists = select(col(CardChecklist.id)).where(col(CardChecklist.card_id).in_(ids))
    tasks = await tx.all(select(CardTask).where(col(CardTask.checklist_id).in_(lists)).order_by(col(CardTask.rank)))
    comments = await tx.all(
        select(CardComment)
        .where(col(CardComment.card_id).in_(ids))
        .order_by(col(CardComment.created_at), col(CardComment.id))
    )
    said = select(col(CardComment.id)).where(col(CardComment.card_id).in_(ids))
    reactions = await tx.all(select(CardReaction).where(col(CardReaction.comment_id).in_(said)))
    events = await tx.all(select(CardEvent).where(col(CardEvent.card_id).in_(ids)).order_by(col(CardEvent.id)))
    assignees = await tx.rows(
        select(col(CardAssignee.card_id), col(CardAssignee.person_id)).where(col(CardAssignee.card_id).in_(ids))
    )
    blockers = await tx.rows(
        select(col(CardBlocker.card_id), col(CardBlocker.blocker_id))
        .where(col(CardBlocker.card_id).in_(ids), col(CardBlocker.blocker_id).in_(ids))
        .order_by(col(CardBlocker.blocker_id))
    )
    values = await values_of(tx, ids)
    whose = {row[1] for row in assignees} | {task.person_id for task in tasks} | {one.person_id for one in comments}
    whose |= {one.person_id for one in reactions} | {one.person_id for one in events}
    members = await tx.rows(
        select(col(CardMember.card_id), col(CardMember.principal_id))
        .join(Person, col(Person.id) == col(CardMember.principal_id))
        .where(col(CardMember.card_id).in_(ids))
    )
    whose |= {row[1] for row in members}
    whose |= {person for said in values.values() for _, person in said.values()}
    return Whole(
        board=board,
        columns=columns,
        cards=cards,
        labels=await labels_of(tx, board_id),
        people={
            row[0]: (row[1], row[2])
            for row in await tx.rows(
                select(col(Person.id), col(Person.login), col(Person.display_name)).where(col(Person.id).in_(whose))
            )
        },
        assignees=_grouped(assignees),
        fields=await fields_of(tx, board_id),
        values=values,
        units=_grouped(
            await tx.rows(
                select(col(CardUnit.card_id), col(Unit.name))
                .join(Unit, col(Unit.id) == col(CardUnit.unit_id))
                .where(col(CardUnit.card_id).in_(ids))
                .order_by(col(Unit.name))
            )
        ),
        members=_grouped(members),
        member_units=_grouped(
            await tx.rows(
                select(col(CardMember.card_id), col(Unit.name))
                .join(Unit, col(Unit.id) == col(CardMember.principal_id))
                .where(col(CardMember.card_id).in_(ids))
                .order_by(col(Unit.name))
            )
        ),
        named=_grouped(
            await tx.rows(
                select(col(CardLabel.card_id), col(BoardLabel.name))
                .join(BoardLabel, col(BoardLabel.id) == col(CardLabel.label_id))
                .where(col(CardLabel.card_id).in_(ids))
                .order_by(col(BoardLabel.name))
            )
        ),
        blockers=_grouped(blockers),
        files=await _files(tx, actor, ids),
        checklists=_grouped((one.card_id, one) for one in checklists),
        tasks=_grouped((one.checklist_id, one) for one in tasks),
        comments=_grouped((one.card_id, one) for one in comments),
        reactions=_grouped((one.comment_id, one) for one in reactions),
        events=_grouped((one.card_id, one) for one in events),
    )


def _grouped(pairs: Any) -> dict[UUID, list[Any]]:
    groups: dict[UUID, list[Any]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


async def _files(tx: Tx, actor: Actor, ids: Any) -> dict[UUID, list[str]]:
    rows = await tx.rows(select(col(CardFile.card_id), col(CardFile.node_id)).where(col(CardFile.card_id).in_(ids)))
    readable = {node.id: node.name for node in await list_readable(tx, actor, {row[1] for row in rows})} if rows else {}
    return _grouped((card, readable[node]) for card, node in rows if node in readable)


def compose(whole: Whole) -> dict[str, Any]:
    """The board as JSON values; own.py reads them again."""
    places = {column.id: place for place, column in enumerate(whole.columns)}
    titles = {str(column.id): column.title for column in whole.columns}
    keys = {card.id: str(number) for number, card in enumerate(whole.cards, 1)}
    named = {person for people in whole.assignees.values() for person in people}
    named |= {person for people in whole.members.values() for person in people}
    named |= {task.person_id for tasks in whole.tasks.values() for task in tasks if task.person_id}
    named |= {person for said in whole.values.values() for _, person in said.values() if person}
    return {
        "format": FORMAT,
        "version": VERSION,
        "title": whole.board.title,
        "labels": [{"name": label.name, "colour": label.colour.value} for label in whole.labels],
        "fields": [composed(field) for field in whole.fields],
        "people": sorted(
            ({"login": login, "name": name} for key, (login, name) in whole.people.items() if key in named),
            key=lambda one: one["login"],
        ),
        "columns": [
            {"title": one.title, "done": one.done, "wip": one.wip, "archived": one.removed_at is not None}
            for one in whole.columns
        ],
        "cards": [
            {
                "key": keys[card.id],
                "column": places[card.column_id],
                "title": card.title,
                "description": card.description,
                "start": card.start.isoformat() if card.start else None,
                "due": card.due.isoformat() if card.due else None,
                "labels": whole.named.get(card.id, []),
                "people": sorted(_login(whole, one) for one in whole.assignees.get(card.id, [])),
                "values": {field: text for field, text in _said(whole, card.id, 0) if text},
                "units": whole.units.get(card.id, []),
                "hidden": card.hidden,
                "members": sorted(_login(whole, one) for one in whole.members.get(card.id, [])),
                "member_units": whole.member_units.get(card.id, []),
                "checklists": [_checklist(whole, one) for one in whole.checklists.get(card.id, [])],
                "comments": [_comment(whole, one) for one in whole.comments.get(card.id, [])],
                "archived": card.removed_at is not None,
                "waits_for": sorted((keys[one] for one in whole.blockers.get(card.id, [])), key=int),
                "files": whole.files.get(card.id, []),
                "created_at": card.created_at.isoformat(),
                "updated_at": card.updated_at.isoformat(),
                "history": [_event(whole, titles, one) for one in whole.events.get(card.id, [])],
            }
            for card in whole.cards
        ],
    }


def _said(whole: Whole, card: UUID, which: int) -> list[tuple[str, str]]:
    """What a card says in each field, by title; somebody by login (0) or name (1)."""
    said = whole.values.get(card, {})
    return [
        (field.title, words_of(field, said[field.id], whole.people, which) if field.id in said else "")
        for field in whole.fields
    ]


def _login(whole: Whole, person: UUID | None) -> str:
    return whole.people[person][0] if person in whole.people else ""


def _name(whole: Whole, person: UUID | None) -> str:
    return whole.people[person][1] if person in whole.people else ""


def _checklist(whole: Whole, one: CardChecklist) -> dict[str, Any]:
    return {
        "title": one.title,
        "tasks": [
            {
                "title": task.title,
                "done": task.done,
                "person": _login(whole, task.person_id),
                "due": task.due.isoformat() if task.due else None,
            }
            for task in whole.tasks.get(one.id, [])
        ],
    }


def _comment(whole: Whole, one: CardComment) -> dict[str, Any]:
    return {
        "author": one.author or _name(whole, one.person_id),
        "at": one.created_at.isoformat(),
        "text": one.text,
        "reactions": sorted(
            (
                {"sign": given.sign, "person": _name(whole, given.person_id)}
                for given in whole.reactions.get(one.id, [])
            ),
            key=lambda given: (given["sign"], sort_key(given["person"])),
        ),
    }


def _event(whole: Whole, titles: dict[str, str], one: CardEvent) -> dict[str, Any]:
    details = {
        key: titles.get(value, "") if key in ("from_column", "to_column", "from_board", "to_board") else value
        for key, value in one.details.items()
    }
    return {"at": one.at.isoformat(), "person": _name(whole, one.person_id), "action": one.action, "details": details}


def rows_of(whole: Whole, yes: str) -> list[list[str | int]]:
    """A row for each card, as HEADER (web/pages/exchange.py), then the fields. `yes`: said of the archived ones."""
    titles = {column.id: column.title for column in whole.columns}
    gone = {column.id for column in whole.columns if column.removed_at is not None}
    return [
        [
            card.title,
            titles[card.column_id],
            card.description,
            card.start.isoformat() if card.start else "",
            card.due.isoformat() if card.due else "",
            ", ".join(whole.named.get(card.id, [])),
            ", ".join(sorted((_name(whole, one) for one in whole.assignees.get(card.id, [])), key=sort_key)),
            ", ".join(whole.units.get(card.id, [])),
            f"{card.tasks_done}/{card.tasks}" if card.tasks else "",
            card.comments,
            yes if card.removed_at is not None or card.column_id in gone else "",
            *(text for _, text in _said(whole, card.id, 1)),
        ]
        for card in whole.cards
    ]
