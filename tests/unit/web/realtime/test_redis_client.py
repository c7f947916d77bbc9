"""A server on its own does not load the client of Redis; one of several does, after the same start."""

import subprocess
import sys

LOADED = "import sys, web.main; print('redis' in sys.modules)"
ASKED = "from web.realtime.redis_client import make_manager; make_manager('redis://127.0.0.1:1')"


def test_the_client_is_loaded_when_it_is_asked_for() -> None:
    program = f"{LOADED}\n{ASKED}\nprint('redis' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True"]
