"""The schema's history (Alembic), the same on SQLite and PostgreSQL, and how to bring a database up to date.

Alembic is loaded only where something is to be done, and by the server in a process of its own: it would stay in the
memory of one that runs for months. Revisions are numbers, the newest file is the head.
"""

import asyncio
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from collab.core.database import Database
from web.elsewhere import run_elsewhere

FOLDER = Path(__file__).resolve().parent


async def bring_up_to_date(url: str) -> None:
    """Bring the database at `url` to the head, in another process; nothing happens where it is there already."""
    db = Database(url)
    try:
        if await is_current(db.engine):
            return
    finally:
        await db.stop()
    await run_elsewhere(_upgrade_there, url)


def _upgrade_there(url: str) -> None:
    asyncio.run(upgrade(url))


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
    from alembic import command
    from alembic.config import Config

    def run(sync: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["connection"] = sync
        command.upgrade(config, revision)

    await connection.run_sync(run)


async def current(engine: AsyncEngine) -> str | None:
    """The revision that the database is at, or None when it is empty."""

    def read(connection: Connection) -> str | None:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
        return found

    async with engine.connect() as connection:
        return await connection.run_sync(read)


def head() -> str:
    """The newest revision that this program knows."""
    return max(path.stem.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))


async def is_current(engine: AsyncEngine) -> bool:
    """Whether the database is what this program expects."""
    return await current(engine) == head()
