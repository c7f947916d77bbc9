"""The tree of files of each space: folders and files, their versions, and how they are shown.

A space's own id stands for its top folder. A node in the trash carries the id of the node that was put there with it
inside (`trash_id`), so that putting back is one update and every node knows by itself whether it is live.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from annotated_types import MaxLen
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict
from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, UniqueConstraint

from collab.core.models import Record, Revised, utc_field
from collab.core.text import Input, Text

_LIVE = text("trash_id IS NULL")


class Kind(StrEnum):
    """What a node is."""

    FOLDER = "folder"
    FILE = "file"


class ScanState(StrEnum):
    """What the antivirus says of one version (collab/files/scanning.py)."""

    PENDING = "pending"
    CLEAN = "clean"
    INFECTED = "infected"
    UNSCANNED = "unscanned"


class Node(Revised, table=True):
    """A folder or a file. `size`, `sha256`, `version` and `scan` are those of the current version; 0, empty and clean
    for folders."""

    __tablename__ = "file_node"
    __table_args__ = (
        Index("uq_file_node_live", "folder_id", "name_key", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_file_node_recent", "space_id", "updated_at"),
    )

    space_id: UUID = Field(foreign_key="space.id")
    folder_id: UUID = Field(description="The folder it is in; the space's id at the top.")
    kind: str = Field(max_length=6)
    name: str = Field(max_length=255)
    name_key: str = Field(description="Equal for names that count as the same.")
    sort_name: str
    size: int = Field(default=0, sa_type=BigInteger)
    sha256: str = Field(default="", max_length=64)
    version: int = 0
    scan: str = Field(default=ScanState.CLEAN.value, max_length=10)
    changed_by: UUID | None = Field(default=None, foreign_key="person.id")
    locked_by: UUID | None = Field(default=None, description="Who holds a lock on it (locks.py), to be shown.")
    locked_until: datetime | None = utc_field(default=None, nullable=True)
    comments: int = Field(default=0, description="How many there are.")
    trash_id: UUID | None = Field(default=None, index=True)
    trashed_at: datetime | None = utc_field(default=None, nullable=True)
    trashed_by: UUID | None = Field(default=None, foreign_key="person.id")


class FileVersion(Record, table=True):
    """One content that a file has had. `key`: of its bytes in the storage; `restored_from`: the version it repeats.

    `scan_detail`: the signature found, or why it was not scanned; `scanned_with`: what the scanner called itself.
    """

    __tablename__ = "file_version"
    __table_args__ = (UniqueConstraint("file_id", "number"), Index("ix_file_version_scan_made_at", "scan", "made_at"))

    file_id: UUID = Field(foreign_key="file_node.id")
    number: int
    key: str = Field(max_length=32, unique=True)
    size: int = Field(sa_type=BigInteger)
    sha256: str = Field(max_length=64)
    made_at: datetime = utc_field()
    made_by: UUID | None = Field(default=None, foreign_key="person.id")
    checked_at: datetime = utc_field(index=True)
    damaged: bool = Field(default=False)
    comment: str = Field(default="", description="What whoever made it says of it.")
    restored_from: int | None = Field(default=None)
    scan: str = Field(default=ScanState.UNSCANNED.value, max_length=10)
    scan_detail: str = Field(default="", max_length=200)
    scanned_with: str = Field(default="", max_length=100)
    scanned_at: datetime | None = utc_field(default=None, nullable=True)


class OnConflict(StrEnum):
    """What to do when the name is taken."""

    REFUSE = "refuse"
    RENAME = "rename"
    VERSION = "version"


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


def _one_text(value: str) -> str:
    return value.strip()


# What is said of a version: a few lines at most.
Remark = Annotated[Text, MaxLen(1000), AfterValidator(_one_text)]
FolderId = Annotated[UUID | None, BeforeValidator(_empty_is_none)]


class AfterVersion(BaseModel):
    """Which part of a file's versions: those below this number."""

    model_config = ConfigDict(extra="forbid")
    after: int | None = Field(default=None, ge=1, lt=1_000_000_000)


class FolderQuery(Input):
    """Which folder; empty: the top. `after`: the id of the last item of the page before."""

    folder: FolderId = None
    after: UUID | None = None


class UploadQuery(Input):
    """Where new bytes go and what to do when the name is taken."""

    name: str = Field(max_length=1000)
    folder: FolderId = None
    conflict: OnConflict = OnConflict.REFUSE
    comment: Remark = ""


class VersionQuery(Input):
    """What to say of a new version."""

    comment: Remark = ""


class VersionChange(Input):
    """What to say of a version that is there."""

    comment: Remark


class FolderInput(Input):
    """A new folder."""

    name: str = Field(max_length=1000)
    folder: FolderId = None


class NodeChange(Input):
    """Another name, another folder (null: the top), or both; what is left out stays."""

    name: str | None = Field(default=None, max_length=1000)
    folder: FolderId = None


class TransferInput(Input):
    """Where a copy or a move goes: which space, which folder of it (empty: its top), under which name (null: its own).

    `conflict`: what to do when the name is taken there.
    """

    space: UUID
    folder: FolderId = None
    name: str | None = Field(default=None, max_length=1000)
    conflict: OnConflict = OnConflict.REFUSE


class PersonRef(BaseModel):
    """Somebody, with the name to show."""

    id: UUID
    name: str


class TagColour(StrEnum):
    """The colours that a tag may have; each is shown with the tag's words."""

    GREY = "grey"
    RED = "red"
    ORANGE = "orange"
    GREEN = "green"
    TEAL = "teal"
    BLUE = "blue"
    VIOLET = "violet"
    PINK = "pink"


class TagView(BaseModel):
    """A tag of a space."""

    id: UUID
    name: str
    colour: TagColour


class NodeView(BaseModel):
    """A folder or a file as a member sees it. `has_thumb`: of its kind a small picture can be made."""

    id: UUID
    kind: Kind
    space: UUID
    folder: UUID | None
    name: str
    size: int
    sha256: str
    version: int
    media_type: str
    icon: str
    scan: ScanState
    rev: int
    tags: list[UUID]
    comments: int
    has_thumb: bool
    created_at: datetime
    changed_at: datetime
    changed_by: PersonRef | None
    locked_by: PersonRef | None = None
    locked_until: datetime | None = None
    trashed_at: datetime | None = None
    trashed_by: PersonRef | None = None


class Step(BaseModel):
    """A folder on the way from the top."""

    id: UUID
    name: str


class NodeWithPath(NodeView):
    """A node and the folders above it, from the top."""

    path: list[Step]


class FolderRef(BaseModel):
    """A folder of a space's tree; `folder`: the one it is in."""

    id: UUID
    name: str
    folder: UUID | None


class VersionView(BaseModel):
    """One version of a file. `scan_detail`: the signature that was found, for owners; why it was not scanned."""

    number: int
    size: int
    sha256: str
    made_at: datetime
    made_by: PersonRef | None
    damaged: bool
    scan: ScanState
    scan_detail: str
    comment: str
    restored_from: int | None


class TrashedView(NodeView):
    """What is in the trash. `goes_at`: when it will have been there for as long as things are kept."""

    goes_at: datetime
