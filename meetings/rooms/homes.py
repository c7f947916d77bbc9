"""Which process keeps which room: a lease in the database, renewed every BEAT seconds.

`live.py` claims a room when somebody comes in and gives it back when it is empty. A process that has not renewed for
LEASE is dead: its visits are over and its rooms anybody's. The only writer of keepers and homes.
"""

import operator
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from collab.core.database import Database, Tx
from collab.core.ids import new_id
from meetings.rooms.guest_models import GuestVisit
from meetings.rooms.models import RoomHome, RoomKeeper, RoomVisit
from meetings.rooms.service import end_visit

BEAT = 1.0
LEASE = timedelta(seconds=4)
SIGN = 10
"""A process that is alone says that it lives every so many beats: visits that a crash cuts off end at the last sign."""


class Elsewhere(Exception):
    """Another process keeps this room."""

    def __init__(self, keeper: UUID) -> None:
        super().__init__(str(keeper))
        self.keeper = keeper


class Lease:
    """This process among those that keep rooms. `alone`: there can be no other, whatever the database says."""

    def __init__(self, db: Database, *, alone: bool) -> None:
        self._db = db
        self._alone = alone
        self._beats = 0
        self.keeper = new_id()
        self.alive: frozenset[UUID] = frozenset({self.keeper})

    async def start(self) -> None:
        """Enter the list, and clear away what the dead have left: their homes, and the visits that nobody ended."""
        async with self._db.write() as tx:
            await _renew(tx, self.keeper)
            await _clear(tx, keep={self.keeper} if self._alone else await _list_alive(tx))
            homes = select(col(RoomHome.meeting_id))
            await _end_visits(tx, lambda meeting: meeting.not_in(homes))
            alive = await _list_alive(tx)
        self.alive = frozenset({self.keeper} if self._alone else alive)

    async def beat(self, *, busy: bool = True) -> frozenset[UUID] | None:
        """Live on. Returns the rooms that are still this process's; None where there is nobody to take them.

        `busy`: somebody is in one of them."""
        if self._alone:
            self._beats += 1
            if busy and self._beats % SIGN == 0:
                async with self._db.write() as tx:
                    await _renew(tx, self.keeper)
            return None
        async with self._db.write() as tx:
            await _renew(tx, self.keeper)
            alive = await _list_alive(tx)
            await _clear(tx, keep=alive)
            kept = await tx.all(select(col(RoomHome.meeting_id)).where(col(RoomHome.keeper_id) == self.keeper))
        self.alive = frozenset(alive)
        return frozenset(kept)

    async def stop(self) -> None:
        """Leave: the rooms are anybody's at once."""
        async with self._db.write() as tx:
            await _clear_homes(tx, await _homes_of(tx, {self.keeper}))
            await tx.execute(delete(RoomKeeper).where(col(RoomKeeper.id) == self.keeper))

    async def claim(self, tx: Tx, meeting_id: UUID) -> None:
        """Make this process the room's home. Raises Elsewhere where another one is that lives.

        The row stays locked until the commit: call it before anything else that is written for this room."""
        insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
        row = insert(RoomHome).values(meeting_id=meeting_id, keeper_id=self.keeper)
        home = None
        while home is None:  # it may be given back between the two
            await tx.execute(row.on_conflict_do_nothing())
            home = await tx.lock(RoomHome, meeting_id)
        if home.keeper_id == self.keeper:
            return
        if not self._alone and home.keeper_id in await _list_alive(tx):
            raise Elsewhere(home.keeper_id)
        await _end_visits(tx, lambda meeting: meeting == meeting_id, await _last_sign(tx, home.keeper_id))
        home.keeper_id = self.keeper

    async def lock(self, tx: Tx, meeting_id: UUID) -> RoomHome | None:
        """The room's home where it is this process, locked until the commit."""
        home = await tx.lock(RoomHome, meeting_id)
        return home if home is not None and home.keeper_id == self.keeper else None

    async def find_other(self, tx: Tx, meeting_id: UUID) -> UUID | None:
        """The other process that keeps this room, if there is one and it lives."""
        keeper: UUID | None = await tx.one(
            select(col(RoomHome.keeper_id)).where(col(RoomHome.meeting_id) == meeting_id)
        )
        if self._alone or keeper in (None, self.keeper):
            return None
        return keeper if keeper in await _list_alive(tx) else None


async def _renew(tx: Tx, keeper: UUID) -> None:
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    row = insert(RoomKeeper).values(id=keeper, seen_at=tx.now)
    await tx.execute(row.on_conflict_do_update(index_elements=[col(RoomKeeper.id)], set_={"seen_at": tx.now}))


async def _list_alive(tx: Tx) -> set[UUID]:
    return set(await tx.all(select(col(RoomKeeper.id)).where(col(RoomKeeper.seen_at) > tx.now - LEASE)))


async def _clear(tx: Tx, *, keep: Collection[UUID]) -> None:
    """Clear away every keeper but these, and what was theirs."""
    dead = set(await tx.all(select(col(RoomKeeper.id)).where(col(RoomKeeper.id).not_in(keep))))
    if dead:
        await _clear_homes(tx, await _homes_of(tx, dead))
        await tx.execute(delete(RoomKeeper).where(col(RoomKeeper.id).in_(dead)))


async def _homes_of(tx: Tx, keepers: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """(meeting, keeper), in one order for all processes, so that two which clear wait for each other."""
    rows = await tx.rows(
        select(col(RoomHome.meeting_id), col(RoomHome.keeper_id))
        .where(col(RoomHome.keeper_id).in_(keepers))
        .order_by(col(RoomHome.meeting_id))
    )
    return [(row[0], row[1]) for row in rows]


async def _clear_homes(tx: Tx, homes: Collection[tuple[UUID, UUID]]) -> None:
    for meeting, keeper in homes:
        home = await tx.lock(RoomHome, meeting)
        if home is not None and home.keeper_id == keeper:  # else somebody has taken it over meanwhile
            await _end_visits(tx, partial(operator.eq, meeting), await _last_sign(tx, keeper))
            await tx.delete(home)


async def _last_sign(tx: Tx, keeper: UUID) -> datetime | None:
    """When this process last said that it lives: nobody was in its rooms for sure after that."""
    row = await tx.get(RoomKeeper, keeper)
    return row.seen_at if row is not None else None


async def _end_visits(tx: Tx, which: Callable[[Any], ColumnElement[bool]], at: datetime | None = None) -> None:
    """End the stays of people and guests, at `at` where it is known; `which`: the condition on a visit's meeting."""
    for visits in (RoomVisit, GuestVisit):
        wanted = select(col(visits.id)).where(col(visits.left_at).is_(None), which(col(visits.meeting_id)))
        for visit in await tx.all(wanted):
            await end_visit(tx, visit, at)
