"""Makes the engine record what the database says goes on: the rows decide, and are looked at every TICK seconds.

So a recording goes on by itself in the next process, or on the next engine, once people are back: the time between is
a gap in it. Called by the web's socket door in the process that keeps the room.
"""

import asyncio
import contextlib
from collections import defaultdict
from pathlib import Path
from uuid import UUID

import structlog

from collab.core.access import job_actor
from collab.core.database import Database
from meetings.media import port as media
from meetings.recording.models import Consent, Ending, RecordInput
from meetings.recording.queries import Going, list_going
from meetings.recording.service import (
    answer_recording,
    ask_recording,
    begin_recording,
    end_recording,
    stop_recording,
)
from meetings.rooms import rules
from meetings.rooms.access import get_hosted
from meetings.rooms.live import Rooms
from meetings.rooms.models import Kind
from meetings.rooms.seats import Caller, engine_errors

log = structlog.get_logger()

TICK = 1.0


class Recorder:
    """Over the rooms of this process. `folder`: where recordings are written, one folder each."""

    def __init__(self, db: Database, engine: media.MediaPort, rooms: Rooms, folder: Path) -> None:
        self._db = db
        self._engine = engine
        self._rooms = rooms
        self._folder = folder
        self._locks: dict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look after the recordings of the rooms kept here."""
        self._task = asyncio.create_task(self._tick(), name="rooms: recordings")

    async def stop(self) -> None:
        """No more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def record(self, caller: Caller, data: RecordInput) -> None:
        """A host begins a recording or ends it; once ended, everything is on the disk when this returns."""
        meeting, _ = self._rooms.place(caller)
        if data.on:
            async with self._db.write() as tx:
                await ask_recording(tx, caller.actor, meeting)
            await self._settle(meeting)
            return
        async with self._db.read() as tx:
            await get_hosted(tx, caller.actor, meeting)
        async with self._locks[meeting]:
            with engine_errors():
                await self._engine.stop_recording(str(meeting))
            async with self._db.write() as tx:
                await stop_recording(tx, caller.actor, meeting)
            self._rooms.change(meeting, lambda room: rules.set_recording(room, None, Ending.STOPPED))

    async def consent(self, caller: Caller, data: Consent) -> None:
        """Somebody in the room agrees, or wants to be kept out: then nothing of theirs is written any more."""
        meeting, _ = self._rooms.place(caller)
        async with self._db.write() as tx:
            await answer_recording(tx, caller.actor, meeting, data.agrees)
        await self._settle(meeting)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK)
            try:
                meetings = self._rooms.meetings()
                async with self._db.read() as tx:
                    going = await list_going(tx, meetings) if meetings else {}
                for meeting in meetings:
                    if meeting in going or self._rooms.state(meeting).recording is not None:
                        await self._settle(meeting)
                for meeting in self._locks.keys() - set(meetings):
                    if not self._locks[meeting].locked():
                        del self._locks[meeting]
                        self._rooms.halted.pop(meeting, None)
            except Exception:
                log.exception("recordings_failed")

    async def _settle(self, meeting: UUID) -> None:
        """Bring room and engine in line with the rows."""
        async with self._locks[meeting]:
            async with self._db.read() as tx:
                going = (await list_going(tx, [meeting])).get(meeting)
            if going is None:
                with engine_errors():
                    await self._engine.stop_recording(str(meeting))
                self._rooms.halted.pop(meeting, None)
                self._rooms.change(meeting, lambda room: rules.set_recording(room, None))
                return
            if going.view.since is None and self._everybody_agrees(meeting, going):
                async with self._db.write() as tx:
                    await begin_recording(tx, job_actor("recording"), meeting)
                    going = (await list_going(tx, [meeting]))[meeting]
            view = going.view
            self._rooms.change(meeting, lambda room: rules.set_recording(room, view))
            if view.since is not None:
                await self._write(meeting, going)

    def _everybody_agrees(self, meeting: UUID, going: Going) -> bool:
        seats = self._rooms.seats(meeting).values()
        present = {seat.participant.person for seat in seats if seat.participant.kind is Kind.PERSON}
        return all(going.answers.get(person) for person in present)

    async def _write(self, meeting: UUID, going: Going) -> None:
        """Let the engine write what those send who may be recorded; where it cannot any more, that is the end."""
        seats = self._rooms.seats(meeting).items()
        whom = frozenset(str(name) for name, seat in seats if going.allows(seat.participant.person))
        reason = self._rooms.halted.get(meeting)
        if reason is None:
            try:
                await self._engine.record(str(meeting), str(self._folder / str(going.id)), whom)
            except media.CannotRecord as error:
                reason = str(error)
            except (media.NotAdmitted, media.NotRunning):  # it is on its way back, or everybody is gone
                return
        if reason is None:
            return
        ending = Ending.FULL if reason == Ending.FULL else Ending.FAILED
        async with self._db.write() as tx:
            await end_recording(tx, meeting, ending)
        self._rooms.halted.pop(meeting, None)
        self._rooms.change(meeting, lambda room: rules.set_recording(room, None, ending))
