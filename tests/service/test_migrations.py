"""The migrations make what the models say, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from collab.core.database import Database
from web.migrations import current, head, is_current
from web.migrations.tables import metadata


async def test_the_migrated_schema_is_that_of_the_models(db: Database) -> None:
    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    async with db.engine.connect() as connection:
        assert await connection.run_sync(compare) == []


async def test_a_migrated_database_is_current(db: Database) -> None:
    assert await current(db.engine) == head()
    assert await is_current(db.engine)
