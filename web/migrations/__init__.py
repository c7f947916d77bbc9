"""The schema's history (Alembic), the same on SQLite and PostgreSQL, and how to bring a database up to date."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from collab.core.database import Database

FOLDER = Path(__file__).resolve().parent


def config() -> Config:
    """Alembic's settings; the connection is handed over, never configured."""
    made = Config()
    made.set_main_option("script_location", str(FOLDER))
    return made


async def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database at `url` to `revision`."""
    db = Database(url)
    try:
        await upgrade_engine(db.engine, revision)
    finally:
        await db.stop()


async def upgrade_engine(engine: AsyncEngine, revision: str = "head") -> None:
    """Bring the database behind `engine` to `revision`."""

    async with engine.begin() as connection:
        await upgrade_connection(connection, revision)


async def upgrade_connection(connection: AsyncConnection, revision: str = "head") -> None:
    """Bring the database to `revision` inside the transaction that is open on `connection`."""

    def run(sync: Connection) -> None:
        made = config()
        made.attributes["connection"] = sync
        command.upgrade(made, revision)

    await connection.run_sync(run)


async def current(engine: AsyncEngine) -> str | None:
    """The revision that the database is at, or None when it is empty."""
    async with engine.connect() as connection:
        return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())


def head() -> str:
    """The newest revision that this program knows."""
    return ScriptDirectory.from_config(config()).get_current_head() or ""


async def is_current(engine: AsyncEngine) -> bool:
    """Whether the database is what this program expects."""
    return await current(engine) == await asyncio.to_thread(head)
