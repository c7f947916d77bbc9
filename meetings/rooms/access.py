"""Who may enter a meeting's room, as what, and who may read and write in its chat.

The meeting's own access decides; a room adds what it is now. Asked when somebody enters and again every few seconds.
A media token gives at most what whoever made it may do at that moment.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.chat.access import Channel
from collab.core.access import Actor, ActorKind, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, DomainError, NotFound, Unauthenticated
from collab.core.i18n import msg
from directory.people.models import Person
from directory.people.queries import list_principals
from directory.sessions.tokens import digest
from meetings.calendar.access import Can, Standing, decide, get_meeting, get_with_standing, list_standings
from meetings.calendar.models import Meeting, MeetingState
from meetings.media.port import EVERYTHING, NOTHING, Label
from meetings.rooms.guest_models import Guest, GuestLink
from meetings.rooms.guests import find_guests, opens
from meetings.rooms.lobby_models import RoomWait
from meetings.rooms.lobby_rules import has_lobby, is_let_in
from meetings.rooms.models import Kind, MediaToken, Role, RoomBan, RoomLock, RoomVisit, TokenKind
from meetings.rooms.orders import KEPT_OUT, NO_ORDER, Order, find_orders


@dataclass(frozen=True, slots=True)
class Admission:
    """That a person, or a program in their name, may be in a room, as what, and what they may send.

    `guest`: it is a guest, whose id `person_id` is. `lobby`: a host had to let them in. `kept`: the assembly that sits
    in the room keeps them out of it for now."""

    meeting_id: UUID
    person_id: UUID
    role: Role
    kind: Kind = Kind.PERSON
    publish: frozenset[Label] = EVERYTHING
    name: str = ""
    guest: bool = False
    lobby: bool = False
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Asking:
    """Somebody at the door of a room. `outside`: they ask to be let in by a host, where the room has a lobby."""

    actor: Actor
    meeting_id: UUID
    kind: Kind = Kind.PERSON
    outside: bool = False


async def admit(tx: Tx, actor: Actor, meeting_id: UUID, kind: Kind = Kind.PERSON) -> Admission:
    """Raise unless the actor may be in the room now. Hosts are the organiser and the owners of the space.

    A media token (an actor of the kind LINK) comes in as a source or as a viewer, never as a person.
    """
    (answer,) = await admit_all(tx, [Asking(actor, meeting_id, kind)])
    if isinstance(answer, DomainError):
        raise answer
    return answer


async def approach(tx: Tx, actor: Actor, meeting_id: UUID) -> Admission:
    """As `admit`, for somebody who may still have to be let in by a host."""
    (answer,) = await admit_all(tx, [Asking(actor, meeting_id, outside=True)])
    if isinstance(answer, DomainError):
        raise answer
    return answer


async def admit_all(tx: Tx, everybody: Sequence[Asking]) -> list[Admission | DomainError]:
    """What `admit` gives or raises for each of them; the number of queries does not depend on how many they are."""
    tokens = await _find_tokens(
        tx, {one.actor.id for one in everybody if one.actor.kind is ActorKind.LINK and one.actor.id}
    )
    makers = await _find_makers(tx, {token.person_id for token in tokens.values()})
    speaking = [_speaker(one, tokens, makers) for one in everybody]
    bans = await _find_bans(tx, {one.meeting_id for one in everybody})
    guests = await find_guests(
        tx, {one.actor.id for one in everybody if one.actor.kind is ActorKind.GUEST and one.actor.id}
    )
    waits = await _find_waits(tx, {one.meeting_id for one in everybody})
    orders = await find_orders(tx, {one.meeting_id for one in everybody})
    asked = [
        (actor, one.meeting_id)
        for actor, one in zip(speaking, everybody, strict=True)
        if isinstance(actor, Actor) and actor.kind is not ActorKind.GUEST
    ]
    standings = iter(await list_standings(tx, asked))
    answers: list[Admission | DomainError] = []
    for one, actor in zip(everybody, speaking, strict=True):
        if isinstance(actor, DomainError):
            answers.append(actor)
            continue
        try:
            host = False
            if actor.kind is ActorKind.GUEST:
                meeting, admission = _guest_admission(one, guests, tx)
            else:
                meeting, standing = decide(actor, next(standings), Can.JOIN)
                if (meeting.id, actor.person_id) in bans:
                    raise _banned()
                admission = _admission(one, actor, meeting, standing, tokens)
                host = organises(actor, meeting, standing) or actor.person_id in _presiding(orders, meeting)
            admission = _ordered(one, admission, orders.get(meeting.id, NO_ORDER))
            wait = waits.get((meeting.id, admission.person_id))
            if has_lobby(meeting) and not host:
                admission = replace(admission, lobby=True)
                if not one.outside and not is_let_in(wait, meeting, tx.now):
                    raise _outside()
            answers.append(admission)
        except DomainError as error:
            answers.append(error)
    return answers


def _ordered(one: Asking, admission: Admission, order: Order) -> Admission:
    """What the assembly that sits in the room makes of it. Raises Denied for who is kept out, unless they knock."""
    if admission.person_id in order.presiding and admission.kind is Kind.PERSON and not admission.guest:
        admission = replace(admission, role=Role.HOST)
    hosts, looks_on = admission.role is Role.HOST, admission.kind is Kind.VIEWER
    if order.keeps_out(admission.person_id, hosts=hosts, looks_on=looks_on):
        if not one.outside:
            words = msg("The assembly keeps you out of its room for now: you are let in again when it is over.")
            raise Denied(KEPT_OUT, words)
        admission = replace(admission, kept=True)
    if admission.person_id in order.silenced:
        admission = replace(admission, publish=admission.publish - {Label.MICROPHONE})
    return admission


async def _find_tokens(tx: Tx, ids: Collection[UUID]) -> dict[UUID, MediaToken]:
    if not ids:
        return {}
    found = await tx.all(select(MediaToken).where(col(MediaToken.id).in_(ids)))
    return {token.id: token for token in found}


async def _find_bans(tx: Tx, meetings: Collection[UUID]) -> set[tuple[UUID, UUID | None]]:
    rows = await tx.rows(
        select(col(RoomBan.meeting_id), col(RoomBan.person_id)).where(col(RoomBan.meeting_id).in_(meetings))
    )
    return {(row[0], row[1]) for row in rows}


def _outside() -> Denied:
    """For who waits, and for their programs: what these would show them is behind the same door."""
    return Denied("rooms.lobby", msg("Somebody who organises the meeting has to let you in."))


def _banned() -> Denied:
    return Denied("rooms.banned", msg("Those who organise this meeting have put you out of it."))


async def _find_waits(tx: Tx, meetings: Collection[UUID]) -> dict[tuple[UUID, UUID], RoomWait]:
    rows = await tx.all(select(RoomWait).where(col(RoomWait.meeting_id).in_(meetings)))
    return {(wait.meeting_id, wait.who_id): wait for wait in rows}


async def _find_makers(tx: Tx, people: Collection[UUID]) -> dict[UUID, Actor]:
    """Those of these people who are active, as what they may do counts."""
    if not people:
        return {}
    active = await tx.all(select(col(Person.id)).where(col(Person.id).in_(people), col(Person.active)))
    groups = await list_principals(tx, active)
    return {person: Actor(ActorKind.PERSON, id=person, groups=groups[person]) for person in active}


def _speaker(one: Asking, tokens: Mapping[UUID, MediaToken], makers: Mapping[UUID, Actor]) -> Actor | DomainError:
    """Whose rights count: one's own, or those of whoever made the token."""
    if one.actor.kind is not ActorKind.LINK:
        return one.actor
    decided("media-token:admit")
    token = tokens.get(one.actor.id) if one.actor.id else None
    if token is None:
        return Unauthenticated("rooms.token_revoked", msg("This token is not valid, or no longer."))
    maker = makers.get(token.person_id)
    return maker if maker is not None and token.meeting_id == one.meeting_id else NotFound()


def _guest_admission(
    one: Asking, guests: Mapping[UUID, tuple[Guest, GuestLink, Meeting]], tx: Tx
) -> tuple[Meeting, Admission]:
    """A guest is in the one room that their link opens, while it does."""
    decided("guest:join")
    found = guests.get(one.actor.id) if one.actor.id else None
    if found is None or found[2].id != one.meeting_id:
        raise NotFound()
    guest, link, meeting = found
    _require_planned(meeting)
    if guest.banned_at is not None:
        raise _banned()
    if not opens(link, meeting, tx):
        raise Denied("rooms.link_over", msg("Your link to this meeting is not valid any more."))
    return meeting, Admission(meeting.id, guest.id, Role.MEMBER, name=guest.name, guest=True)


def _admission(
    one: Asking, actor: Actor, meeting: Meeting, standing: Standing, tokens: Mapping[UUID, MediaToken]
) -> Admission:
    """Raises what keeps somebody out whose standing would let them in."""
    _require_planned(meeting)
    if actor.person_id is None:
        raise Denied()
    token = tokens.get(one.actor.id) if one.actor.kind is ActorKind.LINK and one.actor.id else None
    if token is None:
        role = Role.HOST if organises(actor, meeting, standing) else Role.MEMBER
        return Admission(meeting.id, actor.person_id, role)
    if one.kind is Kind.VIEWER:
        return Admission(meeting.id, actor.person_id, Role.MEMBER, one.kind, NOTHING)
    if token.kind != TokenKind.PUBLISH:
        raise Denied("rooms.token_only_views", msg("This token lets you watch, not send."))
    return Admission(meeting.id, actor.person_id, Role.MEMBER, Kind.SOURCE, EVERYTHING, token.name)


def organises(actor: Actor, meeting: Meeting, standing: Standing) -> bool:
    """Whether the actor is one of the room's hosts: the organiser, the owners of the space."""
    return actor.person_id == meeting.organiser_id or standing.role == "owner"


def _presiding(orders: Mapping[UUID, Order], meeting: Meeting) -> frozenset[UUID]:
    return orders.get(meeting.id, NO_ORDER).presiding


def _require_planned(meeting: Meeting) -> None:
    if meeting.state == MeetingState.CANCELLED:
        raise Conflict("meetings.cancelled", msg("This meeting is cancelled."))


async def require_open(tx: Tx, admission: Admission) -> bool:
    """Raise Denied where the room is locked, for those who are not hosts. Says whether it is."""
    locked = await tx.get(RoomLock, admission.meeting_id) is not None
    if locked and admission.role is not Role.HOST:
        raise Denied("rooms.locked", msg("The room is locked: only those who organise the meeting let people in."))
    return locked


async def get_hosted(tx: Tx, actor: Actor, meeting_id: UUID) -> Meeting:
    """The meeting, for its hosts. Raises Denied for others who may be in the room."""
    admission = await admit(tx, actor, meeting_id)
    if admission.role is not Role.HOST:
        raise Denied("meetings.host_only", msg("Only those who organise the meeting may do this."))
    meeting = await tx.get(Meeting, meeting_id)
    if meeting is None:
        raise NotFound()
    return meeting


async def get_with_hosting(tx: Tx, actor: Actor, meeting_id: UUID) -> tuple[Meeting, bool]:
    """The meeting for those who may read it, and whether they organise it; one that is cancelled too."""
    meeting, standing = await get_with_standing(tx, actor, meeting_id, Can.READ)
    return meeting, organises(actor, meeting, standing)


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


async def get_from_inside(tx: Tx, actor: Actor, meeting_id: UUID) -> Meeting:
    """The meeting, for those who may see who is in its room: who waits to be let in does not. Raises Denied."""
    meeting, standing = await get_with_standing(tx, actor, meeting_id, Can.READ)
    order = (await find_orders(tx, [meeting_id])).get(meeting_id, NO_ORDER)
    is_host = organises(actor, meeting, standing) or actor.person_id in order.presiding
    if actor.person_id is not None and order.keeps_out(actor.person_id, hosts=is_host):
        raise _outside()
    if has_lobby(meeting) and not is_host and actor.person_id is not None:
        waits = await _find_waits(tx, {meeting_id})
        if not is_let_in(waits.get((meeting_id, actor.person_id)), meeting, tx.now):
            raise _outside()
    return meeting


async def open_chat(tx: Tx, actor: Actor, meeting_id: UUID, *, write: bool = False) -> Channel:
    """The meeting's chat, which outlives it: a cancelled meeting's is only read."""
    meeting = await get_meeting(tx, actor, meeting_id, Can.JOIN if write else Can.READ)
    if not write and not (has_lobby(meeting) and await _took_part(tx, actor, meeting)):
        await get_from_inside(tx, actor, meeting_id)
    if write:
        if (await find_orders(tx, [meeting_id])).get(meeting_id, NO_ORDER).closed:
            words = msg("The assembly sits in closed session: the chat stands still until it is public again.")
            raise Denied("rooms.closed_session", words)
        await admit(tx, actor, meeting_id)  # whoever was put out of the room writes to nobody in it
    return Channel(meeting.id, actor, writable=write)


async def _took_part(tx: Tx, actor: Actor, meeting: Meeting) -> bool:
    """Whether the actor was let into the room of a meeting that is over, whose chat they may then read."""
    visits = select(col(RoomVisit.id)).where(
        col(RoomVisit.meeting_id) == meeting.id, col(RoomVisit.person_id) == actor.person_id
    )
    return meeting.ends_at < tx.now and await tx.one(visits.limit(1)) is not None
