"""Delays of convocation and other delays in days: clear days, days elapsed, what is too early, what is doubtful.

Dates are civil days in the authority's own zone (`civil_day`). Saturdays, Sundays and holidays count (rule C1);
holidays only move the end of delays for an appeal (`last_day`).
"""

import calendar
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum

from collab.core.errors import Invalid
from collab.core.i18n import Message, msg, nmsg
from meetings.council.rules.entries import (
    CCAS,
    COMMISSIONS,
    COMMUNES,
    CST,
    DEPARTEMENTS,
    GROUPINGS,
    REGIONS,
    RENEWAL_2020,
    Assembly,
    Entry,
    Finding,
    LocalLaw,
    Verdict,
    error,
    find,
    no_rule,
    ok,
    refused,
    warning,
    worst,
)

DAY = timedelta(days=1)


class Unit(StrEnum):
    """How days are counted: those strictly between, or from one day to the other."""

    CLEAR = "clear"
    ELAPSED = "elapsed"


class Reason(StrEnum):
    """What else than an ordinary sitting is convened."""

    FIRST_SITTING = "first_sitting"
    NO_QUORUM = "no_quorum"


@dataclass(frozen=True, slots=True)
class Delay:
    """At least so many days. `doubtful`: « jours au moins », of which nobody has said whether they are clear days.
    `weekdays`: the only ones on which it may sit (Monday is 0). `exact`: that day and no later one. `most`: reconvened
    within so many days."""

    days: int
    unit: Unit = Unit.CLEAR
    doubtful: bool = False
    weekdays: frozenset[int] = frozenset(range(7))
    exact: bool = False
    most: int | None = None

    @property
    def gap(self) -> int:
        """The least difference between the two dates."""
        return self.days + 1 if self.unit is Unit.CLEAR else self.days


_ELAPSED = Unit.ELAPSED
_LOCAL = LocalLaw.ALSACE_MOSELLE
_CST_CODE = date(2025, 2, 1)
_CST_MADE = date(2023, 1, 1)

NORMAL: Sequence[Entry[Delay]] = (
    Entry(Delay(3), "CGCT L2541-2", COMMUNES, local_law=_LOCAL, largest=3499),
    Entry(Delay(3), "CGCT L2121-11", COMMUNES, largest=3499),
    Entry(Delay(5), "CGCT L2121-12", COMMUNES, smallest=3500),
    Entry(Delay(5), "CGCT L5211-1", GROUPINGS, RENEWAL_2020),
    Entry(Delay(3), "CGCT L5211-1", GROUPINGS, valid_to=RENEWAL_2020 - DAY, certain=False, largest=3499),
    Entry(Delay(5), "CGCT L5211-1", GROUPINGS, valid_to=RENEWAL_2020 - DAY, certain=False, smallest=3500),
    Entry(Delay(12, _ELAPSED, doubtful=True), "CGCT L3121-19", DEPARTEMENTS),
    Entry(Delay(12, _ELAPSED, doubtful=True), "CGCT L4132-18", REGIONS),
    Entry(Delay(8, _ELAPSED, doubtful=True), "CGCT L3121-19-1, L4132-18-1", COMMISSIONS),
    Entry(Delay(3, _ELAPSED, doubtful=True), "CASF R123-16", CCAS),
    Entry(Delay(15, _ELAPSED), "CGFP R254-38", CST, _CST_CODE),
    Entry(Delay(15, _ELAPSED), "décret 2021-571", CST, _CST_MADE, _CST_CODE - DAY, certain=False),
)
URGENT: Sequence[Entry[Delay]] = (
    Entry(Delay(1, _ELAPSED), "CGCT L2541-2", COMMUNES, local_law=_LOCAL, largest=3499),
    Entry(Delay(1), "CGCT L2121-11", COMMUNES, largest=3499),
    Entry(Delay(1), "CGCT L2121-12", COMMUNES, smallest=3500),
    Entry(Delay(1), "CGCT L5211-1", GROUPINGS),
    Entry(Delay(1), "CGCT L3121-19", DEPARTEMENTS),
    Entry(Delay(1), "CGCT L4132-18", REGIONS),
    Entry(Delay(8, _ELAPSED), "CGFP R254-38", CST, _CST_CODE),
    Entry(Delay(8, _ELAPSED), "décret 2021-571", CST, _CST_MADE, _CST_CODE - DAY, certain=False),
)
FIRST_SITTING: Sequence[Entry[Delay]] = (
    Entry(Delay(3, weekdays=frozenset((4, 5, 6))), "CGCT L2121-7", COMMUNES),
    Entry(Delay(5), "CE, 22 juillet 2015, n° 383072", GROUPINGS),
)
NO_QUORUM: Sequence[Entry[Delay]] = (
    Entry(Delay(1, _ELAPSED), "CGCT L2541-4", COMMUNES, local_law=_LOCAL),
    Entry(Delay(3), "CGCT L2121-17", COMMUNES),
    Entry(Delay(3), "CGCT L2121-17, L5211-1", GROUPINGS),
    Entry(Delay(3, _ELAPSED, exact=True), "CGCT L3121-14", DEPARTEMENTS),
    Entry(Delay(3, _ELAPSED, exact=True), "CGCT L4132-13", REGIONS),
    Entry(Delay(3, _ELAPSED, doubtful=True), "CASF R123-16", CCAS),
    Entry(Delay(1, _ELAPSED, most=8), "CGFP R254-38", CST, _CST_MADE, certain=False),
)
_BY_REASON: Mapping[Reason, Sequence[Entry[Delay]]] = {
    Reason.FIRST_SITTING: FIRST_SITTING,
    Reason.NO_QUORUM: NO_QUORUM,
}


@dataclass(frozen=True, slots=True)
class Convocation:
    """What is to be said of a convocation. Counts and dates are None where the date they need was not given."""

    verdict: Verdict
    delay: Delay
    clear_days: int | None
    gap: int | None
    latest_sending: date | None
    earliest_meeting: date | None
    article: str
    findings: Sequence[Finding]


def check_convocation(
    assembly: Assembly,
    *,
    sent: date | None,
    meeting: date | None,
    population: int = 0,
    urgent: bool = False,
    local_law: LocalLaw | None = None,
    reason: Reason | None = None,
    elected: date | None = None,
) -> Convocation:
    """Whether a sitting may be held on that day when convened on this one (CGCT L2121-10 to -12, rules C1 and Q7).

    The rule is the one of the day of sending. With one of the dates alone it says the limit for the other. `elected`:
    the round that completed a municipal council, after which its first sitting is held within the week. Raises Invalid
    where no rule is known, and without any date.
    """
    on = sent or meeting
    if on is None:
        needed = msg("Give the day of sending, the day of the sitting, or both.")
        raise Invalid("council.no_date", needed, errors={"sent": needed, "meeting": needed})
    entry, notes = _delay(assembly, on, population, urgent, local_law, reason)
    delay = entry.value
    gap = None if sent is None or meeting is None else (meeting - sent).days
    judged = [_minimum(entry)] if gap is None or meeting is None else _judge(entry, gap, meeting, elected)
    findings = [*judged, *notes]
    return Convocation(
        verdict=worst(findings),
        delay=delay,
        clear_days=None if gap is None else max(gap - 1, 0),
        gap=gap,
        latest_sending=None if meeting is None else latest_sending(delay, meeting),
        earliest_meeting=None if sent is None else earliest_meeting(delay, sent),
        article=entry.article,
        findings=findings,
    )


def latest_sending(delay: Delay, meeting: date) -> date:
    """The last day on which the convocation of a sitting on that day may leave (rule C1)."""
    return meeting - delay.gap * DAY


def earliest_meeting(delay: Delay, sent: date) -> date:
    """The first day on which a sitting convened on this one may be held (rule C1)."""
    day = sent + delay.gap * DAY
    while day.weekday() not in delay.weekdays:
        day += DAY
    return day


def _delay(
    assembly: Assembly,
    on: date,
    population: int,
    urgent: bool,
    local_law: LocalLaw | None,
    reason: Reason | None,
) -> tuple[Entry[Delay], list[Finding]]:
    """The delay that counts, and what is to be known of it."""

    def look(table: Sequence[Entry[Delay]]) -> Entry[Delay] | None:
        return find(table, assembly, on, population=population, local_law=local_law)

    normal = look(NORMAL)
    if normal is None:
        raise no_rule("assembly")
    special = None if reason is None else look(_BY_REASON[reason])
    hurried = look(URGENT) if urgent and reason is not Reason.FIRST_SITTING else None
    notes = [_unhurried(special or normal)] if urgent and hurried is None else []
    if hurried is not None:
        return hurried, [*notes, *_urgent(hurried, reason, local_law)]
    if special is not None:
        return special, [*notes, *_special(special, reason, local_law)]
    if reason is not None:
        words = msg("No text sets a delay of its own for this case: the ordinary one is applied.")
        notes.append(warning(words, normal.article))
    return normal, notes


def _unhurried(entry: Entry[Delay]) -> Finding:
    return ok(msg("No text allows urgency here: the ordinary delay is applied."), entry.article)


def _urgent(entry: Entry[Delay], reason: Reason | None, local_law: LocalLaw | None) -> list[Finding]:
    notes = []
    if entry.value.unit is Unit.CLEAR:
        words = msg("Urgent: the chair reports on it at the opening, and the assembly decides first; it may defer.")
        notes.append(ok(words, entry.article))
    else:
        notes.append(ok(msg("Urgent: the shorter delay is applied."), entry.article))
    if reason is Reason.NO_QUORUM and local_law is None:
        notes.append(ok(msg("A delay shortened by urgency keeps the quorum: it is needed again."), entry.article))
    return notes


def _special(entry: Entry[Delay], reason: Reason | None, local_law: LocalLaw | None) -> list[Finding]:
    if reason is not Reason.NO_QUORUM:
        return []
    notes = [
        ok(
            msg(
                "If the first convocation was regular, no quorum is needed for the items of its agenda left undecided."
            ),
            entry.article,
        )
    ]
    if local_law is not None and entry.local_law is local_law:
        notes.append(ok(msg("The second convocation must say that no quorum will be needed."), entry.article))
    return notes


def _judge(entry: Entry[Delay], gap: int, meeting: date, elected: date | None) -> list[Finding]:
    """What the dates themselves say."""
    delay = entry.value
    if gap <= 0:
        return [error(msg("The sitting must be on a later day than the convocation."), entry.article)]
    found = []
    if gap < delay.gap:
        found.append(refused(entry, _too_early(delay, gap)))
    elif delay.doubtful and gap == delay.gap:
        words = msg("It is not settled whether these are clear days: convened one day earlier, there is no doubt.")
        found.append(warning(words, entry.article))
    elif delay.exact and gap > delay.gap:
        words = msg("The assembly meets by law on the third day: on another one, the quorum may be asked for.")
        found.append(warning(words, entry.article))
    elif delay.most is not None:
        words = msg("The committee is convened again within eight days; no minimum is known here.")
        found.append(warning(words, entry.article))
    is_late = elected is not None and len(delay.weekdays) < 7 and not 0 < (meeting - elected).days <= 7
    if meeting.weekday() not in delay.weekdays or is_late:
        words = msg("The first sitting is held on the Friday, Saturday or Sunday that follows the election.")
        found.append(refused(entry, words))
    return found or [ok(_in_time(delay, gap), entry.article)]


def _minimum(entry: Entry[Delay]) -> Finding:
    days = entry.value.days
    if entry.value.unit is Unit.CLEAR:
        return ok(
            nmsg("The minimum is %(count)s clear day.", "The minimum is %(count)s clear days.", days), entry.article
        )
    return ok(nmsg("The minimum is %(count)s day.", "The minimum is %(count)s days.", days), entry.article)


def _in_time(delay: Delay, gap: int) -> Message:
    if delay.unit is Unit.CLEAR:
        return nmsg(
            "In time: %(count)s clear day between the convocation and the sitting, the minimum is %(required)s.",
            "In time: %(count)s clear days between the convocation and the sitting, the minimum is %(required)s.",
            gap - 1,
            required=delay.days,
        )
    return nmsg(
        "In time: %(count)s day from the convocation to the sitting, the minimum is %(required)s.",
        "In time: %(count)s days from the convocation to the sitting, the minimum is %(required)s.",
        gap,
        required=delay.days,
    )


def _too_early(delay: Delay, gap: int) -> Message:
    if delay.unit is Unit.CLEAR:
        return nmsg(
            "Too early: %(count)s clear day between the convocation and the sitting, the minimum is %(required)s.",
            "Too early: %(count)s clear days between the convocation and the sitting, the minimum is %(required)s.",
            gap - 1,
            required=delay.days,
        )
    return nmsg(
        "Too early: %(count)s day from the convocation to the sitting, the minimum is %(required)s.",
        "Too early: %(count)s days from the convocation to the sitting, the minimum is %(required)s.",
        gap,
        required=delay.days,
    )


@dataclass(frozen=True, slots=True)
class CountedDay:
    """One day of a count; `number` is None for a day that does not count."""

    date: date
    number: int | None


def count_days(sent: date, meeting: date, unit: Unit) -> list[CountedDay]:
    """Day by day from sending to sitting: which count, with their number (rule C1). Empty when it comes no later."""
    days = [sent + number * DAY for number in range((meeting - sent).days + 1)] if meeting > sent else []
    last = len(days) - 1
    counted = range(1, last if unit is Unit.CLEAR else last + 1)
    return [CountedDay(day, number if number in counted else None) for number, day in enumerate(days)]


def clear_days(first: date, last: date) -> int:
    """Days strictly between two dates (CE, 13 octobre 1993); 0 when there are none."""
    return max((last - first).days - 1, 0)


def civil_day(moment: datetime, zone: tzinfo) -> date:
    """The day of an instant where the authority is: what counts for a delay."""
    if moment.tzinfo is None:
        raise ValueError("an instant has a zone")
    return moment.astimezone(zone).date()


def last_day(start: date, days: int, holidays: Collection[date] = ()) -> date:
    """The last day of a delay of so many clear days; one that ends on a Saturday, a Sunday or a holiday goes on until
    the next working day (general procedure, CPC 641 and 642: not written for each delay, so it is an indication)."""
    day = start + (days + 1) * DAY
    while day.weekday() >= 5 or day in holidays:
        day += DAY
    return day


def add_months(day: date, months: int) -> date:
    """The same day of a later month, or the last of it."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
