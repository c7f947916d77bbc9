"""What one sees of minutes: what happened, what was written, what the law still asks for, every version."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from directory.people.models import Person as PersonRow
from meetings.council.assemblies.models import Assembly, Member
from meetings.council.minutes.access import Open, get_minutes
from meetings.council.minutes.compose import Person, Taken, compose
from meetings.council.minutes.models import (
    Act,
    ActCard,
    ActView,
    MinutesText,
    MinutesVersion,
    MinutesView,
    State,
    TextView,
    VersionKind,
    VersionView,
)
from meetings.council.minutes.record import Account, Dealt
from meetings.council.rules.delays import Reason, civil_day
from meetings.council.rules.entries import Assembly as Kind
from meetings.council.rules.entries import Finding
from meetings.council.rules.publication import Part, check_minutes, list_by, minutes_by
from meetings.council.sittings.live import Room
from meetings.council.sittings.models import Ballot, Sitting, SittingState, Vote
from meetings.council.sittings.queries import list_items
from meetings.council.sittings.rules import Kind as EventKind
from meetings.council.sittings.rules import private_items
from meetings.council.sittings.voting import options_of

MOST_VERSIONS = 500


async def view_minutes(tx: Tx, actor: Actor, sitting_id: UUID, zone: tzinfo) -> MinutesView:
    """The minutes of a sitting whole."""
    return await view_open(tx, await get_minutes(tx, actor, sitting_id, zone), zone)


async def view_open(tx: Tx, found: Open, zone: tzinfo) -> MinutesView:
    """The same, of what was opened."""
    minutes, sitting = found.minutes, found.sitting
    texts = await tx.all(select(MinutesText).where(col(MinutesText.minutes_id) == minutes.id))
    acts = await list_acts(tx, sitting.id)
    cards: dict[UUID, list[UUID]] = defaultdict(list)
    for row in await tx.all(select(ActCard).where(col(ActCard.act_id).in_([one.id for one in acts]))):
        cards[row.act_id].append(row.card_id)
    account = Account.model_validate(minutes.account) if minutes.account else None
    settled_in = await tx.get(Sitting, minutes.settled_in) if minutes.settled_in else None
    settled = civil_day(minutes.settled_at, zone) if minutes.settled_at else None
    return MinutesView(
        id=minutes.id,
        sitting_id=sitting.id,
        space_id=found.assembly.space_id,
        sitting_title=sitting.title,
        assembly_id=found.assembly.id,
        assembly_title=found.assembly.title,
        state=State(minutes.state),
        account=account or await read_account(tx, sitting, found.assembly, found.room),
        texts={one.part: TextView(part=one.part, text=one.text, rev=one.rev) for one in texts},
        acts=[
            ActView(id=one.id, item_id=one.item_id, label=one.label, published_at=one.published_at, cards=cards[one.id])
            for one in acts
        ],
        remarks=minutes.remarks,
        proposed_at=minutes.proposed_at,
        settled_at=minutes.settled_at,
        settled_in=settled_in.title if settled_in else "",
        published_at=minutes.published_at,
        list_published_at=minutes.list_published_at,
        list_by=list_by(civil_day(sitting.starts_at, zone)).due,
        publish_by=minutes_by(settled).due if settled else None,
        can_write=found.writes,
        can_run=found.runs,
        rev=minutes.rev,
    )


async def list_acts(tx: Tx, sitting_id: UUID) -> Sequence[Act]:
    """The numbered deliberations of a sitting, in their order."""
    statement = select(Act).where(col(Act.sitting_id) == sitting_id)
    return await tx.all(statement.order_by(col(Act.year), col(Act.number)))


async def read_account(tx: Tx, sitting: Sitting, assembly: Assembly, room: Room) -> Account:
    """What happened in a sitting, from its events."""
    author = None
    if sitting.convened_by is not None:
        author = await tx.one(
            select(col(PersonRow.display_name))
            .join(Member, col(Member.person_id) == col(PersonRow.id))
            .where(col(Member.id) == sitting.convened_by)
        )
    acts = {one.item_id: one.label for one in await list_acts(tx, sitting.id)}
    behind_doors = private_items(room.happened)
    items = [
        Dealt(
            id=one.id,
            number=one.number,
            depth=one.depth,
            title=one.title,
            kind=one.kind.value,
            public=one.public and str(one.id) not in behind_doors,
            rapporteur=one.rapporteur,
            report=one.note,
            files=[file.name for file in one.files],
            act=acts.get(one.id, ""),
        )
        for one in await list_items(tx, sitting.id)
    ]
    account = Account(
        assembly=assembly.title,
        kind=Kind(assembly.kind),
        title=sitting.title,
        place=sitting.place,
        remote=sitting.remote,
        urgent=sitting.urgent,
        second=sitting.reason == Reason.NO_QUORUM,
        convened_at=sitting.convened_at,
        convened_by=author or "",
        starts_at=sitting.starts_at,
    )
    people = {str(one.id): Person(one.name, one.function, one.party) for one in room.members}
    return compose(account, items, room.setting, people, room.happened, await _list_taken(tx, sitting.id, room))


async def _list_taken(tx: Tx, sitting_id: UUID, room: Room) -> list[Taken]:
    rows = await tx.all(select(Ballot).where(col(Ballot.sitting_id) == sitting_id).order_by(col(Ballot.opened_at)))
    votes: dict[UUID, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    cast = select(Vote).join(Ballot, col(Ballot.id) == col(Vote.ballot_id)).where(col(Ballot.sitting_id) == sitting_id)
    for vote in await tx.all(cast):
        votes[vote.ballot_id][vote.choice].append(str(vote.member_id))
    order = {who: place for place, who in enumerate(room.setting.members)}
    asked = {row.data.get("ballot"): row.data for row in room.rows if row.kind == EventKind.BALLOT_OPENED}
    return [
        Taken(
            id=str(row.id),
            item=str(row.item_id),
            method=row.method,
            mode=row.mode,
            kind=row.kind,
            state=row.state,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
            result=row.result,
            names={
                chosen: sorted(votes[row.id][key], key=lambda one: order.get(one, 0))
                for key, chosen in _ways(row).items()
                if votes[row.id][key]
            },
            public_requests=_number(asked, row, "public_requests"),
            secret_requests=_number(asked, row, "secret_requests"),
        )
        for row in rows
    ]


def _ways(ballot: Ballot) -> dict[str, str]:
    """What could be chosen: as votes have it, and as it is read."""
    return {one.key: one.name or one.key for one in options_of(ballot)}


def _number(asked: Mapping[object, Mapping[str, object]], row: Ballot, name: str) -> int:
    value = asked.get(str(row.id), {}).get(name, 0)
    return value if isinstance(value, int) else 0


def find_missing(view: MinutesView, *, is_settled: bool = True) -> list[Finding]:
    """What keeps these minutes from being settled, or (not `is_settled`) published (CGCT L2121-15)."""
    account = view.account
    opened = [one for one in account.items if one.opened_at is not None]
    closed = [ballot for one in account.items for ballot in one.ballots if not ballot.withdrawn]
    has = {
        Part.DATE: account.opened_at is not None,
        Part.TIME: account.opened_at is not None and account.closed_at is not None,
        Part.CHAIR: bool(account.chair),
        Part.PRESENT: any(one.spans for one in account.members),
        Part.REPRESENTED: True,  # known from the events, be they none
        Part.SECRETARY: bool(account.secretary),
        Part.QUORUM: bool(account.quorums),
        Part.AGENDA: bool(account.items),
        Part.DELIBERATIONS: all(view.text(f"deliberation:{one.item_id}").strip() for one in view.acts),
        Part.REPORTS: True,  # what went with the convocation
        Part.BALLOT_REQUESTS: True,  # as above
        Part.RESULTS: all(one.result or one.figures for one in closed),
        Part.NAMES: all(one.names for one in closed if one.mode == "public"),
        Part.DEBATES: all(view.text(f"debates:{one.id}").strip() for one in opened),
    }
    public = any(one.mode == "public" for one in closed)
    return check_minutes([part for part, there in has.items() if there], public_ballot=public, is_settled=is_settled)


async def list_versions(tx: Tx, actor: Actor, sitting_id: UUID, zone: tzinfo) -> list[VersionView]:
    """What was saved, the last first; for those who write the minutes, and everybody's corrections of settled ones."""
    found = await get_minutes(tx, actor, sitting_id, zone)
    statement = (
        select(MinutesVersion, col(PersonRow.display_name))
        .outerjoin(PersonRow, col(PersonRow.id) == col(MinutesVersion.by_id))
        .where(col(MinutesVersion.minutes_id) == found.minutes.id)
    )
    if not found.writes:
        statement = statement.where(col(MinutesVersion.kind) == VersionKind.CORRECTION)
    rows = await tx.rows(
        statement.order_by(col(MinutesVersion.at).desc(), col(MinutesVersion.id).desc()).limit(MOST_VERSIONS)
    )
    return [
        VersionView(
            id=row.id,
            part=row.part,
            text=row.text,
            kind=VersionKind(row.kind),
            reason=row.reason,
            at=row.at,
            by=name or "",
        )
        for row, name in rows
    ]


async def list_settling(tx: Tx, found: Open) -> list[tuple[UUID, str]]:
    """The later sittings of the assembly that are or were held: the first of them settles the minutes."""
    states = (SittingState.OPEN, SittingState.SUSPENDED, SittingState.CLOSED)
    rows = await tx.rows(
        select(col(Sitting.id), col(Sitting.title))
        .where(
            col(Sitting.assembly_id) == found.assembly.id,
            col(Sitting.starts_at) > found.sitting.starts_at,
            col(Sitting.state).in_(states),
        )
        .order_by(col(Sitting.starts_at))
    )
    return [(row[0], row[1]) for row in rows]
