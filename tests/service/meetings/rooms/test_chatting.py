"""Answers and mentions in a meeting's chat."""

import pytest
from sqlalchemy import select

from collab.chat.models import MessageInput
from collab.chat.queries import list_messages
from collab.core.errors import NotFound
from collab.core.ids import new_id
from collab.notifications.models import Notification
from meetings.calendar.service import invite
from meetings.rooms.access import open_chat
from meetings.rooms.chatting import say
from tests.service.meetings.conftest import PLACE, World, person_of


async def test_an_answer_shows_what_it_answers(world: World) -> None:
    first = await world.do(say, world.meeting, MessageInput(text="Qui prend les clés ?\n" + "x" * 200))
    answer = await world.do(
        say, world.meeting, MessageInput(text="Moi", reply_to=first.id, nonce=new_id()), actor=world.reader
    )
    assert answer.reply is not None and answer.reply.author_name == "Elodie"
    assert answer.reply.text.startswith("Qui prend les clés ? x") and len(answer.reply.text) == 120
    async with world.db.read() as tx:
        items, _ = await list_messages(tx, await open_chat(tx, world.reader, world.meeting))
    assert items[1].reply == answer.reply and items[0].reply is None


async def test_a_message_of_another_channel_cannot_be_quoted(world: World) -> None:
    with pytest.raises(NotFound):
        await world.do(say, world.meeting, MessageInput(text="Moi", reply_to=new_id()))


async def test_those_named_are_told_once_members_and_invited_and_nobody_else(world: World) -> None:
    text = "@Chloe @denis @Elodie @Brunot, qui vient ?"
    await world.do(say, world.meeting, MessageInput(text=text))
    await world.do(invite, world.meeting, person_of(world.stranger), PLACE)
    data = MessageInput(text=text, nonce=new_id())
    for _ in range(2):  # sent again after a doubtful answer
        await world.do(say, world.meeting, data)
    async with world.db.read() as tx:
        told = [row.person_id for row in await tx.all(select(Notification)) if row.kind == "mention"]
    assert sorted(told) == sorted([person_of(world.reader)] * 2 + [person_of(world.stranger)])
