"""A room is kept by one process at a time, and the dead are inherited from; on each database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.database import Database
from collab.core.ids import new_id
from meetings.rooms.access import admit
from meetings.rooms.homes import LEASE, Elsewhere, Lease
from meetings.rooms.models import RoomHome, RoomKeeper, RoomVisit
from meetings.rooms.service import begin_visit
from tests.service.meetings.conftest import World


class Process:
    """A web process over the world's database."""

    def __init__(self, world: World, *, alone: bool = False) -> None:
        self.world = world
        self.lease = Lease(world.db, alone=alone)

    async def enter(self) -> UUID:
        visit = new_id()
        async with self.world.db.write() as tx:
            admission = await admit(tx, self.world.owner, self.world.meeting)
            await self.lease.claim(tx, self.world.meeting)
            await begin_visit(tx, admission, visit)
        return visit

    async def die(self) -> None:
        """Its last beat is long ago."""
        async with self.world.db.write() as tx:
            row = await tx.get(RoomKeeper, self.lease.keeper)
            assert row is not None
            row.seen_at -= LEASE + timedelta(seconds=1)


@pytest.fixture
async def pair(world: World) -> AsyncIterator[tuple[Process, Process]]:
    first, second = Process(world), Process(world)
    await first.lease.start()
    await second.lease.start()
    yield first, second


async def going_on(db: Database) -> Sequence[UUID]:
    async with db.read() as tx:
        found: Sequence[UUID] = await tx.all(select(col(RoomVisit.id)).where(col(RoomVisit.left_at).is_(None)))
        return found


async def home_of(world: World) -> UUID | None:
    async with world.db.read() as tx:
        home = await tx.get(RoomHome, world.meeting)
    return home.keeper_id if home else None


async def test_the_first_keeps_the_room_and_the_second_learns_where_it_is(
    world: World, pair: tuple[Process, Process]
) -> None:
    first, second = pair
    visit = await first.enter()
    with pytest.raises(Elsewhere) as there:
        await second.enter()
    assert there.value.keeper == first.lease.keeper
    await first.enter()
    async with world.db.read() as tx:
        assert await second.lease.find_other(tx, world.meeting) == first.lease.keeper
        assert await first.lease.find_other(tx, world.meeting) is None
        assert await second.lease.find_other(tx, new_id()) is None
    assert visit in await going_on(world.db)
    assert await first.lease.beat() == frozenset({world.meeting})
    assert await second.lease.beat() == frozenset()
    assert first.lease.alive == second.lease.alive == {first.lease.keeper, second.lease.keeper}


async def test_both_at_once_end_up_in_one_place(world: World, pair: tuple[Process, Process]) -> None:
    results = await asyncio.gather(*(process.enter() for process in pair), return_exceptions=True)
    assert sorted(type(result).__name__ for result in results) == ["Elsewhere", "UUID"]


async def test_a_process_that_starts_ends_nobody_elses_visits(world: World, pair: tuple[Process, Process]) -> None:
    first, second = pair
    visit = await first.enter()
    await Process(world).lease.start()
    await second.lease.stop()
    assert await going_on(world.db) == [visit]
    assert await home_of(world) == first.lease.keeper


async def test_whoever_stops_gives_its_rooms_back(world: World, pair: tuple[Process, Process]) -> None:
    first, second = pair
    await first.enter()
    await first.lease.stop()
    assert await going_on(world.db) == []
    visit = await second.enter()
    assert await home_of(world) == second.lease.keeper
    assert await going_on(world.db) == [visit]


async def test_whoever_comes_in_inherits_from_a_dead_process(world: World, pair: tuple[Process, Process]) -> None:
    first, second = pair
    await first.enter()
    await first.die()
    visit = await second.enter()
    assert await going_on(world.db) == [visit], "who was there before is not there any more"
    assert await home_of(world) == second.lease.keeper
    assert await first.lease.beat() == frozenset(), "it was not dead, and learns that the room is no longer its own"
    assert await home_of(world) == second.lease.keeper


async def test_what_the_dead_leave_is_cleared_away_by_the_living(world: World, pair: tuple[Process, Process]) -> None:
    first, second = pair
    await first.enter()
    await first.die()
    await second.lease.beat()
    assert await going_on(world.db) == []
    assert await home_of(world) is None
    assert second.lease.alive == {second.lease.keeper}


async def test_who_is_alone_takes_everything(world: World, pair: tuple[Process, Process]) -> None:
    await pair[0].enter()
    alone = Process(world, alone=True)
    await alone.lease.start()
    assert await going_on(world.db) == []
    assert await alone.lease.beat() is None
    await alone.enter()
    assert await home_of(world) == alone.lease.keeper


async def test_visits_without_a_home_are_over_at_the_next_start(world: World) -> None:
    async with world.db.write() as tx:
        await begin_visit(tx, await admit(tx, world.owner, world.meeting), new_id())
    await Process(world).lease.start()
    assert await going_on(world.db) == []
