"""Several media workers as one `MediaPort`: each room is pinned to one of them, each worker has a port of its own.

`web/main.py` makes one where `media.workers` is set. A worker that dies is started again; whoever was on it is told as
lost, and comes back by themselves on a worker that lives.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from collab.core.places import parse_place
from meetings.media.port import (
    EVERYTHING,
    Counters,
    Joined,
    Label,
    Left,
    Listener,
    MediaSettings,
    NotAdmitted,
    NotRunning,
    RoomEvent,
    Track,
    Wish,
)
from meetings.media.remote import RemoteEngine

_log = logging.getLogger(__name__)
FIRST_WAIT, LONGEST_WAIT = 0.2, 10.0
GOOD_AFTER = 30.0
"""A worker that ran so many seconds did not die of its start: the waits begin again."""


@dataclass(slots=True)
class Worker:
    """One process, who is on it, how often it was begun anew, and how often it died lately."""

    number: int
    engine: RemoteEngine
    rooms: dict[str, set[str]] = field(default_factory=dict)
    started: float = 0.0
    restarts: int = 0
    deaths: int = 0

    @property
    def load(self) -> tuple[int, int, int]:
        return sum(len(people) for people in self.rooms.values()), len(self.rooms), self.number


class Pool:
    """Implements `MediaPort`. Worker n listens on `port + n`; `folder` holds the sockets."""

    def __init__(self, settings: MediaSettings, workers: int, folder: Path) -> None:
        self._listener: Listener | None = None
        self._pinned: dict[str, Worker] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._settings = settings
        self._folder = folder
        self.workers = [self._worker(number, _shifted(settings, number)) for number in range(workers)]

    def _worker(self, number: int, settings: MediaSettings) -> Worker:
        worker = Worker(number, RemoteEngine(settings, self._folder / f"{number}.sock", lambda: self._lost(worker)))
        worker.engine.listen(lambda event: self._hear(worker, event))
        return worker

    @property
    def port(self) -> int:
        """The first worker's; the others follow it unless the system chose."""
        alive = next((worker for worker in self.workers if worker.engine.alive), None)
        if alive is None:
            raise NotRunning("no media worker is running")
        return alive.engine.port - (alive.number if self._settings.port else 0)

    @property
    def counters(self) -> Counters:
        every = [worker.engine.counters for worker in self.workers]
        dropped: Counter[str] = Counter()
        for one in every:
            dropped.update(one.dropped)
        return Counters(
            sum(one.rooms for one in every),
            sum(one.participants for one in every),
            sum(one.packets_in for one in every),
            sum(one.packets_out for one in every),
            dict(dropped),
            max((one.plane for one in every), default=""),
        )

    def listen(self, listener: Listener) -> None:
        self._listener = listener

    async def start(self) -> None:
        results = await asyncio.gather(*(self._begin(worker) for worker in self.workers), return_exceptions=True)
        failed = next((result for result in results if isinstance(result, BaseException)), None)
        if failed is not None:
            await self.stop()
            raise failed

    async def _begin(self, worker: Worker) -> None:
        await worker.engine.start()
        worker.started = asyncio.get_running_loop().time()
        for room, people in (await worker.engine.admitted()).items():
            worker.rooms[room] = set(people)
            self._pinned[room] = worker

    async def stop(self) -> None:
        self._stopping = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(worker.engine.stop() for worker in self.workers))
        self._pinned.clear()

    # What workers tell ----------------------------------------------------------------------------------------------

    def _hear(self, worker: Worker, event: RoomEvent) -> None:
        people = worker.rooms.get(event.room)
        if people is not None and isinstance(event, Joined):
            people.add(event.participant)
        if people is not None and isinstance(event, Left):
            people.discard(event.participant)
            if not people:
                self._unpin(worker, event.room)
        if self._listener is not None:
            self._listener(event)

    def _unpin(self, worker: Worker, room: str) -> None:
        worker.rooms.pop(room, None)
        if self._pinned.get(room) is worker:
            del self._pinned[room]

    def _lost(self, worker: Worker) -> None:
        """Everybody on it is lost; it begins again, in its own time."""
        if self._stopping:
            return
        rooms, worker.rooms = worker.rooms, {}
        for room, people in rooms.items():
            self._pinned.pop(room, None)
            for participant in sorted(people):
                if self._listener is not None:
                    self._listener(Left(room, participant, "lost"))
        if asyncio.get_running_loop().time() - worker.started > GOOD_AFTER:
            worker.deaths = 0
        _log.error("media worker %d is gone with %d rooms", worker.number, len(rooms))
        task = asyncio.create_task(self._again(worker), name=f"media worker {worker.number}: restart")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _again(self, worker: Worker) -> None:
        while not worker.engine.alive:
            await asyncio.sleep(min(FIRST_WAIT * 2 ** min(worker.deaths, 10), LONGEST_WAIT))
            worker.deaths += 1
            try:
                await self._begin(worker)
            except (OSError, NotRunning) as error:
                _log.error("media worker %d does not start: %s", worker.number, error)
            except Exception:
                _log.exception("media worker %d does not start", worker.number)
            else:
                worker.restarts += 1

    # MediaPort ------------------------------------------------------------------------------------------------------

    def _of(self, room: str) -> RemoteEngine:
        worker = self._pinned.get(room)
        if worker is None:
            if not any(worker.engine.alive for worker in self.workers):
                raise NotRunning("no media worker is running")
            raise NotAdmitted(f"no room {room}")
        return worker.engine

    async def admit(self, room: str, participant: str, *, publish: frozenset[Label] = EVERYTHING) -> None:
        worker = self._pinned.get(room)
        if worker is None:
            alive = [worker for worker in self.workers if worker.engine.alive]
            if not alive:
                raise NotRunning("no media worker is running")
            worker = self._pinned[room] = min(alive, key=lambda worker: worker.load)
        worker.rooms.setdefault(room, set()).add(participant)
        try:
            await worker.engine.admit(room, participant, publish=publish)
        except NotRunning:
            people = worker.rooms.get(room, set())
            people.discard(participant)
            if not people:
                self._unpin(worker, room)
            raise

    async def grant(self, room: str, participant: str, publish: frozenset[Label]) -> None:
        await self._of(room).grant(room, participant, publish)

    async def publish(self, room: str, participant: str, offer: str, labels: Mapping[str, Label] | None = None) -> str:
        return await self._of(room).publish(room, participant, offer, labels)

    async def receive(self, room: str, participant: str, offer: str, *, automatic: bool = False) -> str:
        return await self._of(room).receive(room, participant, offer, automatic=automatic)

    async def select(self, room: str, participant: str, wishes: Mapping[str, Wish | None]) -> None:
        await self._of(room).select(room, participant, wishes)

    async def mute(self, room: str, participant: str, label: Label, muted: bool) -> None:
        await self._of(room).mute(room, participant, label, muted)

    async def record(self, room: str, folder: str, whom: frozenset[str]) -> None:
        await self._of(room).record(room, folder, whom)

    async def stop_recording(self, room: str) -> None:
        """A worker that died writes nothing."""
        worker = self._pinned.get(room)
        if worker is not None and worker.engine.alive:
            await worker.engine.stop_recording(room)

    async def tracks(self, room: str) -> tuple[Track, ...]:
        worker = self._pinned.get(room)
        return await worker.engine.tracks(room) if worker is not None else ()

    async def admitted(self) -> Mapping[str, frozenset[str]]:
        return {room: frozenset(people) for worker in self.workers for room, people in worker.rooms.items()}

    async def revoke(self, room: str, participant: str) -> None:
        """A worker that died forwards nothing: whoever was on it is out."""
        worker = self._pinned.get(room)
        if worker is not None:
            try:
                await worker.engine.revoke(room, participant)
            except NotRunning:
                if worker.engine.alive:
                    raise

    async def close(self, room: str) -> None:
        worker = self._pinned.get(room)
        if worker is not None:
            with contextlib.suppress(NotRunning):
                await worker.engine.close(room)
            self._unpin(worker, room)


def _shifted(settings: MediaSettings, number: int) -> MediaSettings:
    """The settings of worker `number`: ports follow one another, announced ones too."""
    announced = []
    for text in settings.announced:
        place = parse_place(text)
        if place.port:
            host = f"[{place.host}]" if ":" in place.host else place.host
            text = f"{host}:{place.port + number}"
        announced.append(text)
    port = settings.port + number if settings.port else 0
    return replace(settings, port=port, announced=tuple(announced))
