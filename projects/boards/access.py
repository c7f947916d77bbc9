"""Who may do what on a board: what their role there allows (roles.py). The only way to a board, a column, a card by id.

Each function gives where the thing lies, which is all that most changes need; `get_board` and `get_card` load it.
"""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.sql import Executable
from sqlmodel import col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, NotFound
from collab.core.i18n import msg
from collab.spaces.access import MINE, SCOPES, Can, strongest
from collab.spaces.models import Role, SpaceMember
from projects.boards.models import Board, BoardColumn, Card
from projects.boards.roles import GRANTS, WHOLE, BoardMember, BoardRole, Opening, role_on
from projects.boards.seeing import concerns, seen_by


class BoardPlace(NamedTuple):
    """Where a board lies."""

    board: UUID
    space: UUID
    role: BoardRole


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
    role: BoardRole


# The roles come with the thing, a row for each pair of the actor's memberships: fewer statements in every change.
_WHERE: Select[Any, Any, Any, Any, Any, Any] = (
    select(
        col(Board.id),
        col(Board.space_id),
        col(Board.archived_at),
        col(Board.opening),
        col(SpaceMember.role),
        col(BoardMember.role).label("named"),
    )
    .select_from(Board)
    .outerjoin(SpaceMember, (col(SpaceMember.space_id) == col(Board.space_id)) & MINE)
    .outerjoin(
        BoardMember,
        (col(BoardMember.board_id) == col(Board.id))
        & col(BoardMember.principal_id).in_(bindparam("principals", expanding=True)),
    )
)
_BOARD = _WHERE.where(col(Board.id) == bindparam("id"))
_COLUMN = (
    _WHERE.add_columns(col(BoardColumn.removed_at))
    .join(BoardColumn, col(BoardColumn.board_id) == col(Board.id))
    .where(col(BoardColumn.id) == bindparam("id"))
)
_REMOVED_CARD = (
    _WHERE.add_columns(
        col(Card.column_id),
        col(Card.removed_at),
        col(Card.hidden),
        concerns(bindparam("principals", expanding=True)).label("concerned"),
    )
    .join(Card, col(Card.board_id) == col(Board.id))
    .join(BoardColumn, col(BoardColumn.id) == col(Card.column_id))
    .where(col(Card.id) == bindparam("id"))
)
_CARD = _REMOVED_CARD.where(col(BoardColumn.removed_at).is_(None))


async def find_board(tx: Tx, actor: Actor, board_id: UUID, can: Can, *, archived: bool = False) -> BoardPlace:
    """A board's place. `archived`: also to change one that is archived, which is a Conflict otherwise.

    Who has found a board sees of its cards those of `seeing.seen_by`, and no others.
    """
    row, role = await _allowed(tx, actor, _BOARD, board_id, can, archived=archived)
    return BoardPlace(board_id, row.space_id, role)


async def find_column(tx: Tx, actor: Actor, column_id: UUID, can: Can, *, removed: bool = False) -> ColumnPlace:
    """A column's place. `removed`: also one that was removed."""
    row, _ = await _allowed(tx, actor, _COLUMN, column_id, can)
    if row.removed_at is not None and not removed:
        raise NotFound()
    return ColumnPlace(row.id, row.space_id, column_id)


async def find_card(
    tx: Tx, actor: Actor, card_id: UUID, can: Can, *, removed: bool = False, own: bool = False
) -> CardPlace:
    """A card's place; NotFound for a card that the actor does not see.

    `removed`: also one that was removed, by itself or with its column. `own`: also those may who see only their own
    cards, of which this is one.
    """
    row, role = await _allowed(tx, actor, _REMOVED_CARD if removed else _CARD, card_id, can, own=own)
    if row.removed_at is not None and not removed:
        raise NotFound()
    return CardPlace(row.id, row.space_id, row.column_id, card_id, role)


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
        .join(BoardColumn, col(BoardColumn.id) == col(Card.column_id))
        .where(
            col(Card.id).in_(ids),
            col(Card.removed_at).is_(None),
            col(BoardColumn.removed_at).is_(None),
            seen_by(actor),
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
    tx: Tx, actor: Actor, statement: Executable, thing: UUID, can: Can, *, archived: bool = False, own: bool = False
) -> tuple[Any, BoardRole]:
    """The row of the thing and the actor's role on its board, if that allows `can`. What is archived is read only."""
    rows = (await tx.execute(statement, {"id": thing, "principals": list(actor.principals)})).all()
    if not rows:
        raise NotFound()
    in_space = strongest([Role(row.role) for row in rows if row.role])
    role = role_on(in_space, Opening(rows[0].opening), [BoardRole(row.named) for row in rows if row.named])
    decided(f"board:{can}")
    if role is None or not _sees(rows[0], role):
        raise NotFound()
    if can not in GRANTS[role] and not (own and role is BoardRole.OWN):
        raise Denied()
    if actor.scopes is not None and SCOPES[can] not in actor.scopes:
        raise Denied("token_scope")
    if can is not Can.READ and rows[0].archived_at is not None and not archived:
        raise _archived()
    return rows[0], role


def _sees(row: Any, role: BoardRole) -> bool:
    """`seen_by` for the row of one card; a board and its columns are seen by everybody with a role there."""
    if "hidden" not in row._fields or row.concerned:
        return True
    return role in WHOLE and not row.hidden
