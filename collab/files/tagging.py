"""The only writer of tags: editors of a space make, change and remove them, and give them to files and folders."""

from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from collab.core import topics
from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import Conflict, NotFound
from collab.core.i18n import msg
from collab.core.ids import new_id
from collab.core.text import sort_key
from collab.files.events import FileTagsChanged, NodesMoved, topic_of
from collab.files.models import Node
from collab.files.tags import FileTag, FileTagging, TagChange, TagInput, tags_in
from collab.files.turns import take_node, tell
from collab.spaces.access import Can, require

MOST_TAGS = 200
LOT = 500


async def create_tag(tx: Tx, actor: Actor, space_id: UUID, data: TagInput) -> FileTag:
    """A new tag of a space."""
    await require(tx, actor, space_id, Can.EDIT)
    rev = await topics.raise_rev(tx, topic_of(space_id))
    if (await tx.one(select(func.count()).where(col(FileTag.space_id) == space_id)) or 0) >= MOST_TAGS:
        raise Conflict("files.too_many_tags", msg("A space has at most %(max)s tags.", max=MOST_TAGS))
    await _refuse_taken(tx, space_id, data.name)
    tag = FileTag(id=new_id(), space_id=space_id, name=data.name, name_key=_key(data.name), colour=data.colour.value)
    tx.add(tag)
    await tx.flush()
    tx.record(actor, "files.create_tag", space=space_id, subject=tag.id, tag=tag.name, colour=tag.colour)
    await _tell_tags(tx, space_id, rev)
    return tag


async def change_tag(tx: Tx, actor: Actor, tag_id: UUID, data: TagChange) -> FileTag:
    """Another name or another colour, on everything that has the tag."""
    tag, rev = await _take_tag(tx, actor, tag_id)
    details = {"tag": tag.name}
    if data.name is not None and data.name != tag.name:
        await _refuse_taken(tx, tag.space_id, data.name, besides=tag.id)
        details = {"tag": data.name, "old_tag": tag.name}
        tag.name, tag.name_key = data.name, _key(data.name)
    if data.colour is not None:
        tag.colour = data.colour.value
    await tx.flush()
    tx.record(actor, "files.change_tag", space=tag.space_id, subject=tag.id, **details, colour=tag.colour)
    await _tell_tags(tx, tag.space_id, rev)
    return tag


async def remove_tag(tx: Tx, actor: Actor, tag_id: UUID) -> UUID:
    """Remove a tag from its space and from everything that has it. Returns the space."""
    tag, rev = await _take_tag(tx, actor, tag_id)
    await tx.delete(tag)
    await tx.flush()
    tx.record(actor, "files.remove_tag", space=tag.space_id, subject=tag.id, tag=tag.name)
    await _tell_tags(tx, tag.space_id, rev)
    return tag.space_id


async def tag_node(tx: Tx, actor: Actor, node_id: UUID, tag_id: UUID) -> Node:
    """Give a tag of its space to a file or folder. Nothing happens when it has it."""
    node, rev = await take_node(tx, actor, node_id, Can.EDIT)
    tag = await _tag_for(tx, node, tag_id)
    insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
    made = await tx.execute(
        insert(FileTagging)
        .values(node_id=node.id, tag_id=tag.id)
        .on_conflict_do_nothing()
        .returning(col(FileTagging.tag_id))
    )
    if made.scalar_one_or_none() is not None:
        tx.record(actor, "files.tag", space=node.space_id, subject=node.id, name=node.name, tag=tag.name)
    await tell(tx, node.space_id, rev, [node])
    return node


async def untag_node(tx: Tx, actor: Actor, node_id: UUID, tag_id: UUID) -> Node:
    """Take a tag off a file or folder. Nothing happens when it has it not."""
    node, rev = await take_node(tx, actor, node_id, Can.EDIT)
    tag = await _tag_for(tx, node, tag_id)
    gone = delete(FileTagging).where(col(FileTagging.node_id) == node.id, col(FileTagging.tag_id) == tag.id)
    if (await tx.execute(gone)).rowcount:
        tx.record(actor, "files.untag", space=node.space_id, subject=node.id, name=node.name, tag=tag.name)
    await tell(tx, node.space_id, rev, [node])
    return node


async def drop_foreign_tags(tx: Tx, fact: NodesMoved) -> None:
    """What was moved to another space leaves the tags of the one it came from; in the transaction of the move."""
    foreign = select(col(FileTag.id)).where(col(FileTag.space_id) != fact.space_id)
    for start in range(0, len(fact.ids), LOT):
        nodes = col(FileTagging.node_id).in_(fact.ids[start : start + LOT])
        await tx.execute(delete(FileTagging).where(nodes, col(FileTagging.tag_id).in_(foreign)))


async def _tag_for(tx: Tx, node: Node, tag_id: UUID) -> FileTag:
    tag = await tx.get(FileTag, tag_id)
    if tag is None or tag.space_id != node.space_id:
        raise NotFound()
    return tag


async def _take_tag(tx: Tx, actor: Actor, tag_id: UUID) -> tuple[FileTag, int]:
    """The tag to change and the new rev of its space's topic, for its editors."""
    space_id: UUID | None = await tx.one(select(col(FileTag.space_id)).where(col(FileTag.id) == tag_id))
    if space_id is None:
        decided(f"tag:{Can.EDIT}")
        raise NotFound()
    await require(tx, actor, space_id, Can.EDIT)
    rev = await topics.raise_rev(tx, topic_of(space_id))
    tag = await tx.get(FileTag, tag_id)
    if tag is None:
        raise NotFound()
    return tag, rev


async def _refuse_taken(tx: Tx, space_id: UUID, name: str, besides: UUID | None = None) -> None:
    taken = await tx.one(select(FileTag).where(col(FileTag.space_id) == space_id, col(FileTag.name_key) == _key(name)))
    if taken is not None and taken.id != besides:
        fault = msg("The tag “%(name)s” is there already.", name=taken.name)
        raise Conflict("files.tag_taken", fault, errors={"name": fault})


async def _tell_tags(tx: Tx, space_id: UUID, rev: int) -> None:
    tx.emit(FileTagsChanged(topic=topic_of(space_id), rev=rev, tags=await tags_in(tx, space_id)))


def _key(name: str) -> str:
    return sort_key(name)[:200]
