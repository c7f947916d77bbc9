"""Rooms wherever they are kept: what a socket or a program asks here is done here, or asked of the keeping process.

The doors (web/realtime/rooms.py, web/whip.py) and wiring.py call it as they would call Rooms and Programs; without
Redis it is only that. The process that keeps a room is found in the database (meetings/rooms/homes.py); what the room
tells reaches sockets of other processes through python-socketio's manager.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from pydantic import BaseModel, TypeAdapter

from collab.core.access import Actor
from collab.core.errors import DomainError, NotFound
from meetings.media.port import BadOffer
from meetings.recording.models import Consent, RecordInput
from meetings.recording.recorder import Recorder
from meetings.rooms.broadcasts import BroadcastInput
from meetings.rooms.homes import BEAT, Elsewhere, Lease
from meetings.rooms.hosting import Hosting
from meetings.rooms.live import Rooms
from meetings.rooms.models import (
    End,
    Hand,
    Join,
    Kind,
    Lock,
    Mute,
    Publish,
    PutOut,
    Reason,
    Receive,
    Report,
    Resume,
    RoomEvent,
    Select,
    SendOut,
    Silence,
    Watch,
    Welcome,
)
from meetings.rooms.programs import Opened, Programs, Stale
from meetings.rooms.reactions import React
from meetings.rooms.seats import Caller, Tell, unreachable
from meetings.rooms.turns import FloorInput, Turn, Turns

if TYPE_CHECKING:
    from web.realtime.channel import Answer, Channel

log = structlog.get_logger()

ENFORCE_SECONDS = 2.0
ACTOR: TypeAdapter[Actor] = TypeAdapter(Actor)
OPENED: TypeAdapter[Opened] = TypeAdapter(Opened)
# What somebody in a room says, beside coming and going; docs/protocol.md has each as `room.…`.
VERBS: Mapping[str, type[BaseModel]] = {
    "publish": Publish,
    "receive": Receive,
    "select": Select,
    "mute": Mute,
    "report": Report,
    "watch": Watch,
    "hand": Hand,
    "react": React,
    "silence": Silence,
    "send_out": SendOut,
    "lock": Lock,
    "end": End,
    "broadcast": BroadcastInput,
    "turn": Turn,
    "floor": FloorInput,
    "record": RecordInput,
    "consent": Consent,
}
# What programs raise that is no error of the domain.
RAISED: Mapping[str, type[Exception]] = {"stale": Stale, "bad_offer": BadOffer}


class Everywhere:
    """`redis_url`: empty for one process."""

    def __init__(
        self,
        rooms: Rooms,
        hosting: Hosting,
        turns: Turns,
        recorder: Recorder,
        programs: Programs,
        lease: Lease,
        tell: Tell,
        redis_url: str = "",
    ) -> None:
        self._rooms = rooms
        self._verbs: Mapping[str, Callable[[Caller, Any], Awaitable[str | None]]] = {
            **{verb: getattr(rooms, verb) for verb in ("publish", "receive", "select", "mute", "report", "watch")},
            **{
                verb: getattr(hosting, verb)
                for verb in ("hand", "react", "silence", "send_out", "lock", "end", "broadcast")
            },
            **{verb: getattr(turns, verb) for verb in ("turn", "floor")},
            **{verb: getattr(recorder, verb) for verb in ("record", "consent")},
        }
        self.programs = programs
        self._turns = turns
        self._lease = lease
        self._tell = tell
        self._channel = _open_channel(redis_url, lease.keeper, self._answer) if redis_url else None
        self._routes: dict[str, tuple[UUID, UUID]] = {}
        """Sockets here whose room is kept elsewhere: socket → (process, meeting)."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._watching: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Hear the other processes."""
        if self._channel is not None:
            await self._channel.start()
            self._watching = asyncio.create_task(self._watch(), name="rooms elsewhere")

    async def stop(self) -> None:
        """Hear them no more; leave no task."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        if self._channel is not None:
            await self._channel.stop(self._tasks)

    @property
    def present(self) -> int:
        """How many participants there are in the rooms of this process."""
        return self._rooms.present

    # Sockets --------------------------------------------------------------------------------------------------------

    async def join(self, caller: Caller, data: Join) -> Welcome:
        """As Rooms."""
        return await self._enter(caller, data.meeting, "join", data, lambda: self._rooms.join(caller, data))

    async def resume(self, caller: Caller, data: Resume) -> Welcome:
        """As Rooms."""
        return await self._enter(caller, data.meeting, "resume", data, lambda: self._rooms.resume(caller, data))

    async def do(self, verb: str, caller: Caller, data: BaseModel) -> str | None:
        """One of VERBS, here or in the process that keeps the caller's room; an SDP answer where there is one."""
        route = self._routes.get(caller.socket)
        if route is None:
            return await self._verbs[verb](caller, data)
        answer: Mapping[str, str | None] = await self._ask_of(route[0], verb, caller, data)
        return answer.get("sdp")

    async def leave(self, caller: Caller) -> None:
        """As Rooms."""
        route = self._routes.pop(caller.socket, None)
        if route is None:
            await self._rooms.leave(caller)
        else:
            await self._ask_of(route[0], "leave", caller)

    def lose_socket(self, socket: str) -> None:
        """As Rooms."""
        route = self._routes.pop(socket, None)
        if route is None:
            self._rooms.lose_socket(socket)
        else:
            self._say(route[0], "lose_socket", {"socket": socket})

    async def _enter(
        self, caller: Caller, meeting: UUID, name: str, data: BaseModel, here: Callable[[], Awaitable[Welcome]]
    ) -> Welcome:
        before = self._routes.get(caller.socket)
        try:
            welcome = await here()
        except Elsewhere as there:
            answer = await self._ask_of(there.keeper, name, caller, data)
            self._routes[caller.socket] = (there.keeper, meeting)
            if before is not None and before[0] != there.keeper:
                self._say(before[0], "lose_socket", {"socket": caller.socket})
            return Welcome.model_validate(answer)
        if before is not None:
            del self._routes[caller.socket]
            self._say(before[0], "lose_socket", {"socket": caller.socket})
        return welcome

    # Programs -------------------------------------------------------------------------------------------------------

    async def open(self, actor: Actor, meeting: UUID, kind: Kind, offer: str) -> Opened:
        """As Programs."""
        try:
            return await self.programs.open(actor, meeting, kind, offer)
        except Elsewhere as there:
            body = _about_program(actor, meeting, kind) | {"offer": offer}
            return OPENED.validate_python(await self._ask_program(there.keeper, "open", body))

    async def change(
        self, actor: Actor, meeting: UUID, kind: Kind, session_id: UUID, tags: str, text: str
    ) -> Opened | None:
        """As Programs."""
        other = await self._rooms.find_other(meeting)
        if other is None:
            return await self.programs.change(actor, meeting, kind, session_id, tags, text)
        body = _about_program(actor, meeting, kind) | {"session": str(session_id), "tags": tags, "text": text}
        answer = await self._ask_program(other, "change", body)
        return OPENED.validate_python(answer) if answer else None

    async def close_session(self, actor: Actor, meeting: UUID, kind: Kind, session_id: UUID) -> None:
        """As Programs' `close`."""
        other = await self._rooms.find_other(meeting)
        if other is None:
            await self.programs.close(actor, meeting, kind, session_id)
        else:
            body = _about_program(actor, meeting, kind) | {"session": str(session_id)}
            await self._ask_program(other, "close_session", body)

    # Rights ---------------------------------------------------------------------------------------------------------

    async def enforce(self, meeting_id: UUID | None = None) -> None:
        """As Rooms, in every process: who may no longer be there is out when this returns.

        A process that does not answer within ENFORCE_SECONDS weighs the grants by itself a few seconds later."""
        await asyncio.gather(
            self._enforce(meeting_id),
            self._tell_others("enforce", {"meeting": str(meeting_id) if meeting_id else None}),
        )

    async def _enforce(self, meeting_id: UUID | None) -> None:
        await self._rooms.enforce(meeting_id)
        if meeting_id is not None:
            await self._turns.obey(meeting_id)

    async def remove_person(self, person_id: UUID) -> None:
        """As Rooms, in every process."""
        others = self._tell_others("remove_person", {"person": str(person_id)})
        await asyncio.gather(self._rooms.remove_person(person_id), others)

    async def close(self, meeting_id: UUID) -> None:
        """As Rooms, in every process."""
        others = self._tell_others("close", {"meeting": str(meeting_id)})
        await asyncio.gather(self._rooms.close(meeting_id), others)

    async def _tell_others(self, name: str, body: Mapping[str, Any]) -> None:
        async def tell(keeper: UUID) -> None:
            try:
                await self._asking().ask(keeper, name, body, ENFORCE_SECONDS)
            except DomainError:
                log.warning("room_enforcement_unanswered", name=name)

        others = self._lease.alive - {self._lease.keeper} if self._channel is not None else frozenset()
        await asyncio.gather(*(tell(keeper) for keeper in others))

    # Asking ---------------------------------------------------------------------------------------------------------

    def _asking(self) -> "Channel":
        """Raises Unavailable in a process that cannot reach the others."""
        if self._channel is None:
            raise unreachable()
        return self._channel

    async def _ask_of(self, keeper: UUID, name: str, caller: Caller, data: BaseModel | None = None) -> Any:
        body = {
            "socket": caller.socket,
            "actor": ACTOR.dump_python(caller.actor, mode="json"),
            "via": str(self._lease.keeper),
            "data": data.model_dump(mode="json") if data is not None else None,
        }
        return await self._asking().ask(keeper, name, body)

    async def _ask_program(self, keeper: UUID, name: str, body: Mapping[str, Any]) -> Any:
        answer = await self._asking().ask(keeper, f"program.{name}", body)
        if answer.get("raised") in RAISED:
            raise RAISED[answer["raised"]]
        return answer["session"]

    def _say(self, keeper: UUID, name: str, body: Mapping[str, Any]) -> None:
        """Ask, and do not wait: a process that does not hear finds out by itself."""
        task = asyncio.create_task(self._asking().say(keeper, name, body), name=f"rooms: {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _watch(self) -> None:
        """Whoever is in a room of a process that has died is told so at once, and joins anew."""
        suspected: set[UUID] = set()  # one that began since the last look is not on our list yet
        while True:
            await asyncio.sleep(BEAT)
            missing = {keeper for keeper, _ in self._routes.values()} - self._lease.alive
            dead, suspected = missing & suspected, missing
            for socket, (keeper, meeting) in list(self._routes.items()):
                if keeper in dead:
                    del self._routes[socket]
                    self._tell(socket, RoomEvent(meeting=meeting, seq=0, event=PutOut(reason=Reason.LOST)))

    # Answering ------------------------------------------------------------------------------------------------------

    async def _answer(self, name: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """What another process asks. Raises Unavailable where the room is no longer kept here either."""
        try:
            match name.partition("."):
                case ("program", _, verb):
                    return await self._answer_program(verb, body)
                case (("enforce" | "remove_person" | "close" | "lose_socket") as verb, _, _):
                    await self._obey(verb, body)
                    return {}
                case _:
                    return await self._answer_socket(name, body)
        except Elsewhere:
            raise unreachable() from None

    async def _obey(self, verb: str, body: Mapping[str, Any]) -> None:
        match verb:
            case "enforce":
                await self._enforce(UUID(body["meeting"]) if body["meeting"] else None)
            case "remove_person":
                await self._rooms.remove_person(UUID(body["person"]))
            case "close":
                await self._rooms.close(UUID(body["meeting"]))
            case "lose_socket":
                self._rooms.lose_socket(body["socket"])

    async def _answer_socket(self, name: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        caller = Caller(body["socket"], ACTOR.validate_python(body["actor"]), via=UUID(body["via"]))
        if name == "leave":
            await self._rooms.leave(caller)
            return {}
        match name:
            case "join":
                return (await self._rooms.join(caller, Join.model_validate(body["data"]))).model_dump(mode="json")
            case "resume":
                return (await self._rooms.resume(caller, Resume.model_validate(body["data"]))).model_dump(mode="json")
            case verb if verb in VERBS:
                return {"sdp": await self._verbs[verb](caller, VERBS[verb].model_validate(body["data"]))}
            case _:
                raise NotFound()

    async def _answer_program(self, verb: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        about = ACTOR.validate_python(body["actor"]), UUID(body["meeting"]), Kind(body["kind"])
        session: Opened | None = None
        try:
            match verb:
                case "open":
                    session = await self.programs.open(*about, body["offer"])
                case "change":
                    session = await self.programs.change(*about, UUID(body["session"]), body["tags"], body["text"])
                case "close_session":
                    await self.programs.close(*about, UUID(body["session"]))
        except tuple(RAISED.values()) as error:
            return {"raised": next(name for name, kind in RAISED.items() if isinstance(error, kind))}
        return {"session": OPENED.dump_python(session, mode="json") if session is not None else None}


def _open_channel(redis_url: str, name: UUID, answer: "Answer") -> "Channel":
    from web.realtime.channel import Channel  # Redis is installed where it is used

    return Channel(redis_url, name, answer)


def _about_program(actor: Actor, meeting: UUID, kind: Kind) -> dict[str, Any]:
    return {"actor": ACTOR.dump_python(actor, mode="json"), "meeting": str(meeting), "kind": kind.value}
