"""The only writer of who waits at the door of a room: they ask, hosts let them in or not, one by one.

Called by the web's socket door and by service.py when somebody comes and goes. Those who wait hear of their own wait
alone (topic `wait:…`), hosts of all (`lobby:…`). Letting in and refusing are journalled.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, NotFound
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.notifications.models import Kind
from collab.notifications.service import notify
from collab.spaces.models import PrincipalKind, SpaceMember
from collab.spaces.models import Role as SpaceRole
from directory.people.models import Person
from meetings.calendar.models import Meeting
from meetings.rooms.access import approach, get_hosted, require_open
from meetings.rooms.events import LobbyAsked, LobbyMessage, LobbyPassed, WaitChanged, lobby_of, wait_of
from meetings.rooms.guest_models import Guest, GuestVisit
from meetings.rooms.lobby_models import LetIn, Refuse, RoomLobby, RoomWait, TellWaiting, Waiting, WaitState
from meetings.rooms.lobby_rules import GRACE, SILENT, has_lobby, is_let_in, is_waiting, may_ask
from meetings.rooms.models import Role, RoomVisit
from meetings.rooms.orders import KEPT_OUT, NO_ORDER, Order, find_orders

MOST_WAITING = 200
TOLD_AGAIN = timedelta(minutes=5)


async def knock(tx: Tx, actor: Actor, meeting_id: UUID) -> tuple[UUID | None, WaitState]:
    """Ask to be let in: the wait, and what it has come to; no wait where nobody keeps the actor out.

    Raises what access raises, Denied where the room is locked or a host refused a moment ago."""
    admission = await approach(tx, actor, meeting_id)
    await require_open(tx, admission)
    meeting = await tx.lock(Meeting, meeting_id)
    if meeting is None:
        raise NotFound()
    wait = await find_wait(tx, meeting_id, admission.person_id)
    is_open = not has_lobby(meeting) or admission.role is Role.HOST or is_let_in(wait, meeting, tx.now)
    if is_open and not admission.kept:
        return (wait.id if wait else None), WaitState.LET_IN
    if not may_ask(wait, tx.now):
        raise Denied("rooms.refused", msg("You were not let in. You may ask again in a minute."))
    before = wait.asked_at if wait else None
    if wait is None:
        wait = RoomWait(
            id=new_id(), meeting_id=meeting_id, who_id=admission.person_id, guest=admission.guest, asked_at=tx.now
        )
        await _require_place(tx, meeting_id)
        tx.add(wait)
        is_new = not admission.kept
    else:
        is_new = not is_waiting(wait, tx.now) and not admission.kept
        if not admission.kept:  # who was let in before an order of the assembly is let in again after it
            wait.let_in_at = wait.left_at = wait.refused_at = None
    if is_new:
        wait.asked_at = tx.now
    wait.seen_at = tx.now
    await tx.flush()
    if is_new:
        await _tell_hosts(tx, meeting, wait, (await _names_of(tx, [wait]))[wait.who_id], before)
    return wait.id, WaitState.KEPT_OUT if admission.kept else WaitState.WAITING


async def _require_place(tx: Tx, meeting_id: UUID) -> None:
    waiting = select(func.count()).where(
        col(RoomWait.meeting_id) == meeting_id, col(RoomWait.let_in_at).is_(None), col(RoomWait.seen_at).is_not(None)
    )
    if (await tx.one(waiting) or 0) >= MOST_WAITING:
        raise Conflict("rooms.lobby_full", msg("Many people are waiting to be let in already. Try again later."))


async def _tell_hosts(tx: Tx, meeting: Meeting, wait: RoomWait, name: str, before: Any) -> None:
    """Those who look at the lobby see it; hosts who are not in the room are notified."""
    one = Waiting(wait=wait.id, name=name, guest=wait.guest, since=wait.asked_at)
    await tx.announce(lambda topic, rev: LobbyAsked(topic=topic, rev=rev, waiting=one), lobby_of(meeting.id))
    if before is not None and tx.now - before < TOLD_AGAIN:
        return
    owners = select(col(SpaceMember.principal_id)).where(
        col(SpaceMember.space_id) == meeting.space_id,
        col(SpaceMember.principal_kind) == PrincipalKind.PERSON,
        col(SpaceMember.role) == SpaceRole.OWNER,
    )
    inside = select(col(RoomVisit.person_id)).where(
        col(RoomVisit.meeting_id) == meeting.id, col(RoomVisit.left_at).is_(None)
    )
    hosts = {meeting.organiser_id, *await tx.all(owners)} - set(await tx.all(inside))
    text = msg("%(name)s is waiting to be let into “%(title)s”.", name=name, title=meeting.title)
    for host in sorted(hosts):
        key = f"rooms.waiting:{wait.id}:{tx.now.timestamp()}"
        await notify(tx, host, Kind.LOBBY, text, url=f"/meetings/{meeting.id}/room", key=key)


async def stop_waiting(tx: Tx, wait_id: UUID) -> None:
    """Their page is gone. Nothing happens for who was let in, or does not wait."""
    wait = await tx.get(RoomWait, wait_id)
    if wait is None or wait.seen_at is None or wait.let_in_at is not None:
        return
    wait.seen_at = None
    await _pass(tx, wait)


async def let_in(tx: Tx, actor: Actor, data: LetIn) -> None:
    """A host lets one in, or all who wait. Raises NotFound for who does not."""
    meeting = await get_hosted(tx, actor, data.meeting)
    waits = [await _get(tx, data.meeting, data.wait)] if data.wait else await _list_waits(tx, data.meeting)
    orders = await find_orders(tx, [data.meeting])
    if any(is_kept_out(wait, meeting, orders) for wait in waits):
        words = msg("The assembly keeps them out for now: they are let in when that is over.")
        raise Denied(KEPT_OUT, words)
    names = await _names_of(tx, waits)
    for wait in waits:
        wait.let_in_at, wait.left_at, wait.refused_at = tx.now, tx.now, None
        told = {"who": str(wait.who_id), "name": names[wait.who_id]}
        tx.record(actor, "rooms.let_in", space=meeting.space_id, subject=meeting.id, **told)
        await _decide(tx, wait, WaitState.LET_IN)


async def refuse(tx: Tx, actor: Actor, data: Refuse) -> None:
    """A host does not let somebody in. Raises NotFound for who does not wait."""
    meeting = await get_hosted(tx, actor, data.meeting)
    wait = await _get(tx, data.meeting, data.wait)
    wait.refused_at, wait.let_in_at, wait.seen_at = tx.now, None, None
    told = {"who": str(wait.who_id), "name": (await _names_of(tx, [wait]))[wait.who_id]}
    tx.record(actor, "rooms.refuse", space=meeting.space_id, subject=meeting.id, **told)
    await _decide(tx, wait, WaitState.REFUSED)


async def tell_waiting(tx: Tx, actor: Actor, data: TellWaiting) -> None:
    """A host says something to all who wait, and to those who will."""
    await get_hosted(tx, actor, data.meeting)
    row = await tx.get(RoomLobby, data.meeting)
    if row is None:
        row = RoomLobby(meeting_id=data.meeting)
        tx.add(row)
    row.message = text = data.text.strip()
    await tx.flush()
    await tx.announce(lambda topic, rev: LobbyMessage(topic=topic, rev=rev, message=text), lobby_of(data.meeting))
    for wait in await _list_waits(tx, data.meeting):
        await _say(tx, wait, WaitState.WAITING, text)


async def keep_waiting(tx: Tx, waits: Collection[UUID]) -> None:
    """The pages with these waits are there still; where the door opens with the start, they are let in by it."""
    rows = await tx.rows(
        select(RoomWait, Meeting)
        .join(Meeting, col(Meeting.id) == col(RoomWait.meeting_id))
        .where(col(RoomWait.id).in_(waits), col(RoomWait.seen_at).is_not(None), col(RoomWait.refused_at).is_(None))
    )
    orders = await find_orders(tx, {meeting.id for _, meeting in rows})
    for wait, meeting in rows:
        wait.seen_at = tx.now
        if is_kept_out(wait, meeting, orders):
            continue
        if wait.let_in_at is not None:  # before the assembly kept them out
            wait.left_at = tx.now
        if not has_lobby(meeting) or is_let_in(wait, meeting, tx.now):
            await _decide(tx, wait, WaitState.LET_IN)
            wait.seen_at = None
    silent = select(RoomWait).where(
        col(RoomWait.let_in_at).is_(None), col(RoomWait.seen_at) < tx.now - SILENT
    )  # of a process that has died
    for wait in await tx.all(silent):
        wait.seen_at = None
        await _pass(tx, wait)


# What rooms tell of who comes and goes ------------------------------------------------------------------------------


async def note_entered(tx: Tx, meeting_id: UUID, who: UUID, *, guest: bool) -> None:
    """Somebody who was let in is in the room."""
    wait = await find_wait(tx, meeting_id, who)
    if wait is None:
        wait = RoomWait(id=new_id(), meeting_id=meeting_id, who_id=who, guest=guest, asked_at=tx.now)
        tx.add(wait)
    wait.let_in_at = wait.let_in_at or tx.now
    wait.left_at = wait.seen_at = wait.refused_at = None


async def note_left(tx: Tx, meeting_id: UUID, who: UUID) -> None:
    """Somebody left the room; with their last window, the time begins in which they come back unasked."""
    wait = await find_wait(tx, meeting_id, who)
    if wait is None or wait.let_in_at is None or await _is_inside(tx, meeting_id, who):
        return
    wait.left_at = tx.now


async def withdraw(tx: Tx, meeting_id: UUID, who: UUID | None = None) -> None:
    """Who was put out (all, where the meeting was ended) is let in again by a host alone."""
    which = col(RoomWait.meeting_id) == meeting_id
    if who is not None:
        which &= col(RoomWait.who_id) == who
    await tx.execute(update(RoomWait).where(which, col(RoomWait.let_in_at).is_not(None)).values(let_in_at=None))


async def keep_those_inside(tx: Tx, meeting_id: UUID) -> None:
    """The room has a lobby now: whoever is in it was let in."""
    meeting = await tx.get(Meeting, meeting_id)
    if meeting is None or not has_lobby(meeting):
        return
    for visits, who, guest in ((RoomVisit, RoomVisit.person_id, False), (GuestVisit, GuestVisit.guest_id, True)):
        going_on = select(col(who)).where(col(visits.meeting_id) == meeting_id, col(visits.left_at).is_(None))
        for one in set(await tx.all(going_on)):
            await note_entered(tx, meeting_id, one, guest=guest)


# What is read -------------------------------------------------------------------------------------------------------


async def read_wait(tx: Tx, actor: Actor, wait_id: UUID) -> dict[str, Any]:
    """What a subscriber of `wait:…` begins with: their own wait, and nothing of anybody else."""
    wait = await tx.get(RoomWait, wait_id)
    if wait is None or wait.who_id != actor.id:
        raise NotFound()
    await approach(tx, actor, wait.meeting_id)
    meeting = await tx.get(Meeting, wait.meeting_id)
    assert meeting is not None
    state = WaitState.LET_IN if is_let_in(wait, meeting, tx.now) else WaitState.WAITING
    state = WaitState.REFUSED if wait.refused_at is not None else state
    if is_kept_out(wait, meeting, await find_orders(tx, [meeting.id])):
        state = WaitState.KEPT_OUT
    return {"state": state.value, "message": await _message(tx, wait.meeting_id)}


async def read_lobby(tx: Tx, actor: Actor, meeting_id: UUID) -> dict[str, Any]:
    """What a subscriber of `lobby:…` begins with: those who wait, the first to ask first. For hosts."""
    await get_hosted(tx, actor, meeting_id)
    waits = await _list_waits(tx, meeting_id)
    names = await _names_of(tx, waits)
    waiting = [Waiting(wait=one.id, name=names[one.who_id], guest=one.guest, since=one.asked_at) for one in waits]
    return {"waiting": [one.model_dump(mode="json") for one in waiting], "message": await _message(tx, meeting_id)}


async def find_wait(tx: Tx, meeting_id: UUID, who: UUID) -> RoomWait | None:
    """Somebody's wait at this door."""
    wait: RoomWait | None = await tx.one(
        select(RoomWait).where(col(RoomWait.meeting_id) == meeting_id, col(RoomWait.who_id) == who)
    )
    return wait


async def _names_of(tx: Tx, waits: Sequence[RoomWait]) -> dict[UUID, str]:
    """What those who wait are called."""
    names = {wait.who_id: "" for wait in waits}
    for who, name in ((Person.id, Person.display_name), (Guest.id, Guest.name)):
        names |= {row[0]: row[1] for row in await tx.rows(select(col(who), col(name)).where(col(who).in_(names)))}
    return names


async def _list_waits(tx: Tx, meeting_id: UUID) -> list[RoomWait]:
    rows = await tx.all(
        select(RoomWait)
        .where(
            col(RoomWait.meeting_id) == meeting_id,
            or_(col(RoomWait.let_in_at).is_(None), col(RoomWait.left_at) < tx.now - GRACE),
        )
        .order_by(col(RoomWait.asked_at), col(RoomWait.id))
    )
    meeting = await tx.get(Meeting, meeting_id)
    assert meeting is not None
    orders = await find_orders(tx, [meeting_id])
    return [wait for wait in rows if is_waiting(wait, tx.now) and not is_kept_out(wait, meeting, orders)]


def is_kept_out(wait: RoomWait, meeting: Meeting, orders: Mapping[UUID, Order]) -> bool:
    """Whether it is the assembly that keeps them out: then no host lets them in."""
    is_organiser = wait.who_id == meeting.organiser_id
    return orders.get(meeting.id, NO_ORDER).keeps_out(wait.who_id, hosts=is_organiser)


async def _get(tx: Tx, meeting_id: UUID, wait_id: UUID) -> RoomWait:
    wait = await tx.lock(RoomWait, wait_id)
    if wait is None or wait.meeting_id != meeting_id or wait.seen_at is None:
        raise NotFound("rooms.not_waiting", msg("They do not wait any more."))
    return wait


async def _message(tx: Tx, meeting_id: UUID) -> str:
    row = await tx.get(RoomLobby, meeting_id)
    return row.message if row else ""


async def _is_inside(tx: Tx, meeting_id: UUID, who: UUID) -> bool:
    for visits, column in ((RoomVisit, RoomVisit.person_id), (GuestVisit, GuestVisit.guest_id)):
        going_on = select(func.count()).where(
            col(visits.meeting_id) == meeting_id, col(column) == who, col(visits.left_at).is_(None)
        )
        if await tx.one(going_on):
            return True
    return False


async def _decide(tx: Tx, wait: RoomWait, state: WaitState) -> None:
    await tx.flush()
    await _say(tx, wait, state, "")
    await _pass(tx, wait)


async def _say(tx: Tx, wait: RoomWait, state: WaitState, message: str) -> None:
    await tx.announce(
        lambda topic, rev: WaitChanged(topic=topic, rev=rev, state=state.value, message=message), wait_of(wait.id)
    )


async def _pass(tx: Tx, wait: RoomWait) -> None:
    await tx.announce(lambda topic, rev: LobbyPassed(topic=topic, rev=rev, wait=wait.id), lobby_of(wait.meeting_id))
