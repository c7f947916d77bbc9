"""What happens to stored bytes by itself: destruction after a purge, the sweep of orphans, the check of hashes.

Registered in web/scheduled.py. All of it can run twice without harm.
"""

from collections.abc import Sequence
from datetime import timedelta

import structlog
from sqlalchemy import select, update
from sqlmodel import col

from collab.core.database import Database
from collab.core.jobs import Handler, Job
from collab.files.models import FileVersion
from collab.files.previews.models import FilePreviewPart
from collab.files.service import DESTROY
from collab.files.storage import Damaged, Storage

log = structlog.get_logger()

SWEEP = "files.sweep"
SCRUB = "files.scrub"
# Longer than any transaction that may still name the bytes.
GRACE = timedelta(hours=24)
RECHECK = timedelta(days=30)
SCRUB_BYTES = 50 << 30


def handlers(storage: Storage) -> dict[str, Handler]:
    """The handlers of this slice's jobs over a storage."""

    async def destroy(_db: Database, job: Job) -> None:
        await storage.delete(job.payload["keys"])

    async def sweep(db: Database, _job: Job) -> None:
        await sweep_orphans(db, storage)

    async def scrub(db: Database, _job: Job) -> None:
        await scrub_versions(db, storage)

    return {DESTROY: destroy, SWEEP: sweep, SCRUB: scrub}


async def sweep_orphans(db: Database, storage: Storage, grace: timedelta = GRACE) -> int:
    """Destroy what no version and no preview names and is older than `grace`; returns how many."""
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
            for key in (col(FileVersion.key), col(FilePreviewPart.key)):
                named.update(await tx.all(select(key).where(key.in_(lot))))
    return [key for key in keys if key not in named]


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
            await tx.execute(
                update(FileVersion)
                .where(col(FileVersion.id) == version.id)
                .values(checked_at=tx.now, damaged=not whole)
            )
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
