"""Puts the cards of an import onto its board, some at a time: the job behind service.start_import.

Each lot is one transaction that also says how far it is, so that a process that dies is followed by one that goes on
where it stopped. A lot raises the board's rev and announces nothing: who looks at the board then asks for it anew.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlmodel import SQLModel, col

from collab.core.access import Actor, ActorKind
from collab.core.database import Database, Tx
from collab.core.errors import Invalid
from collab.core.ids import new_id
from collab.core.jobs import Job
from collab.core.topics import raise_rev
from collab.spaces.queries import people_of
from projects.boards.events import topic_of
from projects.boards.models import CARDS, Board, FieldView
from projects.boards.parts import EVENTS
from projects.boards.rules import rank_between, spread
from projects.exchange.apart import read_apart
from projects.exchange.events import CardsImported
from projects.exchange.fields import fields_made, rows_of_values
from projects.exchange.matching import match_people
from projects.exchange.models import BoardImport, State
from projects.exchange.reading import Wanted
from projects.exchange.service import units_by_name

LOT = 200
_TABLES = {
    name: SQLModel.metadata.tables[name]
    for name in (
        "card_assignee",
        "card_unit",
        "card_member",
        "card_label",
        "card_value",
        "card_checklist",
        "card_task",
        "card_comment",
    )
}
_BLOCKERS = SQLModel.metadata.tables["card_blocker"]


@dataclass(frozen=True, slots=True)
class Import:
    """What every lot needs: whose import, onto which board, and what the names of the file are there."""

    id: UUID
    person: UUID
    board: UUID
    columns: Sequence[UUID]
    labels: Mapping[str, UUID]
    people: Mapping[str, UUID]
    units: Mapping[str, UUID]
    fields: Mapping[str, FieldView]


class _Stopped(Exception):
    """The import cannot go on; the text is its failure."""


async def write_import(db: Database, job: Job) -> None:
    """Write what is not written yet."""
    async with db.read() as tx:
        row = await tx.get(BoardImport, UUID(job.payload["import"]))
        if row is None or row.state != State.RUNNING or row.board_id is None:
            return
        members = await people_of(tx, row.space_id)
        people = {key: person.id for key, person in match_people(row.about["people"], members).items()}
        plan = Import(
            row.id,
            row.person_id,
            row.board_id,
            [UUID(one) for one in row.made["columns"]],
            {name: UUID(one) for name, one in row.made["labels"].items()},
            people,
            await units_by_name(tx, row.about["units"]),
            await fields_made(tx, row.made.get("fields", [])),
        )
    try:
        if row.person_id not in {person.id for person in members}:
            raise _Stopped("left")
        async with read_apart(row.raw, Wanted(**row.wanted), cards=True) as (_, cards):
            waits = await _write_all(db, plan, row.done, cards)
        await _finish(db, plan, waits)
    except Invalid:
        await _fail(db, plan, "unreadable")
    except _Stopped as stop:
        await _fail(db, plan, str(stop))


async def _write_all(
    db: Database, plan: Import, done: int, cards: AsyncIterator[dict[str, Any]]
) -> list[tuple[str, list[str]]]:
    """Gives what waits for what, by the keys of the file."""
    waits: list[tuple[str, list[str]]] = []
    lot: list[dict[str, Any]] = []
    number = 0
    async for card in cards:
        if card["waits_for"]:
            waits.append((card["key"], card["waits_for"]))
        number += 1
        if number > done:
            lot.append(card)
        if len(lot) == LOT:
            await _write_lot(db, plan, lot)
            lot = []
    if lot:
        await _write_lot(db, plan, lot)
    return waits


async def _write_lot(db: Database, plan: Import, lot: Sequence[dict[str, Any]]) -> None:
    async with db.write() as tx:
        await raise_rev(tx, topic_of(plan.board))
        row = await _going_on(tx, plan)
        live = (CARDS.c.board_id == plan.board, CARDS.c.removed_at.is_(None))
        last: dict[UUID, str] = dict(
            await tx.rows(select(CARDS.c.column_id, func.max(CARDS.c.rank)).where(*live).group_by(CARDS.c.column_id))
        )
        rows: dict[str, list[dict[str, Any]]] = {name: [] for name in _TABLES}
        cards, events, made = [], [], dict(row.made["cards"])
        for card in lot:
            column = plan.columns[card["column"]]
            last[column] = rank_between(last.get(column), None)
            key = new_id()
            cards.append(_card(tx, plan, card, key, column, last[column]))
            _parts(tx, plan, card, key, rows)
            events.append(
                {
                    "id": new_id(),
                    "card_id": key,
                    "person_id": plan.person,
                    "action": "imported",
                    "details": {},
                    "at": tx.now,
                }
            )
            if card["key"]:
                made[card["key"]] = str(key)
        await tx.execute(insert(CARDS), cards)
        for name, table in _TABLES.items():
            if rows[name]:
                await tx.execute(insert(table), rows[name])
        await tx.execute(insert(EVENTS), events)
        row.made = {**row.made, "cards": made}
        row.done += len(lot)
        tx.emit(CardsImported(cards=[card["id"] for card in cards]))


def _card(tx: Tx, plan: Import, card: Mapping[str, Any], key: UUID, column: UUID, rank: str) -> dict[str, Any]:
    tasks = [task for one in card["checklists"] for task in one["tasks"]]
    return {
        "id": key,
        "board_id": plan.board,
        "column_id": column,
        "rank": rank,
        "rev": 1,
        "title": card["title"],
        "description": card["description"],
        "start": _day(card["start"]),
        "due": _day(card["due"]),
        "tasks": len(tasks),
        "tasks_done": sum(task["done"] for task in tasks),
        "comments": len(card["comments"]),
        "archived": card["archived"],
        "hidden": card["hidden"],
        "removed_at": tx.now if card["archived"] else None,
        "created_at": tx.now,
        "updated_at": tx.now,
    }


def _parts(tx: Tx, plan: Import, card: Mapping[str, Any], key: UUID, rows: dict[str, list[dict[str, Any]]]) -> None:
    """What hangs on the card, as rows."""

    def linked(names: Sequence[str], known: Mapping[str, UUID], target: str) -> list[dict[str, Any]]:
        ids = dict.fromkeys(known[name] for name in names if name in known)
        return [{"card_id": key, target: one} for one in ids]

    rows["card_assignee"] += linked(card["people"], plan.people, "person_id")
    rows["card_unit"] += linked(card["units"], plan.units, "unit_id")
    members = [
        *linked(card["members"], plan.people, "principal_id"),
        *linked(card["member_units"], plan.units, "principal_id"),
    ]
    if card["hidden"] and plan.person not in [member["principal_id"] for member in members]:
        members.append({"card_id": key, "principal_id": plan.person})  # who brings it here does see it
    rows["card_member"] += members
    rows["card_label"] += linked(card["labels"], plan.labels, "label_id")
    rows["card_value"] += rows_of_values(key, card.get("values", {}), plan.fields, plan.people)
    for one, list_id in zip(card["checklists"], _ids(card["checklists"]), strict=True):
        rows["card_checklist"].append({"id": list_id, "card_id": key, "title": one["title"]})
        rows["card_task"] += [
            {
                "id": new_id(),
                "checklist_id": list_id,
                "rank": rank,
                "title": task["title"],
                "done": task["done"],
                "person_id": plan.people.get(task["person"]),
                "due": _day(task["due"]),
            }
            for task, rank in zip(one["tasks"], spread(len(one["tasks"])), strict=True)
        ]
    for remark, comment_id in zip(card["comments"], _ids(card["comments"]), strict=True):
        at = _moment(remark["at"]) or tx.now
        rows["card_comment"].append(
            {
                "id": comment_id,
                "rev": 1,
                "card_id": key,
                # Who brought it here answers for it; whose it was is told beside it.
                "person_id": plan.person,
                "author": remark["author"] or None,
                "text": remark["text"],
                "created_at": at,
                "updated_at": at,
            }
        )


def _ids(things: Sequence[Any]) -> list[UUID]:
    """Ids in the order of the things: what is made within a millisecond has none by itself."""
    return sorted(new_id() for _ in things)


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


async def _finish(db: Database, plan: Import, waits: Sequence[tuple[str, list[str]]]) -> None:
    async with db.write() as tx:
        await raise_rev(tx, topic_of(plan.board))
        row = await _going_on(tx, plan)
        made = row.made["cards"]
        rows = [
            {"card_id": UUID(made[key]), "blocker_id": UUID(made[other])}
            for key, others in _without_circles(waits).items()
            for other in others
            if key in made and other in made
        ]
        if rows:
            await tx.execute(insert(_BLOCKERS), rows)
        row.state, row.raw, row.made = State.DONE.value, b"", {}
        actor = Actor(ActorKind.PERSON, plan.person)
        tx.record(actor, "boards.imported", space=row.space_id, subject=plan.board, title=row.title, cards=row.done)


def _without_circles(waits: Sequence[tuple[str, list[str]]]) -> dict[str, list[str]]:
    """The dependencies that close no circle, taken in their order: a file may have been written by hand."""
    taken: dict[str, list[str]] = {}
    for key, others in waits:
        for other in others:
            if not _reaches(taken, other, key):
                taken.setdefault(key, []).append(other)
    return taken


def _reaches(taken: Mapping[str, Sequence[str]], start: str, end: str) -> bool:
    seen, open_ = {start}, [start]
    while open_:
        here = open_.pop()
        if here == end:
            return True
        new = [one for one in taken.get(here, ()) if one not in seen]
        seen.update(new)
        open_ += new
    return False


async def _going_on(tx: Tx, plan: Import) -> BoardImport:
    """The import's row, locked. Raises _Stopped when the board cannot take more."""
    row = await tx.lock(BoardImport, plan.id)
    if row is None or row.state != State.RUNNING:
        raise _Stopped("gone")
    archived = await tx.one(select(col(Board.archived_at)).where(col(Board.id) == plan.board))
    if archived is not None:
        raise _Stopped("archived")
    return row


async def _fail(db: Database, plan: Import, failure: str) -> None:
    async with db.write() as tx:
        row = await tx.lock(BoardImport, plan.id)
        if row is not None and row.state == State.RUNNING:
            row.state, row.failure, row.raw, row.made = State.FAILED.value, failure, b"", {}
