"""The documents of a sitting: the newest of each, their bytes for who may read the minutes."""

from datetime import tzinfo
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import NotFound
from meetings.council.documents.models import Document, DocumentView, Format, Kind
from meetings.council.minutes.access import get_minutes

# Lists leave the bytes where they are.
_LISTED = [col(getattr(Document, name)) for name in DocumentView.model_fields]


async def list_documents(tx: Tx, actor: Actor, sitting_id: UUID, zone: tzinfo) -> list[DocumentView]:
    """The newest document of each kind and item, for who may read the minutes."""
    await get_minutes(tx, actor, sitting_id, zone)
    return await newest(tx, col(Document.sitting_id) == sitting_id)


async def newest(tx: Tx, *conditions: ColumnElement[bool]) -> list[DocumentView]:
    """The newest of each kind and item among these; the caller has asked whether they may be seen."""
    statement: Select[Any] = select(*_LISTED)
    rows = await tx.rows(statement.where(*conditions).order_by(col(Document.made_at), col(Document.id)))
    found = {(row.kind, row.item_id): DocumentView.model_validate(row._mapping) for row in rows}
    order = list(Kind)
    return sorted(found.values(), key=lambda one: (order.index(one.kind), one.title))


async def read_document(
    tx: Tx, actor: Actor, sitting_id: UUID, document_id: UUID, form: Format, zone: tzinfo
) -> tuple[DocumentView, bytes]:
    """A document of these minutes with its bytes."""
    await get_minutes(tx, actor, sitting_id, zone)
    return await bytes_of(tx, document_id, form, col(Document.sitting_id) == sitting_id)


async def bytes_of(
    tx: Tx, document_id: UUID, form: Format, *conditions: ColumnElement[bool]
) -> tuple[DocumentView, bytes]:
    """One document that meets the conditions, or NotFound."""
    view = next(iter(await newest(tx, col(Document.id) == document_id, *conditions)), None)
    content = col(Document.pdf) if form is Format.PDF else col(Document.odt)
    data = await tx.one(select(content).where(col(Document.id) == document_id))
    if view is None or data is None:
        raise NotFound()
    return view, bytes(data)
