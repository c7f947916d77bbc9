"""Meetings: made, changed, cancelled, seen by those who may; whom it concerns is owed a mail."""

from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlmodel import col

from collab.core import journal
from collab.core.errors import Conflict, Denied, Invalid, NotFound, StaleRevision
from collab.core.ids import new_id
from collab.core.jobs import Job
from collab.notifications.mail import JOB, attachments_of
from collab.notifications.models import Notification
from meetings.calendar import queries, service
from meetings.calendar.models import Answer, AnswerInput, MeetingChange, MeetingInput, MeetingState
from tests.service.meetings.conftest import PLACE, START, World, person_of


async def mails(world: World) -> list[dict[str, Any]]:
    """The mails that are owed, oldest first."""
    async with world.db.read() as tx:
        jobs = await tx.all(select(Job).where(col(Job.kind) == JOB).order_by(col(Job.created_at), col(Job.id)))
    return [job.payload for job in jobs]


def entry_of(payload: dict[str, Any]) -> tuple[Any, Any]:
    """The calendar and the event of a mail."""
    (attachment,) = attachments_of(payload)
    calendar = Calendar.from_ical(attachment.content)
    assert calendar["METHOD"] == attachment.method
    return calendar, calendar.walk("VEVENT")[0]


async def change(world: World, rev: int = 1, **values: Any) -> Any:
    return await world.do(service.update_meeting, world.meeting, MeetingChange.model_validate(values), rev, PLACE)


async def test_editors_make_meetings_and_readers_do_not(world: World) -> None:
    data = MeetingInput(title="Point", starts_at=START)
    made = await world.do(service.create_meeting, world.space, data, PLACE, actor=world.editor)
    assert made.organiser_id == world.editor.person_id
    with pytest.raises(Denied):
        await world.do(service.create_meeting, world.space, data, PLACE, actor=world.reader)
    with pytest.raises(NotFound):
        await world.do(service.create_meeting, world.space, data, PLACE, actor=world.stranger)


async def test_an_invitation_from_outside_shows_this_meeting_alone(world: World) -> None:
    with pytest.raises(NotFound):
        await world.see(queries.view_meeting, world.meeting, actor=world.stranger)
    await world.do(service.invite, world.meeting, person_of(world.stranger), PLACE)
    seen = await world.see(queries.view_meeting, world.meeting, actor=world.stranger)
    assert (seen.title, seen.space_title, seen.can_edit) == ("Chantier", "", False)
    with pytest.raises(Denied):
        await world.do(service.cancel_meeting, world.meeting, PLACE, actor=world.stranger)
    with pytest.raises(NotFound):
        await world.see(queries.list_meetings, world.space, actor=world.stranger)
    await world.do(service.uninvite, world.meeting, person_of(world.stranger), PLACE)
    with pytest.raises(NotFound):
        await world.see(queries.view_meeting, world.meeting, actor=world.stranger)


async def test_who_is_invited_is_owed_a_mail_with_an_entry(world: World) -> None:
    await world.do(service.invite, world.meeting, person_of(world.reader), PLACE)
    (mail,) = await mails(world)
    assert mail["to"] == str(world.reader.person_id)
    assert mail["data"]["notice"] == "invited"
    calendar, event = entry_of(mail)
    assert calendar["METHOD"] == "REQUEST"
    assert event["UID"] == f"{world.meeting}@mairie.example"
    assert event["SEQUENCE"] == 1
    assert event.decoded("DTSTART").astimezone(UTC) == START
    assert event["ORGANIZER"] == "mailto:elodie@mairie.example"
    async with world.db.read() as tx:
        (told,) = await tx.all(select(Notification))
    assert told.person_id == world.reader.person_id
    assert told.url == f"/meetings/{world.meeting}"


async def test_inviting_twice_owes_one_mail(world: World) -> None:
    for _ in range(2):
        await world.do(service.invite, world.meeting, person_of(world.reader), PLACE)
    assert len(await mails(world)) == 1


async def test_another_time_is_told_and_asks_for_an_answer_again(world: World) -> None:
    await world.do(service.invite, world.meeting, person_of(world.reader), PLACE)
    await world.do(service.answer, world.meeting, AnswerInput(answer=Answer.ACCEPTED), actor=world.reader)
    await change(world, rev=2, starts_at=(START + timedelta(days=1)).isoformat())
    _, moved = await mails(world)
    _, event = entry_of(moved)
    assert moved["data"]["notice"] == "moved"
    assert event["SEQUENCE"] == 2
    assert event.decoded("DTSTART").astimezone(UTC) == START + timedelta(days=1)
    seen = await world.see(queries.view_meeting, world.meeting)
    assert seen.duration == 60
    assert [one.answer for one in seen.invitees] == [Answer.WAITING]


async def test_a_change_that_changes_nothing_tells_nobody(world: World) -> None:
    await world.do(service.invite, world.meeting, person_of(world.reader), PLACE)
    await change(world, rev=2, title="Chantier")
    seen = await world.see(queries.view_meeting, world.meeting)
    assert seen.rev == 2
    assert len(await mails(world)) == 1


async def test_a_stale_change_is_refused_with_both_versions(world: World) -> None:
    await change(world, title="Chantier nord")
    with pytest.raises(StaleRevision) as refused:
        await change(world, title="Chantier sud")
    assert refused.value.extra["yours"] == {"title": "Chantier sud"}
    current = refused.value.extra["current"]
    assert isinstance(current, dict)
    assert current["title"] == "Chantier nord"


async def test_who_leaves_the_list_gets_a_cancellation_that_names_nobody_else(world: World) -> None:
    both = [person_of(world.reader), person_of(world.stranger)]
    await change(world, invitees=[str(person) for person in both])
    await change(world, rev=2, invitees=[str(both[0])])
    last = (await mails(world))[-1]
    calendar, event = entry_of(last)
    assert last["to"] == str(both[1])
    assert calendar["METHOD"] == "CANCEL"
    assert event["ATTENDEE"] == "mailto:denis@mairie.example"


async def test_a_cancelled_meeting_stays_and_tells(world: World) -> None:
    await world.do(service.invite, world.meeting, person_of(world.reader), PLACE)
    for _ in range(2):
        await world.do(service.cancel_meeting, world.meeting, PLACE)
    seen = await world.see(queries.view_meeting, world.meeting)
    assert seen.state is MeetingState.CANCELLED
    owed = await mails(world)
    assert [mail["data"]["notice"] for mail in owed] == ["invited", "cancelled"]
    assert entry_of(owed[1])[1]["STATUS"] == "CANCELLED"
    assert await world.see(queries.list_my_meetings, None, None) == []
    with pytest.raises(Conflict):
        await change(world, rev=3, title="Encore")


async def test_nobody_unknown_is_invited(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        await change(world, invitees=[str(new_id())])
    assert "invitees" in refused.value.errors
    assert await mails(world) == []


async def test_only_who_is_invited_answers(world: World) -> None:
    with pytest.raises(Conflict):
        await world.do(service.answer, world.meeting, AnswerInput(answer=Answer.ACCEPTED), actor=world.editor)


async def test_one_is_expected_where_one_is_invited_or_everybody_is(world: World) -> None:
    async def mine(actor: Any) -> list[UUID]:
        return [one.id for one in await world.see(queries.list_my_meetings, None, None, actor=actor)]

    everybody = (world.owner, world.editor, world.reader)
    assert [await mine(actor) for actor in everybody] == [[world.meeting]] * 3
    await world.do(service.invite, world.meeting, person_of(world.stranger), PLACE)
    assert await mine(world.stranger) == await mine(world.owner) == [world.meeting]
    assert await mine(world.reader) == []


async def test_the_meetings_of_a_space_come_in_pages(world: World) -> None:
    async with world.db.write() as tx:
        for number in range(queries.PAGE):
            start = START + timedelta(days=number // 3)
            data = MeetingInput(title=f"Point {number}", starts_at=start)
            await service.create_meeting(tx, world.owner, world.space, data, PLACE)
    first = await world.see(queries.list_meetings, world.space)
    async with world.db.read() as tx:
        rest = await queries.list_meetings(tx, world.owner, world.space, after=first.next)
    assert (len(first.items), len(rest.items), rest.next) == (queries.PAGE, 1, None)
    assert len({one.id for one in (*first.items, *rest.items)}) == queries.PAGE + 1


async def test_the_next_meeting_is_the_one_that_goes_on(world: World) -> None:
    async def following(minutes: int) -> Any:
        return await world.see(queries.find_next_meeting, START + timedelta(minutes=minutes))

    later = MeetingInput(title="Suite", starts_at=START + timedelta(hours=2))
    second = await world.do(service.create_meeting, world.space, later, PLACE)
    assert (await following(-60)).id == world.meeting
    assert (await following(30)).id == world.meeting
    assert (await following(61)).id == second.id
    assert await following(60 * 24) is None


async def test_invitations_stand_in_the_journal_of_the_space(world: World) -> None:
    await world.do(service.invite, world.meeting, person_of(world.stranger), PLACE)
    async with world.db.read() as tx:
        entries = await tx.all(
            select(journal.JournalEntry)
            .where(col(journal.JournalEntry.chain) == str(world.space))
            .order_by(col(journal.JournalEntry.seq))
        )
        report = await journal.verify(tx)
    assert [entry.action for entry in entries][-2:] == ["meetings.create", "meetings.invite"]
    assert report.faults == []


async def test_the_list_ends_where_a_whole_list_would_be_refused(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "MOST_INVITED", 1)
    await world.do(service.invite, world.meeting, person_of(world.reader), PLACE)
    with pytest.raises(Conflict) as refused:
        await world.do(service.invite, world.meeting, person_of(world.stranger), PLACE)
    assert refused.value.code == "meetings.too_many_invited"
    await world.do(service.invite, world.meeting, person_of(world.reader), PLACE)  # is on it already
    await world.do(service.uninvite, world.meeting, person_of(world.reader), PLACE)
    await world.do(service.invite, world.meeting, person_of(world.stranger), PLACE)
