"""One room at run time: its router, its connections, their handshakes, and the timer that keeps time.

`worker.py` makes one per room and brings datagrams. Commands run at once, between two packets: a revocation holds
from the moment its call returns.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path as FilePath
from typing import Literal

from aioice import stun
from pylibsrtp import Session

from meetings.media import sdp, srtp
from meetings.media.association import RTCCertificate
from meetings.media.dtls import DtlsServer
from meetings.media.fanout import Path, Plane
from meetings.media.ice import Address, Agent
from meetings.media.member import Member
from meetings.media.port import CannotRecord, Label, MediaSettings, RecordingStopped, RoomEvent
from meetings.media.reel import is_full
from meetings.media.router import Room
from meetings.media.tape import EVERY, Tape
from meetings.media.tcp import TcpConnection
from meetings.media.udp import UdpSocket

_log = logging.getLogger(__name__)
TICK = 0.02
_LOOK = 0.5
"""Seconds between looks for connections and participants that are gone."""
MAX_SSRCS = 256
"""libsrtp keeps a state for each SSRC that has once been heard, and forgets none."""
Direction = Literal["up", "down"]
Carrier = UdpSocket | TcpConnection
"""What a datagram came on and its answer goes out on."""
Key = tuple[Carrier, Address]


class Connection:
    """One peer connection: ICE, DTLS, then the path that packets take."""

    def __init__(self, runner: Runner, member: Member, direction: Direction, dtls: DtlsServer, now: float) -> None:
        self.runner = runner
        self.member = member
        self.direction = direction
        self.agent = Agent(now)
        self.dtls = dtls
        self.path: Path | None = None
        self.handshake: asyncio.Task[None] | None = None
        self.sources: dict[Key, None] = {}
        """Where valid checks came from, oldest first; `worker.py` keeps them."""
        self.ufrags: tuple[str, ...] = ()
        """Under which names it stands in the table of `worker.py`."""
        self.version = 0
        self.closed = False
        self._receiving: Session | None = None
        self._ssrcs: set[bytes] = set()
        self._chosen: Key | None = None
        self._settled: set[Key] = set()

    @property
    def chosen(self) -> Key | None:
        """Where media goes."""
        return self._chosen

    def on_check(self, message: stun.Message, source: Address, item: Carrier, now: float) -> bool:
        """Answer a connectivity check; False when it is forged."""
        answer = self.agent.check(message, source, now)
        if answer is None:
            return False
        response, chosen = answer
        send = item.sender(source)
        send(response)
        key = (item, source)
        if chosen and key != self._chosen:
            self._chosen = key
            self.dtls.use(send)
            if self.path is not None:
                self.path.send = send
                self.runner.refresh(self)
        return True

    def on_gone(self, key: Key) -> None:
        """A TCP connection ended: where it was the path, the next valid check from elsewhere is."""
        self.sources.pop(key, None)
        self.unsettle(key)
        if key == self._chosen:
            self.agent.remote = None

    def on_dtls(self, data: bytes) -> bool:
        if self.handshake is None:
            self.handshake = self.runner.spawn(self._associate())
        return self.dtls.feed(data)

    async def _associate(self) -> None:
        try:
            await self.dtls.run(self._ready)
        finally:
            self.runner.ended(self)

    def _ready(self, receiving: Session, sending: Session) -> None:
        if self.closed or self._chosen is None:
            return
        self._receiving = receiving
        self.path = Path(sending, self._chosen[0].sender(self._chosen[1]))
        self.runner.ready(self, self.path, receiving)

    def on_media(self, data: bytes, now: float) -> str | None:
        """One SRTP or SRTCP datagram; the reason when it is of no use."""
        session = self._receiving
        if session is None or self.closed:
            return "srtp"
        room = self.runner.room
        if 192 <= data[1] <= 223:  # RFC 5761 4
            plain = srtp.unprotect_rtcp(session, data) if self._may_speak(data[4:8]) else None
            if plain is None:
                return "srtp"
            self._ssrcs.add(data[4:8])
            if self.direction == "up" and self.member.up is not None:
                good = room.on_publisher_rtcp(self.member.up, plain, now)
            elif self.member.down is not None:
                good = room.on_receiver_rtcp(self.member.down, plain, now)
            else:
                good = False
            return None if good else "rtcp"
        plain = srtp.unprotect(session, data) if self._may_speak(data[8:12]) else None
        if plain is None:
            return "srtp"
        self._ssrcs.add(data[8:12])
        return self.on_rtp(plain, now)

    def on_rtp(self, plain: bytes, now: float) -> str | None:
        """One decrypted RTP packet; the reason when it is of no use."""
        if self.closed or self.member.up is None or self.direction == "down":
            return "rtp"
        return None if self.runner.room.on_rtp(self.member.up, plain, now) else "rtp"

    def settle(self, key: Key) -> None:
        """Good media came from there: what needs no decision is from now on the data plane's, without us."""
        up = self.member.up
        if key not in self._settled and self.direction == "up" and up is not None and up.intake.streams:
            self._settled.add(key)
            key[0].route(key[1], up.intake)

    def unsettle(self, key: Key) -> None:
        self._settled.discard(key)

    def _may_speak(self, ssrc: bytes) -> bool:
        return ssrc in self._ssrcs or len(self._ssrcs) < MAX_SSRCS

    def close(self) -> None:
        """Cut it now; the task that says goodbye to the peer ends by itself."""
        self.closed = True
        self._receiving = None
        if self.path is not None:
            self.path.close()
        if self.handshake is not None:
            self.handshake.cancel()


class Runner:
    """`bind` and `unbind` keep the port's tables; `emptied` is called when the last participant is gone."""

    def __init__(
        self,
        name: str,
        plane: Plane,
        settings: MediaSettings,
        certificate: RTCCertificate,
        emit: Callable[[RoomEvent], None],
        bind: Callable[[Connection], None],
        unbind: Callable[[Connection], None],
        candidates: Callable[[], list[sdp.Candidate]],
        emptied: Callable[[], None],
    ) -> None:
        self.room = Room(name, plane, settings, emit, time.monotonic())
        self._settings = settings
        self._certificate = certificate
        self._fingerprint = next(
            (item.algorithm, item.value) for item in certificate.getFingerprints() if item.algorithm == "sha-256"
        )
        self._bind = bind
        self._unbind = unbind
        self._candidates = candidates
        self._emit = emit
        self._emptied = emptied
        self._plane = plane
        self._connections: dict[tuple[str, Direction], Connection] = {}
        self._alive: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.get_running_loop()
        self._looked = 0.0
        self._tape: Tape | None = None
        self._clock = self._loop.call_later(TICK, self._keep_time)

    def spawn(self, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        """A task of this room; `close` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _keep_time(self) -> None:
        """One tick. A timer and no task: at fifty a second a task's turn through the loop shows."""
        if not self.room.members:
            if self._tape is not None:
                self._tape.close()
            self._emptied()
            return
        self._clock = self._loop.call_later(TICK, self._keep_time)
        self._plane.now = now = time.monotonic()
        try:
            self.room.tick(now)
            self._plane.flush()
            self._copy(now)
            if now - self._looked > _LOOK:
                self._looked = now
                self._drop_lost(now)
        except Exception:  # a call goes on without one tick, but not without its clock
            _log.exception("a tick of a media room failed")

    def _drop_lost(self, now: float) -> None:
        """End connections without consent (RFC 7675), then participants without connections."""
        for connection in list(self._connections.values()):
            name, consent = connection.member.name, connection.agent.consent_at
            self._alive[name] = max(self._alive.get(name, 0.0), consent)
            if now - consent > self._settings.lost_after:
                self._drop(connection)
        for name, seen in list(self._alive.items()):
            if now - seen > self._settings.lost_after:
                self.remove(name, "lost")

    # Commands -------------------------------------------------------------------------------------------------------

    def admit(self, name: str, publish: frozenset[Label]) -> None:
        now = time.monotonic()
        self._alive.setdefault(name, now)
        self.room.admit(name, now, publish)

    def publish(self, name: str, text: str, labels: Mapping[str, Label] | None) -> str:
        offer, member = self._offer(name, text)
        connection = self._connection(member, "up", offer)
        return self._answer(connection, offer, self.room.publish(name, offer, labels, time.monotonic()))

    def receive(self, name: str, text: str, *, automatic: bool = False) -> str:
        offer, member = self._offer(name, text)
        connection = self._connection(member, "down", offer)
        sections = self.room.receive(name, offer, time.monotonic(), automatic=automatic)
        return self._answer(connection, offer, sections)

    def _offer(self, name: str, text: str) -> tuple[sdp.Offer, Member]:
        member = self.room.member(name)
        return sdp.parse_offer(text, max_sections=self._settings.max_sections), member

    def _connection(self, member: Member, direction: Direction, offer: sdp.Offer) -> Connection:
        """The connection this offer is about: the one there is, or a new one when the browser made a new one."""
        connection = self._connections.get((member.name, direction))
        if connection is not None and connection.dtls.fingerprints != offer.fingerprints:
            self._drop(connection)
            connection = None
        if connection is None:
            dtls = DtlsServer(self._certificate, offer.fingerprints)
            connection = Connection(self, member, direction, dtls, time.monotonic())
            self._connections[member.name, direction] = connection
        if connection.agent.negotiate(offer.ufrag, offer.password):
            self._bind(connection)
        return connection

    def _answer(self, connection: Connection, offer: sdp.Offer, sections: list[sdp.AnswerSection | None]) -> str:
        connection.version += 1
        agent = connection.agent
        local = sdp.Local(agent.ufrag, agent.password, self._fingerprint, self._candidates())
        return sdp.write_answer(offer, sections, local, version=connection.version)

    def remove(self, name: str, reason: str) -> None:
        self._alive.pop(name, None)
        for direction in ("up", "down"):
            connection = self._connections.pop((name, direction), None)
            if connection is not None:
                self._unbind(connection)
                connection.close()
        self.room.remove(name, reason)

    def record(self, folder: FilePath, whom: frozenset[str]) -> None:
        """Write what these send, and nobody else, from now on. Raises CannotRecord."""
        if self._tape is not None:
            self._tape.allow(whom)
            return
        try:
            self._tape = Tape(folder, self._settings.keep_free, whom)
        except OSError as error:
            raise CannotRecord("full" if is_full(error) else "failed") from error

    async def stop_recording(self) -> None:
        """Nothing more is written, and what was is on the disk when this returns."""
        tape, self._tape = self._tape, None
        if tape is not None:
            tape.tick(self.room.tracks, self.room.speaking, time.monotonic() + EVERY)
            tape.close()
            await asyncio.to_thread(tape.join)

    def _copy(self, now: float) -> None:
        if self._tape is None:
            return
        self._tape.tick(self.room.tracks, self.room.speaking, now)
        if self._tape.failed:
            tape, self._tape = self._tape, None
            tape.close()
            self._emit(RecordingStopped(self.room.name, tape.failed))

    # What connections tell ------------------------------------------------------------------------------------------

    def ready(self, connection: Connection, path: Path, receiving: Session) -> None:
        if connection.direction == "up":
            self.room.up_ready(connection.member, path, receiving)
        else:
            self.room.down_ready(connection.member, path, time.monotonic())

    def refresh(self, connection: Connection) -> None:
        """The path changed or came back: what was lost meanwhile is not waited for, a keyframe is."""
        down = connection.member.down
        if connection.direction == "down" and down is not None:
            for slot in down.slots.values():
                if slot.layer is not None:
                    slot.layer.keyframes.want()

    def ended(self, connection: Connection) -> None:
        """The peer closed, or the handshake failed."""
        if not connection.closed:
            self._drop(connection)

    def _drop(self, connection: Connection) -> None:
        key = (connection.member.name, connection.direction)
        if self._connections.get(key) is connection:
            del self._connections[key]
            if connection.direction == "up":
                self.room.close_up(connection.member)
            else:
                self.room.close_down(connection.member)
        self._unbind(connection)
        connection.close()

    async def close(self) -> None:
        """Put everybody out; no task remains."""
        await self.stop_recording()
        for name in list(self.room.members):
            self.remove(name, "closed")
        self._clock.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
