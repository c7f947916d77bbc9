"""Small pictures for lists: which files have one, for many files in one question; owed a few at a time.

A list that is scrolled through asks for what is in sight, again and again until it is made: so that a folder of a
thousand pictures owes the server no thousand jobs at once. Who may not have the content of a file is told of none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import NotFound
from collab.files.access import get_node
from collab.files.models import FileVersion, Kind, Node, ScanState
from collab.files.previews.kinds import PICTURED, preview_kind
from collab.files.previews.models import FilePreview, FilePreviewPart, State, ThumbState, ThumbView
from collab.files.previews.service import is_due, owe_preview
from collab.files.scanning import Scanning, refusal
from collab.spaces.access import Can, require

MOST = 60
AT_ONCE = 4
SOON = timedelta(minutes=2)  # what waits longer keeps nothing else from being made


@dataclass(frozen=True, slots=True)
class Thumbs:
    """What is known of some files. `owed`: the versions whose pictures have to be asked for."""

    views: list[ThumbView]
    owed: list[UUID]


async def thumbs_in_space(tx: Tx, actor: Actor, space_id: UUID, files: Sequence[UUID]) -> Thumbs:
    """Of live files of one space."""
    await require(tx, actor, space_id, Can.READ)
    return await _thumbs(tx, actor, col(Node.space_id) == space_id, files)


async def thumbs_in_folder(tx: Tx, actor: Actor, folder_id: UUID, files: Sequence[UUID]) -> Thumbs:
    """Of live files of one folder, for those who come through a link."""
    folder = await get_node(tx, actor, folder_id, Can.READ)
    if folder.kind != Kind.FOLDER:
        raise NotFound()
    return await _thumbs(tx, actor, col(Node.folder_id) == folder_id, files)


async def owe_thumbs(tx: Tx, thumbs: Thumbs) -> None:
    """Owe what has to be made, AT_ONCE at most."""
    for version_id in thumbs.owed:
        await owe_preview(tx, version_id)


async def _thumbs(tx: Tx, actor: Actor, here: ColumnElement[bool], files: Sequence[UUID]) -> Thumbs:
    rows = await tx.rows(
        select(Node, FileVersion, FilePreview, col(FilePreviewPart.key))
        .join(FileVersion, and_(col(FileVersion.file_id) == col(Node.id), col(FileVersion.number) == col(Node.version)))
        .outerjoin(FilePreview, col(FilePreview.version_id) == col(FileVersion.id))
        .outerjoin(
            FilePreviewPart,
            and_(col(FilePreviewPart.version_id) == col(FileVersion.id), col(FilePreviewPart.name) == "thumb"),
        )
        .where(here, col(Node.id).in_(files[:MOST]), col(Node.trash_id).is_(None))
    )
    found = {
        node.id: (_state(tx, actor, node, version, preview, has_part=key is not None), version.id, preview)
        for node, version, preview, key in rows
    }
    under_way = sum(
        preview is not None and preview.state == State.WAITING and preview.tried_at > tx.now - SOON
        for _state_, _version, preview in found.values()
    )
    missing = [version for state, version, _preview in found.values() if state is None]
    told = {file: ThumbState.WAITING if state is None else state for file, (state, _version, _) in found.items()}
    return Thumbs(
        [ThumbView(file=file, state=told.get(file, ThumbState.NONE)) for file in files[:MOST]],
        missing[: max(AT_ONCE - under_way, 0)],
    )


def _state(
    tx: Tx, actor: Actor, node: Node, version: FileVersion, preview: FilePreview | None, *, has_part: bool
) -> ThumbState | None:
    """None where it has to be asked for."""
    if preview_kind(node.name, version.size) not in PICTURED:
        return ThumbState.NONE
    if refusal(version.scan, version.made_by, actor.person_id, tx.policy(Scanning)) is not None:
        return ThumbState.WAITING if version.scan == ScanState.PENDING else ThumbState.NONE
    if preview is None or is_due(tx, preview):
        return None
    if preview.state == State.WAITING:
        return ThumbState.WAITING
    return ThumbState.READY if has_part else ThumbState.NONE
