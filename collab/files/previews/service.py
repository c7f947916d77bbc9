"""What there is to show of a version, and what is owed to show it.

Whoever calls has obtained the content through its own gate (queries.find_content): a preview is given to nobody who may
not have the bytes, and of no version that they may not have.
"""

import re
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from collab.core.database import Tx
from collab.core.errors import NotFound
from collab.core.jobs import enqueue
from collab.files.events import ContentsDestroyed
from collab.files.models import FileVersion
from collab.files.previews.kinds import MADE, PAGED, preview_kind
from collab.files.previews.models import FilePreview, FilePreviewPart, PreviewView, State
from collab.files.queries import Source
from collab.files.service import DESTROY, LOT

MAKE = "files.make_preview"
PAGES_AT_ONCE = 4
MOST_ATTEMPTS = 3
AGAIN = {State.BROKEN: timedelta(hours=1), State.ABSENT: timedelta(minutes=10)}
_PART = re.compile(r"thumb|picture|text|page-[1-9][0-9]{0,4}")


async def find_preview(tx: Tx, source: Source) -> PreviewView | None:
    """How a content can be shown; None where that has to be asked for first."""
    kind = preview_kind(source.name, source.size)
    if kind not in MADE:
        return PreviewView(kind=kind, state=State.READY)
    row = await tx.get(FilePreview, await _version_of(tx, source))
    if row is None or is_due(tx, row):
        return None
    return PreviewView(kind=kind, state=State(row.state), pages=row.pages)


async def ask_preview(tx: Tx, source: Source) -> PreviewView:
    """The same, owing the job that makes it where that is not done."""
    found = await find_preview(tx, source)
    if found is not None:
        return found
    await owe_preview(tx, await _version_of(tx, source))
    return PreviewView(kind=preview_kind(source.name, source.size), state=State.WAITING)


async def owe_preview(tx: Tx, version_id: UUID) -> None:
    """Owe the job that makes what shows a version first; it is `waiting` from now on."""
    values = {"state": State.WAITING.value, "tried_at": tx.now}
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    statement = insert(FilePreview).values(version_id=version_id, pages=0, reason="", attempts=0, **values)
    await tx.execute(statement.on_conflict_do_update(index_elements=["version_id"], set_=values))
    await _owe(tx, version_id, 1)


async def shown_so_far(tx: Tx, source: Source) -> PreviewView:
    """The same for a page that asks by itself for what is not made yet."""
    waiting = PreviewView(kind=preview_kind(source.name, source.size), state=State.WAITING)
    return await find_preview(tx, source) or waiting


async def find_part(tx: Tx, source: Source, name: str) -> Source | None:
    """A part of the preview, as something to send; None where it has to be asked for. Raises NotFound for no part."""
    if not _PART.fullmatch(name):
        raise NotFound()
    part = await tx.get(FilePreviewPart, (await _version_of(tx, source), name))
    if part is None:
        return None
    media_type = "text/plain; charset=utf-8" if name == "text" else "image/webp"
    return replace(
        source,
        key=part.key,
        name=f"{name}.{'txt' if name == 'text' else 'webp'}",
        size=part.size,
        sha256=part.sha256,
        media_type=media_type,
        made_at=part.made_at,
    )


async def ask_part(tx: Tx, source: Source, name: str) -> PreviewView:
    """Owe what makes this part. Raises NotFound when there will be none."""
    view = await ask_preview(tx, source)
    if view.state is State.WAITING:
        return view
    number = int(name.removeprefix("page-")) if name.startswith("page-") else 0
    if view.state is not State.READY or view.kind not in PAGED or not 0 < number <= view.pages:
        raise NotFound()
    await _owe(tx, await _version_of(tx, source), number - (number - 1) % PAGES_AT_ONCE)
    return view.model_copy(update={"state": State.WAITING})


async def forget_previews(tx: Tx, fact: ContentsDestroyed) -> None:
    """Forget what was made of versions that are destroyed; owe the destruction of its bytes."""
    for start in range(0, len(fact.version_ids), LOT):
        gone = fact.version_ids[start : start + LOT]
        await tx.execute(delete(FilePreview).where(col(FilePreview.version_id).in_(gone)))
        here = col(FilePreviewPart.version_id).in_(gone)
        keys = await tx.all(delete(FilePreviewPart).where(here).returning(col(FilePreviewPart.key)))
        for part in range(0, len(keys), LOT):
            await enqueue(tx, DESTROY, {"keys": list(keys[part : part + LOT])})


async def _version_of(tx: Tx, source: Source) -> UUID:
    version: UUID | None = await tx.one(select(col(FileVersion.id)).where(col(FileVersion.key) == source.key))
    if version is None:
        raise NotFound()
    return version


def is_due(tx: Tx, row: FilePreview) -> bool:
    """Whether what failed is to be tried once more."""
    wait = AGAIN.get(State(row.state))
    return wait is not None and row.attempts < MOST_ATTEMPTS and row.tried_at < tx.now - wait


async def _owe(tx: Tx, version_id: UUID, first: int) -> None:
    row = await tx.get(FilePreview, version_id)
    attempts = row.attempts if row else 0
    key = f"{MAKE}:{version_id}:{first}:{attempts}"
    await enqueue(tx, MAKE, {"version": str(version_id), "first": first}, key=key)
