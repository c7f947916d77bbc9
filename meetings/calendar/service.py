"""The only writer of meetings and their lists. Whoever is concerned by a change is owed a mail with its calendar entry.

An invitation gives a right (to see and join), so it is journalled in the chain of the meeting's space.
"""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, Invalid, StaleRevision
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.spaces import access as spaces
from directory.people.models import Person
from meetings.calendar.access import Can, get_meeting
from meetings.calendar.events import InviteesChanged, MeetingCancelled, MeetingKindChanged
from meetings.calendar.invitations import Place, tell
from meetings.calendar.models import (
    MOST_INVITED,
    AnswerInput,
    Meeting,
    MeetingChange,
    MeetingInput,
    MeetingInvitee,
    MeetingState,
)
from meetings.calendar.rules import Change, Notice, compare, notices


async def create_meeting(
    tx: Tx, actor: Actor, space_id: UUID, data: MeetingInput, place: Place, *, meeting_id: UUID | None = None
) -> Meeting:
    """A new meeting, organised by whoever makes it."""
    await spaces.require(tx, actor, space_id, spaces.Can.EDIT)
    organiser = actor.person_id
    if organiser is None:
        raise Denied()
    meeting = Meeting(
        id=meeting_id or new_id(),
        space_id=space_id,
        title=data.title,
        description=data.description,
        starts_at=data.starts_at,
        ends_at=data.starts_at + timedelta(minutes=data.duration),
        kind=data.kind.value,
        opens_at_start=data.opens_at_start,
        organiser_id=organiser,
        created_at=tx.now,
        updated_at=tx.now,
    )
    tx.add(meeting)
    await tx.flush()
    tx.record(actor, "meetings.create", space=space_id, subject=meeting.id, title=meeting.title, kind=meeting.kind)
    change = compare((), data.invitees, organiser)
    await _set_invitees(tx, actor, meeting, change)
    await tell(tx, meeting, notices(change, moved=False, changed=False), place)
    return meeting


async def update_meeting(
    tx: Tx, actor: Actor, meeting_id: UUID, data: MeetingChange, rev: int, place: Place
) -> Meeting:
    """Change a meeting. `rev`: the one that was seen."""
    meeting = await _get_planned(tx, actor, meeting_id)
    if meeting.rev != rev:
        raise StaleRevision(
            current=meeting.model_dump(mode="json"), yours=data.model_dump(exclude_none=True, mode="json")
        )
    before = (meeting.starts_at, meeting.ends_at), (meeting.title, meeting.description)
    duration = meeting.ends_at - meeting.starts_at if data.duration is None else timedelta(minutes=data.duration)
    door = meeting.kind, meeting.opens_at_start
    fields = {"title", "description", "starts_at", "opens_at_start"}
    meeting.sqlmodel_update(data.model_dump(exclude_none=True, include=fields))
    if data.kind is not None:
        meeting.kind = data.kind.value
    is_other_door = door != (meeting.kind, meeting.opens_at_start)
    meeting.ends_at = meeting.starts_at + duration
    after = (meeting.starts_at, meeting.ends_at), (meeting.title, meeting.description)
    change = compare(await _invited(tx, meeting_id), data.invitees, meeting.organiser_id)
    told = notices(change, moved=before[0] != after[0], changed=before[1] != after[1])
    if before == after and not told and not is_other_door:
        return meeting
    meeting.rev, meeting.updated_at = rev + 1, tx.now
    await _set_invitees(tx, actor, meeting, change)
    tx.record(
        actor,
        "meetings.update",
        space=meeting.space_id,
        subject=meeting.id,
        **data.model_dump(exclude_none=True, exclude={"invitees"}, mode="json"),
    )
    await tell(tx, meeting, told, place)
    if is_other_door:
        await tx.flush()
        tx.emit(MeetingKindChanged(meeting_id=meeting.id))
    return meeting


async def cancel_meeting(tx: Tx, actor: Actor, meeting_id: UUID, place: Place) -> None:
    """It does not take place. It stays readable, its room closes. Nothing happens when it was cancelled before."""
    meeting = await _take_meeting(tx, actor, meeting_id)
    if meeting.state == MeetingState.CANCELLED:
        return
    meeting.state = MeetingState.CANCELLED.value
    meeting.rev, meeting.updated_at = meeting.rev + 1, tx.now
    tx.record(actor, "meetings.cancel", space=meeting.space_id, subject=meeting.id, title=meeting.title)
    await tell(tx, meeting, dict.fromkeys(await _invited(tx, meeting_id), Notice.CANCELLED), place)
    tx.emit(MeetingCancelled(meeting_id=meeting.id))


async def invite(tx: Tx, actor: Actor, meeting_id: UUID, person_id: UUID, place: Place) -> None:
    """Invite somebody more. Nothing happens for who is on the list already."""
    await _change_list(tx, actor, meeting_id, place, add=person_id)


async def uninvite(tx: Tx, actor: Actor, meeting_id: UUID, person_id: UUID, place: Place) -> None:
    """Take somebody off the list. Nothing happens for who is not on it."""
    await _change_list(tx, actor, meeting_id, place, remove=person_id)


async def answer(tx: Tx, actor: Actor, meeting_id: UUID, data: AnswerInput) -> None:
    """Say whether one comes. Only who is invited can."""
    await get_meeting(tx, actor, meeting_id, Can.JOIN)
    row = await tx.get(MeetingInvitee, (meeting_id, actor.person_id))
    if row is None:
        raise Conflict(
            "meetings.not_invited", msg("You are not on the list of this meeting: there is nothing to answer.")
        )
    row.answer = data.answer.value


async def _change_list(
    tx: Tx, actor: Actor, meeting_id: UUID, place: Place, *, add: UUID | None = None, remove: UUID | None = None
) -> None:
    meeting = await _get_planned(tx, actor, meeting_id)
    current = await _invited(tx, meeting_id)
    change = compare(current, [*current - {remove}, *([add] if add else [])], meeting.organiser_id)
    if not (change.added or change.removed):
        return
    if len(change.added | change.kept) > MOST_INVITED and change.added:
        raise Conflict(
            "meetings.too_many_invited",
            msg("At most %(max)s people can be invited to a meeting.", max=MOST_INVITED),
        )
    meeting.rev, meeting.updated_at = meeting.rev + 1, tx.now
    await _set_invitees(tx, actor, meeting, change)
    await tell(tx, meeting, notices(change, moved=False, changed=False), place)


async def _get_planned(tx: Tx, actor: Actor, meeting_id: UUID) -> Meeting:
    meeting = await _take_meeting(tx, actor, meeting_id)
    if meeting.state == MeetingState.CANCELLED:
        raise Conflict("meetings.cancelled", msg("This meeting is cancelled: plan another one."))
    return meeting


async def _take_meeting(tx: Tx, actor: Actor, meeting_id: UUID) -> Meeting:
    """The meeting, locked before it is read, so that of two changes made at once one is seen to be stale."""
    await tx.lock(Meeting, meeting_id)
    return await get_meeting(tx, actor, meeting_id, Can.EDIT)


async def _invited(tx: Tx, meeting_id: UUID) -> frozenset[UUID]:
    statement = select(col(MeetingInvitee.person_id)).where(col(MeetingInvitee.meeting_id) == meeting_id)
    return frozenset(await tx.all(statement))


async def _set_invitees(tx: Tx, actor: Actor, meeting: Meeting, change: Change) -> None:
    if change.added:
        known = select(col(Person.id)).where(col(Person.id).in_(change.added), col(Person.active))
        if missing := change.added - set(await tx.all(known)):
            raise Invalid(
                errors={"invitees": msg("Nobody of this kind is in the directory.")},
                unknown=sorted(str(person) for person in missing),
            )
        tx.add(*(MeetingInvitee(meeting_id=meeting.id, person_id=person) for person in sorted(change.added)))
    if change.removed:
        await tx.execute(
            delete(MeetingInvitee).where(
                col(MeetingInvitee.meeting_id) == meeting.id, col(MeetingInvitee.person_id).in_(change.removed)
            )
        )
    for person in sorted(change.added):
        tx.record(actor, "meetings.invite", space=meeting.space_id, subject=meeting.id, person=str(person))
    for person in sorted(change.removed):
        tx.record(actor, "meetings.uninvite", space=meeting.space_id, subject=meeting.id, person=str(person))
    if change.added or change.removed:
        tx.emit(InviteesChanged(meeting_id=meeting.id, taken_off=bool(change.removed)))
