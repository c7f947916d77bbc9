"""The only writer of guests and of the links they come by; each link made or revoked and each guest is journalled."""

import base64
from collections.abc import Collection
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import col

from collab.core.access import Actor, ActorKind, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, Invalid, NotFound
from collab.core.i18n import msg
from collab.core.ids import new_id
from directory.people.models import Person
from directory.sessions.keys import Keys
from directory.sessions.tokens import digest
from meetings.calendar.access import Can, get_meeting
from meetings.calendar.models import Meeting, MeetingKind, MeetingState
from meetings.rooms.events import GuestLinkRevoked
from meetings.rooms.guest_models import Guest, GuestLink, GuestLinkInput, GuestLinkView

MOST_LINKS = 200
MOST_GUESTS = 500
AFTER_THE_END = timedelta(days=1)
LONGEST = timedelta(days=400)


def secret_of(keys: Keys, link_id: UUID) -> str:
    """What stands in the address of a link: 256 bits that only the key of the data folder gives."""
    return base64.urlsafe_b64encode(bytes.fromhex(keys.name("guest link", str(link_id)))).rstrip(b"=").decode()


def pass_of(keys: Keys, guest_id: UUID) -> str:
    """What a guest's browser keeps."""
    return keys.name("guest pass", str(guest_id))


async def create_link(tx: Tx, actor: Actor, keys: Keys, meeting_id: UUID, data: GuestLinkInput) -> GuestLink:
    """A link for one person by name, or for whoever has it. Raises Conflict where no guest may come in."""
    meeting = await get_meeting(tx, actor, meeting_id, Can.EDIT)
    if actor.person_id is None:
        raise Denied()
    if meeting.state == MeetingState.CANCELLED:
        raise Conflict("meetings.cancelled", msg("This meeting is cancelled."))
    if meeting.kind == MeetingKind.MEMBERS:
        text = msg("This room is for those with an account: change who may enter the meeting first.")
        raise Conflict("rooms.no_guests", text)
    expires_at = data.expires_at or max(meeting.ends_at, tx.now) + AFTER_THE_END
    if not tx.now < expires_at <= max(meeting.ends_at, tx.now) + LONGEST:
        raise Invalid(errors={"expires_at": msg("A moment to come, at most a year after the meeting.")})
    held = select(func.count()).where(col(GuestLink.meeting_id) == meeting_id, col(GuestLink.revoked_at).is_(None))
    if (await tx.one(held) or 0) >= MOST_LINKS:
        raise Conflict("rooms.too_many_links", msg("This meeting has many links already: revoke one first."))
    number = new_id()
    link = GuestLink(
        id=number,
        meeting_id=meeting_id,
        name=data.name or "",
        token_hash=digest(secret_of(keys, number)),
        created_by=actor.person_id,
        created_at=tx.now,
        expires_at=expires_at,
    )
    tx.add(link)
    await tx.flush()
    tx.record(
        actor, "rooms.create_guest_link", space=meeting.space_id, subject=meeting_id, link=str(number), name=link.name,
        expires_at=expires_at.isoformat(),
    )  # fmt: skip
    return link


async def revoke_link(tx: Tx, actor: Actor, meeting_id: UUID, link_id: UUID) -> None:
    """It opens nothing any more, and who came by it is out. Nothing happens when it was revoked already."""
    meeting = await get_meeting(tx, actor, meeting_id, Can.EDIT)
    link = await tx.get(GuestLink, link_id)
    if link is None or link.meeting_id != meeting_id:
        raise NotFound()
    if link.revoked_at is not None:
        return
    link.revoked_at = tx.now
    await tx.flush()
    tx.record(
        actor, "rooms.revoke_guest_link", space=meeting.space_id, subject=meeting_id, link=str(link_id), name=link.name
    )
    tx.emit(GuestLinkRevoked(meeting_id=meeting_id))


async def list_links(tx: Tx, actor: Actor, keys: Keys, meeting_id: UUID, base: str) -> list[GuestLinkView]:
    """The links of a meeting that open or will, for who may revoke them. `base`: the public address."""
    await get_meeting(tx, actor, meeting_id, Can.EDIT)
    guests = select(func.count()).where(col(Guest.link_id) == col(GuestLink.id)).scalar_subquery()
    rows = await tx.rows(
        select(GuestLink, col(Person.display_name), guests)
        .join(Person, col(Person.id) == col(GuestLink.created_by))
        .where(
            col(GuestLink.meeting_id) == meeting_id,
            col(GuestLink.revoked_at).is_(None),
            col(GuestLink.expires_at) > tx.now,
        )
        .order_by(col(GuestLink.name) != "", col(GuestLink.id))
    )
    return [view_link(keys, link, by, base, count) for link, by, count in rows]


def view_link(keys: Keys, link: GuestLink, by: str, base: str, guests: int = 0) -> GuestLinkView:
    """A link as its list shows it."""
    return GuestLinkView(
        id=link.id,
        name=link.name,
        url=f"{base}/g/{secret_of(keys, link.id)}",
        by=by,
        created_at=link.created_at,
        expires_at=link.expires_at,
        guests=guests,
    )


async def find_link(tx: Tx, secret: str) -> tuple[GuestLink, Meeting] | None:
    """The link with this secret and its meeting; None where it opens nothing."""
    decided("guest-link:show")
    link: GuestLink | None = await tx.one(select(GuestLink).where(col(GuestLink.token_hash) == digest(secret)))
    meeting = await tx.get(Meeting, link.meeting_id) if link else None
    if link is None or meeting is None or not opens(link, meeting, tx):
        return None
    return link, meeting


def opens(link: GuestLink, meeting: Meeting, tx: Tx) -> bool:
    """Whether a link lets anybody in now."""
    planned = meeting.state == MeetingState.PLANNED and meeting.kind != MeetingKind.MEMBERS
    return planned and link.revoked_at is None and link.expires_at > tx.now


async def come_in(tx: Tx, keys: Keys, link: GuestLink, meeting: Meeting, name: str) -> tuple[Guest, str]:
    """The guest that this browser is from now on, and its pass. A personal link has one guest, by its own name."""
    await tx.lock(GuestLink, link.id)
    known = list(await tx.all(select(Guest).where(col(Guest.link_id) == link.id).limit(MOST_GUESTS)))
    if link.name and known:
        return known[0], pass_of(keys, known[0].id)
    if len(known) >= MOST_GUESTS:
        raise Conflict("rooms.too_many_guests", msg("Too many people have come by this link: ask for another one."))
    number = new_id()
    secret = pass_of(keys, number)
    guest = Guest(
        id=number,
        meeting_id=meeting.id,
        link_id=link.id,
        name=link.name or name,
        pass_hash=digest(secret),
        created_at=tx.now,
    )
    tx.add(guest)
    await tx.flush()
    actor = Actor(ActorKind.GUEST, id=number, credential=number)
    tx.record(actor, "rooms.guest", space=meeting.space_id, subject=meeting.id, link=str(link.id), name=guest.name)
    return guest, secret


async def find_guest(tx: Tx, secret: str) -> Guest | None:
    """Who shows this pass, while their link opens something."""
    decided("guest:show")
    guest: Guest | None = await tx.one(select(Guest).where(col(Guest.pass_hash) == digest(secret)))
    return guest if guest is not None and await list_valid(tx, [guest.id]) else None


async def list_valid(tx: Tx, guests: Collection[UUID]) -> set[UUID]:
    """Those of these guests whose link still opens something."""
    found = await find_guests(tx, guests)
    return {guest.id for guest, link, meeting in found.values() if opens(link, meeting, tx)}


async def find_guests(tx: Tx, guests: Collection[UUID]) -> dict[UUID, tuple[Guest, GuestLink, Meeting]]:
    """These guests, each with the link that they came by and the meeting."""
    if not guests:
        return {}
    rows = await tx.rows(
        select(Guest, GuestLink, Meeting)
        .join(GuestLink, col(GuestLink.id) == col(Guest.link_id))
        .join(Meeting, col(Meeting.id) == col(Guest.meeting_id))
        .where(col(Guest.id).in_(guests))
    )
    return {row[0].id: (row[0], row[1], row[2]) for row in rows}
