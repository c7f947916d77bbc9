"""Tells the people whom a change of a meeting concerns: a notification, and a mail with the calendar entry.

Called by service.py in the transaction of the change, so that a mail is owed exactly when the change stands. A mail's
key holds the meeting's rev: the same change never makes two.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from collab.core.database import Tx
from collab.core.i18n import Message, msg
from collab.notifications.mail import Attachment, queue_mail
from collab.notifications.models import Kind
from collab.notifications.service import notify
from directory.people.models import Person
from meetings.calendar import ical
from meetings.calendar.models import Answer, Meeting, MeetingInvitee
from meetings.calendar.rules import Notice


@dataclass(frozen=True, slots=True)
class Place:
    """What invitations say of the server: the time zone people live in (an IANA name) and the public address."""

    zone: str
    url: str


TEXTS: Mapping[Notice, Message] = {
    Notice.INVITED: msg("%(name)s invites you to “%(title)s”."),
    Notice.MOVED: msg("“%(title)s” takes place at another time."),
    Notice.CHANGED: msg("%(name)s has changed “%(title)s”."),
    Notice.CANCELLED: msg("“%(title)s” is cancelled."),
    Notice.UNINVITED: msg("You are no longer expected at “%(title)s”."),
}


async def tell(tx: Tx, meeting: Meeting, told: Mapping[UUID, Notice], place: Place) -> None:
    """Owe each of these people what they are to know of the meeting as it is now."""
    if not told:
        return
    await tx.flush()
    if Notice.MOVED in told.values():
        # What was answered, was answered to the old time.
        everybody = update(MeetingInvitee).where(col(MeetingInvitee.meeting_id) == meeting.id)
        await tx.execute(everybody.values(answer=Answer.WAITING.value))
    ids = [*told, meeting.organiser_id]
    people: dict[UUID, Person] = {
        person.id: person for person in await tx.all(select(Person).where(col(Person.id).in_(ids)))
    }
    organiser = people[meeting.organiser_id]
    entries = await _entries(tx, meeting, told, people, place)
    for person in sorted(told):
        notice = told[person]
        path = "/meetings" if notice is Notice.UNINVITED else f"/meetings/{meeting.id}"
        key = f"meeting:{meeting.id}:{meeting.rev}:{person}"
        text = Message(TEXTS[notice].text, {"name": organiser.display_name, "title": meeting.title})
        await notify(tx, person, Kind.INVITATION, text, url=path, key=key)
        if people[person].mail:
            entry = Attachment("invitation.ics", "text/calendar", entries[notice], notice.method)
            data = _mail(meeting, organiser, notice, path)
            await queue_mail(tx, to=person, template="meeting", data=data, key=key, attachments=[entry])


def _mail(meeting: Meeting, organiser: Person, notice: Notice, path: str) -> Mapping[str, str]:
    return {
        "notice": notice.value,
        "title": meeting.title,
        "description": meeting.description,
        "starts_at": meeting.starts_at.isoformat(),
        "ends_at": meeting.ends_at.isoformat(),
        "organiser": organiser.display_name,
        "path": path,
    }


async def _entries(
    tx: Tx, meeting: Meeting, told: Mapping[UUID, Notice], people: Mapping[UUID, Person], place: Place
) -> dict[Notice, bytes]:
    """The calendar entry for each notice: those who stay see each other, those who go see only who goes."""
    staying = await _parties(tx, meeting.id)
    leaving = [_party(people[person]) for person in sorted(told) if told[person] is Notice.UNINVITED]
    organiser = _party(people[meeting.organiser_id])

    def render(notice: Notice) -> bytes:
        entry = ical.Entry(
            meeting_id=meeting.id,
            sequence=meeting.rev - 1,
            title=meeting.title,
            description=meeting.description,
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
            zone=place.zone,
            url=f"{place.url}/meetings/{meeting.id}",
            stamp=tx.now,
            organiser=organiser,
            invited=leaving if notice is Notice.UNINVITED else staying,
        )
        return ical.render(entry, notice.method)

    return {notice: await asyncio.to_thread(render, notice) for notice in sorted(set(told.values()))}


async def _parties(tx: Tx, meeting_id: UUID) -> Sequence[ical.Party]:
    rows = await tx.rows(
        select(Person, col(MeetingInvitee.answer))
        .join(MeetingInvitee, col(MeetingInvitee.person_id) == col(Person.id))
        .where(col(MeetingInvitee.meeting_id) == meeting_id)
        .order_by(col(Person.sort_name), col(Person.id))
    )
    return [_party(person, answer) for person, answer in rows]


def _party(person: Person, answer: str = Answer.WAITING.value) -> ical.Party:
    """Somebody without a mail address is named all the same; the address then reaches nobody (RFC 2606)."""
    return ical.Party(person.display_name, person.mail or f"{person.id}@mail.invalid", answer)
