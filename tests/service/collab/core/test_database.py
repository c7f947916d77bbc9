"""Transactions: a view is of one moment, and a SQLite connection gives back all that it fetched."""

from pathlib import Path

from sqlalchemy import text

from collab.core import topics
from collab.core.database import Database
from collab.core.sqlite import AT_ONCE, connect


async def test_a_reader_sees_one_moment(db: Database) -> None:
    async with db.write() as tx:
        await topics.raise_rev(tx, "board:a")
    async with db.read() as reading:
        assert await topics.current_revs(reading, ["board:a"]) == {"board:a": 1}
        async with db.write() as tx:
            await topics.raise_rev(tx, "board:a")
        assert await topics.current_revs(reading, ["board:a"]) == {"board:a": 1}
    async with db.read() as reading:
        assert await topics.current_revs(reading, ["board:a"]) == {"board:a": 2}


async def test_more_rows_than_come_at_once_come_all(db: Database) -> None:
    async with db.write() as tx:
        for number in range(AT_ONCE * 2 + 1):
            await topics.raise_rev(tx, f"board:{number:05}")
    statement = text("SELECT topic FROM topic_rev ORDER BY topic")
    expected = [f"board:{number:05}" for number in range(AT_ONCE * 2 + 1)]
    async with db.read() as tx:
        assert list(await tx.all(statement)) == expected
        streamed = await tx.session.stream_scalars(statement.execution_options(yield_per=7))
        assert [topic async for topic in streamed] == expected


async def test_a_cursor_fetches_in_every_way(tmp_path: Path) -> None:
    connection = await connect(str(tmp_path / "rows.sqlite3"))
    total = AT_ONCE + 3
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {total}) SELECT i FROM n"
    for sizes in ([1] * total, [AT_ONCE, 10], [AT_ONCE - 1, 2, 2, 1], [total + 1]):
        cursor = await connection.cursor()
        await cursor.execute(numbers)
        rows = [row for size in sizes for row in await cursor.fetchmany(size)]
        assert [row[0] for row in rows] == list(range(1, total + 1))
        assert await cursor.fetchone() is None
        assert await cursor.fetchall() == []
        await cursor.close()
    await connection.close()
