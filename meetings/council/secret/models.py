"""What is stored of a secret ballot: who took part, and envelopes that nothing joins to them (ADR 76).

Both tables are kept in the order of their keys (WITHOUT ROWID on SQLite), so that no row tells when it came. Neither
has a time. Envelopes are gone when the ballot ends.
"""

from uuid import UUID, uuid4

from pydantic import BaseModel
from sqlmodel import Field, SQLModel

_IN_ORDER_OF_KEYS = {"sqlite_with_rowid": False}


class Participation(SQLModel, table=True):
    """That the vote of a member was received. `receipt`: drawn at random, shown to who cast it."""

    __tablename__ = "council_participation"
    __table_args__ = _IN_ORDER_OF_KEYS

    ballot_id: UUID = Field(primary_key=True, foreign_key="council_ballot.id")
    member_id: UUID = Field(primary_key=True, foreign_key="council_member.id", index=True)
    cast_by: UUID = Field(foreign_key="person.id", index=True)
    receipt: str = Field(max_length=14)


class SealedVote(SQLModel, table=True):
    """An envelope. Its id is drawn at random; it has no time, no number and no owner."""

    __tablename__ = "council_sealed_vote"
    __table_args__ = _IN_ORDER_OF_KEYS

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    ballot_id: UUID = Field(foreign_key="council_ballot.id", index=True)
    sealed: bytes


class Receipt(BaseModel):
    """That a vote was received: it proves that, and nothing of what was chosen. `again`: it had come before."""

    ballot: UUID
    member_id: UUID
    receipt: str
    again: bool
