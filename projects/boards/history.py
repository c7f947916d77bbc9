"""The history of each card: who did what to it, and when. Written in the transaction of the change itself."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, union_all
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.ids import new_id
from collab.spaces.access import Can
from directory.people.models import Person
from projects.boards import access
from projects.boards.models import Board, BoardColumn
from projects.boards.parts import EVENTS, CardEvent, HistoryEntry
from projects.boards.seeing import readable_boards

PAGE = 50
_NOTING = insert(EVENTS)


async def note(tx: Tx, actor: Actor, card_id: UUID, action: str, **details: Any) -> None:
    """Keep that the actor did this. `details`: JSON values; columns and boards (`from_column`, `to_board`…) by id."""
    row = {"id": new_id(), "card_id": card_id, "person_id": actor.person_id, "action": action}
    await tx.execute(_NOTING, {**row, "details": details, "at": tx.now})


async def page_history(
    tx: Tx, actor: Actor, card_id: UUID, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[list[HistoryEntry], UUID | None]:
    """What was done to a card, newest first, and the id to go on `after`."""
    await access.find_card(tx, actor, card_id, Can.READ, removed=True)
    key = col(CardEvent.id)
    statement = select(CardEvent, col(Person.display_name)).where(col(CardEvent.card_id) == card_id)
    statement = statement.outerjoin(Person, col(Person.id) == col(CardEvent.person_id))
    if after is not None:
        statement = statement.where(key < after)
    found = (await tx.rows(statement.order_by(key.desc()).limit(limit + 1)))[: limit + 1]
    names = await _names(tx, actor, [event for event, _ in found])
    entries = [
        HistoryEntry(
            id=event.id,
            at=event.at,
            person=name or "",
            action=event.action,
            details={
                key: names.get(value, "") if key in _COLUMNS + _BOARDS else value
                for key, value in event.details.items()
            },
        )
        for event, name in found[:limit]
    ]
    return entries, entries[-1].id if len(found) > limit else None


_COLUMNS = ("from_column", "to_column")
_BOARDS = ("from_board", "to_board")
_NAMED = (*_COLUMNS, *_BOARDS)


async def _names(tx: Tx, actor: Actor, events: Sequence[CardEvent]) -> dict[str, str]:
    """The titles of the columns and boards that these speak of, by id as text, where the actor may read the board."""
    columns = {UUID(event.details[key]) for event in events for key in _COLUMNS if key in event.details}
    boards = {UUID(event.details[key]) for event in events for key in _BOARDS if key in event.details}
    if not columns and not boards:
        return {}
    readable = readable_boards(actor)
    column, board = (col(BoardColumn.id), col(BoardColumn.title)), (col(Board.id), col(Board.title))
    rows = await tx.rows(
        union_all(
            select(*column).where(column[0].in_(columns), col(BoardColumn.board_id).in_(readable)),
            select(*board).where(board[0].in_(boards), board[0].in_(readable)),
        )
    )
    return {str(key): title for key, title in rows}
