"""Turns to speak: hosts give the floor and choose how the queue works; the time that everybody spoke is written down.

Called by the web's socket door in the process that keeps the room. How the queue works is a row before the room obeys;
where it opens the microphones, the engine's grants are it, and are given again every TICK seconds.
"""

import asyncio
import contextlib
from typing import Annotated
from uuid import UUID

import structlog
from pydantic import Field

from collab.core.access import Actor
from collab.core.database import Database, Tx
from collab.core.errors import Conflict, NotFound
from collab.core.i18n import msg
from collab.core.text import Input
from meetings.media import port as media
from meetings.rooms import floor
from meetings.rooms.access import get_hosted
from meetings.rooms.kept import RoomFloor
from meetings.rooms.live import Rooms
from meetings.rooms.models import Kind
from meetings.rooms.orders import NO_ORDER, find_orders
from meetings.rooms.seats import Caller, engine_errors
from meetings.rooms.speech import save_speech

log = structlog.get_logger()

TICK = 5.0


class Turn(Input):
    """`room.turn`: a host gives the floor to a participant or to the `next` in the queue, or, with neither, ends the
    turn; whoever has the floor ends their own."""

    participant: UUID | None = None
    next: bool = False


class FloorInput(Input):
    """`room.floor`: a host chooses how the queue works. `limit`: seconds that a turn should last."""

    fair: bool
    opens: bool
    limit: Annotated[int, Field(ge=30, le=3600)] | None = None


class Turns:
    """Over the rooms of this process."""

    def __init__(self, db: Database, engine: media.MediaPort, rooms: Rooms) -> None:
        self._db = db
        self._engine = engine
        self._rooms = rooms
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to write down who has spoken."""
        self._task = asyncio.create_task(self._tick(), name="rooms: turns")

    async def stop(self) -> None:
        """No more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def turn(self, caller: Caller, data: Turn) -> None:
        """Give the floor, or end a turn. Raises Denied for who neither hosts nor has it, NotFound for who is gone."""
        meeting, me = self._rooms.place(caller)
        room = self._rooms.state(meeting)
        ends = data.participant is None and not data.next
        if not (ends and room.floor.speaker == me):
            async with self._db.read() as tx:
                await get_hosted(tx, caller.actor, meeting)
        now = self._db.clock.now()
        if ends:
            self._rooms.change(meeting, floor.end_turn)
        else:
            room = self._rooms.state(meeting)  # as it is once the right was weighed
            wanted = data.participant or next(iter(room.floor.queue), None)
            if wanted is None or wanted not in room.participants:
                raise NotFound("rooms.nobody_next", msg("Nobody is waiting to speak."))
            self._rooms.change(meeting, lambda room: floor.give(room, wanted, now))
        if room.floor.opens:
            await self.open_microphones(meeting)

    async def floor(self, caller: Caller, data: FloorInput) -> None:
        """Choose how the queue works."""
        meeting, _ = self._rooms.place(caller)
        async with self._db.write() as tx:
            await set_floor(tx, caller.actor, meeting, data)
        self._rooms.change(meeting, lambda room: floor.choose(room, fair=data.fair, opens=data.opens, limit=data.limit))
        await self.open_microphones(meeting)

    async def obey(self, meeting: UUID) -> None:
        """Close the microphones that who presides the assembly has closed, and open those that were given back."""
        async with self._db.read() as tx:
            silenced = (await find_orders(tx, [meeting])).get(meeting, NO_ORDER).silenced
        if silenced != set(self._rooms.state(meeting).floor.silenced):
            self._rooms.change(meeting, lambda room: floor.silence(room, silenced))
            await self.open_microphones(meeting)

    async def open_microphones(self, meeting: UUID) -> None:
        """Let the engine forward the microphones that the queue lets be heard, and no others."""
        for participant, seat in list(self._rooms.seats(meeting).items()):
            if seat.participant.kind is not Kind.PERSON:
                continue
            publish = floor.may_send(self._rooms.state(meeting).floor, seat.participant)
            with contextlib.suppress(Conflict), engine_errors():  # who has just left
                await self._engine.grant(str(meeting), str(participant), publish)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            try:
                for meeting in self._rooms.meetings():
                    await self._count(meeting)
                    await self.obey(meeting)
                    if self._rooms.state(meeting).floor.opens or self._rooms.state(meeting).floor.silenced:
                        await self.open_microphones(meeting)
            except Exception:
                log.exception("rooms_turns_failed")

    async def _count(self, meeting: UUID) -> None:
        """Tell everybody in the room how long each has spoken, and write it down, where that has changed."""
        totals = self._rooms.spoken(meeting)
        before = self._rooms.state(meeting).floor.spoken
        self._rooms.change(meeting, lambda room: floor.count(room, totals))
        if self._rooms.state(meeting).floor.spoken != before:
            async with self._db.write() as tx:
                await save_speech(tx, meeting, totals)


async def set_floor(tx: Tx, actor: Actor, meeting_id: UUID, data: FloorInput) -> None:
    """Write down how the queue works; journalled, for it decides whose microphone is heard."""
    meeting = await get_hosted(tx, actor, meeting_id)
    row = await tx.get(RoomFloor, meeting_id) or RoomFloor(meeting_id=meeting_id)
    row.fair, row.opens, row.turn_limit = data.fair, data.opens, data.limit
    tx.add(row)
    tx.record(actor, "rooms.floor", space=meeting.space_id, subject=meeting_id, **data.model_dump())
