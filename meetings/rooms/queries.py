"""Who is in a meeting's room, for those who look at it from outside, and its media tokens."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Denied
from directory.people.models import Person
from meetings.calendar.access import Can, get_meeting
from meetings.rooms.access import get_hosted
from meetings.rooms.models import BanView, MediaToken, MediaTokenView, RoomBan, RoomVisit, TokenKind


async def read_presence(tx: Tx, actor: Actor, meeting_id: UUID) -> dict[str, Any]:
    """What a subscriber of `room:…` begins with: the visits that go on, in the order of entry."""
    await get_meeting(tx, actor, meeting_id, Can.READ)
    rows = await tx.rows(
        select(col(RoomVisit.id), col(Person.id), col(Person.display_name))
        .join(Person, col(Person.id) == col(RoomVisit.person_id))
        .where(col(RoomVisit.meeting_id) == meeting_id, col(RoomVisit.left_at).is_(None))
        .order_by(col(RoomVisit.entered_at), col(RoomVisit.id))
    )
    return {"present": [{"visit": str(visit), "person": str(person), "name": name} for visit, person, name in rows]}


async def count_present(tx: Tx, meeting_ids: list[UUID]) -> dict[UUID, int]:
    """How many people are in each of these rooms; for lists that were filtered by actor before."""
    people = func.count(func.distinct(col(RoomVisit.person_id)))
    rows = await tx.rows(
        select(col(RoomVisit.meeting_id), people)
        .where(col(RoomVisit.meeting_id).in_(meeting_ids), col(RoomVisit.left_at).is_(None))
        .group_by(col(RoomVisit.meeting_id))
    )
    return {row[0]: int(row[1]) for row in rows}


async def list_tokens(tx: Tx, actor: Actor, meeting_id: UUID) -> list[MediaTokenView]:
    """The meeting's media tokens, newest first: one's own, and everybody's for who may change the meeting."""
    await get_meeting(tx, actor, meeting_id, Can.JOIN)
    wanted = select(MediaToken, col(Person.display_name)).join(Person, col(Person.id) == col(MediaToken.person_id))
    wanted = wanted.where(col(MediaToken.meeting_id) == meeting_id).order_by(col(MediaToken.id).desc())
    try:
        await get_meeting(tx, actor, meeting_id, Can.EDIT)
    except Denied:
        wanted = wanted.where(col(MediaToken.person_id) == actor.person_id)
    return [view_token(token, name) for token, name in await tx.rows(wanted)]


def view_token(token: MediaToken, by: str) -> MediaTokenView:
    """A token as its list shows it."""
    return MediaTokenView(
        id=token.id,
        kind=TokenKind(token.kind),
        name=token.name,
        by=by,
        created_at=token.created_at,
        expires_at=token.expires_at,
    )


async def list_bans(tx: Tx, actor: Actor, meeting_id: UUID) -> list[BanView]:
    """Who was put out of the meeting's room for good, by name; for its hosts."""
    await get_hosted(tx, actor, meeting_id)
    rows = await tx.rows(
        select(RoomBan, col(Person.display_name))
        .join(Person, col(Person.id) == col(RoomBan.person_id))
        .where(col(RoomBan.meeting_id) == meeting_id)
        .order_by(col(Person.sort_name), col(Person.id))
    )
    return [BanView(person_id=ban.person_id, name=name, banned_at=ban.banned_at) for ban, name in rows]
