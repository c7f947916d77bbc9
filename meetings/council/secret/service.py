"""A secret ballot on devices: its keys, the votes that come in, their count, and the end of everything but totals.

A vote is one transaction: that the member took part, and an envelope that does not say whose it is. Nothing is written
to the journal and no event is told then but how many were received; at the end the journal has who took part, and the
figures. What could be found by whom, and when, stands in docs/features/secret-ballots.md.
"""

import base64
import secrets
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, text
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, Invalid
from collab.core.i18n import msg
from meetings.council.assemblies.access import Can
from meetings.council.assemblies.models import Assembly
from meetings.council.rules.ballots import FEWEST_SECRET_VOTERS, check_secret
from meetings.council.secret.box import BallotBox
from meetings.council.secret.events import SecretBallotEnded
from meetings.council.secret.inputs import SecretVoteInput
from meetings.council.secret.models import Participation, Receipt, SealedVote
from meetings.council.secret.sealing import INNER_BYTES, NULL, seal_inner
from meetings.council.sittings.access import take_ballot
from meetings.council.sittings.events import VoteReceived, topic_of
from meetings.council.sittings.live import Room, read_room, require_lawful
from meetings.council.sittings.models import Ballot, BallotState, Method, Sitting
from meetings.council.sittings.rules import electors
from meetings.council.sittings.voting import Figures, may_vote, options_of

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without those that are taken for others
_RANDOM = secrets.SystemRandom()


async def make_keys(tx: Tx, room: Room, ballot: Ballot) -> str:
    """The keys of a ballot that is being opened, on the disk before it is; gives the public one. Refused where the
    figures would tell who chose what."""
    voters = electors(room.setting, room.state, str(ballot.item_id))
    weights = [room.setting.weight(who) for who in voters]
    require_lawful([check_secret(len(set(voters.values())), weights)])
    return await tx.policy(BallotBox).make(ballot.id)


async def cast_secret_vote(tx: Tx, actor: Actor, ballot_id: UUID, data: SecretVoteInput, zone: str) -> Receipt:
    """Take a vote, for oneself or whom one represents. The first one counts: sent again, its receipt comes again."""
    ballot, sitting, assembly, standing = await take_ballot(tx, actor, ballot_id, Can.READ)
    if standing.member is None:
        raise Denied()
    if actor.scopes is not None and "write" not in actor.scopes:
        raise Denied("token_scope")
    assert actor.person_id is not None
    if ballot.method != Method.SECRET:
        raise Conflict("council.not_secret", msg("This ballot is not secret."))
    member = data.member_id or standing.member
    before = await tx.get(Participation, (ballot_id, member))
    if before is not None and before.cast_by == actor.person_id:
        return Receipt(ballot=ballot_id, member_id=member, receipt=before.receipt, again=True)
    if ballot.state != BallotState.OPEN:
        words = msg("This ballot is closed: the vote came too late and does not count.")
        raise Conflict("council.ballot_closed", words, article="CGCT L2121-20")
    room = await read_room(tx, sitting, assembly, ZoneInfo(zone))
    own = str(standing.member)
    require_lawful([may_vote(room.setting, room.state, ballot, str(member), own, by_clerk=False)])
    if before is not None:
        raise Conflict("council.voted", msg("This vote was cast already: the first one counts."))
    sealed = tx.policy(BallotBox).close_envelope(ballot_id, _inner(ballot, data))
    receipt = "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))
    tx.add(
        Participation(ballot_id=ballot_id, member_id=member, cast_by=actor.person_id, receipt=receipt),
        SealedVote(ballot_id=ballot_id, sealed=sealed),
    )
    await tx.flush()
    received = await count_received(tx, ballot_id)
    await tx.announce(
        lambda topic, rev: VoteReceived(topic=topic, rev=rev, ballot=ballot_id, received=received),
        topic_of(sitting.id),
    )
    return Receipt(ballot=ballot_id, member_id=member, receipt=receipt, again=False)


async def count_received(tx: Tx, ballot_id: UUID) -> int:
    """How many votes came in."""
    return int(await tx.one(select(func.count()).where(col(Participation.ballot_id) == ballot_id)) or 0)


async def open_envelopes(tx: Tx, ballot: Ballot) -> Figures:
    """The totals of a ballot that ends. Raises Conflict where they would tell who chose what."""
    took_part = await tx.all(select(Participation).where(col(Participation.ballot_id) == ballot.id))
    if len({one.cast_by for one in took_part}) < FEWEST_SECRET_VOTERS:
        words = msg(
            "Fewer than %(count)s people have voted: the figures would tell who chose what. Wait, or withdraw it.",
            count=FEWEST_SECRET_VOTERS,
        )
        raise Conflict("council.too_few_votes", words)
    sealed = list(await tx.all(select(col(SealedVote.sealed)).where(col(SealedVote.ballot_id) == ballot.id)))
    _RANDOM.shuffle(sealed)
    counts = await tx.policy(BallotBox).count(ballot.id, sealed)
    if sum(counts.values()) != len(took_part):
        raise Conflict("council.box_differs", msg("There are not as many envelopes as voters. Withdraw the ballot."))
    known = {one.key for one in options_of(ballot)}
    null = sum(number for key, number in counts.items() if key not in known or key == NULL)
    return Figures({key: number for key, number in counts.items() if key in known}, null)


async def end(tx: Tx, actor: Actor, ballot: Ballot, sitting: Sitting, assembly: Assembly) -> None:
    """Destroy the envelopes and forget the key; who took part goes to the journal, in the order of their ids. The keys'
    files and what the database keeps of deleted rows go after the commit (traces.py)."""
    if tx.dialect == "sqlite":
        await tx.execute(text("PRAGMA secure_delete = ON"))
    await tx.execute(delete(SealedVote).where(col(SealedVote.ballot_id) == ballot.id))
    ballot.sealing_key = ""
    members = await tx.all(select(col(Participation.member_id)).where(col(Participation.ballot_id) == ballot.id))
    told = {"ballot": str(ballot.id), "members": sorted(str(one) for one in members)}
    tx.record(actor, "council.participation", space=assembly.space_id, subject=sitting.id, **told)
    tx.emit(SecretBallotEnded(ballot_id=ballot.id))


def _inner(ballot: Ballot, data: SecretVoteInput) -> bytes:
    """The envelope that the browser closed; of a choice that came in the open, ours. What is in it is not looked at."""
    if data.sealed is not None:
        try:
            inner = base64.b64decode(data.sealed, validate=True)
        except ValueError:  # not Base64, or not even ASCII
            inner = b""
        if len(inner) != INNER_BYTES:
            raise Invalid(errors={"sealed": msg("This is no vote of this ballot.")})
        return inner
    if data.option not in {one.key for one in options_of(ballot)}:
        raise Invalid(errors={"option": msg("Choose one of the answers.")})
    return seal_inner(base64.b64decode(ballot.sealing_key), data.option)
