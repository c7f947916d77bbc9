"""Reads the text of files by jobs, apart: one child for a lot of them, another where a file was the end of one.

A file that its reader dies of or that takes too long is noted as such and tried again on later days, MOST_ATTEMPTS
times in all. Registered in web/scheduled.py.
"""

import contextlib
from collections.abc import AsyncGenerator, Collection, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy import and_, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col

from collab.core.database import Database, Tx
from collab.core.jobs import Handler, Job
from collab.files.apart.process import Apart, Broken, Limits, Refused, apart, copy_out
from collab.files.models import FileVersion, Kind, Node
from collab.files.storage import Damaged, Storage
from collab.files.texts.events import TextsRead
from collab.files.texts.kinds import LARGEST, TextKind, text_kind
from collab.files.texts.models import FileText, Reading

log = structlog.get_logger()

READ = "files.read_texts"
CATCH_UP = "files.catch_up_texts"
WORK = "collab.files.texts.extract"
LIMITS = Limits(memory=1 << 30, file=LARGEST, seconds=60)
MOST_ATTEMPTS = 3
AGAIN = timedelta(hours=20)
LOT = 500
AT_ONCE = 20  # texts in one transaction
BYTES_AT_ONCE = 2 << 20


@dataclass(frozen=True, slots=True)
class Unread:
    """A version whose text is to be read."""

    file_id: UUID
    version_id: UUID
    key: str
    kind: TextKind
    attempts: int


def handlers(storage: Storage) -> dict[str, Handler]:
    """The handlers of this slice's jobs over a storage."""

    async def read(db: Database, job: Job) -> None:
        files = [UUID(file) for file in job.payload["ids"]]
        await read_texts(db, storage, await db.look(lambda tx: list_unread(tx, files)))

    async def catch(db: Database, _job: Job) -> None:
        await catch_up(db, storage)

    return {READ: read, CATCH_UP: catch}


async def catch_up(db: Database, storage: Storage) -> int:
    """Read what was not read yet, and try again what a reader died of; returns how many files that were."""
    count = 0
    after: UUID | None = None
    while True:
        async with db.read() as tx:
            statement = select(col(Node.id)).where(col(Node.kind) == Kind.FILE)
            if after is not None:
                statement = statement.where(col(Node.id) > after)
            files = await tx.all(statement.order_by(col(Node.id)).limit(LOT))
            unread = await list_unread(tx, files)
        await read_texts(db, storage, unread)
        count += len(unread)
        if len(files) < LOT:
            return count
        after = files[-1]


async def forget_all(db: Database) -> None:
    """Forget every text, so that all are read anew."""
    async with db.write() as tx:
        await tx.execute(delete(FileText))


async def list_unread(tx: Tx, files: Collection[UUID]) -> list[Unread]:
    """Of these files, those whose current version has a text that is to be read now."""
    again = and_(
        col(FileText.state) == Reading.BROKEN,
        col(FileText.attempts) < MOST_ATTEMPTS,
        col(FileText.tried_at) < tx.now - AGAIN,
    )
    rows = await tx.rows(
        select(col(Node.id), col(Node.name), col(FileVersion.id), col(FileVersion.key), col(FileText.attempts))
        .join(FileVersion, and_(col(FileVersion.file_id) == col(Node.id), col(FileVersion.number) == col(Node.version)))
        .outerjoin(FileText, col(FileText.version_id) == col(FileVersion.id))
        .where(
            col(Node.id).in_(files),
            col(FileVersion.size).between(1, LARGEST),
            or_(col(FileText.version_id).is_(None), again),
        )
        .order_by(col(Node.id))
    )
    found = [(row, text_kind(row[1])) for row in rows]
    return [Unread(row[0], row[2], row[3], kind, row[4] or 0) for row, kind in found if kind is not None]


async def read_texts(db: Database, storage: Storage, unread: Sequence[Unread]) -> None:
    """Read these and keep what they say."""
    waiting: list[tuple[Unread, FileText]] = []
    size = 0
    async with contextlib.aclosing(_read(storage, unread, db)) as texts:
        async for one, text in texts:
            waiting.append((one, text))
            size += len(text.text)
            if len(waiting) == AT_ONCE or size > BYTES_AT_ONCE:
                await _keep(db, waiting)
                waiting, size = [], 0
    await _keep(db, waiting)


async def _read(
    storage: Storage, unread: Sequence[Unread], db: Database
) -> AsyncGenerator[tuple[Unread, FileText], None]:
    rest = list(unread)
    while rest:
        async with AsyncExitStack() as stack:
            child: Apart | None = None
            while rest:
                one = rest.pop(0)
                if child is None:
                    child = await stack.enter_async_context(apart(WORK, LIMITS))
                text = FileText(
                    version_id=one.version_id, state=Reading.READ, attempts=one.attempts + 1, tried_at=db.clock.now()
                )
                broken = not await _read_one(storage, child, one, text)
                yield one, text
                if broken:
                    break


async def _read_one(storage: Storage, child: Apart, one: Unread, text: FileText) -> bool:
    """Fill in what the child says; false when there is no child any more."""
    place = child.folder / "source"
    try:
        await copy_out(storage, one.key, place)
        answer = await child.ask({"file": place.name, "kind": one.kind})
        text.text, text.words = str(answer["text"]), str(answer["words"])
    except Refused as refused:
        text.state, text.reason = Reading.REFUSED, str(refused)
    except Damaged:
        text.state, text.reason = Reading.REFUSED, "is damaged"
    except Broken as broken:
        text.state, text.reason = Reading.BROKEN, str(broken)
        log.warning("text_reader_broke", file=str(one.file_id), reason=str(broken), attempt=text.attempts)
        return False
    return True


async def _keep(db: Database, texts: Sequence[tuple[Unread, FileText]]) -> None:
    if not texts:
        return
    async with db.write() as tx:
        # A version may have been destroyed while it was read.
        ids = [text.version_id for _, text in texts]
        there = set(await tx.all(select(col(FileVersion.id)).where(col(FileVersion.id).in_(ids)).with_for_update()))
        kept = [(one, text.model_dump()) for one, text in texts if text.version_id in there]
        insert = postgresql.insert if tx.dialect == "postgresql" else sqlite.insert
        for _, values in kept:
            statement = insert(FileText).values(**values)
            await tx.execute(statement.on_conflict_do_update(index_elements=["version_id"], set_=values))
        tx.emit(TextsRead(file_ids=[one.file_id for one, _ in kept]))
