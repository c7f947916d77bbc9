"""The only writer of media tokens: what lets an encoder or a player into one room without a browser (docs/protocol.md).

The secret is given out once and kept as SHA-256. Each step is journalled in the chain of the meeting's space.
"""

import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied
from collab.core.i18n import msg
from directory.sessions.tokens import digest
from meetings.calendar.access import Can, get_meeting
from meetings.calendar.models import MeetingState
from meetings.rooms.access import get_token
from meetings.rooms.events import MediaTokenRevoked
from meetings.rooms.models import MediaToken, MediaTokenInput

PREFIX = "hcm_"  # so that a scanner for leaked secrets knows one
LIFETIME = timedelta(hours=1)
KEPT = timedelta(hours=24)
MOST_TOKENS = 200


async def create_token(tx: Tx, actor: Actor, meeting_id: UUID, data: MediaTokenInput) -> tuple[MediaToken, str]:
    """A media token of whoever may enter the room, and its secret."""
    meeting = await get_meeting(tx, actor, meeting_id, Can.JOIN)
    if actor.person_id is None:
        raise Denied()
    if meeting.state == MeetingState.CANCELLED:
        raise Conflict("meetings.cancelled", msg("This meeting is cancelled."))
    held = select(func.count()).where(col(MediaToken.meeting_id) == meeting_id, col(MediaToken.expires_at) > tx.now)
    if (await tx.one(held) or 0) >= MOST_TOKENS:
        raise Conflict("rooms.too_many_tokens", msg("This meeting has many tokens already: revoke one first."))
    secret = PREFIX + secrets.token_urlsafe(32)
    token = MediaToken(
        meeting_id=meeting_id,
        person_id=actor.person_id,
        kind=data.kind.value,
        name=data.name or "",
        secret_hash=digest(secret),
        created_at=tx.now,
        expires_at=tx.now + LIFETIME,
    )
    tx.add(token)
    await tx.flush()
    tx.record(
        actor, "rooms.create_token", space=meeting.space_id, subject=meeting_id, token=str(token.id), kind=token.kind,
        name=token.name,
    )  # fmt: skip
    return token, secret


async def revoke_token(tx: Tx, actor: Actor, meeting_id: UUID, token_id: UUID) -> None:
    """Make a token worth nothing; what it opened ends before the caller is told."""
    token = await get_token(tx, actor, meeting_id, token_id)
    meeting = await get_meeting(tx, actor, meeting_id, Can.READ)
    await tx.delete(token)
    tx.record(actor, "rooms.revoke_token", space=meeting.space_id, subject=meeting_id, token=str(token_id))
    tx.emit(MediaTokenRevoked(meeting_id=meeting_id))


async def forget_tokens(tx: Tx) -> None:
    """Delete those that expired a day ago; what they opened and still goes on ends with them."""
    await tx.execute(delete(MediaToken).where(col(MediaToken.expires_at) < tx.now - KEPT))
