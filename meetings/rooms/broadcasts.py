"""A room shown to the public: a page without account that looks on by WHEP while its hosts want it.

Whoever opens the page gets a media token that views, in the name of the host who switched it on; these end with the
broadcast, and every session with them, before the host is told that it is cut (Rooms.enforce). Only rooms that are open
to guests have one.
"""

import secrets
from datetime import datetime
from uuid import UUID, uuid4

from pydantic import BaseModel
from sqlalchemy import delete, select
from sqlmodel import Field, SQLModel, col

from collab.core.access import Actor, decided, job_actor
from collab.core.database import Database, Tx
from collab.core.errors import Conflict, Denied, NotFound
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.models import utc_field
from collab.core.text import Input
from directory.sessions.tokens import digest
from meetings.calendar.models import Meeting, MeetingKind, MeetingState
from meetings.rooms.access import get_hosted
from meetings.rooms.events import MediaTokenRevoked
from meetings.rooms.models import MediaToken, TokenKind
from meetings.rooms.tokens import LIFETIME, PREFIX

RENEWED = LIFETIME / 2
"""A token that lives for less than this is not given out any more."""


class Broadcast(SQLModel, table=True):
    """A meeting's page for the public; its address stays when it is cut. `by_id`: in whose name it is watched."""

    __tablename__ = "broadcast"

    meeting_id: UUID = Field(foreign_key="meeting.id", primary_key=True)
    public_id: UUID = Field(unique=True)
    on_air: bool
    by_id: UUID = Field(foreign_key="person.id")
    changed_at: datetime = utc_field()


class BroadcastToken(SQLModel, table=True):
    """That a media token was given to the public."""

    __tablename__ = "broadcast_token"

    token_id: UUID = Field(foreign_key="media_token.id", primary_key=True, ondelete="CASCADE")
    meeting_id: UUID = Field(foreign_key="meeting.id", index=True)


class BroadcastInput(Input):
    """`room.broadcast`: a host shows the room to the public, or cuts it; acknowledged once nobody sees it any more."""

    on: bool


class PublicToken(BaseModel):
    """What lets a browser without account look on: a media token, and the address that takes it (WHEP)."""

    token: str
    expires_at: datetime
    whep: str


def page_of(public_id: UUID) -> str:
    """The path of the public page."""
    return f"/broadcasts/{public_id}"


async def find_on_air(tx: Tx, meeting_id: UUID) -> str:
    """The path of the page on which the room is shown now; empty when it is not."""
    row = await tx.get(Broadcast, meeting_id)
    return page_of(row.public_id) if row is not None and row.on_air else ""


async def set_broadcast(tx: Tx, actor: Actor, meeting_id: UUID, on: bool) -> str:
    """A host shows the room or cuts it; gives the page's path, empty when cut. Raises Denied, Conflict."""
    meeting = await get_hosted(tx, actor, meeting_id)
    if not on:
        await end_broadcast(tx, meeting_id, actor)
        return ""
    if meeting.kind != MeetingKind.PUBLIC:
        raise Conflict("broadcast.not_public", msg("Only a meeting that is open to guests can be shown to the public."))
    if actor.person_id is None:
        raise Denied()
    row = await tx.get(Broadcast, meeting_id)
    if row is None:
        row = Broadcast(
            meeting_id=meeting_id, public_id=uuid4(), on_air=False, by_id=actor.person_id, changed_at=tx.now
        )
        tx.add(row)
    if not row.on_air:
        row.on_air, row.by_id, row.changed_at = True, actor.person_id, tx.now
        await tx.flush()
        tx.record(actor, "broadcasts.begin", space=meeting.space_id, subject=meeting_id)
    return page_of(row.public_id)


async def end_broadcast(tx: Tx, meeting_id: UUID, actor: Actor | None = None) -> None:
    """Nobody looks on any more once this is committed and answered. Nothing happens when it is not shown."""
    row = await tx.get(Broadcast, meeting_id)
    meeting = await tx.get(Meeting, meeting_id)
    if row is None or meeting is None or not row.on_air:
        return
    row.on_air, row.changed_at = False, tx.now
    given = select(col(BroadcastToken.token_id)).where(col(BroadcastToken.meeting_id) == meeting_id)
    await tx.execute(delete(MediaToken).where(col(MediaToken.id).in_(given)))
    await tx.execute(delete(BroadcastToken).where(col(BroadcastToken.meeting_id) == meeting_id))
    tx.record(actor or job_actor("broadcast"), "broadcasts.end", space=meeting.space_id, subject=meeting_id)
    tx.emit(MediaTokenRevoked(meeting_id=meeting_id))


async def find_broadcast(tx: Tx, public_id: UUID) -> tuple[Broadcast, Meeting]:
    """The broadcast behind a public address, on or not. Raises NotFound."""
    decided("broadcast:watch")
    row = await tx.one(select(Broadcast).where(col(Broadcast.public_id) == public_id))
    meeting = await tx.get(Meeting, row.meeting_id) if row is not None else None
    if row is None or meeting is None or meeting.state == MeetingState.CANCELLED:
        raise NotFound()
    return row, meeting


class PublicTokens:
    """Gives tokens to the public: one to all who ask within half an hour, so that a crowd makes no rows."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._given: dict[UUID, PublicToken] = {}

    async def give(self, public_id: UUID) -> PublicToken:
        """A token that views. Raises NotFound for no such page, Conflict while it is not shown."""
        async with self._db.read() as tx:
            row, _ = await find_broadcast(tx, public_id)
            if not row.on_air:
                raise Conflict("broadcast.off", msg("Nothing is shown at the moment."))
            known = self._given.get(public_id)
            if known is not None and known.expires_at - tx.now > RENEWED:
                found = select(col(MediaToken.id)).where(col(MediaToken.secret_hash) == digest(known.token))
                if await tx.one(found) is not None:
                    return known
        async with self._db.write() as tx:
            made = await _make_token(tx, public_id)
        self._given[public_id] = made
        return made


async def _make_token(tx: Tx, public_id: UUID) -> PublicToken:
    row, meeting = await find_broadcast(tx, public_id)
    if not row.on_air:
        raise Conflict("broadcast.off", msg("Nothing is shown at the moment."))
    secret = PREFIX + secrets.token_urlsafe(32)
    token = MediaToken(
        id=new_id(),
        meeting_id=meeting.id,
        person_id=row.by_id,
        kind=TokenKind.VIEW.value,
        secret_hash=digest(secret),
        created_at=tx.now,
        expires_at=tx.now + LIFETIME,
    )
    tx.add(token)
    await tx.flush()
    tx.add(BroadcastToken(token_id=token.id, meeting_id=meeting.id))
    return PublicToken(token=secret, expires_at=token.expires_at, whep=f"/whep/{meeting.id}")
