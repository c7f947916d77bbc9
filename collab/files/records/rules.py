"""When something is due, and what may be destroyed then. Pure."""

from calendar import monthrange
from datetime import date

from collab.core.i18n import Message, msg
from collab.files.records.models import Fate, Start


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month; the end of the calendar for what goes beyond."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def due_day(start: Start, months: int, *, created: date, changed: date, event: date | None) -> date | None:
    """The first day on which the final fate may come; None while the event from which it counts has not happened.

    `created`, `changed`: the last such days of what the unit holds.
    """
    begins = {Start.CREATED: created, Start.CHANGED: changed, Start.EVENT: event}[start]
    return None if begins is None else add_months(begins, months)


def why_not(fate: Fate, due_on: date | None, transferred_on: date | None, today: date) -> Message | None:
    """Why a unit may not be destroyed now; None when it may, with a visa."""
    if due_on is None or due_on > today:
        return msg("It is not due yet.")
    if fate is Fate.KEEP and transferred_on is None:
        return msg("It is to be kept: the archives receive it first.")
    return None
