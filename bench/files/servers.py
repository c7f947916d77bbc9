"""The three servers, each on a port and folders of its own: ours with the demo's commune, Apache, wsgidav.

Apache and wsgidav ask for no password and keep no versions, hashes, rights or journal. wsgidav is not a dependency: it
is run with the Python that `--wsgidav` names, of an environment where `pip install wsgidav cheroot` was done.
"""

import base64
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from bench.server import Server, running
from tests.support.ports import free_port
from tests.support.programs import Child

MODULES = Path("/usr/lib/apache2/modules")
APACHE = """
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/pid
ErrorLog {folder}/error.log
{modules}
DavLockDB {folder}/locks
DocumentRoot {folder}/root
EnableSendfile On
<Directory {folder}/root>
  Dav On
  Require all granted
</Directory>
"""
WSGIDAV = """
import sys
from cheroot import wsgi
from wsgidav.wsgidav_app import WsgiDAVApp
root, port = sys.argv[1], int(sys.argv[2])
app = WsgiDAVApp({"provider_mapping": {"/": root}, "simple_dc": {"user_mapping": {"*": True}}, "verbose": 0,
                  "logging": {"enable": False}})
wsgi.Server(("127.0.0.1", port), app).start()
"""


@dataclass(frozen=True)
class Drive:
    """One of them: where its files are, what a request needs to be let in, and its meters."""

    name: str
    url: str
    server: Server
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 80

    @property
    def base(self) -> str:
        return urlsplit(self.url).path


@contextmanager
def ours() -> Iterator[Drive]:
    """Hémicycle: the demo's space, an agent's application password."""
    with running() as server:
        agent = next(one for one in server.demo["accounts"] if one["role"] == "agent")
        word = base64.b64encode(f"{agent['login']}:{agent['application_password']}".encode()).decode()
        yield Drive("Hémicycle", f"{server.url}/dav/personal/", server, {"Authorization": f"Basic {word}"})


@contextmanager
def apache() -> Iterator[Drive]:
    """Debian's Apache with mod_dav_fs, its event MPM."""
    with _beside() as folder:
        port = free_port()
        names = ("mpm_event", "authz_core", "dav", "dav_fs")
        modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in names)
        (folder / "root").mkdir()
        user = ""
        if os.getuid() == 0:  # it refuses to serve as root
            modules += (
                f"\nLoadModule unixd_module {MODULES}/mod_unixd.so" if (MODULES / "mod_unixd.so").exists() else ""
            )
            user = "\nUser www-data\nGroup www-data"
            for path in (folder, folder / "root"):
                shutil.chown(path, "www-data", "www-data")
        (folder / "conf").write_text(APACHE.format(port=port, folder=folder, modules=modules + user))
        command = [
            "apache2",
            "-d",
            str(folder),
            "-f",
            str(folder / "conf"),
            "-D",
            "FOREGROUND",
            "-D",
            "BIG_SECURITY_HOLE",
        ]
        with _started("Apache mod_dav", command, port, folder) as drive:
            yield drive


@contextmanager
def wsgidav(python: str) -> Iterator[Drive]:
    """wsgidav under cheroot, as its own command runs it."""
    with _beside() as folder:
        port = free_port()
        (folder / "root").mkdir()
        command = [python, "-c", WSGIDAV, str(folder / "root"), str(port)]
        with _started("wsgidav", command, port, folder) as drive:
            yield drive


@contextmanager
def _beside() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="hemicycle-bench-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def _started(name: str, command: list[str], port: int, folder: Path) -> Iterator[Drive]:
    child = Child(command, folder / "log")
    url = f"http://127.0.0.1:{port}/"
    try:
        child.wait_until(lambda: _speaks_dav(url), 30)
        yield Drive(name, url, Server(child.process.pid, url, {}))
    finally:
        child.stop(signal.SIGTERM)


def _speaks_dav(url: str) -> bool:
    try:
        with urlopen(Request(url, method="OPTIONS"), timeout=5) as answer:
            return "DAV" in answer.headers
    except OSError:
        return False
