"""What is said in a meeting's chat: written through collab.chat; those whom it names are told."""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.chat.models import MessageInput, MessageView
from collab.chat.service import post_message
from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.i18n import msg
from collab.files.comments import MOST_NAMED, find_named
from collab.notifications.models import Kind
from collab.notifications.service import notify
from collab.spaces.queries import people_of
from directory.people.models import Person
from meetings.calendar.models import Meeting, MeetingInvitee
from meetings.rooms.access import open_chat


async def say(tx: Tx, actor: Actor, meeting_id: UUID, data: MessageInput) -> MessageView:
    """Write in the meeting's chat. Members of its space and those invited whom the text names after an `@` are told."""
    channel = await open_chat(tx, actor, meeting_id, write=True)
    view = await post_message(tx, channel, data)
    if "@" in data.text:
        await _tell_named(tx, meeting_id, view)
    return view


async def _tell_named(tx: Tx, meeting_id: UUID, said: MessageView) -> None:
    meeting = await tx.get(Meeting, meeting_id)
    assert meeting is not None
    invited = select(col(MeetingInvitee.person_id)).where(col(MeetingInvitee.meeting_id) == meeting_id)
    guests = await tx.all(select(Person).where(col(Person.id).in_(invited), col(Person.active)))
    people = {person.id: person for person in [*await people_of(tx, meeting.space_id), *guests]}
    for person in list(find_named(said.text, list(people.values())))[:MOST_NAMED]:
        if person.id != said.author_id:
            text = msg("%(who)s mentions you in the chat of “%(title)s”.", who=said.author_name, title=meeting.title)
            url = f"/meetings/{meeting_id}#chat"
            await notify(tx, person.id, Kind.MENTION, text, url=url, key=f"chat.mention:{said.id}")
