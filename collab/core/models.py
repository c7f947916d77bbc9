"""What every table shares: UTC times on both databases, UUIDv7 keys, a revision, names of constraints."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime
from pydantic import Field as Limit
from sqlalchemy import DateTime, Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from collab.core.ids import new_id

# An instant from outside, far enough from the ends of the calendar to be counted with.
Instant = Annotated[AwareDatetime, Limit(ge=datetime(1900, 1, 1, tzinfo=UTC), lt=datetime(2200, 1, 1, tzinfo=UTC))]

# Named constraints, or a migration cannot drop them.
SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept in UTC. SQLite drops zones, so they are taken off on the way in and put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time has no place in the database")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def utc_field(**kwargs: Any) -> Any:
    """A Field for an instant; takes what sqlmodel's Field takes."""
    return Field(sa_type=UtcDateTime, **kwargs)


class Record(SQLModel):
    """A table's row with a key of its own. Subclass with `table=True`."""

    id: UUID = Field(default_factory=new_id, primary_key=True)


class Revised(Record):
    """A row that people change: `rev` is its ETag and rises by one with each change of content."""

    rev: int = Field(default=1)
    created_at: datetime = utc_field()
    updated_at: datetime = utc_field()
