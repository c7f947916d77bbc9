"""The unit of work: one transaction, the facts it emits, the journal entries it owes and the jobs it wakes.

The edge opens it (`async with db.write() as tx`), services use it and cannot commit it. SQLite (WAL) keeps one writer
and many readers; PostgreSQL does as it always does. The source of truth of everything but the bytes of files.
"""

import asyncio
import contextvars
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
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
from sqlmodel import SQLModel

from collab.core import journal, topics
from collab.core.access import Actor
from collab.core.at_once import AtOnce, Places, complete
from collab.core.clock import Clock, SystemClock
from collab.core.events import Announcement, Bus, Fact
from collab.core.prepared import Prepared, inserting, table_of, translated
from collab.core.sqlite import Connection, connect

T = TypeVar("T")

Work = Callable[["Tx"], Coroutine[Any, Any, T]]

SQLITE_BUSY_MS = 15_000
READERS = 4


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
        self._sqlite: Connection | AtOnce | None = session if isinstance(session, AtOnce) else None

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

    async def run(self, prepared: Prepared, **values: Any) -> Sequence[Any]:
        """Every row of a statement of a hot path, which gives rows."""
        sqlite = await self._driver()
        if sqlite is None:
            return list(await self.execute(prepared.statement, values))
        sql, given = prepared.form.asked(values)
        try:
            return prepared.form.told(await sqlite.fetch(sql, given))
        except sqlite3.Error as error:
            raise translated(error, sql) from error

    async def run_many(self, prepared: Prepared, rows: Sequence[Mapping[str, Any]]) -> None:
        """A statement of a hot path that gives no rows, once for each of these; none of them takes a list."""
        sqlite = await self._driver()
        if sqlite is None:
            await self.execute(prepared.statement, list(rows))
            return
        lot = [prepared.form.asked(row) for row in rows]
        try:
            await sqlite.repeat(lot[0][0], [given for _sql, given in lot])
        except sqlite3.Error as error:
            raise translated(error, lot[0][0]) from error

    async def insert(self, row: SQLModel) -> None:
        """Insert this row now; what is changed of it afterwards is not sent."""
        model = type(row)
        await self.run_many(
            inserting(model), [{column.key: getattr(row, column.key) for column in table_of(model).columns}]
        )

    async def _driver(self) -> "Connection | AtOnce | None":
        """SQLite's connection, once what was added is sent; None on PostgreSQL."""
        session = self.session
        if isinstance(session, AtOnce):
            if session.is_pending:
                await session.flush()
            return session
        if session.new or session.dirty or session.deleted:
            await session.flush()
        if self._sqlite is None and self.dialect == "sqlite":
            raw = await (await session.connection()).get_raw_connection()
            assert isinstance(raw.driver_connection, Connection)
            self._sqlite = raw.driver_connection
        return self._sqlite

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
            self._threads: _Threads | None = _Threads(make_url(url).database or "")
        else:
            self._writer = _postgresql_engine(url)
            # What a snapshot says and the rev it is given for must be of one moment, as they are on SQLite.
            self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self._turn = None
            self._threads = None
        self._changing: set[asyncio.Task[Any]] = set()

    @property
    def engine(self) -> AsyncEngine:
        """The engine that writes, for migrations."""
        return self._writer

    async def stop(self) -> None:
        """Close every connection, once what is under way is over."""
        await asyncio.gather(*self._changing, return_exceptions=True)
        if self._threads is not None:
            await asyncio.to_thread(self._threads.stop)
        await self._reader.dispose()
        await self._writer.dispose()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Tx]:
        """A consistent view: what was committed before its first statement. Nothing is written in it."""
        async with AsyncSession(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield self._tx(session)

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Tx]:
        """All or nothing. On leaving: handlers inside, journal, commit, and only then facts go out."""
        async with _turn_of(self._turn), AsyncSession(self._writer, expire_on_commit=False) as session:
            tx = self._tx(session)
            async with session.begin():
                yield tx
                await self._settle(tx)
        await self._publish(tx)

    async def look(self, work: "Work[T]") -> T:
        """What `work` finds in a `read`, all of it in one trip on SQLite: it may wait for nothing but its `tx`."""
        if self._threads is None:
            async with self.read() as tx:
                return await work(tx)
        return await self._threads.look(lambda session: complete(work(self._tx(session))))

    async def change(self, work: "Work[T]") -> T:
        """What `work` makes in a `write`, all of it in one trip on SQLite: it may wait for nothing but its `tx`.

        It is carried out to its end even where nobody waits for it any more.
        """
        if self._threads is None:
            async with self.write() as tx:
                return await work(tx)
        task = asyncio.create_task(self._change(self._threads, work), name="change")
        self._changing.add(task)
        task.add_done_callback(self._changing.discard)
        return await asyncio.shield(task)

    async def _change(self, threads: "_Threads", work: "Work[T]") -> T:
        async def all_of_it(tx: Tx) -> T:
            result = await work(tx)
            await self._settle(tx)
            return result

        def run(session: AtOnce) -> tuple[Tx, T]:
            tx = self._tx(session)
            return tx, complete(all_of_it(tx))

        async with _turn_of(self._turn):
            tx, result = await threads.change(run)
        await self._publish(tx)
        return result

    def _tx(self, session: Any) -> Tx:
        return Tx(session, self.clock.now(), dialect=self.dialect, policies=self.policies)

    async def _settle(self, tx: Tx) -> None:
        """What belongs to the transaction, once the service is done."""
        done = 0
        while done < len(tx.facts):
            await self.bus.run_within(tx, tx.facts[done])
            done += 1
        await journal.write(tx, tx.entries)

    async def _publish(self, tx: Tx) -> None:
        """What leaves after the commit."""
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


class _Threads:
    """Where transactions run at once on SQLite: one thread that writes, some that read."""

    def __init__(self, path: str) -> None:
        self._reading = ThreadPoolExecutor(READERS, thread_name_prefix="reader")
        self._writing = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self._readers = Places(lambda: _open(path, read_only=True), "BEGIN")
        self._writer = Places(lambda: _open(path, read_only=False), "BEGIN IMMEDIATE")

    async def look(self, work: Callable[[AtOnce], T]) -> T:
        def run() -> T:
            with self._readers.transaction(autoflush=False) as session:
                return work(session)

        return await _in_thread(self._reading, run)

    async def change(self, work: Callable[[AtOnce], T]) -> T:
        def run() -> T:
            with self._writer.transaction(autoflush=True) as session:
                return work(session)

        return await _in_thread(self._writing, run)

    def stop(self) -> None:
        for threads, places in ((self._reading, self._readers), (self._writing, self._writer)):
            threads.shutdown()
            places.close()


async def _in_thread(threads: ThreadPoolExecutor, run: Callable[[], T]) -> T:
    # Access decisions are noted in a context variable: the thread sees the caller's.
    return await asyncio.get_running_loop().run_in_executor(threads, contextvars.copy_context().run, run)


def _open(path: str, *, read_only: bool) -> sqlite3.Connection:
    """A connection of the driver's own; closed by another thread than its own in the end."""
    connection = sqlite3.connect(path, check_same_thread=False, cached_statements=512)
    _prepare(connection, read_only)
    return connection


def _prepare(connection: sqlite3.Connection, read_only: bool) -> None:
    """The same of every connection; we say BEGIN ourselves."""
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")  # an answered write survives a power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    if read_only:
        cursor.execute("PRAGMA query_only = ON")
    cursor.close()


def _sqlite_engines(url: str) -> tuple[AsyncEngine, AsyncEngine]:
    parsed = make_url(url).set(drivername="sqlite+aiosqlite")
    if parsed.database and parsed.database != ":memory:":
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    arguments = {"async_creator_fn": connect}
    # Errors without what people wrote: a failed job shows its error to administrators, who may not read it.
    reader = create_async_engine(parsed, pool_size=8, max_overflow=8, connect_args=arguments, hide_parameters=True)
    writer = create_async_engine(parsed, pool_size=1, max_overflow=0, connect_args=arguments, hide_parameters=True)

    @event.listens_for(reader.sync_engine, "connect")
    def connect_reader(connection: DBAPIConnection, _record: object) -> None:
        _prepare(connection, True)  # type: ignore[arg-type]  # SQLAlchemy's adapter has the same shape

    @event.listens_for(writer.sync_engine, "connect")
    def connect_writer(connection: DBAPIConnection, _record: object) -> None:
        _prepare(connection, False)  # type: ignore[arg-type]  # SQLAlchemy's adapter has the same shape

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
