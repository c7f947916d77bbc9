"""Groups: from the directory with their nesting flattened, so that membership is one look-up."""

from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Field, SQLModel, UniqueConstraint

from collab.core.models import Revised
from collab.core.text import Input, Title


class Group(Revised, table=True):
    """A group of people."""

    __tablename__ = "people_group"
    __table_args__ = (UniqueConstraint("source", "source_key"),)

    source: str = Field(max_length=8)
    source_key: str = Field(max_length=64)
    name: str = Field(max_length=200)
    active: bool = Field(default=True)


class GroupMember(SQLModel, table=True):
    """That a person is in a group, directly or through groups within it."""

    __tablename__ = "group_member"

    group_id: UUID = Field(primary_key=True, foreign_key="people_group.id")
    person_id: UUID = Field(primary_key=True, foreign_key="person.id", index=True)


class GroupInput(Input):
    """A group that an administrator makes by hand."""

    name: Title


class GroupView(BaseModel):
    """A group in a list. `people`: how many active people are in it; `local`: made here, so changed here."""

    id: UUID
    name: str
    people: int
    local: bool
    rev: int
