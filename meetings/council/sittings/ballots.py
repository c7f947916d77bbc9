"""Ballots from their opening to their result: hands or papers that the clerk counted, members called one by one, votes
with a name on one's device. Secret ones on devices are opened and ended here too; secret/service.py takes their votes.

A vote with a name is one row whose key is the member, written in one transaction: after a crash it is there or it is
not, and who sends it again is told what counts.
"""

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
from meetings.council.rules.ballots import Kind as BallotKind
from meetings.council.secret import service as secret
from meetings.council.sittings.access import get_ballot, take_ballot, take_sitting
from meetings.council.sittings.events import DoorsClosed, VoteReceived, topic_of
from meetings.council.sittings.inputs import BallotOpening, CloseInput, VoteInput
from meetings.council.sittings.live import Room, read_room, require_lawful, write
from meetings.council.sittings.models import Ballot, BallotState, Method, Sitting, Vote
from meetings.council.sittings.opening import asked_for, candidates_of, check_opening, kind_of
from meetings.council.sittings.rules import Happened, Kind, Phase, electors
from meetings.council.sittings.voting import CHAIRS, Figures, decide_ballot, may_vote, options_of, result_of


async def open_ballot(tx: Tx, actor: Actor, sitting_id: UUID, data: BallotOpening, zone: str) -> Ballot:
    """Let the members vote on the item that is open. Refused where the law wants another way to vote."""
    sitting, assembly, _ = await take_sitting(tx, actor, sitting_id, Can.RUN)
    room = await read_room(tx, sitting, assembly, ZoneInfo(zone))
    state = room.state
    if state.phase is not Phase.OPEN or not state.item:
        raise Conflict("council.no_item", msg("Open the item first: one votes on what is under discussion."))
    if state.ballot:
        raise Conflict("council.ballot_open", msg("A ballot is open: close it first."))
    before = await tx.get(Ballot, data.after) if data.after else None
    standing, round_ = candidates_of(room.setting, state.item, data, before)
    mode = check_opening(room.setting, state, data, despite=data.despite)
    ballot = Ballot(
        id=new_id(),
        sitting_id=sitting_id,
        item_id=UUID(state.item),
        method=data.method.value,
        mode=mode.value,
        kind=kind_of(room.setting, state.item, data).value,
        opened_at=tx.now,
        election=data.election.value if data.election else "",
        options=standing,
        round=round_,
        seats=data.seats,
        sharing=data.sharing.value if data.seats else "",
    )
    if data.method is Method.SECRET:
        ballot.sealing_key = await secret.make_keys(tx, room, ballot)
    tx.add(ballot)
    await tx.flush()
    new = _happened(sitting, Kind.BALLOT_OPENED, ballot)
    asked = asked_for(room.setting, state, data)
    await write(tx, actor, sitting, assembly, room, new, method=ballot.method, mode=ballot.mode, **asked)
    return ballot


async def cast_vote(tx: Tx, actor: Actor, ballot_id: UUID, data: VoteInput, zone: str) -> Vote:
    """Vote, for oneself or whom one represents; the clerk enters the votes of members who are called.

    Once: the same vote sent again is the same vote, another one is refused.
    """
    ballot, sitting, assembly, standing = await take_ballot(tx, actor, ballot_id, Can.READ)
    member = data.member_id or standing.member
    by_clerk = Can.RUN in standing.grants and (ballot.method == Method.ROLL_CALL or member != standing.member)
    _require_right(actor, standing, by_clerk)
    if member is None:
        raise Invalid(errors={"member_id": msg("This is needed.")})
    before = await tx.get(Vote, (ballot_id, member))
    if before is not None and (by_clerk or before.cast_by == actor.person_id) and before.choice == data.choice:
        return before
    _require_open(ballot, by_clerk=by_clerk)
    if data.choice not in {one.key for one in options_of(ballot)}:
        raise Invalid(errors={"choice": msg("This is none of the choices of this ballot.")})
    room = await read_room(tx, sitting, assembly, ZoneInfo(zone))
    own = str(standing.member or "")
    require_lawful([may_vote(room.setting, room.state, ballot, str(member), own, by_clerk=by_clerk)])
    if before is not None:
        raise Conflict("council.voted", msg("This vote was cast already: the first one counts."))
    assert actor.person_id is not None
    vote = Vote(ballot_id=ballot_id, member_id=member, choice=data.choice, cast_by=actor.person_id, cast_at=tx.now)
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


async def note_refusal(tx: Tx, actor: Actor, ballot_id: UUID, member: UUID | None, refused: Conflict) -> None:
    """Keep in the journal that a vote was refused, to whom and why; never what it was."""
    ballot = await get_ballot(tx, actor, ballot_id, Can.READ)
    sitting = await tx.get(Sitting, ballot.sitting_id)
    assert sitting is not None
    _, assembly, standing = await take_sitting(tx, actor, sitting.id, Can.READ)
    who = member or standing.member
    told = {"code": refused.code, "article": str(refused.extra.get("article", ""))}
    told |= {"ballot": str(ballot_id), "member": str(who or "")}
    tx.record(actor, "council.vote_refused", space=assembly.space_id, subject=sitting.id, **told)


async def close_ballot(tx: Tx, actor: Actor, ballot_id: UUID, data: CloseInput, zone: str) -> Ballot:
    """End a ballot: the rules decide on its figures, with majority, casting vote and article."""
    ballot, sitting, assembly, _ = await take_ballot(tx, actor, ballot_id, Can.RUN)
    if ballot.state != BallotState.OPEN:
        raise Conflict("council.ballot_closed", msg("This ballot is closed."))
    room = await read_room(tx, sitting, assembly, ZoneInfo(zone))
    voters = electors(room.setting, room.state, str(ballot.item_id))
    figures = await _figures(tx, ballot, data, room)
    if figures.total > sum(map(room.setting.weight, voters)) and ballot.method in (Method.HANDS, Method.PAPER):
        words = msg("There are more votes than members present or represented.")
        raise Invalid("council.impossible", words, errors={"votes_for": words})
    decision = decide_ballot(room.setting, ballot, figures, voters)
    ballot.state, ballot.closed_at = BallotState.CLOSED.value, tx.now
    ballot.result = result_of(ballot, figures, decision)
    ballot.expected = len(voters)
    if ballot.method == Method.SECRET:
        await secret.end(tx, actor, ballot, sitting, assembly)
    new = _happened(sitting, Kind.BALLOT_CLOSED, ballot)
    await write(tx, actor, sitting, assembly, room, new, result=ballot.result)
    if ballot.kind == BallotKind.CLOSED_SESSION and decision.result == "adopted":
        room = await read_room(tx, sitting, assembly, ZoneInfo(zone))
        await write(tx, actor, sitting, assembly, room, _happened(sitting, Kind.DOORS_CLOSED, ballot))
        tx.emit(DoorsClosed(sitting_id=sitting.id, meeting_id=sitting.meeting_id))
    return ballot


async def withdraw_ballot(tx: Tx, actor: Actor, ballot_id: UUID, zone: str) -> Ballot:
    """End a ballot without a result, such as one that was opened by mistake. Votes with names stay on record; secret
    ones are destroyed unopened."""
    ballot, sitting, assembly, _ = await take_ballot(tx, actor, ballot_id, Can.RUN)
    if ballot.state != BallotState.OPEN:
        raise Conflict("council.ballot_closed", msg("This ballot is closed."))
    room = await read_room(tx, sitting, assembly, ZoneInfo(zone))
    ballot.state, ballot.closed_at = BallotState.WITHDRAWN.value, tx.now
    ballot.expected = len(electors(room.setting, room.state, str(ballot.item_id)))
    if ballot.method == Method.SECRET:
        await secret.end(tx, actor, ballot, sitting, assembly)
    await write(tx, actor, sitting, assembly, room, _happened(sitting, Kind.BALLOT_WITHDRAWN, ballot))
    return ballot


def _require_right(actor: Actor, standing: Standing, by_clerk: bool) -> None:
    """Members vote, and the clerk for those who are called; a token must be one that may write."""
    if not by_clerk and Can.SIT not in standing.grants:
        raise Denied()
    if actor.scopes is not None and "write" not in actor.scopes:
        raise Denied("token_scope")


def _require_open(ballot: Ballot, *, by_clerk: bool) -> None:
    if ballot.state != BallotState.OPEN:
        words = msg("This ballot is closed: the vote came too late and does not count.")
        raise Conflict("council.ballot_closed", words, article="CGCT L2121-20")
    if ballot.method == Method.SECRET:
        raise Conflict("council.is_secret", msg("This ballot is secret: a vote with a name is not taken."))
    if ballot.method in (Method.HANDS, Method.PAPER) or (ballot.method == Method.ROLL_CALL and not by_clerk):
        raise Conflict("council.not_electronic", msg("In this ballot the clerk enters the votes."))


async def _figures(tx: Tx, ballot: Ballot, data: CloseInput, room: Room) -> Figures:
    """The votes, and how the chair voted."""
    if ballot.method == Method.SECRET:
        return await secret.open_envelopes(tx, ballot)
    if ballot.method in (Method.HANDS, Method.PAPER):
        return _counted(ballot, data)
    counts: dict[str, int] = {}
    chair = None
    for one in await tx.all(select(Vote).where(col(Vote.ballot_id) == ballot.id)):
        counts[one.choice] = counts.get(one.choice, 0) + room.setting.weight(str(one.member_id))
        if str(one.member_id) == room.state.chair:
            chair = CHAIRS.get(one.choice)
    return Figures(counts, chair=chair)


def _counted(ballot: Ballot, data: CloseInput) -> Figures:
    """What the clerk counted, by the keys of this ballot: a question has its own fields, an election one for each."""
    options = options_of(ballot)
    words: dict[str, int] = {
        "for": data.votes_for,
        "against": data.votes_against,
        "abstained": data.abstentions,
        "blank": data.blank,
    }
    unknown = set(data.votes) - {one.key for one in options}
    if unknown:
        raise Invalid(errors={"votes": msg("This is none of the choices of this ballot.")})
    counts = {one.key: data.votes.get(one.key, words.get(one.word, 0)) for one in options}
    return Figures(counts, data.null if ballot.method == Method.PAPER else 0, data.chair)


def _happened(sitting: Sitting, kind: Kind, ballot: Ballot) -> Happened:
    return Happened(
        seq=sitting.seq + 1, kind=kind, at=ballot.opened_at, item=str(ballot.item_id), ballot=str(ballot.id)
    )
