"""What was made of a version to show it. The parts are objects of the storage of their own, destroyed with the version.

Rows name their version without a foreign key: what is destroyed has to be known after the version has gone.
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Field, SQLModel

from collab.core.models import utc_field
from collab.files.previews.kinds import PreviewKind


class State(StrEnum):
    """How far it is."""

    WAITING = "waiting"
    READY = "ready"
    REFUSED = "refused"  # it will not be shown: a bomb, broken, locked
    BROKEN = "broken"  # the process died of it or took too long: tried again, a few times
    ABSENT = "absent"  # this server has no LibreOffice, or cannot shut it in


class FilePreview(SQLModel, table=True):
    """That somebody looked at a version, and how it went. `pages`: how many it has, whether made or not."""

    __tablename__ = "file_preview"

    version_id: UUID = Field(primary_key=True)
    state: str = Field(max_length=8)
    pages: int = 0
    reason: str = Field(default="", max_length=300)
    attempts: int = 0
    tried_at: datetime = utc_field()


class FilePreviewPart(SQLModel, table=True):
    """A picture, a page, a text. `key`: of its bytes in the storage."""

    __tablename__ = "file_preview_part"

    version_id: UUID = Field(primary_key=True)
    name: str = Field(primary_key=True, max_length=20, description="thumb, picture, text, pdf or page-N.")
    key: str = Field(max_length=32, unique=True)
    size: int
    sha256: str = Field(max_length=64)
    made_at: datetime = utc_field()


class PreviewView(BaseModel):
    """How a version can be shown; `pages`: of a document, once it is ready."""

    kind: PreviewKind
    state: State
    pages: int = 0


class ThumbState(StrEnum):
    """Of a small picture: it can be asked for, it will be there soon, there is none."""

    READY = "ready"
    WAITING = "waiting"
    NONE = "none"


class ThumbView(BaseModel):
    """Whether a file has a small picture."""

    file: UUID
    state: ThumbState
