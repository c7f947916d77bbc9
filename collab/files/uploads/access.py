"""Whose upload it is. The only way to obtain one by its id.

A person's is seen by that person alone, as long as they may add files to its space; a visitor's by whoever came through
the same deposit box and knows its id.
"""

from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from collab.core.access import Actor, ActorKind, decided
from collab.core.database import Tx
from collab.core.errors import Denied, NotFound
from collab.files.uploads.models import Upload
from collab.spaces.access import SCOPES, Can, require


async def get_upload(tx: Tx, actor: Actor, upload_id: UUID, can: Can, *, lock: bool = False) -> Upload:
    """The upload, unless it expired. `can`: READ to look at it, EDIT to go on with it. Raises NotFound, Denied."""
    decided(f"upload:{can}")
    upload = await (tx.lock if lock else tx.get)(Upload, upload_id)
    if upload is None or upload.expires_at <= tx.now or not _is_theirs(actor, upload):
        raise NotFound()
    require_scope(actor, can)
    if can is Can.EDIT and upload.person_id is not None:
        await require(tx, actor, upload.space_id, Can.EDIT)
    return upload


def require_scope(actor: Actor, can: Can) -> None:
    """Raise Denied for a token that may not do this."""
    if actor.scopes is not None and SCOPES[can] not in actor.scopes:
        raise Denied("token_scope")


def _is_theirs(actor: Actor, upload: Upload) -> bool:
    if actor.kind is ActorKind.LINK:
        return actor.id is not None and upload.link_id == actor.id
    return actor.person_id is not None and upload.person_id == actor.person_id


async def list_own(tx: Tx, actor: Actor) -> list[Upload]:
    """The unfinished uploads of a person, newest first."""
    decided("upload:own")
    require_scope(actor, Can.READ)
    if actor.person_id is None:
        return []
    return list(
        await tx.all(
            select(Upload)
            .where(
                col(Upload.person_id) == actor.person_id,
                col(Upload.file_id).is_(None),
                col(Upload.expires_at) > tx.now,
            )
            .order_by(col(Upload.created_at).desc(), col(Upload.id))
        )
    )
