"""Databases with the product's schema, one per test, copied from a template that is made once per run."""

import asyncio
import atexit
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from web.migrations import upgrade


def prepare(url: str) -> None:
    """Make the schema in the empty database at `url`. In a thread: the tests' own loop is running."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, upgrade(url)).result()


@cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="hemicycle-template-"))
    atexit.register(shutil.rmtree, folder)
    file = folder / "template.sqlite3"
    prepare(f"sqlite:///{file}")
    return file


def sqlite_url(folder: Path) -> str:
    """The address of a fresh SQLite database in `folder`, schema included."""
    file = folder / "hemicycle.sqlite3"
    shutil.copy(_sqlite_template(), file)
    return f"sqlite:///{file}"
