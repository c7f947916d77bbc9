"""What is asked of the search and what it answers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, Field

from collab.core.text import Input

PAGE = 20


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


class SearchQuery(Input):
    """What is looked for; `after`: where the part before ended."""

    q: str = Field(default="", max_length=300)
    kind: Annotated[str | None, BeforeValidator(_empty_is_none)] = Field(default=None, max_length=20)
    space: Annotated[UUID | None, BeforeValidator(_empty_is_none)] = None
    after: str | None = Field(default=None, pattern=r"^[12]\.[0-9]{1,19}$")


class Piece(BaseModel):
    """A part of a title or of a passage; `found`: it is what was looked for."""

    text: str
    found: bool = False


class Hit(BaseModel):
    """A thing that was found. `passage`: where its text says it; empty when only its title does."""

    kind: str
    id: UUID
    title: str
    title_pieces: list[Piece]
    url: str
    icon: str
    where: list[str]
    changed_at: datetime
    passage: list[Piece]
