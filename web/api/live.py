"""A live sitting over the API: its state, what the clerk enters, ballots and votes."""

from uuid import UUID

from pydantic import BaseModel

from meetings.council.sittings import ballots, live
from meetings.council.sittings.inputs import BallotOpening, CloseInput, EventInput, LiveView, VoteInput
from meetings.council.sittings.models import BallotState, Choice
from meetings.council.sittings.watching import view_live
from web.api.sittings import zone_of
from web.http import Call, Routes

routes = Routes("council")


class BallotMade(BaseModel):
    """A ballot that was opened or ended; its figures stand in the live state."""

    id: UUID
    state: BallotState


class VoteMade(BaseModel):
    """A vote that counts."""

    ballot: UUID
    member_id: UUID
    choice: Choice


@routes.get("/council/sittings/{sitting}/live", result=LiveView)
async def get_live(call: Call) -> LiveView:
    """The live state; `seq` is the number of the last entry. Subscribe to `sitting:<id>` to hear of the next."""
    return await _view(call, call.id("sitting"))


@routes.post("/council/sittings/{sitting}/entries", body=EventInput, result=LiveView)
async def enter(call: Call, body: EventInput) -> LiveView:
    """Enter what happened: presence, a proxy, a withdrawal, the opening, an item, a suspension, a correction."""
    async with call.db.write() as tx:
        await live.enter(tx, call.actor, call.id("sitting"), body, call.deps.settings.place.time_zone)
    return await _view(call, call.id("sitting"))


@routes.post("/council/sittings/{sitting}/ballots", body=BallotOpening, result=BallotMade)
async def open_ballot(call: Call, body: BallotOpening) -> BallotMade:
    """Let the members vote on the item that is open."""
    async with call.db.write() as tx:
        zone = call.deps.settings.place.time_zone
        ballot = await ballots.open_ballot(tx, call.actor, call.id("sitting"), body, zone)
    return BallotMade(id=ballot.id, state=BallotState(ballot.state))


@routes.put("/council/ballots/{ballot}/vote", body=VoteInput, result=VoteMade)
async def cast_vote(call: Call, body: VoteInput) -> VoteMade:
    """Vote. The same vote sent again is the same vote; another one is refused: the first one counts."""
    async with call.db.write() as tx:
        vote = await ballots.cast_vote(tx, call.actor, call.id("ballot"), body, call.deps.settings.place.time_zone)
    return VoteMade(ballot=vote.ballot_id, member_id=vote.member_id, choice=Choice(vote.choice))


@routes.post("/council/ballots/{ballot}/close", body=CloseInput, result=LiveView, status=200)
async def close_ballot(call: Call, body: CloseInput) -> LiveView:
    """End a ballot and have its result; with the figures where hands were counted."""
    async with call.db.write() as tx:
        ballot = await ballots.close_ballot(tx, call.actor, call.id("ballot"), body, call.deps.settings.place.time_zone)
    return await _view(call, ballot.sitting_id)


@routes.post("/council/ballots/{ballot}/withdraw", result=BallotMade, status=200)
async def withdraw_ballot(call: Call) -> BallotMade:
    """End a ballot without a result."""
    async with call.db.write() as tx:
        ballot = await ballots.withdraw_ballot(tx, call.actor, call.id("ballot"), call.deps.settings.place.time_zone)
    return BallotMade(id=ballot.id, state=BallotState(ballot.state))


async def _view(call: Call, sitting_id: UUID) -> LiveView:
    async with call.db.read() as tx:
        return await view_live(tx, call.actor, sitting_id, zone_of(call))
