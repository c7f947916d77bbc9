"""The chat of a meeting: written, read page by page, never twice."""

import asyncio
from uuid import UUID

import pytest

from collab.chat.models import MessageInput, MessageView
from collab.chat.queries import PAGE, list_messages
from collab.chat.service import post_message
from collab.core.access import Actor
from collab.core.errors import Conflict, NotFound
from collab.core.ids import new_id
from meetings.calendar.service import cancel_meeting
from meetings.rooms.access import open_chat
from tests.service.meetings.conftest import PLACE, World, world

__all__ = ["world"]


async def write(world: World, text: str, actor: Actor | None = None, nonce: UUID | None = None) -> MessageView:
    async with world.db.write() as tx:
        channel = await open_chat(tx, actor or world.owner, world.meeting, write=True)
        return await post_message(tx, channel, MessageInput(text=text, nonce=nonce))


async def read(world: World, before: UUID | None = None) -> tuple[list[str], UUID | None]:
    async with world.db.read() as tx:
        messages, earlier = await list_messages(tx, await open_chat(tx, world.owner, world.meeting), before)
    return [message.text for message in messages], earlier


async def test_what_is_written_is_read_in_order(world: World) -> None:
    await write(world, "Bonjour")
    await write(world, "  Bonjour à vous\n", world.reader)
    assert await read(world) == (["Bonjour", "Bonjour à vous"], None)


async def test_a_stranger_neither_writes_nor_reads(world: World) -> None:
    with pytest.raises(NotFound):
        await write(world, "Bonjour", world.stranger)
    async with world.db.read() as tx:
        with pytest.raises(NotFound):
            await open_chat(tx, world.stranger, world.meeting)


async def test_the_same_nonce_makes_one_message(world: World) -> None:
    nonce = new_id()
    first, second = await asyncio.gather(*(write(world, "Une fois", nonce=nonce) for _ in range(2)))
    assert first.id == second.id
    await write(world, "Une fois", world.reader, nonce=nonce)  # somebody else's nonce is another one
    assert (await read(world))[0] == ["Une fois", "Une fois"]


async def test_a_long_chat_is_read_backwards(world: World) -> None:
    written = [f"Message {number}" for number in range(PAGE + 10)]
    for text in written:
        await write(world, text)
    last, before = await read(world)
    assert last == written[10:]
    assert await read(world, before) == (written[:10], None)


async def test_the_chat_of_a_cancelled_meeting_is_only_read(world: World) -> None:
    await write(world, "Avant")
    async with world.db.write() as tx:
        await cancel_meeting(tx, world.owner, world.meeting, PLACE)
    with pytest.raises(Conflict):
        await write(world, "Après")
    assert (await read(world))[0] == ["Avant"]
