"""What one sees of meetings: those of a space, one's own, the next one, one of them whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import NotFound
from collab.spaces import access as spaces
from collab.spaces.models import Space
from directory.people.models import Person
from meetings.calendar.access import Can, get_with_standing, is_mine
from meetings.calendar.models import (
    Answer,
    InviteeView,
    Meeting,
    MeetingInvitee,
    MeetingKind,
    MeetingState,
    MeetingSummary,
    MeetingView,
)
from meetings.calendar.rules import SEARCHED_AHEAD, is_door_offered

PAGE = 100


@dataclass(frozen=True, slots=True)
class MeetingsPage:
    """Some meetings in order; `next` is what to give as `after` for those who follow, None at the end."""

    items: list[MeetingSummary]
    next: UUID | None


async def view_meeting(tx: Tx, actor: Actor, meeting_id: UUID) -> MeetingView:
    """A meeting whole. Its space is named only to members."""
    _, standing = await get_with_standing(tx, actor, meeting_id, Can.READ)
    row = (await tx.rows(_statement(actor).where(col(Meeting.id) == meeting_id)))[0]
    rows = await tx.rows(
        select(Person, col(MeetingInvitee.answer))
        .join(MeetingInvitee, col(MeetingInvitee.person_id) == col(Person.id))
        .where(col(MeetingInvitee.meeting_id) == meeting_id)
        .order_by(col(Person.sort_name), col(Person.id))
    )
    return MeetingView(
        **_summary(row, tx.now).model_dump(),
        description=row[0].description,
        opens_at_start=row[0].opens_at_start,
        invitees=[
            InviteeView(
                person_id=person.id,
                name=person.display_name,
                title=person.title,
                has_photo=bool(person.photo_hash),
                answer=Answer(answer),
            )
            for person, answer in rows
        ],
        can_edit=Can.EDIT in standing.grants,
    )


async def list_meetings(
    tx: Tx,
    actor: Actor,
    space_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    after: UUID | None = None,
) -> MeetingsPage:
    """The meetings of a space by time, cancelled ones included. `since`, `until`: those that touch this stretch."""
    await spaces.require(tx, actor, space_id, spaces.Can.READ)
    conditions: list[ColumnElement[bool]] = [col(Meeting.space_id) == space_id, *_between(since, until)]
    if after is not None:
        last = await tx.get(Meeting, after)
        if last is None or last.space_id != space_id:
            raise NotFound()
        conditions.append(_comes_after(last))
    rows = await tx.rows(_ordered(_statement(actor).where(*conditions)).limit(PAGE + 1))
    items = [_summary(row, tx.now) for row in rows[:PAGE]]
    return MeetingsPage(items, items[-1].id if len(rows) > PAGE else None)


async def list_my_meetings(
    tx: Tx,
    actor: Actor,
    since: datetime | None,
    until: datetime | None,
    *,
    limit: int = PAGE,
) -> list[MeetingSummary]:
    """The first meetings at which the actor is expected and that touch this stretch of time; none that is cancelled."""
    if actor.person_id is None:
        return []
    planned = col(Meeting.state) == MeetingState.PLANNED
    statement = _statement(actor).where(planned, is_mine(actor), *_between(since, until))
    rows = await tx.rows(_ordered(statement).limit(limit))
    return [_summary(row, tx.now) for row in rows]


async def page_my_meetings(
    tx: Tx,
    actor: Actor,
    since: datetime | None,
    until: datetime | None,
    *,
    after: UUID | None = None,
    limit: int = PAGE,
    newest_first: bool = False,
) -> MeetingsPage:
    """As list_my_meetings, by time, to its end: `after` is where the part before ended. `limit`: of one part."""
    if actor.person_id is None:
        return MeetingsPage([], None)
    mine = [col(Meeting.state) == MeetingState.PLANNED, is_mine(actor)]
    conditions = [*mine, *_between(since, until)]
    if after is not None:
        # Only one's own: the place of another in the order would tell its time.
        last: Meeting | None = await tx.one(select(Meeting).where(*mine, col(Meeting.id) == after))
        if last is not None:
            conditions.append(_comes_before(last) if newest_first else _comes_after(last))
    rows = await tx.rows(_ordered(_statement(actor).where(*conditions), newest_first=newest_first).limit(limit + 1))
    items = [_summary(row, tx.now) for row in rows[:limit]]
    return MeetingsPage(items, items[-1].id if len(rows) > limit else None)


async def find_next_meeting(tx: Tx, actor: Actor, now: datetime) -> MeetingSummary | None:
    """The one that goes on, else the first of the coming days."""
    found = await list_my_meetings(tx, actor, now + timedelta(seconds=1), now + SEARCHED_AHEAD, limit=1)
    return found[0] if found else None


def _comes_after(last: Meeting) -> ColumnElement[bool]:
    starts = col(Meeting.starts_at)
    return or_(starts > last.starts_at, and_(starts == last.starts_at, col(Meeting.id) > last.id))


def _comes_before(last: Meeting) -> ColumnElement[bool]:
    starts = col(Meeting.starts_at)
    return or_(starts < last.starts_at, and_(starts == last.starts_at, col(Meeting.id) < last.id))


def _between(since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if since is not None:
        conditions.append(col(Meeting.ends_at) >= since)
    if until is not None:
        conditions.append(col(Meeting.starts_at) < until)
    return conditions


def _statement(actor: Actor) -> Select[Any]:
    mine = col(Space.id).in_(spaces.readable_spaces(actor))
    statement: Select[Any] = select(Meeting, col(Person.display_name), col(Space.title))  # type: ignore[assignment]  # its own row type says no more
    return statement.join(Person, col(Person.id) == col(Meeting.organiser_id)).outerjoin(
        Space, and_(col(Space.id) == col(Meeting.space_id), mine)
    )


def _ordered(statement: Select[Any], *, newest_first: bool = False) -> Select[Any]:
    if newest_first:
        return statement.order_by(col(Meeting.starts_at).desc(), col(Meeting.id).desc())
    return statement.order_by(col(Meeting.starts_at), col(Meeting.id))


def _summary(row: Sequence[Any], now: datetime) -> MeetingSummary:
    meeting, organiser, space = row
    planned = meeting.state == MeetingState.PLANNED
    return MeetingSummary(
        id=meeting.id,
        space_id=meeting.space_id,
        space_title=space or "",
        title=meeting.title,
        starts_at=meeting.starts_at,
        ends_at=meeting.ends_at,
        duration=round((meeting.ends_at - meeting.starts_at).total_seconds() / 60),
        kind=MeetingKind(meeting.kind),
        state=MeetingState(meeting.state),
        organiser_id=meeting.organiser_id,
        organiser_name=organiser,
        joinable=planned and is_door_offered(meeting.starts_at, meeting.ends_at, now),
        rev=meeting.rev,
    )
