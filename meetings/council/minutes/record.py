"""What minutes say that happened (CGCT L2121-15): plain data, computed by compose.py and kept once they are settled.

Everything is here by name, so that what was settled reads the same when somebody has left the directory.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

from meetings.council.rules.entries import Assembly as Kind


class Status(StrEnum):
    """What a member was in the sitting, the most of it first: who came and left a proxy was present."""

    PRESENT = "present"
    REPRESENTED = "represented"
    EXCUSED = "excused"
    ABSENT = "absent"


class Occasion(StrEnum):
    """Where the quorum was looked at (rule Q2)."""

    OPENING = "opening"
    ITEM = "item"
    RESUMPTION = "resumption"


class Span(BaseModel):
    """A time in the open sitting: there (`how`: room or video), or represented `by` somebody."""

    start: datetime
    end: datetime
    how: str = ""
    by: str = ""


class Attendance(BaseModel):
    """A member, with their times. `came` and `went`: after the opening and before the end, else None."""

    member: str
    name: str
    function: str
    party: str
    status: Status
    by: str = ""
    came: datetime | None = None
    went: datetime | None = None
    video: bool = False
    spans: list[Span] = []


class Quorum(BaseModel):
    """The quorum as it was counted. `item`: its number."""

    at: datetime
    occasion: Occasion
    item: str = ""
    members: int
    quorum: int
    present: int
    reached: bool
    article: str


class Stood(BaseModel):
    """A candidate or a list, and the votes it got; `seats` where they were shared."""

    name: str
    votes: int
    seats: int | None = None


class Voting(BaseModel):
    """A ballot. `figures`: whatever was counted, by its name; `names`: who voted how, in a public one; `standing`: in
    an election, who could be chosen."""

    id: UUID
    method: str
    mode: str
    kind: str
    opened_at: datetime
    closed_at: datetime | None
    withdrawn: bool
    voters: int
    public_requests: int = 0
    secret_requests: int = 0
    result: str = ""
    reason: str = ""
    article: str = ""
    figures: dict[str, int] = {}
    elected: str = ""
    names: dict[str, list[str]] = {}
    standing: list[Stood] = []

    @property
    def ways(self) -> list[str]:
        """In which ways one could vote in a public ballot, as `names` has them."""
        return [*(one.name for one in self.standing), "abstained"] if self.standing else ["for", "against", "abstained"]


class Withdrawal(BaseModel):
    """Who took no part in an item, and in which of the two ways (rules Q3 and Q4)."""

    name: str
    why: str


class Dealt(BaseModel):
    """An item of the agenda and what was done with it. The lists are of members at its vote, else at its opening."""

    id: UUID
    number: str
    depth: int
    title: str
    kind: str
    public: bool
    rapporteur: str
    report: str = ""
    files: list[str] = []
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    chair: str = ""
    present: list[str] = []
    represented: dict[str, str] = {}
    away: list[str] = []
    voters: int = 0
    withdrawn: list[Withdrawal] = []
    ballots: list[Voting] = []
    act: str = ""


class Pause(BaseModel):
    """A suspension."""

    start: datetime
    end: datetime | None


class Account(BaseModel):
    """A sitting as it was held. `members`: in the order of the table; `in_exercise`: how many they are."""

    assembly: str
    kind: Kind
    title: str
    place: str
    remote: bool
    urgent: bool
    second: bool
    convened_at: datetime | None
    convened_by: str
    starts_at: datetime
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    chair: str = ""
    chairs: list[tuple[datetime, str]] = []
    secretary: str = ""
    members: list[Attendance] = []
    quorums: list[Quorum] = []
    items: list[Dealt] = []
    pauses: list[Pause] = []

    @property
    def in_exercise(self) -> int:
        """How many members there were."""
        return len(self.members)

    def of(self, status: Status) -> list[Attendance]:
        """The members of whom this is true, in the order of the table."""
        return [one for one in self.members if one.status is status]
