"""Makes previews by jobs, apart, and keeps the parts as objects of the storage. Registered in web/scheduled.py."""

import asyncio
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlmodel import col

from collab.core.database import Database
from collab.core.jobs import Handler, Job
from collab.files.apart.kernel import can_fence, can_leave
from collab.files.apart.process import BLOCK, MB, Broken, Limits, Refused, apart, copy_out
from collab.files.models import FileVersion, Node
from collab.files.previews.kinds import PreviewKind, preview_kind, suffix_of
from collab.files.previews.models import FilePreview, FilePreviewPart, State
from collab.files.previews.service import MAKE, PAGES_AT_ONCE
from collab.files.storage import Damaged, Storage, Stored
from collab.files.texts.kinds import text_kind

log = structlog.get_logger()

WORK = "collab.files.previews.render"
LIMITS = Limits(memory=1536 * MB, file=200 * MB, seconds=60)
OFFICE_LIMITS = Limits(memory=4096 * MB, file=200 * MB, seconds=120)
AT_ONCE = 2  # each may keep a processor busy


@dataclass(slots=True)
class Made:
    """What came of it."""

    state: State
    pages: int = 0
    reason: str = ""
    parts: dict[str, Stored] = field(default_factory=dict)


def handlers(storage: Storage) -> dict[str, Handler]:
    """The handler of this slice's jobs over a storage."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def make(db: Database, job: Job) -> None:
        async with turns:
            await make_preview(db, storage, UUID(job.payload["version"]), int(job.payload["first"]))

    return {MAKE: make}


def why_no_office() -> str | None:
    """Why LibreOffice cannot be used here; None where it can."""
    if shutil.which("soffice") is None:
        return "LibreOffice is not installed"
    if not can_leave():
        return "a process cannot be cut off from the network (user namespaces are not allowed)"
    if not can_fence():
        return "the kernel has no Landlock, which keeps LibreOffice from reading other files"
    return None


async def make_preview(db: Database, storage: Storage, version_id: UUID, first: int) -> None:
    """Make what shows a version, with the pages from `first` on."""
    async with db.read() as tx:
        rows = await tx.rows(
            select(FileVersion, col(Node.name))
            .join(Node, col(Node.id) == col(FileVersion.file_id))
            .where(col(FileVersion.id) == version_id)
        )
        pdf = await tx.get(FilePreviewPart, (version_id, "pdf"))
    if not rows:
        return
    version, name = rows[0]
    made = await _make(storage, version, name, pdf.key if pdf else None, first)
    if not await _keep(db, version_id, made, first):
        await storage.delete([stored.key for stored in made.parts.values()])


async def _make(storage: Storage, version: FileVersion, name: str, pdf: str | None, first: int) -> Made:
    kind = preview_kind(name, version.size)
    if kind is PreviewKind.OFFICE and pdf is None and (reason := await asyncio.to_thread(why_no_office)):
        return Made(State.ABSENT, reason=reason)
    if pdf is not None:
        kind = PreviewKind.PDF
    try:
        limits = OFFICE_LIMITS if kind is PreviewKind.OFFICE else LIMITS
        async with apart(WORK, limits) as child:
            source = child.folder / f"source.{suffix_of(name) if kind is PreviewKind.OFFICE else 'bin'}"
            await copy_out(storage, pdf or version.key, source)
            answer = await child.ask(
                {"do": kind, "file": source.name, "first": first, "count": PAGES_AT_ONCE, "kind": text_kind(name)}
            )
            await child.end()
            parts = await _store(storage, child.folder, answer["parts"])
        return Made(State.READY, int(answer["pages"]), parts=parts)
    except Refused as refused:
        return Made(State.REFUSED, reason=str(refused))
    except Damaged:
        return Made(State.REFUSED, reason="is damaged")
    except Broken as broken:
        log.warning("preview_broke", file=str(version.file_id), reason=str(broken))
        return Made(State.BROKEN, reason=str(broken))


async def _store(storage: Storage, folder: Path, files: Mapping[str, str]) -> dict[str, Stored]:
    """The child's files as objects; a name that is none of its own folder is not looked at."""
    stored: dict[str, Stored] = {}
    for name, file in files.items():
        path = folder / Path(file).name
        if path.is_symlink() or not path.is_file():
            raise Broken("named a file that is none")
        async with storage.receive() as upload:
            source = await asyncio.to_thread(path.open, "rb")
            try:
                while block := await asyncio.to_thread(source.read, BLOCK):
                    await upload.write(block)
            finally:
                source.close()
            stored[name] = await upload.finish()
    return stored


async def _keep(db: Database, version_id: UUID, made: Made, first: int) -> bool:
    """Whether the parts are named now; not, when the version has gone or somebody else was quicker."""
    async with db.write() as tx:
        if await tx.lock(FileVersion, version_id) is None:
            return False
        row = await tx.get(FilePreview, version_id)
        if row is None:
            return False
        known = set(
            await tx.all(select(col(FilePreviewPart.name)).where(col(FilePreviewPart.version_id) == version_id))
        )
        if made.state is State.READY and known & made.parts.keys():
            return False
        if first == 1 or made.state is State.READY:
            row.state, row.reason, row.tried_at, row.attempts = made.state, made.reason, tx.now, row.attempts + 1
            row.pages = made.pages
        tx.add(
            *(
                FilePreviewPart(
                    version_id=version_id,
                    name=name,
                    key=part.key,
                    size=part.size,
                    sha256=part.sha256,
                    made_at=tx.now,
                )
                for name, part in made.parts.items()
            )
        )
        return True
