"""Who was in a room when, and who may be let in."""

from uuid import UUID

import pytest
from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.errors import Conflict, NotFound
from collab.core.ids import new_id
from meetings.calendar.service import cancel_meeting, invite
from meetings.rooms.access import admit
from meetings.rooms.models import Role, RoomVisit
from meetings.rooms.queries import count_present, read_presence
from meetings.rooms.service import begin_visit, end_visit
from tests.service.meetings.conftest import PLACE, World, person_of


async def enter(world: World, actor: Actor) -> UUID:
    visit = new_id()
    async with world.db.write() as tx:
        await begin_visit(tx, await admit(tx, actor, world.meeting), visit)
    return visit


async def present(world: World) -> list[str]:
    seen = await world.see(read_presence, world.meeting)
    return [one["name"] for one in seen["present"]]


async def test_visits_begin_and_end_once(world: World) -> None:
    first, second = await enter(world, world.owner), await enter(world, world.reader)
    again = await enter(world, world.reader)  # with another device
    assert await present(world) == ["Elodie", "Chloe", "Chloe"]
    async with world.db.write() as tx:
        assert await count_present(tx, [world.meeting, new_id()]) == {world.meeting: 2}
        for visit in (first, first, new_id()):
            await end_visit(tx, visit)
    assert await present(world) == ["Chloe", "Chloe"]
    async with world.db.write() as tx:
        for visit in (again, second):
            await end_visit(tx, visit)
    async with world.db.read() as tx:
        rows = await tx.all(select(RoomVisit).order_by(col(RoomVisit.id)))
    assert {row.id for row in rows} == {first, second, again}
    assert all(row.left_at is not None and row.left_at >= row.entered_at for row in rows)


async def test_who_is_let_in_as_what(world: World) -> None:
    async with world.db.read() as tx:
        assert (await admit(tx, world.owner, world.meeting)).role is Role.HOST
        assert (await admit(tx, world.reader, world.meeting)).role is Role.MEMBER
        with pytest.raises(NotFound):
            await admit(tx, world.stranger, world.meeting)
    await world.do(invite, world.meeting, person_of(world.stranger), PLACE)
    async with world.db.read() as tx:
        assert (await admit(tx, world.stranger, world.meeting)).role is Role.MEMBER


async def test_a_cancelled_meeting_lets_nobody_in(world: World) -> None:
    await world.do(cancel_meeting, world.meeting, PLACE)
    async with world.db.read() as tx:
        with pytest.raises(Conflict):
            await admit(tx, world.owner, world.meeting)


async def test_a_stranger_does_not_learn_who_is_there(world: World) -> None:
    async with world.db.read() as tx:
        with pytest.raises(NotFound):
            await read_presence(tx, world.stranger, world.meeting)
