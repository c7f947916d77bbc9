"""Where cards and columns lie among their like: reads the neighbours, asks rules.py for the rank between them.

Called by service.py once the board's topic was raised: its lock puts the writers of a board in a line, so that what is
read here still holds at the commit.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, func, select, update
from sqlalchemy.orm import Mapped
from sqlmodel import SQLModel, col

from collab.core.database import Tx
from projects.boards.models import BoardColumn, Card
from projects.boards.rules import TOO_LONG, rank_between, spread

# Above every digit: a rank with it in front differs from all others for as long as a list is being written anew.
ASIDE = "~"
# Beyond any list: databases count to 2**63 only, and a position may be any number.
FURTHEST = 2**31


class Order:
    """The order of the live rows of a table that have one parent."""

    def __init__(self, table: type[Card] | type[BoardColumn], parent: Mapped[UUID], parent_id: UUID) -> None:
        self._table = table
        self._id: Mapped[UUID] = col(table.id)
        self._rank: Mapped[str] = col(table.rank)
        self._here: tuple[ColumnElement[bool], ...] = (parent == parent_id, col(table.removed_at).is_(None))

    async def rank_at(self, tx: Tx, position: int, moving: UUID) -> str:
        """The rank for `position`, counted from 0 once `moving` is taken out, clamped to the list."""
        others = select(self._rank).where(*self._here, self._id != moving).order_by(self._rank)
        if position <= 0:
            return rank_between(None, await tx.one(others.limit(1)))
        near: Any = await tx.all(others.offset(min(position, FURTHEST) - 1).limit(2))
        if not near:
            return await self.rank_at_end(tx, moving)
        return rank_between(near[0], near[1] if len(near) > 1 else None)

    async def rank_at_end(self, tx: Tx, moving: UUID | None = None) -> str:
        """The rank after all others."""
        last = select(func.max(self._rank)).where(*self._here)
        return rank_between(await tx.one(last if moving is None else last.where(self._id != moving)), None)

    async def rank_again(self, tx: Tx, rank: str) -> str:
        """The rank that something had before it was removed, or the next one if that is taken."""
        near: Any = await tx.all(
            select(self._rank).where(*self._here, self._rank >= rank).order_by(self._rank).limit(2)
        )
        if not near or near[0] != rank:
            return rank
        return rank_between(rank, near[1] if len(near) > 1 else None)

    async def shorten(self, tx: Tx) -> dict[UUID, str]:
        """Give all of the list new ranks in the same order, and return them."""
        ids: Any = await tx.all(select(self._id).where(*self._here).order_by(self._rank))
        ranks = dict(zip(ids, spread(len(ids)), strict=True))
        table = SQLModel.metadata.tables[str(self._table.__tablename__)]
        await tx.execute(update(table).where(*self._here).values(rank=ASIDE + self._rank))
        if ranks:
            await tx.execute(
                update(table).where(table.c.id == bindparam("row")).values(rank=bindparam("new")),
                [{"row": id_, "new": rank} for id_, rank in ranks.items()],
            )
        return ranks


def order_of_cards(column_id: UUID) -> Order:
    """The order of a column's cards."""
    return Order(Card, col(Card.column_id), column_id)


def order_of_columns(board_id: UUID) -> Order:
    """The order of a board's columns."""
    return Order(BoardColumn, col(BoardColumn.board_id), board_id)


def is_too_long(rank: str) -> bool:
    """Whether it is time to shorten the list's ranks."""
    return len(rank) > TOO_LONG
