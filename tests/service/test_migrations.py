"""The migrations make what the models say, on both databases."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from collab.core.database import Database
from web.migrations import FOLDER, bring_up_to_date, current, head, is_current
from web.migrations.tables import is_ours, metadata


async def test_the_migrated_schema_is_that_of_the_models(db: Database) -> None:
    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": is_ours})
        return list(compare_metadata(context, metadata))

    async with db.engine.connect() as connection:
        assert await connection.run_sync(compare) == []


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
