"""The unit of work: one transaction, the facts it emits, the journal entries it owes and the jobs it wakes.

The edge opens it (`async with db.write() as tx`), services use it and cannot commit it. SQLite (WAL) keeps one writer
and many readers; PostgreSQL does as it always does. The source of truth of everything but the bytes of files.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.engine import CursorResult, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.sql import Executable

from collab.core import journal, topics
from collab.core.access import Actor
from collab.core.clock import Clock, SystemClock
from collab.core.events import Announcement, Bus, Fact
from collab.core.sqlite import connect

T = TypeVar("T")

SQLITE_BUSY_MS = 15_000


class Tx:
    """One transaction as the services see it. `now` is the same instant throughout."""

    def __init__(
        self, session: AsyncSession, now: datetime, *, dialect: str, policies: Mapping[type[Any], Any] | None = None
    ) -> None:
        self.session = session
        self.now = now
        self.dialect = dialect
        self._policies = policies or {}
        self.facts: list[Fact] = []
        self.entries: list[journal.Pending] = []
        self.wakes_worker = False

    def policy(self, kind: type[T]) -> T:
        """What the administrator decided for a slice: what main.py set, else its defaults."""
        policy: T = self._policies.get(kind) or kind()
        return policy

    async def get(self, model: type[T], key: object) -> T | None:
        """The row with this primary key, or None."""
        return await self.session.get(model, key)

    async def lock(self, model: type[T], key: object) -> T | None:
        """The row as it is now, or None; until the commit, whoever else takes or changes it waits.

        Take it before reading what a decision rests on: SQLite has one writer, PostgreSQL has many.
        """
        return await self.session.get(model, key, with_for_update={"key_share": True}, populate_existing=True)

    async def one(self, statement: Executable) -> Any:
        """The first column of the only row, or None."""
        return (await self.session.execute(statement)).scalar_one_or_none()

    async def all(self, statement: Executable) -> Sequence[Any]:
        """The first column of every row."""
        return list((await self.session.execute(statement)).scalars())

    async def rows(self, statement: Executable) -> Sequence[Any]:
        """Every row, whole."""
        return list(await self.session.execute(statement))

    async def execute(self, statement: Executable, params: Any = None) -> CursorResult[Any]:
        """Run a statement; `params` may be a list, for many rows at once."""
        return await self.session.execute(statement, params)  # type: ignore[return-value]  # always a cursor's

    def add(self, *rows: object) -> None:
        """Insert these at the next flush."""
        self.session.add_all(rows)

    async def delete(self, row: object) -> None:
        """Delete this at the next flush."""
        await self.session.delete(row)

    async def flush(self) -> None:
        """Send what was added now, so that constraints speak here."""
        await self.session.flush()

    def emit(self, fact: Fact) -> None:
        """Tell what happened; it leaves only after the commit."""
        self.facts.append(fact)

    async def announce(self, make: Callable[[str, int], Announcement], topic: str) -> int:
        """Raise the topic's rev and emit `make(topic, rev)`. Returns the rev."""
        rev = await topics.raise_rev(self, topic)
        self.emit(make(topic, rev))
        return rev

    def record(
        self,
        actor: Actor,
        action: str,
        *,
        space: UUID | None = None,
        subject: UUID | None = None,
        **details: Any,
    ) -> None:
        """Owe the journal an entry in the chain of `space` (the platform's own when None), written at the commit.

        `action`: `slice.verb`; `subject`: the thing's id; `details`: JSON values, names and titles among them, which
        can be erased later without breaking the chain.
        """
        self.entries.append(journal.Pending(actor, action, space, subject, details))

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """A part that may be rolled back alone, with the facts and entries it had made."""
        facts, entries = len(self.facts), len(self.entries)
        try:
            async with self.session.begin_nested():
                yield
        except BaseException:
            del self.facts[facts:]
            del self.entries[entries:]
            raise


class Database:
    """Opens transactions. Build one per process; `start` and `stop` it with the process.

    `policies`: what the settings decide of a slice, by type, for services that read it as `tx.policy(…)`.
    """

    def __init__(self, url: str, *, clock: Clock | None = None, bus: Bus | None = None) -> None:
        """`url`: `sqlite:///path` or `postgresql://…`; drivers are chosen here."""
        self.clock = clock or SystemClock()
        self.bus = bus or Bus()
        self.on_job: Callable[[], None] = lambda: None
        self.policies: dict[type[Any], Any] = {}
        self.dialect = make_url(url).get_backend_name()
        if self.dialect == "sqlite":
            self._reader, self._writer = _sqlite_engines(url)
            self._turn: asyncio.Lock | None = asyncio.Lock()
        else:
            self._writer = _postgresql_engine(url)
            # What a snapshot says and the rev it is given for must be of one moment, as they are on SQLite.
            self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self._turn = None

    @property
    def engine(self) -> AsyncEngine:
        """The engine that writes, for migrations."""
        return self._writer

    async def stop(self) -> None:
        """Close every connection."""
        await self._reader.dispose()
        await self._writer.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A consistent view: what was committed before its first statement. Nothing is written in it."""
        async with AsyncSession(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield Tx(session, self.clock.now(), dialect=self.dialect, policies=self.policies)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """All or nothing. On leaving: handlers inside, journal, commit, and only then facts go out."""
        async with _turn_of(self._turn), AsyncSession(self._writer, expire_on_commit=False) as session:
            tx = Tx(session, self.clock.now(), dialect=self.dialect, policies=self.policies)
            async with session.begin():
                yield tx
                done = 0
                while done < len(tx.facts):
                    await self.bus.run_within(tx, tx.facts[done])
                    done += 1
                await journal.write(tx, tx.entries)
        if tx.wakes_worker:
            self.on_job()
        await self.bus.publish(tx.facts)

    async def ping(self) -> None:
        """Raise if the database does not answer."""
        async with self.read() as tx:
            await tx.execute(select(1))


@asynccontextmanager
async def _turn_of(lock: asyncio.Lock | None) -> AsyncIterator[None]:
    """SQLite has one writer: waiting in the loop is fairer and cheaper than SQLITE_BUSY."""
    if lock is None:
        yield
    else:
        async with lock:
            yield


def _sqlite_engines(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    parsed = make_url(url).set(drivername="sqlite+aiosqlite")
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    arguments = {"async_creator_fn": connect}
    # Errors without what people wrote: a failed job shows its error to administrators, who may not read it.
    reader = create_async_engine(parsed, pool_size=8, max_overflow=8, connect_args=arguments, hide_parameters=True)
    writer = create_async_engine(parsed, pool_size=1, max_overflow=0, connect_args=arguments, hide_parameters=True)

    def prepare(connection: DBAPIConnection, read_only: bool) -> None:
        raw: sqlite3.Connection = connection  # type: ignore[assignment]  # SQLAlchemy's adapter has the same shape
        raw.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_MS}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = FULL")  # an answered write survives a power cut
        cursor.execute("PRAGMA foreign_keys = ON")
        if read_only:
            cursor.execute("PRAGMA query_only = ON")
        cursor.close()

    @event.listens_for(reader.sync_engine, "connect")
    def connect_reader(connection: DBAPIConnection, _record: object) -> None:
        prepare(connection, True)

    @event.listens_for(writer.sync_engine, "connect")
    def connect_writer(connection: DBAPIConnection, _record: object) -> None:
        prepare(connection, False)

    @event.listens_for(reader.sync_engine, "begin")
    def begin_reader(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")

    @event.listens_for(writer.sync_engine, "begin")
    def begin_writer(connection: Any) -> None:
        # Deferred, a reader that turns writer fails at once when another has written; immediate, it waits its turn.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return reader, writer


def _postgresql_engine(url: str) -> AsyncEngine:
    parsed = make_url(url).set(drivername="postgresql+asyncpg")
    return create_async_engine(parsed, pool_size=10, max_overflow=10, pool_pre_ping=True, hide_parameters=True)
