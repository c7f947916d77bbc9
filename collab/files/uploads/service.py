"""The only writer of uploads that arrive in parts. The file itself is made by files.service, once all bytes are there.

Rights are checked at the start, at each part and again at the end, in the transaction that makes the file.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlmodel import col

from collab.core.access import Actor
from collab.core.database import Tx
from collab.core.errors import Conflict
from collab.core.i18n import msg
from collab.core.jobs import enqueue
from collab.files import service
from collab.files.models import OnConflict, UploadQuery
from collab.files.rules import clean_name
from collab.files.storage import Stored
from collab.files.uploads.access import get_upload
from collab.files.uploads.models import Upload, UploadEnd, UploadLimits, UploadStart
from collab.spaces.access import Can

LOT = 500
RENEW_AFTER = timedelta(hours=1)


async def check_start(tx: Tx, actor: Actor, limits: UploadLimits, data: UploadStart) -> None:
    """Refuse what cannot end well before the first byte is sent. Raises Conflict, and what add_file would."""
    await service.check_upload(tx, actor, data.space, data, data.size)
    unfinished = select(func.count(), func.coalesce(func.sum(Upload.size), 0)).where(
        col(Upload.person_id) == actor.person_id, col(Upload.file_id).is_(None), col(Upload.expires_at) > tx.now
    )
    [(count, size)] = await tx.rows(unfinished)
    if count >= limits.most_unfinished or int(size) + data.size > limits.most_unfinished_bytes:
        raise Conflict(
            "files.too_many_uploads",
            msg("You have many unfinished uploads already: let them finish, or give some of them up."),
        )


async def start_upload(tx: Tx, actor: Actor, limits: UploadLimits, data: UploadStart, key: str) -> Upload:
    """A new upload of a person, whose bytes will grow under `key`."""
    await check_start(tx, actor, limits, data)
    upload = Upload(
        id=uuid4(),  # nobody can guess one from another
        space_id=data.space,
        folder_id=data.folder or data.space,
        name=clean_name(data.name),
        conflict=data.conflict.value,
        size=data.size,
        key=key,
        person_id=actor.person_id,
        created_at=tx.now,
        expires_at=tx.now + limits.lifetime,
    )
    tx.add(upload)
    await tx.flush()
    return upload


def needs_renewal(upload: Upload, limits: UploadLimits, tx: Tx) -> bool:
    """Whether its end has come nearer by more than is worth a write."""
    return upload.file_id is None and upload.expires_at < tx.now + limits.lifetime - RENEW_AFTER


async def renew_upload(tx: Tx, actor: Actor, limits: UploadLimits, upload_id: UUID) -> Upload:
    """It was heard of: its time starts again."""
    upload = await get_upload(tx, actor, upload_id, Can.EDIT, lock=True)
    upload.expires_at = tx.now + limits.lifetime
    return upload


async def finish_upload(tx: Tx, actor: Actor, upload_id: UUID, stored: Stored, end: UploadEnd | None = None) -> Upload:
    """All bytes are there: make the file, or a version of one. Nothing happens when that was done already."""
    upload = await get_upload(tx, actor, upload_id, Can.EDIT, lock=True)
    if upload.file_id is not None:
        return upload
    if end is not None:
        upload.name = upload.name if end.name is None else clean_name(end.name)
        upload.conflict = upload.conflict if end.conflict is None else end.conflict.value
        if "folder" in end.model_fields_set:
            upload.folder_id = end.folder or upload.space_id
    query = UploadQuery(name=upload.name, folder=upload.folder_id, conflict=OnConflict(upload.conflict))
    node = await service.add_file(tx, actor, upload.space_id, query, stored)
    upload.file_id, upload.version = node.id, node.version
    await tx.flush()
    return upload


async def abandon_upload(tx: Tx, actor: Actor, upload_id: UUID) -> Sequence[str]:
    """Forget an upload and owe the destruction of what had arrived, whose key is given; a file it became stays."""
    return await _forget(tx, [await get_upload(tx, actor, upload_id, Can.EDIT, lock=True)])


async def forget_expired(tx: Tx) -> bool:
    """Forget a lot of those whose time is over; tells whether there may be more."""
    expired: Sequence[Upload] = await tx.all(
        select(Upload).where(col(Upload.expires_at) <= tx.now).order_by(col(Upload.expires_at)).limit(LOT)
    )
    await _forget(tx, expired)
    return len(expired) == LOT


async def _forget(tx: Tx, uploads: Sequence[Upload]) -> Sequence[str]:
    keys = [upload.key for upload in uploads if upload.file_id is None]
    if keys:
        await enqueue(tx, service.DESTROY, {"keys": keys})
    await tx.execute(delete(Upload).where(col(Upload.id).in_([upload.id for upload in uploads])))
    return keys
