"""The door of rooms with a lobby over Socket.IO: who waits knocks, hosts let in or refuse (docs/protocol.md).

Everything is in the database (meetings/rooms/lobby.py), so this works in whichever process the sockets are; which wait
belongs to which socket is known here alone, and said again every few seconds.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import structlog

from collab.core.database import Database
from meetings.rooms import lobby
from meetings.rooms.lobby_models import Knock, LetIn, Refuse, StopWaiting, TellWaiting, WaitState
from web.realtime.hub import Hub, Peer

log = structlog.get_logger()

BEAT = 5.0


class Lobbies:
    """Those who wait through sockets of this process."""

    def __init__(self, hub: Hub, db: Database) -> None:
        self._db = db
        self._waits: dict[str, UUID] = {}
        self._task: asyncio.Task[None] | None = None
        hub.serve_topic("wait", lobby.read_wait)
        hub.serve_topic("lobby", lobby.read_lobby)
        hub.on("room.knock", Knock, self._knock)
        hub.on("room.stop_waiting", StopWaiting, self._stop_waiting)
        hub.on("room.let_in", LetIn, self._let_in)
        hub.on("room.refuse", Refuse, self._refuse)
        hub.on("room.tell_waiting", TellWaiting, self._tell_waiting)
        hub.on_leave(self._gone)

    async def start(self) -> None:
        self._task = asyncio.create_task(self._keep(), name="lobbies")

    async def stop(self) -> None:
        """Leave no task; who waits knocks again at the next process."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _knock(self, peer: Peer, data: Knock) -> Mapping[str, Any]:
        async with self._db.write() as tx:
            wait, state = await lobby.knock(tx, peer.actor, data.meeting)
        if wait != self._waits.get(peer.sid):
            await self._gone(peer)  # a socket stands at one door
        if state in (WaitState.WAITING, WaitState.KEPT_OUT) and wait is not None:
            self._waits[peer.sid] = wait
        return {"wait": str(wait) if wait else None, "state": state.value}

    async def _stop_waiting(self, peer: Peer, _data: StopWaiting) -> None:
        await self._gone(peer)

    async def _let_in(self, peer: Peer, data: LetIn) -> None:
        async with self._db.write() as tx:
            await lobby.let_in(tx, peer.actor, data)

    async def _refuse(self, peer: Peer, data: Refuse) -> None:
        async with self._db.write() as tx:
            await lobby.refuse(tx, peer.actor, data)

    async def _tell_waiting(self, peer: Peer, data: TellWaiting) -> None:
        async with self._db.write() as tx:
            await lobby.tell_waiting(tx, peer.actor, data)

    async def _gone(self, peer: Peer) -> None:
        wait = self._waits.pop(peer.sid, None)
        if wait is None or wait in self._waits.values():  # another window of theirs waits on
            return
        async with self._db.write() as tx:
            await lobby.stop_waiting(tx, wait)

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(BEAT)
            if not self._waits:
                continue
            try:
                async with self._db.write() as tx:
                    await lobby.keep_waiting(tx, set(self._waits.values()))
            except Exception:
                log.exception("lobbies_not_kept")
