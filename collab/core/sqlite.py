"""A SQLite connection that goes to its thread once per statement. Used by database.py through SQLAlchemy.

aiosqlite goes there four times, to make the cursor, to execute, to fetch and to close, and each trip costs a wake-up
of the thread and one of the event loop: most of what a short transaction spends.
"""

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import aiosqlite
from aiosqlite.context import contextmanager

T = TypeVar("T")

AT_ONCE = 500


class Cursor(aiosqlite.Cursor):
    """Executes and fetches the first AT_ONCE rows in one trip."""

    def __init__(self, connection: "Connection", cursor: sqlite3.Cursor) -> None:
        super().__init__(connection, cursor)
        self._there = connection.there
        self._ready: list[Any] = []
        self._more = False

    async def execute(self, sql: str, parameters: Iterable[Any] | None = None) -> "Cursor":
        def run() -> list[Any]:
            self._cursor.execute(sql, tuple(parameters or ()))
            return self._cursor.fetchmany(AT_ONCE) if self._cursor.description else []

        self._ready = await self._there(run)
        self._more = len(self._ready) == AT_ONCE
        return self

    async def fetchone(self) -> Any:
        rows = await self.fetchmany(1)
        return rows[0] if rows else None

    async def fetchmany(self, size: int | None = None) -> list[Any]:
        wanted = size or self._cursor.arraysize
        rows, self._ready = self._ready[:wanted], self._ready[wanted:]
        if self._more and len(rows) < wanted:
            rows += await self._there(self._cursor.fetchmany, wanted - len(rows))
            self._more = len(rows) == wanted
        return rows

    async def fetchall(self) -> list[Any]:
        rows, self._ready = self._ready, []
        if self._more:
            rows += await self._there(self._cursor.fetchall)
            self._more = False
        return rows

    async def close(self) -> None:
        self._cursor.close()


class Connection(aiosqlite.Connection):
    """One thread and one SQLite connection, as aiosqlite has it, with the cursor above.

    Cursors are made and closed in the event loop: SQLite is built serialised, and the pool gives a connection to one
    task at a time.
    """

    async def there(self, call: Callable[..., T], *args: Any) -> T:
        """Run `call` in the connection's thread."""
        result: T = await self._execute(call, *args)  # type: ignore[no-untyped-call]  # aiosqlite does not declare it
        return result

    async def fetch(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        """Every row of a statement, in one trip."""
        return await self.there(lambda: self._conn.execute(sql, values).fetchall())

    async def repeat(self, sql: str, lot: Sequence[Sequence[Any]]) -> None:
        """A statement once for each of these, in one trip."""
        await self.there(self._conn.executemany, sql, lot)

    @contextmanager
    async def cursor(self) -> Cursor:  # type: ignore[override]  # a Result is not covariant
        return Cursor(self, self._conn.cursor())


def connect(database: str, **options: Any) -> Connection:
    """Like aiosqlite.connect: await the result."""
    options |= {"check_same_thread": False}
    return Connection(lambda: sqlite3.connect(database, **options), AT_ONCE)
