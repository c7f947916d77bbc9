"""Sitting by videoconference: who may, on which items not, who counts as there, and the sitting in one place that is
owed each half-year (CGCT L5211-11-1, L3121-9-1, L4132-9-1; rules R1 to R3)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from collab.core.i18n import msg
from meetings.council.rules.entries import (
    CCAS,
    COMMISSIONS,
    COMMUNES,
    CST,
    DEPARTEMENTS,
    GROUPINGS,
    LAW_3DS,
    LAW_2025_1249,
    NO_TEXT,
    REGIONS,
    Assembly,
    Entry,
    Finding,
    error,
    find,
    kinds,
    ok,
    refused,
    warning,
)

DAY = timedelta(days=1)


class Allowed(StrEnum):
    """Whether an assembly may sit by videoconference."""

    YES = "yes"
    NO = "no"
    CONDITIONS = "conditions"


ALLOWED: Sequence[Entry[Allowed]] = (
    Entry(Allowed.NO, "CGCT L2121-7", COMMUNES, LAW_3DS),
    Entry(Allowed.YES, "CGCT L5211-11-1", GROUPINGS, LAW_3DS),
    Entry(Allowed.YES, "CGCT L3121-9-1", DEPARTEMENTS, LAW_3DS),
    Entry(Allowed.YES, "CGCT L4132-9-1", REGIONS, LAW_3DS),
    Entry(Allowed.YES, "CGCT L3121-9-1, L4132-9-1", COMMISSIONS, LAW_3DS),
    Entry(Allowed.YES, "loi 2025-1249", kinds(Assembly.MUNICIPAL_COMMISSION), LAW_2025_1249, certain=False),
    Entry(Allowed.YES, "loi 2025-1249", kinds(Assembly.EPCI_BUREAU), LAW_2025_1249, certain=False),
    Entry(Allowed.NO, "CGCT L5211-11-1", kinds(Assembly.EPCI_BUREAU), LAW_3DS, LAW_2025_1249 - DAY),
    Entry(Allowed.YES, "CGCT L1414-2", kinds(Assembly.TENDER_COMMISSION), date(2014, 11, 8), certain=False),
    Entry(Allowed.CONDITIONS, "CGCT L5211-11-1", kinds(Assembly.OPEN_SYNDICAT), certain=False),
    Entry(Allowed.CONDITIONS, "CGFP R254-45 à R254-47", CST, date(2025, 2, 1), certain=False),
    Entry(Allowed.CONDITIONS, "CGFP R264-50", kinds(Assembly.CAP), date(2025, 2, 1), certain=False),
    Entry(Allowed.NO, "CASF R123-16", CCAS, certain=False),
)
# Where the conditions of rule R1 and the items of rule R2 are written.
CONDITIONS: Sequence[Entry[bool]] = (
    Entry(True, "CGCT L5211-11-1", GROUPINGS, LAW_3DS),
    Entry(True, "CGCT L5211-11-1", kinds(Assembly.EPCI_BUREAU), LAW_2025_1249, certain=False),
    Entry(True, "CGCT L3121-9-1", DEPARTEMENTS, LAW_3DS),
    Entry(True, "CGCT L4132-9-1", REGIONS, LAW_3DS),
    Entry(True, "CGCT L3121-9-1, L4132-9-1", COMMISSIONS, LAW_3DS),
)


class Item(StrEnum):
    """Kinds of items that rules speak of."""

    DELIBERATION = "deliberation"
    INFORMATION = "information"
    PRESIDENT_ELECTION = "president_election"
    BUREAU_ELECTION = "bureau_election"
    DELEGATES_ELECTION = "delegates_election"
    APPOINTMENT = "appointment"
    BUDGET = "budget"
    ACCOUNTS = "accounts"
    MISCELLANEOUS = "miscellaneous"
    ORAL_QUESTION = "oral_question"


FORBIDDEN = frozenset(
    (Item.PRESIDENT_ELECTION, Item.BUREAU_ELECTION, Item.DELEGATES_ELECTION, Item.APPOINTMENT, Item.BUDGET)
)


def may_sit_remotely(assembly: Assembly, on: date) -> Finding:
    """Whether the assembly may be convened by videoconference for that day (section 3 of the rules).

    Where the text was not read the answer is a warning; an assembly of which none speaks may not.
    """
    entry = find(ALLOWED, assembly, on)
    if entry is None:
        return warning(msg("No text is known here that lets this assembly sit by videoconference."), NO_TEXT)
    if entry.value is Allowed.NO:
        return refused(entry, msg("This assembly may not sit by videoconference."))
    if entry.value is Allowed.CONDITIONS:
        words = msg("Videoconference depends on the statutes, or on conditions that the chair has to check.")
        return warning(words, entry.article)
    if not entry.certain:
        words = msg("Videoconference is open to this assembly, under conditions that are not settled.")
        return warning(words, entry.article)
    return ok(msg("This assembly may sit by videoconference, if the convocation says so."), entry.article)


def may_open_remotely(assembly: Assembly, item: Item, on: date) -> Finding:
    """Whether an item may be opened while the sitting is by videoconference (rule R2)."""
    entry = find(CONDITIONS, assembly, on)
    article = NO_TEXT if entry is None else entry.article
    if entry is None or item not in FORBIDDEN:
        return ok(msg("This item may be dealt with by videoconference."), article)
    return refused(entry, msg("This item needs a sitting in one place: it may not be dealt with by videoconference."))


@dataclass(frozen=True, slots=True)
class Attendance:
    """How a member is there. `room`: marked in the room or in a place convened for it; `sound` and `picture`: both ways
    on one of their devices; `lost_for`: since when that has not been so."""

    room: bool = False
    sound: bool = False
    picture: bool = False
    lost_for: timedelta = timedelta(0)


def is_present(attendance: Attendance, *, remote_sitting: bool, grace: timedelta) -> bool:
    """Whether the member counts as there (rule R3): in a room always, at a distance only where the sitting was convened
    so and while sound and picture are both up. A line that is lost for longer than `grace` makes them absent from the
    next item on; during an open one rule Q2 holds."""
    if attendance.room:
        return True
    if not remote_sitting:
        return False
    is_up = attendance.sound and attendance.picture
    return is_up or timedelta(0) < attendance.lost_for <= grace


@dataclass(frozen=True, slots=True)
class HalfYear:
    """1 January to 30 June, or 1 July to 31 December."""

    first: date
    last: date


def half_year(day: date) -> HalfYear:
    """The half-year of a day, as the law counts them (rule R1)."""
    if day.month <= 6:
        return HalfYear(date(day.year, 1, 1), date(day.year, 6, 30))
    return HalfYear(date(day.year, 7, 1), date(day.year, 12, 31))


def check_half_year(assembly: Assembly, on: date, in_one_place: Iterable[date]) -> Finding:
    """Whether the sitting in one place that each half-year needs was held or is planned (rule R1).

    `in_one_place`: days of such sittings, past and to come. It is missing for good when the half-year is over on `on`.
    """
    entry = find(CONDITIONS, assembly, on)
    if entry is None:
        return ok(msg("No sitting in one place is asked for."), NO_TEXT)
    half = half_year(on)
    if any(half.first <= day <= half.last for day in in_one_place):
        return ok(msg("This half-year has its sitting in one place."), entry.article)
    words = msg("This half-year needs a sitting in one place: none was held or planned so far.")
    return refused(entry, words) if on == half.last else warning(words, entry.article)


def check_remote_sitting(*, said_in_convocation: bool, broadcast: bool, article: str) -> list[Finding]:
    """What a sitting by videoconference lacks: the mention in the convocation, the live broadcast (rule R1)."""
    found = []
    if not said_in_convocation:
        found.append(error(msg("The convocation must say that the sitting is by videoconference."), article))
    if not broadcast:
        found.append(error(msg("The sitting by videoconference must be broadcast live on the website."), article))
    return found
