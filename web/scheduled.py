"""Which jobs exist, who handles them and when the recurring ones come back."""

from collections.abc import Mapping, Sequence

from collab.core import jobs
from collab.core.database import Database
from collab.core.jobs import Handler, Job, Recurring
from collab.core.settings import Settings
from collab.notifications.mail import JOB
from collab.notifications.service import send_digests
from web.deps import Deps
from web.outbound.mail import MailSender


def handlers(deps: Deps) -> Mapping[str, Handler]:
    """Every kind of job and what runs it."""
    return {
        "jobs.forget_done": jobs.forget_done,
        JOB: deps.part(MailSender).send,
        "notifications.digest": _send_digests,
    }


async def _send_digests(db: Database, _job: Job) -> None:
    async with db.write() as tx:
        await send_digests(tx)


def recurring(settings: Settings) -> Sequence[Recurring]:
    """The jobs that come back by themselves, in the place's time zone."""
    zone = settings.place.time_zone
    return [
        Recurring("jobs.forget_done", "15 3 * * *", zone),
        Recurring("notifications.digest", "0 7 * * *", zone),
    ]
