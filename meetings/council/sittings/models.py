"""Sittings: their agenda, who was convened, what happened in the order in which it did, ballots and votes.

What happened is a list of events that only grows (council_event): the state of a sitting is what rules.py makes of
them, and a correction is one more event. A vote in a public ballot is a row whose key is the member: there is no
second one. Members are named by their mandate.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel, UniqueConstraint

from collab.core.models import Record, Revised, utc_field
from meetings.council.assemblies.models import Channel
from meetings.council.rules.remote import Item as ItemKind


class SittingState(StrEnum):
    """How far a sitting is. What happens while it is open is told by its events."""

    DRAFT = "draft"
    CONVENED = "convened"
    OPEN = "open"
    SUSPENDED = "suspended"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Method(StrEnum):
    """How votes are taken: hands counted by the clerk, members called one by one, on their own devices with their name
    or in secret, or papers counted in the room."""

    HANDS = "hands"
    ROLL_CALL = "roll_call"
    ELECTRONIC = "electronic"
    SECRET = "secret"  # noqa: S105  # a way to vote
    PAPER = "paper"


class Election(StrEnum):
    """Who is chosen, where it is not a yes or no: one of several, a list as a whole, or seats for each list."""

    CANDIDATES = "candidates"
    LIST = "list"
    SEATS = "seats"


class BallotState(StrEnum):
    """How far a ballot is; one that was withdrawn has no result."""

    OPEN = "open"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Choice(StrEnum):
    """What one votes."""

    FOR = "for"
    AGAINST = "against"
    ABSTAINED = "abstained"


class Sitting(Revised, table=True):
    """A sitting (séance). `seq`: of its last event."""

    __tablename__ = "council_sitting"
    __table_args__ = (Index("ix_council_sitting_assembly_id_starts_at", "assembly_id", "starts_at"),)

    assembly_id: UUID = Field(foreign_key="council_assembly.id")
    title: str = Field(max_length=200)
    starts_at: datetime = utc_field()
    place: str = Field(max_length=200)
    remote: bool = Field(default=False)
    urgent: bool = Field(default=False)
    reason: str = Field(default="", max_length=20)
    meeting_id: UUID | None = Field(default=None, foreign_key="meeting.id", index=True)
    state: str = Field(default=SittingState.DRAFT.value, max_length=10)
    convened_at: datetime | None = utc_field(default=None, nullable=True)
    convened_by: UUID | None = Field(default=None, foreign_key="council_member.id")
    seq: int = Field(default=0)


class Item(Revised, table=True):
    """An item of the agenda, in a tree. `position`: among those with the same parent, from 1."""

    __tablename__ = "council_item"

    sitting_id: UUID = Field(foreign_key="council_sitting.id", index=True)
    parent_id: UUID | None = Field(default=None, foreign_key="council_item.id", index=True)
    position: int
    title: str = Field(max_length=200)
    kind: str = Field(default=ItemKind.DELIBERATION.value, max_length=24)
    public: bool = Field(default=True)
    rapporteur_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    note: str = Field(default="", description="The explanatory note.")
    draft: str = Field(default="", description="The draft of the deliberation.")


class ItemFile(SQLModel, table=True):
    """A shared file that goes with an item, by its id alone: a file may be destroyed. `late`: after the convocation."""

    __tablename__ = "council_item_file"

    item_id: UUID = Field(primary_key=True, foreign_key="council_item.id")
    node_id: UUID = Field(primary_key=True)
    late: bool = Field(default=False)


class Convocation(Record, table=True):
    """That a member was convened. `digest`: SHA-256 of what they were sent, which the journal holds as well."""

    __tablename__ = "council_convocation"
    __table_args__ = (UniqueConstraint("sitting_id", "member_id"),)

    sitting_id: UUID = Field(foreign_key="council_sitting.id")
    member_id: UUID = Field(foreign_key="council_member.id", index=True)
    channel: str = Field(default=Channel.MAIL.value, max_length=10)
    sent_at: datetime = utc_field()
    digest: str = Field(max_length=64)
    acknowledged_at: datetime | None = utc_field(default=None, nullable=True)


class SittingEvent(Record, table=True):
    """One thing that happened in a sitting. Never changed, never deleted."""

    __tablename__ = "council_event"
    __table_args__ = (UniqueConstraint("sitting_id", "seq"),)

    sitting_id: UUID = Field(foreign_key="council_sitting.id")
    seq: int
    at: datetime = utc_field()
    actor_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    kind: str = Field(max_length=24)
    data: dict[str, Any] = Field(sa_type=JSON)


class Ballot(Record, table=True):
    """A ballot. `options`: who stands, in an election; `expected`: how many could vote when it ended; `sealing_key`: of
    an open secret one (secret/); `result`: what was decided, once it is closed."""

    __tablename__ = "council_ballot"

    sitting_id: UUID = Field(foreign_key="council_sitting.id", index=True)
    item_id: UUID = Field(foreign_key="council_item.id", index=True)
    method: str = Field(max_length=10)
    mode: str = Field(max_length=10)
    kind: str = Field(max_length=16)
    state: str = Field(default=BallotState.OPEN.value, max_length=10)
    opened_at: datetime = utc_field()
    closed_at: datetime | None = utc_field(default=None, nullable=True)
    result: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    election: str = Field(default="", max_length=12)
    options: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    round: int = Field(default=1)
    seats: int = Field(default=0)
    sharing: str = Field(default="", max_length=20)
    expected: int = Field(default=0)
    sealing_key: str = Field(default="")


class Vote(SQLModel, table=True):
    """The vote of a member in a ballot: one, whoever cast it (themselves, who holds their proxy, the clerk)."""

    __tablename__ = "council_vote"

    ballot_id: UUID = Field(primary_key=True, foreign_key="council_ballot.id")
    member_id: UUID = Field(primary_key=True, foreign_key="council_member.id", index=True)
    choice: str = Field(max_length=10)
    cast_by: UUID = Field(foreign_key="person.id", index=True)
    cast_at: datetime = utc_field()
