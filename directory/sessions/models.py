"""Tables of signing in: sessions, tokens, local passwords, second factors, reset links, counters of failures.

Written by this slice alone. No secret stands here as it is: tokens, codes and links as SHA-256 of what is random enough
to need no more, passwords as argon2id, the second factor's key sealed with the key of the data folder (keys.py).
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, StringConstraints
from pydantic import Field as Limit
from sqlalchemy import LargeBinary
from sqlmodel import Field, SQLModel

from collab.core.models import Record, utc_field
from collab.core.text import Input, Title

PASSWORD_MIN = 12
PASSWORD_MAX = 512


class CredentialKind(StrEnum):
    """What a credential opens."""

    API = "api"  # Authorization: Bearer
    APPLICATION = "application"  # Authorization: Basic, for file doors


class Owes(StrEnum):
    """What somebody with the right password still owes before they are let in."""

    NOTHING = "done"
    CODE = "required"
    ENROLMENT = "enrol"


class Session(Record, table=True):
    """One sign-in of one browser. `expires_at`: its end whatever happens; it ends earlier when it is not used."""

    __tablename__ = "session"

    person_id: UUID = Field(foreign_key="person.id", index=True)
    token_hash: str = Field(max_length=64, unique=True)
    created_at: datetime = utc_field()
    last_seen_at: datetime = utc_field()
    expires_at: datetime = utc_field(index=True)
    device: str = Field(default="", max_length=60, description="Browser and system, without versions.")
    second_factor: bool = Field(default=False, description="Whether a second factor was shown.")


class Credential(Record, table=True):
    """A personal API token or an application password. Revoking deletes it; the journal remembers."""

    __tablename__ = "credential"

    person_id: UUID = Field(foreign_key="person.id", index=True)
    kind: str = Field(max_length=12)
    name: str = Field(max_length=200)
    secret_hash: str = Field(max_length=64, unique=True)
    scopes: str = Field(max_length=60, description="Words separated by spaces.")
    created_at: datetime = utc_field()
    last_used_at: datetime | None = utc_field(default=None, nullable=True)
    expires_at: datetime | None = utc_field(default=None, nullable=True)


class LocalPassword(SQLModel, table=True):
    """The password of a local account, argon2id."""

    __tablename__ = "local_password"

    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    hash: str = Field(max_length=200)
    changed_at: datetime = utc_field()


class Totp(SQLModel, table=True):
    """A second factor (RFC 6238). `last_counter`: the step of the last code taken; none is taken twice."""

    __tablename__ = "totp"

    person_id: UUID = Field(primary_key=True, foreign_key="person.id")
    sealed: bytes = Field(sa_type=LargeBinary)
    confirmed_at: datetime | None = utc_field(default=None, nullable=True)
    last_counter: int = 0


class RecoveryCode(Record, table=True):
    """A code that stands in for the second factor once, and is deleted with it."""

    __tablename__ = "recovery_code"

    person_id: UUID = Field(foreign_key="person.id", index=True)
    code_hash: str = Field(max_length=64)


class ResetLink(Record, table=True):
    """Lets a local account set its password once; deleted with its use."""

    __tablename__ = "reset_link"

    person_id: UUID = Field(foreign_key="person.id", index=True)
    token_hash: str = Field(max_length=64, unique=True)
    expires_at: datetime = utc_field()


class Attempts(SQLModel, table=True):
    """How full a bucket of failed attempts is. `key`: a keyed hash of a login, a person or an address."""

    __tablename__ = "sign_in_attempts"

    key: str = Field(primary_key=True, max_length=64)
    level: float
    at: datetime = utc_field()
    empty_at: datetime = utc_field(index=True)


Scope = Literal["read", "write", "manage", "admin"]
NewPassword = Annotated[str, StringConstraints(min_length=PASSWORD_MIN, max_length=PASSWORD_MAX)]
Code = Annotated[str, StringConstraints(min_length=6, max_length=40)]


class SignInInput(Input):
    """What is typed at the door."""

    login: Annotated[str, StringConstraints(max_length=254)]
    password: Annotated[str, StringConstraints(max_length=PASSWORD_MAX)]


class CodeInput(Input):
    """Six digits of the application, or a recovery code."""

    code: Code


class PasswordChange(Input):
    """The old password proves that it is oneself."""

    old: Annotated[str, StringConstraints(max_length=PASSWORD_MAX)]
    new: NewPassword


class TokenInput(Input):
    """A new API token. `days`: how long it lives."""

    name: Title
    scopes: Annotated[list[Scope], Limit(min_length=1, max_length=4)]
    days: Annotated[int, Limit(ge=1, le=366)] = 90


class ApplicationPasswordInput(Input):
    """A new application password."""

    name: Title


class SessionView(BaseModel):
    """One of one's own sign-ins."""

    id: UUID
    device: str
    created_at: datetime
    last_seen_at: datetime
    current: bool
    second_factor: bool


class CredentialView(BaseModel):
    """One of one's own tokens or application passwords."""

    id: UUID
    name: str
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class CredentialMade(CredentialView):
    """The same with its secret, which is shown this once."""

    secret: str
