"""The servers that are measured, each started on the other side of the veth pair: this product's and Debian's Janus."""

import json
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

from bench.media.network import THEIRS, Side
from tests.support.programs import Child, find_program

ROOT = Path(__file__).resolve().parents[2]
_HEMICYCLE = [sys.executable, "-c", "import sys; from web.cli import main; sys.exit(main())", "demo"]
_HTTP_PORT, _MEDIA_PORT, _JANUS_PORT = 8080, 9000, 8188
_START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Running:
    """A server that is ready: its process, and what tells the load generator where it is."""

    pid: int
    flags: tuple[str, ...]
    about: str


@contextmanager
def hemicycle(side: Side, environment: Mapping[str, str]) -> Iterator[Running]:
    """This product with the demo's commune and a fresh media token; `environment` adds `HEMICYCLE_*` variables."""
    folder = Path(tempfile.mkdtemp(prefix="hemicycle-bench-media-"))
    url = f"http://{THEIRS}:{_HTTP_PORT}"
    variables = {
        "HEMICYCLE_PORT": str(_HTTP_PORT),
        "HEMICYCLE_SERVER_HOST": THEIRS,
        "HEMICYCLE_SERVER_PUBLIC_URL": url,
        "HEMICYCLE_MEDIA_HOST": THEIRS,
        "HEMICYCLE_MEDIA_PORT": str(_MEDIA_PORT),
        "HEMICYCLE_DATA": str(folder / "data"),
        **environment,
    }
    child = Child([*side.prefix, *_HEMICYCLE], folder / "log", environment=variables, folder=ROOT)
    try:
        child.wait_until(lambda: _is_well(f"{url}/health"), _START_SECONDS)
        demo = json.loads((folder / "data/demo.json").read_text())
        meeting, api_token = demo["ids"]["meeting"], demo["accounts"][0]["api_token"]
        made = _post(f"{url}/api/v1/meetings/{meeting}/tokens", api_token, {"kind": "publish"})
        flags = ("-driver", "whip", "-whip", f"{url}/whip/{meeting}", "-whep", f"{url}/whep/{meeting}")
        yield Running(child.process.pid, (*flags, "-token", made["token"]), _plane_of(url))
    finally:
        child.stop(signal.SIGINT)
        shutil.rmtree(folder)


@contextmanager
def janus(side: Side, event_loops: int) -> Iterator[Running]:
    """Debian's Janus with its VideoRoom alone; 0 event loops: a thread for each connection, as it is packaged."""
    program = find_program("janus", "janus")
    folder = Path(tempfile.mkdtemp(prefix="hemicycle-bench-janus-"))
    for name, text in _janus_files(folder, event_loops).items():
        (folder / name).write_text(text)
    child = Child([*side.prefix, program, f"--configs-folder={folder}"], folder / "log")
    try:
        child.wait_until(lambda: "Websockets server started" in child.tail(), _START_SECONDS)
        time.sleep(1)
        yield Running(child.process.pid, ("-driver", "janus", "-url", f"ws://{THEIRS}:{_JANUS_PORT}/"), "C")
    finally:
        child.stop()
        shutil.rmtree(folder)


def _janus_files(folder: Path, event_loops: int) -> dict[str, str]:
    found = next(Path("/usr/lib").glob("*/janus"), Path("/usr/lib/janus"))
    plugins = [f'"{file.name}"' for file in (found / "plugins").glob("*.so") if "videoroom" not in file.name]
    others = [f'"{file.name}"' for file in (found / "transports").glob("*.so") if "websockets" not in file.name]
    loops = f"event_loops = {event_loops}" if event_loops else ""
    return {
        "janus.jcfg": f"""
            general: {{ configs_folder = "{folder}"
              plugins_folder = "{found}/plugins"
              transports_folder = "{found}/transports"
              debug_level = 4
              {loops} }}
            media: {{ ipv6 = false }}
            nat: {{ full_trickle = false }}
            plugins: {{ disable = {",".join(plugins).replace('","', ",")} }}
            transports: {{ disable = {",".join(others).replace('","', ",")} }}
            """,
        "janus.transport.websockets.jcfg": f"""
            general: {{ ws = true
              ws_port = {_JANUS_PORT}
              ws_ip = "{THEIRS}" }}
            admin: {{ admin_ws = false }}
            """,
        "janus.plugin.videoroom.jcfg": """
            room-1234: { description = "bench"
              publishers = 100
              bitrate = 0
              audiocodec = "opus"
              videocodec = "vp8"
              notify_joining = false }
            """,
    }


def _is_well(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError, TimeoutError):
        return False


def _post(url: str, token: str, body: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urlopen(Request(url, json.dumps(body).encode(), headers), timeout=10) as answer:
        return json.load(answer)


def _plane_of(url: str) -> str:
    """Which form of the data plane is active, as the server's metrics say it."""
    with urlopen(f"{url}/metrics", timeout=10) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("hemicycle_media_plane{") and line.endswith(" 1.0"):
                form: str = line.partition('form="')[2].partition('"')[0]
                return form.capitalize()
    return "Python"
