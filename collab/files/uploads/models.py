"""An upload that arrives in parts. How much of it is there, the storage knows; this says whose it is and where it goes.

The row outlives its completion until it expires, so that a client that missed the answer gets it again.
"""

from datetime import datetime, timedelta
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import BigInteger
from sqlmodel import Field

from collab.core.models import Record, utc_field
from collab.core.text import Input
from collab.files.models import FolderId, OnConflict, UploadQuery


class Upload(Record, table=True):
    """Of a person, or of a deposit box's visitor (`link_id`), for whom its random id is the secret that gives access.

    `key`: of its bytes in the storage. `file_id`, `version`: what it became. `visitor`, `note`: who deposits, and why.
    """

    __tablename__ = "file_upload"

    space_id: UUID = Field(foreign_key="space.id", index=True)
    folder_id: UUID
    name: str = Field(max_length=255)
    conflict: str = Field(max_length=7)
    size: int = Field(sa_type=BigInteger)
    key: str = Field(max_length=32, unique=True)
    person_id: UUID | None = Field(default=None, foreign_key="person.id", index=True)
    link_id: UUID | None = Field(default=None, index=True)
    visitor: str = Field(default="", max_length=200)
    note: str = Field(default="")
    created_at: datetime = utc_field()
    expires_at: datetime = utc_field(index=True)
    file_id: UUID | None = None
    version: int | None = None


class UploadLimits(BaseModel):
    """What the settings allow: bytes in one upload, days without news, unfinished ones of a person and their bytes."""

    most_bytes: int
    lifetime: timedelta
    most_unfinished: int
    most_unfinished_bytes: int


class UploadStart(UploadQuery):
    """A new upload: where it goes, and how many bytes it has in all."""

    space: UUID
    size: int = Field(ge=0)


class UploadEnd(Input):
    """Another answer to a name that was taken meanwhile; what is left out stays."""

    name: str | None = Field(default=None, max_length=1000)
    folder: FolderId = None
    conflict: OnConflict | None = None


class UploadView(BaseModel):
    """An upload as its person sees it. `offset`: bytes that arrived; `file`: what it became, once it is whole."""

    id: UUID
    space: UUID
    folder: UUID | None
    name: str
    size: int
    offset: int
    created_at: datetime
    expires_at: datetime
    file: UUID | None
