"""People: the local copy of the directory's persons, and local accounts beside them.

Written by the directory's sync and by administrators; a person is their `source_key` (entryUUID or objectGUID), so a
rename or a move keeps them. A login belongs to one active person at a time, and may come back to somebody else later.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, StringConstraints
from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Field, SQLModel, UniqueConstraint

from collab.core.models import Revised, utc_field
from collab.core.text import Input, Title, sort_key


class Source(StrEnum):
    """Who says that the person exists."""

    LDAP = "ldap"
    LOCAL = "local"


_ACTIVE = text("active")


class Person(Revised, table=True):
    """Somebody who may sign in, or could once. Never deleted: disabled."""

    __tablename__ = "person"
    __table_args__ = (
        UniqueConstraint("source", "source_key"),
        Index("uq_person_login_active", "login", unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE),
    )

    source: str = Field(max_length=8)
    source_key: str = Field(max_length=64, description="entryUUID or objectGUID; the id itself for local accounts.")
    login: str = Field(max_length=100, description="As typed at sign-in, lower case.")
    given_name: str = Field(default="", max_length=100)
    family_name: str = Field(default="", max_length=100)
    display_name: str = Field(max_length=200)
    sort_name: str = Field(max_length=200, index=True, description="Without accents and case, family name first.")
    search_text: str = Field(default="", max_length=900, description="What a search looks in, folded like sort_name.")
    title: str = Field(default="", max_length=200)
    mail: str = Field(default="", max_length=254)
    phone: str = Field(default="", max_length=50)
    unit_id: UUID | None = Field(default=None, foreign_key="unit.id", index=True)
    active: bool = Field(default=True)
    is_admin: bool = Field(default=False, description="Administers the platform, which gives nothing to read.")
    language: str = Field(default="", max_length=5, description="Empty: the place's.")
    theme: str = Field(default="system", max_length=6)
    photo_hash: str = Field(default="", max_length=64, description="SHA-256 of the photo; empty: none.")
    disabled_at: datetime | None = utc_field(default=None, nullable=True)


class PersonPhoto(SQLModel, table=True):
    """A photo from the directory, apart so that lists do not load it. JPEG."""

    __tablename__ = "person_photo"

    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    data: bytes = Field(sa_type=LargeBinary)


def sort_name_of(given_name: str, family_name: str, display_name: str) -> str:
    """What people are ordered by: family name first, or the only name there is."""
    return sort_key(family_name, given_name)[:200] or sort_key(display_name)[:200]


def search_text_of(given_name: str, family_name: str, display_name: str, title: str, login: str, mail: str) -> str:
    """What a search for a person looks in."""
    return sort_key(family_name, given_name, display_name, title, login, mail)[:900]


Login = Annotated[
    str,
    AfterValidator(str.lower),
    StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@+-]*$", max_length=100, strip_whitespace=True),
]
Mail = Annotated[str, StringConstraints(pattern=r"^$|^[^@\s<>]+@[^@\s<>]+$", max_length=254, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$", strip_whitespace=True)]
Phone = Annotated[str, StringConstraints(max_length=50, pattern=r"^[^\x00-\x1f\x7f]*$", strip_whitespace=True)]


class PersonInput(Input):
    """A local account, as an administrator makes it."""

    login: Login
    display_name: Title
    given_name: Name = ""
    family_name: Name = ""
    mail: Mail = ""
    title: Name = ""
    phone: Phone = ""
    unit_id: UUID | None = None
    is_admin: bool = False


class PersonChange(Input):
    """What an administrator changes of a local account; what is left out stays."""

    display_name: Title | None = None
    given_name: Name | None = None
    family_name: Name | None = None
    mail: Mail | None = None
    title: Name | None = None
    phone: Phone | None = None
    unit_id: UUID | None = None


class SettingsChange(Input):
    """What people choose for themselves, wherever they come from; what is left out stays."""

    language: Literal["", "fr", "en"] | None = None
    theme: Literal["system", "light", "dark"] | None = None


class UnitRef(BaseModel):
    """A service and what to call it."""

    id: UUID
    name: str


class PersonSummary(BaseModel):
    """A person in a list. `photo`: SHA-256 of the picture, empty if there is none."""

    id: UUID
    display_name: str
    title: str
    unit: UnitRef | None
    photo: str
    active: bool


class PersonView(PersonSummary):
    """A person's page. `units`: from the root of the tree to their own."""

    given_name: str
    family_name: str
    login: str
    mail: str
    phone: str
    units: list[UnitRef]
    source: Source
    is_admin: bool
    rev: int
