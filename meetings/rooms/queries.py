"""Who is in a meeting's room, for those who look at it from outside, and its media tokens."""

from collections import Counter
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Denied
from directory.people.models import Person
from meetings.calendar.access import Can, get_meeting
from meetings.rooms.access import get_from_inside, get_hosted
from meetings.rooms.broadcasts import BroadcastToken
from meetings.rooms.guest_models import Guest, GuestVisit
from meetings.rooms.models import BanView, MediaToken, MediaTokenView, RoomBan, RoomVisit, TokenKind


async def read_presence(tx: Tx, actor: Actor, meeting_id: UUID) -> dict[str, Any]:
    """What a subscriber of `room:…` begins with: the visits that go on, in the order of entry."""
    await get_from_inside(tx, actor, meeting_id)
    people = (
        select(col(RoomVisit.id), col(Person.id), col(Person.display_name), col(RoomVisit.entered_at))
        .join(Person, col(Person.id) == col(RoomVisit.person_id))
        .where(col(RoomVisit.meeting_id) == meeting_id, col(RoomVisit.left_at).is_(None))
    )
    guests = (
        select(col(GuestVisit.id), col(Guest.id), col(Guest.name), col(GuestVisit.entered_at))
        .join(Guest, col(Guest.id) == col(GuestVisit.guest_id))
        .where(col(GuestVisit.meeting_id) == meeting_id, col(GuestVisit.left_at).is_(None))
    )
    found = [*await tx.rows(people), *await tx.rows(guests)]
    rows = [row[:3] for row in sorted(found, key=lambda row: (row[3], row[0]))]
    return {"present": [{"visit": str(visit), "person": str(person), "name": name} for visit, person, name in rows]}


async def count_present(tx: Tx, meeting_ids: list[UUID]) -> dict[UUID, int]:
    """How many people are in each of these rooms; for lists that were filtered by actor before."""
    counts: Counter[UUID] = Counter()
    for visits, who in ((RoomVisit, RoomVisit.person_id), (GuestVisit, GuestVisit.guest_id)):
        rows = await tx.rows(
            select(col(visits.meeting_id), func.count(func.distinct(col(who))))
            .where(col(visits.meeting_id).in_(meeting_ids), col(visits.left_at).is_(None))
            .group_by(col(visits.meeting_id))
        )
        counts.update({row[0]: int(row[1]) for row in rows})
    return dict(counts)


async def list_tokens(tx: Tx, actor: Actor, meeting_id: UUID) -> list[MediaTokenView]:
    """The meeting's media tokens, newest first: one's own, and everybody's for who may change the meeting."""
    await get_meeting(tx, actor, meeting_id, Can.JOIN)
    wanted = select(MediaToken, col(Person.display_name)).join(Person, col(Person.id) == col(MediaToken.person_id))
    wanted = wanted.where(col(MediaToken.meeting_id) == meeting_id).order_by(col(MediaToken.id).desc())
    wanted = wanted.where(col(MediaToken.id).not_in(select(col(BroadcastToken.token_id))))
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
    guests = await tx.all(
        select(Guest).where(col(Guest.meeting_id) == meeting_id, col(Guest.banned_at).is_not(None)).order_by(Guest.name)
    )
    return [
        *(BanView(person_id=ban.person_id, name=name, banned_at=ban.banned_at) for ban, name in rows),
        *(BanView(person_id=guest.id, name=guest.name, banned_at=guest.banned_at) for guest in guests),
    ]
