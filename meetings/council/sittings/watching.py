"""What one sees of a live sitting: one state for everybody, with the reader's own votes."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import tzinfo
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Denied
from collab.core.i18n import msg
from directory.people.models import Person
from meetings.council.assemblies.access import Can, Standing
from meetings.council.rules.ballots import Kind as BallotKind
from meetings.council.rules.ballots import Mode, requests_needed
from meetings.council.secret.models import Participation
from meetings.council.sittings.access import get_sitting
from meetings.council.sittings.inputs import (
    Asked,
    BallotView,
    CountView,
    EntryView,
    ItemView,
    LiveItem,
    LiveView,
    OptionView,
    OwnVote,
    RequestsView,
    SeatView,
)
from meetings.council.sittings.live import Room, read_room, require_convened
from meetings.council.sittings.models import Ballot, BallotState, Election, Method, Sitting, Vote
from meetings.council.sittings.queries import list_items
from meetings.council.sittings.rules import (
    CORRECTABLE,
    How,
    Kind,
    Phase,
    count,
    electors,
    private_parts,
    requests,
    votes,
)
from meetings.council.sittings.voting import options_of

Cast = Vote | Participation


async def view_live(tx: Tx, actor: Actor, sitting_id: UUID, zone: tzinfo) -> LiveView:
    """The live state of a sitting that was convened."""
    sitting, assembly, standing = await get_sitting(tx, actor, sitting_id, Can.READ)
    require_convened(sitting)
    room = await read_room(tx, sitting, assembly, zone)
    is_inside = standing.member is not None or Can.RUN in standing.grants
    if room.state.private and not is_inside:
        words = msg("The assembly sits in closed session: only its members follow it until it is public again.")
        raise Denied("council.private", words)
    state, names = room.state, {str(one.id): one.name for one in room.members}
    items = await list_items(tx, sitting_id)
    cast: dict[UUID, Sequence[Cast]] = {**await _list_votes(tx, sitting_id)}
    cast |= await _list_participations(tx, sitting_id)
    ballots = await _list_ballots(tx, sitting_id, room, cast, names)
    current = next((one for one in ballots if str(one.id) == state.ballot), None)
    seats = _seats(room, names, current, cast.get(current.id, []) if current else [])
    return LiveView(
        id=sitting.id,
        title=sitting.title,
        assembly_title=assembly.title,
        phase=state.phase,
        seq=state.seq,
        chair=names.get(state.chair, ""),
        secretary=names.get(state.secretary, ""),
        chair_id=UUID(state.chair) if state.chair else None,
        item_id=UUID(state.item) if state.item else None,
        quorum=_count(room, names),
        present=sum(one.status in ("present", "video") for one in seats),
        represented=sum(one.status == "represented" for one in seats),
        excused=sum(one.status == "excused" for one in seats),
        remote=sitting.remote,
        measured=room.setting.measured,
        members=seats,
        items=[_item(one, room, names, ballots) for one in items],
        ballot=current,
        mine=_mine(room, names, current, standing.member, cast.get(current.id, []) if current else []),
        requests=_requests(room) if state.item else [],
        private=state.private,
        is_present=standing.member is not None and str(standing.member) in state.present,
        polices=_polices(sitting, room, standing),
        entries=await _entries(tx, room, names, items, set() if is_inside else private_parts(room.happened)),
        can_run=Can.RUN in standing.grants,
    )


async def _list_votes(tx: Tx, sitting_id: UUID) -> dict[UUID, list[Vote]]:
    rows = await tx.all(
        select(Vote).join(Ballot, col(Ballot.id) == col(Vote.ballot_id)).where(col(Ballot.sitting_id) == sitting_id)
    )
    found: dict[UUID, list[Vote]] = defaultdict(list)
    for row in rows:
        found[row.ballot_id].append(row)
    return found


async def _list_participations(tx: Tx, sitting_id: UUID) -> dict[UUID, list[Participation]]:
    rows = await tx.all(
        select(Participation)
        .join(Ballot, col(Ballot.id) == col(Participation.ballot_id))
        .where(col(Ballot.sitting_id) == sitting_id)
    )
    found: dict[UUID, list[Participation]] = defaultdict(list)
    for row in rows:
        found[row.ballot_id].append(row)
    return found


async def _list_ballots(
    tx: Tx, sitting_id: UUID, room: Room, cast: Mapping[UUID, Sequence[Cast]], names: Mapping[str, str]
) -> list[BallotView]:
    rows = await tx.all(
        select(Ballot).where(col(Ballot.sitting_id) == sitting_id).order_by(col(Ballot.opened_at), col(Ballot.id))
    )
    return [_ballot(row, room, cast.get(row.id, ()), names) for row in rows]


def _ballot(row: Ballot, room: Room, cast: Sequence[Cast], names: Mapping[str, str]) -> BallotView:
    is_open, options = row.state == BallotState.OPEN, options_of(row)
    voters = {str(one.member_id) for one in cast}
    return BallotView(
        id=row.id,
        item_id=row.item_id,
        method=Method(row.method),
        mode=row.mode,
        kind=BallotKind(row.kind),
        state=BallotState(row.state),
        election=Election(row.election) if row.election else None,
        options=[OptionView(key=one.key, name=one.name, word=one.word) for one in options],
        round=row.round,
        seats=row.seats,
        received=len(cast),
        # Of one that is over: how many could vote then, whoever came or left since.
        expected=len(electors(room.setting, room.state, str(row.item_id))) if is_open else row.expected,
        sealing_key=row.sealing_key,
        result=row.result,
        # While it is open nobody is led by what others said.
        names=_names(cast, [one.key for one in options], names) if row.state == BallotState.CLOSED else {},
        took_part=[name for who, name in names.items() if who in voters],
    )


def _names(cast: Sequence[Cast], keys: Sequence[str], names: Mapping[str, str]) -> dict[str, list[str]]:
    """Who voted how, in the order of the table (CGCT L2121-15); of a secret ballot there is nothing to say."""
    votes = [one for one in cast if isinstance(one, Vote)]
    if not votes:
        return {}
    chosen = {str(one.member_id): one.choice for one in votes}
    return {key: [name for who, name in names.items() if chosen.get(who) == key] for key in keys}


def _seats(room: Room, names: Mapping[str, str], ballot: BallotView | None, cast: Sequence[Cast]) -> list[SeatView]:
    state = room.state
    held = votes(room.setting, state, state.item)
    holders = {holder: giver for giver, holder in state.proxies.items()}
    voted = {str(one.member_id): one.choice if isinstance(one, Vote) else None for one in cast}
    is_called = ballot is not None and ballot.method is Method.ROLL_CALL
    found = []
    for one in room.members:
        key = str(one.id)
        how = state.present.get(key)
        status = "present" if how is How.ROOM else "video" if how else "absent"
        if how is None and key in state.represented:
            status = "represented"
        elif how is None and key in state.excused:
            status = "excused"
        elif how is None and key in state.cut:
            status = "cut"
        found.append(
            SeatView(
                id=one.id,
                person_id=one.person_id,
                name=one.name,
                function=one.function,
                status=status,
                represented_by=names.get(state.proxies.get(key, ""), ""),
                holds=names.get(holders.get(key, ""), ""),
                withdrawn=key in state.aside(state.item),
                votes=held.get(key, 0),
                voted=key in voted,
                choice=voted.get(key) if is_called else None,
                silenced=key in state.silenced,
            )
        )
    return found


def _item(one: ItemView, room: Room, names: Mapping[str, str], ballots: Sequence[BallotView]) -> LiveItem:
    key = str(one.id)
    state = "open" if room.state.item == key else "closed" if key in room.state.closed else "waiting"
    state = "postponed" if key in room.state.postponed else state
    return LiveItem(
        id=one.id,
        number=one.number,
        title=one.title,
        depth=one.depth,
        kind=one.kind,
        state=state,
        withdrawn=[names[who] for who in room.state.aside(key) if who in names],
        ballots=[ballot for ballot in ballots if ballot.item_id == one.id and ballot.state is not BallotState.OPEN],
    )


def _mine(
    room: Room, names: Mapping[str, str], ballot: BallotView | None, member: UUID | None, cast: Sequence[Cast]
) -> list[OwnVote]:
    """The votes that the reader may cast, or has cast, in the open ballot on devices."""
    if ballot is None or ballot.method not in (Method.ELECTRONIC, Method.SECRET) or member is None:
        return []
    own = str(member)
    by_member = {str(one.member_id): one for one in cast}
    voters = electors(room.setting, room.state, str(ballot.item_id))
    return [
        _own(who, names[who], by_member.get(who), is_own=who == own) for who, caster in voters.items() if caster == own
    ]


def _own(who: str, name: str, cast: Cast | None, *, is_own: bool) -> OwnVote:
    choice = cast.choice if isinstance(cast, Vote) else None
    receipt = cast.receipt if isinstance(cast, Participation) else ""
    return OwnVote(member_id=UUID(who), name=name, own=is_own, choice=choice, receipt=receipt)


def _polices(sitting: Sitting, room: Room, standing: Standing) -> bool:
    """The chair, and who runs the sitting for them (CGCT L2121-16)."""
    is_chair = standing.member is not None and str(standing.member) == room.state.chair
    is_over = room.state.phase is Phase.CLOSED
    return sitting.meeting_id is not None and not is_over and (is_chair or Can.RUN in standing.grants)


def _requests(room: Room) -> list[RequestsView]:
    """Who asks for another ballot on the open item, and how many are needed."""
    setting, state, found = room.setting, room.state, []
    names = {str(one.id): one.name for one in room.members}
    present = len([who for who in state.present if who in names and who not in state.aside(state.item)])
    for mode in (Mode.PUBLIC, Mode.SECRET):
        needed = requests_needed(setting.body.kind, mode, present, setting.on) or (0, "")
        who = [names[one] for one in requests(setting, state, state.item, mode)]
        found.append(RequestsView(mode=Asked(mode.value), names=who, needed=needed[0], article=needed[1]))
    return found


async def _entries(
    tx: Tx, room: Room, names: Mapping[str, str], items: Sequence[ItemView], hidden: Collection[int]
) -> list[EntryView]:
    people = {row.actor_id for row in room.rows if row.actor_id}
    rows = await tx.rows(select(col(Person.id), col(Person.display_name)).where(col(Person.id).in_(people)))
    by = {row[0]: row[1] for row in rows}
    titles = {str(one.id): f"{one.number}. {one.title}" for one in items}
    struck, over = room.struck, room.state.phase is Phase.CLOSED
    return [
        EntryView(
            seq=row.seq,
            at=row.at,
            kind=row.kind,
            member=names.get(one.member, ""),
            other=names.get(one.other, ""),
            item=titles.get(one.item, ""),
            by=by.get(row.actor_id, ""),
            corrects=one.corrects,
            struck=row.seq in struck,
            correctable=not over and one.kind in CORRECTABLE and row.seq not in struck and not room.state.ballot,
            comment=str(row.data.get("comment", "")),
            mode=one.mode.value if one.kind is Kind.REQUESTED else "",
        )
        for row, one in zip(room.rows, room.happened, strict=True)
        if row.seq not in hidden
    ]


def _count(room: Room, names: Mapping[str, str]) -> CountView:
    state = room.state
    found, aside = count(room.setting, state, state.item), state.aside(state.item)
    return CountView(
        members=found.members,
        quorum=found.quorum,
        present=found.present,
        reached=found.reached,
        missing=found.missing,
        article=found.article,
        certain=found.certain,
        by_video=sum(state.present.get(who) is How.VIDEO and who not in aside for who in names),
        cut=[name for who, name in names.items() if who in state.cut],
    )
