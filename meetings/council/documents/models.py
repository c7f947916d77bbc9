"""Documents of a sitting, each as PDF and ODT. One that was published is never changed nor removed: a correction is
another row. They are small and lie in the database, in the same backup and transaction as what they say."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Field

from collab.core.models import Record, utc_field


class Kind(StrEnum):
    """What a document is. `public_minutes`: without what was dealt with in closed session."""

    MINUTES = "minutes"
    PUBLIC_MINUTES = "public_minutes"
    LIST = "list"
    REGISTER = "register"
    DELIBERATION = "deliberation"
    EXTRACT = "extract"


class Format(StrEnum):
    """PDF/A-2a with PDF/UA-1, or OpenDocument."""

    PDF = "pdf"
    ODT = "odt"


MEDIA_TYPES = {Format.PDF: "application/pdf", Format.ODT: "application/vnd.oasis.opendocument.text"}


class Document(Record, table=True):
    """A document as it was made. `digest`: of what it says; `sha256`: of the PDF."""

    __tablename__ = "council_document"

    sitting_id: UUID = Field(foreign_key="council_sitting.id", index=True)
    item_id: UUID | None = Field(default=None, foreign_key="council_item.id", index=True)
    kind: str = Field(max_length=16)
    digest: str = Field(max_length=64)
    title: str = Field(max_length=300)
    pdf: bytes
    odt: bytes
    pdf_size: int
    odt_size: int
    sha256: str = Field(max_length=64)
    made_at: datetime = utc_field()
    published_at: datetime | None = utc_field(default=None, nullable=True)


class DocumentView(BaseModel):
    """A document in a list. Its bytes are at its address."""

    id: UUID
    sitting_id: UUID
    item_id: UUID | None
    kind: Kind
    title: str
    pdf_size: int
    odt_size: int
    sha256: str
    made_at: datetime
    published_at: datetime | None
