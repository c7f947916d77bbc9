"""A real clamd with a signature database of our own: EICAR and one more marker, no download, ready in 0.05 s.

Its limits are small, so that what exceeds them is quickly made. `alert`: whether it says so when it met one.
"""

import io
import zipfile
from pathlib import Path

from tests.support.ports import LOOPBACK, free_port, is_listening
from tests.support.programs import Child, find_program

# In two halves, so that no scanner takes this file for what it makes.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD" + b"-ANTIVIRUS-TEST-FILE!$H+H*"
SIGNATURE = "Eicar-Test-Local.UNOFFICIAL"
LATER = b"HEMICYCLE-MARKER-" + b"OF-A-LATER-SIGNATURE"
LATER_SIGNATURE = "Later-Marker.UNOFFICIAL"
STREAM_MAX = 12 << 20

CONFIGURATION = """\
DatabaseDirectory {folder}/db
TemporaryDirectory {folder}/tmp
LocalSocket {folder}/clamd.sock
TCPSocket {port}
TCPAddr {host}
Foreground yes
User root
StreamMaxLength 12M
MaxFileSize 12M
MaxScanSize 30M
AlertExceedsMax {alert}
AlertEncrypted {alert}
"""


class ClamdServer:
    """Starts when made. `place` is what the setting `files.clamd` takes, `path` its Unix socket."""

    def __init__(self, folder: Path, *, alert: bool = True) -> None:
        self._folder = folder
        self.port = free_port()
        self.place = f"{LOOPBACK}:{self.port}"
        self.path = str(folder / "clamd.sock")
        for name in ("db", "tmp"):
            (folder / name).mkdir(parents=True)
        self._sign("local", SIGNATURE, EICAR)
        text = CONFIGURATION.format(folder=folder, port=self.port, host=LOOPBACK, alert="yes" if alert else "no")
        (folder / "clamd.conf").write_text(text)
        self.start()

    def start(self) -> None:
        """Start it, again."""
        command = [find_program("clamd", "clamav-daemon"), "--config-file", str(self._folder / "clamd.conf")]
        self._child = Child(command, self._folder / "log")
        self._child.wait_until(lambda: is_listening(self.port))

    def stop(self) -> None:
        """Kill it, whatever it is doing."""
        self._child.process.kill()
        self._child.process.wait()
        Path(self.path).unlink(missing_ok=True)

    def learn(self) -> None:
        """Give it a later signature database, which knows LATER, and start it anew."""
        self._sign("later", LATER_SIGNATURE, LATER)
        self.stop()
        self.start()

    def _sign(self, file: str, signature: str, what: bytes) -> None:
        name = signature.removesuffix(".UNOFFICIAL")
        (self._folder / "db" / f"{file}.ndb").write_text(f"{name}:0:*:{what.hex()}\n")


def nested_zip(data: bytes, depth: int = 4) -> bytes:
    """`data` in an archive in an archive in …"""
    for _ in range(depth):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner", data)
        data = packed.getvalue()
    return data


def zip_bomb(megabytes: int, end: bytes = b"") -> bytes:
    """A small archive with one member of so many megabytes of zeros and `end`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros", "w") as member:
        for _ in range(megabytes):
            member.write(bytes(1 << 20))
        member.write(end)
    return packed.getvalue()
