"""Asks polls, takes votes, closes polls and reads them; the only writer of their tables.

Hosts ask and close; whoever may be in the room votes; whoever may read the meeting sees what polls.py shows.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict, Denied, NotFound
from collab.core.i18n import msg
from collab.core.ids import new_id
from directory.people.models import Person
from meetings.rooms.access import admit, get_hosted, get_with_hosting
from meetings.rooms.polls import (
    PollChanged,
    PollInput,
    PollShown,
    PollView,
    RoomPoll,
    RoomPollVoter,
    VoteInput,
    checked,
    closing_time,
    is_closed,
    tally,
    topic_of,
)

MOST = 100
"""Of one meeting: more than anybody asks, few enough to be shown at once."""

Votes = Sequence[tuple[UUID, str, list[int] | None]]


async def ask_poll(tx: Tx, actor: Actor, meeting_id: UUID, data: PollInput) -> PollView:
    """A host asks."""
    meeting = await get_hosted(tx, actor, meeting_id)
    if len(await tx.all(select(col(RoomPoll.id)).where(col(RoomPoll.meeting_id) == meeting_id))) >= MOST:
        raise Conflict("rooms.too_many_polls", msg("There are too many polls in this meeting."))
    assert actor.person_id is not None
    poll = RoomPoll(
        id=new_id(),
        meeting_id=meeting_id,
        author_id=actor.person_id,
        counts=[0] * len(data.options),
        created_at=tx.now,
        closes_at=closing_time(data, tx.now),
        **data.model_dump(exclude={"minutes"}),
    )
    tx.add(poll)
    details = data.model_dump(include={"question", "anonymous"})
    tx.record(actor, "rooms.ask_poll", space=meeting.space_id, subject=poll.id, **details)
    return await _told(tx, actor, poll)


async def vote(tx: Tx, actor: Actor, meeting_id: UUID, poll_id: UUID, data: VoteInput) -> PollView:
    """Vote. A named vote may be changed until the poll is closed; an anonymous one cannot be found again."""
    admission = await admit(tx, actor, meeting_id)
    poll = await _lock(tx, meeting_id, poll_id)
    chosen = checked(poll, data.choices, tx.now)
    before = await tx.get(RoomPollVoter, (poll_id, admission.person_id))
    if poll.anonymous:
        if before is not None:
            raise Conflict("rooms.poll_voted", msg("You have voted. An anonymous vote cannot be changed."))
        poll.counts = [count + (place in chosen) for place, count in enumerate(poll.counts)]
    if before is None:
        choices = None if poll.anonymous else chosen
        tx.add(RoomPollVoter(poll_id=poll_id, person_id=admission.person_id, choices=choices))
    else:
        before.choices = chosen
    return await _told(tx, actor, poll)


async def close_poll(tx: Tx, actor: Actor, meeting_id: UUID, poll_id: UUID) -> PollView:
    """A host closes a poll; nothing happens when it is."""
    meeting = await get_hosted(tx, actor, meeting_id)
    poll = await _lock(tx, meeting_id, poll_id)
    if not is_closed(poll, tx.now):
        poll.closed_at = tx.now
        tx.record(actor, "rooms.close_poll", space=meeting.space_id, subject=poll.id)
    return await _told(tx, actor, poll)


async def list_polls(tx: Tx, actor: Actor, meeting_id: UUID) -> list[PollView]:
    """The polls of a meeting, oldest first."""
    await get_with_hosting(tx, actor, meeting_id)
    polls = await tx.all(
        select(RoomPoll).where(col(RoomPoll.meeting_id) == meeting_id).order_by(col(RoomPoll.id)).limit(MOST)
    )
    votes = await _votes(tx, [poll.id for poll in polls])
    names = await _names(tx, {poll.author_id for poll in polls})
    return [_view(tx, actor, poll, votes.get(poll.id, ()), names[poll.author_id]) for poll in polls]


async def export_poll(tx: Tx, actor: Actor, meeting_id: UUID, poll_id: UUID) -> PollView:
    """A poll's results, to be taken along by a host; journalled. Raises Conflict while it is open."""
    meeting, hosting = await get_with_hosting(tx, actor, meeting_id)
    poll = next((one for one in await list_polls(tx, actor, meeting_id) if one.id == poll_id), None)
    if poll is None:
        raise NotFound()
    if not hosting:
        raise Denied("meetings.host_only", msg("Only those who organise the meeting may do this."))
    if not poll.closed:
        raise Conflict("rooms.poll_open", msg("This poll is still open."))
    tx.record(actor, "rooms.export_poll", space=meeting.space_id, subject=poll_id)
    return poll


async def _lock(tx: Tx, meeting_id: UUID, poll_id: UUID) -> RoomPoll:
    poll = await tx.lock(RoomPoll, poll_id)
    if poll is None or poll.meeting_id != meeting_id:
        raise NotFound()
    return poll


async def _told(tx: Tx, actor: Actor, poll: RoomPoll) -> PollView:
    """Tell everybody who looks at the meeting's polls; the view of whoever did it."""
    await tx.flush()
    votes = (await _votes(tx, [poll.id])).get(poll.id, ())
    names = await _names(tx, {poll.author_id})
    view = _view(tx, actor, poll, votes, names[poll.author_id])
    shown = PollShown(**view.model_dump(exclude={"voted", "mine"}))
    await tx.announce(lambda topic, rev: PollChanged(topic=topic, rev=rev, poll=shown), topic_of(poll.meeting_id))
    return view


def _view(tx: Tx, actor: Actor, poll: RoomPoll, votes: Votes, author: str) -> PollView:
    mine = next((choices for person, _, choices in votes if person == actor.person_id), None)
    return PollView(
        **poll.model_dump(include={"id", "question", "anonymous", "live", "multiple", "created_at", "closes_at"}),
        options=tally(poll, [(name, choices) for _, name, choices in votes], tx.now),
        author_name=author,
        closed=is_closed(poll, tx.now),
        voters=len(votes),
        voted=any(person == actor.person_id for person, _, _ in votes),
        mine=mine,
    )


async def _votes(tx: Tx, polls: Sequence[UUID]) -> dict[UUID, list[tuple[UUID, str, list[int] | None]]]:
    """Who has voted in each of these, by name."""
    rows = await tx.rows(
        select(RoomPollVoter, col(Person.display_name))
        .join(Person, col(Person.id) == col(RoomPollVoter.person_id))
        .where(col(RoomPollVoter.poll_id).in_(polls))
        .order_by(col(Person.sort_name), col(Person.id))
    )
    found: dict[UUID, list[tuple[UUID, str, list[int] | None]]] = {}
    for voter, name in rows:
        found.setdefault(voter.poll_id, []).append((voter.person_id, name, voter.choices))
    return found


async def _names(tx: Tx, people: set[UUID]) -> dict[UUID, str]:
    rows = await tx.rows(select(col(Person.id), col(Person.display_name)).where(col(Person.id).in_(people)))
    return {row[0]: row[1] for row in rows}
