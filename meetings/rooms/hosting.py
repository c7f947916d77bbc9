"""Who wants to speak or reacts, and what the hosts of a room may do: stop what somebody sends, put out, lock, end.

Called by the web's socket door in the process that keeps the room (Rooms). What outlasts the moment (a lock, a ban) is
in the database before the room obeys, and nothing passes any more when the host is answered.
"""

import asyncio
from uuid import UUID

from collab.core.database import Database
from collab.core.errors import Denied, NotFound
from collab.core.i18n import msg
from meetings.media import port as media
from meetings.rooms import rules, service
from meetings.rooms.access import admit, get_hosted
from meetings.rooms.broadcasts import BroadcastInput, set_broadcast
from meetings.rooms.live import Rooms
from meetings.rooms.models import End, Hand, Kind, Lock, Reason, Role, SendOut, Silence, Silenced
from meetings.rooms.orders import NO_ORDER, find_orders
from meetings.rooms.reactions import React, pace
from meetings.rooms.seats import Caller, Seat, engine_errors, not_admitted
from meetings.rooms.wire import Reacted


class Hosting:
    """Over the rooms of this process."""

    def __init__(self, db: Database, engine: media.MediaPort, rooms: Rooms) -> None:
        self._db = db
        self._engine = engine
        self._rooms = rooms

    async def hand(self, caller: Caller, data: Hand) -> None:
        """Raise or lower one's hand; a host lowers those of others. Raises Denied."""
        meeting, me = self._rooms.place(caller)
        whose = data.participant or me
        if whose != me:
            await self._require_host(caller, meeting)
            if data.raised:
                raise Denied("rooms.own_hand", msg("Everybody raises their own hand."))
        self._rooms.change(meeting, lambda room: rules.set_hand(room, whose, data.raised))

    async def react(self, caller: Caller, data: React) -> None:
        """Show everybody a sign. Raises TooMany, and what access raises for who may not be in the room any more."""
        meeting, me = self._rooms.place(caller)
        async with self._db.read() as tx:
            await admit(tx, caller.actor, meeting)
        seat = self._rooms.seats(meeting).get(me)
        if seat is None:
            raise not_admitted()
        pace(seat.reacted, asyncio.get_running_loop().time())
        self._rooms.tell_all(meeting, Reacted(participant=me, reaction=data.reaction))

    async def silence(self, caller: Caller, data: Silence) -> None:
        """Stop a microphone, a camera or a shared screen, or those of everybody but hosts; they may start again."""
        meeting, me = self._rooms.place(caller)
        await self._require_host(caller, meeting)
        seats = self._rooms.seats(meeting)
        if data.participant is not None and data.participant not in seats:
            raise _gone()
        for track in list(self._rooms.state(meeting).tracks.values()):
            wanted = data.participant or track.participant
            seat = seats.get(track.participant)
            if seat is None:  # gone while another one was being silenced
                continue
            spared = data.participant is None and seat.participant.role is Role.HOST
            if track.participant != wanted or track.label is not data.label or track.muted or spared:
                continue
            with engine_errors():
                await self._engine.mute(str(meeting), str(track.participant), track.label, True)
            by = seats[me].participant.name if me in seats else ""
            self._rooms.tell(meeting, track.participant, Silenced(label=track.label, by=by))

    async def send_out(self, caller: Caller, data: SendOut) -> None:
        """Put somebody out, for now or for good. Raises Denied for hosts, NotFound for who is not there."""
        meeting, _ = self._rooms.place(caller)
        seat = self._rooms.seats(meeting).get(data.participant)
        async with self._db.write() as tx:
            await get_hosted(tx, caller.actor, meeting)  # who is not one learns nothing of who is there
            if seat is None:
                raise _gone()
            if seat.participant.role is Role.HOST:
                raise Denied("rooms.host_stays", msg("Somebody who organises the meeting cannot be put out of it."))
            order = (await find_orders(tx, [meeting])).get(meeting, NO_ORDER)
            if seat.participant.person in order.seated and seat.participant.kind is Kind.PERSON:
                words = msg("An elected member keeps their seat and their vote: close their microphone. CGCT L2121-16.")
                raise Denied("rooms.seated", words)
            if data.back:
                await service.send_out(tx, caller.actor, meeting, seat.participant)
            else:
                await service.ban(tx, caller.actor, meeting, seat.participant, _token_of(seat))
        if data.back:
            await self._rooms.remove(meeting, data.participant, Reason.SENT_OUT)
        else:
            await self._rooms.enforce(meeting)  # every window of theirs

    async def lock(self, caller: Caller, data: Lock) -> None:
        """Let nobody but hosts in from now on, or open the room again."""
        meeting, _ = self._rooms.place(caller)
        async with self._db.write() as tx:
            await service.lock_room(tx, caller.actor, meeting, data.locked)
        self._rooms.change(meeting, lambda room: rules.set_locked(room, data.locked))

    async def end(self, caller: Caller, _data: End) -> None:
        """Put everybody out; they are when this returns."""
        meeting, _ = self._rooms.place(caller)
        async with self._db.write() as tx:
            await service.end_meeting(tx, caller.actor, meeting)
        await self._rooms.close(meeting, Reason.ENDED)

    async def broadcast(self, caller: Caller, data: BroadcastInput) -> None:
        """Show the room to the public, or cut it: then every session has ended when this returns."""
        meeting, _ = self._rooms.place(caller)
        async with self._db.write() as tx:
            page = await set_broadcast(tx, caller.actor, meeting, data.on)
        await self._rooms.enforce(meeting)
        self._rooms.change(meeting, lambda room: rules.set_on_air(room, page))

    async def _require_host(self, caller: Caller, meeting: UUID) -> None:
        async with self._db.read() as tx:
            await get_hosted(tx, caller.actor, meeting)


def _token_of(seat: Seat) -> UUID | None:
    """The media token of a program; None for somebody with a browser."""
    return seat.caller.actor.id if seat.caller.actor.person_id is None else None


def _gone() -> NotFound:
    return NotFound("rooms.not_there", msg("They are not in the room any more."))
