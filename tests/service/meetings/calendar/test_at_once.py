"""What two editors do with a meeting at the same time ends as if one had come after the other."""

import asyncio
from collections.abc import Awaitable

from collab.core.errors import StaleRevision
from meetings.calendar import queries, service
from meetings.calendar.models import MeetingChange
from tests.service.meetings.conftest import PLACE, World, person_of


async def accepted(attempt: Awaitable[object]) -> bool:
    try:
        await attempt
    except StaleRevision:
        return False
    return True


async def test_of_two_changes_of_one_meeting_one_is_stale(world: World) -> None:
    for rev in range(1, 9):
        changes = [MeetingChange(title=f"{rev} {who}") for who in ("owner", "editor")]
        done = [
            accepted(world.do(service.update_meeting, world.meeting, change, rev, PLACE, actor=actor))
            for change, actor in zip(changes, (world.owner, world.editor), strict=True)
        ]
        assert sorted(await asyncio.gather(*done)) == [False, True]


async def test_two_who_invite_the_same_person_invite_them_once(world: World) -> None:
    invited = person_of(world.stranger)
    both = (world.owner, world.editor)
    await asyncio.gather(*(world.do(service.invite, world.meeting, invited, PLACE, actor=one) for one in both))
    meeting = await world.see(queries.view_meeting, world.meeting)
    assert [one.person_id for one in meeting.invitees] == [invited]
    assert meeting.rev == 2
