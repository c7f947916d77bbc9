"""What people see of their own sign-ins and tokens."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from directory.sessions.access import own
from directory.sessions.models import (
    Credential,
    CredentialKind,
    CredentialView,
    LocalPassword,
    RecoveryCode,
    Session,
    SessionView,
    Totp,
)
from directory.sessions.rules import Policy


@dataclass(frozen=True, slots=True)
class Factor:
    """One's second factor. `since`: None without one; `codes`: recovery codes left."""

    since: datetime | None
    codes: int


async def list_sessions(tx: Tx, actor: Actor, policy: Policy) -> list[SessionView]:
    """One's sessions that still count, this one first, then the last used."""
    rows = await tx.all(
        select(Session)
        .where(
            col(Session.person_id) == own(actor),
            col(Session.expires_at) > tx.now,
            col(Session.last_seen_at) > tx.now - policy.idle,
        )
        .order_by((col(Session.id) == actor.credential).desc(), col(Session.last_seen_at).desc())
    )
    return [
        SessionView(
            id=row.id,
            device=row.device,
            created_at=row.created_at,
            last_seen_at=row.last_seen_at,
            current=row.id == actor.credential,
            second_factor=row.second_factor,
        )
        for row in rows
    ]


async def list_credentials(tx: Tx, actor: Actor, kind: CredentialKind) -> list[CredentialView]:
    """One's tokens or application passwords that still count, newest first."""
    rows = await tx.all(
        select(Credential)
        .where(
            col(Credential.person_id) == own(actor),
            col(Credential.kind) == kind.value,
            or_(col(Credential.expires_at).is_(None), col(Credential.expires_at) > tx.now),
        )
        .order_by(col(Credential.created_at).desc(), col(Credential.id).desc())
    )
    return [view_of(row) for row in rows]


def view_of(credential: Credential) -> CredentialView:
    """A token without its secret."""
    return CredentialView(
        id=credential.id,
        name=credential.name,
        scopes=credential.scopes.split(),
        created_at=credential.created_at,
        last_used_at=credential.last_used_at,
        expires_at=credential.expires_at,
    )


async def view_factor(tx: Tx, person_id: UUID) -> Factor:
    """The person's second factor."""
    factor = await tx.get(Totp, person_id)
    if factor is None or factor.confirmed_at is None:
        return Factor(None, 0)
    left = await tx.one(select(func.count()).where(col(RecoveryCode.person_id) == person_id))
    return Factor(factor.confirmed_at, int(left or 0))


async def find_password(tx: Tx, person_id: UUID) -> LocalPassword | None:
    """The password of a local account, or None for somebody from the directory."""
    return await tx.get(LocalPassword, person_id)
