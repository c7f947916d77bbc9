"""The door of trials over Socket.IO: a browser tries its connection before it enters a room (docs/protocol.md)."""

from collections.abc import Mapping
from typing import Any

from meetings.rooms.seats import Caller
from meetings.rooms.trials import Trials, Try, TryEnd, TryReceive, TrySend
from web.realtime.hub import Hub, Peer


def serve(hub: Hub, trials: Trials) -> None:
    """Register its messages."""

    def caller_of(peer: Peer) -> Caller:
        return Caller(peer.sid, peer.actor)

    async def begin(peer: Peer, data: Try) -> Mapping[str, Any]:
        servers = await trials.begin(caller_of(peer), data)
        return {"servers": [server.model_dump(mode="json") for server in servers]}

    async def send(peer: Peer, data: TrySend) -> Mapping[str, Any]:
        return {"sdp": await trials.send(caller_of(peer), data)}

    async def receive(peer: Peer, data: TryReceive) -> Mapping[str, Any]:
        return {"sdp": await trials.receive(caller_of(peer), data)}

    async def end(peer: Peer, _data: TryEnd) -> None:
        await trials.end(peer.sid)

    async def lose(peer: Peer) -> None:
        await trials.end(peer.sid)

    hub.on("room.try", Try, begin)
    hub.on("room.try_send", TrySend, send)
    hub.on("room.try_receive", TryReceive, receive)
    hub.on("room.try_end", TryEnd, end)
    hub.on_leave(lose)
