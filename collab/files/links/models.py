"""Links to files and folders for people without an account, and deposit boxes, which are links to add to a folder.

Of a link's secret only the hash is kept; the address can be shown again because the secret is derived from the key of
the data folder (docs/adr/0027).
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, StringConstraints
from pydantic import Field as Limit
from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from collab.core.models import Instant, Record, utc_field
from collab.core.text import Input, Text, Title


class LinkKind(StrEnum):
    """What a link opens: something to read, or a folder to add to."""

    VIEW = "view"
    BOX = "box"


class Sharing(StrEnum):
    """Who may make links in a space."""

    EDITORS = "editors"
    OWNERS = "owners"
    NEVER = "never"


class Asked(StrEnum):
    """Whether a deposit box asks for something."""

    NO = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


class Family(StrEnum):
    """Kinds of files that a deposit box may be limited to."""

    PDF = "pdf"
    OFFICE = "office"
    IMAGE = "image"
    TEXT = "text"
    SOUND = "sound"
    FILM = "film"
    ARCHIVE = "archive"


class ShareLink(Record, table=True):
    """A link. `kinds`: the families a box takes, separated by spaces; none: all. `told_at`: until when its deposits
    were told to those concerned."""

    __tablename__ = "share_link"

    space_id: UUID = Field(foreign_key="space.id", index=True)
    node_id: UUID = Field(index=True)
    kind: str = Field(max_length=4)
    token_hash: str = Field(max_length=64, unique=True)
    label: str = Field(default="", max_length=200)
    password_hash: str | None = Field(default=None, max_length=200)
    expires_at: datetime | None = utc_field(default=None, nullable=True)
    most_downloads: int | None = None
    downloads: int = 0
    view_only: bool = False
    ask_name: str = Field(default=Asked.NO.value, max_length=8)
    ask_note: str = Field(default=Asked.NO.value, max_length=8)
    most_bytes: int | None = Field(default=None, sa_type=BigInteger)
    kinds: str = Field(default="", max_length=100)
    welcome: str = Field(default="")
    told_at: datetime | None = utc_field(default=None, nullable=True)
    created_at: datetime = utc_field()
    created_by: UUID = Field(foreign_key="person.id", index=True)
    revoked_at: datetime | None = utc_field(default=None, nullable=True)
    revoked_by: UUID | None = Field(default=None, foreign_key="person.id")


class ShareRule(SQLModel, table=True):
    """What the owners of a space decided on links; without one, what its kind of data allows."""

    __tablename__ = "share_rule"

    space_id: UUID = Field(primary_key=True, foreign_key="space.id")
    sharing: str = Field(max_length=7)


class Deposit(Record, table=True):
    """A file that came through a box. Its id is the number of the receipt; `name`: as its sender called it."""

    __tablename__ = "deposit"

    link_id: UUID = Field(foreign_key="share_link.id", index=True)
    file_id: UUID = Field(index=True)
    name: str = Field(max_length=255)
    size: int = Field(sa_type=BigInteger)
    sha256: str = Field(max_length=64)
    visitor: str = Field(default="", max_length=200)
    note: str = Field(default="")
    made_at: datetime = utc_field()


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


Password = Annotated[str, StringConstraints(min_length=8, max_length=200)]
MaybePassword = Annotated[Password | None, BeforeValidator(_blank_is_none)]
Count = Annotated[int, Limit(ge=1, le=1_000_000)]
Bytes = Annotated[int, Limit(ge=1, le=1 << 50)]
MaybeNumber = Annotated[Count | None, BeforeValidator(_blank_is_none)]
MaybeBytes = Annotated[Bytes | None, BeforeValidator(_blank_is_none)]
Label = Annotated[Title | None, BeforeValidator(_blank_is_none)]


class LinkInput(Input):
    """A new link to read."""

    label: Label = None
    password: MaybePassword = None
    expires_at: Instant | None = None
    most_downloads: MaybeNumber = None
    view_only: bool = False


class BoxInput(Input):
    """A new deposit box. `most_bytes`: of one file."""

    label: Label = None
    password: MaybePassword = None
    expires_at: Instant | None = None
    ask_name: Asked = Asked.REQUIRED
    ask_note: Asked = Asked.OPTIONAL
    most_bytes: MaybeBytes = None
    kinds: list[Family] = Limit(default_factory=list, max_length=len(Family))
    welcome: Text = ""


class SharingInput(Input):
    """Who may make links in a space from now on."""

    sharing: Sharing


class DepositInput(Input):
    """What a visitor says beside the file."""

    visitor: Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)] = ""
    note: Annotated[Text, StringConstraints(max_length=2_000)] = ""


class LinkView(BaseModel):
    """A link as editors see it. `url`: its address, for those who may revoke it; `works`: whether it opens now."""

    id: UUID
    kind: LinkKind
    space: UUID
    node: UUID
    name: str
    label: str
    has_password: bool
    expires_at: datetime | None
    most_downloads: int | None
    downloads: int
    view_only: bool
    created_at: datetime
    created_by: str
    revoked_at: datetime | None
    works: bool
    url: str | None


class DepositView(BaseModel):
    """A deposit as editors see it."""

    id: UUID
    file: UUID
    name: str
    size: int
    sha256: str
    visitor: str
    note: str
    made_at: datetime


class Receipt(BaseModel):
    """What a visitor is given for a file: nothing of what else is there, not even under which name it was put."""

    number: UUID
    name: str
    size: int
    sha256: str
    received_at: datetime
