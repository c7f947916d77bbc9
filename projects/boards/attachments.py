"""The only writer of which shared files belong to a card. No copies: who may not read a file does not see it here."""

from uuid import UUID

from sqlalchemy import delete, func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Invalid, NotFound
from collab.core.i18n import msg
from collab.core.text import sort_key
from collab.core.topics import raise_rev
from collab.files.access import get_node, list_readable
from collab.files.models import Kind
from collab.spaces.access import Can
from projects.boards import access
from projects.boards.events import topic_of
from projects.boards.faces import tell_face
from projects.boards.history import note
from projects.boards.parts import AttachedFile, CardFile

MAX_FILES = 100


async def attach_file(tx: Tx, actor: Actor, card_id: UUID, file_id: UUID) -> None:
    """Attach a file that the actor may read; nothing happens when it is attached."""
    place = await access.find_card(tx, actor, card_id, Can.EDIT)
    file = await get_node(tx, actor, file_id, Can.READ)
    if file.kind != Kind.FILE:
        raise Invalid("boards.not_a_file", msg("This is a folder: choose a file."))
    rev = await raise_rev(tx, topic_of(place.board))
    if await tx.get(CardFile, (card_id, file_id)) is not None:
        await tell_face(tx, place, rev)
        return
    if (await tx.one(select(func.count()).where(col(CardFile.card_id) == card_id))) >= MAX_FILES:
        raise Invalid("boards.too_many_files", msg("A card has %(most)s files at most.", most=MAX_FILES))
    tx.add(CardFile(card_id=card_id, node_id=file_id))
    await tx.flush()
    # No name: those who may not read the file read this history too.
    await note(tx, actor, card_id, "file_attached")
    await tell_face(tx, place, rev)


async def detach_file(tx: Tx, actor: Actor, card_id: UUID, file_id: UUID) -> None:
    """Take a file off a card; the file stays where it is."""
    place = await access.find_card(tx, actor, card_id, Can.EDIT)
    rev = await raise_rev(tx, topic_of(place.board))
    if not await list_readable(tx, actor, [file_id]):
        raise NotFound()
    here = (col(CardFile.card_id) == card_id, col(CardFile.node_id) == file_id)
    if (await tx.execute(delete(CardFile).where(*here))).rowcount == 0:
        raise NotFound()
    await note(tx, actor, card_id, "file_detached")
    await tell_face(tx, place, rev)


async def files_of(tx: Tx, actor: Actor, card_id: UUID) -> list[AttachedFile]:
    """The files of a card that the caller has found through access: those that the actor may read, by name."""
    ids = await tx.all(select(col(CardFile.node_id)).where(col(CardFile.card_id) == card_id))
    nodes = await list_readable(tx, actor, ids) if ids else []
    return [
        AttachedFile(id=node.id, space=node.space_id, name=node.name, size=node.size)
        for node in sorted(nodes, key=lambda node: (sort_key(node.name), node.id))
    ]
