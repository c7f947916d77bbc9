"""Polls: who asks and votes, what is shown when, and what an anonymous one does not know."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, text

from collab.core.access import Actor
from collab.core.errors import Conflict, Denied, Invalid, NotFound
from meetings.rooms.polling import ask_poll, close_poll, export_poll, list_polls, vote
from meetings.rooms.polls import PollInput, PollView, RoomPoll, VoteInput
from tests.service.meetings.conftest import World

YES, NO = VoteInput(choices=[0]), VoteInput(choices=[1])


async def asked(world: World, **more: object) -> UUID:
    data = PollInput.model_validate({"question": "Jeudi ?", "options": ["Oui", "Non", "Sans avis"], **more})
    view: PollView = await world.do(ask_poll, world.meeting, data)
    return view.id


async def shown(world: World, actor: Actor | None = None) -> PollView:
    [poll] = await world.see(list_polls, world.meeting, actor=actor)
    assert isinstance(poll, PollView)
    return poll


async def test_a_named_vote_may_be_changed_and_is_shown_at_the_end(world: World) -> None:
    poll = await asked(world)
    await world.do(vote, world.meeting, poll, YES, actor=world.reader)
    await world.do(vote, world.meeting, poll, NO, actor=world.reader)
    await world.do(vote, world.meeting, poll, NO)
    seen = await shown(world, actor=world.reader)
    assert (seen.voters, seen.voted, seen.mine) == (2, True, [1])
    assert {(one.votes, one.names) for one in seen.options} == {(None, None)}
    await world.do(close_poll, world.meeting, poll)
    seen = await shown(world, actor=world.editor)
    assert [(one.votes, one.names) for one in seen.options] == [(0, []), (2, ["Chloe", "Elodie"]), (0, [])]
    with pytest.raises(Conflict):
        await world.do(vote, world.meeting, poll, YES, actor=world.reader)


async def test_an_anonymous_poll_joins_nobody_to_a_choice_anywhere_in_the_database(world: World) -> None:
    poll = await asked(world, anonymous=True)
    await world.do(vote, world.meeting, poll, YES, actor=world.reader)
    await world.do(vote, world.meeting, poll, NO, actor=world.editor)
    with pytest.raises(Conflict):
        await world.do(vote, world.meeting, poll, NO, actor=world.reader)
    seen = await shown(world, actor=world.reader)
    assert (seen.voters, seen.voted, seen.mine) == (2, True, None)
    assert {(one.votes, one.names) for one in seen.options} == {(None, None)}
    await world.do(close_poll, world.meeting, poll)
    seen = await shown(world)
    assert [(one.votes, one.names) for one in seen.options] == [(1, None), (1, None), (0, None)]
    async with world.db.read() as tx:
        rows = await tx.rows(text("SELECT choices FROM room_poll_voter"))
        assert {row[0] for row in rows} <= {None, "null"}
        actions = await tx.rows(text("SELECT action FROM journal_entry WHERE action LIKE 'rooms.%'"))
        assert [row[0] for row in actions] == ["rooms.ask_poll", "rooms.close_poll"]


async def test_live_results_are_seen_at_once_and_time_closes_a_poll(world: World) -> None:
    poll = await asked(world, live=True, multiple=True, minutes=5)
    await world.do(vote, world.meeting, poll, VoteInput(choices=[2, 0, 0]), actor=world.reader)
    assert [one.votes for one in (await shown(world)).options] == [1, 0, 1]
    async with world.db.write() as tx:
        [row] = await tx.all(select(RoomPoll))
        row.closes_at -= timedelta(minutes=5)
    assert (await shown(world)).closed
    with pytest.raises(Conflict):
        await world.do(vote, world.meeting, poll, YES, actor=world.editor)


async def test_hosts_ask_close_and_export_members_vote_and_strangers_know_nothing(world: World) -> None:
    data = PollInput(question="Jeudi ?", options=["Oui", "Non"])
    with pytest.raises(Denied):
        await world.do(ask_poll, world.meeting, data, actor=world.editor)
    poll = await asked(world)
    with pytest.raises(Denied):
        await world.do(close_poll, world.meeting, poll, actor=world.editor)
    for verb, arguments in ((vote, (YES,)), (list_polls, None), (export_poll, ())):
        with pytest.raises(NotFound):
            await world.do(
                verb, world.meeting, *(() if arguments is None else (poll, *arguments)), actor=world.stranger
            )
    with pytest.raises(Conflict):  # open still: an export would show what nobody is shown
        await world.do(export_poll, world.meeting, poll)
    with pytest.raises(Denied):
        await world.do(export_poll, world.meeting, poll, actor=world.editor)


@pytest.mark.parametrize("choices", [[], [3], [0, 1]])
async def test_what_cannot_be_chosen_is_refused(world: World, choices: list[int]) -> None:
    poll = await asked(world)
    with pytest.raises(Invalid):
        await world.do(vote, world.meeting, poll, VoteInput(choices=choices), actor=world.reader)
    assert (await shown(world)).voters == 0
