"""The first reading of a directory of 5,000 people, and a later one in which nothing changed, over StartTLS."""

import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path

from bench.figures import Figure
from collab.core.access import job_actor
from collab.core.database import Database
from collab.core.settings import Ldap
from directory.ldap.directory import Directory
from directory.ldap.service import synchronise
from directory.ldap.settings import configure
from tests.support import ldif
from tests.support.database import sqlite_url
from tests.support.lag import LoopLag
from tests.support.slapd import Slapd, start_slapd
from web.memory import settle
from web.wiring import wire_services

_PEOPLE = 5_000


async def measure() -> list[Figure]:
    """Seconds of both, the longest time for which the loop was held, and commits of the second."""
    with tempfile.TemporaryDirectory(prefix="hemicycle-bench-") as name:
        folder = Path(name)
        slapd = start_slapd(folder / "slapd", data=ldif.directory(_PEOPLE))
        directory = Directory(configure(_settings(slapd)))
        db = Database(sqlite_url(folder))
        wire_services(db.bus)
        settle()
        try:
            with closing(sqlite3.connect(folder / "hemicycle.sqlite3")) as witness:
                first, first_lag = await _synchronise(db, directory)
                commits = _version(witness)
                later, later_lag = await _synchronise(db, directory)
                commits = _version(witness) - commits
        finally:
            directory.close()
            await db.stop()
            slapd.stop()
    return [
        Figure(f"first synchronisation of {_PEOPLE:,} people", first, "s", 6),
        Figure("a later one, nothing changed", later, "s", 2),
        Figure("writes in the later one", float(commits != 0), "commits", 0),
        Figure("event loop held at most", max(first_lag, later_lag) * 1000, "ms", 20),
    ]


async def _synchronise(db: Database, directory: Directory) -> tuple[float, float]:
    async with LoopLag() as lag:
        start = time.perf_counter()
        await synchronise(db, directory, job_actor("bench"))
        return time.perf_counter() - start, lag.worst


def _version(witness: sqlite3.Connection) -> int:
    """A number that changes when another connection commits."""
    return int(witness.execute("PRAGMA data_version").fetchone()[0])


def _settings(slapd: Slapd) -> Ldap:
    return Ldap.model_validate(
        {
            "servers": [slapd.url],
            "ca_file": slapd.ca,
            "bind_dn": ldif.READER_DN,
            "password": ldif.READER_PASSWORD,
            "people_base": ldif.PEOPLE_BASE,
            "groups_base": ldif.GROUPS_BASE,
        }
    )
