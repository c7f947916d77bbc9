"""What everybody may see, without an account: sittings that were convened, results as they fall, what was published.

This is the one place that decides it. Nobody in particular asks, so nothing depends on who does: drafts, notes, files,
presence, open ballots and whatever was dealt with in closed session are never in what comes out of here.
"""

from datetime import tzinfo
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import NotFound
from meetings.council.assemblies.access import Can, get_assembly
from meetings.council.assemblies.models import Assembly
from meetings.council.documents.models import Document, DocumentView, Format, Kind
from meetings.council.documents.queries import bytes_of, newest
from meetings.council.minutes.queries import read_account
from meetings.council.minutes.record import Account, Dealt
from meetings.council.publishing.models import (
    PublicAssembly,
    PublicItem,
    PublicPage,
    PublicSitting,
    PublicSummary,
)
from meetings.council.sittings.access import get_sitting
from meetings.council.sittings.live import read_room
from meetings.council.sittings.models import Item, Sitting, SittingState
from meetings.council.sittings.rules import private_items

MOST = 200
SHOWN = (SittingState.CONVENED, SittingState.OPEN, SittingState.SUSPENDED, SittingState.CLOSED, SittingState.CANCELLED)
ONLINE = (Kind.PUBLIC_MINUTES, Kind.LIST, Kind.EXTRACT)


def is_shown(item: Dealt) -> bool:
    """Whether everybody may know what an item was about."""
    return item.public


async def has_page(tx: Tx, actor: Actor, assembly_id: UUID) -> bool:
    """Whether an assembly that the actor reads has a public page."""
    await get_assembly(tx, actor, assembly_id, Can.READ)
    return await tx.get(PublicAssembly, assembly_id) is not None


async def view_page(tx: Tx, assembly_id: UUID) -> PublicPage:
    """The public page of an assembly, or NotFound."""
    assembly = await _assembly(tx, assembly_id)
    rows = await tx.rows(
        select(Sitting, _online(Kind.PUBLIC_MINUTES), _online(Kind.LIST))
        .where(col(Sitting.assembly_id) == assembly_id, col(Sitting.state).in_(SHOWN))
        .order_by(col(Sitting.starts_at).desc(), col(Sitting.id))
        .limit(MOST)
    )
    sittings = [
        PublicSummary(
            id=row.id,
            title=row.title,
            starts_at=row.starts_at,
            place=row.place,
            state=SittingState(row.state),
            minutes=minutes,
            listed=listed,
        )
        for row, minutes, listed in rows
    ]
    to_come = (SittingState.CONVENED, SittingState.OPEN, SittingState.SUSPENDED)
    return PublicPage(
        id=assembly.id,
        title=assembly.title,
        coming=[one for one in reversed(sittings) if one.state in to_come],
        held=[one for one in sittings if one.state not in to_come],
    )


def _online(kind: Kind) -> ColumnElement[bool]:
    return exists().where(
        col(Document.sitting_id) == col(Sitting.id),
        col(Document.kind) == kind.value,
        col(Document.published_at).is_not(None),
    )


async def view_sitting(tx: Tx, sitting_id: UUID, zone: tzinfo) -> PublicSitting:
    """A sitting of an assembly with a public page, or NotFound."""
    sitting, assembly = await _sitting(tx, sitting_id)
    account = await read_account(tx, sitting, assembly, await read_room(tx, sitting, assembly, zone))
    documents = await newest(tx, *_published(sitting_id))
    extracts = {one.item_id: one for one in documents if one.kind is Kind.EXTRACT}
    is_off = sitting.state == SittingState.CANCELLED
    return PublicSitting(
        id=sitting.id,
        assembly_id=assembly.id,
        assembly_title=assembly.title,
        title=sitting.title,
        starts_at=sitting.starts_at,
        place=sitting.place,
        remote=sitting.remote,
        state=SittingState(sitting.state),
        opened_at=account.opened_at,
        closed_at=account.closed_at,
        items=[] if is_off else [_item(account, one, extracts.get(one.id)) for one in account.items],
        documents=[one for one in documents if one.kind is not Kind.EXTRACT],
    )


def _item(account: Account, one: Dealt, extract: DocumentView | None) -> PublicItem:
    is_over = one.closed_at is not None or account.closed_at is not None
    state = "waiting" if one.opened_at is None else "dealt" if is_over else "open"
    if not is_shown(one):
        return PublicItem(
            number=one.number,
            depth=one.depth,
            closed=True,
            title="",
            rapporteur="",
            state=state,
            ballots=[],
            extract=None,
        )
    return PublicItem(
        number=one.number,
        depth=one.depth,
        closed=False,
        title=one.title,
        rapporteur=one.rapporteur,
        state=state,
        ballots=[ballot for ballot in one.ballots if not ballot.withdrawn],
        extract=extract,
    )


async def list_hidden(tx: Tx, actor: Actor, sitting_id: UUID, zone: tzinfo) -> set[UUID]:
    """The items that the room's screen does not name: those of a closed session."""
    sitting, assembly, _ = await get_sitting(tx, actor, sitting_id, Can.READ)
    hidden = select(col(Item.id)).where(col(Item.sitting_id) == sitting_id, col(Item.public).is_(False))
    room = await read_room(tx, sitting, assembly, zone)
    return {*await tx.all(hidden), *(UUID(one) for one in private_items(room.happened))}


async def read_public_document(tx: Tx, sitting_id: UUID, document_id: UUID, form: Format) -> tuple[DocumentView, bytes]:
    """A document that is online, or NotFound."""
    await _sitting(tx, sitting_id)
    return await bytes_of(tx, document_id, form, *_published(sitting_id))


def _published(sitting_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        col(Document.sitting_id) == sitting_id,
        col(Document.published_at).is_not(None),
        col(Document.kind).in_([kind.value for kind in ONLINE]),
    )


async def _sitting(tx: Tx, sitting_id: UUID) -> tuple[Sitting, Assembly]:
    sitting = await tx.get(Sitting, sitting_id)
    if sitting is None or sitting.state not in SHOWN:
        raise NotFound()
    return sitting, await _assembly(tx, sitting.assembly_id)


async def _assembly(tx: Tx, assembly_id: UUID) -> Assembly:
    assembly = await tx.get(Assembly, assembly_id)
    if assembly is None or await tx.get(PublicAssembly, assembly_id) is None:
        raise NotFound()
    return assembly
