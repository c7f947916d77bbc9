"""A real TURN server of our own, which relays on loopback for whoever has credentials of its secret.

tests/browser/test_turn.py starts it.
"""

import secrets
import shutil
import tempfile
from pathlib import Path

from tests.support.ports import LOOPBACK, free_media_port, is_listening
from tests.support.programs import Child, find_program


class Coturn:
    """Starts when made, on UDP and TCP; `stop()` ends it and removes its folder."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="hemicycle-coturn-"))
        self.port = free_media_port()
        self.secret = secrets.token_hex(16)
        options = {
            "listening-ip": LOOPBACK,
            "listening-port": self.port,
            "relay-ip": LOOPBACK,
            "realm": "test.example",
            "static-auth-secret": self.secret,
            "pidfile": self._folder / "pid",
            "db": self._folder / "db",
        }
        flags = ["-n", "--use-auth-secret", "--allow-loopback-peers", "--no-tls", "--no-dtls", "--no-cli", "--verbose"]
        program = find_program("turnserver", "coturn")
        words = [f"--{name}={value}" for name, value in options.items()]
        self._child = Child([program, *flags, "--log-file=stdout", *words], self._folder / "log")
        self._child.wait_until(lambda: is_listening(self.port))

    def url(self, protocol: str) -> str:
        """As RTCPeerConnection takes it; `protocol`: how browsers reach the relay, "udp" or "tcp"."""
        return f"turn:{LOOPBACK}:{self.port}?transport={protocol}"

    @property
    def log(self) -> str:
        return self._child.log.read_text(errors="replace")

    def stop(self) -> None:
        self._child.stop()
        shutil.rmtree(self._folder)
