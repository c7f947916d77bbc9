"""Requests for another ballot, elections in rounds and by lists, votes that weigh, the closed session."""

from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from collab.core.errors import Denied, Invalid
from meetings.council.assemblies import service as assemblies
from meetings.council.assemblies.models import MemberChange
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.rules.quorum import Withdrawal
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings import live
from meetings.council.sittings.inputs import Asked, BallotView, Entry, RequestInput
from meetings.council.sittings.models import Method
from meetings.council.sittings.watching import view_live
from tests.service.meetings.council.chamber import Chamber, seated
from tests.service.meetings.council.conftest import SINCE, ZONE, Make, refusal

ADA, BO, CLEO = (
    {"name": "Ada", "born": "1950-01-01"},
    {"name": "Bo", "born": "1960-01-01"},
    {"name": "Cleo", "born": "1970-01-01"},
)


async def ask(chamber: Chamber, member: int, mode: Asked) -> None:
    await chamber.council.world.do(live.ask, chamber.id, RequestInput(mode=mode), ZONE, actor=chamber.actors[member])


async def appointing(make: Make) -> Chamber:
    """Five are there; the item under discussion is an appointment."""
    chamber = await seated(await make(), kind=ItemKind.APPOINTMENT)
    first = await chamber.open(0, 1, 2, 3, 4)
    await chamber.enter(Entry.ITEM_CLOSED, item_id=first)
    await chamber.enter(Entry.ITEM_OPENED, item_id=(await chamber.items())[1])
    return chamber


async def last(chamber: Chamber, item: int = 1) -> BallotView:
    return (await chamber.look()).items[item].ballots[-1]


async def test_members_ask_for_a_ballot_and_the_threshold_is_that_of_the_law(make: Make) -> None:
    chamber = await seated(await make())
    item = await chamber.open(0, 1, 2, 3)
    assert "L2121-21" in await refusal(ask(chamber, 4, Asked.SECRET)), "who is absent asks for nothing"
    await ask(chamber, 1, Asked.SECRET)
    assert "council.refused" in await refusal(ask(chamber, 1, Asked.SECRET))
    seen = {one.mode: (len(one.names), one.needed) for one in (await chamber.look()).requests}
    assert seen == {Asked.PUBLIC: (0, 1), Asked.SECRET: (1, 2)}
    assert "L2121-21" in await refusal(chamber.ballot(Method.PAPER)), "one of four is not a third"
    await ask(chamber, 2, Asked.SECRET)
    assert "L2121-21" in await refusal(chamber.ballot(Method.HANDS))
    await chamber.enter(Entry.LEFT, 2)
    await chamber.enter(Entry.WITHDREW, 3, item_id=item)
    await chamber.ballot(Method.PAPER)  # one of the two who take part still asks for it, which is a third of them


async def test_a_public_ballot_that_was_asked_for_names_the_voters(make: Make) -> None:
    chamber = await seated(await make())
    await chamber.open(0, 1, 2)
    await ask(chamber, 2, Asked.PUBLIC)
    assert "L2121-21" in await refusal(chamber.ballot(Method.HANDS))
    await chamber.ballot(Method.ROLL_CALL)


async def test_papers_are_counted_by_the_clerk(make: Make) -> None:
    chamber = await appointing(make)
    ballot = await chamber.ballot(Method.PAPER)
    with pytest.raises(Invalid):
        await chamber.close(ballot, votes_for=4, votes_against=2)
    result = await chamber.close(ballot, votes_for=2, votes_against=2, null=1)
    assert (result["result"], result["null"], result["abstentions"]) == ("rejected", 1, 0)


async def test_an_appointment_goes_through_three_rounds_and_age_decides(make: Make) -> None:
    chamber = await appointing(make)
    standing: dict[str, Any] = {"election": "candidates", "candidates": [ADA, BO, CLEO]}
    first = await chamber.ballot(Method.PAPER, **standing)
    assert (await chamber.close(first, votes={"00": 2, "01": 2, "02": 1}))["result"] == "next_round"
    assert "no_next_round" in await refusal(chamber.ballot(Method.PAPER, election="list", after=first))
    second = await chamber.ballot(Method.PAPER, election="candidates", after=first)
    assert (await chamber.close(second, votes={"00": 2, "01": 2, "99": 1}))["result"] == "next_round"
    bare = {"election": "candidates", "candidates": [{"name": "Ada"}, {"name": "Dora"}]}
    with pytest.raises(Invalid):
        await chamber.ballot(Method.PAPER, after=second, **bare)
    third = await chamber.ballot(Method.PAPER, election="candidates", after=second)
    result = await chamber.close(third, votes={"00": 2, "01": 2})
    assert (result["result"], result["elected"], result["cast"], result["majority"]) == ("elected", "Ada", 4, 3)
    assert (await last(chamber)).round == 3
    assert "no_next_round" in await refusal(chamber.ballot(Method.PAPER, election="candidates", after=third))


async def test_candidates_are_chosen_by_name_where_secrecy_was_given_up(make: Make) -> None:
    chamber = await appointing(make)
    standing: dict[str, Any] = {"election": "candidates", "candidates": [ADA, BO]}
    assert "L2121-21" in await refusal(chamber.ballot(Method.ELECTRONIC, **standing))
    ballot = await chamber.ballot(Method.ELECTRONIC, waived=True, **standing)
    with pytest.raises(Invalid):
        await chamber.vote(ballot, 0, "for")
    for member, choice in enumerate(("01", "01", "00", "01", "abstained")):
        await chamber.vote(ballot, member, choice)
    assert (await chamber.close(ballot))["elected"] == "Bo"
    assert (await last(chamber)).names["01"] == ["Elodie", "Denis", "Gilles"]


async def test_the_mayor_is_always_elected_in_secret(make: Make) -> None:
    chamber = await seated(await make(), kind=ItemKind.BUREAU_ELECTION)
    first = await chamber.open(0, 1, 2)
    await chamber.enter(Entry.ITEM_CLOSED, item_id=first)
    await chamber.enter(Entry.ITEM_OPENED, item_id=(await chamber.items())[1])
    assert "L2121-21" in await refusal(chamber.ballot(Method.ROLL_CALL, waived=True))


async def test_a_list_of_adjoints_and_the_average_age(make: Make) -> None:
    chamber = await appointing(make)
    lists = [{"name": "Ensemble", "average_age": "52.4"}, {"name": "Autrement", "average_age": "48.1"}]
    ballot, result = None, {}
    for _ in range(3):
        ballot = await chamber.ballot(Method.PAPER, election="list", candidates=lists, after=ballot)
        result = await chamber.close(ballot, votes={"00": 2, "01": 2, "99": 1})
    assert (result["elected"], result["article"]) == ("Ensemble", "CGCT L2122-7-2")


@pytest.mark.parametrize("sharing", ["highest_remainder", "highest_average"])
async def test_seats_are_shared(make: Make, sharing: str) -> None:
    chamber = await appointing(make)
    lists = [{"name": name, "average_age": "50"} for name in ("A", "B", "C")]
    with pytest.raises(Invalid):
        await chamber.ballot(Method.PAPER, election="seats", candidates=lists, sharing=sharing)
    ballot = await chamber.ballot(Method.PAPER, election="seats", candidates=lists, seats=5, sharing=sharing)
    with pytest.raises(Invalid):
        await chamber.close(ballot, votes={"00": 17, "01": 7, "02": 3})
    result = await chamber.close(ballot, votes={"00": 3, "01": 1, "02": 1})
    assert result["result"] == "shared"
    assert [one["seats"] for one in result["options"]] == [3, 1, 1]


async def test_votes_weigh_where_statutes_may_say_so(make: Make) -> None:
    municipal = await make()
    with pytest.raises(Invalid):
        await weigh(municipal.world, municipal.member, 3)
    chamber = await seated_with_despite(make)
    await weigh(chamber.council.world, chamber.members[1], 3)
    await chamber.open(0, 1, 2)
    ballot = await chamber.ballot(Method.ROLL_CALL, despite=True)
    for member, choice in enumerate(("against", "for", "against")):
        await chamber.vote(ballot, 0, choice, of=member)
    result = await chamber.close(ballot)
    assert (result["votes_for"], result["votes_against"], result["result"]) == (3, 2, "adopted")
    assert "Votes weigh differently" in await refusal(chamber.ballot(Method.SECRET, despite=True))


async def weigh(world: Any, member: UUID, weight: int) -> None:
    data = MemberChange(joined=SINCE, place=2, weight=weight)
    await world.do(assemblies.update_member, member, data, 1)


async def seated_with_despite(make: Make) -> Chamber:
    """An assembly of free rules, whose convocation the chair decided on."""
    council = await make(Kind.FREE, 0)
    convene = council.convene

    async def decided(sitting: UUID, **more: Any) -> None:
        await convene(sitting, despite=True, **more)

    council.convene = decided  # type: ignore[method-assign]
    chamber = await seated(council)
    enter = chamber.enter

    async def entered(kind: Entry, member: int | None = None, **more: Any) -> None:
        await enter(kind, member, **{"despite": True, **more})

    chamber.enter = entered  # type: ignore[method-assign]
    return chamber


async def test_a_closed_session_is_asked_for_voted_and_ends(make: Make) -> None:
    chamber = await seated(await make())
    await chamber.open(0, 1, 2)
    world = chamber.council.world
    assert "L2121-18" in await refusal(chamber.ballot(Method.HANDS, kind="closed_session", closed_requests=2))
    refused = await chamber.ballot(Method.HANDS, kind="closed_session", closed_requests=3)
    assert (await chamber.close(refused, votes_for=1, votes_against=0, abstentions=2))["result"] == "rejected"
    assert not (await chamber.look()).private
    ballot = await chamber.ballot(Method.HANDS, kind="closed_session", by_chair=True)
    assert (await chamber.close(ballot, votes_for=2, votes_against=1))["article"] == "CGCT L2121-18"
    assert (await chamber.look(1)).private
    with pytest.raises(Denied):
        await world.see(view_live, chamber.id, ZoneInfo(ZONE), actor=world.reader)
    await chamber.enter(Entry.LEFT, 2)
    await chamber.enter(Entry.DOORS_OPENED)
    outside = await world.see(view_live, chamber.id, ZoneInfo(ZONE), actor=world.reader)
    inside = await chamber.look(1)
    assert not inside.private
    left = {one.seq for one in inside.entries} - {one.seq for one in outside.entries}
    assert [one.kind for one in inside.entries if one.seq in left] == ["left"]


async def test_an_item_is_put_off(make: Make) -> None:
    chamber = await seated(await make())
    item = await chamber.open(0, 1, 2)
    await chamber.enter(Entry.POSTPONED, item_id=item)
    assert (await chamber.look()).items[0].state == "postponed"
    assert "put off" in await refusal(chamber.enter(Entry.ITEM_OPENED, item_id=item))


async def test_a_ballot_that_is_over_says_how_many_could_vote_then(make: Make) -> None:
    chamber = await seated(await make())
    item = await chamber.open(0, 1, 2, 3)
    ballot = await chamber.ballot()
    await chamber.vote(ballot, 0, "for")
    await chamber.close(ballot)
    await chamber.enter(Entry.LEFT, 3)
    await chamber.enter(Entry.WITHDREW, 2, item_id=item, why=Withdrawal.PERSONAL)
    assert (await last(chamber, 0)).expected == 4
