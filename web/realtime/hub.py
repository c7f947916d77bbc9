"""The real-time door: Socket.IO connections, what each may hear, and the facts that are told to them.

Writes go over HTTP; a socket carries subscriptions, presence and meeting signalling. Every message passes one wrapper:
parsed, answered in order, its errors acknowledged. Every RECHECK seconds each subscription is weighed again and each
socket is told its topics' revs, so that a lost event or a withdrawn right is noticed. Access decides; nothing is kept
here that another process would need.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import socketio
import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from collab.core import topics
from collab.core.access import Actor
from collab.core.database import Database, Tx
from collab.core.errors import DomainError, Invalid, NotFound, Unauthenticated
from collab.core.events import Announcement
from collab.core.i18n import msg
from web import problems
from web.http import parse
from web.identity import RECHECK, Identities, Identity, guest_cookie
from web.metrics import Metrics
from web.realtime.audience import Hearing, body_of, deliveries, rooms_of
from web.realtime.fan_out import InTurnManager
from web.realtime.redis_client import make_manager
from web.realtime.tasks import BackgroundTasks, spoken
from web.render.locale import Locales, choose_language

log = structlog.get_logger()

MAX_TOPICS = 200
# Of one person in this process: far more windows than anybody has, few enough to be held.
MAX_SOCKETS = 1000
GOODBYE_SECONDS = 3
# Less than RECHECK, in which what another process withdrew has to be over, by what the recheck itself may take.
WATCH_SECONDS = RECHECK - 1
MAX_MESSAGE = 256 * 1024
BATCH = 20

# Decides whether the actor may hear the topic with this id, and gives what they need to begin with.
Snapshot = Callable[[Tx, Actor, UUID], Awaitable[dict[str, Any]]]
# Decides alone; gives a Hearing where the topic is told in parts.
Check = Callable[[Tx, Actor, UUID], Awaitable[object]]


class Subscribe(BaseModel):
    """Ask to hear a topic, such as `board:…`."""

    model_config = ConfigDict(extra="forbid")
    topic: str = Field(max_length=80)


@dataclass(slots=True, eq=False)
class Peer:
    """One socket. `secret`: its session cookie, looked up again while it stays."""

    sid: str
    secret: str
    identity: Identity
    language: str
    topics: set[str] = field(default_factory=set)
    rooms: dict[str, frozenset[str]] = field(default_factory=dict)  # of each topic

    @property
    def actor(self) -> Actor:
        return self.identity.actor

    @property
    def session(self) -> UUID:
        """The session that opened the socket."""
        assert self.identity.actor.credential is not None
        return self.identity.actor.credential


Handler = Callable[[Peer, Any], Awaitable[Mapping[str, Any] | None]]


class Hub:
    """Owns every socket of this process."""

    def __init__(
        self,
        db: Database,
        identities: Identities,
        locales: Locales,
        metrics: Metrics,
        *,
        cookie: str,
        origins: list[str],
        redis_url: str = "",
    ) -> None:
        self._db = db
        self._identities = identities
        self._locales = locales
        self._metrics = metrics
        self._cookie = cookie
        self._redis = make_manager(redis_url) if redis_url else None
        self._sio = socketio.AsyncServer(
            async_mode="aiohttp",
            transports=["websocket"],
            cors_allowed_origins=origins,  # an empty list would mean: no check at all
            async_handlers=False,  # else one client's messages overtake each other
            client_manager=self._redis or InTurnManager(),
            max_http_buffer_size=MAX_MESSAGE,
            logger=False,
            engineio_logger=False,
        )
        self._background = BackgroundTasks(self._sio)
        self._peers: dict[str, Peer] = {}
        self._held: Counter[UUID | None] = Counter()  # sockets by person
        self._snapshots: dict[str, Snapshot] = {}
        self._checks: dict[str, Check] = {}
        self._parted: set[str] = set()
        self._leaving: list[Callable[[Peer], Awaitable[None]]] = []
        self._outbox: asyncio.Queue[Announcement] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._rights = 0
        self._weighing = asyncio.Lock()
        self._sio.on("connect", self._connect)
        self._sio.on("disconnect", self._disconnect)
        self.on("subscribe", Subscribe, self._subscribe)
        self.on("unsubscribe", Subscribe, self._unsubscribe)
        db.bus.announce_to(self._outbox.put_nowait)

    def attach(self, app: web.Application) -> None:
        """Answer at /socket.io/ of this application."""
        self._sio.attach(app)

    def serve_topic(self, kind: str, snapshot: Snapshot, check: Check | None = None, *, parts: bool = False) -> None:
        """Let topics `kind:id` be subscribed to; `snapshot` raises when the actor may not.

        `check`: decides the same without the snapshot, where that is large. `parts`: not everybody hears everything
        (audience.py), and the check says who.
        """
        if parts:
            self._parted.add(kind)
        self._snapshots[kind] = snapshot
        self._checks[kind] = check or snapshot

    def on(self, message: str, model: type[BaseModel], handler: Handler) -> None:
        """Handle a message: its data is parsed, its errors are acknowledged, messages of one socket keep their order.

        The acknowledgement is `{"ok": true, …}` with what the handler gives, or `{"ok": false, "error": {…}}`.
        """

        async def wrapped(sid: str, data: Any = None) -> dict[str, Any]:
            peer = self._peers.get(sid)
            try:
                if peer is None:
                    raise Unauthenticated()
                return {"ok": True, **(await handler(peer, parse(model, data, message)) or {})}
            except DomainError as error:
                return {"ok": False, "error": self._explain(peer, error)}
            except Exception:
                log.exception("socket_message_failed", message=message)
                return {"ok": False, "error": self._explain(peer, DomainError("unexpected", problems.UNEXPECTED))}

        self._sio.on(message, wrapped)

    def on_leave(self, handler: Callable[[Peer], Awaitable[None]]) -> None:
        """Await `handler` when a socket is gone, for whatever reason."""
        self._leaving.append(handler)

    async def send(self, sid: str, event: str, data: Mapping[str, Any]) -> None:
        """Tell one socket something."""
        await self._sio.emit(event, dict(data), to=sid)

    async def start(self) -> None:
        """Begin to tell and to recheck."""
        if self._redis is not None:
            # The library listens from the first socket on, and forgets the connection on which it has spoken before.
            self._sio.manager_initialized = True
            self._redis.initialize()
        self._tasks = [
            asyncio.create_task(self._tell(), name="real-time announcements"),
            asyncio.create_task(self._watch(), name="real-time recheck"),
        ]

    async def stop(self) -> None:
        """Close every socket; leave no task."""
        if self._tasks:
            await spoken(self._outbox)
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._sio.shutdown()
        await self._background.end()
        if self._redis is not None and self._redis.redis is not None:
            await self._redis.pubsub.aclose()
            await self._redis.redis.aclose()

    async def close_sockets(self) -> None:
        """Say goodbye to every socket and wait until it is closed, GOODBYE_SECONDS at most.

        While aiohttp still reads: once it shuts down it drops what arrives, the answer to our goodbye too, and then
        waits for these requests until its patience ends.
        """
        for sid in list(self._peers):
            await self._sio.disconnect(sid)
        for socket in list(self._sio.eio.sockets.values()):
            await socket.close(wait=False)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                while self._sio.eio.sockets:  # noqa: ASYNC110 - engineio has no event for it
                    await asyncio.sleep(0.02)

    async def drop(self, person_id: UUID) -> None:
        """Close every socket of a person in this process, now."""
        self._identities.forget(person_id)
        for peer in [peer for peer in self._peers.values() if peer.actor.person_id == person_id]:
            await self._sio.disconnect(peer.sid)

    async def settle(self, person_id: UUID) -> None:
        """Close the sockets of a person whose session was withdrawn, now; the others stay."""
        self._identities.forget(person_id)
        await self._close_invalid([peer for peer in self._peers.values() if peer.actor.person_id == person_id])

    async def _close_invalid(self, peers: list[Peer]) -> None:
        valid = await self._identities.list_valid({peer.session for peer in peers})
        for peer in peers:
            if peer.session not in valid:
                await self._sio.disconnect(peer.sid)

    async def recheck(self) -> None:
        """Weigh every session and subscription again; what is no longer allowed ends here."""
        await self._close_invalid(list(self._peers.values()))
        async with self._weighing:  # one at a time: whoever comes meanwhile returns once it is done
            wanted = {topic for peer in self._peers.values() for topic in peer.topics}
            async with self._db.read() as tx:
                revs = await topics.current_revs(tx, [*wanted, topics.RIGHTS])
            if revs[topics.RIGHTS] != self._rights:
                self._identities.forget()
                await self._identify()
                await self._withdraw()
                self._rights = revs[topics.RIGHTS]  # only now: what failed is done again at the next recheck
        for count, peer in enumerate(list(self._peers.values())):
            # what was subscribed to since the revs were read is told of the next time
            if told := {topic: revs[topic] for topic in peer.topics if topic in revs}:
                await self._sio.emit("revs", told, to=peer.sid)
            if count % BATCH == BATCH - 1:
                await asyncio.sleep(0)

    async def _identify(self) -> None:
        """Groups may be others than when the sockets were opened."""
        peers = list(self._peers.values())
        actors = await self._identities.list_actors({peer.session for peer in peers})
        for peer in peers:
            if actor := actors.get(peer.session):
                peer.identity = replace(peer.identity, actor=actor)

    async def _withdraw(self) -> None:
        """Weigh each topic once for all windows of a person, in one transaction, then take away what is lost."""
        held = [(peer, topic) for peer in self._peers.values() for topic in peer.topics]
        heard: dict[tuple[Actor, str], object] = {}  # what the check gave, or why not
        async with self._db.read() as tx:
            for count, (peer, topic) in enumerate(held):
                key = (replace(peer.actor, credential=None), topic)
                if key not in heard:
                    kind, thing = self._parse(topic)
                    try:
                        heard[key] = await self._checks[kind](tx, peer.actor, thing)
                    except DomainError as error:
                        heard[key] = error
                hearing = heard[key]
                if topic in peer.topics and isinstance(hearing, DomainError):
                    await self._leave(peer, topic)
                    await self._sio.emit("gone", {"topic": topic, "code": hearing.code}, to=peer.sid)
                elif topic in peer.topics and await self._enter(peer, topic, hearing):
                    await self._sio.emit("again", {"topic": topic}, to=peer.sid)
                if count % BATCH == BATCH - 1:
                    await asyncio.sleep(0)

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            try:
                await self.recheck()
            except Exception:
                log.exception("realtime_recheck_failed")

    async def _tell(self) -> None:
        while True:
            fact = await self._outbox.get()
            self._metrics.events.labels(fact.wire).inc()
            if self._redis is None and not self._peers:  # nobody hears it
                self._outbox.task_done()
                continue
            try:
                await self._announce(fact)
            except Exception:
                log.exception("announcement_failed", type=fact.wire)
            finally:
                self._outbox.task_done()

    async def _announce(self, fact: Announcement) -> None:
        if fact.topic.partition(":")[0] not in self._parted:
            await self._sio.emit("event", body_of(fact), room=fact.topic)
            return
        for rooms, told in deliveries(fact):
            if told is None:
                await self._sio.emit("again", {"topic": fact.topic}, room=rooms)
            else:
                await self._sio.emit("event", body_of(told), room=rooms)

    async def _connect(self, sid: str, environ: Mapping[str, Any], auth: Any = None) -> None:
        request: web.Request = environ["aiohttp.request"]
        kind, cookie = self._credential(auth)
        secret = request.cookies.get(cookie, "")
        identity = await self._identities.find(kind, secret) if secret else None
        if identity is None or identity.pending:
            raise socketio.exceptions.ConnectionRefusedError("unauthenticated")
        if self._held[identity.actor.id] >= MAX_SOCKETS:
            raise socketio.exceptions.ConnectionRefusedError("too_many_sockets")
        self._held[identity.actor.id] += 1
        language = choose_language(identity.language, request.headers.get("Accept-Language", ""))
        self._peers[sid] = Peer(sid, secret, identity, language)
        self._metrics.sockets.set(len(self._peers))

    def _credential(self, auth: Any) -> tuple[str, str]:
        """What kind of secret a socket shows, and its cookie: of the guest of a meeting, where it says so."""
        try:
            return "guest", guest_cookie(UUID(auth["guest"]), secure=self._cookie.startswith("__Host-"))
        except (TypeError, KeyError, ValueError, AttributeError):
            return "session", self._cookie

    async def _disconnect(self, sid: str, _reason: str = "") -> None:
        peer = self._peers.pop(sid, None)
        self._metrics.sockets.set(len(self._peers))
        if peer is None:
            return
        self._let_go(peer.actor.id)
        for handler in self._leaving:
            try:
                await handler(peer)
            except Exception:
                log.exception("socket_leave_failed")

    def _let_go(self, person_id: UUID | None) -> None:
        self._held[person_id] -= 1
        if not self._held[person_id]:
            del self._held[person_id]

    async def _subscribe(self, peer: Peer, data: Subscribe) -> Mapping[str, Any]:
        if len(peer.topics) >= MAX_TOPICS and data.topic not in peer.topics:
            raise Invalid("realtime.too_many_topics", msg("Too many things are open in this window."))
        hearing = await self._check(peer.actor, data.topic)  # a stranger enters no room, not even for a moment
        # In the room before the snapshot is read: an event between the two is told twice rather than never, and its
        # rev makes the client drop it. Counted among the topics as well, so that a right that is withdrawn meanwhile
        # takes it away again.
        peer.topics.add(data.topic)
        await self._enter(peer, data.topic, hearing)
        try:
            rev, snapshot = await self._snapshot(peer.actor, data.topic)
            if data.topic not in peer.topics:
                raise NotFound()
        except BaseException:
            await self._unsubscribe(peer, data)
            raise
        return {"rev": rev, "snapshot": snapshot}

    async def _unsubscribe(self, peer: Peer, data: Subscribe) -> None:
        await self._leave(peer, data.topic)

    async def _enter(self, peer: Peer, topic: str, hearing: object) -> bool:
        """Into the rooms in which the peer hears what it may of a topic; whether they are others than before."""
        rooms = frozenset({topic})
        if topic.partition(":")[0] in self._parted:
            rooms = rooms_of(topic, peer.actor.principals, hearing if isinstance(hearing, Hearing) else Hearing.WHOLE)
        before, peer.rooms[topic] = peer.rooms.get(topic, frozenset()), rooms
        for room in before - rooms:
            await self._sio.leave_room(peer.sid, room)
        for room in rooms - before:
            await self._sio.enter_room(peer.sid, room)
        return before != rooms

    async def _leave(self, peer: Peer, topic: str) -> None:
        peer.topics.discard(topic)
        for room in peer.rooms.pop(topic, frozenset()):
            await self._sio.leave_room(peer.sid, room)

    async def _check(self, actor: Actor, topic: str) -> object:
        """What the topic's check gives. Raises when the actor may not hear it."""
        kind, thing = self._parse(topic)
        async with self._db.read() as tx:
            return await self._checks[kind](tx, actor, thing)

    async def _snapshot(self, actor: Actor, topic: str) -> tuple[int, dict[str, Any]]:
        """The topic's rev and what the actor needs to begin with. Raises when they may not hear it."""
        kind, thing = self._parse(topic)
        async with self._db.read() as tx:
            snapshot = await self._snapshots[kind](tx, actor, thing)
            revs = await topics.current_revs(tx, [topic])
        return revs[topic], snapshot

    def _parse(self, topic: str) -> tuple[str, UUID]:
        """A topic's kind and id. Raises NotFound for one that nobody serves."""
        kind, _, key = topic.partition(":")
        try:
            thing = UUID(key)
        except ValueError:
            raise NotFound() from None
        if kind not in self._snapshots:
            raise NotFound()
        return kind, thing

    def _explain(self, peer: Peer | None, error: DomainError) -> dict[str, Any]:
        texts = self._locales[choose_language(peer.language if peer else None)]
        return problems.document(error, texts, "")
