"""Presence by video, read from the meeting room (rule R3): follows the sittings by videoconference whose room is kept
by this process, and enters whose line is up or lost.

Who has sound and picture is what the media engine forwards (rooms/signals.py). A sitting that begins to be followed
goes on from its events, so that a restart neither counts nor loses anybody: those who were there have the grace to
come back.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select
from sqlmodel import col

from collab.core.access import job_actor
from collab.core.database import Database, Tx
from meetings.council.assemblies.models import Assembly
from meetings.council.rules.entries import Verdict
from meetings.council.rules.remote import Attendance
from meetings.council.sittings.lines import Lines
from meetings.council.sittings.live import Room, read_room, write
from meetings.council.sittings.models import Sitting, SittingState
from meetings.council.sittings.order import check
from meetings.council.sittings.rules import Happened, Kind
from meetings.rooms.live import Rooms

log = structlog.get_logger()

TICK = 1.0
EARLY, LATE = timedelta(hours=3), timedelta(days=2)
"""How long before its hour, and after, the room of a sitting may tell who is there."""
LIVE = (SittingState.CONVENED, SittingState.OPEN, SittingState.SUSPENDED)
METER = job_actor("presence by video")


@dataclass(slots=True)
class _Followed:
    """A sitting as it was when its event `seq` was the last. `keys`: member by person; `held`: see Lines.follow."""

    lines: Lines
    seq: int
    keys: Mapping[UUID, str]
    held: frozenset[str]


class VideoPresence:
    """Of the sittings whose rooms this process keeps. `grace`: seconds."""

    def __init__(self, db: Database, rooms: Rooms, zone: str, grace: float) -> None:
        self._db, self._rooms, self._zone = db, rooms, zone
        self._grace = timedelta(seconds=grace)
        self._followed: dict[UUID, _Followed] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._watch(), name="presence by video")

    async def stop(self) -> None:
        """No more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("presence_by_video_failed")
            await asyncio.sleep(TICK)

    async def look(self) -> None:
        """Read every room once, and enter what has turned."""
        async with self._db.read() as tx:
            sittings = await list_followed(tx)
        self._followed = {key: one for key, one in self._followed.items() if key in sittings}
        for sitting, (meeting, seq) in sittings.items():
            if not self._rooms.seats(meeting) and await self._rooms.find_other(meeting) is not None:
                self._followed.pop(sitting, None)  # the process that keeps the room reads it
                continue
            await self._follow(sitting, meeting, seq)

    async def _follow(self, sitting: UUID, meeting: UUID, seq: int) -> None:
        now = asyncio.get_running_loop().time()
        one = self._followed.get(sitting)
        if one is None or one.seq != seq:
            async with self._db.read() as tx:
                room = await _read(tx, sitting, self._zone)
            lines = one.lines if one is not None else Lines(self._grace, up=set(room.state.lines))
            keys = {member.person_id: str(member.id) for member in room.members}
            one = self._followed[sitting] = _Followed(lines, seq, keys, frozenset(room.state.aside(room.state.item)))
        readings = {
            one.keys[person]: Attendance(sound=signal.sound, picture=signal.picture)
            for person, signal in self._rooms.signals(meeting, now).items()
            if person in one.keys
        }
        turned = one.lines.follow(readings, now, one.held)
        if turned:
            async with self._db.write() as tx:
                await enter_lines(tx, sitting, turned, self._zone)


async def list_followed(tx: Tx) -> dict[UUID, tuple[UUID, int]]:
    """The sittings by videoconference about this time that have a room: sitting → meeting, number of the last event."""
    rows = await tx.rows(
        select(col(Sitting.id), col(Sitting.meeting_id), col(Sitting.seq)).where(
            col(Sitting.remote),
            col(Sitting.meeting_id).is_not(None),
            col(Sitting.state).in_(LIVE),
            col(Sitting.starts_at).between(tx.now - LATE, tx.now + EARLY),
        )
    )
    return {row[0]: (row[1], row[2]) for row in rows}


async def enter_lines(tx: Tx, sitting_id: UUID, turned: Mapping[str, bool], zone: str) -> None:
    """Write down whose line is up, or lost. What the law does not count, and what is known, is left out."""
    sitting = await tx.lock(Sitting, sitting_id)
    if sitting is None or sitting.state not in LIVE:
        return
    assembly = await tx.get(Assembly, sitting.assembly_id)
    assert assembly is not None
    for member, is_up in turned.items():
        room = await read_room(tx, sitting, assembly, ZoneInfo(zone))
        if (member in room.state.lines) is is_up:
            continue
        kind = Kind.VIDEO_UP if is_up else Kind.VIDEO_LOST
        new = Happened(seq=sitting.seq + 1, kind=kind, at=sitting.starts_at, member=member)
        if all(one.verdict is not Verdict.ERROR for one in check(room.setting, room.state, new, room.known)):
            await write(tx, METER, sitting, assembly, room, new)
            await tx.flush()


async def _read(tx: Tx, sitting_id: UUID, zone: str) -> Room:
    sitting = await tx.get(Sitting, sitting_id)
    assert sitting is not None
    assembly = await tx.get(Assembly, sitting.assembly_id)
    assert assembly is not None
    return await read_room(tx, sitting, assembly, ZoneInfo(zone))
