"""Sessions of programs that come into a room over HTTP with a media token: WHIP sends, WHEP looks on.

The web's door (web/whip.py) calls it; rooms let them in and put them out like everybody else. A session lives as long
as its participant; what is kept here beside is its offer and the tag of its ICE generation (RFC 9725 4.3).
"""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from collab.core.access import Actor
from collab.core.errors import Invalid, NotFound, TooMany
from collab.core.i18n import msg
from meetings.media import sdp, sdpfrag
from meetings.media.port import BadOffer
from meetings.rooms.live import Rooms
from meetings.rooms.models import SDP_LIMIT, IceServer, Kind, Publish, Receive
from meetings.rooms.seats import Caller

ANY = "*"
RETRY_SECONDS = 30


class Stale(Exception):
    """The tag that was shown is not that of the session's ICE generation."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What a program is told of its session."""

    id: UUID
    servers: Sequence[IceServer]
    answer: str
    tag: str


@dataclass(slots=True)
class Session:
    """One WHIP or WHEP session. `tag`: names the current ICE generation, new with each restart."""

    id: UUID
    meeting: UUID
    kind: Kind
    caller: Caller
    servers: Sequence[IceServer]
    offer: str
    answer: str
    tag: str
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def opened(self) -> Opened:
        return Opened(self.id, self.servers, self.answer, self.tag)


class Programs:
    """Every session of this process."""

    def __init__(self, rooms: Rooms, most_viewers: int) -> None:
        """`most_viewers`: of one room at once."""
        self.most_viewers = most_viewers
        self._rooms = rooms
        self._sessions: dict[UUID, Session] = {}

    async def open(self, actor: Actor, meeting: UUID, kind: Kind, offer: str) -> Opened:
        """Let a program in and answer its offer.

        Raises TooMany where enough look on, BadOffer for what is no offer, Invalid where nothing of it can be used,
        and what Rooms' `enter` raises.
        """
        self._forget_ended()
        if kind is Kind.VIEWER and self._count_viewers(meeting) >= self.most_viewers:
            raise TooMany(RETRY_SECONDS, "rooms.too_many_viewers", msg("Too many people look on. Try again later."))
        sdp.parse_offer(offer)  # before anybody hears of somebody who cannot be
        caller = Caller(f"program:{secrets.token_hex(8)}", actor, hears=False)
        welcome = await self._rooms.enter(caller, meeting, kind)
        try:
            answer = await self._negotiate(caller, kind, offer)
            if ("a=recvonly" if kind is Kind.SOURCE else "a=sendonly") not in answer.split("\r\n"):
                raise Invalid("media.nothing_usable", msg("Nothing of this offer can be used here."))
        except BaseException:
            await self._rooms.leave(caller)
            raise
        session = Session(welcome.participant, meeting, kind, caller, welcome.servers, offer, answer, _new_tag())
        self._sessions[session.id] = session
        return session.opened

    async def change(
        self, actor: Actor, meeting: UUID, kind: Kind, session_id: UUID, tags: str, text: str
    ) -> Opened | None:
        """Take an ICE fragment: a restart gives the session with its new tag and answer; for candidates of the current
        generation there is nothing to say.

        `tags`: the If-Match header. Raises Stale, BadOffer, NotFound.
        """
        session = self._get(actor, meeting, kind, session_id)
        async with session.changing:
            if tags.strip() != ANY and session.tag not in [tag.strip() for tag in tags.split(",")]:
                raise Stale
            fragment = sdpfrag.read_fragment(text)
            if (fragment.ufrag, fragment.password) == sdpfrag.credentials_of(session.offer):
                return None
            offer = sdpfrag.with_credentials(session.offer, fragment)
            session.answer = await self._negotiate(session.caller, kind, offer)
            session.offer, session.tag = offer, _new_tag()
            return session.opened

    async def close(self, actor: Actor, meeting: UUID, kind: Kind, session_id: UUID) -> None:
        """End a session. Raises NotFound."""
        session = self._get(actor, meeting, kind, session_id)
        self._sessions.pop(session_id, None)
        await self._rooms.leave(session.caller)

    async def _negotiate(self, caller: Caller, kind: Kind, offer: str) -> str:
        if len(offer) > SDP_LIMIT:
            raise BadOffer("too long")
        try:
            if kind is Kind.SOURCE:
                return await self._rooms.publish(caller, Publish(sdp=offer))
            return await self._rooms.receive(caller, Receive(sdp=offer))
        except Invalid as error:
            if error.code == BadOffer.code:
                raise BadOffer("refused by the engine") from error
            raise

    def _get(self, actor: Actor, meeting: UUID, kind: Kind, session_id: UUID) -> Session:
        session = self._sessions.get(session_id)
        if session is None or not self._rooms.is_present(session.meeting, session_id):
            raise NotFound()
        if (session.meeting, session.kind, session.caller.actor.id) != (meeting, kind, actor.id):
            raise NotFound()
        return session

    def _count_viewers(self, meeting: UUID) -> int:
        return sum(one.meeting == meeting and one.kind is Kind.VIEWER for one in self._sessions.values())

    def _forget_ended(self) -> None:
        for session in list(self._sessions.values()):
            if not self._rooms.is_present(session.meeting, session.id):
                del self._sessions[session.id]


def _new_tag() -> str:
    return f'"{secrets.token_hex(8)}"'
