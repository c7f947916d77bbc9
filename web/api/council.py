"""The calculators of council law over the API, open to everybody who is signed in: the pure rules and nothing stored.

Their addresses and fields are fixed (docs/features/council-rules.md). Missing numbers are 0; a figure that cannot be is
refused with its reason.
"""

import re
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from collab.core.errors import Invalid
from collab.core.text import Input, Title
from meetings.council.rules.ballots import Chair, Kind, Mode, Outcome, Result, Tally, check_voters, decide
from meetings.council.rules.delays import Convocation, Reason, Unit, check_convocation
from meetings.council.rules.elections import Candidate, List, elect
from meetings.council.rules.entries import Assembly, Authority, LocalLaw, Verdict
from meetings.council.rules.holidays import FIRST_YEAR, LAST_YEAR, Territory, list_holidays
from meetings.council.rules.quorum import Count, Occasion, count_quorum
from meetings.council.rules.seats import Method, Sharing, share_seats
from web.http import Call, Guard, Routes
from web.page import locale_of

routes = Routes("council")

CALCULATORS = "/council/calculators"
MOST_CANDIDATES = 200
MOST_LISTS = 50
MOST_SEATS = 1000
# Nobody has more inhabitants, members or votes than that.
MOST = 100_000_000


def _number(value: Any) -> Any:
    """Null is a number left out; true and false are none."""
    if isinstance(value, bool):
        raise PydanticCustomError("int_type", "a number is expected")
    return 0 if value is None else value


def _written_date(value: Any) -> Any:
    """A date as it is written, since a bare number would be taken for seconds."""
    if isinstance(value, date) or (isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII)):
        return value
    raise PydanticCustomError("date_type", "a date is expected")


Number = Annotated[int, Field(ge=0, le=MOST), BeforeValidator(_number)]
Day = Annotated[date, Field(ge=date(1900, 1, 1), lt=date(2200, 1, 1)), BeforeValidator(_written_date)]


class Council(StrEnum):
    """The assemblies that one can calculate for."""

    COMMUNE = "commune"
    EPCI = "epci"
    DEPARTEMENT = "departement"
    REGION = "region"
    PERMANENT_COMMISSION = "permanent_commission"
    CCAS = "ccas"
    CST = "cst"


class ConvocationQuery(BaseModel):
    """A convocation; one of the dates may be left out, the answer then says the limit for it."""

    model_config = ConfigDict(extra="forbid")
    assembly: Council
    population: Number = 0
    sent: Annotated[Day | None, Field(description="The day on which it leaves.")] = None
    meeting: Annotated[Day | None, Field(description="The day of the sitting.")] = None
    urgent: bool = False
    local_law: LocalLaw | None = None
    reason: Reason | None = None


class ConvocationView(BaseModel):
    """The judgement. `clear_days`: days strictly between; `gap`: from one day to the other."""

    verdict: Verdict
    unit: Unit
    clear_days: int | None
    gap: int | None
    required: int
    latest_sending: date | None
    earliest_meeting: date | None
    article: str
    message: str


class QuorumQuery(BaseModel):
    """Who is there, before anybody withdraws."""

    model_config = ConfigDict(extra="forbid")
    assembly: Council
    in_exercise: Number = 0
    present: Number = 0
    represented: Number = 0
    withdrawn_from_count: Annotated[Number, Field(description="Leave members and present alike (L1111-6).")] = 0
    withdrawn_present: Annotated[Number, Field(description="Stay members and count as absent.")] = 0
    occasion: Occasion = Occasion.ORDINARY
    authority: Annotated[Authority | None, Field(description="Of a permanent commission.")] = None


class QuorumView(BaseModel):
    """The count."""

    members: int
    quorum: int
    present: int
    reached: bool
    article: str


class CandidateInput(Input):
    """Who stands. `born` is needed where age decides."""

    name: Title
    votes: Number = 0
    born: Day | None = None


class BallotInput(Input):
    """The figures of a vote; candidates for an appointment."""

    assembly: Council
    mode: Mode = Mode.ORDINARY
    kind: Kind = Kind.DELIBERATION
    round_: Annotated[Number, Field(alias="round", le=3)] = 1
    votes_for: Annotated[Number, Field(alias="for")] = 0
    against: Number = 0
    abstentions: Number = 0
    blank: Number = 0
    null: Number = 0
    present: Number = 0
    represented: Number = 0
    chair: Chair | None = None
    candidates: Annotated[list[CandidateInput], Field(max_length=MOST_CANDIDATES, default_factory=list)]


class BallotView(BaseModel):
    """What was decided. `elected`: a name, or null."""

    result: Result
    cast: int
    majority: int
    elected: str | None
    article: str


class ListInput(Input):
    """A list that stands. `average_age` is needed where age decides."""

    name: Title
    votes: Number = 0
    average_age: Annotated[float | None, Field(ge=0, le=150, allow_inf_nan=False)] = None


class SeatsInput(Input):
    """Seats to share between lists."""

    method: Method
    seats: Annotated[Number, Field(le=MOST_SEATS)] = 0
    lists: Annotated[list[ListInput], Field(max_length=MOST_LISTS, default_factory=list)]


class ListSeats(BaseModel):
    """What a list got."""

    name: str
    seats: int


class SeatsView(BaseModel):
    """The seats, in the order of the lists."""

    seats: list[ListSeats]
    article: str


class HolidaysQuery(BaseModel):
    """Which year, and where."""

    model_config = ConfigDict(extra="forbid")
    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]
    territory: Annotated[Territory, Field(description=f"One of {', '.join(Territory)}.")] = Territory.METROPOLE


class HolidayView(BaseModel):
    """A day and its name in the person's language."""

    date: date
    name: str


class HolidaysView(BaseModel):
    """The holidays of a year, in order."""

    days: list[HolidayView]


def judge(query: ConvocationQuery) -> Convocation:
    """The convocation as the rules see it."""
    values = query.model_dump(exclude={"assembly"})
    return check_convocation(Assembly(query.assembly.value), **values)


def count(query: QuorumQuery, today: date) -> Count:
    """The quorum as the rules count it today."""
    values = query.model_dump(exclude={"assembly"})
    return count_quorum(Assembly(query.assembly.value), on=today, **values)


def decide_ballot(body: BallotInput, today: date) -> Outcome:
    """The vote as the rules decide it today."""
    assembly = Assembly(body.assembly.value)
    if body.kind is Kind.APPOINTMENT:
        candidates = [Candidate(one.name, one.votes, one.born) for one in body.candidates]
        voters = sum(one.votes for one in candidates) + body.abstentions + body.blank + body.null
        if errors := check_voters(voters, body.present, body.represented):
            raise Invalid("council.impossible", errors=errors)
        return elect(assembly, candidates, round_=body.round_ or 1, on=today)
    tally = Tally(body.votes_for, body.against, body.abstentions, body.blank, body.null)
    return decide(
        assembly,
        body.kind,
        body.mode,
        tally,
        on=today,
        present=body.present,
        represented=body.represented,
        chair=body.chair,
    )


def share(body: SeatsInput) -> Sharing:
    """The seats as the rules share them."""
    lists = [
        List(one.name, one.votes, None if one.average_age is None else Fraction(str(one.average_age)))
        for one in body.lists
    ]
    return share_seats(body.method, body.seats, lists)


@routes.get(f"{CALCULATORS}/convocation", query=ConvocationQuery, result=ConvocationView, guard=Guard.OWN)
async def get_convocation(call: Call, query: ConvocationQuery) -> ConvocationView:
    """Whether a convocation leaves in time, and the limits."""
    found = judge(query)
    render = locale_of(call.request).render
    return ConvocationView(
        verdict=found.verdict,
        unit=found.delay.unit,
        clear_days=found.clear_days,
        gap=found.gap,
        required=found.delay.days,
        latest_sending=found.latest_sending,
        earliest_meeting=found.earliest_meeting,
        article=found.article,
        message=" ".join(render(one.message) for one in found.findings),
    )


@routes.get(f"{CALCULATORS}/quorum", query=QuorumQuery, result=QuorumView, guard=Guard.OWN)
async def get_quorum(call: Call, query: QuorumQuery) -> QuorumView:
    """Whether the quorum is reached."""
    found = count(query, call.today)
    return QuorumView(
        members=found.members,
        quorum=found.quorum,
        present=found.present,
        reached=found.reached,
        article=found.article,
    )


@routes.post(f"{CALCULATORS}/ballot", body=BallotInput, result=BallotView, status=200, guard=Guard.OWN)
async def calculate_ballot(call: Call, body: BallotInput) -> BallotView:
    """What the figures of a vote decide. Nothing is kept."""
    found = decide_ballot(body, call.today)
    return BallotView(
        result=found.result,
        cast=found.cast,
        majority=found.majority,
        elected=found.elected,
        article=found.article,
    )


@routes.post(f"{CALCULATORS}/seats", body=SeatsInput, result=SeatsView, status=200, guard=Guard.OWN)
async def calculate_seats(call: Call, body: SeatsInput) -> SeatsView:
    """How seats are shared between lists. Nothing is kept."""
    found = share(body)
    return SeatsView(seats=[ListSeats(name=one.name, seats=one.seats) for one in found.given], article=found.article)


@routes.get(f"{CALCULATORS}/holidays", query=HolidaysQuery, result=HolidaysView, guard=Guard.OWN)
async def get_holidays(call: Call, query: HolidaysQuery) -> HolidaysView:
    """The public holidays of a year in one of the territories."""
    render = locale_of(call.request).render
    return HolidaysView(
        days=[HolidayView(date=one.date, name=render(one.name)) for one in list_holidays(query.year, query.territory)]
    )
