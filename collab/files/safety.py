"""What is found out about stored bytes: malware by the scanner, damage by the scrub. The only writer of both.

A version is scanned by a job owed by the transaction that adds it. A scanner that does not answer is asked TRIES times;
then the version is unscanned, and the rescan takes it up again, as it does recent files after new signatures.
"""

from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import or_, select
from sqlmodel import col

from collab.core import topics
from collab.core.access import Actor, job_actor
from collab.core.database import Database, Tx
from collab.core.errors import Conflict
from collab.core.i18n import Message, msg
from collab.core.jobs import Handler, Job, enqueue
from collab.files.archives import unseen
from collab.files.events import FilesChanged, PeopleWarned, topic_of
from collab.files.models import FileVersion, Node, ScanState
from collab.files.queries import views_of
from collab.files.scanning import Scanner, ScannerFailed, Verdict, Why
from collab.files.storage import Damaged, Storage
from collab.spaces.models import Role
from collab.spaces.queries import people_of

log = structlog.get_logger()

SCAN = "files.scan"
RESCAN = "files.rescan"
TRIES = 4
RECENT = timedelta(days=30)
FORGOTTEN = timedelta(hours=1)
RESCAN_LOT = 500
SCANNER = job_actor("antivirus")
SCRUB = job_actor("check of stored bytes")


def handlers(storage: Storage, scanner: Scanner | None) -> dict[str, Handler]:
    """The handlers of this slice's jobs."""

    async def scan(db: Database, job: Job) -> None:
        await scan_version(db, storage, scanner, UUID(job.payload["version"]), last=job.attempts >= TRIES)

    async def rescan(db: Database, _job: Job) -> None:
        if scanner is not None:
            await owe_rescans(db, scanner)

    return {SCAN: scan, RESCAN: rescan}


async def owe_scan(tx: Tx, version_id: UUID, key: str = "") -> None:
    """Owe the scan of a version; `key` makes it another than the one before."""
    await enqueue(tx, SCAN, {"version": str(version_id)}, key=f"{SCAN}:{version_id}:{key}")


async def scan_version(
    db: Database, storage: Storage, scanner: Scanner | None, version_id: UUID, *, last: bool = True
) -> None:
    """Ask the scanner about a version. Raises ScannerFailed unless this is the `last` try."""
    async with db.read() as tx:
        version = await tx.get(FileVersion, version_id)
    if version is None:
        return
    verdict, called = Verdict(ScanState.UNSCANNED, Why.NO_SCANNER), ""
    if scanner is not None:
        try:
            called = await scanner.version()
            async with storage.open(version.key) as content:
                verdict = await scanner.scan(content)
                if verdict.state is ScanState.CLEAN and (why := await unseen(content, scanner.largest)):
                    verdict = Verdict(ScanState.UNSCANNED, why)
        except ScannerFailed as error:
            if not last:
                raise
            log.error("scanner_failed", version=str(version_id), error=str(error))
            verdict, called = Verdict(ScanState.UNSCANNED, Why.FAILED), ""
        except Damaged:
            async with db.write() as tx:
                await mark_damaged(tx, version.key)
            verdict = Verdict(ScanState.UNSCANNED, Why.FAILED)
    async with db.write() as tx:
        await set_verdict(tx, version_id, verdict, called)


async def owe_rescans(db: Database, scanner: Scanner) -> int:
    """Owe the scan of what no scanner has seen, and of recent versions that one with other signatures saw."""
    called = await scanner.version()
    count = 0
    async with db.write() as tx:
        state = col(FileVersion.scan)
        seen_otherwise = (col(FileVersion.made_at) > tx.now - RECENT) & (col(FileVersion.scanned_with) != called)
        never_seen = col(FileVersion.scan_detail).in_([Why.NO_SCANNER, Why.FAILED, ""])
        due = or_(
            (state == ScanState.CLEAN) & seen_otherwise,
            (state == ScanState.UNSCANNED) & never_seen,
            (state == ScanState.PENDING) & (col(FileVersion.made_at) < tx.now - FORGOTTEN),
        )
        found = await tx.all(
            select(col(FileVersion.id)).where(due).order_by(col(FileVersion.made_at).desc()).limit(RESCAN_LOT)
        )
        for version_id in found:
            await owe_scan(tx, version_id, f"{tx.now:%Y%m%d%H}")
            count += 1
    return count


async def set_verdict(tx: Tx, version_id: UUID, verdict: Verdict, called: str) -> None:
    """Write down what the scanner said; what is infected is journalled, and its uploader and the owners are told."""
    node, version, rev = await _take_version(tx, version_id)
    if node is None or version is None:
        return
    before = version.scan
    version.scan, version.scan_detail = verdict.state.value, verdict.detail[:200]
    version.scanned_with, version.scanned_at = called[:100], tx.now
    if version.number == node.version:
        node.scan = verdict.state.value
    await tx.flush()
    if before == verdict.state:
        return
    if verdict.state is ScanState.INFECTED:
        tx.record(
            SCANNER, "files.quarantine", space=node.space_id, subject=node.id, name=node.name, number=version.number,
            sha256=version.sha256, signature=verdict.detail,
        )  # fmt: skip
        text = msg("“%(name)s” holds malware and is in quarantine: nobody can read it.", name=node.name)
        await _warn(tx, node, version, text, "quarantine")
    await _tell(tx, node, rev)


async def mark_damaged(tx: Tx, key: str) -> None:
    """Note that the bytes under this key are not what was sent; the first time, the journal and the owners are told."""
    found = await tx.one(select(col(FileVersion.id)).where(col(FileVersion.key) == key))
    node, version, rev = await _take_version(tx, found) if found else (None, None, 0)
    if node is None or version is None or version.damaged:
        return
    version.damaged = True
    await tx.flush()
    tx.record(
        SCRUB, "files.damaged", space=node.space_id, subject=node.id, name=node.name, number=version.number,
        sha256=version.sha256,
    )  # fmt: skip
    text = msg("Version %(number)s of “%(name)s” is damaged on the server’s disk: keep your own copy.",
               number=version.number, name=node.name)  # fmt: skip
    await _warn(tx, node, version, text, "damaged")
    await _tell(tx, node, rev)


async def mark_whole(tx: Tx, key: str) -> None:
    """Note that the bytes under this key are again what was sent: their disk was repaired or restored."""
    found = await tx.one(select(col(FileVersion.id)).where(col(FileVersion.key) == key))
    node, version, rev = await _take_version(tx, found) if found else (None, None, 0)
    if node is not None and version is not None and version.damaged:
        version.damaged = False
        tx.record(SCRUB, "files.whole_again", space=node.space_id, subject=node.id, number=version.number)
        await _tell(tx, node, rev)


async def step_back(tx: Tx, actor: Actor, node: Node, version: FileVersion) -> None:
    """Before the infected current version of a file is destroyed: the one before is the current one again.

    Called by destroy_version, which has decided. Raises Conflict where there is no other.
    """
    former: FileVersion | None = await tx.one(
        select(FileVersion)
        .where(col(FileVersion.file_id) == node.id, col(FileVersion.number) < version.number)
        .order_by(col(FileVersion.number).desc())
        .limit(1)
    )
    if former is None:
        raise Conflict(
            "files.only_version", msg("This is the only version: put the file into the trash, and destroy it there.")
        )
    node.version, node.size, node.sha256, node.scan = former.number, former.size, former.sha256, former.scan
    node.rev, node.updated_at, node.changed_by = node.rev + 1, tx.now, actor.person_id


async def _take_version(tx: Tx, version_id: UUID) -> tuple[Node | None, FileVersion | None, int]:
    """A version and its file, once it is this writer's turn in their space; None for what was destroyed meanwhile."""
    space_id: UUID | None = await tx.one(
        select(col(Node.space_id))
        .join(FileVersion, col(FileVersion.file_id) == col(Node.id))
        .where(col(FileVersion.id) == version_id)
    )
    if space_id is None:
        return None, None, 0
    rev = await topics.raise_rev(tx, topic_of(space_id))
    version: FileVersion | None = await tx.one(
        select(FileVersion).where(col(FileVersion.id) == version_id).execution_options(populate_existing=True)
    )
    if version is None:
        return None, None, rev
    node: Node | None = await tx.one(
        select(Node).where(col(Node.id) == version.file_id).execution_options(populate_existing=True)
    )
    return node, version, rev


async def _warn(tx: Tx, node: Node, version: FileVersion, text: Message, what: str) -> None:
    """Tell the owners of the space, and whoever sent this version."""
    people = {person.id for person in await people_of(tx, node.space_id, role=Role.OWNER)}
    if version.made_by is not None:
        people.add(version.made_by)
    url = f"/files/{node.space_id}" + (f"/items/{node.id}" if node.trash_id is None else "/trash")
    tx.emit(PeopleWarned.of(sorted(people), text, url, f"files.{what}:{version.id}"))


async def _tell(tx: Tx, node: Node, rev: int) -> None:
    tx.emit(FilesChanged(topic=topic_of(node.space_id), rev=rev, items=await views_of(tx, [node])))
