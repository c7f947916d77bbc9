"""Whole transactions in one trip to a thread: what a service awaits there is answered at once. For SQLite.

Each statement that is awaited from the event loop costs a trip to a thread and back, more than SQLite needs for ten. A
service that waits for nothing but its transaction runs here from beginning to end, the same code. Used by database.py.
"""

import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

from sqlalchemy import create_engine
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

T = TypeVar("T")


class Places:
    """A connection for each thread that asks, kept until the end."""

    def __init__(self, connect: Callable[[], sqlite3.Connection], begin: str) -> None:
        """`begin`: the statement that begins a transaction here."""
        self._begin = begin
        self._engine = create_engine("sqlite://", creator=connect, poolclass=NullPool, hide_parameters=True)
        self._mine = threading.local()
        self._all: list[Connection] = []

    @contextmanager
    def transaction(self, *, autoflush: bool) -> Iterator["AtOnce"]:
        """One on this thread's connection, committed on leaving."""
        connection: Connection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = self._engine.connect()
            self._all.append(connection)
        raw: Any = connection.connection.driver_connection
        raw.execute(self._begin)
        session = AtOnce(raw, connection, autoflush=autoflush)
        try:
            yield session
            session.end()
            raw.execute("COMMIT")
        except BaseException:
            raw.rollback()
            raise
        finally:
            session.close()

    def close(self) -> None:
        """No thread asks any more."""
        for connection in self._all:
            connection.close()
        self._engine.dispose()


class AtOnce:
    """A session as `Tx` uses it, whose awaits never wait; SQLAlchemy's is made where it is first needed."""

    def __init__(self, raw: sqlite3.Connection, connection: Connection, *, autoflush: bool) -> None:
        self._raw = raw
        self._connection = connection
        self._autoflush = autoflush
        self._made: Session | None = None
        self.info: dict[Any, Any] = {}

    @property
    def _session(self) -> Session:
        if self._made is None:
            self._made = Session(self._connection, expire_on_commit=False, autoflush=self._autoflush)
        return self._made

    @property
    def is_pending(self) -> bool:
        """Whether rows wait to be sent."""
        made = self._made
        return made is not None and bool(made.new or made.dirty or made.deleted)

    async def fetch(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """Every row that a statement of SQLite's gives."""
        return self._raw.execute(sql, values).fetchall()

    async def repeat(self, sql: str, lot: Sequence[Sequence[Any]]) -> None:
        """A statement once for each of these."""
        self._raw.executemany(sql, lot)

    async def execute(self, statement: Any, params: Any = None) -> Any:
        return self._session.execute(statement, params)

    async def get(self, model: type[T], key: object, **options: Any) -> T | None:
        return self._session.get(model, key, **options)

    def add_all(self, rows: Sequence[object]) -> None:
        self._session.add_all(rows)

    async def delete(self, row: object) -> None:
        self._session.delete(row)

    async def flush(self) -> None:
        if self._made is not None:
            self._made.flush()

    async def refresh(self, row: object) -> None:
        self._session.refresh(row)

    @asynccontextmanager
    async def begin_nested(self) -> AsyncIterator[None]:
        with self._session.begin_nested():
            self._session.connection()  # else its SAVEPOINT waits for a statement of the session's own
            yield

    def end(self) -> None:
        """Send the rest, before the commit."""
        if self._made is not None:
            self._made.flush()

    def close(self) -> None:
        """Let go of the rows; the transaction is over."""
        if self._made is not None:
            self._made.close()


def complete(work: Coroutine[Any, Any, T]) -> T:
    """Run a service that waits for nothing but its transaction. Raises RuntimeError where it waits for more."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    work.close()
    raise RuntimeError("a transaction that is run at once waited for something else")
