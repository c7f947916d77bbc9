"""Gives one announcement to many sockets. The manager of a single process; several use Redis's.

python-socketio makes a task for each recipient of each packet, which costs more than what the task does: putting the
packet, encoded once, into the socket's queue, which never waits.
"""

from typing import Any

import engineio
import socketio
from engineio.exceptions import EngineIOError


class InTurnManager(socketio.AsyncManager):  # type: ignore[misc]  # the library is untyped
    """Serves the recipients of a packet one after the other, without a task each."""

    async def emit(
        self,
        event: str,
        data: Any,
        namespace: str,
        room: str | list[str] | None = None,
        skip_sid: Any = None,
        callback: Any = None,
        to: str | None = None,
        **kwargs: Any,
    ) -> None:
        """As the library's, for packets without a callback; the rest is left to it."""
        if callback is not None or skip_sid is not None or namespace not in self.rooms:
            await super().emit(event, data, namespace, room, skip_sid, callback, to, **kwargs)
            return
        participants = list(self.get_participants(namespace, to or room))
        if not participants:
            return
        encoded = self.server.packet_class(socketio.packet.EVENT, namespace=namespace, data=[event, data]).encode()
        parts = encoded if isinstance(encoded, list) else [encoded]
        packets = [engineio.packet.Packet(engineio.packet.MESSAGE, part) for part in parts]
        for _, engine_sid in participants:
            socket = self.server.eio.sockets.get(engine_sid)
            if socket is None or socket.closed:
                continue  # it is being taken out of its rooms
            try:
                for packet in packets:
                    await socket.send(packet)
            except EngineIOError:
                continue  # it closed between the two lines above
