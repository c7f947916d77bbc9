"""Who may enter a meeting's room, as what, and who may read and write in its chat.

The meeting's own access decides; a room adds what it is now. Asked when somebody enters and again every few seconds.
A media token gives at most what whoever made it may do at that moment.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.chat.access import Channel
from collab.core.access import Actor, ActorKind, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, NotFound, Unauthenticated
from collab.core.i18n import msg
from directory.people.models import Person
from directory.people.queries import principals_of
from directory.sessions.tokens import digest
from meetings.calendar.access import Can, get_meeting, get_with_standing
from meetings.calendar.models import Meeting, MeetingState
from meetings.media.port import EVERYTHING, NOTHING, Label
from meetings.rooms.models import Kind, MediaToken, Role, TokenKind


@dataclass(frozen=True, slots=True)
class Admission:
    """That a person, or a program in their name, may be in a room, as what, and what they may send."""

    meeting_id: UUID
    person_id: UUID
    role: Role
    kind: Kind = Kind.PERSON
    publish: frozenset[Label] = EVERYTHING
    name: str = ""


async def admit(tx: Tx, actor: Actor, meeting_id: UUID, kind: Kind = Kind.PERSON) -> Admission:
    """Raise unless the actor may be in the room now. Hosts are the organiser and the owners of the space.

    A media token (an actor of the kind LINK) comes in as a source or as a viewer, never as a person.
    """
    if actor.kind is ActorKind.LINK:
        return await _admit_token(tx, actor, meeting_id, kind)
    meeting, standing = await get_with_standing(tx, actor, meeting_id, Can.JOIN)
    _require_planned(meeting)
    if actor.person_id is None:
        raise Denied()
    host = actor.person_id == meeting.organiser_id or standing.role == "owner"
    return Admission(meeting_id, actor.person_id, Role.HOST if host else Role.MEMBER)


async def _admit_token(tx: Tx, actor: Actor, meeting_id: UUID, kind: Kind) -> Admission:
    decided("media-token:admit")
    token = await tx.get(MediaToken, actor.id)
    if token is None:
        raise Unauthenticated("rooms.token_revoked", msg("This token is not valid, or no longer."))
    person = await tx.get(Person, token.person_id)
    if token.meeting_id != meeting_id or person is None or not person.active:
        raise NotFound()
    maker = Actor(ActorKind.PERSON, id=person.id, groups=await principals_of(tx, person))
    meeting, _ = await get_with_standing(tx, maker, meeting_id, Can.JOIN)
    _require_planned(meeting)
    if kind is Kind.VIEWER:
        return Admission(meeting_id, person.id, Role.MEMBER, kind, NOTHING)
    if token.kind != TokenKind.PUBLISH:
        raise Denied("rooms.token_only_views", msg("This token lets you watch, not send."))
    return Admission(meeting_id, person.id, Role.MEMBER, Kind.SOURCE, EVERYTHING, token.name)


def _require_planned(meeting: Meeting) -> None:
    if meeting.state == MeetingState.CANCELLED:
        raise Conflict("meetings.cancelled", msg("This meeting is cancelled."))


async def find_bearer(tx: Tx, secret: str, *, expired: bool = False) -> Actor | None:
    """Who shows this media token, None when it is worth nothing, or expired where those are not `expired` too."""
    decided("media-token:show")
    token = await tx.one(select(MediaToken).where(col(MediaToken.secret_hash) == digest(secret)))
    if token is None or (token.expires_at <= tx.now and not expired):
        return None
    return Actor(ActorKind.LINK, id=token.id, credential=token.id)


async def get_token(tx: Tx, actor: Actor, meeting_id: UUID, token_id: UUID) -> MediaToken:
    """A media token of this meeting, for who made it and for those who may change the meeting."""
    await get_meeting(tx, actor, meeting_id, Can.JOIN)
    token = await tx.get(MediaToken, token_id)
    if token is None or token.meeting_id != meeting_id:
        raise NotFound()
    if token.person_id != actor.person_id:
        await get_meeting(tx, actor, meeting_id, Can.EDIT)
    return token


async def open_chat(tx: Tx, actor: Actor, meeting_id: UUID, *, write: bool = False) -> Channel:
    """The meeting's chat, which outlives it: a cancelled meeting's is only read."""
    meeting = await get_meeting(tx, actor, meeting_id, Can.JOIN if write else Can.READ)
    if write and meeting.state == MeetingState.CANCELLED:
        raise Conflict("meetings.cancelled", msg("This meeting is cancelled."))
    return Channel(meeting.id, actor, writable=write)
