"""Who may do what on a board: what their role in its space allows. The only way to a board, a column or a card by id.

Each function gives where the thing lies, which is all that most changes need; `get_board` and `get_card` load it.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.sql import Executable
from sqlmodel import col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, NotFound
from collab.core.i18n import msg
from collab.spaces.access import MINE, Can, decide, readable_spaces, strongest
from collab.spaces.models import Role, SpaceMember
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


# The roles come with the thing, one row for each of the actor's memberships: one statement less in every change.
_WHERE = (
    select(col(Board.id), col(Board.space_id), col(Board.archived_at), col(SpaceMember.role))
    .select_from(Board)
    .outerjoin(SpaceMember, (col(SpaceMember.space_id) == col(Board.space_id)) & MINE)
)
_BOARD = _WHERE.where(col(Board.id) == bindparam("id"))
_COLUMN = (
    _WHERE.add_columns(col(BoardColumn.removed_at))
    .join(BoardColumn, col(BoardColumn.board_id) == col(Board.id))
    .where(col(BoardColumn.id) == bindparam("id"))
)
_REMOVED_CARD = (
    _WHERE.add_columns(col(Card.column_id), col(Card.removed_at))
    .join(Card, col(Card.board_id) == col(Board.id))
    .join(BoardColumn, col(BoardColumn.id) == col(Card.column_id))
    .where(col(Card.id) == bindparam("id"))
)
_CARD = _REMOVED_CARD.where(col(BoardColumn.removed_at).is_(None))


async def find_board(tx: Tx, actor: Actor, board_id: UUID, can: Can, *, archived: bool = False) -> BoardPlace:
    """A board's place. `archived`: also to change one that is archived, which is a Conflict otherwise."""
    row = await _allowed(tx, actor, _BOARD, board_id, can, archived=archived)
    return BoardPlace(board_id, row.space_id)


async def find_column(tx: Tx, actor: Actor, column_id: UUID, can: Can, *, removed: bool = False) -> ColumnPlace:
    """A column's place. `removed`: also one that was removed."""
    row = await _allowed(tx, actor, _COLUMN, column_id, can)
    if row.removed_at is not None and not removed:
        raise NotFound()
    return ColumnPlace(row.id, row.space_id, column_id)


async def find_card(tx: Tx, actor: Actor, card_id: UUID, can: Can, *, removed: bool = False) -> CardPlace:
    """A card's place. `removed`: also one that was removed, by itself or with its column."""
    row = await _allowed(tx, actor, _REMOVED_CARD if removed else _CARD, card_id, can)
    if row.removed_at is not None and not removed:
        raise NotFound()
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


async def list_readable_cards(tx: Tx, actor: Actor, ids: Collection[UUID]) -> Sequence[Card]:
    """The cards of these that the actor may read and that were not removed; the others are left out without a word."""
    decided(f"board:{Can.READ}")
    cards: Sequence[Card] = await tx.all(
        select(Card)
        .join(Board, col(Board.id) == col(Card.board_id))
        .join(BoardColumn, col(BoardColumn.id) == col(Card.column_id))
        .where(
            col(Card.id).in_(ids),
            col(Card.removed_at).is_(None),
            col(BoardColumn.removed_at).is_(None),
            col(Board.space_id).in_(readable_spaces(actor)),
        )
    )
    return cards


async def require_open(tx: Tx, board_id: UUID) -> None:
    """Raise Conflict when a board that the caller has found is archived: not even a comment is written on it."""
    if await tx.one(select(col(Board.archived_at)).where(col(Board.id) == board_id)) is not None:
        raise _archived()


def _archived() -> Conflict:
    return Conflict("projects.board_archived", msg("This board is archived: take it up again to change it."))


async def _allowed(
    tx: Tx, actor: Actor, statement: Executable, thing: UUID, can: Can, *, archived: bool = False
) -> Any:
    """The row of the thing, if the actor's role in its space allows `can`. What is archived is read only."""
    rows = (await tx.execute(statement, {"id": thing, "principals": list(actor.principals)})).all()
    if not rows:
        raise NotFound()
    decide(actor, strongest([Role(row.role) for row in rows if row.role]), can)
    if can is not Can.READ and rows[0].archived_at is not None and not archived:
        raise _archived()
    return rows[0]
