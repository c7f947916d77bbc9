"""The signalling of rooms over Socket.IO: messages of a browser to meetings/rooms, its events back (docs/protocol.md).

Each socket is in one room at most. Events leave through one queue, so that they arrive in the order in which they were
made.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog
from pydantic import BaseModel

from meetings.rooms.models import Join, Leave, Resume, RoomEvent
from meetings.rooms.seats import Caller
from web.metrics import Metrics
from web.realtime.everywhere import VERBS, Everywhere
from web.realtime.hub import Hub, Peer
from web.realtime.tasks import spoken

log = structlog.get_logger()


class RoomEvents:
    """What rooms tell sockets, in order."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._queue: asyncio.Queue[tuple[str, RoomEvent]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    def tell(self, socket: str, event: RoomEvent) -> None:
        """Send this to a socket; does not wait."""
        self._queue.put_nowait((socket, event))

    async def start(self) -> None:
        """Begin to send."""
        self._task = asyncio.create_task(self._send(), name="room events")

    async def stop(self) -> None:
        """Send what there is, and no more."""
        if self._task is not None:
            await spoken(self._queue)
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _send(self) -> None:
        while True:
            socket, event = await self._queue.get()
            try:
                await self._hub.send(socket, "room.event", event.model_dump(mode="json"))
            except Exception:
                log.exception("room_event_failed", type=event.event.type)
            finally:
                self._queue.task_done()


def serve(hub: Hub, rooms: Everywhere, metrics: Metrics) -> None:
    """Register every message of rooms."""

    def caller_of(peer: Peer) -> Caller:
        return Caller(peer.sid, peer.actor)

    async def join(peer: Peer, data: Join) -> Mapping[str, Any]:
        welcome = await rooms.join(caller_of(peer), data)
        return welcome.model_dump(mode="json")

    async def resume(peer: Peer, data: Resume) -> Mapping[str, Any]:
        welcome = await rooms.resume(caller_of(peer), data)
        return welcome.model_dump(mode="json")

    def doing(verb: str) -> Callable[[Peer, Any], Awaitable[Mapping[str, Any] | None]]:
        async def do(peer: Peer, data: BaseModel) -> Mapping[str, Any] | None:
            answer = await rooms.do(verb, caller_of(peer), data)
            return {"sdp": answer} if answer is not None else None

        return do

    async def leave(peer: Peer, _data: Leave) -> None:
        await rooms.leave(caller_of(peer))

    async def lose(peer: Peer) -> None:
        rooms.lose_socket(peer.sid)

    hub.on("room.join", Join, join)
    hub.on("room.resume", Resume, resume)
    for verb, model in VERBS.items():
        hub.on(f"room.{verb}", model, doing(verb))
    hub.on("room.leave", Leave, leave)
    hub.on_leave(lose)
    metrics.participants.set_function(lambda: rooms.present)
