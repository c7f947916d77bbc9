"""The migrations make what the models say, on both databases."""

import sqlite3
from contextlib import closing
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from collab.core.database import Database
from web.migrations import FOLDER, bring_up_to_date, current, head, is_current, upgrade
from web.migrations.tables import is_ours, metadata


async def test_the_migrated_schema_is_that_of_the_models(db: Database) -> None:
    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_ours})
        return list(compare_metadata(context, metadata))

    async with db.engine.connect() as connection:
        assert await connection.run_sync(compare) == []


async def test_a_database_with_rows_is_brought_up_to_date(tmp_path: Path) -> None:
    """SQLite makes a table anew to change it, which what refers to it forbids: migrations do without."""
    url = f"sqlite:///{tmp_path}/old.sqlite3"
    await upgrade(url, "0003")
    with closing(sqlite3.connect(tmp_path / "old.sqlite3")) as old:
        tables = {"person": 1, "space": 2, "space_member": 2, "file_node": 3, "file_version": 4}
        for table, number in tables.items():
            columns = old.execute(f"PRAGMA table_info({table})").fetchall()
            values = [_sample(name, kind, number) for _, name, kind, *_ in columns]
            old.execute(f"INSERT INTO {table} VALUES ({','.join('?' * len(values))})", values)
        old.commit()
    await upgrade(url)
    with closing(sqlite3.connect(tmp_path / "old.sqlite3")) as new:
        for table in tables:
            assert new.execute(f"SELECT count(*) FROM {table}").fetchone() == (1,)
        assert new.execute("PRAGMA foreign_key_check").fetchall() == []


def _sample(name: str, kind: str, number: int) -> object:
    """What a column may hold; columns that refer to something refer to the row made before."""
    refers = {"space_id": 2, "folder_id": 2, "file_id": 3, "principal_id": 1, "changed_by": 1, "made_by": 1}
    if name in refers or name == "id":
        return f"{refers.get(name, number):032x}"
    if kind.startswith("CHAR"):
        return None
    return 1 if kind in ("INTEGER", "BIGINT", "BOOLEAN") else "2026-01-01 00:00:00" if "DATE" in kind else name[:5]


async def test_a_migrated_database_is_current(db: Database) -> None:
    assert await current(db.engine) == head()
    assert await is_current(db.engine)


def test_the_newest_file_is_the_head() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    assert ScriptDirectory.from_config(config).get_current_head() == head()


async def test_the_server_brings_a_database_up_to_date_by_another_process(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/empty.sqlite3"
    await bring_up_to_date(url)
    await bring_up_to_date(url)
    opened = Database(url)
    assert await is_current(opened.engine)
    await opened.stop()
