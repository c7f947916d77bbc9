"""Assemblies: what kind they are, their term, their members in exercise, their clerks.

An assembly hangs on a space. What its kind means is never here: rules/ knows, by kind, inhabitants and local law. A
mandate is a row of its own and is never deleted: who was a member on a past day can always be said.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from collab.core.models import Revised
from collab.core.text import Input, Title
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.rules.entries import Authority, LocalLaw

MOST_SEATS = 1000
MOST_INHABITANTS = 100_000_000


class Office(StrEnum):
    """What a member is in the assembly; a deputy replaces the president (CGCT L2122-17)."""

    PRESIDENT = "president"
    DEPUTY = "deputy"
    MEMBER = "member"


class Channel(StrEnum):
    """How a member is convened: by mail unless they ask for paper (CGCT L2121-10)."""

    MAIL = "mail"
    PAPER = "paper"


class Assembly(Revised, table=True):
    """An assembly and its term of office."""

    __tablename__ = "council_assembly"

    space_id: UUID = Field(foreign_key="space.id", index=True)
    title: str = Field(max_length=200)
    kind: str = Field(max_length=24)
    population: int = Field(default=0)
    local_law: str = Field(default="", max_length=20)
    authority: str = Field(default="", max_length=20)
    seats: int
    term_from: date
    term_to: date | None = Field(default=None)


_IN_EXERCISE = text("vacated IS NULL")


class Member(Revised, table=True):
    """A mandate. `place`: the order of the table; `vacated`: the first day on which the seat was vacant."""

    __tablename__ = "council_member"
    __table_args__ = (
        Index(
            "uq_council_member_in_exercise",
            "assembly_id",
            "person_id",
            unique=True,
            sqlite_where=_IN_EXERCISE,
            postgresql_where=_IN_EXERCISE,
        ),
    )

    assembly_id: UUID = Field(foreign_key="council_assembly.id", index=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    place: int
    office: str = Field(default=Office.MEMBER.value, max_length=10)
    function: str = Field(default="", max_length=200)
    party: str = Field(default="", max_length=200, description="The group they sit in.")
    channel: str = Field(default=Channel.MAIL.value, max_length=10)
    joined: date
    vacated: date | None = Field(default=None)
    vacated_why: str = Field(default="", max_length=200)
    weight: int = Field(default=1, description="Of their vote, where statutes say so.")


class Clerk(SQLModel, table=True):
    """That somebody prepares and runs the sittings of an assembly."""

    __tablename__ = "council_clerk"

    assembly_id: UUID = Field(primary_key=True, foreign_key="council_assembly.id")
    person_id: UUID = Field(primary_key=True, foreign_key="person.id", index=True)


Day = Annotated[date, Field(ge=date(1900, 1, 1), lt=date(2200, 1, 1))]
Seats = Annotated[int, Field(ge=1, le=MOST_SEATS)]
Inhabitants = Annotated[int, Field(ge=0, le=MOST_INHABITANTS)]
Place = Annotated[int, Field(ge=1, le=MOST_SEATS)]
Weight = Annotated[int, Field(ge=1, le=1000)]


class AssemblyInput(Input):
    """What a new assembly needs; whoever makes it is its first clerk."""

    title: Title
    kind: Kind
    population: Inhabitants = 0
    local_law: LocalLaw | None = None
    authority: Authority | None = None
    seats: Seats
    term_from: Day
    term_to: Day | None = None


class AssemblyChange(AssemblyInput):
    """The assembly as it shall be: every field, like in its form."""


class MemberInput(Input):
    """A new mandate. Without a place, the last of the table."""

    person_id: UUID
    office: Office = Office.MEMBER
    function: Title | None = None
    party: Title | None = None
    channel: Channel = Channel.MAIL
    joined: Day
    place: Place | None = None
    weight: Weight = 1


class MemberChange(Input):
    """The mandate as it shall be: every field but the person. `vacated` ends it."""

    office: Office = Office.MEMBER
    function: Title | None = None
    party: Title | None = None
    channel: Channel = Channel.MAIL
    joined: Day
    place: Place
    vacated: Day | None = None
    vacated_why: Title | None = None
    weight: Weight = 1


class ClerkInput(Input):
    """Who becomes a clerk."""

    person_id: UUID


class MemberView(BaseModel):
    """A mandate with the name to show."""

    id: UUID
    person_id: UUID
    name: str
    has_photo: bool
    has_mail: bool
    place: int
    office: Office
    function: str
    party: str
    channel: Channel
    joined: date
    vacated: date | None
    vacated_why: str
    weight: int
    rev: int


class ClerkView(BaseModel):
    """A clerk with the name to show."""

    person_id: UUID
    name: str


class AssemblySummary(BaseModel):
    """An assembly in a list. `members`: in exercise."""

    id: UUID
    space_id: UUID
    title: str
    kind: Kind
    seats: int
    members: int


class AssemblyView(AssemblySummary):
    """An assembly whole. `members_list` in the order of the table, those who left last; `can_manage`: its reader."""

    population: int
    local_law: LocalLaw | None
    authority: Authority | None
    term_from: date
    term_to: date | None
    members_list: list[MemberView]
    clerks: list[ClerkView]
    can_manage: bool
    can_run: bool
    rev: int
