"""What happens to files."""

from collections.abc import Sequence
from uuid import UUID

from collab.core.events import Announcement, Fact
from collab.core.i18n import Message
from collab.files.models import NodeView, TagView


def topic_of(space_id: UUID) -> str:
    """The topic of all files of a space; its writers take turns on it."""
    return f"files:{space_id}"


class FilesChanged(Announcement):
    """These nodes are new or different: elsewhere, in the trash, or out of it."""

    items: list[NodeView]


class FileTagsChanged(Announcement):
    """The tags that a space's files may have are these now."""

    tags: list[TagView]


class FilesPurged(Announcement):
    """These nodes are gone for good."""

    ids: list[UUID]


class FilesLeft(Announcement):
    """These nodes, with what is in them, were moved to another space."""

    ids: list[UUID]


class NodesMoved(Fact):
    """These nodes belong to another space now; all of a branch are named, its root first."""

    from_space_id: UUID
    space_id: UUID
    ids: list[UUID]


class VersionAdded(Fact):
    """A file has a new content, which is now its current one."""

    space_id: UUID
    file_id: UUID
    version_id: UUID


class ContentsDestroyed(Fact):
    """These files, or versions of them, are forgotten; a job destroys their bytes."""

    space_id: UUID
    file_ids: list[UUID]
    version_ids: list[UUID]


class PeopleWarned(Fact):
    """Something about files that these people must hear of, once per `key`: `text` with its `params`, at `url`."""

    people: list[UUID]
    text: str
    params: dict[str, str]
    url: str
    key: str

    @classmethod
    def of(cls, people: Sequence[UUID], text: Message, url: str, key: str) -> "PeopleWarned":
        """The fact for a message without plural."""
        params = {name: str(value) for name, value in text.params.items()}
        return cls(people=list(people), text=text.text, params=params, url=url, key=key)
