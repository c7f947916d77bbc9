"""After the sitting: minutes and what they hold, the list of deliberations, posting, and when an act has effect
(CGCT L2121-15, L2121-25, L2131-1, R2131-1; rules A1 to A5)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum

from collab.core.i18n import Message, msg
from meetings.council.rules.agenda import Duty
from meetings.council.rules.delays import add_months
from meetings.council.rules.entries import (
    COMMUNES,
    DEPARTEMENTS,
    GROUPINGS,
    REGIONS,
    Assembly,
    Entry,
    Finding,
    error,
    find,
    ok,
)

# Ordonnance 2021-1310.
REFORM = date(2022, 7, 1)
NOTRE = date(2020, 8, 7)

LIST_DAYS: Sequence[Entry[int]] = (Entry(7, "CGCT L2121-25", frozenset(Assembly), REFORM),)
MINUTES_DAYS: Sequence[Entry[int]] = (Entry(7, "CGCT L2121-15", frozenset(Assembly), REFORM),)
POSTED_MONTHS: Sequence[Entry[int]] = (Entry(2, "CGCT R2131-1", frozenset(Assembly), REFORM),)
PAPER_ALLOWED: Sequence[Entry[bool]] = (Entry(True, "CGCT L2131-1", COMMUNES, REFORM, largest=3499),)
ELECTRONIC_TRANSMISSION: Sequence[Entry[bool]] = (
    Entry(True, "CGCT L2131-1", COMMUNES, NOTRE, smallest=50_001),
    Entry(True, "CGCT L2131-1", GROUPINGS | DEPARTEMENTS | REGIONS, NOTRE, certain=False),
)


class Part(StrEnum):
    """What minutes must hold (CGCT L2121-15)."""

    DATE = "date"
    TIME = "time"
    CHAIR = "chair"
    PRESENT = "present"
    REPRESENTED = "represented"
    SECRETARY = "secretary"
    QUORUM = "quorum"
    AGENDA = "agenda"
    DELIBERATIONS = "deliberations"
    REPORTS = "reports"
    BALLOT_REQUESTS = "ballot_requests"
    RESULTS = "results"
    NAMES = "names"
    DEBATES = "debates"


PARTS: Mapping[Part, Message] = {
    Part.DATE: msg("the date"),
    Part.TIME: msg("the time"),
    Part.CHAIR: msg("who chaired"),
    Part.PRESENT: msg("the members present"),
    Part.REPRESENTED: msg("the members represented"),
    Part.SECRETARY: msg("the secretary"),
    Part.QUORUM: msg("the quorum"),
    Part.AGENDA: msg("the agenda"),
    Part.DELIBERATIONS: msg("the deliberations"),
    Part.REPORTS: msg("the reports"),
    Part.BALLOT_REQUESTS: msg("the requests for a special ballot"),
    Part.RESULTS: msg("the results of the votes"),
    Part.NAMES: msg("who voted how in the public ballots"),
    Part.DEBATES: msg("the substance of the debates"),
}


def list_by(sitting: date) -> Duty:
    """Until when the list of deliberations examined is posted and online: a week (CGCT L2121-25, rule A2)."""
    entry = find(LIST_DAYS, Assembly.COMMUNE, sitting)
    return Duty(sitting + timedelta(days=7 if entry is None else entry.value), "CGCT L2121-25")


def minutes_by(settled: date) -> Duty:
    """Until when minutes that were settled are published: a week (CGCT L2121-15, rule A1)."""
    entry = find(MINUTES_DAYS, Assembly.COMMUNE, settled)
    return Duty(settled + timedelta(days=7 if entry is None else entry.value), "CGCT L2121-15")


def posted_until(posted: date) -> Duty:
    """Until when an act stays online at least: two months (CGCT R2131-1, rule A4)."""
    entry = find(POSTED_MONTHS, Assembly.COMMUNE, posted)
    return Duty(add_months(posted, 2 if entry is None else entry.value), "CGCT R2131-1")


def executory_on(published: date | None, transmitted: date | None, *, needs_transmission: bool) -> date | None:
    """Since when an act has effect: once published or notified and, for those of L2131-2, transmitted to the prefect
    (CGCT L2131-1, rule A5); None while one of them is missing."""
    if published is None or (needs_transmission and transmitted is None):
        return None
    return max(published, transmitted) if needs_transmission and transmitted is not None else published


def check_minutes(parts: Collection[Part], *, public_ballot: bool, is_settled: bool) -> list[Finding]:
    """What keeps minutes from being published as such (CGCT L2121-15, rules A1 and V3)."""
    article = "CGCT L2121-15"
    found: list[Finding] = []
    wanted = set(Part) - (set() if public_ballot else {Part.NAMES})
    found += [
        error(msg("The minutes lack %(part)s.", part=PARTS[part]), article)
        for part in Part
        if part in wanted and part not in parts
    ]
    if not is_settled:
        found.append(error(msg("Minutes are published once they are settled, at the next sitting."), article))
    return found


def may_choose_paper(population: int, on: date) -> Finding:
    """Whether a commune may choose posting or paper rather than its website (CGCT L2131-1, rule A4)."""
    entry = find(PAPER_ALLOWED, Assembly.COMMUNE, on, population=population)
    if entry is None:
        return error(msg("Acts are published on the website."), "CGCT L2131-1")
    return ok(msg("The council may choose posting or paper."), entry.article)


def must_transmit_electronically(assembly: Assembly, population: int, on: date) -> bool:
    """Whether acts go to the prefect electronically (CGCT L2131-1 after loi NOTRe, rule A5)."""
    return find(ELECTRONIC_TRANSMISSION, assembly, on, population=population) is not None
