"""What comes from outside for a sitting and what goes out of it; the tables are in models.py."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, StringConstraints
from sqlmodel import Field

from collab.core.jobs import JobState
from collab.core.models import Instant
from collab.core.text import Input, Text, Title
from meetings.council.assemblies.models import Channel
from meetings.council.rules.ballots import Chair, Mode
from meetings.council.rules.ballots import Kind as BallotKind
from meetings.council.rules.delays import Reason
from meetings.council.rules.entries import Verdict
from meetings.council.rules.quorum import Withdrawal
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.rules.seats import Method as Sharing
from meetings.council.sittings.models import BallotState, Election, Method, SittingState
from meetings.council.sittings.rules import How, Phase
from meetings.council.sittings.rules import Kind as EventKind

MOST_ITEMS = 300
MOST_EVENTS = 100_000
MOST_CANDIDATES = 90
Members = Annotated[int, Field(ge=0, le=10_000)]
Key = Annotated[str, StringConstraints(pattern=r"^(for|against|abstained|[0-9]{2})$")]
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
    REQUESTED = EventKind.REQUESTED.value
    POSTPONED = EventKind.POSTPONED.value
    DOORS_OPENED = EventKind.DOORS_OPENED.value
    SUSPENDED = EventKind.SUSPENDED.value
    RESUMED = EventKind.RESUMED.value
    CLOSED = EventKind.CLOSED.value
    CORRECTED = EventKind.CORRECTED.value
    MICROPHONE_TAKEN = EventKind.MICROPHONE_TAKEN.value
    MICROPHONE_GIVEN = EventKind.MICROPHONE_GIVEN.value


class Asked(StrEnum):
    """The ballots that members may ask for."""

    PUBLIC = Mode.PUBLIC.value
    SECRET = Mode.SECRET.value


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
    mode: Asked = Asked.PUBLIC
    session: Annotated[int, Field(ge=1, le=100)] = 1
    ill: bool = False
    signed: bool = True
    despite: bool = False
    comment: Title | None = None


class RequestInput(Input):
    """What a member asks for on the item that is open."""

    mode: Asked


class CandidateInput(Input):
    """Who stands, or a list. Age decides between equals: when they were born, the average of a list."""

    name: Title
    born: date | None = None
    average_age: Annotated[Decimal, Field(ge=0, le=150, max_digits=7, decimal_places=4)] | None = None


class BallotOpening(Input):
    """A ballot on the item that is open. `requests`: how many members present asked for a public or secret one, beside
    those who did so on their devices; `waived`: unanimously given up secrecy of an appointment. In an election:
    candidates or lists, `seats` to share, `after` the ballot whose next round it is. For a closed session: how many ask
    for it, or the chair. `despite`: the chair has read the warning."""

    method: Method
    kind: BallotKind = BallotKind.DELIBERATION
    public_requests: Members = 0
    secret_requests: Members = 0
    waived: bool = False
    election: Election | None = None
    candidates: Annotated[list[CandidateInput], Field(max_length=MOST_CANDIDATES)] = Field(default_factory=list)
    seats: Members = 0
    sharing: Sharing = Sharing.HIGHEST_REMAINDER
    after: UUID | None = None
    closed_requests: Members = 0
    by_chair: bool = False
    despite: bool = False


class VoteInput(Input):
    """A vote: one's own, or of the member whose proxy one holds. The clerk enters those that are called."""

    choice: Key
    member_id: UUID | None = None


class CloseInput(Input):
    """The end of a ballot; the figures where hands or papers were counted, in an election by the key of who stands."""

    votes_for: Members = 0
    votes_against: Members = 0
    abstentions: Members = 0
    blank: Members = 0
    null: Members = 0
    votes: dict[Key, Members] = Field(default_factory=dict)
    chair: Chair | None = None


class CountView(BaseModel):
    """The quorum as it is now; `certain`: the text itself was read. `by_video`: of those present; `cut`: whose line was
    lost, who count again when it is back."""

    members: int
    quorum: int
    present: int
    reached: bool
    missing: int
    by_video: int
    cut: list[str]
    article: str
    certain: bool


class SeatView(BaseModel):
    """A member during the sitting. `represented_by`, `holds`: names; `votes`: on the open item; `voted`: in the open
    ballot, and what where the members are called; `silenced`: the chair has closed their microphone."""

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
    choice: str | None
    silenced: bool


class OptionView(BaseModel):
    """What may be chosen: a name, or a word (for, against, abstained, blank)."""

    key: str
    name: str
    word: str


class BallotView(BaseModel):
    """A ballot; names and directions once it is closed, by the key of what they chose. `result`: what was decided;
    `sealing_key`: of an open secret one, in Base64 (SPKI)."""

    id: UUID
    item_id: UUID
    method: Method
    mode: str
    kind: BallotKind
    state: BallotState
    election: Election | None
    options: list[OptionView]
    round: int
    seats: int
    received: int
    expected: int
    sealing_key: str
    result: dict[str, Any]
    names: dict[str, list[str]]
    took_part: list[str]


class OwnVote(BaseModel):
    """A vote that the reader may cast or has cast: their own, or of whom they represent. `receipt`: in a secret ballot,
    that it was received."""

    member_id: UUID
    name: str
    own: bool
    choice: str | None
    receipt: str


class RequestsView(BaseModel):
    """Who asks for a public or secret ballot on the open item; `needed`: 0 where no text gives the right."""

    mode: Asked
    names: list[str]
    needed: int
    article: str


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
    mode: str


class LiveView(BaseModel):
    """The live state, the same for everybody who reads it; `mine`: the reader's votes in the open ballot; `measured`:
    the meeting room says who is there by video; `polices`: the reader may close microphones in it."""

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
    measured: bool
    members: list[SeatView]
    items: list[LiveItem]
    ballot: BallotView | None
    mine: list[OwnVote]
    requests: list[RequestsView]
    private: bool
    is_present: bool
    polices: bool
    entries: list[EntryView]
    can_run: bool
