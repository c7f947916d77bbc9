"""A live sitting over the API: its state, what the clerk enters, ballots and votes."""

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel

from collab.core.database import Tx
from collab.core.errors import Conflict
from meetings.council.secret import service as secret
from meetings.council.secret.inputs import SecretVoteInput
from meetings.council.secret.models import Receipt
from meetings.council.sittings import ballots, live
from meetings.council.sittings.inputs import (
    BallotOpening,
    CloseInput,
    EventInput,
    LiveView,
    RequestInput,
    VoteInput,
)
from meetings.council.sittings.models import BallotState
from meetings.council.sittings.watching import view_live
from web.api.sittings import zone_of
from web.http import Call, Routes

routes = Routes("council")

R = TypeVar("R")


class BallotMade(BaseModel):
    """A ballot that was opened or ended; its figures stand in the live state."""

    id: UUID
    state: BallotState


class VoteMade(BaseModel):
    """A vote that counts."""

    ballot: UUID
    member_id: UUID
    choice: str


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
    zone, ballot = call.deps.settings.place.time_zone, call.id("ballot")
    vote = await attempt(call, ballot, body.member_id, lambda tx: ballots.cast_vote(tx, call.actor, ballot, body, zone))
    return VoteMade(ballot=vote.ballot_id, member_id=vote.member_id, choice=vote.choice)


@routes.put("/council/ballots/{ballot}/secret-vote", body=SecretVoteInput, result=Receipt)
async def cast_secret_vote(call: Call, body: SecretVoteInput) -> Receipt:
    """Vote in a secret ballot. The first vote counts; whatever is sent after it is answered with its receipt."""
    zone, ballot = call.deps.settings.place.time_zone, call.id("ballot")
    return await attempt(
        call, ballot, body.member_id, lambda tx: secret.cast_secret_vote(tx, call.actor, ballot, body, zone)
    )


@routes.post("/council/sittings/{sitting}/requests", body=RequestInput, status=204)
async def ask_for_ballot(call: Call, body: RequestInput) -> None:
    """Ask for a public or a secret ballot on the item that is open, as a member who is present."""
    async with call.db.write() as tx:
        await live.ask(tx, call.actor, call.id("sitting"), body, call.deps.settings.place.time_zone)


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


async def attempt(call: Call, ballot: UUID, member: UUID | None, cast: Callable[[Tx], Coroutine[Any, Any, R]]) -> R:
    """Cast a vote; one that is refused is journalled with the reason, without what it was."""
    try:
        return await call.db.change(cast)
    except Conflict as refused:
        async with call.db.write() as tx:
            await ballots.note_refusal(tx, call.actor, ballot, member, refused)
        raise
