"""What happens by itself: the trash is emptied of what is old, bytes are destroyed, swept and checked.

Registered in web/scheduled.py. All of it can run twice without harm.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import select, update
from sqlmodel import col

from collab.core.access import job_actor
from collab.core.database import Database
from collab.core.errors import Conflict
from collab.core.jobs import Handler, Job
from collab.files.models import FileVersion
from collab.files.previews.models import FilePreviewPart
from collab.files.safety import mark_damaged, mark_whole
from collab.files.service import DESTROY, list_expired, purge_expired
from collab.files.storage import Damaged, Storage
from collab.files.uploads.models import Upload
from collab.files.uploads.service import forget_expired

log = structlog.get_logger()

EXPIRE_TRASH = "files.expire_trash"
SWEEP = "files.sweep"
EXPIRE_UPLOADS = "files.expire_uploads"
SCRUB = "files.scrub"
# Longer than any transaction that may still name the bytes.
GRACE = timedelta(hours=24)
RECHECK = timedelta(days=30)
SCRUB_BYTES = 50 << 30


def handlers(storage: Storage, trash_days: int = 30) -> dict[str, Handler]:
    """The handlers of this slice's jobs over a storage. `trash_days`: how long things are kept in the trash."""

    async def destroy(_db: Database, job: Job) -> None:
        await storage.delete(job.payload["keys"])

    async def sweep(db: Database, _job: Job) -> None:
        await sweep_orphans(db, storage)

    async def expire(db: Database, _job: Job) -> None:
        await expire_uploads(db)

    async def scrub(db: Database, _job: Job) -> None:
        await scrub_versions(db, storage)

    async def empty(db: Database, _job: Job) -> None:
        await expire_trash(db, timedelta(days=trash_days))

    return {
        DESTROY: destroy,
        EXPIRE_TRASH: empty,
        SWEEP: sweep,
        EXPIRE_UPLOADS: expire,
        SCRUB: scrub,
    }


async def expire_trash(db: Database, keep: timedelta) -> int:
    """Destroy what has been in the trash for longer than `keep`, each thing by itself; returns how many.

    What a rule keeps (Conflict) stays, and is asked about again at the next run.
    """
    before, kept, count = db.clock.now() - keep, set[UUID](), 0
    while True:
        async with db.read() as tx:
            lot = await list_expired(tx, before, kept)
        if not lot:
            break
        for space, node in lot:
            try:
                async with db.write() as tx:
                    await purge_expired(tx, job_actor("retention of the trash"), space, node, before)
                count += 1
            except Conflict:
                kept.add(node)
    if count or kept:
        log.info("trash_expired", count=count, kept=len(kept))
    return count


async def sweep_orphans(db: Database, storage: Storage, grace: timedelta = GRACE) -> int:
    """Destroy what no version, no preview and no upload names and is older than `grace`; returns how many."""
    count = 0
    async for keys in storage.list_older(db.clock.now() - grace):
        orphans = await _unnamed(db, keys)
        await storage.delete(orphans)
        count += len(orphans)
    if count:
        log.info("files_swept", count=count)
    return count


async def _unnamed(db: Database, keys: Sequence[str]) -> list[str]:
    named: set[str] = set()
    async with db.read() as tx:
        for start in range(0, len(keys), 500):
            lot = list(keys[start : start + 500])
            for key in (col(FileVersion.key), col(FilePreviewPart.key), col(Upload.key)):
                named.update(await tx.all(select(key).where(key.in_(lot))))
    return [key for key in keys if key not in named]


async def expire_uploads(db: Database) -> None:
    """Forget the uploads that nobody went on with in time, a lot in each transaction."""
    more = True
    while more:
        async with db.write() as tx:
            more = await forget_expired(tx)


async def scrub_versions(db: Database, storage: Storage, budget: int = SCRUB_BYTES) -> int:
    """Read again what was not checked for RECHECK, oldest first, up to `budget` bytes; returns how many are damaged."""
    damaged = 0
    before = db.clock.now() - RECHECK
    while budget > 0:
        async with db.read() as tx:
            version: FileVersion | None = await tx.one(
                select(FileVersion)
                .where(col(FileVersion.checked_at) < before)
                .order_by(col(FileVersion.checked_at))
                .limit(1)
            )
        if version is None:
            break
        whole = await is_whole(storage, version)
        damaged += not whole
        budget -= max(version.size, 1)
        async with db.write() as tx:
            await tx.execute(update(FileVersion).where(col(FileVersion.id) == version.id).values(checked_at=tx.now))
            if not whole:
                await mark_damaged(tx, version.key)
            elif version.damaged:  # the disk is well again, or was brought back
                await mark_whole(tx, version.key)
    return damaged


async def is_whole(storage: Storage, version: FileVersion) -> bool:
    """Whether the stored bytes are those that were sent; says so in the log when not."""
    try:
        found = await storage.measure(version.key)
    except Damaged:
        found = None
    if found is not None and (found.size, found.sha256) == (version.size, version.sha256):
        return True
    log.error("file_damaged", file=str(version.file_id), version=version.number, missing=found is None)
    return False
