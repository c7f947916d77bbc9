"""The only writer of visits (who was in which room from when to when), of locks and of bans. It tells the lobby.

A program that comes in with a media token makes no visit; the journal says that it came, and by which token.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import NotFound
from directory.people.models import Person
from directory.units.models import Unit
from meetings.calendar.models import Meeting
from meetings.rooms import lobby
from meetings.rooms.access import Admission, get_hosted
from meetings.rooms.events import RoomEntered, RoomLeft, topic_of
from meetings.rooms.guest_models import Guest, GuestVisit
from meetings.rooms.models import Kind, MediaToken, Participant, RoomBan, RoomLock, RoomVisit


async def begin_visit(tx: Tx, admission: Admission, visit_id: UUID) -> Participant:
    """Somebody who was let in comes in."""
    who = await _find_who(tx, admission)
    await tx.announce(
        lambda topic, rev: RoomEntered(topic=topic, rev=rev, visit=visit_id, person=who.id, name=who.name),
        topic_of(admission.meeting_id),
    )
    meeting = admission.meeting_id
    if admission.guest:
        tx.add(GuestVisit(id=visit_id, meeting_id=meeting, guest_id=who.id, entered_at=tx.now))
    else:
        tx.add(RoomVisit(id=visit_id, meeting_id=meeting, person_id=who.id, entered_at=tx.now))
    if admission.lobby:
        await lobby.note_entered(tx, meeting, who.id, guest=admission.guest)
    return Participant(
        id=visit_id,
        person=who.id,
        name=who.name,
        photo=who.photo,
        role=admission.role,
        unit=who.unit,
        guest=admission.guest,
    )


@dataclass(frozen=True, slots=True)
class _Who:
    id: UUID
    name: str
    photo: bool
    unit: str


async def _find_who(tx: Tx, admission: Admission) -> _Who:
    """How somebody who comes in is shown. Raises NotFound."""
    if admission.guest:
        guest = await tx.get(Guest, admission.person_id)
        if guest is not None:
            return _Who(guest.id, guest.name, photo=False, unit="")
    elif (person := await tx.get(Person, admission.person_id)) is not None:
        unit = await tx.get(Unit, person.unit_id) if person.unit_id else None
        return _Who(person.id, person.display_name, photo=bool(person.photo_hash), unit=unit.name if unit else "")
    raise NotFound()


async def begin_session(tx: Tx, actor: Actor, admission: Admission, session_id: UUID) -> Participant:
    """A program that was let in by its media token comes in."""
    meeting = await tx.get(Meeting, admission.meeting_id)
    if meeting is None:
        raise NotFound()
    tx.record(
        actor,
        "rooms.send" if admission.kind is Kind.SOURCE else "rooms.view",
        space=meeting.space_id,
        subject=meeting.id,
        session=str(session_id),
    )
    return Participant(
        id=session_id,
        kind=admission.kind,
        person=admission.person_id,
        name=admission.name,
        photo=False,
        role=admission.role,
    )


async def end_visit(tx: Tx, visit_id: UUID, at: datetime | None = None) -> None:
    """A stay is over, or was at `at`. Nothing happens when it was before."""
    visit: RoomVisit | GuestVisit | None = await tx.get(RoomVisit, visit_id)
    if visit is None:
        visit = await tx.get(GuestVisit, visit_id)
    if visit is None or visit.left_at is not None:
        return
    await tx.announce(lambda topic, rev: RoomLeft(topic=topic, rev=rev, visit=visit_id), topic_of(visit.meeting_id))
    visit.left_at = max(visit.entered_at, at or tx.now)
    await tx.flush()
    who = visit.guest_id if isinstance(visit, GuestVisit) else visit.person_id
    await lobby.note_left(tx, visit.meeting_id, who)


async def send_out(tx: Tx, actor: Actor, meeting_id: UUID, participant: Participant) -> None:
    """A host puts somebody out, who may come back."""
    meeting = await get_hosted(tx, actor, meeting_id)
    await lobby.withdraw(tx, meeting_id, participant.person)
    tx.record(
        actor, "rooms.send_out", space=meeting.space_id, subject=meeting_id, person=str(participant.person),
        name=participant.name,
    )  # fmt: skip


async def ban(tx: Tx, actor: Actor, meeting_id: UUID, participant: Participant, token: UUID | None) -> None:
    """A host puts somebody out for good; of a program, its media token (`token`) is worth nothing any more."""
    meeting = await get_hosted(tx, actor, meeting_id)
    if token is not None:
        await tx.execute(delete(MediaToken).where(col(MediaToken.id) == token))
    elif participant.guest:
        await tx.execute(update(Guest).where(col(Guest.id) == participant.person).values(banned_at=tx.now))
    elif await tx.get(RoomBan, (meeting_id, participant.person)) is None:
        tx.add(RoomBan(meeting_id=meeting_id, person_id=participant.person, banned_at=tx.now))
    tx.record(
        actor, "rooms.ban", space=meeting.space_id, subject=meeting_id, person=str(participant.person),
        name=participant.name, token=str(token) if token else None,
    )  # fmt: skip


async def lift_ban(tx: Tx, actor: Actor, meeting_id: UUID, person_id: UUID) -> None:
    """A host lets somebody back in. Raises NotFound where they were not put out."""
    meeting = await get_hosted(tx, actor, meeting_id)
    row = await tx.get(RoomBan, (meeting_id, person_id))
    guest = await tx.get(Guest, person_id)
    if row is not None:
        await tx.delete(row)
    elif guest is not None and guest.meeting_id == meeting_id and guest.banned_at is not None:
        guest.banned_at = None
    else:
        raise NotFound()
    tx.record(actor, "rooms.lift_ban", space=meeting.space_id, subject=meeting_id, person=str(person_id))


async def lock_room(tx: Tx, actor: Actor, meeting_id: UUID, locked: bool) -> None:
    """A host lets nobody else in, or opens the room again. Nothing is written when it is so already."""
    meeting = await get_hosted(tx, actor, meeting_id)
    row = await tx.get(RoomLock, meeting_id)
    if (row is not None) == locked:
        return
    if row is None:
        tx.add(RoomLock(meeting_id=meeting_id, locked_at=tx.now))
    else:
        await tx.delete(row)
    action = "rooms.lock" if locked else "rooms.open"
    tx.record(actor, action, space=meeting.space_id, subject=meeting_id)


async def open_empty_room(tx: Tx, meeting_id: UUID) -> None:
    """The last one has left: whoever comes next is not kept out."""
    await tx.execute(delete(RoomLock).where(col(RoomLock.meeting_id) == meeting_id))


async def end_meeting(tx: Tx, actor: Actor, meeting_id: UUID) -> None:
    """A host ends the meeting for all who are in its room."""
    meeting = await get_hosted(tx, actor, meeting_id)
    await lobby.withdraw(tx, meeting_id)
    tx.record(actor, "rooms.end", space=meeting.space_id, subject=meeting_id)
