"""The only writer of visits: who was in which room from when to when.

A program that comes in with a media token makes no visit; the journal says that it came, and by which token.
"""

from uuid import UUID

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import NotFound
from directory.people.models import Person
from meetings.calendar.models import Meeting
from meetings.rooms.access import Admission
from meetings.rooms.events import RoomEntered, RoomLeft, topic_of
from meetings.rooms.models import Kind, Participant, RoomVisit


async def begin_visit(tx: Tx, admission: Admission, visit_id: UUID) -> Participant:
    """Somebody who was let in comes in."""
    person = await tx.get(Person, admission.person_id)
    if person is None:
        raise NotFound()
    await tx.announce(
        lambda topic, rev: RoomEntered(
            topic=topic, rev=rev, visit=visit_id, person=person.id, name=person.display_name
        ),
        topic_of(admission.meeting_id),
    )
    tx.add(RoomVisit(id=visit_id, meeting_id=admission.meeting_id, person_id=person.id, entered_at=tx.now))
    return Participant(
        id=visit_id,
        person=person.id,
        name=person.display_name,
        photo=bool(person.photo_hash),
        role=admission.role,
    )


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


async def end_visit(tx: Tx, visit_id: UUID) -> None:
    """A stay is over. Nothing happens when it was before."""
    visit = await tx.get(RoomVisit, visit_id)
    if visit is None or visit.left_at is not None:
        return
    await tx.announce(lambda topic, rev: RoomLeft(topic=topic, rev=rev, visit=visit_id), topic_of(visit.meeting_id))
    visit.left_at = tx.now
