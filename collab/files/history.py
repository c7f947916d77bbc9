"""The readable history of a document: what the journal says of it, and who read it.

Owners see it; editors too, but where the space holds personal or financial data: who reads what is then a matter of
few.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, ActorKind
from collab.core.database import Tx
from collab.core.errors import Denied
from collab.core.journal import JournalDetails, JournalEntry
from collab.files.access import get_node
from collab.files.models import Node, PersonRef
from collab.files.queries import people_named
from collab.files.readings import FileRead
from collab.spaces.access import Can, get_space, require
from collab.spaces.models import DataClass, Role

PAGE = 100
READ = "files.read"
# What the journal holds of an entry that its readers need no names of ids for.
SHOWN = ("name", "old_name", "signature", "reason", "type", "started_on", "due_on", "comment")


class HistoryEntry(BaseModel):
    """One thing that happened to a document. `details` are empty once they were erased.

    `action`: the journal's, or `files.read`; a reading is somebody's within the hour that begins `at`, by a `door`.
    """

    at: datetime
    who: PersonRef | None
    actor_kind: ActorKind
    action: str
    door: str = ""
    number: int | None = None
    details: dict[str, str] = {}


def sees_history(role: Role, data_class: DataClass) -> bool:
    """Whether this role sees who read. Pure."""
    if role is Role.EDITOR:
        return data_class not in (DataClass.PERSONAL, DataClass.FINANCIAL)
    return role is Role.OWNER


async def may_see(tx: Tx, actor: Actor, space_id: UUID) -> bool:
    """Whether the actor, who may read there, sees histories in a space."""
    space = await get_space(tx, actor, space_id, Can.READ)
    return sees_history(await require(tx, actor, space_id, Can.READ), DataClass(space.data_class))


async def list_history(
    tx: Tx, actor: Actor, node_id: UUID, *, before: datetime | None = None, limit: int = PAGE
) -> tuple[Node, list[HistoryEntry], datetime | None]:
    """What happened to a file or folder, newest first, and the instant to go on `before`."""
    node = await get_node(tx, actor, node_id, Can.READ, trashed=True)
    if not await may_see(tx, actor, node.space_id):
        raise Denied()
    entries = await _changes(tx, node, before, limit + 1) + await _reads(tx, node, before, limit + 1)
    entries.sort(key=lambda entry: entry.at, reverse=True)
    more = None
    if len(entries) > limit:
        # What happened at one instant stays together, or the next part would leave some of it out.
        part = [entry for entry in entries[:limit] if entry.at != entries[limit].at] or entries[:limit]
        entries, more = part, part[-1].at
    people = await people_named(tx, [entry.who.id for entry in entries if entry.who])
    for entry in entries:
        entry.who = people.get(entry.who.id) if entry.who else None
    return node, entries, more


async def _changes(tx: Tx, node: Node, before: datetime | None, limit: int) -> list[HistoryEntry]:
    statement = (
        select(JournalEntry, JournalDetails)
        .outerjoin(JournalDetails, col(JournalDetails.entry_id) == col(JournalEntry.id))
        .where(col(JournalEntry.subject_id) == node.id)
        .order_by(col(JournalEntry.at).desc(), col(JournalEntry.id).desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(col(JournalEntry.at) < before)
    return [
        HistoryEntry(
            at=entry.at,
            who=_person(entry.actor_kind, entry.actor_id),
            actor_kind=ActorKind(entry.actor_kind),
            action=entry.action,
            number=details.details.get("number") if details else None,
            details=_shown(details.details) if details else {},
        )
        for entry, details in await tx.rows(statement)
    ]


async def _reads(tx: Tx, node: Node, before: datetime | None, limit: int) -> list[HistoryEntry]:
    statement = (
        select(FileRead).where(col(FileRead.file_id) == node.id).order_by(col(FileRead.hour).desc()).limit(limit)
    )
    if before is not None:
        statement = statement.where(col(FileRead.hour) < before)
    return [
        HistoryEntry(
            at=read.hour,
            who=_person(read.reader_kind, read.reader_id),
            actor_kind=ActorKind(read.reader_kind),
            action=READ,
            door=read.door,
            number=read.number,
        )
        for read in await tx.all(statement)
    ]


def _person(kind: str, key: UUID | None) -> PersonRef | None:
    known = kind in (ActorKind.PERSON, ActorKind.TOKEN) and key is not None
    return PersonRef(id=key, name="") if known and key else None


def _shown(details: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(details[name]) for name in SHOWN if details.get(name) not in (None, "")}
