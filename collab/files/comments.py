"""Comments on files and folders: every member may write, and change or take back what they wrote.

`@` and the name of somebody who is in the space tells them. What is written stands in the comment's row alone, never
in the journal, so that it can be taken back.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from annotated_types import MaxLen, MinLen
from pydantic import AfterValidator, BaseModel
from sqlalchemy import Index, select
from sqlmodel import Field, col

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Denied, NotFound, StaleRevision
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.models import Revised
from collab.core.text import Input, Text, sort_key
from collab.files.access import get_node
from collab.files.models import Node, PersonRef
from collab.files.queries import people_named
from collab.files.turns import take_node, tell
from collab.notifications.models import Kind
from collab.notifications.service import notify
from collab.spaces.access import GRANTS, Can, require
from collab.spaces.queries import people_of
from directory.people.models import Person

PAGE = 50
MOST_NAMED = 20


class FileComment(Revised, table=True):
    """What somebody wrote on a file or folder."""

    __tablename__ = "file_comment"
    __table_args__ = (Index("ix_file_comment_node_id_id", "node_id", "id"),)

    node_id: UUID = Field(foreign_key="file_node.id", ondelete="CASCADE")
    person_id: UUID = Field(foreign_key="person.id", index=True)
    text: str


class CommentInput(Input):
    """What to write."""

    text: Annotated[Text, AfterValidator(str.strip), MinLen(1), MaxLen(4000)]


class CommentView(BaseModel):
    """A comment as a member sees it. `changed_at`: when it was last rewritten, or null; `removable`: by who asks."""

    id: UUID
    text: str
    person: PersonRef
    made_at: datetime
    changed_at: datetime | None
    rev: int
    mine: bool
    removable: bool


async def add_comment(tx: Tx, actor: Actor, node_id: UUID, data: CommentInput) -> FileComment:
    """Write a comment; whom it names is told."""
    person = _who(actor)
    node, rev = await take_node(tx, actor, node_id, Can.READ)
    comment = FileComment(
        id=new_id(), node_id=node.id, person_id=person, text=data.text, created_at=tx.now, updated_at=tx.now
    )
    tx.add(comment)
    node.comments += 1
    await tx.flush()
    tx.record(actor, "files.comment", space=node.space_id, subject=node.id, name=node.name, comment=str(comment.id))
    await tell(tx, node.space_id, rev, [node])
    await _tell_named(tx, node, comment, before="")
    return comment


async def change_comment(tx: Tx, actor: Actor, comment_id: UUID, data: CommentInput, rev: int) -> FileComment:
    """Write one's own comment anew; those it names now and did not before are told. `rev`: the one that was seen."""
    comment, node, topic_rev = await _take_comment(tx, actor, comment_id, Can.READ)
    if comment.person_id != _who(actor):
        raise Denied("files.not_your_comment", msg("Only who wrote a comment can change it."))
    if comment.rev != rev:
        raise StaleRevision(current={"text": comment.text, "rev": comment.rev}, yours={"text": data.text})
    before, comment.text = comment.text, data.text
    comment.rev, comment.updated_at = comment.rev + 1, tx.now
    await tx.flush()
    tx.record(
        actor, "files.change_comment", space=node.space_id, subject=node.id, name=node.name, comment=str(comment.id)
    )
    await tell(tx, node.space_id, topic_rev, [node])
    await _tell_named(tx, node, comment, before)
    return comment


async def remove_comment(tx: Tx, actor: Actor, comment_id: UUID) -> Node:
    """Take a comment back; owners of the space may take back anybody's. Returns what it was written on."""
    comment, node, rev = await _take_comment(tx, actor, comment_id, Can.READ)
    if comment.person_id != _who(actor):
        await require(tx, actor, node.space_id, Can.MANAGE)
    await tx.delete(comment)
    node.comments -= 1
    await tx.flush()
    tx.record(
        actor, "files.remove_comment", space=node.space_id, subject=node.id, name=node.name, comment=str(comment.id)
    )
    await tell(tx, node.space_id, rev, [node])
    return node


async def list_comments(
    tx: Tx, actor: Actor, node_id: UUID, *, after: UUID | None = None, limit: int = PAGE
) -> tuple[list[CommentView], UUID | None]:
    """The comments on a file or folder, newest first, and the id to go on `after`."""
    node = await get_node(tx, actor, node_id, Can.READ)
    owner = Can.MANAGE in GRANTS[await require(tx, actor, node.space_id, Can.READ)]
    key = col(FileComment.id)  # in the order of their making
    statement = select(FileComment).where(col(FileComment.node_id) == node.id)
    if after is not None:
        statement = statement.where(key < after)
    found: Sequence[FileComment] = await tx.all(statement.order_by(key.desc()).limit(limit + 1))
    comments = found[:limit]
    people = await people_named(tx, [comment.person_id for comment in comments])
    views = [
        CommentView(
            id=comment.id,
            text=comment.text,
            person=people.get(comment.person_id) or PersonRef(id=comment.person_id, name=""),
            made_at=comment.created_at,
            changed_at=comment.updated_at if comment.rev > 1 else None,
            rev=comment.rev,
            mine=comment.person_id == actor.person_id,
            removable=owner or comment.person_id == actor.person_id,
        )
        for comment in comments
    ]
    return views, comments[-1].id if len(found) > limit else None


async def _take_comment(tx: Tx, actor: Actor, comment_id: UUID, can: Can) -> tuple[FileComment, Node, int]:
    node_id: UUID | None = await tx.one(select(col(FileComment.node_id)).where(col(FileComment.id) == comment_id))
    if node_id is None:
        decided(f"comment:{can}")
        raise NotFound()
    node, rev = await take_node(tx, actor, node_id, can)
    comment = await tx.get(FileComment, comment_id)
    if comment is None:
        raise NotFound()
    return comment, node, rev


async def _tell_named(tx: Tx, node: Node, comment: FileComment, before: str) -> None:
    """Notify those in the space whom the text names, unless it did so before or it is oneself."""
    if "@" not in comment.text:
        return
    people = await people_of(tx, node.space_id)
    author = next((person.display_name for person in people if person.id == comment.person_id), "")
    known = {person.id for person in find_named(before, people)}
    for person in list(find_named(comment.text, people))[:MOST_NAMED]:
        if person.id == comment.person_id or person.id in known:
            continue
        text = msg("%(who)s mentions you in a comment on “%(name)s”.", who=author, name=node.name)
        url = f"/files/{node.space_id}/items/{node.id}#comments"
        await notify(tx, person.id, Kind.MENTION, text, url=url, key=f"files.mention:{comment.id}")


def find_named(text: str, people: Sequence[Person]) -> Iterator[Person]:
    """Those whose name stands after an `@`, whatever its case and accents; the longest name counts. Pure."""
    names = sorted(((sort_key(person.display_name), person) for person in people), key=lambda one: -len(one[0]))
    seen: set[UUID] = set()
    for part in text.split("@")[1:]:
        start = re.sub(r"\s+", " ", sort_key(part[:200]))
        whole = (one for name, one in names if name and re.match(re.escape(name) + r"(?!\w)", start))
        person = next(whole, None)
        if person is not None and person.id not in seen:
            seen.add(person.id)
            yield person


def _who(actor: Actor) -> UUID:
    decided("comment:write")
    if actor.person_id is None or (actor.scopes is not None and "write" not in actor.scopes):
        raise Denied("token_scope")
    return actor.person_id
