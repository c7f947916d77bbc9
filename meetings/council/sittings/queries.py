"""What one sees of sittings: those of an assembly, one's next ones, one of them whole with its agenda."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.jobs import Job, JobState
from collab.files.models import Node
from directory.people.models import Person
from meetings.council.assemblies.access import Can, get_with_standing, is_mine
from meetings.council.assemblies.models import Assembly, Channel, Member
from meetings.council.rules.delays import Reason
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings.access import get_sitting
from meetings.council.sittings.inputs import ConvenedView, FileView, ItemView, SittingSummary, SittingView
from meetings.council.sittings.models import Convocation, Item, ItemFile, Sitting, SittingState

MOST = 200


async def list_sittings(tx: Tx, actor: Actor, assembly_id: UUID) -> list[SittingSummary]:
    """The sittings of an assembly, the last one first; drafts for those who prepare them."""
    _, standing = await get_with_standing(tx, actor, assembly_id, Can.READ)
    statement = _statement().where(col(Sitting.assembly_id) == assembly_id)
    if Can.RUN not in standing.grants:
        statement = statement.where(col(Sitting.state) != SittingState.DRAFT)
    return await _list(tx, statement.order_by(col(Sitting.starts_at).desc(), col(Sitting.id).desc()))


async def list_coming(tx: Tx, actor: Actor) -> list[SittingSummary]:
    """The sittings to come of every assembly that the actor reads, and those that are open; drafts left out."""
    if actor.person_id is None:
        return []
    states = (SittingState.CONVENED, SittingState.OPEN, SittingState.SUSPENDED)
    statement = _statement().where(is_mine(actor), col(Sitting.state).in_(states))
    return await _list(tx, statement.order_by(col(Sitting.starts_at), col(Sitting.id)))


def _statement() -> Select[Any]:
    statement: Select[Any] = select(Sitting, col(Assembly.title))  # type: ignore[assignment]  # its own row type says no more
    return statement.join(Assembly, col(Assembly.id) == col(Sitting.assembly_id))


async def _list(tx: Tx, statement: Select[Any]) -> list[SittingSummary]:
    return [_summary(sitting, title) for sitting, title in await tx.rows(statement.limit(MOST))]


async def view_sitting(tx: Tx, actor: Actor, sitting_id: UUID) -> SittingView:
    """A sitting whole."""
    sitting, assembly, standing = await get_sitting(tx, actor, sitting_id, Can.READ)
    convened = await _list_convened(tx, sitting)
    can_run = Can.RUN in standing.grants
    author = None
    if sitting.convened_by is not None:
        author = await tx.one(
            select(col(Person.display_name))
            .join(Member, col(Member.person_id) == col(Person.id))
            .where(col(Member.id) == sitting.convened_by)
        )
    return SittingView(
        **_summary(sitting, assembly.title).model_dump(),
        space_id=assembly.space_id,
        urgent=sitting.urgent,
        reason=Reason(sitting.reason) if sitting.reason else None,
        meeting_id=sitting.meeting_id,
        convened_at=sitting.convened_at,
        convened_by=author or "",
        items=await list_items(tx, sitting_id),
        convened=convened if can_run else [],
        own=next((one for one in convened if one.member_id == standing.member), None),
        can_run=can_run,
        is_member=standing.member is not None,
    )


async def list_items(tx: Tx, sitting_id: UUID) -> list[ItemView]:
    """The agenda in its order, with numbers; for those who have read the sitting."""
    rows = await tx.rows(
        select(Item, col(Person.display_name))
        .outerjoin(Person, col(Person.id) == col(Item.rapporteur_id))
        .where(col(Item.sitting_id) == sitting_id)
        .order_by(col(Item.position), col(Item.id))
    )
    files = await _list_files(tx, [item.id for item, _ in rows])
    below: dict[UUID | None, list[tuple[Item, str | None]]] = defaultdict(list)
    for item, name in rows:
        below[item.parent_id].append((item, name))
    found = []
    for first, (item, name) in enumerate(below[None], start=1):
        found.append(_item(item, name, str(first), 0, files[item.id]))
        for second, (under, who) in enumerate(below[item.id], start=1):
            found.append(_item(under, who, f"{first}.{second}", 1, files[under.id]))
    return found


async def _list_files(tx: Tx, items: Sequence[UUID]) -> dict[UUID, list[FileView]]:
    """The files of these items that still are, by name."""
    rows = await tx.rows(
        select(ItemFile, Node)
        .join(Node, col(Node.id) == col(ItemFile.node_id))
        .where(col(ItemFile.item_id).in_(items), col(Node.trash_id).is_(None))
        .order_by(col(Node.name), col(Node.id))
    )
    found: dict[UUID, list[FileView]] = defaultdict(list)
    for row, node in rows:
        found[row.item_id].append(FileView(id=node.id, name=node.name, late=row.late))
    return found


async def _list_convened(tx: Tx, sitting: Sitting) -> list[ConvenedView]:
    rows = await tx.rows(
        select(Convocation, Person)
        .join(Member, col(Member.id) == col(Convocation.member_id))
        .join(Person, col(Person.id) == col(Member.person_id))
        .where(col(Convocation.sitting_id) == sitting.id)
        .order_by(col(Member.place), col(Person.sort_name), col(Member.id))
    )
    keys = {f"mail:council:{sitting.id}:{row.member_id}": row.member_id for row, _ in rows}
    jobs = await tx.rows(select(col(Job.key), col(Job.state)).where(col(Job.key).in_(keys)))
    states = {keys[key]: JobState(state) for key, state in jobs}
    return [
        ConvenedView(
            member_id=row.member_id,
            person_id=person.id,
            name=person.display_name,
            channel=Channel(row.channel),
            sent_at=row.sent_at,
            digest=row.digest,
            acknowledged_at=row.acknowledged_at,
            # A job that was done long ago is no longer kept.
            mail=states.get(row.member_id, JobState.DONE) if row.channel == Channel.MAIL else None,
        )
        for row, person in rows
    ]


def _item(item: Item, rapporteur: str | None, number: str, depth: int, files: list[FileView]) -> ItemView:
    return ItemView(
        id=item.id,
        parent_id=item.parent_id,
        number=number,
        depth=depth,
        position=item.position,
        title=item.title,
        kind=ItemKind(item.kind),
        public=item.public,
        rapporteur_id=item.rapporteur_id,
        rapporteur=rapporteur or "",
        note=item.note,
        draft=item.draft,
        files=files,
        rev=item.rev,
    )


def _summary(sitting: Sitting, assembly_title: str) -> SittingSummary:
    return SittingSummary(
        id=sitting.id,
        assembly_id=sitting.assembly_id,
        assembly_title=assembly_title,
        title=sitting.title,
        starts_at=sitting.starts_at,
        place=sitting.place,
        remote=sitting.remote,
        state=SittingState(sitting.state),
        rev=sitting.rev,
    )
