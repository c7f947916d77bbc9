"""Where cards and columns lie among their like: reads the neighbours, asks rules.py for the rank between them.

Called by service.py once the board's topic was raised: its lock puts the writers of a board in a line, so that what is
read here still holds at the commit.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Table, bindparam, select, true, update
from sqlalchemy.sql import Executable

from collab.core.database import Tx
from projects.boards.models import CARDS, COLUMNS
from projects.boards.rules import TOO_LONG, rank_between, spread

# Above every digit: a rank with it in front differs from all others for as long as a list is being written anew.
ASIDE = "~"
# Beyond any list: databases count to 2**63 only, and a position may be any number.
FURTHEST = 2**31


class Order:
    """The order of the live rows of `table` that have one `parent`. Its statements are built once."""

    def __init__(self, table: Table, parent: str) -> None:
        rank = table.c.rank
        live = table.c.removed_at.is_(None) if "removed_at" in table.c else true()
        here = (table.c[parent] == bindparam("parent"), live)
        others = select(rank).where(*here, table.c.id != bindparam("moving")).order_by(rank)
        self._first = others.limit(1)
        self._near = others.limit(2).offset(bindparam("before"))
        self._last = others.order_by(None).order_by(rank.desc()).limit(1)
        self._from = others.where(rank >= bindparam("rank")).limit(2)
        self._ids = select(table.c.id).where(*here).order_by(rank)
        self._aside = update(table).where(*here).values(rank=ASIDE + rank)
        self._anew = update(table).where(table.c.id == bindparam("row")).values(rank=bindparam("new"))

    async def rank_at(self, tx: Tx, parent: UUID, position: int, moving: UUID) -> str:
        """The rank for `position`, counted from 0 once `moving` is taken out, clamped to the list."""
        if position <= 0:
            near = await self._ranks(tx, self._first, parent, moving)
            return rank_between(None, near[0] if near else None)
        near = await self._ranks(tx, self._near, parent, moving, before=min(position, FURTHEST) - 1)
        if not near:
            return await self.rank_at_end(tx, parent, moving)
        return rank_between(near[0], near[1] if len(near) > 1 else None)

    async def rank_at_end(self, tx: Tx, parent: UUID, moving: UUID) -> str:
        """The rank after all but `moving`."""
        last = await self._ranks(tx, self._last, parent, moving)
        return rank_between(last[0] if last else None, None)

    async def rank_again(self, tx: Tx, parent: UUID, rank: str, moving: UUID) -> str:
        """The rank that `moving` had before it was removed, or the next one if that is taken."""
        near = await self._ranks(tx, self._from, parent, moving, rank=rank)
        if not near or near[0] != rank:
            return rank
        return rank_between(rank, near[1] if len(near) > 1 else None)

    async def shorten(self, tx: Tx, parent: UUID) -> dict[UUID, str]:
        """Give all of the list new ranks in the same order, and return them."""
        ids = (await tx.execute(self._ids, {"parent": parent})).scalars().all()
        ranks = dict(zip(ids, spread(len(ids)), strict=True))
        await tx.execute(self._aside, {"parent": parent})
        await tx.execute(self._anew, [{"row": id_, "new": rank} for id_, rank in ranks.items()])
        return ranks

    async def _ranks(self, tx: Tx, statement: Executable, parent: UUID, moving: UUID, **more: object) -> Sequence[str]:
        result = await tx.execute(statement, {"parent": parent, "moving": moving, **more})
        return result.scalars().all()


ORDER_OF_CARDS = Order(CARDS, "column_id")
ORDER_OF_COLUMNS = Order(COLUMNS, "board_id")


def is_too_long(rank: str) -> bool:
    """Whether it is time to shorten the list's ranks."""
    return len(rank) > TOO_LONG
