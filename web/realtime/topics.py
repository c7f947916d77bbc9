"""Which topics can be subscribed to, and what a subscriber begins with."""

from typing import Any
from uuid import UUID

from collab.chat.queries import list_messages
from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import NotFound
from collab.notifications.service import count_unread
from collab.spaces.access import Can, get_space
from meetings.council.assemblies.access import Can as CanSit
from meetings.council.sittings.access import get_sitting
from meetings.rooms.access import open_chat
from meetings.rooms.polling import list_polls
from meetings.rooms.queries import read_presence
from projects.boards.access import find_board
from projects.boards.queries import read_board
from projects.boards.roles import WHOLE
from web.realtime.audience import Hearing
from web.realtime.hub import Hub


async def _space(tx: Tx, actor: Actor, key: UUID) -> dict[str, Any]:
    space = await get_space(tx, actor, key, Can.READ)
    return {"id": str(space.id), "title": space.title}


async def _person(tx: Tx, actor: Actor, key: UUID) -> dict[str, Any]:
    """One's own topic: what is new for oneself."""
    if key != actor.person_id:
        raise NotFound()
    return {"unread": await count_unread(tx, key)}


async def _files(tx: Tx, actor: Actor, key: UUID) -> dict[str, Any]:
    space = await get_space(tx, actor, key, Can.READ)
    return {"id": str(space.id)}


async def _chat(tx: Tx, actor: Actor, key: UUID) -> dict[str, Any]:
    """The last messages of a meeting's chat; `before` is what to ask for to read further back."""
    messages, before = await list_messages(tx, await open_chat(tx, actor, key))
    return {"messages": [one.model_dump(mode="json") for one in messages], "before": str(before) if before else None}


async def _sitting(tx: Tx, actor: Actor, key: UUID) -> dict[str, Any]:
    """How far a sitting is: the page is asked for its state, whose words are the reader's."""
    sitting, _, _ = await get_sitting(tx, actor, key, CanSit.READ)
    return {"id": str(sitting.id), "seq": sitting.seq}


async def _hear_board(tx: Tx, actor: Actor, key: UUID) -> Hearing:
    place = await find_board(tx, actor, key, Can.READ)
    return Hearing.WHOLE if place.role in WHOLE else Hearing.PART


async def _polls(tx: Tx, actor: Actor, key: UUID) -> dict[str, Any]:
    return {"polls": [one.model_dump(mode="json") for one in await list_polls(tx, actor, key)]}


def serve(hub: Hub) -> None:
    """Register every kind of topic."""
    hub.serve_topic("space", _space)
    hub.serve_topic("person", _person)
    hub.serve_topic("board", read_board, _hear_board, parts=True)
    hub.serve_topic("files", _files)
    hub.serve_topic("room", read_presence)
    hub.serve_topic("chat", _chat)
    hub.serve_topic("polls", _polls)
    hub.serve_topic("sitting", _sitting)
