"""What comes from outside for a sitting and what goes out of it; the tables are in models.py."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Field

from collab.core.jobs import JobState
from collab.core.models import Instant
from collab.core.text import Input, Text, Title
from meetings.council.assemblies.models import Channel
from meetings.council.rules.ballots import Chair
from meetings.council.rules.ballots import Kind as BallotKind
from meetings.council.rules.delays import Reason
from meetings.council.rules.entries import Verdict
from meetings.council.rules.quorum import Withdrawal
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings.models import BallotState, Choice, Method, SittingState
from meetings.council.sittings.rules import How, Phase
from meetings.council.sittings.rules import Kind as EventKind

MOST_ITEMS = 300
MOST_EVENTS = 100_000
Members = Annotated[int, Field(ge=0, le=10_000)]
Position = Annotated[int, Field(ge=1, le=MOST_ITEMS)]


class Entry(StrEnum):
    """What a clerk enters of all that happens (rules.Kind); ballots write their own entries."""

    PRESENT = EventKind.PRESENT.value
    LEFT = EventKind.LEFT.value
    EXCUSED = EventKind.EXCUSED.value
    PROXY_GIVEN = EventKind.PROXY_GIVEN.value
    PROXY_REVOKED = EventKind.PROXY_REVOKED.value
    CHAIR = EventKind.CHAIR.value
    SECRETARY = EventKind.SECRETARY.value
    OPENED = EventKind.OPENED.value
    ITEM_OPENED = EventKind.ITEM_OPENED.value
    ITEM_CLOSED = EventKind.ITEM_CLOSED.value
    WITHDREW = EventKind.WITHDREW.value
    RETURNED = EventKind.RETURNED.value
    SUSPENDED = EventKind.SUSPENDED.value
    RESUMED = EventKind.RESUMED.value
    CLOSED = EventKind.CLOSED.value
    CORRECTED = EventKind.CORRECTED.value


class SittingInput(Input):
    """What a new sitting needs. `reason`: what else than an ordinary one it is."""

    title: Title
    starts_at: Instant
    place: Title
    remote: bool = False
    urgent: bool = False
    reason: Reason | None = None
    meeting_id: UUID | None = None


class SittingChange(SittingInput):
    """The sitting as it shall be, whole."""


class ItemInput(Input):
    """An item of the agenda, whole. Without a position, the last among those under its parent."""

    title: Title
    kind: ItemKind = ItemKind.DELIBERATION
    public: bool = True
    rapporteur_id: UUID | None = None
    note: Text = ""
    draft: Text = ""
    parent_id: UUID | None = None
    position: Position | None = None


class ConveneInput(Input):
    """Who convenes, by their mandate. `despite`: the chair has read the warnings. `paper_sent`: what goes on paper has
    left today."""

    by: UUID
    despite: bool = False
    paper_sent: bool = False


class FileView(BaseModel):
    """A file that goes with an item; `late`: added after the convocation had left."""

    id: UUID
    name: str
    late: bool


class ItemView(BaseModel):
    """An item with its number, such as 2 or 2.1. `depth`: 0 or 1."""

    id: UUID
    parent_id: UUID | None
    number: str
    depth: int
    position: int
    title: str
    kind: ItemKind
    public: bool
    rapporteur_id: UUID | None
    rapporteur: str
    note: str
    draft: str
    files: list[FileView]
    rev: int


class ConvenedView(BaseModel):
    """A member who was convened. `mail`: how far the mail is; None: on paper."""

    member_id: UUID
    person_id: UUID
    name: str
    channel: Channel
    sent_at: datetime
    digest: str
    acknowledged_at: datetime | None
    mail: JobState | None


class SittingSummary(BaseModel):
    """A sitting in a list."""

    id: UUID
    assembly_id: UUID
    assembly_title: str
    title: str
    starts_at: datetime
    place: str
    remote: bool
    state: SittingState
    rev: int


class SittingView(SittingSummary):
    """A sitting whole. `convened` is for those who run it; `own`: the reader's own convocation."""

    space_id: UUID
    urgent: bool
    reason: Reason | None
    meeting_id: UUID | None
    convened_at: datetime | None
    convened_by: str
    items: list[ItemView]
    convened: list[ConvenedView]
    own: ConvenedView | None
    can_run: bool
    is_member: bool


class FindingView(BaseModel):
    """One thing that was found, in the reader's language."""

    verdict: Verdict
    message: str
    article: str


class EventInput(Input):
    """What the clerk enters. `other_id`: who holds the proxy; `corrects`: the number of the entry that is taken back;
    `session`: for which session in a row a proxy's document serves; `despite`: the chair has read the warning."""

    kind: Entry
    member_id: UUID | None = None
    other_id: UUID | None = None
    item_id: UUID | None = None
    how: How = How.ROOM
    why: Withdrawal = Withdrawal.PERSONAL
    corrects: Annotated[int, Field(ge=0, le=MOST_EVENTS)] = 0
    session: Annotated[int, Field(ge=1, le=100)] = 1
    ill: bool = False
    signed: bool = True
    despite: bool = False
    comment: Title | None = None


class BallotOpening(Input):
    """A ballot on the item that is open. `requests`: how many members present asked for a public or secret one;
    `waived`: unanimously given up secrecy of an appointment."""

    method: Method
    kind: BallotKind = BallotKind.DELIBERATION
    public_requests: Members = 0
    secret_requests: Members = 0
    waived: bool = False


class VoteInput(Input):
    """A vote: one's own, or of the member whose proxy one holds. The clerk enters those that are called."""

    choice: Choice
    member_id: UUID | None = None


class CloseInput(Input):
    """The end of a ballot; the figures where hands were counted."""

    votes_for: Members = 0
    votes_against: Members = 0
    abstentions: Members = 0
    chair: Chair | None = None


class CountView(BaseModel):
    """The quorum as it is now; `certain`: the text itself was read."""

    members: int
    quorum: int
    present: int
    reached: bool
    missing: int
    article: str
    certain: bool


class SeatView(BaseModel):
    """A member during the sitting. `represented_by`, `holds`: names; `votes`: on the open item; `voted`: in the open
    ballot, and how where the members are called."""

    id: UUID
    person_id: UUID
    name: str
    function: str
    status: str
    represented_by: str
    holds: str
    withdrawn: bool
    votes: int
    voted: bool
    choice: Choice | None


class BallotView(BaseModel):
    """A ballot; names and directions once it is closed. `result`: what the rules decided."""

    id: UUID
    item_id: UUID
    method: Method
    mode: str
    kind: BallotKind
    state: BallotState
    received: int
    expected: int
    result: dict[str, Any]
    names: dict[Choice, list[str]]


class OwnVote(BaseModel):
    """A vote that the reader may cast or has cast: their own, or of whom they represent."""

    member_id: UUID
    name: str
    own: bool
    choice: Choice | None


class LiveItem(BaseModel):
    """An item during the sitting."""

    id: UUID
    number: str
    title: str
    depth: int
    kind: ItemKind
    state: str
    withdrawn: list[str]
    ballots: list[BallotView]


class EntryView(BaseModel):
    """An entry of the sitting's record. `struck`: it was taken back; `correctable`: it may be."""

    seq: int
    at: datetime
    kind: str
    member: str
    other: str
    item: str
    by: str
    corrects: int
    struck: bool
    correctable: bool
    comment: str


class LiveView(BaseModel):
    """The live state, the same for everybody who reads it; `mine`: the reader's votes in the open ballot."""

    id: UUID
    title: str
    assembly_title: str
    phase: Phase
    seq: int
    chair: str
    secretary: str
    chair_id: UUID | None
    item_id: UUID | None
    quorum: CountView
    present: int
    represented: int
    excused: int
    remote: bool
    members: list[SeatView]
    items: list[LiveItem]
    ballot: BallotView | None
    mine: list[OwnVote]
    entries: list[EntryView]
    can_run: bool
