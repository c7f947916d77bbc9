"""Groups: from the directory with their nesting flattened, so that membership is one look-up."""

from uuid import UUID

from sqlmodel import Field, SQLModel, UniqueConstraint

from collab.core.models import Revised


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
