"""Attendance: who sees what of it, what a crash leaves of it, and when it is forgotten."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlmodel import col

from collab.core.errors import Denied, NotFound
from collab.core.ids import new_id
from collab.core.journal import JournalEntry
from meetings.calendar.models import Meeting
from meetings.calendar.service import cancel_meeting
from meetings.rooms.attendance import Sheet, export_attendance, forget_visits, read_attendance
from meetings.rooms.guest_models import Guest, GuestLink, GuestVisit
from meetings.rooms.models import RoomKeeper, RoomVisit
from meetings.rooms.service import end_visit
from meetings.rooms.speech import save_speech
from tests.service.meetings.conftest import PLACE, World, person_of
from tests.service.meetings.rooms.test_homes import Process
from tests.service.meetings.rooms.test_visits import enter


async def test_hosts_see_the_times_members_the_names_and_strangers_nothing(world: World) -> None:
    await enter(world, world.owner)
    visit = await enter(world, world.reader)
    async with world.db.write() as tx:
        await end_visit(tx, visit)
    seen = await world.see(read_attendance, world.meeting)
    assert seen.hosting and [one.name for one in seen.items] == ["Chloe", "Elodie"]
    assert seen.items[0].stays[0].left_at is not None and seen.items[1].stays[0].left_at is None
    seen = await world.see(read_attendance, world.meeting, actor=world.reader)
    assert not seen.hosting and [(one.name, one.stays, one.seconds) for one in seen.items] == [
        ("Chloe", None, None),
        ("Elodie", None, None),
    ]
    with pytest.raises(NotFound):
        await world.see(read_attendance, world.meeting, actor=world.stranger)


async def test_an_export_is_the_hosts_and_journalled_even_of_a_cancelled_meeting(world: World) -> None:
    await enter(world, world.owner)
    await world.do(cancel_meeting, world.meeting, PLACE)
    await world.do(export_attendance, world.meeting, Sheet.ODS)
    with pytest.raises(Denied):
        await world.do(export_attendance, world.meeting, Sheet.CSV, actor=world.editor)
    async with world.db.read() as tx:
        wanted = select(JournalEntry).where(col(JournalEntry.action) == "rooms.export_attendance")
        [entry] = await tx.all(wanted)
    assert entry.subject_id == world.meeting


@pytest.mark.parametrize("alone", [True, False])
async def test_visits_that_a_crash_cut_off_end_at_the_last_sign_of_life(world: World, alone: bool) -> None:
    dead = Process(world, alone=alone)
    await dead.lease.start()
    visit = await dead.enter()
    async with world.db.write() as tx:
        row, keeper = await tx.get(RoomVisit, visit), await tx.get(RoomKeeper, dead.lease.keeper)
        assert row is not None and keeper is not None
        row.entered_at -= timedelta(hours=3)
        keeper.seen_at -= timedelta(hours=2)
        last = keeper.seen_at
    await Process(world, alone=alone).lease.start()
    async with world.db.read() as tx:
        row = await tx.get(RoomVisit, visit)
        assert row is not None and row.left_at == last


async def test_a_process_that_is_alone_says_that_it_lives_while_somebody_is_there(world: World) -> None:
    process = Process(world, alone=True)
    await process.lease.start()
    async with world.db.write() as tx:
        keeper = await tx.get(RoomKeeper, process.lease.keeper)
        assert keeper is not None
        keeper.seen_at -= timedelta(hours=1)
        long_ago = keeper.seen_at
    for busy, expected in ((False, False), (True, True)):
        for _ in range(10):
            assert await process.lease.beat(busy=busy) is None
        async with world.db.read() as tx:
            keeper = await tx.get(RoomKeeper, process.lease.keeper)
            assert keeper is not None and (keeper.seen_at > long_ago) is expected


async def test_visits_are_forgotten_after_their_time_and_not_before(world: World) -> None:
    old, new = await enter(world, world.reader), await enter(world, world.owner)
    async with world.db.write() as tx:
        await end_visit(tx, old)
        row = await tx.get(RoomVisit, old)
        assert row is not None and row.left_at is not None
        row.left_at -= timedelta(days=11)
    async with world.db.write() as tx:
        await forget_visits(tx, 10)
    async with world.db.read() as tx:
        assert await tx.all(select(col(RoomVisit.id))) == [new]


async def visit_of_guest(world: World, name: str) -> tuple[Guest, UUID]:
    visit, now = new_id(), world.db.clock.now()
    async with world.db.write() as tx:
        link = GuestLink(
            meeting_id=world.meeting,
            token_hash=str(visit),
            created_by=person_of(world.owner),
            created_at=now,
            expires_at=now + timedelta(days=1),
        )
        tx.add(link)
        await tx.flush()
        guest = Guest(meeting_id=world.meeting, link_id=link.id, name=name, pass_hash=str(visit), created_at=now)
        tx.add(guest)
        await tx.flush()
        tx.add(GuestVisit(id=visit, meeting_id=world.meeting, guest_id=guest.id, entered_at=now))
    return guest, visit


async def test_guests_are_there_like_everybody(world: World) -> None:
    await enter(world, world.owner)
    guest, visit = await visit_of_guest(world, "Zoé Martin")
    async with world.db.write() as tx:
        await end_visit(tx, visit)
        await save_speech(tx, world.meeting, {guest.id: 12, person_of(world.owner): 30})
    seen = await world.see(read_attendance, world.meeting)
    assert [(one.name, one.guest, one.spoken) for one in seen.items] == [
        ("Elodie", False, 30),
        ("Zoé Martin", True, 12),
    ]
    assert seen.items[1].stays is not None and seen.items[1].stays[0].left_at is not None


async def test_guests_are_forgotten_with_their_visits_and_links(world: World) -> None:
    _, visit = await visit_of_guest(world, "Zoé Martin")
    async with world.db.write() as tx:
        await end_visit(tx, visit)
        await forget_visits(tx, 10)
        assert await tx.one(select(func.count()).select_from(Guest)) == 1
    async with world.db.write() as tx:
        long_ago = tx.now - timedelta(days=11)
        await tx.execute(update(GuestVisit).values(left_at=long_ago))
        await tx.execute(update(GuestLink).values(expires_at=long_ago))
        await tx.execute(update(Meeting).values(starts_at=long_ago, ends_at=long_ago))
    async with world.db.write() as tx:
        await forget_visits(tx, 10)
    async with world.db.read() as tx:
        for table in (GuestVisit, Guest, GuestLink):
            assert await tx.one(select(func.count()).select_from(table)) == 0
