"""`hemicycle search reindex`: make the index of the search anew, while the server runs or not."""

import argparse
from typing import Any

from collab.core.database import Database
from collab.core.settings import Settings
from collab.files.disk import DiskStorage
from collab.files.texts import jobs as texts
from collab.search import indexing
from collab.search.service import Search
from web.wiring import findable


def add_to(commands: Any) -> None:
    """Add the subcommands."""
    search = commands.add_parser("search", help="the search")
    actions = search.add_subparsers(required=True, metavar="ACTION")
    reindex = actions.add_parser("reindex", help="make the index anew; what is found until then stays found")
    reindex.add_argument("--texts", action="store_true", help="read the text of every file again, too")
    reindex.set_defaults(run=run_reindex)


async def run_reindex(arguments: argparse.Namespace, settings: Settings) -> int:
    """Read what is not read, index everything, and say how much that was."""
    db = Database(settings.database_url)
    storage = DiskStorage(settings.data.dir / "files")
    await storage.start()
    try:
        if arguments.texts:
            await texts.forget_all(db)
        read = await texts.catch_up(db, storage)
        count = await indexing.catch_up(db, Search(findable()), anew=True)
    finally:
        await storage.stop()
        await db.stop()
    print(f"search: {read} files read, {count} things indexed")
    return 0
