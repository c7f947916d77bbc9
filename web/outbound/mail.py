"""Sends the mails that are owed, over SMTP. The handler of the job `mail.send`.

A refusal for good (5xx to this address) ends the job, anything else is tried again; without a mail server the mails
wait. The log gets no address.
"""

import hashlib
import ssl
from datetime import timedelta
from email.header import Header
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import aiosmtplib

from collab.core.database import Database
from collab.core.jobs import Job, PermanentFailure, Postpone
from collab.core.settings import Mail, Settings
from collab.notifications.mail import attachments_of
from directory.people.models import Person
from web.render.locale import choose_language
from web.render.mails import Mails, Rendered

REACH_SECONDS = 10
UNCONFIGURED = timedelta(hours=1)
SECONDS = 30


class Wire(EmailPolicy):
    """What goes over SMTP, in 7 bits, whose subjects and names keep their words apart.

    Before Python 3.12, folding drops or adds spaces between encoded words; Header, the older way, does neither.
    """

    def fold_binary(self, name: str, value: Any) -> bytes:
        """One header with its line ends."""
        if self.utf8 or str(value).isascii() or name.lower() not in ("subject", "from", "to"):
            return super().fold_binary(name, value)
        header = Header(header_name=name)
        if isinstance(value, AddressHeader):
            [address] = value.addresses
            header.append(address.display_name, "utf-8")
            header.append(f"<{address.addr_spec}>", "us-ascii")
        else:
            header.append(str(value), "utf-8")
        return f"{name}: {header.encode(linesep=self.linesep)}{self.linesep}".encode("ascii")


WIRE = Wire(linesep="\r\n", cte_type="7bit")


async def reach(mail: Mail) -> str:
    """Where the mail server answers, having let us in; nothing is sent. Raises what aiosmtplib and the network do."""
    client = aiosmtplib.SMTP(
        hostname=mail.host,
        port=mail.port,
        use_tls=mail.tls == "tls",
        start_tls=mail.tls == "starttls",
        tls_context=ssl.create_default_context(cafile=str(mail.ca_file) if mail.ca_file else None),
        timeout=REACH_SECONDS,
    )
    async with client:
        if mail.user:
            await client.login(mail.user, mail.password.get_secret_value())
        await client.noop()
    return f"{mail.host}:{mail.port}"


class MailSender:
    """Sends one mail a job."""

    def __init__(self, settings: Settings, mails: Mails) -> None:
        self._settings = settings
        self._mails = mails

    async def send(self, db: Database, job: Job) -> None:
        """Send the mail of this job, or raise so that it is tried again."""
        if not self._settings.mail.enabled:
            raise Postpone(UNCONFIGURED)
        async with db.read() as tx:
            person = await tx.get(Person, UUID(job.payload["to"]))
        if person is None or not person.active:
            return  # whoever has left gets nothing more
        if not person.mail:
            raise PermanentFailure("this person has no mail address")
        language = choose_language(person.language or self._settings.place.language)
        rendered = self._mails.render(job.payload["template"], language, job.payload["data"])
        message = self.compose(person, rendered, job)
        international = not person.mail.isascii()
        try:
            await aiosmtplib.send(
                message.as_bytes(policy=WIRE.clone(utf8=international)),
                sender=self._settings.mail.sender,
                recipients=[person.mail],
                mail_options=["SMTPUTF8"] if international else [],
                **_connection(self._settings.mail),
            )
        except aiosmtplib.SMTPRecipientsRefused as refused:
            if all(500 <= one.code < 600 for one in refused.recipients):
                raise PermanentFailure("the mail server refuses this address for good") from None
            raise
        except aiosmtplib.SMTPResponseException as error:
            if 500 <= error.code < 600 and error.code not in (530, 535):
                raise PermanentFailure(f"the mail server refuses this mail for good ({error.code})") from None
            raise

    def compose(self, person: Person, rendered: Rendered, job: Job) -> EmailMessage:
        """The message: text, HTML, attachments; its Message-ID follows from the job's key (RFC 5322, 3.6.4)."""
        settings = self._settings
        message = EmailMessage()
        message["From"] = Address(settings.place.name, addr_spec=settings.mail.sender)
        message["To"] = Address(person.display_name, addr_spec=person.mail)
        message["Subject"] = rendered.subject
        message["Date"] = format_datetime(job.created_at)
        message["Message-ID"] = message_id(job.payload["key"], settings.mail.sender)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(rendered.text)
        message.add_alternative(rendered.html, subtype="html")
        for part in attachments_of(job.payload):
            main, _, sub = part.content_type.partition("/")
            if part.method:
                message.add_alternative(
                    part.content.decode("utf-8"), subtype=sub, charset="utf-8", params={"method": part.method}
                )
            message.add_attachment(part.content, maintype=main, subtype=sub, filename=part.name)
        return message


def message_id(key: str, sender: str) -> str:
    """The same for the same key, however often it is sent."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return f"<{digest}@{sender.rpartition('@')[2] or 'localhost'}>"


def _connection(mail: Mail) -> dict[str, Any]:
    context = ssl.create_default_context(cafile=str(mail.ca_file) if mail.ca_file else None)
    return {
        "hostname": mail.host,
        "port": mail.port,
        "use_tls": mail.tls == "tls",
        "start_tls": mail.tls == "starttls",
        "tls_context": context if mail.tls != "none" else None,
        "username": mail.user or None,
        "password": mail.password.get_secret_value() or None,
        "timeout": SECONDS,
    }
