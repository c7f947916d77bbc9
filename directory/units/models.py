"""Units: the tree of departments (services), drawn from the directory's OUs."""

from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Field, UniqueConstraint

from collab.core.models import Revised
from collab.core.text import Input, Title


class Unit(Revised, table=True):
    """A department. `path` lists the ids from the root to itself, each followed by `/`."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("source", "source_key"),)

    source: str = Field(max_length=8)
    source_key: str = Field(max_length=64)
    name: str = Field(max_length=200)
    parent_id: UUID | None = Field(default=None, foreign_key="unit.id", index=True)
    path: str = Field(max_length=1000, index=True)
    active: bool = Field(default=True)


class UnitInput(Input):
    """A service that an administrator adds by hand, where no directory draws the tree."""

    name: Title
    parent_id: UUID | None = None


class UnitChange(Input):
    """What changes of a service kept by hand; what is left out stays. `parent_id` None: at the root of the tree."""

    name: Title | None = None
    parent_id: UUID | None = None


class UnitView(BaseModel):
    """A service in the tree. `depth` counts from 0; `people`: who works there; `people_below`: with those below.

    `local`: made here, so changed here.
    """

    id: UUID
    name: str
    parent_id: UUID | None
    depth: int
    people: int
    people_below: int
    local: bool
    rev: int
