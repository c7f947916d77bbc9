"""Who may do what on a board: what their role in its space allows. The only way to a board, a column or a card by id.

Each function gives where the thing lies, which is all that most changes need; `get_board` and `get_card` load it.
"""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.sql import Executable
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, NotFound
from collab.core.i18n import msg
from collab.spaces.access import Can, require
from projects.boards.models import Board, BoardColumn, Card


class BoardPlace(NamedTuple):
    """Where a board lies."""

    board: UUID
    space: UUID


class ColumnPlace(NamedTuple):
    """Where a column lies."""

    board: UUID
    space: UUID
    column: UUID


class CardPlace(NamedTuple):
    """Where a card lies; the column is the one it was in when asked."""

    board: UUID
    space: UUID
    column: UUID
    card: UUID


async def find_board(tx: Tx, actor: Actor, board_id: UUID, can: Can, *, archived: bool = False) -> BoardPlace:
    """A board's place. `archived`: also to change one that is archived, which is a Conflict otherwise."""
    statement = select(col(Board.space_id), col(Board.archived_at)).where(col(Board.id) == board_id)
    row = await _allowed(tx, actor, statement, can, archived=archived)
    return BoardPlace(board_id, row.space_id)


async def find_column(tx: Tx, actor: Actor, column_id: UUID, can: Can, *, removed: bool = False) -> ColumnPlace:
    """A column's place. `removed`: also one that was removed."""
    statement = (
        select(col(Board.id), col(Board.space_id), col(Board.archived_at))
        .join(BoardColumn, col(BoardColumn.board_id) == col(Board.id))
        .where(col(BoardColumn.id) == column_id)
    )
    if not removed:
        statement = statement.where(col(BoardColumn.removed_at).is_(None))
    row = await _allowed(tx, actor, statement, can)
    return ColumnPlace(row.id, row.space_id, column_id)


async def find_card(tx: Tx, actor: Actor, card_id: UUID, can: Can, *, removed: bool = False) -> CardPlace:
    """A card's place. `removed`: also one that was removed, unless its column was."""
    statement = (
        select(col(Board.id), col(Board.space_id), col(Board.archived_at), col(Card.column_id))
        .join(Card, col(Card.board_id) == col(Board.id))
        .join(BoardColumn, col(BoardColumn.id) == col(Card.column_id))
        .where(col(Card.id) == card_id, col(BoardColumn.removed_at).is_(None))
    )
    if not removed:
        statement = statement.where(col(Card.removed_at).is_(None))
    row = await _allowed(tx, actor, statement, can)
    return CardPlace(row.id, row.space_id, row.column_id, card_id)


async def get_board(tx: Tx, actor: Actor, board_id: UUID, can: Can) -> Board:
    """The board, if the actor may do this with it."""
    await find_board(tx, actor, board_id, can)
    board = await tx.get(Board, board_id)
    if board is None:
        raise NotFound()
    return board


async def get_card(tx: Tx, actor: Actor, card_id: UUID, can: Can) -> Card:
    """The card, if the actor may do this with it."""
    await find_card(tx, actor, card_id, can)
    card = await tx.get(Card, card_id)
    if card is None:
        raise NotFound()
    return card


async def _allowed(tx: Tx, actor: Actor, statement: Executable, can: Can, *, archived: bool = False) -> Any:
    """The only row, if the role in its space allows `can`. What is archived is read only."""
    row = (await tx.execute(statement)).one_or_none()
    if row is None:
        raise NotFound()
    await require(tx, actor, row.space_id, can)
    if can is not Can.READ and row.archived_at is not None and not archived:
        raise Conflict("projects.board_archived", msg("This board is archived: take it up again to change it."))
    return row
