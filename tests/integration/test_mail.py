"""Mail that is owed reaches a real postfix, whatever happens to it on the way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from uuid import UUID

import hypothesis
import pytest
from hypothesis import strategies as st
from sqlalchemy import select

from collab.core import jobs
from collab.core.access import job_actor
from collab.core.database import Database
from collab.core.i18n import msg
from collab.core.jobs import RETRY_SECONDS, Job, JobState, Worker
from collab.core.settings import Mail, Place, Settings
from collab.notifications.mail import JOB, Attachment, queue_mail
from collab.notifications.models import Kind
from collab.notifications.service import notify, send_digests
from directory.people.models import PersonInput
from directory.people.service import add_person, disable_person
from tests.support.database import sqlite_url
from tests.support.postfix import PostfixServer
from tests.support.relay import relay
from web.outbound.mail import WIRE, MailSender
from web.render.locale import Locales
from web.render.mails import Mails

SETUP = job_actor("set-up of the test")
TEXT = "Vous avez été désignée pour la carte « Réfection de l’école %(name)s »"
ICS = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nSUMMARY:Réunion de chantier\r\nEND:VCALENDAR\r\n"


@dataclass
class Office:
    """A database whose clock the test moves, its worker, and people by login."""

    db: Database
    mail: dict[str, Any]
    time: datetime = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    people: dict[str, UUID] = field(default_factory=dict)

    def now(self) -> datetime:
        return self.time

    async def work(self) -> None:
        """Run what is due, with the mail settings of the moment."""
        settings = Settings(place=Place(name="Mairie d’Ys"), mail=Mail(sender="mairie@corp.test", **self.mail))
        mails = Mails(Locales.load(), zone="Europe/Paris", base="https://hemicycle.example", place="Mairie d’Ys")
        await Worker(self.db, {JOB: MailSender(settings, mails).send}).run_due()

    async def owe(self, login: str, key: str = "k", attachments: tuple[Attachment, ...] = ()) -> None:
        async with self.db.write() as tx:
            data = {"text": TEXT, "params": {"name": "Louise-Michel"}, "path": "/cards/1"}
            to = self.people[login]
            await queue_mail(tx, to=to, template="notification", data=data, key=key, attachments=attachments)

    async def jobs(self) -> list[Job]:
        async with self.db.read() as tx:
            return list(await tx.all(select(Job).order_by(Job.created_at, Job.id)))  # type: ignore[arg-type]


@pytest.fixture
async def office(tmp_path: Path, mailbox: PostfixServer) -> AsyncIterator[Office]:
    db = Database(sqlite_url(tmp_path))
    made = Office(db, {"host": mailbox.host, "port": mailbox.port})
    db.clock = made
    async with db.write() as tx:
        for login, address in (
            ("zoe", "zoe@corp.test"),
            ("yann", "yann@corp.test"),
            ("ailleurs", "quelqu-un@ailleurs.example"),
            ("sans", ""),
        ):
            person = PersonInput(login=login, display_name=f"{login.title()} Kermorgant-Léon", mail=address)
            made.people[login] = (await add_person(tx, SETUP, person)).id
    yield made
    await db.stop()


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


async def test_an_owed_mail_is_delivered(office: Office, mailbox: PostfixServer) -> None:
    await office.owe("zoe")
    await office.owe("zoe")  # the same cause: once
    await office.work()
    [message] = await asyncio.to_thread(mailbox.wait_for, "zoe")
    assert message["Subject"] == TEXT % {"name": "Louise-Michel"}
    assert message["From"] == "Mairie d’Ys <mairie@corp.test>"
    assert message["To"] == "Zoe Kermorgant-Léon <zoe@corp.test>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "https://hemicycle.example/cards/1" in text_of(message)
    assert "https://hemicycle.example/cards/1" in text_of(message, "html")
    raw = message.as_bytes().split(b"\n\n", 1)[0]
    assert raw.isascii()
    assert max(map(len, raw.splitlines())) <= 78  # RFC 5322, 2.1.1
    [job] = await office.jobs()
    assert job.state == JobState.DONE


SUBJECTS = st.text(st.sampled_from("aé’ «»\u00a0:!œ🏫 "), min_size=1, max_size=120).map(
    lambda text: " ".join(text.split(" ")).strip(" ")
)


@hypothesis.given(SUBJECTS.filter(bool), SUBJECTS.filter(bool))
def test_a_subject_and_a_name_keep_every_letter_and_space(subject: str, name: str) -> None:
    message = EmailMessage()
    message["Subject"], message["To"] = subject, Address(name, addr_spec="zoe@corp.test")
    raw = message_from_bytes(message.as_bytes(policy=WIRE), policy=policy.compat32)
    told, address = parseaddr(raw["To"])
    assert str(make_header(decode_header(raw["Subject"]))) == subject
    assert str(make_header(decode_header(told))) == name
    assert address == "zoe@corp.test"


async def test_mail_waits_for_a_server_that_died_and_is_delivered_once(office: Office, mailbox: PostfixServer) -> None:
    await asyncio.to_thread(mailbox.die)
    await office.owe("zoe")
    await office.work()
    [job] = await office.jobs()
    assert (job.state, job.attempts) == (JobState.WAITING, 1)
    office.time += timedelta(seconds=RETRY_SECONDS[0] + 1)
    await office.work()
    [job] = await office.jobs()
    assert (job.state, job.attempts) == (JobState.WAITING, 2)
    await asyncio.to_thread(mailbox.start)
    office.time += timedelta(seconds=RETRY_SECONDS[1] + 1)
    await office.work()
    assert len(await asyncio.to_thread(mailbox.wait_for, "zoe")) == 1
    office.time += timedelta(days=3)
    await office.work()
    [job] = await office.jobs()
    assert job.state == JobState.DONE
    assert len(mailbox.messages("zoe")) == 1


async def test_what_is_sent_again_after_a_doubtful_answer_has_the_same_message_id(
    office: Office, mailbox: PostfixServer
) -> None:
    answers: list[int] = []

    def listen(sent: int) -> bool:
        answers.append(sent)
        return False

    async with relay(mailbox.port, listen) as port:
        office.mail["port"] = port
        await office.owe("yann", "measured")
        await office.work()
    # The last two answers are to the message (250 queued) and to QUIT: the first of them is now cut half way.
    last = len(answers) - 1
    answers.clear()

    def cut(sent: int) -> bool:
        listen(sent)
        return len(answers) == last

    async with relay(mailbox.port, cut) as port:
        office.mail["port"] = port
        await office.owe("zoe")
        await office.work()
        waiting = [job for job in await office.jobs() if job.state == JobState.WAITING]
        assert [job.attempts for job in waiting] == [1]
    office.mail["port"] = mailbox.port
    office.time += timedelta(seconds=RETRY_SECONDS[0] + 1)
    await office.work()
    first, second = await asyncio.to_thread(mailbox.wait_for, "zoe", 2)
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Date"] == second["Date"]
    [other] = await asyncio.to_thread(mailbox.wait_for, "yann")
    assert other["Message-ID"] != first["Message-ID"]


async def test_a_refused_address_ends_on_the_list_of_failed_jobs(office: Office, mailbox: PostfixServer) -> None:
    await office.owe("ailleurs", "refused")
    await office.owe("sans", "no address")
    await office.owe("zoe", "good")
    await office.work()
    assert len(await asyncio.to_thread(mailbox.wait_for, "zoe")) == 1
    async with office.db.read() as tx:
        failed = await jobs.list_failed(tx)
    told = {str(job.last_error) for job in failed}
    assert told == {
        "PermanentFailure: the mail server refuses this address for good",
        "PermanentFailure: this person has no mail address",
    }
    assert "ailleurs.example" not in str(told)
    async with office.db.write() as tx:
        await jobs.retry_job(tx, failed[0].id)
    await office.work()
    async with office.db.read() as tx:
        assert len(await jobs.list_failed(tx)) == 2


async def test_without_a_mail_server_mail_waits_without_losing_attempts(office: Office, mailbox: PostfixServer) -> None:
    host = office.mail.pop("host")
    await office.owe("zoe")
    for _ in range(30):
        await office.work()
        office.time += timedelta(hours=2)
    [job] = await office.jobs()
    assert (job.state, job.attempts) == (JobState.WAITING, 0)
    office.mail["host"] = host
    await office.work()
    assert len(await asyncio.to_thread(mailbox.wait_for, "zoe")) == 1


async def test_whoever_left_meanwhile_gets_nothing(office: Office, mailbox: PostfixServer) -> None:
    await office.owe("zoe")
    await office.owe("yann", "other")
    async with office.db.write() as tx:
        await disable_person(tx, SETUP, office.people["zoe"], "left")
    await office.work()
    await asyncio.to_thread(mailbox.wait_for, "yann")
    assert mailbox.messages("zoe") == []
    assert {job.state for job in await office.jobs()} == {JobState.DONE}


async def test_an_invitation_carries_its_calendar_entry(office: Office, mailbox: PostfixServer) -> None:
    part = Attachment("invitation.ics", "text/calendar", ICS.encode(), method="REQUEST")
    await office.owe("zoe", attachments=(part,))
    await office.work()
    [message] = await asyncio.to_thread(mailbox.wait_for, "zoe")
    kinds = [
        (one.get_content_type(), one.get_content_disposition(), one.get_param("method"))
        for one in message.walk()
        if not one.is_multipart()
    ]
    assert kinds == [
        ("text/plain", None, None),
        ("text/html", None, None),
        ("text/calendar", None, "REQUEST"),  # what mail programs offer to answer (RFC 6047, 2.4)
        ("text/calendar", "attachment", None),
    ]
    calendar, attached = [one for one in message.walk() if one.get_content_type() == "text/calendar"]
    assert "SUMMARY:Réunion de chantier" in calendar.get_content()
    assert attached.get_filename() == "invitation.ics"
    assert attached.get_payload(decode=True) == ICS.encode()


async def test_notifications_arrive_at_once_or_in_a_digest(office: Office, mailbox: PostfixServer) -> None:
    async with office.db.write() as tx:
        for kind, key in ((Kind.ACCOUNT, "a"), (Kind.ASSIGNMENT, "b"), (Kind.MEMBERSHIP, "c")):
            text = msg("Carte %(key)s : l’été", key=key)
            await notify(tx, office.people["zoe"], kind, text, url=f"/cards/{key}", key=key)
    await office.work()
    [at_once] = await asyncio.to_thread(mailbox.wait_for, "zoe")
    assert at_once["Subject"] == "Carte a : l’été"
    async with office.db.write() as tx:
        assert await send_digests(tx) == 1
    await office.work()
    digest = (await asyncio.to_thread(mailbox.wait_for, "zoe", 2))[1]
    body = text_of(digest)
    assert "Bonjour" in body
    for key in ("b", "c"):
        assert f"Carte {key} : l’été" in body
        assert f"https://hemicycle.example/cards/{key}" in body
    assert "Carte a" not in body
