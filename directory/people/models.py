"""People: the local copy of the directory's persons, and local accounts beside them.

Written by the directory's sync and by administrators; a person is their `source_key` (entryUUID or objectGUID), so a
rename or a move keeps them.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel, UniqueConstraint

from collab.core.models import Revised, utc_field


class Source(StrEnum):
    """Who says that the person exists."""

    LDAP = "ldap"
    LOCAL = "local"


class Person(Revised, table=True):
    """Somebody who may sign in, or could once. Never deleted: disabled."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("source", "source_key"),)

    source: str = Field(max_length=8)
    source_key: str = Field(max_length=64, description="entryUUID or objectGUID; the id itself for local accounts.")
    login: str = Field(max_length=100, index=True, description="As typed at sign-in, lower case.")
    given_name: str = Field(default="", max_length=100)
    family_name: str = Field(default="", max_length=100)
    display_name: str = Field(max_length=200)
    sort_name: str = Field(max_length=200, index=True, description="Without accents and case, family name first.")
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
