"""The engine in this process: the `MediaPort` that rooms are given, and the table of connections.

`web/main.py` builds one and starts it. Datagrams are told apart by their first byte (RFC 7983), connections by the
ufrag of a valid check and from then on by address.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from meetings.media.dtls import Certificate
from meetings.media.fanout import Plane
from meetings.media.ice import Address, parse_check, peek_ufrag
from meetings.media.planes import make_plane
from meetings.media.port import (
    EVERYTHING,
    Counters,
    Label,
    Listener,
    MediaSettings,
    NotAdmitted,
    NotRunning,
    RoomEvent,
    Track,
    Wish,
)
from meetings.media.ports import Ports
from meetings.media.runner import Carrier, Connection, Key, Runner
from meetings.media.sdp import Candidate
from meetings.media.tcp import TcpConnection

_log = logging.getLogger(__name__)
_MAX_SOURCES = 16


class Engine:
    """Implements `MediaPort`. Raises NoSuchPlane when the settings ask for a form that is not there."""

    def __init__(self, settings: MediaSettings) -> None:
        self._settings = settings
        self._listener: Listener | None = None
        self._rooms: dict[str, Runner] = {}
        self._ports: Ports | None = None
        self._plane: Plane = make_plane(settings.plane)
        self._certificate: Certificate | None = None
        self._ufrags: dict[str, Connection] = {}
        self._sources: dict[Key, Connection] = {}
        self._received = 0
        self._dropped: Counter[str] = Counter()

    @property
    def port(self) -> int:
        return self._running().port

    @property
    def plane(self) -> str:
        """The data plane's form: `python` or `c`."""
        return self._plane.name

    @property
    def counters(self) -> Counters:
        people = sum(len(runner.room.members) for runner in self._rooms.values())
        plane = self._plane
        dropped = {**self._dropped, "send": plane.dropped}
        if plane.forged:
            dropped["srtp"] = dropped.get("srtp", 0) + plane.forged
        if self._ports is not None:
            dropped["tcp"] = self._ports.refused
        return Counters(len(self._rooms), people, self._received + plane.taken, plane.sent, dropped, plane.name)

    def listen(self, listener: Listener) -> None:
        self._listener = listener

    async def start(self) -> None:
        self._certificate = Certificate.generateCertificate()
        ports = Ports(self._settings, self._on_datagram, self._plane.flush, self._on_gone, self._plane)
        await ports.open()
        self._ports = ports

    async def stop(self) -> None:
        for room in list(self._rooms):
            await self.close(room)
        if self._ports is not None:
            ports, self._ports = self._ports, None
            await ports.close()

    def _running(self) -> Ports:
        if self._ports is None:
            raise NotRunning("the media engine is not running")
        return self._ports

    # MediaPort ------------------------------------------------------------------------------------------------------

    async def admit(self, room: str, participant: str, *, publish: frozenset[Label] = EVERYTHING) -> None:
        self._running()
        if self._certificate is None:
            raise NotRunning("the media engine is not running")
        runner = self._rooms.get(room)
        if runner is None:
            runner = self._rooms[room] = Runner(
                room,
                self._plane,
                self._settings,
                self._certificate,
                self._emit,
                self._bind,
                self._unbind,
                self._candidates,
                lambda: self._forget(room),
            )
        runner.admit(participant, publish)

    async def grant(self, room: str, participant: str, publish: frozenset[Label]) -> None:
        self._runner(room).room.grant(participant, publish)

    async def publish(self, room: str, participant: str, offer: str, labels: Mapping[str, Label] | None = None) -> str:
        return self._runner(room).publish(participant, offer, labels)

    async def receive(self, room: str, participant: str, offer: str, *, automatic: bool = False) -> str:
        return self._runner(room).receive(participant, offer, automatic=automatic)

    async def select(self, room: str, participant: str, wishes: Mapping[str, Wish | None]) -> None:
        self._runner(room).room.select(participant, wishes, time.monotonic())

    async def mute(self, room: str, participant: str, label: Label, muted: bool) -> None:
        self._runner(room).room.mute(participant, label, muted)

    async def record(self, room: str, folder: str, whom: frozenset[str]) -> None:
        self._runner(room).record(Path(folder), whom)

    async def stop_recording(self, room: str) -> None:
        runner = self._rooms.get(room)
        if runner is not None:
            await runner.stop_recording()

    async def tracks(self, room: str) -> tuple[Track, ...]:
        runner = self._rooms.get(room)
        return tuple(item.track for item in runner.room.tracks.values()) if runner is not None else ()

    async def admitted(self) -> Mapping[str, frozenset[str]]:
        return {room: frozenset(runner.room.members) for room, runner in self._rooms.items()}

    async def revoke(self, room: str, participant: str) -> None:
        runner = self._rooms.get(room)
        if runner is not None:
            runner.remove(participant, "revoked")

    async def close(self, room: str) -> None:
        runner = self._rooms.pop(room, None)
        if runner is not None:
            await runner.close()

    def _forget(self, room: str) -> None:
        self._rooms.pop(room, None)

    def _runner(self, room: str) -> Runner:
        self._running()
        try:
            return self._rooms[room]
        except KeyError:
            raise NotAdmitted(f"no room {room}") from None

    def _emit(self, event: RoomEvent) -> None:
        if self._listener is None:
            return
        try:
            self._listener(event)
        except Exception:  # what hears of a call must not break it
            _log.exception("a listener of the media engine failed on %s", type(event).__name__)

    def _candidates(self) -> list[Candidate]:
        return self._running().candidates()

    # Datagrams ------------------------------------------------------------------------------------------------------

    def _bind(self, connection: Connection) -> None:
        self._forget_names(connection)
        connection.ufrags = tuple(connection.agent.ufrags())
        for ufrag in connection.ufrags:
            self._ufrags[ufrag] = connection

    def _forget_names(self, connection: Connection) -> None:
        for ufrag in connection.ufrags:
            self._ufrags.pop(ufrag, None)

    def _unbind(self, connection: Connection) -> None:
        self._forget_names(connection)
        for key in connection.sources:
            self._forget_source(connection, key)
        connection.sources.clear()

    def _forget_source(self, connection: Connection, key: Key) -> None:
        if self._sources.get(key) is connection:
            del self._sources[key]
            connection.unsettle(key)
            key[0].forget(key[1])
            key[0].release()

    def _on_datagram(self, data: bytes, source: Address, item: Carrier, plain: bool = False) -> bool:
        """Whether it was of use. `plain`: the data plane has decrypted it, for a stream of this source."""
        self._received += 1
        self._plane.now = now = time.monotonic()
        first = data[0]
        connection = self._sources.get((item, source))
        reason: str | None
        if plain:
            reason = connection.on_rtp(data, now) if connection is not None else "stranger"
        elif connection is not None and 128 <= first < 192 and len(data) >= 12:
            reason = connection.on_media(data, now)
            if reason is None:
                connection.settle((item, source))
        elif connection is not None and 20 <= first < 64:
            reason = None if connection.on_dtls(data) else "dtls"
        elif first < 4:
            reason = self._on_stun(data, source, item, now)
        else:
            reason = "stranger"
        if reason is not None:
            self._dropped[reason] += 1
        return reason is None

    def _on_gone(self, item: TcpConnection) -> None:
        connection = self._sources.pop((item, item.address), None)
        if connection is not None:
            connection.on_gone((item, item.address))

    def _on_stun(self, data: bytes, source: Address, item: Carrier, now: float) -> str | None:
        ufrag = peek_ufrag(data)
        connection = self._ufrags.get(ufrag) if ufrag is not None else None
        if connection is None:
            return "stun"
        key = (item, source)
        known = self._sources.get(key) is connection
        if not known and not connection.agent.strangers.take(now):
            return "flood"
        message = parse_check(data)
        if message is None or not connection.on_check(message, source, item, now):
            return "stun"
        if not known:
            if len(connection.sources) >= _MAX_SOURCES:
                old = next(place for place in connection.sources if place != connection.chosen)
                del connection.sources[old]
                self._forget_source(connection, old)
            item.forget(source)  # it may have been another connection's
            connection.unsettle(key)
            connection.sources[key] = None
            self._sources[key] = connection
        return None
