"""A real PostgreSQL of our own: one server per test process, one fresh database per test.

Fixtures in tests/conftest.py call it, with durability off, since no test cuts the power of PostgreSQL; bench/ calls it
with durability on. Everything else is as Debian packages it.
"""

import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import Callable
from itertools import count
from pathlib import Path

from tests.support.ports import LOOPBACK, free_port, is_listening
from tests.support.programs import Child, find_program, run

USER = "hemicycle"
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_SETTINGS = {
    "max_connections": "200",
    "unix_socket_directories": "",
    "listen_addresses": LOOPBACK,
}


class PostgresServer:
    """Starts when made; `stop()` ends it and removes its files. `durable`: as on a real server, for measuring."""

    def __init__(self, *, durable: bool = False) -> None:
        versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda f: float(f.parent.name))
        folders = [str(folder) for folder in reversed(versions)]
        initdb = find_program("initdb", "postgresql", folders)
        server = find_program("postgres", "postgresql", folders)
        self._psql = find_program("psql", "postgresql-client")
        self._numbers = count(1)
        self._templates: dict[str, str] = {}

        # initdb and postgres refuse to run as root: there they run as Debian's account
        as_account: list[str] = []
        self._folder = Path(tempfile.mkdtemp(prefix="hemicycle-postgres-"))
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(self._folder, account.pw_uid, account.pw_gid)
            as_account = [
                "setpriv",
                f"--reuid={account.pw_uid}",
                f"--regid={account.pw_gid}",
                "--clear-groups",
                "--",
            ]
        data = str(self._folder / "data")
        run(
            [
                *as_account,
                initdb,
                "-D",
                data,
                "-U",
                USER,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ]
        )

        self.port = free_port()
        settings = _SETTINGS if durable else _SETTINGS | _NOT_DURABLE
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self._child = Child([server, "-D", data, "-p", str(self.port), *options], self._folder / "log", user="postgres")
        self._child.wait_until(self._is_ready)

    def url(self, database: str) -> str:
        """The address of `database` as the setting `database.url` takes it."""
        return f"postgresql://{USER}@{LOOPBACK}:{self.port}/{database}"

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run `statement` outside of a transaction; returns the rows as psql prints them unadorned."""
        target = ["-h", LOOPBACK, "-p", str(self.port), "-U", USER, "-d", database]
        return run([self._psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *target, "-c", statement]).strip()

    def create(self, template: str = "template0") -> str:
        """A new database, copied from `template`; returns its name."""
        name = f"t{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def drop(self, database: str) -> None:
        """Remove `database`, cutting whoever is still connected."""
        self.sql(f"DROP DATABASE {database} WITH (FORCE)")

    def template(self, key: str, prepare: Callable[[str], None]) -> str:
        """The template named `key`, made by `prepare(url)` the first time it is asked for."""
        if key not in self._templates:
            name = self.create()
            prepare(self.url(name))
            self._templates[key] = name
        return self._templates[key]

    def stop(self) -> None:
        """End the server at once (clients are cut) and remove its folder."""
        self._child.stop(signal.SIGQUIT)
        shutil.rmtree(self._folder)

    def _is_ready(self) -> bool:
        if not is_listening(self.port):
            return False
        try:
            self.sql("SELECT 1")
        except RuntimeError:  # "the database system is starting up"
            return False
        return True
