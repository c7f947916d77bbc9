"""`hemicycle backup FILE` and `hemicycle restore FILE`."""

import argparse
import sys
from pathlib import Path
from typing import Any

from collab.core.database import Database
from collab.core.settings import Settings
from web.backup import BackupError, Summary, back_up, restore


def add_to(add: Any) -> None:
    """Add both subcommands."""
    add("backup", "write database, files and keys to FILE, while the server runs", run_backup).add_argument(
        "file", type=Path, metavar="FILE"
    )
    add("restore", "restore FILE into an empty data folder and database", run_restore).add_argument(
        "file", type=Path, metavar="FILE"
    )


async def run_backup(arguments: argparse.Namespace, settings: Settings) -> int:
    """Back up."""
    db = Database(settings.database_url)
    try:
        summary = await back_up(db, settings.data.dir, arguments.file)
    except (BackupError, OSError) as error:
        print(f"backup: FAILED, {error}", file=sys.stderr)
        return 1
    finally:
        await db.stop()
    print(f"backup: {_told(summary)} in {arguments.file}")
    print(f"journal head, to note elsewhere: {summary.journal_head}")
    return 0


async def run_restore(arguments: argparse.Namespace, settings: Settings) -> int:
    """Restore."""
    db = Database(settings.database_url)
    try:
        summary = await restore(db, settings.data.dir, arguments.file)
    except (BackupError, OSError) as error:
        print(f"restore: FAILED, {error}", file=sys.stderr)
        return 1
    finally:
        await db.stop()
    print(f"restore: {_told(summary)} from {arguments.file}")
    return 0


def _told(summary: Summary) -> str:
    return f"{summary.rows} rows of {summary.tables} tables and {summary.files} files ({summary.size} bytes)"
