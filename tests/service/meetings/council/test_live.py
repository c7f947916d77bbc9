"""The live sitting: presence, quorum, proxies, withdrawals, corrections, ballots; what is refused, with its article."""

import asyncio
from collections.abc import Awaitable

import pytest
from sqlalchemy import select, update
from sqlmodel import col

from collab.core.errors import Conflict, Denied, Invalid
from collab.core.journal import JournalEntry
from meetings.council.rules.ballots import Chair
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.rules.quorum import Withdrawal
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings import ballots, live
from meetings.council.sittings.inputs import CloseInput, Entry, EventInput, VoteInput
from meetings.council.sittings.models import Choice, Method, SittingEvent, Vote
from tests.service.meetings.council.chamber import Chamber, seated
from tests.service.meetings.council.conftest import ZONE, Make, refusal


@pytest.fixture
async def chamber(make: Make) -> Chamber:
    return await seated(await make())


async def test_without_the_quorum_nothing_opens_and_it_says_why(chamber: Chamber) -> None:
    for one in (0, 1):
        await chamber.enter(Entry.PRESENT, one)
    await chamber.enter(Entry.PROXY_GIVEN, 2, other=0)
    await chamber.enter(Entry.CHAIR, 0)
    seen = await chamber.look()
    assert (seen.quorum.quorum, seen.quorum.present, seen.represented) == (3, 2, 1)
    assert "L2121-17" in await refusal(chamber.enter(Entry.OPENED, despite=True))
    await chamber.enter(Entry.PRESENT, 3)
    assert "council.chair_decides" in await refusal(chamber.enter(Entry.OPENED))
    await chamber.enter(Entry.OPENED, despite=True)
    assert (await chamber.look()).phase == "open"


async def test_the_quorum_is_looked_at_for_each_item_and_after_a_suspension(chamber: Chamber) -> None:
    first = await chamber.open(0, 1, 2)
    await chamber.enter(Entry.LEFT, 2)
    assert not (await chamber.look()).quorum.reached
    assert (await chamber.close(await chamber.ballot(Method.HANDS), votes_for=2))["result"] == "adopted"
    await chamber.enter(Entry.SUSPENDED)
    assert "L2121-17" in await refusal(chamber.enter(Entry.RESUMED))
    await chamber.enter(Entry.PRESENT, 2)
    await chamber.enter(Entry.RESUMED)
    await chamber.enter(Entry.ITEM_CLOSED, item_id=first)
    await chamber.enter(Entry.LEFT, 2)
    second = (await chamber.items())[1]
    assert "L2121-17" in await refusal(chamber.enter(Entry.ITEM_OPENED, item_id=second))


async def test_proxies_one_a_holder_not_chained_and_over_when_the_giver_comes(chamber: Chamber) -> None:
    await chamber.enter(Entry.PROXY_GIVEN, 3, other=1)
    assert "L2121-20" in await refusal(chamber.enter(Entry.PROXY_GIVEN, 4, other=1))
    assert "L2121-20" in await refusal(chamber.enter(Entry.PROXY_GIVEN, 4, other=3))
    assert "L2121-20" in await refusal(chamber.enter(Entry.PROXY_GIVEN, 4, other=2, session=4))
    assert "L2121-20" in await refusal(chamber.enter(Entry.PROXY_GIVEN, 4, other=4))
    await chamber.open(0, 1, 2)
    ballot = await chamber.ballot()
    seen = await chamber.look(1)
    assert {(vote.name, vote.own) for vote in seen.mine} == {("Denis", True), ("Gilles", False)}
    await chamber.enter(Entry.PRESENT, 3)
    assert "L2121-20" in await refusal(chamber.vote(ballot, 1, Choice.FOR, of=3))
    await chamber.vote(ballot, 3, Choice.AGAINST)
    assert [vote.name for vote in (await chamber.look(1)).mine] == ["Denis"]


async def test_a_vote_counts_once_and_is_refused_to_who_may_not(chamber: Chamber) -> None:
    first = await chamber.open(0, 1, 2)
    await chamber.enter(Entry.WITHDREW, 2, item_id=first)
    ballot = await chamber.ballot()
    await chamber.vote(ballot, 1, Choice.FOR)
    await chamber.vote(ballot, 1, Choice.FOR)
    assert "council.voted" in await refusal(chamber.vote(ballot, 1, Choice.AGAINST))
    assert "L2131-11" in await refusal(chamber.vote(ballot, 2, Choice.FOR))
    assert "L2121-20" in await refusal(chamber.vote(ballot, 3, Choice.FOR))
    assert "L2121-20" in await refusal(chamber.vote(ballot, 1, Choice.FOR, of=0))
    with pytest.raises(Denied):
        await chamber.council.world.do(
            ballots.cast_vote, ballot, VoteInput(choice=Choice.FOR), ZONE, actor=chamber.council.world.reader
        )
    result = await chamber.close(ballot)
    assert (result["votes_for"], result["result"]) == (1, "adopted")
    assert "too late" in await refusal(chamber.vote(ballot, 0, Choice.AGAINST))
    closed = (await chamber.look(1)).items[0].ballots[0]
    assert closed.names[Choice.FOR] == ["Denis"]


async def test_votes_that_come_at_once_count_once(chamber: Chamber) -> None:
    await chamber.open(0, 1, 2)
    ballot = await chamber.ballot()

    async def accepted(attempt: Awaitable[None]) -> bool:
        try:
            await attempt
        except Conflict:
            return False
        return True

    sent = [chamber.vote(ballot, member, choice) for member in (0, 1, 2) for choice in (Choice.FOR, Choice.AGAINST)]
    done = await asyncio.gather(*(accepted(one) for one in sent))
    assert sum(done) == 3
    async with chamber.council.world.db.read() as tx:
        assert len(await tx.all(select(Vote))) == 3
    result = await chamber.close(ballot)
    assert result["votes_for"] + result["votes_against"] == 3


async def test_while_it_is_open_nobody_is_told_who_voted_how(chamber: Chamber) -> None:
    await chamber.open(0, 1, 2)
    ballot = await chamber.ballot()
    await chamber.vote(ballot, 1, Choice.AGAINST)
    seen = await chamber.look(2)
    assert seen.ballot is not None
    assert (seen.ballot.received, seen.ballot.names) == (1, {})
    assert [one.choice for one in seen.members] == [None] * 5


async def test_a_tie_is_decided_by_the_chair(chamber: Chamber) -> None:
    await chamber.open(0, 1, 2)
    await chamber.enter(Entry.PRESENT, 3)
    for chair, expected in ((Choice.FOR, "adopted"), (Choice.AGAINST, "rejected")):
        ballot = await chamber.ballot(Method.ROLL_CALL)
        other = Choice.AGAINST if chair is Choice.FOR else Choice.FOR
        for member, choice in enumerate((chair, chair, other, other)):
            await chamber.vote(ballot, 0, choice, of=member)
        result = await chamber.close(ballot)
        assert (result["result"], result["article"]) == (expected, "CGCT L2121-20")
    hands = await chamber.ballot(Method.HANDS)
    with pytest.raises(Invalid):
        await chamber.close(hands, votes_for=4, votes_against=1)
    assert (await chamber.close(hands, votes_for=1, votes_against=1, chair=Chair.FOR))["result"] == "adopted"


async def test_members_called_by_the_clerk_do_not_vote_on_their_devices(chamber: Chamber) -> None:
    await chamber.open(0, 1, 2)
    ballot = await chamber.ballot(Method.ROLL_CALL)
    assert "council.not_electronic" in await refusal(chamber.vote(ballot, 1, Choice.FOR))
    await chamber.vote(ballot, 0, Choice.FOR, of=1)
    with pytest.raises(Denied):
        await chamber.council.world.do(ballots.close_ballot, ballot, CloseInput(), ZONE, actor=chamber.actors[1])


async def test_what_the_law_wants_secret_or_public_is_not_voted_on_otherwise(make: Make) -> None:
    chamber = await seated(await make(), kind=ItemKind.APPOINTMENT)
    first = await chamber.open(0, 1, 2)
    assert "L2121-21" in await refusal(chamber.ballot(secret_requests=1))
    assert "L2121-21" in await refusal(chamber.ballot(Method.HANDS, public_requests=1))
    await chamber.enter(Entry.ITEM_CLOSED, item_id=first)
    await chamber.enter(Entry.ITEM_OPENED, item_id=(await chamber.items())[1])
    assert "L2121-21" in await refusal(chamber.ballot(Method.HANDS))
    await chamber.ballot(Method.HANDS, waived=True)


async def test_no_vote_under_miscellaneous_questions(make: Make) -> None:
    chamber = await seated(await make(), kind=ItemKind.MISCELLANEOUS)
    first = await chamber.open(0, 1, 2)
    await chamber.enter(Entry.ITEM_CLOSED, item_id=first)
    await chamber.enter(Entry.ITEM_OPENED, item_id=(await chamber.items())[1])
    assert "CE, 29 septembre 1982" in await refusal(chamber.ballot(Method.HANDS))


async def test_for_the_accounts_the_mayor_leaves_and_does_not_chair(make: Make) -> None:
    chamber = await seated(await make(), kind=ItemKind.ACCOUNTS)
    first = await chamber.open(0, 1, 2)
    await chamber.enter(Entry.ITEM_CLOSED, item_id=first)
    accounts = (await chamber.items())[1]
    assert "L2121-14" in await refusal(chamber.enter(Entry.ITEM_OPENED, item_id=accounts))
    await chamber.enter(Entry.PRESENT, 3)
    await chamber.enter(Entry.ITEM_OPENED, item_id=accounts)
    assert "L2121-14" in await refusal(chamber.ballot())
    await chamber.enter(Entry.CHAIR, 1)
    ballot = await chamber.ballot()
    assert "L2121-20" in await refusal(chamber.vote(ballot, 0, Choice.FOR))
    assert (await chamber.close(ballot))["result"] == "adopted"


async def test_who_represents_the_authority_leaves_both_numbers(chamber: Chamber) -> None:
    first, second = await chamber.items()
    await chamber.enter(Entry.WITHDREW, 1, item_id=first, why=Withdrawal.FROM_COUNT)
    await chamber.enter(Entry.WITHDREW, 1, item_id=second)
    await chamber.open(0, 1, 2, 3)
    seen = await chamber.look()
    assert (seen.quorum.members, seen.quorum.quorum, seen.quorum.present) == (4, 3, 3)


async def test_a_correction_is_kept_with_its_history(chamber: Chamber) -> None:
    await chamber.enter(Entry.PRESENT, 0)
    await chamber.enter(Entry.PRESENT, 1)
    await chamber.enter(Entry.CORRECTED, corrects=2, comment="Erreur de saisie")
    assert "council.refused" in await refusal(chamber.enter(Entry.CORRECTED, corrects=2))
    assert "council.refused" in await refusal(chamber.enter(Entry.CORRECTED, corrects=9))
    seen = await chamber.look()
    assert (seen.present, [one.struck for one in seen.entries]) == (1, [False, True, False])
    await chamber.open(1, 2)
    opened = next(one.seq for one in (await chamber.look()).entries if one.kind == "opened")
    assert "council.refused" in await refusal(chamber.enter(Entry.CORRECTED, corrects=opened))
    async with chamber.council.world.db.read() as tx:
        assert len(await tx.all(select(SittingEvent))) == (await chamber.look()).seq
        actions = await tx.all(select(col(JournalEntry.action)).where(col(JournalEntry.subject_id) == chamber.id))
    assert actions.count("council.present") == 4
    assert actions.count("council.corrected") == 1


async def test_two_devices_of_a_clerk_open_one_item(chamber: Chamber) -> None:
    first = await chamber.open(0, 1, 2)
    await chamber.enter(Entry.ITEM_CLOSED, item_id=first)
    second = (await chamber.items())[1]

    async def attempt() -> str:
        try:
            await chamber.enter(Entry.ITEM_OPENED, item_id=second)
        except Conflict:
            return "refused"
        return "done"

    assert sorted(await asyncio.gather(attempt(), attempt())) == ["done", "refused"]


async def test_nothing_is_entered_once_it_is_closed_nor_by_members(chamber: Chamber) -> None:
    with pytest.raises(Denied):
        data = EventInput(kind=Entry.PRESENT, member_id=chamber.members[1])
        await chamber.council.world.do(live.enter, chamber.id, data, ZONE, actor=chamber.actors[1])
    with pytest.raises(Invalid):
        await chamber.enter(Entry.PRESENT)
    await chamber.enter(Entry.CLOSED)
    assert "council.refused" in await refusal(chamber.enter(Entry.PRESENT, 0))
    assert (await chamber.look()).phase == "closed"


async def test_where_no_text_speaks_the_chair_decides(make: Make) -> None:
    council = await make(Kind.FREE, 0)
    sitting = await council.sitting()
    await council.convene(sitting, despite=True)
    chamber = Chamber(council, sitting, [council.president, council.member], [])
    await chamber.enter(Entry.PRESENT, 0)
    assert "council.chair_decides" in await refusal(chamber.enter(Entry.PROXY_GIVEN, 1, other=0))
    await chamber.enter(Entry.CHAIR, 0)
    await chamber.enter(Entry.OPENED, despite=True)
    await chamber.enter(Entry.ITEM_OPENED, item_id=(await chamber.items())[0], despite=True)
    assert (await chamber.close(await chamber.ballot(Method.HANDS), votes_for=1))["certain"] is False


async def test_a_clock_that_was_set_back_keeps_the_order(chamber: Chamber) -> None:
    await chamber.enter(Entry.PRESENT, 0)
    async with chamber.council.world.db.write() as tx:
        later = tx.now.replace(year=tx.now.year + 1)
        await tx.execute(update(SittingEvent).values(at=later))
    await chamber.enter(Entry.PRESENT, 1)
    first, second = (await chamber.look()).entries
    assert first.at <= second.at
