"""The only writer of boards and columns; cards.py is that of cards.

Each change asks access, raises the board's topic (whose lock orders the writers of a board), writes and announces.
"""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, update
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Invalid, NotFound
from collab.core.events import Announcement
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.topics import raise_rev
from collab.spaces.access import Can, require
from projects.boards import access, queries
from projects.boards.dependencies import tell_waiting_for_column
from projects.boards.events import (
    OVERALL,
    BoardChanged,
    CardRestored,
    ColumnAdded,
    ColumnChanged,
    ColumnRemoved,
    ColumnRestored,
    ColumnsReordered,
    topic_of,
)
from projects.boards.faces import tell_hidden
from projects.boards.models import COLUMNS, Board, BoardColumn, ColumnChange, ColumnView
from projects.boards.ordering import ORDER_OF_COLUMNS, is_too_long
from projects.boards.rules import spread

NOTHING_TO_CHANGE = msg("Nothing to change was sent.")


async def create_board(tx: Tx, actor: Actor, space_id: UUID, title: str, columns: Sequence[tuple[str, bool]]) -> Board:
    """A new board. `columns`: their titles, and whether the cards in them are finished."""
    await require(tx, actor, space_id, Can.EDIT)
    board = Board(space_id=space_id, title=title, created_at=tx.now, updated_at=tx.now)
    tx.add(board)
    await tx.flush()
    for (name, done), rank in zip(columns, spread(len(columns)), strict=True):
        tx.add(BoardColumn(board_id=board.id, title=name, done=done, rank=rank))
    tx.record(actor, "boards.create", space=space_id, subject=board.id, title=title)
    return board


async def rename_board(tx: Tx, actor: Actor, board_id: UUID, title: str) -> Board:
    """Give a board another title."""
    board = await access.get_board(tx, actor, board_id, Can.EDIT)
    return await _change_board(tx, actor, board, "rename", title=title)


async def archive_board(tx: Tx, actor: Actor, board_id: UUID) -> Board:
    """Make a board read only and take it off the lists; nothing happens when it is already."""
    place = await access.find_board(tx, actor, board_id, Can.MANAGE, archived=True)
    board = await _loaded(tx, place.board)
    return board if board.archived_at else await _change_board(tx, actor, board, "archive", archived_at=tx.now)


async def restore_board(tx: Tx, actor: Actor, board_id: UUID) -> Board:
    """Take an archived board up again; nothing happens when it is not archived."""
    place = await access.find_board(tx, actor, board_id, Can.MANAGE, archived=True)
    board = await _loaded(tx, place.board)
    return await _change_board(tx, actor, board, "restore", archived_at=None) if board.archived_at else board


async def _loaded(tx: Tx, board_id: UUID) -> Board:
    board = await tx.get(Board, board_id)
    if board is None:
        raise NotFound()
    return board


async def _change_board(tx: Tx, actor: Actor, board: Board, verb: str, **values: Any) -> Board:
    rev = await raise_rev(tx, topic_of(board.id))
    board.sqlmodel_update(values)
    board.rev, board.updated_at = board.rev + 1, tx.now
    tx.record(actor, f"boards.{verb}", space=board.space_id, subject=board.id, title=board.title)
    tx.emit(BoardChanged(topic=topic_of(board.id), rev=rev, title=board.title, archived=board.archived_at is not None))
    return board


async def add_column(tx: Tx, actor: Actor, board_id: UUID, title: str) -> ColumnView:
    """A new column, after the others."""
    place = await access.find_board(tx, actor, board_id, Can.EDIT)
    topic = topic_of(place.board)
    rev = await raise_rev(tx, topic)
    key = new_id()
    rank = await ORDER_OF_COLUMNS.rank_at_end(tx, place.board, key)
    column = ColumnView(id=key, title=title, rank=rank, done=False, wip=None)
    await tx.execute(insert(COLUMNS).values(board_id=place.board, **column.model_dump()))
    tx.emit(ColumnAdded(topic=topic, rev=rev, column=column))
    return column


async def change_column(tx: Tx, actor: Actor, column_id: UUID, change: ColumnChange) -> ColumnView:
    """Another title, place or meaning of a column."""
    place = await access.find_column(tx, actor, column_id, Can.EDIT)
    values = change.model_dump(exclude_unset=True)
    if not values:
        raise Invalid(message=NOTHING_TO_CHANGE)
    topic = topic_of(place.board)
    rev = await raise_rev(tx, topic)
    if "position" in values:
        values["rank"] = await ORDER_OF_COLUMNS.rank_at(tx, place.board, values.pop("position"), column_id)
    column = await _update_column(tx, column_id, col(BoardColumn.removed_at).is_(None), **values)
    tx.emit(ColumnChanged(topic=topic, rev=rev, column=column))
    if is_too_long(column.rank):
        ranks = await ORDER_OF_COLUMNS.shorten(tx, place.board)
        await announce(tx, topic, lambda rev: ColumnsReordered(topic=topic, rev=rev, ranks=ranks))
        column.rank = ranks[column_id]
    if "done" in values:
        await tell_waiting_for_column(tx, column_id)
    return column


async def remove_column(tx: Tx, actor: Actor, column_id: UUID, *, archive: bool = False) -> None:
    """Take a column away, with the cards in it; it can be restored. `archive`: and is kept for as long as the board."""
    place = await access.find_column(tx, actor, column_id, Can.EDIT)
    topic = topic_of(place.board)
    rev = await raise_rev(tx, topic)
    await _update_column(tx, column_id, col(BoardColumn.removed_at).is_(None), removed_at=tx.now, archived=archive)
    tx.emit(ColumnRemoved(topic=topic, rev=rev, column=column_id))
    await tell_waiting_for_column(tx, column_id)


async def restore_column(tx: Tx, actor: Actor, column_id: UUID) -> ColumnView:
    """Bring a removed column back to where it was, with its cards; nothing happens when it is there."""
    place = await access.find_column(tx, actor, column_id, Can.EDIT, removed=True)
    topic = topic_of(place.board)
    rev = await raise_rev(tx, topic)
    row = await tx.get(BoardColumn, column_id)
    if row is None:
        raise NotFound()
    if row.removed_at is None:
        return ColumnView(id=row.id, title=row.title, rank=row.rank, done=row.done, wip=row.wip)
    rank = await ORDER_OF_COLUMNS.rank_again(tx, place.board, row.rank, column_id)
    column = await _update_column(tx, column_id, removed_at=None, archived=False, rank=rank)
    full = await queries.read_column(tx, column)
    tx.emit(ColumnRestored(topic=topic, rev=rev, column=full, audience=OVERALL))
    await tell_hidden(tx, column_id, CardRestored)
    await tell_waiting_for_column(tx, column_id)
    return column


async def _update_column(tx: Tx, column_id: UUID, *where: Any, **values: Any) -> ColumnView:
    """Write to a column. Raises NotFound when somebody removed it while this waited for its turn."""
    statement = update(COLUMNS).where(COLUMNS.c.id == column_id, *where).values(**values)
    row: Row[Any] | None = (await tx.execute(statement.returning(COLUMNS))).one_or_none()
    if row is None:
        raise NotFound()
    return ColumnView(id=row.id, title=row.title, rank=row.rank, done=row.done, wip=row.wip)


async def announce(tx: Tx, topic: str, make: Callable[[int], Announcement]) -> None:
    """Announce a second thing in one transaction: each event has a rev of its own."""
    tx.emit(make(await raise_rev(tx, topic)))
