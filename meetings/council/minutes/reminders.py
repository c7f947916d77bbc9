"""Each morning: which lists and minutes are due, so that clerks hear of it two days before and when it is late.

Registered in web/scheduled.py. Each reminder is told once.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlmodel import col

from collab.core.database import Database, Tx
from collab.core.i18n import Message, msg
from collab.core.jobs import Handler, Job
from collab.notifications.models import Kind as Notice
from collab.notifications.service import notify
from collab.spaces.models import Role
from collab.spaces.queries import people_of
from meetings.council.assemblies.models import Assembly, Clerk
from meetings.council.minutes.models import Minutes, State
from meetings.council.rules.delays import civil_day
from meetings.council.rules.publication import list_by, minutes_by
from meetings.council.sittings.models import Sitting, SittingState

REMIND = "council.remind"
AHEAD = timedelta(days=2)


def handlers(zone: str) -> dict[str, Handler]:
    """The handler of the daily job."""

    async def remind(db: Database, _job: Job) -> None:
        async with db.write() as tx:
            await remind_clerks(tx, ZoneInfo(zone))

    return {REMIND: remind}


async def remind_clerks(tx: Tx, zone: ZoneInfo) -> int:
    """Tell of what is due; returns how many reminders there were to tell."""
    today = civil_day(tx.now, zone)
    rows = await tx.rows(
        select(Minutes, Sitting, Assembly)
        .join(Sitting, col(Sitting.id) == col(Minutes.sitting_id))
        .join(Assembly, col(Assembly.id) == col(Sitting.assembly_id))
        .where(or_(col(Minutes.state) != State.PUBLISHED, col(Minutes.list_published_at).is_(None)))
    )
    clerks = await _clerks(tx, [assembly for _, _, assembly in rows])
    coming = await _coming(tx, [assembly.id for _, _, assembly in rows])
    count = 0
    for minutes, sitting, assembly in rows:
        held = civil_day(sitting.starts_at, zone)
        settled = civil_day(minutes.settled_at, zone) if minutes.settled_at else None
        next_ = next((one for one in coming.get(assembly.id, []) if one.starts_at > sitting.starts_at), None)
        next_day = civil_day(next_.starts_at, zone) if next_ else None
        for key, text in due_of(minutes, held, settled, next_day, today):
            count += 1
            told = Message(text.text, {**text.params, "title": sitting.title})
            url = f"/council/sittings/{sitting.id}/minutes"
            for person in clerks[assembly.id]:
                await notify(tx, person, Notice.COUNCIL, told, url=url, key=f"council.{key}:{sitting.id}")
    return count


def due_of(
    minutes: Minutes, held: date, settled: date | None, next_sitting: date | None, today: date
) -> list[tuple[str, Message]]:
    """What is to be said today of these minutes: a key and words that want the sitting's title. Pure."""
    found: list[tuple[str, Message]] = []
    due = list_by(held).due
    if minutes.list_published_at is None and today > due:
        found.append(("list_late", msg("The list of deliberations of “%(title)s” is late: it was due by law.")))
    elif minutes.list_published_at is None and today >= due - AHEAD:
        found.append(("list_due", msg("The list of deliberations of “%(title)s” is to be published in two days.")))
    if settled is not None and minutes.state == State.SETTLED:
        due = minutes_by(settled).due
        if today > due:
            found.append(("minutes_late", msg("The minutes of “%(title)s” are late: they were due by law.")))
        elif today >= due - AHEAD:
            found.append(("minutes_due", msg("The minutes of “%(title)s” are to be published in two days.")))
    if minutes.state == State.DRAFT and next_sitting is not None and next_sitting - today <= timedelta(days=7):
        words = msg("The minutes of “%(title)s” are not proposed yet, and the next sitting is within a week.")
        found.append((f"minutes_unproposed:{next_sitting:%Y%m%d}", words))
    return found


async def _clerks(tx: Tx, assemblies: Sequence[Assembly]) -> dict[UUID, list[UUID]]:
    """Who runs each assembly: its clerks, else the owners of its space."""
    found: dict[UUID, list[UUID]] = {one.id: [] for one in assemblies}
    for clerk in await tx.all(select(Clerk).where(col(Clerk.assembly_id).in_(found))):
        found[clerk.assembly_id].append(clerk.person_id)
    for one in {one.id: one for one in assemblies if not found[one.id]}.values():
        found[one.id] = [person.id for person in await people_of(tx, one.space_id, role=Role.OWNER)]
    return found


async def _coming(tx: Tx, assemblies: Sequence[UUID]) -> dict[UUID, list[Sitting]]:
    found: dict[UUID, list[Sitting]] = {}
    statement = select(Sitting).where(
        col(Sitting.assembly_id).in_(assemblies), col(Sitting.state) == SittingState.CONVENED.value
    )
    for one in await tx.all(statement.order_by(col(Sitting.starts_at))):
        found.setdefault(one.assembly_id, []).append(one)
    return found
