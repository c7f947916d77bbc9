"""An invitation, from the service to a real mailbox: words, calendar entry, update, cancellation."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar

from collab.core.access import Actor, ActorKind, job_actor
from collab.core.database import Database
from collab.core.jobs import Worker
from collab.core.settings import Mail, Settings
from collab.core.settings import Place as Town
from collab.notifications.mail import JOB
from collab.spaces.models import SpaceInput
from collab.spaces.service import create_space
from directory.people.models import PersonInput
from directory.people.service import add_person
from meetings.calendar import service
from meetings.calendar.invitations import Place
from meetings.calendar.models import MeetingChange, MeetingInput
from tests.support.database import sqlite_url
from tests.support.postfix import PostfixServer
from web.outbound.mail import MailSender
from web.render.locale import Locales
from web.render.mails import Mails

PLACE = Place("Europe/Paris", "https://hemicycle.example")


def parts(message: EmailMessage) -> tuple[str, Any, str]:
    """The text, the calendar's event, and the method its part is sent with."""
    text = message.get_body(("plain",))
    assert text is not None
    entries = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    inline = next(part for part in entries if part.get_param("method"))
    calendar = Calendar.from_ical(inline.get_content())
    assert inline.get_param("method") == calendar["METHOD"]
    return text.get_content(), calendar.walk("VEVENT")[0], str(calendar["METHOD"])


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(sqlite_url(tmp_path))
    yield opened
    await opened.stop()


async def test_invited_moved_and_cancelled(db: Database, mailbox: PostfixServer) -> None:
    settings = Settings(
        place=Town(name="Mairie"), mail=Mail(host=mailbox.host, port=mailbox.port, sender="mairie@corp.test")
    )
    sender = MailSender(settings, Mails(Locales.load(), zone=PLACE.zone, base=PLACE.url, place="Mairie"))
    async with db.write() as tx:
        people = [
            await add_person(
                tx, job_actor("tests"), PersonInput(login=name, display_name=name, mail=f"{name}@corp.test")
            )
            for name in ("camille", "zoe")
        ]
        actor = Actor(ActorKind.PERSON, people[0].id)
        space = await create_space(tx, actor, SpaceInput(title="Voirie"))
        data = MeetingInput.model_validate(
            {"title": "Chantier n° 5", "starts_at": "2026-11-26T18:30:00+01:00", "invitees": [people[1].id]}
        )
        meeting = await service.create_meeting(tx, actor, space.id, data, PLACE)
    worker = Worker(db, {JOB: sender.send})
    await worker.run_due()
    (first,) = mailbox.wait_for("zoe")
    text, event, method = parts(first)
    assert first["Subject"] == "Invitation\u00a0: Chantier n° 5"
    spaced = text.replace("\N{NO-BREAK SPACE}", " ")
    assert "camille vous invite à la réunion « Chantier n° 5 »." in spaced
    assert "Quand : jeudi 26 novembre, de 18 h 30 à 19 h 30" in spaced
    assert f"{PLACE.url}/meetings/{meeting.id}" in text
    assert (method, event["SEQUENCE"], str(event["SUMMARY"])) == ("REQUEST", 0, "Chantier n° 5")

    async with db.write() as tx:
        moved = MeetingChange.model_validate({"starts_at": "2026-11-27T09:00:00+01:00"})
        await service.update_meeting(tx, actor, meeting.id, moved, 1, PLACE)
    async with db.write() as tx:
        await service.cancel_meeting(tx, actor, meeting.id, PLACE)
    await worker.run_due()
    mails = mailbox.wait_for("zoe", 3)
    uids = {str(parts(mail)[1]["UID"]) for mail in mails}
    assert uids == {f"{meeting.id}@hemicycle.example"}
    told = sorted((int(parts(mail)[1]["SEQUENCE"]), parts(mail)[2]) for mail in mails)
    assert told == [(0, "REQUEST"), (1, "REQUEST"), (2, "CANCEL")]
