"""Presence by video (rule R3): what the room says counts as events, in the quorum, at votes; where the law forbids it,
nothing of it does."""

import pytest
from sqlalchemy import select
from sqlmodel import col

from meetings.council.rules.entries import Assembly as Kind
from meetings.council.sittings.inputs import Entry
from meetings.council.sittings.models import Choice, Method, Sitting, SittingEvent
from meetings.council.sittings.remote import enter_lines
from meetings.council.sittings.rules import How
from tests.service.meetings.council.chamber import Chamber, seated
from tests.service.meetings.council.conftest import ZONE, Make, refusal


@pytest.fixture
async def chamber(make: Make) -> Chamber:
    """The council of a grouping of communes, whose sitting was convened by videoconference and has a room."""
    council = await make(Kind.EPCI)
    await council.convene(await council.sitting())  # the one that each half-year needs in one place
    return await seated(council, await council.sitting(remote=True, meeting_id=council.world.meeting))


async def turn(chamber: Chamber, member: int, *, is_up: bool) -> None:
    async with chamber.council.world.db.write() as tx:
        await enter_lines(tx, chamber.id, {str(chamber.members[member]): is_up}, ZONE)


async def kinds(chamber: Chamber) -> list[str]:
    async with chamber.council.world.db.read() as tx:
        events = select(col(SittingEvent.kind)).where(col(SittingEvent.sitting_id) == chamber.id)
        return list(await tx.all(events.order_by(col(SittingEvent.seq))))


async def test_the_quorum_counts_rooms_and_lines_and_says_how_many_of_each(chamber: Chamber) -> None:
    for one in (0, 1):
        await chamber.enter(Entry.PRESENT, one)
    await chamber.enter(Entry.CHAIR, 0)
    assert "L2121-17" in await refusal(chamber.enter(Entry.OPENED, despite=True))
    await turn(chamber, 2, is_up=True)
    seen = (await chamber.look()).quorum
    assert (seen.members, seen.quorum, seen.present, seen.by_video, seen.cut) == (5, 3, 3, 1, [])
    await chamber.enter(Entry.OPENED, despite=True)
    await turn(chamber, 2, is_up=False)
    seen = (await chamber.look()).quorum
    assert (seen.present, seen.by_video, seen.cut, seen.reached) == (2, 0, ["Fanny"], False)
    first = (await chamber.items())[0]
    assert "L2121-17" in await refusal(chamber.enter(Entry.ITEM_OPENED, item_id=first))
    await turn(chamber, 2, is_up=True)
    await chamber.enter(Entry.ITEM_OPENED, item_id=first)


async def test_the_same_reading_twice_is_one_event_and_a_clerk_enters_none(chamber: Chamber) -> None:
    for _ in range(2):
        await turn(chamber, 2, is_up=True)
    await turn(chamber, 3, is_up=False)
    assert await kinds(chamber) == ["video_up"]
    assert "L5211-11-1" in await refusal(chamber.enter(Entry.PRESENT, 3, how=How.VIDEO))


async def test_who_is_marked_in_the_room_stays_there_whatever_their_devices_do(chamber: Chamber) -> None:
    await chamber.enter(Entry.PRESENT, 2)
    for is_up in (True, False):
        await turn(chamber, 2, is_up=is_up)
        assert (await chamber.look()).members[2].status == "present"


async def test_a_member_cut_off_during_a_vote_votes_again_once_back_and_once(chamber: Chamber) -> None:
    await turn(chamber, 2, is_up=True)
    await chamber.open(0, 1)
    ballot = await chamber.ballot()
    await turn(chamber, 2, is_up=False)
    assert "L2121-20" in await refusal(chamber.vote(ballot, 2, Choice.FOR))
    open_now = (await chamber.look()).ballot
    assert open_now is not None and open_now.expected == 2
    await turn(chamber, 2, is_up=True)
    await chamber.vote(ballot, 2, Choice.FOR)
    assert "council.voted" in await refusal(chamber.vote(ballot, 2, Choice.AGAINST))
    await turn(chamber, 2, is_up=False)
    result = await chamber.close(ballot)
    assert (result["votes_for"], result["cast"]) == (1, 1), "a vote that was cast stays"


async def test_a_cut_line_ends_no_item_and_the_next_one_counts_without_it(chamber: Chamber) -> None:
    await turn(chamber, 2, is_up=True)
    first = await chamber.open(0, 1)
    await turn(chamber, 2, is_up=False)
    await chamber.close(await chamber.ballot(Method.ROLL_CALL))
    await chamber.enter(Entry.ITEM_CLOSED, item_id=first)
    second = (await chamber.items())[1]
    assert "L2121-17" in await refusal(chamber.enter(Entry.ITEM_OPENED, item_id=second))


async def test_who_said_goodbye_is_gone_though_their_device_is_not(chamber: Chamber) -> None:
    await turn(chamber, 2, is_up=True)
    await chamber.enter(Entry.LEFT, 2)
    await turn(chamber, 2, is_up=True)
    assert (await chamber.look()).members[2].status == "absent"
    for is_up in (False, True):
        await turn(chamber, 2, is_up=is_up)
    assert (await chamber.look()).members[2].status == "video"


async def test_a_municipal_council_has_nobody_by_video_whatever_was_written(make: Make) -> None:
    council = await make(Kind.COMMUNE)
    chamber = await seated(council, await council.sitting(meeting_id=council.world.meeting))
    await turn(chamber, 2, is_up=True)
    async with council.world.db.write() as tx:  # as if it had been convened so
        sitting = await tx.get(Sitting, chamber.id)
        assert sitting is not None
        sitting.remote = True
    await turn(chamber, 2, is_up=True)
    assert await kinds(chamber) == []
