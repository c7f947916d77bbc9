"""`hemicycle migrate`: bring the database to what this version expects."""

import argparse
from typing import Any

from collab.core.settings import Settings
from web.migrations import head, upgrade


def add_to(add: Any) -> None:
    """Add the subcommand."""
    add("migrate", "bring the database to this version's schema", run)


async def run(_arguments: argparse.Namespace, settings: Settings) -> int:
    """Upgrade and say to what."""
    await upgrade(settings.database_url)
    print(f"database: at {head()}")
    return 0
