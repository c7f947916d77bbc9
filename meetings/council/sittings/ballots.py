"""Ballots whose votes are no secret: hands that the clerk counted, members called one by one, votes on one's device.

A vote is one row whose key is the member, written in one transaction: after a crash it is there or it is not, and who
sends it again is told what counts. Secret ballots are held on paper, outside of this program.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, Invalid
from collab.core.i18n import msg
from collab.core.ids import new_id
from meetings.council.assemblies.access import Can, Standing
from meetings.council.assemblies.models import Assembly
from meetings.council.rules.agenda import may_vote_on
from meetings.council.rules.ballots import Chair, Mode, Outcome, Result, Tally, check_voter, choose_mode, decide
from meetings.council.rules.ballots import Kind as BallotKind
from meetings.council.rules.entries import MAJORITY, NO_TEXT, Finding, Verdict, error
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings.access import get_ballot, take_sitting
from meetings.council.sittings.events import VoteReceived, topic_of
from meetings.council.sittings.inputs import BallotOpening, CloseInput, VoteInput
from meetings.council.sittings.live import Room, read_room, require_lawful, write
from meetings.council.sittings.models import Ballot, BallotState, Choice, Method, Sitting, Vote
from meetings.council.sittings.rules import Happened, Kind, Phase, electors

APPOINTMENTS = frozenset(
    (ItemKind.APPOINTMENT, ItemKind.PRESIDENT_ELECTION, ItemKind.BUREAU_ELECTION, ItemKind.DELEGATES_ELECTION)
)
CHAIRS: Mapping[Choice, Chair] = {
    Choice.FOR: Chair.FOR,
    Choice.AGAINST: Chair.AGAINST,
    Choice.ABSTAINED: Chair.ABSTAINED,
}


async def open_ballot(tx: Tx, actor: Actor, sitting_id: UUID, data: BallotOpening, zone: str) -> Ballot:
    """Let the members vote on the item that is open. Refused where the law wants another way to vote."""
    sitting, assembly, _ = await take_sitting(tx, actor, sitting_id, Can.RUN)
    room = await read_room(tx, sitting, assembly, ZoneInfo(zone))
    state = room.state
    if state.phase is not Phase.OPEN or not state.item:
        raise Conflict("council.no_item", msg("Open the item first: one votes on what is under discussion."))
    if state.ballot:
        raise Conflict("council.ballot_open", msg("A ballot is open: close it first."))
    mode = _mode(room, data)
    ballot = Ballot(
        id=new_id(),
        sitting_id=sitting_id,
        item_id=UUID(state.item),
        method=data.method.value,
        mode=mode.value,
        kind=_kind(room, data).value,
        opened_at=tx.now,
    )
    tx.add(ballot)
    await tx.flush()
    new = _happened(sitting, Kind.BALLOT_OPENED, ballot)
    asked = {"public_requests": data.public_requests, "secret_requests": data.secret_requests}
    await write(tx, actor, sitting, assembly, room, new, method=ballot.method, mode=ballot.mode, **asked)
    return ballot


async def cast_vote(tx: Tx, actor: Actor, ballot_id: UUID, data: VoteInput, zone: str) -> Vote:
    """Vote, for oneself or whom one represents; the clerk enters the votes of members who are called.

    Once: the same vote sent again is the same vote, another one is refused.
    """
    ballot, sitting, assembly, standing = await _take(tx, actor, ballot_id, Can.READ)
    member = data.member_id or standing.member
    by_clerk = Can.RUN in standing.grants and (ballot.method == Method.ROLL_CALL or member != standing.member)
    _require_right(actor, standing, by_clerk)
    if member is None:
        raise Invalid(errors={"member_id": msg("This is needed.")})
    before = await tx.get(Vote, (ballot_id, member))
    if before is not None and (by_clerk or before.cast_by == actor.person_id) and before.choice == data.choice:
        return before
    _require_open(ballot, by_clerk=by_clerk)
    room = await read_room(tx, sitting, assembly, ZoneInfo(zone))
    require_lawful([_may_vote(room, ballot, str(member), str(standing.member or ""), by_clerk=by_clerk)])
    if before is not None:
        raise Conflict("council.voted", msg("This vote was cast already: the first one counts."))
    assert actor.person_id is not None
    vote = Vote(
        ballot_id=ballot_id, member_id=member, choice=data.choice.value, cast_by=actor.person_id, cast_at=tx.now
    )
    tx.add(vote)
    await tx.flush()
    told = {"ballot": str(ballot_id), "member": str(member), "choice": vote.choice}
    tx.record(actor, "council.vote", space=assembly.space_id, subject=sitting.id, **told)
    received = int(await tx.one(select(func.count()).where(col(Vote.ballot_id) == ballot_id)) or 0)
    await tx.announce(
        lambda topic, rev: VoteReceived(topic=topic, rev=rev, ballot=ballot_id, received=received),
        topic_of(sitting.id),
    )
    return vote


async def close_ballot(tx: Tx, actor: Actor, ballot_id: UUID, data: CloseInput, zone: str) -> Ballot:
    """End a ballot: the rules decide on its figures, with majority, casting vote and article."""
    ballot, sitting, assembly, _ = await _take(tx, actor, ballot_id, Can.RUN)
    if ballot.state != BallotState.OPEN:
        raise Conflict("council.ballot_closed", msg("This ballot is closed."))
    room = await read_room(tx, sitting, assembly, ZoneInfo(zone))
    voters = electors(room.setting, room.state, str(ballot.item_id))
    tally, chair = await _figures(tx, ballot, data, room)
    if tally.voters > len(voters) and ballot.method == Method.HANDS:
        words = msg("There are more votes than members present or represented.")
        raise Invalid("council.impossible", words, errors={"votes_for": words})
    outcome = _decide(room, ballot, tally, chair, voters)
    ballot.state, ballot.closed_at = BallotState.CLOSED.value, tx.now
    ballot.result = _result(tally, outcome)
    new = _happened(sitting, Kind.BALLOT_CLOSED, ballot)
    await write(tx, actor, sitting, assembly, room, new, result=ballot.result)
    return ballot


async def withdraw_ballot(tx: Tx, actor: Actor, ballot_id: UUID, zone: str) -> Ballot:
    """End a ballot without a result, such as one that was opened by mistake; what was cast stays on record."""
    ballot, sitting, assembly, _ = await _take(tx, actor, ballot_id, Can.RUN)
    if ballot.state != BallotState.OPEN:
        raise Conflict("council.ballot_closed", msg("This ballot is closed."))
    room = await read_room(tx, sitting, assembly, ZoneInfo(zone))
    ballot.state, ballot.closed_at = BallotState.WITHDRAWN.value, tx.now
    await write(tx, actor, sitting, assembly, room, _happened(sitting, Kind.BALLOT_WITHDRAWN, ballot))
    return ballot


async def _take(tx: Tx, actor: Actor, ballot_id: UUID, can: Can) -> tuple[Ballot, Sitting, Assembly, Standing]:
    ballot = await get_ballot(tx, actor, ballot_id, can)
    sitting, assembly, standing = await take_sitting(tx, actor, ballot.sitting_id, can)
    locked = await tx.lock(Ballot, ballot_id)
    assert locked is not None
    return locked, sitting, assembly, standing


def _require_right(actor: Actor, standing: Standing, by_clerk: bool) -> None:
    """Members vote, and the clerk for those who are called; a token must be one that may write."""
    if not by_clerk and Can.SIT not in standing.grants:
        raise Denied()
    if actor.scopes is not None and "write" not in actor.scopes:
        raise Denied("token_scope")


def _mode(room: Room, data: BallotOpening) -> Mode:
    """How the vote is held (rules V2 and V4), or Conflict with the article where this method does not fit."""
    setting, item = room.setting, room.state.item
    kind = setting.items[item]
    found = [may_vote_on(kind, listed=True)]
    if kind is ItemKind.ACCOUNTS and room.state.chair == setting.president:
        found.append(error(msg("For the accounts the assembly elects another chair."), "CGCT L2121-14"))
    require_lawful([one for one in found if one.verdict is not Verdict.OK])
    choice = choose_mode(
        setting.body.kind,
        on=setting.on,
        present=len(room.state.present),
        public_requests=data.public_requests,
        secret_requests=data.secret_requests,
        appointment=kind in APPOINTMENTS,
        secrecy_waived=data.waived and kind is ItemKind.APPOINTMENT,
        remote=setting.remote,
    )
    if choice.mode is None or choice.mode is Mode.SECRET:
        words = msg("%(reason)s A secret ballot is held on paper, outside of this program.", reason=choice.reason)
        require_lawful([error(words, choice.article)])
    if choice.mode is Mode.PUBLIC and data.method is Method.HANDS:
        words = msg("%(reason)s A public ballot names each voter: call the members.", reason=choice.reason)
        require_lawful([error(words, choice.article)])
    return Mode.ORDINARY if data.method is Method.HANDS else Mode.PUBLIC


def _kind(room: Room, data: BallotOpening) -> BallotKind:
    """What is decided on: an item of accounts has its own rule."""
    if room.setting.items[room.state.item] is ItemKind.ACCOUNTS and data.kind is BallotKind.DELIBERATION:
        return BallotKind.ACCOUNTS
    if data.kind is BallotKind.APPOINTMENT:
        return BallotKind.DELIBERATION
    return data.kind


def _require_open(ballot: Ballot, *, by_clerk: bool) -> None:
    if ballot.state != BallotState.OPEN:
        words = msg("This ballot is closed: the vote came too late and does not count.")
        raise Conflict("council.ballot_closed", words, article="CGCT L2121-20")
    if ballot.method == Method.HANDS or (ballot.method == Method.ROLL_CALL and not by_clerk):
        raise Conflict("council.not_electronic", msg("In this ballot the clerk enters the votes."))


def _may_vote(room: Room, ballot: Ballot, member: str, own: str, *, by_clerk: bool) -> Finding:
    """Whether this vote is taken, and from this person (rules P2 and Q5)."""
    setting, state, item = room.setting, room.state, str(ballot.item_id)
    voters = electors(setting, state, item)
    finding = check_voter(
        is_member=member in setting.members, is_there=member in voters, is_withdrawn=member in state.aside(item)
    )
    if finding.verdict is Verdict.OK and not by_clerk and voters[member] != own:
        return error(msg("Only the member, or who holds their proxy, casts this vote."), "CGCT L2121-20")
    return finding


async def _figures(tx: Tx, ballot: Ballot, data: CloseInput, room: Room) -> tuple[Tally, Chair | None]:
    """The votes, and how the chair voted."""
    if ballot.method == Method.HANDS:
        return Tally(data.votes_for, data.votes_against, data.abstentions), data.chair
    cast: Sequence[Vote] = await tx.all(select(Vote).where(col(Vote.ballot_id) == ballot.id))
    number = {choice: sum(one.choice == choice for one in cast) for choice in Choice}
    tally = Tally(number[Choice.FOR], number[Choice.AGAINST], number[Choice.ABSTAINED])
    own = next((Choice(one.choice) for one in cast if str(one.member_id) == room.state.chair), None)
    return tally, CHAIRS[own] if own else None


def _decide(room: Room, ballot: Ballot, tally: Tally, chair: Chair | None, voters: Mapping[str, str]) -> Outcome:
    """What the figures decide; where no rule is known of this kind of assembly, the majority of votes cast."""
    there = set(voters.values())
    try:
        return decide(
            room.setting.body.kind,
            BallotKind(ballot.kind),
            Mode(ballot.mode),
            tally,
            on=room.setting.on,
            present=len(there),
            represented=len(voters) - len(there),
            chair=chair,
        )
    except Invalid as refused:
        if refused.code != "council.no_rule":
            raise
    adopted = tally.votes_for > tally.votes_against
    reason = msg("More votes for than against.") if adopted else msg("No more votes for than against.")
    result = Result.ADOPTED if adopted else Result.REJECTED
    return Outcome(result, tally.cast, MAJORITY.of(tally.cast), NO_TEXT, reason, certain=False)


def _result(tally: Tally, outcome: Outcome) -> dict[str, Any]:
    """What is kept of a result; the reason as its msgid, to be read in anybody's language."""
    return {
        "result": outcome.result.value,
        "votes_for": tally.votes_for,
        "votes_against": tally.votes_against,
        "abstentions": tally.abstentions,
        "cast": outcome.cast,
        "majority": outcome.majority,
        "article": outcome.article,
        "reason": outcome.reason.text,
        "certain": outcome.certain,
    }


def _happened(sitting: Sitting, kind: Kind, ballot: Ballot) -> Happened:
    return Happened(
        seq=sitting.seq + 1, kind=kind, at=ballot.opened_at, item=str(ballot.item_id), ballot=str(ballot.id)
    )
