"""The text that was read of a version. It goes with its version; a version without a row has not been read yet."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from collab.core.models import utc_field

MOST_TEXT = 500_000  # characters that are kept
MOST_WORDS = 400_000  # bytes; an index row of PostgreSQL has room for one megabyte


class Reading(StrEnum):
    """How it went."""

    READ = "read"
    REFUSED = "refused"  # it will not be read: a bomb, broken, locked, too large
    BROKEN = "broken"  # the process died of it or took too long: tried again, a few times


class FileText(SQLModel, table=True):
    """What a version says. `words`: its text as core/words.py folds it; `reason`: why there is none."""

    __tablename__ = "file_text"

    version_id: UUID = Field(primary_key=True, foreign_key="file_version.id", ondelete="CASCADE")
    state: str = Field(max_length=8)
    text: str = ""
    words: str = ""
    reason: str = Field(default="", max_length=300)
    attempts: int = 1
    tried_at: datetime = utc_field()
