"""The council's calculators, each a form that is answered on its own page, with the count explained.

Forms without personal data are plain questions (GET), so that an answer has an address; votes and candidates are sent
(POST), so that names and dates of birth stand in no address. Nothing is stored.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from typing import Any, TypeVar

from aiohttp import web
from multidict import MultiMapping

from collab.core.errors import DomainError
from collab.core.i18n import Message, msg
from meetings.council.rules.agenda import requests_to_close
from meetings.council.rules.ballots import Chair, Kind, Mode, requests_needed
from meetings.council.rules.delays import Convocation, CountedDay, Reason, count_days
from meetings.council.rules.entries import TEXTS_READ, Assembly, Authority
from meetings.council.rules.holidays import Territory, holidays_between, list_holidays
from meetings.council.rules.quorum import Occasion
from meetings.council.rules.seats import Method
from web.api.council import (
    MOST_CANDIDATES,
    MOST_LISTS,
    BallotInput,
    ConvocationQuery,
    Council,
    HolidaysQuery,
    QuorumQuery,
    SeatsInput,
    count,
    decide_ballot,
    judge,
    share,
)
from web.forms import Errors, accept, errors_of, read_fields
from web.http import Call, Guard, page_routes
from web.page import show

routes = page_routes("pages.council")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Calculator:
    """One of the five, as the list and the tabs show it."""

    key: str
    short: Message
    question: Message
    icon: str

    @property
    def url(self) -> str:
        """Where it is."""
        return f"/council/calculators/{self.key}"


CALCULATORS = (
    Calculator("convocation", msg("Convocation"), msg("When must the convocation leave, is this date lawful?"), "send"),
    Calculator("quorum", msg("Quorum"), msg("Are enough members there to deliberate?"), "users"),
    Calculator("ballot", msg("Ballot"), msg("Is it adopted, who is elected?"), "circle-check"),
    Calculator("seats", msg("Seats"), msg("How many seats does each list get?"), "layout-grid"),
    Calculator("holidays", msg("Public holidays"), msg("Which days are public holidays?"), "calendar"),
)
ASSEMBLIES: dict[Council, Message] = {
    Council.COMMUNE: msg("Municipal council"),
    Council.EPCI: msg("Council of an EPCI or a syndicat"),
    Council.DEPARTEMENT: msg("Departmental council"),
    Council.REGION: msg("Regional council"),
    Council.PERMANENT_COMMISSION: msg("Permanent commission"),
    Council.CCAS: msg("Board of a CCAS"),
    Council.CST: msg("Social committee (CST)"),
}
REASONS: dict[str, Message] = {
    "": msg("An ordinary sitting"),
    Reason.FIRST_SITTING: msg("The first one after the general renewal"),
    Reason.NO_QUORUM: msg("Again, after a lack of quorum"),
}
OCCASIONS: dict[Occasion, Message] = {
    Occasion.ORDINARY: msg("To deliberate"),
    Occasion.ACCOUNTS: msg("To vote on the accounts"),
    Occasion.PRESIDENT_ELECTION: msg("To elect the president"),
    Occasion.SECOND_CONVOCATION: msg("After a second convocation"),
}
AUTHORITIES: dict[Authority, Message] = {
    Authority.DEPARTEMENT: msg("Of a département"),
    Authority.REGION: msg("Of a region"),
}
KINDS: dict[Kind, Message] = {
    Kind.DELIBERATION: msg("A deliberation"),
    Kind.APPOINTMENT: msg("An appointment, in rounds"),
    Kind.ACCOUNTS: msg("The accounts"),
    Kind.CLOSED_SESSION: msg("A closed session"),
}
MODES: dict[Mode, Message] = {
    Mode.ORDINARY: msg("Ordinary, by show of hands"),
    Mode.PUBLIC: msg("Public, by name"),
    Mode.SECRET: msg("Secret"),
}
CHAIRS: dict[str, Message] = {
    "": msg("Not said"),
    Chair.FOR: msg("For"),
    Chair.AGAINST: msg("Against"),
    Chair.ABSTAINED: msg("Abstained"),
}
ROUNDS: dict[str, Message] = {"1": msg("First round"), "2": msg("Second round"), "3": msg("Third round")}
METHODS: dict[Method, Message] = {
    Method.HIGHEST_REMAINDER: msg("Highest remainder"),
    Method.HIGHEST_AVERAGE: msg("Highest average"),
}
TERRITORIES: dict[Territory, Message] = {
    Territory.METROPOLE: msg("Mainland France"),
    Territory.ALSACE_MOSELLE: msg("Alsace and Moselle"),
    Territory.GUADELOUPE: msg("Guadeloupe"),
    Territory.MARTINIQUE: msg("Martinique"),
    Territory.GUYANE: msg("French Guiana"),
    Territory.REUNION: msg("Réunion"),
    Territory.MAYOTTE: msg("Mayotte"),
    Territory.SAINT_MARTIN: msg("Saint-Martin"),
    Territory.SAINT_BARTHELEMY: msg("Saint-Barthélemy"),
}
# What each field is called, where all that is wrong is listed.
LABELS: dict[str, Message] = {
    "assembly": msg("Assembly"),
    "population": msg("Inhabitants"),
    "sent": msg("Day of sending"),
    "meeting": msg("Day of the sitting"),
    "in_exercise": msg("Members in exercise"),
    "present": msg("Present"),
    "represented": msg("Represented by a proxy"),
    "withdrawn_from_count": msg("Withdraw under L1111-6"),
    "withdrawn_present": msg("Withdraw for a personal interest"),
    "kind": msg("What is voted on"),
    "for": msg("For"),
    "against": msg("Against"),
    "abstentions": msg("Abstentions"),
    "blank": msg("Blank papers"),
    "null": msg("Null papers"),
    "chair": msg("How the chair voted"),
    "candidates": msg("Candidates"),
    "name": msg("Name"),
    "votes": msg("Votes"),
    "born": msg("Born on"),
    "seats": msg("Seats to share"),
    "lists": msg("Lists"),
    "average_age": msg("Average age"),
    "year": msg("Year"),
}
# Longer counts are shown without their middle.
SHOWN_DAYS = 21
# And nobody counts the days of years.
COUNTED_DAYS = 400
LEAST_ROWS = 2


@routes.get("/council/calculators/convocation", guard=Guard.OWN)
async def convocation(call: Call) -> web.Response:
    """When a convocation must leave, and whether a date is lawful."""
    values = {"assembly": Council.COMMUNE.value, **(_typed(call.request.query) or {"sent": call.today.isoformat()})}
    query, errors = accept(call.request, ConvocationQuery, values)
    found, days = None, _Days()
    if query is not None:
        found, errors = _attempt(call, lambda: judge(query))
    if query is not None and found is not None:
        local = Territory.ALSACE_MOSELLE if query.local_law else Territory.METROPOLE
        days = _days_of(found, query.sent, query.meeting, local)
    return await _page(call, "convocation", values, errors, query=query, found=found, days=days, reasons=REASONS)


@routes.get("/council/calculators/quorum", guard=Guard.OWN)
async def quorum(call: Call) -> web.Response:
    """Whether the quorum is reached."""
    values = _typed(call.request.query)
    asked = {"assembly": Council.COMMUNE.value, **values}
    query, errors = accept(call.request, QuorumQuery, asked) if values else (None, {})
    found = None
    if query is not None:
        found, errors = _attempt(call, lambda: count(query, call.today))
    more = {"occasions": OCCASIONS, "authorities": AUTHORITIES}
    return await _page(call, "quorum", values, errors, query=query, found=found, **more)


@routes.get("/council/calculators/ballot", guard=Guard.OWN)
async def ballot(call: Call) -> web.Response:
    """The form of a vote's figures."""
    return await _ballot_page(call, {}, [], {})


@routes.post("/council/calculators/ballot", guard=Guard.OWN)
async def decide_vote(call: Call) -> web.Response:
    """What the figures of a vote decide."""
    sent = await read_fields(call.request)
    values = _typed(sent)
    rows = _rows(sent, "name", "candidate_votes", "born")
    for name in ("name", "candidate_votes", "born"):
        values.pop(name, None)
    if values.pop("add", None):
        return await _ballot_page(call, values, rows, {}, wanted=len(sent.getall("name", [])) + 1)
    candidates = [_named(row, votes="candidate_votes") for row in rows]
    data: dict[str, object] = {"assembly": Council.COMMUNE.value, **values}
    if values.get("kind") == Kind.APPOINTMENT:
        data["candidates"] = candidates
    body, errors = accept(call.request, BallotInput, data)
    if body is None:
        return await _ballot_page(call, values, rows, errors)
    found, errors = _attempt(call, lambda: decide_ballot(body, call.today))
    assembly = Assembly(body.assembly.value)
    asked = {
        mode: requests_needed(assembly, mode, body.present, call.today) if body.present else None
        for mode in (Mode.SECRET, Mode.PUBLIC)
    }
    closing = requests_to_close(assembly, call.today)
    return await _ballot_page(call, values, rows, errors, body=body, found=found, asked=asked, closing=closing)


@routes.get("/council/calculators/seats", guard=Guard.OWN)
async def seats(call: Call) -> web.Response:
    """The form of lists and their votes."""
    return await _seats_page(call, {}, [], {})


@routes.post("/council/calculators/seats", guard=Guard.OWN)
async def share_out(call: Call) -> web.Response:
    """How seats are shared between lists."""
    sent = await read_fields(call.request)
    values = _typed(sent)
    rows = _rows(sent, "name", "votes", "average_age")
    for name in ("name", "votes", "average_age"):
        values.pop(name, None)
    if values.pop("add", None):
        return await _seats_page(call, values, rows, {}, wanted=len(sent.getall("name", [])) + 1)
    data = {"method": Method.HIGHEST_REMAINDER.value, **values, "lists": [_decimal(row) for row in rows]}
    body, errors = accept(call.request, SeatsInput, data)
    if body is None:
        return await _seats_page(call, values, rows, errors)
    found, errors = _attempt(call, lambda: share(body))
    return await _seats_page(call, values, rows, errors, body=body, found=found)


@routes.get("/council/calculators/holidays", guard=Guard.OWN)
async def holidays(call: Call) -> web.Response:
    """The public holidays of a year."""
    values = {"year": str(call.today.year), **_typed(call.request.query)}
    query, errors = accept(call.request, HolidaysQuery, values)
    found = None if query is None else list_holidays(query.year, query.territory)
    return await _page(call, "holidays", values, errors, query=query, found=found, territories=TERRITORIES)


@dataclass(frozen=True, slots=True)
class _Days:
    """Day by day: those at the beginning, how many are left out, those at the end; and the holidays among them."""

    first: Sequence[CountedDay] = ()
    hidden: int = 0
    last: Sequence[CountedDay] = ()
    holidays: Mapping[date, Message] | None = None


def _days_of(found: Convocation, sent: date | None, meeting: date | None, territory: Territory) -> _Days:
    """The count from the sending to the sitting; a date that was not given is the limit for it."""
    begin, end = sent or found.latest_sending, meeting or found.earliest_meeting
    if begin is None or end is None or (end - begin).days > COUNTED_DAYS:
        return _Days()
    days = count_days(begin, end, found.delay.unit)
    holidays = holidays_between(begin, end, territory)
    if len(days) <= SHOWN_DAYS:
        return _Days(days, 0, (), holidays)
    return _Days(days[: SHOWN_DAYS - 3], len(days) - SHOWN_DAYS, days[-3:], holidays)


async def _ballot_page(
    call: Call, values: Mapping[str, str], rows: list[dict[str, str]], errors: Errors, *, wanted: int = 0, **data: Any
) -> web.Response:
    words = {"kinds": KINDS, "modes": MODES, "chairs": CHAIRS, "rounds": ROUNDS}
    padded = _padded(rows, wanted, MOST_CANDIDATES)
    data = {"body": None, "found": None, "asked": {}, "closing": None, **data}
    return await _page(call, "ballot", values, errors, rows=padded, **words, **data)


async def _seats_page(
    call: Call, values: Mapping[str, str], rows: list[dict[str, str]], errors: Errors, *, wanted: int = 0, **data: Any
) -> web.Response:
    padded = _padded(rows, wanted, MOST_LISTS)
    data = {"body": None, "found": None, **data}
    return await _page(call, "seats", values, errors, rows=padded, methods=METHODS, **data)


async def _page(call: Call, key: str, values: Mapping[str, str], errors: Errors, **data: Any) -> web.Response:
    calculator = next(one for one in CALCULATORS if one.key == key)
    return await show(
        call,
        f"meetings/council/{key}.html",
        status=422 if errors else 200,
        at="/council",
        calculators=CALCULATORS,
        calculator=calculator,
        assemblies=ASSEMBLIES,
        labels=LABELS,
        values=values,
        errors=errors,
        read_on=TEXTS_READ,
        **data,
    )


def _typed(sent: MultiMapping[str]) -> dict[str, str]:
    """What was filled in, the first of each name; what is blank was left out."""
    return {name: sent[name].strip() for name in sent if sent[name].strip()}


def _rows(sent: MultiMapping[str], *names: str) -> list[dict[str, str]]:
    """The rows of a repeated group of fields; those that are blank altogether are left out."""
    columns = [sent.getall(name, []) for name in names]
    rows = [
        {name: text.strip() for name, text in zip(names, texts, strict=True) if text.strip()}
        for texts in zip_longest(*columns, fillvalue="")
    ]
    return [row for row in rows if row]


def _padded(rows: list[dict[str, str]], wanted: int, most: int) -> list[dict[str, str]]:
    """The rows with blank ones after them, to be filled in."""
    blank = min(max(wanted, len(rows), LEAST_ROWS), most) - len(rows)
    return [*rows, *({} for _ in range(blank))]


def _named(row: Mapping[str, str], **renamed: str) -> dict[str, str]:
    """A row under the names that the model knows."""
    names = {old: new for new, old in renamed.items()}
    return {names.get(name, name): text for name, text in row.items()}


def _decimal(row: Mapping[str, str]) -> dict[str, str]:
    """A row whose age may have been typed with a comma."""
    return {name: text.replace(",", ".") if name == "average_age" else text for name, text in row.items()}


def _attempt(call: Call, compute: Callable[[], R]) -> tuple[R | None, Errors]:
    """What is computed, or why it cannot be, by field."""
    try:
        return compute(), {}
    except DomainError as error:
        return None, errors_of(call.request, error)
