"""What was done with the files of a space, as lines that people can read. The journal is the source of truth.

Readers see what was done with things that are there; what lies in the trash, or is gone, is for editors, as it is
everywhere else. An action without a line in LINES is no news to anybody (keep it so for what only owners may know).
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import Select, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.i18n import Message, msg
from collab.core.journal import JournalDetails, JournalEntry
from collab.files.access import get_node
from collab.files.models import Node, PersonRef
from collab.files.queries import people_named
from collab.spaces.access import GRANTS, Can, require

PAGE = 50

LINES: dict[str, Message] = {
    "files.create_folder": msg("%(who)s made the folder “%(name)s”"),
    "files.upload": msg("%(who)s added “%(name)s”"),
    "files.add_version": msg("%(who)s added a version of “%(name)s”"),
    "files.restore_version": msg("%(who)s made version %(number)s of “%(name)s” the current one again"),
    "files.comment_version": msg("%(who)s described version %(number)s of “%(name)s”"),
    "files.destroy_version": msg("%(who)s destroyed version %(number)s of “%(name)s”"),
    "files.rename": msg("%(who)s renamed “%(old_name)s” to “%(name)s”"),
    "files.move": msg("%(who)s moved “%(name)s” to another folder"),
    "files.copy": msg("%(who)s made the copy “%(name)s”"),
    "files.move_in": msg("%(who)s moved “%(name)s” here from another space"),
    "files.move_out": msg("%(who)s moved “%(name)s” to another space"),
    "files.trash": msg("%(who)s put “%(name)s” into the trash"),
    "files.restore": msg("%(who)s put “%(name)s” back from the trash"),
    "files.purge": msg("%(who)s destroyed “%(name)s”"),
    "files.comment": msg("%(who)s commented on “%(name)s”"),
    "files.tag": msg("%(who)s gave “%(name)s” the tag “%(tag)s”"),
    "files.untag": msg("%(who)s took the tag “%(tag)s” off “%(name)s”"),
    "files.create_tag": msg("%(who)s made the tag “%(tag)s”"),
    "files.remove_tag": msg("%(who)s removed the tag “%(tag)s”"),
    "files.lock": msg("%(who)s locked “%(name)s”"),
    "files.unlock": msg("%(who)s unlocked “%(name)s”"),
    "files.break_lock": msg("%(who)s ended somebody else’s lock on “%(name)s”"),
    "files.quarantine": msg("Malware was found in “%(name)s”: it is in quarantine"),
    "links.create_view": msg("%(who)s made a link to “%(name)s”"),
    "links.create_box": msg("%(who)s made a deposit box of “%(name)s”"),
    "links.revoke": msg("%(who)s revoked a link to “%(name)s”"),
    "files.hold": msg("%(who)s put “%(name)s” under a legal hold"),
    "files.release_hold": msg("%(who)s ended a legal hold on “%(name)s”"),
    "records.set": msg("%(who)s said what kind of record “%(name)s” is"),
    "records.clear": msg("%(who)s said that “%(name)s” is no record of any kind"),
}
# Who may only read a space is not told who shares it with whom, nor what is kept for whose sake.
FOR_EDITORS = frozenset(action for action in LINES if action.startswith(("links.", "records."))) | {
    "files.hold", "files.release_hold",
}  # fmt: skip
OF_TAGS = ("files.create_tag", "files.remove_tag")
# Whoever it was, the server itself, and what has been erased of the journal's details.
THE_SERVER = msg("The server")
SOMEBODY = msg("Somebody")
ERASED = msg("a name that was erased")
_NAMES = re.compile(r"%\((?!who\))(\w+)\)s")


class Line(BaseModel):
    """One thing done. `subject`: the file or folder, where it is still to be seen."""

    id: UUID
    at: datetime
    action: str
    person: PersonRef | None
    subject: UUID | None
    text: str


async def list_activity(
    tx: Tx, actor: Actor, space_id: UUID, node_id: UUID | None = None, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[list[tuple[Line, Message]], UUID | None]:
    """What was done in a space, or with one file or folder of it, newest first: each line and its text to translate.

    The second is the id to go on `after`.
    """
    role = await require(tx, actor, space_id, Can.READ)
    if node_id is not None:
        await get_node(tx, actor, node_id, Can.READ)
    seq = col(JournalEntry.seq)
    statement = _entries(space_id, node_id, everything=Can.EDIT in GRANTS[role])
    last = await tx.get(JournalEntry, after) if after is not None else None
    if last is not None and last.chain == str(space_id):
        statement = statement.where(seq < last.seq)
    found: Sequence[JournalEntry] = await tx.all(statement.order_by(seq.desc()).limit(limit + 1))
    entries = found[:limit]
    details = await _details(tx, [entry.id for entry in entries])
    people = await people_named(tx, [entry.actor_id for entry in entries])
    subjects = [entry.subject_id for entry in entries]
    live = set(await tx.all(select(col(Node.id)).where(col(Node.id).in_(subjects), col(Node.trash_id).is_(None))))
    lines = [_line(entry, details.get(entry.id, {}), people.get(entry.actor_id), live) for entry in entries]
    return lines, entries[-1].id if len(found) > limit else None


def _entries(space_id: UUID, node_id: UUID | None, *, everything: bool) -> Select[Any]:
    subject = col(JournalEntry.subject_id)
    told = [action for action in LINES if everything or action not in FOR_EDITORS]
    statement = select(JournalEntry).where(col(JournalEntry.chain) == str(space_id), col(JournalEntry.action).in_(told))
    if node_id is not None:
        return statement.where(subject == node_id)
    if everything:
        return statement
    there = select(col(Node.id)).where(col(Node.space_id) == space_id, col(Node.trash_id).is_(None))
    return statement.where(subject.in_(there) | col(JournalEntry.action).in_(OF_TAGS))


async def _details(tx: Tx, entries: list[UUID]) -> dict[UUID, dict[str, Any]]:
    rows = await tx.rows(
        select(col(JournalDetails.entry_id), col(JournalDetails.details)).where(
            col(JournalDetails.entry_id).in_(entries)
        )
    )
    return {row[0]: row[1] for row in rows}


def _line(
    entry: JournalEntry, details: dict[str, Any], person: PersonRef | None, live: set[UUID | None]
) -> tuple[Line, Message]:
    who: object = person.name if person else (SOMEBODY if entry.actor_id else THE_SERVER)
    words = LINES[entry.action].text
    text = Message(words, {"who": who} | {name: details.get(name, ERASED) for name in _NAMES.findall(words)})
    line = Line(
        id=entry.id,
        at=entry.at,
        action=entry.action,
        person=person,
        subject=entry.subject_id if entry.subject_id in live else None,
        text=str(text),
    )
    return line, text
