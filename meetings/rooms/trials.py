"""Trials of a connection: somebody before a door sends to themselves through the media engine for a few seconds.

Called by web/realtime/trials.py. A trial is a room of the engine that nobody else knows, with one who sends and one who
receives, both the same browser. Who may stand at the door of a meeting may try; so that nobody uses it as load, there
are few at once, none is long, and each person pauses between two. Nothing of it is kept.
"""

import asyncio
from dataclasses import dataclass, field
from math import ceil
from typing import Annotated
from uuid import UUID

import structlog
from pydantic import Field

from collab.core.database import Database
from collab.core.errors import Conflict, DomainError, TooMany
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.text import Input
from meetings.media import port as media
from meetings.rooms.access import approach
from meetings.rooms.models import SLOTS, IceServer, Mid, Sdp
from meetings.rooms.seats import Caller, engine_errors
from meetings.rooms.turn import Turn

log = structlog.get_logger()

AT_ONCE = 4
LONGEST = 40.0
"""Seconds after which a trial is over, whoever goes on."""
PAUSE = 5.0
"""Seconds between the beginnings of two trials of one person."""


class Try(Input):
    """`room.try`: try one's connection before the door of a meeting."""

    meeting: UUID


class TrySend(Input):
    """`room.try_send`: the offer of the sending connection of a trial."""

    sdp: Sdp
    labels: Annotated[dict[Mid, media.Label], Field(max_length=SLOTS)] = Field(default_factory=dict)


class TryReceive(Input):
    """`room.try_receive`: the offer of the receiving connection of a trial; a new one takes the place of the former."""

    sdp: Sdp


class TryEnd(Input):
    """`room.try_end`: the trial is over."""


@dataclass(slots=True, eq=False)
class Trial:
    """One of them, and its end."""

    who: UUID
    room: str = field(default_factory=lambda: str(new_id()))
    sender: str = field(default_factory=lambda: str(new_id()))
    receiver: str = field(default_factory=lambda: str(new_id()))
    end: asyncio.Task[None] | None = None


class Trials:
    """Those of this process, by socket."""

    def __init__(self, db: Database, engine: media.MediaPort, turn: Turn) -> None:
        self._db = db
        self._engine = engine
        self._turn = turn
        self._running: dict[str, Trial] = {}
        self._begun: dict[UUID, float] = {}

    @property
    def running(self) -> int:
        """How many there are now."""
        return len(self._running)

    async def begin(self, caller: Caller, data: Try) -> list[IceServer]:
        """Begin one; the one of this socket that still runs ends. Raises what access raises, and TooMany."""
        async with self._db.read() as tx:
            who = (await approach(tx, caller.actor, data.meeting)).person_id
        await self.end(caller.socket)
        self._pace(who)
        trial = self._running[caller.socket] = Trial(who)  # counted before anything is awaited
        try:
            with engine_errors():
                await self._engine.admit(trial.room, trial.sender)
                await self._engine.admit(trial.room, trial.receiver, publish=media.NOTHING)
        except DomainError:
            await self.end(caller.socket)
            raise
        trial.end = asyncio.create_task(self._expire(caller.socket, trial), name="trial of a connection")
        return self._turn.servers(trial.receiver, self._db.clock.now())

    async def send(self, caller: Caller, data: TrySend) -> str:
        """The engine's answer. Raises Conflict (rooms.no_trial) and Invalid."""
        trial = self._of(caller)
        with engine_errors():
            return await self._engine.publish(trial.room, trial.sender, data.sdp, data.labels or None)

    async def receive(self, caller: Caller, data: TryReceive) -> str:
        """The engine's answer. Raises Conflict (rooms.no_trial) and Invalid."""
        trial = self._of(caller)
        with engine_errors():
            return await self._engine.receive(trial.room, trial.receiver, data.sdp, automatic=True)

    async def end(self, socket: str) -> None:
        """End the trial of this socket, if there is one: nothing passes any more when this returns."""
        trial = self._running.pop(socket, None)
        if trial is None:
            return
        if trial.end is not None:
            trial.end.cancel()
        await self._close(trial)

    async def stop(self) -> None:
        """End all of them."""
        for socket in list(self._running):
            await self.end(socket)

    def _pace(self, who: UUID) -> None:
        now = asyncio.get_running_loop().time()
        self._begun = {key: at for key, at in self._begun.items() if now - at < PAUSE}
        if who in self._begun:
            raise TooMany(ceil(PAUSE - (now - self._begun[who])))
        if len(self._running) >= AT_ONCE:
            others = msg("Others are trying their connection. Please try again in a moment.")
            raise TooMany(ceil(LONGEST / AT_ONCE), "rooms.too_many_trials", others)
        self._begun[who] = now

    def _of(self, caller: Caller) -> Trial:
        trial = self._running.get(caller.socket)
        if trial is None:
            raise Conflict("rooms.no_trial", msg("This trial of the connection is over. Begin another one."))
        return trial

    async def _expire(self, socket: str, trial: Trial) -> None:
        await asyncio.sleep(LONGEST)
        if self._running.get(socket) is trial:
            del self._running[socket]
            await self._close(trial)

    async def _close(self, trial: Trial) -> None:
        try:
            await self._engine.close(trial.room)
        except media.NotRunning:
            log.warning("trial_not_closed")  # with the engine its rooms are gone
