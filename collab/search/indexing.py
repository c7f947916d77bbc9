"""Keeps the index near to what the slices have: what changed is noted after its commit and indexed by a job soon after.

What a killed process had noted is found by the job that catches up, which compares stamps; the same job makes the whole
index after a restore. A thing that was removed is not shown meanwhile: the answer asks its owner.
"""

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from itertools import islice
from uuid import UUID

import structlog

from collab.core.database import Database, Tx
from collab.core.findable import Document, Provider
from collab.core.jobs import Handler, Job
from collab.search.index import drop_documents, find_stamps, list_stamps, put_documents
from collab.search.service import Search

log = structlog.get_logger()

INDEX = "search.index"
CATCH_UP = "search.catch_up"
LOT = 500
# So few at a time that other writers of SQLite hardly wait.
AT_ONCE = 25


def handlers(search: Search) -> dict[str, Handler]:
    """The handlers of this slice's jobs."""

    async def index(db: Database, job: Job) -> None:
        await index_things(db, search.providers[job.payload["of"]], [UUID(thing) for thing in job.payload["ids"]])

    async def catch(db: Database, _job: Job) -> None:
        await catch_up(db, search)

    return {INDEX: index, CATCH_UP: catch}


async def index_things(db: Database, provider: Provider, ids: Collection[UUID]) -> int:
    """Bring the index up to date for these and what hangs on them; returns how many things that changed."""
    count = 0
    for lot in _lots(ids, LOT):
        there = await db.look(partial(_stamps_of, provider=provider, ids=lot))
        for part in _lots(there, LOT):
            known = await db.look(partial(find_stamps, kind=provider.kind, ids=part))
            stale = [thing for thing in part if there[thing] != known.get(thing, "")]
            await _index(db, provider, stale)
            count += len(stale)
    return count


async def _stamps_of(tx: Tx, *, provider: Provider, ids: Sequence[UUID]) -> dict[UUID, str]:
    """The stamps of these and of what hangs on them; empty for what is no more."""
    return dict.fromkeys(ids, "") | dict(await provider.stamps_of(tx, ids))


async def _index(db: Database, provider: Provider, ids: Collection[UUID]) -> None:
    """Index these as they are now: those that are not to be found any more go out of the index."""
    for lot in _lots(ids, AT_ONCE):
        async with db.read() as tx:  # who folds the words does it in a thread
            documents = await provider.documents(tx, lot)
        await db.change(partial(_put, kind=provider.kind, documents=documents, lot=lot))


async def _put(tx: Tx, *, kind: str, documents: Sequence[Document], lot: Sequence[UUID]) -> None:
    """Into the index with these; out of it with those of the lot that are not among them."""
    await put_documents(tx, kind, documents)
    if gone := set(lot) - {document.id for document in documents}:
        await drop_documents(tx, kind, gone)


async def catch_up(db: Database, search: Search, *, anew: bool = False) -> int:
    """Index what is not indexed as it is now, forget what is no more; returns how many things that were.

    `anew`: index everything, whatever is indexed.
    """
    count = 0
    for provider in search.providers.values():
        after: UUID | None = None
        while True:
            async with db.read() as tx:
                stamps = await provider.stamps(tx, after, LOT)
                until = stamps[-1][0] if len(stamps) == LOT else None
                known = await list_stamps(tx, provider.kind, after, until)
            there = dict(stamps)
            stale = [thing for thing, stamp in stamps if known.get(thing, "") != stamp or (anew and stamp)]
            stale += [thing for thing in known if thing not in there]
            await _index(db, provider, stale)
            count += len(stale)
            if until is None:
                break
            after = until
    if count:
        log.info("search_caught_up", count=count)
    return count


def _lots(things: Collection[UUID], size: int) -> Iterable[Sequence[UUID]]:
    rest = iter(things)
    while lot := list(islice(rest, size)):
        yield lot
