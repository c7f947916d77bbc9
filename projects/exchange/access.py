"""Whose an import is: the person's who gave the file, for as long as they may edit in the space it is for."""

from uuid import UUID

from collab.core.access import Actor, decided
from collab.core.database import Tx
from collab.core.errors import NotFound
from collab.spaces.access import Can, require
from projects.exchange.models import BoardImport


async def get_import(tx: Tx, actor: Actor, import_id: UUID) -> BoardImport:
    """The import, if it is the actor's."""
    decided("board_import:own")
    found = await tx.get(BoardImport, import_id)
    if found is None or found.person_id != actor.person_id:
        raise NotFound()
    await require(tx, actor, found.space_id, Can.EDIT)
    return found
