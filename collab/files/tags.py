"""Tags: words with a colour that a space's editors give to its files and folders. Written by tagging.py alone."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from annotated_types import MaxLen
from sqlalchemy import bindparam, select
from sqlmodel import Field, SQLModel, UniqueConstraint, col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.models import Record
from collab.core.prepared import Prepared
from collab.core.text import Input, Title, sort_key
from collab.files.models import Node, TagColour, TagView
from collab.spaces.access import Can, require

AT_ONCE = 50


class FileTag(Record, table=True):
    """A tag that a space has. `name_key`: equal for names that count as the same."""

    __tablename__ = "file_tag"
    __table_args__ = (UniqueConstraint("space_id", "name_key"),)

    space_id: UUID = Field(foreign_key="space.id")
    name: str = Field(max_length=60)
    name_key: str = Field(max_length=200)
    colour: str = Field(max_length=10)


class FileTagging(SQLModel, table=True):
    """That a file or folder has a tag."""

    __tablename__ = "file_tagging"

    node_id: UUID = Field(primary_key=True, foreign_key="file_node.id", ondelete="CASCADE")
    tag_id: UUID = Field(primary_key=True, foreign_key="file_tag.id", ondelete="CASCADE", index=True)


TagName = Annotated[Title, MaxLen(60)]


class TagInput(Input):
    """A new tag."""

    name: TagName
    colour: TagColour = TagColour.GREY


class TagChange(Input):
    """Another name, another colour; what is left out stays."""

    name: TagName | None = None
    colour: TagColour | None = None


def view_of(tag: FileTag) -> TagView:
    """The tag as a member sees it."""
    return TagView(id=tag.id, name=tag.name, colour=TagColour(tag.colour))


async def list_tags(tx: Tx, actor: Actor, space_id: UUID) -> list[TagView]:
    """The tags of a space, by name."""
    await require(tx, actor, space_id, Can.READ)
    return await tags_in(tx, space_id)


async def tags_in(tx: Tx, space_id: UUID) -> list[TagView]:
    """The tags of a space, by name. Asks nobody's rights."""
    tags: Sequence[FileTag] = await tx.all(select(FileTag).where(col(FileTag.space_id) == space_id))
    return [view_of(tag) for tag in sorted(tags, key=lambda tag: (sort_key(tag.name), tag.id))]


_TAGGINGS = select(col(FileTagging.node_id), col(FileTagging.tag_id))
_TAGGED = Prepared(_TAGGINGS.where(col(FileTagging.node_id).in_(bindparam("nodes", expanding=True))))
_TAGGED_IN = Prepared(
    _TAGGINGS.join(Node, col(Node.id) == col(FileTagging.node_id)).where(
        col(Node.folder_id).in_(bindparam("folders", expanding=True))
    )
)


async def tags_of(tx: Tx, nodes: Sequence[Node]) -> dict[UUID, list[UUID]]:
    """Which tags these nodes have: node → tags. A long list is asked for by its folders, which are few."""
    if not nodes:
        return {}
    if len(nodes) <= AT_ONCE:
        rows = await tx.run(_TAGGED, nodes=[node.id for node in nodes])
    else:
        rows = await tx.run(_TAGGED_IN, folders=list({node.folder_id for node in nodes}))
    found: dict[UUID, list[UUID]] = {}
    for node, tag in rows:
        found.setdefault(node, []).append(tag)
    return found
