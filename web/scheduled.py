"""Which jobs exist, who handles them and when the recurring ones come back."""

import asyncio
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

import structlog

from collab.core import jobs
from collab.core.access import job_actor
from collab.core.database import Database
from collab.core.i18n import Message, msg
from collab.core.jobs import Handler, Job, PermanentFailure, Recurring
from collab.core.settings import Settings
from collab.files import jobs as files
from collab.files import locks, readings, safety
from collab.files.links import deposits
from collab.files.previews import jobs as previews
from collab.files.records import jobs as records
from collab.files.texts import jobs as texts
from collab.notifications import membership
from collab.notifications.mail import JOB
from collab.notifications.service import send_digests
from collab.search import indexing
from collab.search.service import Search
from directory.ldap.directory import Directory
from directory.ldap.errors import ConfirmationNeeded
from directory.ldap.service import synchronise
from directory.sessions.service import forget_expired
from meetings.council.documents import making
from meetings.council.minutes import reminders
from meetings.council.secret import traces
from meetings.recording import jobs as recording
from meetings.rooms.attendance import forget_visits
from meetings.rooms.tokens import forget_tokens
from projects.boards import cards
from projects.exchange import service as exchange
from projects.exchange.writing import write_import
from web.contents import Contents
from web.deps import Deps
from web.lookup import policy_of
from web.outbound.clamd import Clamd
from web.outbound.mail import MailSender
from web.render.locale import Locales
from web.render.papers.press import TypstPress
from web.security_log import SecurityLog

log = structlog.get_logger()

RECORDING: Mapping[str, Message] = {
    "microphone": msg("microphone"),
    "camera": msg("camera"),
    "screen": msg("shared screen"),
    "screen_sound": msg("sound of the shared screen"),
    "gap": msg("The recording goes on"),
    "film": msg("Film"),
    "folder": msg("Recording"),
}
"""How the files of a recording are called."""


def handlers(deps: Deps) -> Mapping[str, Handler]:
    """Every kind of job and what runs it."""
    zone = deps.settings.place.time_zone
    return {
        "jobs.forget_done": jobs.forget_done,
        "boards.destroy_removed": cards.destroy_removed,
        exchange.WRITE: write_import,
        "boards.forget_imports": exchange.forget_imports,
        JOB: deps.part(MailSender).send,
        "notifications.digest": _send_digests,
        membership.JOB: membership.tell_members,
        membership.OWNER_JOB: membership.tell_of_owner,
        deposits.TELL: deposits.tell_deposits,
        "directory.sync": _sync_directory(deps),
        "sessions.forget_expired": _forget_sessions(deps),
        "files.forget_locks": _forget_locks,
        traces.SWEEP: _sweep_ballots,
        **files.handlers(deps.part(Contents).storage, deps.settings.files.trash_days),
        **safety.handlers(deps.part(Contents).storage, deps.parts.get(Clamd)),
        **readings.handlers(deps.settings.files.reads_days),
        **records.handlers(),
        **previews.handlers(deps.part(Contents).storage),
        **texts.handlers(deps.part(Contents).storage),
        **indexing.handlers(deps.part(Search)),
        **reminders.handlers(zone),
        **making.handlers(TypstPress(deps.part(Locales), zone), zone),
        **_recordings(deps),
    }


def _sync_directory(deps: Deps) -> Handler:
    async def sync(db: Database, _job: Job) -> None:
        try:
            plan = await synchronise(db, deps.part(Directory), job_actor("directory sync"))
        except ConfirmationNeeded as stop:
            # Trying again would ask the same question: an administrator answers it on the directory's page.
            raise PermanentFailure("the directory would take away a lot: look at the plan and confirm it") from stop
        if plan.kept is not None:
            log.warning("directory.last_administrator_kept", person_id=str(plan.kept.id))

    return sync


def _forget_sessions(deps: Deps) -> Handler:
    async def forget(db: Database, _job: Job) -> None:
        async with db.write() as tx:
            await forget_expired(tx, policy_of(deps.settings))
            await forget_tokens(tx)
            await forget_visits(tx, deps.settings.meetings.attendance_days)
            today = tx.now.date()
        await asyncio.to_thread(deps.part(SecurityLog).forget_old, today)

    return forget


async def _sweep_ballots(db: Database, _job: Job) -> None:
    await traces.destroy_traces(db)


def _recordings(deps: Deps) -> Mapping[str, Handler]:
    settings = deps.settings
    locale = deps.part(Locales)[settings.place.language]
    zone = ZoneInfo(settings.place.time_zone)
    return recording.handlers(
        deps.part(Contents).storage,
        settings.data.dir / "recordings",
        lambda word: locale.render(RECORDING[word]),
        lambda at: f"{at.astimezone(zone):%Y-%m-%d %H.%M}",
    )


async def _forget_locks(db: Database, _job: Job) -> None:
    async with db.write() as tx:
        await locks.forget_expired(tx)


async def _send_digests(db: Database, _job: Job) -> None:
    async with db.write() as tx:
        await send_digests(tx)


def recurring(settings: Settings) -> Sequence[Recurring]:
    """The jobs that come back by themselves, in the place's time zone."""
    zone = settings.place.time_zone
    synced = settings.ldap.enabled and settings.ldap.sync_cron
    return [
        *([Recurring("directory.sync", settings.ldap.sync_cron, zone)] if synced else []),
        Recurring("sessions.forget_expired", "20 * * * *", zone),
        Recurring("jobs.forget_done", "15 3 * * *", zone),
        Recurring("notifications.digest", "0 7 * * *", zone),
        Recurring("boards.destroy_removed", "25 3 * * *", zone),
        Recurring("boards.forget_imports", "28 3 * * *", zone),
        Recurring("files.forget_locks", "50 3 * * *", zone),
        Recurring(traces.SWEEP, "5 * * * *", zone),
        Recurring(files.EXPIRE_TRASH, "35 3 * * *", zone),
        Recurring(files.EXPIRE_UPLOADS, "40 * * * *", zone),
        Recurring(recording.SETTLE, "*/5 * * * *", zone),
        Recurring(indexing.CATCH_UP, "50 * * * *", zone),
        Recurring(texts.CATCH_UP, "10 2 * * *", zone),
        Recurring(files.SWEEP, "45 3 * * *", zone),
        Recurring(files.SCRUB, "30 1 * * *", zone),
        Recurring(readings.FORGET, "35 3 * * *", zone),
        Recurring(records.DUE, "30 5 * * *", zone),
        Recurring(reminders.REMIND, "30 6 * * *", zone),
        *([Recurring(safety.RESCAN, "35 * * * *", zone)] if settings.files.clamd else []),
    ]
