"""Spaces: one matter, department or project; everything else hangs on one.

Members are people, groups or units (with the units below); the role decides on all that the space holds.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Field, SQLModel

from collab.core.models import Revised
from collab.core.text import Input, Text, Title


class Role(StrEnum):
    """What a member may do, each including the ones after it."""

    OWNER = "owner"
    EDITOR = "editor"
    READER = "reader"


class DataClass(StrEnum):
    """What kind of data a space holds; later rules (second factor, retention, encryption) hang on it."""

    ORDINARY = "ordinary"
    PERSONAL = "personal"
    FINANCIAL = "financial"
    PUBLIC = "public"
    ARCHIVE = "archive"


class PrincipalKind(StrEnum):
    """What a membership points to."""

    PERSON = "person"
    GROUP = "group"
    UNIT = "unit"


class Space(Revised, table=True):
    """A space (espace)."""

    __tablename__ = "space"

    title: str = Field(max_length=200)
    description: str = Field(default="")
    data_class: str = Field(default=DataClass.ORDINARY.value, max_length=10)
    owner_id: UUID | None = Field(
        default=None,
        foreign_key="person.id",
        unique=True,
        index=True,
        description="Whose personal space it is; None: a shared one.",
    )


class SpaceMember(SQLModel, table=True):
    """That a person, a group or a unit has a role in a space."""

    __tablename__ = "space_member"

    space_id: UUID = Field(primary_key=True, foreign_key="space.id")
    principal_id: UUID = Field(primary_key=True, index=True)
    principal_kind: str = Field(max_length=6)
    role: str = Field(max_length=6)


class SpaceInput(Input):
    """What a new space needs; whoever makes it is its owner."""

    title: Title
    description: Text = ""
    data_class: DataClass = DataClass.ORDINARY


class SpaceChange(Input):
    """What may change; fields left out stay."""

    title: Title | None = None
    description: Text | None = None
    data_class: DataClass | None = None


class MemberInput(Input):
    """Who gets which role."""

    principal_kind: PrincipalKind
    principal_id: UUID
    role: Role


class SpaceView(BaseModel):
    """A space as one of its members sees it."""

    id: UUID
    title: str
    description: str
    data_class: DataClass
    role: Role
    personal: bool
    rev: int


class MemberView(BaseModel):
    """A member with the name to show."""

    principal_kind: PrincipalKind
    principal_id: UUID
    name: str
    role: Role


class SpaceFigures(BaseModel):
    """A space as administrators see it: whose it is and how large, not what it is about.

    `owners`: people, those who have left too; `orphan`: none of them, and no group or service, owns it any more.
    `personal`: somebody's personal files, which are listed here only as an orphan.
    """

    id: UUID
    data_class: DataClass
    created_at: datetime
    members: int
    owners: list[str]
    orphan: bool
    personal: bool
