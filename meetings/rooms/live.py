"""The rooms of this process: lets people in, passes their offers to the media engine, tells everybody what changes.

The web's socket door calls it, and `enforce` and its like when rights change; every grant is weighed again at least
every RECHECK seconds. Who is in a room is this process's own state (house rule 9); homes.py sees to it that no other
process keeps the same room. After a restart rooms are empty, and browsers come back by themselves.
"""

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from uuid import UUID

import structlog

from collab.core.database import Database
from collab.core.errors import Denied, DomainError
from collab.core.i18n import msg
from collab.core.ids import new_id
from meetings.media import port as media
from meetings.recording.models import Ending
from meetings.recording.queries import view_recording
from meetings.recording.service import end_recording, require_answer
from meetings.rooms import rules, service
from meetings.rooms.access import admit, require_open
from meetings.rooms.broadcasts import end_broadcast, find_on_air
from meetings.rooms.floor import may_send
from meetings.rooms.homes import BEAT, Elsewhere, Lease
from meetings.rooms.models import (
    Join,
    Kind,
    Mute,
    Participant,
    Publish,
    PutOut,
    Reason,
    Receive,
    Report,
    Resume,
    Role,
    RoomEvent,
    Select,
    SlotsNow,
    TrackView,
    Watch,
    Welcome,
)
from meetings.rooms.seating import Seating
from meetings.rooms.seats import Caller, Identify, Seat, Tell, begin, engine_errors, not_admitted
from meetings.rooms.speech import find_floor, open_floor, save_speech
from meetings.rooms.turn import Turn
from meetings.rooms.weighing import weigh

log = structlog.get_logger()

RECHECK = 5.0
AWAY_LIMIT = 10.0
ENGINE_PATIENCE = 2.0
DISMISSED = 1_000
"""Of so many whom hosts put out is remembered that they come back by a click, not by themselves."""
NO_TURN = Turn()
Labels = frozenset[media.Label]
NOBODY: Mapping[UUID, int] = {}


class Rooms(Seating):
    """Owns every room of this process."""

    def __init__(
        self, db: Database, engine: media.MediaPort, identify: Identify, tell: Tell, lease: Lease, turn: Turn = NO_TURN
    ) -> None:
        self._db = db
        self._lease = lease
        self._entering: Counter[UUID] = Counter()
        self._identify = identify
        self._turn = turn
        self._engine = engine
        super().__init__(tell)
        self._gone: asyncio.Queue[tuple[UUID, UUID, Seat | None]] = asyncio.Queue()
        self._dismissed: deque[UUID] = deque(maxlen=DISMISSED)
        self.halted: dict[UUID, str] = {}
        """Where the engine cannot write a recording any more, and why; recorder.py ends it."""
        self._tasks: list[asyncio.Task[None]] = []
        engine.listen(self._hear)

    async def check(self) -> None:
        """Raise NotRunning unless the engine has its port and grants are being watched."""
        if self._engine.port == 0 or any(task.done() for task in self._tasks):
            raise media.NotRunning("rooms are not being watched")

    async def start(self) -> None:
        """Forget whom a crash left behind, and begin to watch."""
        for room in await self._engine.admitted():  # in a worker that outlived it: nobody weighs their grants any more
            await self._engine.close(room)
        await self._lease.start()
        self._tasks = [
            asyncio.create_task(self._watch(), name="rooms: grants"),
            asyncio.create_task(self._take_away(), name="rooms: departures"),
            asyncio.create_task(self._live_on(), name="rooms: lease"),
        ]

    async def stop(self) -> None:
        """Close every room; browsers are not told to go, since they come back to the next process."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        for meeting in list(self._rooms):
            await self._engine.close(str(meeting))
        self._rooms.clear()
        self._sockets.clear()
        await self._lease.stop()

    # What people ask -------------------------------------------------------------------------------------------------

    async def join(self, caller: Caller, data: Join) -> Welcome:
        """Let somebody in. Raises what access raises, Unavailable where the engine does not work, and Elsewhere.

        Whoever they were before (`previous`, or on this socket) they are again, with media connections made anew.
        """
        if data.previous in self._dismissed:
            # not the person who asks, but their page: its media were gone before it heard why
            raise Denied("rooms.put_out", msg("Somebody who organises the meeting has put you out of the room."))
        place = self._sockets.get(caller.socket)
        if place is not None and place[0] != data.meeting:
            await self.remove(*place, Reason.LEFT)
            place = None
        previous = place[1] if place else data.previous
        if previous is not None and self._is_theirs(data.meeting, previous, caller.actor):
            async with self._db.read() as tx:
                await admit(tx, caller.actor, data.meeting)
            participant = self._rooms[data.meeting].state.participants[previous]
            publish = may_send(self.state(data.meeting).floor, participant)
            await self._admit(data.meeting, previous, anew=True, publish=publish)
            if not self._is_theirs(data.meeting, previous, caller.actor):
                await self._engine.revoke(str(data.meeting), str(previous))
                raise not_admitted()
            return self._seat(caller, data.meeting, participant)
        return await self._come_in(caller, data.meeting, Kind.PERSON, data.recorded)

    async def enter(self, caller: Caller, meeting: UUID, kind: Kind) -> Welcome:
        """Let a program in that shows a media token, as a source or a viewer.

        Raises what access raises, Unavailable where the engine does not work, and Elsewhere."""
        return await self._come_in(caller, meeting, kind)

    async def _come_in(self, caller: Caller, meeting: UUID, kind: Kind, recorded: bool | None = None) -> Welcome:
        with self._entered(meeting):
            async with self._db.write() as tx:
                admission = await admit(tx, caller.actor, meeting, kind)
                await require_answer(tx, caller.actor, admission, recorded)
                begun = rules.Room(
                    locked=await require_open(tx, admission),
                    floor=await find_floor(tx, meeting),
                    recording=await view_recording(tx, meeting),
                    on_air=await find_on_air(tx, meeting),
                )
                await self._lease.claim(tx, meeting)
                if kind is Kind.PERSON:
                    participant = await service.begin_visit(tx, admission, new_id())
                else:
                    participant = await service.begin_session(tx, caller.actor, admission, new_id())
            try:
                publish = admission.publish & may_send(begun.floor, participant)
                await self._admit(meeting, participant.id, anew=False, publish=publish)
            except DomainError as error:
                refused = error
            else:
                return self._seat(caller, meeting, participant, begun)
        await self._write_down(meeting, participant)
        raise refused

    @contextlib.contextmanager
    def _entered(self, meeting: UUID) -> Iterator[None]:
        """Somebody is on their way in: the room is not given back meanwhile."""
        self._entering[meeting] += 1
        try:
            yield
        finally:
            self._entering[meeting] -= 1
            if not self._entering[meeting]:
                del self._entering[meeting]

    async def resume(self, caller: Caller, data: Resume) -> Welcome:
        """Speak for a participant from another socket.

        Raises Conflict (media.not_admitted) where they are gone, and Elsewhere."""
        if not self._is_theirs(data.meeting, data.participant, caller.actor):
            other = await self.find_other(data.meeting)  # which asks whether they may
            raise Elsewhere(other) if other is not None else not_admitted()
        async with self._db.read() as tx:
            await admit(tx, caller.actor, data.meeting)
        if not self._is_theirs(data.meeting, data.participant, caller.actor):
            raise not_admitted()
        return self._seat(caller, data.meeting, self._rooms[data.meeting].state.participants[data.participant])

    async def find_other(self, meeting: UUID) -> UUID | None:
        """The other process that keeps this room, if there is one."""
        async with self._db.read() as tx:
            return await self._lease.find_other(tx, meeting)

    async def publish(self, caller: Caller, data: Publish) -> str:
        """The engine's answer to the offer of the sending connection. Raises Invalid for an offer that is none."""
        meeting, participant = self.place(caller)
        with engine_errors():
            return await self._engine.publish(str(meeting), str(participant), data.sdp, data.labels or None)

    async def receive(self, caller: Caller, data: Receive) -> str:
        """The engine's answer to the offer of the receiving connection. Raises Invalid for an offer that is none."""
        meeting, participant = self.place(caller)
        with engine_errors():
            automatic = not caller.hears  # who cannot be told cannot choose
            return await self._engine.receive(str(meeting), str(participant), data.sdp, automatic=automatic)

    async def select(self, caller: Caller, data: Select) -> None:
        """Choose what one's video slots show."""
        meeting, participant = self.place(caller)
        wishes = {mid: media.Wish(wish.track, wish.height) if wish else None for mid, wish in data.wishes.items()}
        with engine_errors():
            await self._engine.select(str(meeting), str(participant), wishes)

    async def mute(self, caller: Caller, data: Mute) -> None:
        """Stop or resume one's own track."""
        meeting, participant = self.place(caller)
        with engine_errors():
            await self._engine.mute(str(meeting), str(participant), data.label, data.muted)

    async def report(self, caller: Caller, data: Report) -> None:
        """How sound and picture were for somebody lately. Raises TooMany."""
        meeting, participant = self.place(caller)
        self._rooms[meeting].quality.report(participant, data, asyncio.get_running_loop().time())

    async def watch(self, caller: Caller, data: Watch) -> None:
        """Let a host know of everybody's connection from now on, or no longer. Raises Denied for others."""
        meeting, participant = self.place(caller)
        async with self._db.read() as tx:
            admission = await admit(tx, caller.actor, meeting)
        live = self._rooms.get(meeting)
        seat = live.seats.get(participant) if live else None
        if live is None or seat is None:
            raise not_admitted()
        if admission.role is not Role.HOST:
            raise Denied("meetings.host_only", msg("Only those who organise the meeting see how others are connected."))
        seat.watches = data.on
        if data.on:
            self._tell(seat.caller.socket, RoomEvent(meeting=meeting, seq=0, event=live.quality.view()))

    async def leave(self, caller: Caller) -> None:
        """Go. Nothing happens for who is not in a room."""
        place = self._sockets.get(caller.socket)
        if place is not None:
            await self.remove(*place, Reason.LEFT)

    def lose_socket(self, socket: str) -> None:
        """The socket is gone: its participant has AWAY_LIMIT seconds to come back with another one."""
        place = self._sockets.pop(socket, None)
        if place is None:
            return
        meeting, participant = place
        live = self._rooms[meeting]
        live.seats[participant].away_since = asyncio.get_running_loop().time()
        self._step(meeting, rules.set_away(live.state, participant, away=True))

    # What rights demand ----------------------------------------------------------------------------------------------

    async def enforce(self, meeting_id: UUID | None = None) -> None:
        """Weigh every grant (of one room) again; who may no longer be there is out when this returns."""
        seats = [
            (meeting, participant, seat)
            for meeting, live in self._rooms.items()
            if meeting_id is None or meeting == meeting_id
            for participant, seat in live.seats.items()
        ]
        present = {(seat.caller.actor, meeting, seat.participant.kind) for meeting, _, seat in seats}
        reasons, hosts = await weigh(self._db, self._identify, present)
        for meeting, participant, seat in seats:
            key = (seat.caller.actor, meeting, seat.participant.kind)
            seat.watches = seat.watches and key in hosts
            reason = reasons.get(key)
            if reason is not None:
                await self.remove(meeting, participant, reason)

    async def remove_person(self, person_id: UUID) -> None:
        """Put somebody out of every room, at once."""
        for meeting, live in list(self._rooms.items()):
            for participant in [key for key, seat in live.seats.items() if seat.participant.person == person_id]:
                await self.remove(meeting, participant, Reason.REMOVED)

    async def close(self, meeting_id: UUID, reason: Reason = Reason.CLOSED) -> None:
        """Put everybody out."""
        for participant in list(self.seats(meeting_id)):
            await self.remove(meeting_id, participant, reason)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        weighed = loop.time()
        while True:
            await asyncio.sleep(1)
            now = loop.time()
            for meeting, live in list(self._rooms.items()):
                for participant, seat in list(live.seats.items()):
                    if seat.away_since is not None and now - seat.away_since > AWAY_LIMIT:
                        self._gone.put_nowait((meeting, participant, seat))
                viewers = sum(seat.participant.kind is Kind.VIEWER for seat in live.seats.values())
                self._step(meeting, rules.set_viewers(live.state, viewers))
            if now - weighed >= RECHECK - 1:
                weighed = now
                try:
                    await self.enforce()
                except Exception:
                    log.exception("rooms_recheck_failed")

    async def _live_on(self) -> None:
        """Keep the lease; let go of rooms that others have taken over, and of sockets whose process has died."""
        while True:
            await asyncio.sleep(BEAT)
            before = set(self._rooms)
            try:
                kept = await self._lease.beat(busy=bool(before))
            except Exception:
                log.exception("rooms_lease_failed")
                continue
            for meeting, live in list(self._rooms.items()):
                lost = kept is not None and meeting in before and meeting not in kept
                for participant, seat in list(live.seats.items()):
                    via = seat.caller.via
                    if lost:
                        self._gone.put_nowait((meeting, participant, seat))
                    elif via is not None and via not in self._lease.alive and seat.away_since is None:
                        self.lose_socket(seat.caller.socket)

    # What the engine tells -------------------------------------------------------------------------------------------

    def _hear(self, event: media.RoomEvent) -> None:
        """Called by the engine, in order, on the loop."""
        meeting = UUID(event.room)
        live = self._rooms.get(meeting)
        if live is None:
            return
        match event:
            case media.TrackAdded() | media.TrackChanged():
                track = event.track
                view = TrackView(id=track.id, participant=UUID(track.participant), label=track.label, muted=track.muted)
                self._step(meeting, rules.set_track(live.state, view))
            case media.TrackRemoved():
                self._step(meeting, rules.drop_track(live.state, event.track.id))
            case media.Speaking():
                speaking = [UUID(participant) for participant in event.participants]
                self._step(meeting, rules.set_speaking(live.state, speaking))
            case media.Slots():
                self._tell_slots(meeting, UUID(event.participant), SlotsNow(slots=dict(event.slots)))
            case media.Stats():
                live.quality.heard(event, asyncio.get_running_loop().time())
                self._step(meeting, rules.set_lines(live.state, live.quality.lines.view()))
                for seat in live.seats.values():
                    if seat.watches and seat.hears:
                        told = RoomEvent(meeting=meeting, seq=0, event=live.quality.view())
                        self._tell(seat.caller.socket, told)
            case media.RecordingStopped():
                self.halted[meeting] = event.reason
            case media.Left(reason="lost"):
                self._gone.put_nowait((meeting, UUID(event.participant), live.seats.get(UUID(event.participant))))

    async def _take_away(self) -> None:
        while True:
            meeting, participant, seat = await self._gone.get()
            live = self._rooms.get(meeting)
            if live is None or live.seats.get(participant) is not seat:
                continue  # gone already, or back on another socket
            try:
                await self.remove(meeting, participant, Reason.LOST)
            except Exception:
                log.exception("room_departure_failed")

    # How it is done --------------------------------------------------------------------------------------------------

    async def _admit(self, meeting: UUID, participant: UUID, *, anew: bool, publish: Labels = media.EVERYTHING) -> None:
        with engine_errors():
            if anew:
                self._rooms[meeting].seats[participant].slots = None
                await self._engine.revoke(str(meeting), str(participant))
            await self._engine.admit(str(meeting), str(participant), publish=publish)

    def _seat(
        self, caller: Caller, meeting: UUID, participant: Participant, begun: rules.Room | None = None
    ) -> Welcome:
        """`begun`: as the database has it, for the first to come into a room that another process kept."""
        live = self._rooms.get(meeting)
        if live is None:
            live = self._rooms[meeting] = begin(begun or rules.Room())
        before = live.seats.get(participant.id)
        if before is not None:
            self._sockets.pop(before.caller.socket, None)
        live.seats[participant.id] = Seat(caller, participant)
        self._sockets[caller.socket] = (meeting, participant.id)
        if participant.kind is not Kind.VIEWER:
            self._step(meeting, rules.enter(live.state, participant.model_copy(update={"away": False})))
        if before is not None and before.slots is not None:
            self._tell_slots(meeting, participant.id, before.slots)
        servers = self._turn.servers(str(participant.id), self._db.clock.now())
        return Welcome(participant=participant.id, room=live.state.snapshot(), servers=servers)

    async def remove(self, meeting: UUID, participant: UUID, reason: Reason) -> None:
        """First no packet passes any more, then everybody is told, then it is written down."""
        live = self._rooms.get(meeting)
        seat = live.seats.get(participant) if live else None
        if live is None or seat is None:
            return
        if reason in (Reason.SENT_OUT, Reason.ENDED):
            self._dismissed.append(participant)
        try:
            async with asyncio.timeout(ENGINE_PATIENCE):
                await self._engine.revoke(str(meeting), str(participant))
        except (TimeoutError, media.NotRunning):
            log.error("engine_did_not_revoke")  # a worker that hangs is killed; this room sends nobody there meanwhile
        if live.seats.pop(participant, None) is None:
            return
        live.quality.leave(participant)
        if self._sockets.get(seat.caller.socket) == (meeting, participant):
            del self._sockets[seat.caller.socket]
        if seat.hears and reason is not Reason.LEFT:
            self._tell(seat.caller.socket, RoomEvent(meeting=meeting, seq=0, event=PutOut(reason=reason)))
        self._step(meeting, rules.leave(live.state, participant, reason))
        spoken = self.spoken(meeting)
        if not live.seats:
            del self._rooms[meeting]
            await self._engine.close(str(meeting))
        await self._write_down(meeting, seat.participant, spoken)

    async def _write_down(self, meeting: UUID, participant: Participant, spoken: Mapping[UUID, int] = NOBODY) -> None:
        """Somebody has left; where they were the last, the room is anybody's again."""
        async with self._db.write() as tx:
            home = await self._lease.lock(tx, meeting)
            await save_speech(tx, meeting, spoken)
            if participant.kind is Kind.PERSON:
                await service.end_visit(tx, participant.id)
                if not self._entering.get(meeting) and not self._has_people(meeting):  # programs alone are no meeting
                    await end_recording(tx, meeting, Ending.LEFT)
                    await end_broadcast(tx, meeting)
            if home is not None and meeting not in self._rooms and not self._entering.get(meeting):
                await tx.delete(home)
                await service.open_empty_room(tx, meeting)
                await open_floor(tx, meeting)
