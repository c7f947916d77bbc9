"""Makes the documents of a sitting, by a job: what they say comes from the minutes, how they look from the press.

The press is a port; web/render/press.py is the real one. Registered in web/scheduled.py.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update
from sqlmodel import col

from collab.core.access import job_actor
from collab.core.database import Database, Tx
from collab.core.ids import new_id
from collab.core.jobs import Handler, Job
from meetings.council.documents.models import Document, Kind
from meetings.council.documents.owing import MAKE
from meetings.council.documents.queries import newest
from meetings.council.minutes.access import open_held
from meetings.council.minutes.models import MinutesView, State
from meetings.council.minutes.queries import view_open


@dataclass(frozen=True, slots=True)
class Wanted:
    """A document to be made, of an item or of the whole sitting."""

    kind: Kind
    item_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """What a document says, in the press's own form."""

    title: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Printed:
    """A document as files."""

    pdf: bytes
    odt: bytes


class Press(Protocol):
    """Words and sets documents."""

    async def compose(self, view: MinutesView, wanted: Sequence[Wanted]) -> list[Paper]:
        """What documents say, in order; the same for the same minutes."""
        ...

    async def print(self, papers: Sequence[Paper]) -> list[Printed]:
        """Their files, in order."""
        ...


def handlers(press: Press, zone: str) -> dict[str, Handler]:
    """The handler of this slice's job."""

    async def make(db: Database, job: Job) -> None:
        await make_documents(db, press, UUID(job.payload["sitting"]), ZoneInfo(zone))

    return {MAKE: make}


def list_wanted(view: MinutesView) -> list[Wanted]:
    """Which documents a sitting has."""
    whole = [Wanted(kind) for kind in (Kind.MINUTES, Kind.PUBLIC_MINUTES, Kind.LIST, Kind.REGISTER)]
    acts = [Wanted(kind, one.item_id) for one in view.acts for kind in (Kind.DELIBERATION, Kind.EXTRACT)]
    return whole + acts


async def make_documents(db: Database, press: Press, sitting_id: UUID, zone: ZoneInfo) -> int:
    """Make those that would say something else than the newest; returns how many."""
    async with db.read() as tx:
        found = await open_held(tx, sitting_id, zone)
        if found is None:
            return 0
        view = await view_open(tx, found, zone)
        known = await _digests(tx, sitting_id)
    wanted = list_wanted(view)
    papers = await press.compose(view, wanted)
    digests = [hashlib.sha256(one.content).hexdigest() for one in papers]
    due = [n for n, one in enumerate(wanted) if known.get((one.kind, one.item_id)) != digests[n]]
    printed = await press.print([papers[n] for n in due])
    async with db.write() as tx:
        for n, files in zip(due, printed, strict=True):
            await _keep(tx, sitting_id, wanted[n], papers[n].title, digests[n], files)
        await tx.flush()
        await _publish(tx, view)
    return len(due)


async def _digests(tx: Tx, sitting_id: UUID) -> dict[tuple[Kind, UUID | None], str]:
    rows = await tx.rows(
        select(col(Document.kind), col(Document.item_id), col(Document.digest))
        .where(col(Document.sitting_id) == sitting_id)
        .order_by(col(Document.made_at), col(Document.id))
    )
    return {(Kind(kind), item): digest for kind, item, digest in rows}


async def _keep(tx: Tx, sitting_id: UUID, wanted: Wanted, title: str, digest: str, files: Printed) -> None:
    """A new one; those before that nobody but us has seen go."""
    before = (
        delete(Document)
        .where(col(Document.sitting_id) == sitting_id, col(Document.kind) == wanted.kind.value)
        .where(col(Document.item_id) == wanted.item_id if wanted.item_id else col(Document.item_id).is_(None))
        .where(col(Document.published_at).is_(None))
    )
    await tx.execute(before)
    tx.add(
        Document(
            id=new_id(),
            sitting_id=sitting_id,
            item_id=wanted.item_id,
            kind=wanted.kind.value,
            digest=digest,
            title=title[:300],
            pdf=files.pdf,
            odt=files.odt,
            pdf_size=len(files.pdf),
            odt_size=len(files.odt),
            sha256=hashlib.sha256(files.pdf).hexdigest(),
            made_at=tx.now,
        )
    )


async def _publish(tx: Tx, view: MinutesView) -> None:
    """Put online what was to be published, now that it is made; the journal keeps its hash (CGCT R2131-1)."""
    items = {one.item_id for one in view.acts if one.published_at is not None}
    for one in await newest(tx, col(Document.sitting_id) == view.sitting_id):
        is_out = (
            (one.kind is Kind.PUBLIC_MINUTES and view.state is State.PUBLISHED)
            or (one.kind is Kind.LIST and view.list_published_at is not None)
            or (one.kind is Kind.EXTRACT and one.item_id in items)
        )
        if is_out and one.published_at is None:
            await tx.execute(update(Document).where(col(Document.id) == one.id).values(published_at=tx.now))
            told = {"document": str(one.id), "kind": one.kind.value, "sha256": one.sha256}
            tx.record(
                job_actor("documents"), "council.put_online", space=view.space_id, subject=view.sitting_id, **told
            )
